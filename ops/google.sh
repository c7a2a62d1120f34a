# How the deploy reads Google Cloud, changes it, and waits for it. Sourced by deploy.sh, which sets the options.
# shellcheck shell=bash disable=SC2154

# What is minutes old is not known everywhere yet: https://cloud.google.com/iam/docs/access-change-propagation
PATIENCE_SECONDS=180
PAUSE_SECONDS=10
# What Google answers when a thing does not exist.
ABSENT='NOT_FOUND|[Nn]ot found|annot find service|does not exist'
# What it answers in the first minutes of an API, of its service agent, and of the role that reads a secret:
# https://cloud.google.com/apis/docs/troubleshooting, https://cloud.google.com/iam/docs/service-agent-overview
WAKING='SERVICE_DISABLED|has not been used in project|service-[0-9]+@|[Ss]ervice agent|Permission denied on secret'

say() { printf '%s\n' "$*"; }
fail() {
  printf 'deploy: %s\n' "$*" >&2
  exit 1
}

cloud() { gcloud "$@" --project="$project" --quiet; }

# Runs COMMAND until it works, or fails with an error that time does not cure: patiently CURABLE COMMAND...
# What it printed is then in `output`, with the error if it failed. A command that takes long gets a second try too.
patiently() {
  local try curable=$1 until=$((SECONDS + PATIENCE_SECONDS))
  shift
  for ((try = 1; ; try++)); do
    output=$("$@" 2> "$folder/error") && return
    output+=$(< "$folder/error")
    [[ $output =~ $curable && -z $plan && ($try = 1 || $SECONDS -lt $until) ]] || return 1
    [ "$try" -ne 2 ] || say "not ready, trying again for up to $PATIENCE_SECONDS s: ${output%%$'\n'*}" >&2
    sleep "$PAUSE_SECONDS"
  done
}

# Reads what COMMAND prints into `output`, or returns 1 if the thing does not exist: look_up COMMAND...
# Any other error ends the deploy: what cannot be read must not be created, or taken for empty.
look_up() {
  patiently "$WAKING" "$@" && return
  [[ $output =~ $ABSENT || (-n $plan && $output =~ $WAKING) ]] || fail "$output"
  return 1
}

# Brings one thing to its wanted state, or with --plan only lists it: settle ACTION KIND NAME COMMAND...
# ACTION is create, change, delete, or leave, for which COMMAND does not run.
settle() {
  local action=$1 kind=$2 name=$3
  shift 3
  [[ -z $plan && $action = leave ]] || printf '%-8s%-16s%s\n' "$action" "$kind" "$name"
  [[ -z $plan && $action != leave ]] || return 0
  patiently "$WAKING|$ABSENT" "$@" || { say "$output" >&2 && return 1; }
}

# The service account's email: account NAME
account() { say "$1@$project.iam.gserviceaccount.com"; }

make_account() { # NAME WHAT-FOR
  local action=create
  ! look_up cloud iam service-accounts describe "$(account "$1")" --format='value(email)' || action=leave
  settle "$action" account "$1" cloud iam service-accounts create "$1" --display-name="$2" || fail "nobody to run $1 as"
}

# Grants a role on a resource unless already granted: bind ROLE MEMBER RESOURCE GROUP..., as `projects` or `run services`
# A member with the other role, if one is given as $enough, has what it needs.
bind() {
  local role=$1 member=$2 resource=$3 place=() action=create
  shift 3
  [ "$1" != run ] || place=("--region=$region")
  look_up cloud "$@" get-iam-policy "$resource" ${place[@]+"${place[@]}"} --flatten='bindings[].members' \
    --filter="bindings.members=$member" --format='value(bindings.role)' || output=''
  ! grep -qxE "$role|${enough:-$role}" <<< "$output" || action=leave
  settle "$action" role "${role#roles/} on $resource to ${member#*:}" \
    cloud "$@" add-iam-policy-binding "$resource" ${place[@]+"${place[@]}"} --member="$member" --role="$role" \
    --condition=None || fail "could not grant $role on $resource to $member"
}

# The build runs as an account that has had no role of its own in projects since mid-2024, and the error names none:
# https://cloud.google.com/functions/docs/troubleshooting#build-service-account
let_build() {
  local enough=roles/editor
  look_up cloud builds get-default-service-account --region="$region" || return 0 # with --plan: the API is not enabled
  [ -z "$output" ] || bind roles/cloudbuild.builds.builder "serviceAccount:$output" "$project" projects
}

# Reads a dataset: sets `location`, and `access`, a line "ROLE EMAIL" for each account that is let in
show_dataset() { # DATASET
  look_up bq --project_id="$project" --format=json show "$1" || return 1
  { read -r location && access=$(cat); } < <("$python" -c 'import json, sys
shown = json.load(sys.stdin)
print(shown.get("location", ""))
# BigQuery shows roles under their older names: https://cloud.google.com/bigquery/docs/access-control-basic-roles
names = {"READER": "roles/bigquery.dataViewer", "WRITER": "roles/bigquery.dataEditor"}
for entry in shown.get("access", ()):
    print(names.get(entry.get("role"), entry.get("role")), entry.get("userByEmail"))
' <<< "$output")
}

# Grants a role on a dataset unless already granted: share DATASET ROLE EMAIL
share() {
  local location='' access='' action=create
  show_dataset "$1" || [ -n "$plan" ] || fail "the dataset $1 does not exist, so no access to it can be granted"
  ! grep -qx "$2 $3" <<< "$access" || action=leave
  settle "$action" role "${2#roles/} on $1 to $3" bq --project_id="$project" --location="$location" query --nouse_legacy_sql \
    "GRANT \`$2\` ON SCHEMA \`$project.$1\` TO 'serviceAccount:$3'" || fail "could not grant $2 on $1 to $3"
}

# Makes the dataset of a history next to the pipeline's, unless it exists. Its location is for good.
make_dataset() { # DATASET
  local location='' access='' wanted=$dataset_location
  if show_dataset "$1"; then
    [ -z "$wanted" ] || grep -qix "$wanted" <<< "$location" ||
      fail "the dataset $1 is in $location, for good; give --dataset-location $location, or another MONITORING_DATASET"
    settle leave dataset "$1 in $location"
    return
  fi
  [[ -n $wanted ]] || ! show_dataset "${PIPELINE_DATASETS[0]}" || wanted=$location
  [[ -n $wanted || -n $plan ]] || fail "the pipeline's dataset ${PIPELINE_DATASETS[0]} does not exist in $project"
  settle create dataset "$1 in ${wanted:-?}, for good; --dataset-location chooses another place" \
    bq --project_id="$project" --location="$wanted" mk --dataset "$project:$1" || fail "could not create the dataset $1"
}
