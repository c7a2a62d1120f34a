#!/usr/bin/env bash
# Deploys the monitor: preflight, staging, a smoke test, and only then production, its schedule and its alert policies.
# It creates what is missing and keeps what exists: a second run of the same commit changes nothing.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=ops/settings.sh
. ops/settings.sh

FUNCTION=data-availability-monitor
RECHECK=data-availability-recheck
STAGING=data-availability-staging
SCHEDULER=data-availability-scheduler
METRIC=data_availability_completed_runs
# The datasets that the sources read; a test compares them with schemas/sources.
PIPELINE_DATASETS=(nba_raw nba_analytics nba_precompute nba_predictions)
SERVICES=(artifactregistry bigquery cloudbuild cloudfunctions cloudresourcemanager cloudscheduler iam iamcredentials
  logging monitoring run secretmanager)
# Changes in IAM take a few minutes to apply everywhere: https://cloud.google.com/iam/docs/access-change-propagation
TRIES=18
PAUSE_SECONDS=10

usage() {
  cat << 'END'
Usage: ./deploy.sh [options]

Deploys the checked-out commit to staging and, once that has passed a smoke test, to production.

  --project ID               the Google Cloud project (default: that of `gcloud config`)
  --region REGION            where the function and its schedule run (default: us-west2)
  --notification-channel ID  where alert policies send: projects/…/notificationChannels/…
  --no-recheck               do not schedule the half-hourly checks after the one at 8:00
  --stage-only               stop after staging
  --rollback                 send production's traffic back to the previous revision, and stop
  --dry-run                  check everything, change nothing, print what would run
END
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'deploy: %s\n' "$*" >&2
  exit 1
}

project='' region=us-west2 channel='' recheck=yes stage_only='' rollback='' dry_run=''
while [ $# -gt 0 ]; do
  case $1 in
    --project=* | --region=* | --notification-channel=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
    --project) project=${2:?needs an id} && shift ;;
    --region) region=${2:?needs a region} && shift ;;
    --notification-channel) channel=${2:?needs an id} && shift ;;
    --no-recheck) recheck='' ;;
    --stage-only) stage_only=yes ;;
    --rollback) rollback=yes ;;
    --dry-run) dry_run=yes ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && fail "unknown option $1" ;;
  esac
  shift
done

cloud() { gcloud "$@" --project="$project" --quiet; }

# Runs a command that changes something, or prints it in a dry run.
change() {
  if [ -z "$dry_run" ]; then "$@"; else say "would run: $*" | sed -E 's/ (quietly|patiently)//g; s/: cloud/: gcloud/'; fi
}

quietly() { "$@" > /dev/null; }

patiently() {
  local try output
  for try in $(seq "$TRIES"); do
    output=$("$@") && break
    [ "$try" -lt "$TRIES" ] || { say "$output" && return 1; }
    [ "$try" -gt 1 ] || say "not ready yet; retrying for up to $((TRIES * PAUSE_SECONDS)) s …" >&2
    sleep "$PAUSE_SECONDS"
  done
  say "$output"
}

# The service account's email: account NAME
account() { say "$1@$project.iam.gserviceaccount.com"; }

make_account() { # NAME WHAT-FOR
  cloud iam service-accounts describe "$(account "$1")" > /dev/null 2>&1 ||
    change cloud iam service-accounts create "$1" --display-name="$2" || fail "the account $1 could not be created"
}

# Grants a role on a resource unless already granted: bind ROLE MEMBER RESOURCE GROUP..., as `projects` or `run services`
bind() {
  local role=$1 member=$2 resource=$3 place=() roles
  shift 3
  [ "$1" != run ] || place=("--region=$region")
  roles=$(cloud "$@" get-iam-policy "$resource" ${place[@]+"${place[@]}"} --flatten='bindings[].members' \
    --filter="bindings.members=$member" --format='value(bindings.role)' 2> /dev/null) || roles=''
  grep -qx "$role" <<< "$roles" ||
    change quietly patiently cloud "$@" add-iam-policy-binding "$resource" ${place[@]+"${place[@]}"} \
      --member="$member" --role="$role" --condition=None || fail "could not grant $role on $resource to $member"
}

# Grants a role on a dataset unless already granted: share DATASET ROLE EMAIL
share() {
  local shown access
  shown=$(bq --project_id="$project" --format=json show "$1") || {
    [ -n "$dry_run" ] || fail "the dataset $1 cannot be read, so no access to it can be granted: $shown"
    shown='{}'
  }
  # BigQuery shows roles under their older names: https://cloud.google.com/bigquery/docs/access-control-basic-roles
  access=$("$python" -c 'import json, sys
shown, (role, email) = json.load(sys.stdin), sys.argv[1:]
names = {role, {"roles/bigquery.dataViewer": "READER", "roles/bigquery.dataEditor": "WRITER"}[role]}
print(shown.get("location", ""), any(a["role"] in names for a in shown.get("access", ()) if a.get("userByEmail") == email))
' "$2" "$3" <<< "$shown")
  [ "${access#* }" = True ] ||
    change quietly patiently bq --project_id="$project" --location="${access% *}" query --nouse_legacy_sql \
      "GRANT \`$2\` ON SCHEMA \`$project.$1\` TO 'serviceAccount:$3'" || fail "could not grant $2 on $1 to $3"
}

serving_revision() { # FUNCTION
  cloud run services describe "$1" --region="$region" --format='value(status.traffic[0].revisionName)' 2> /dev/null
}

go_back() { # REVISION
  change cloud run services update-traffic "$FUNCTION" --region="$region" --to-revisions="$1=100"
  [ -n "$dry_run" ] || say "$FUNCTION serves $1 again, version $(patiently version_of "$FUNCTION")"
}

# Calls the function as the scheduler does, with its account and audience: ask FUNCTION PATH
ask() {
  local uri token
  uri=$(cloud run services describe "$1" --region="$region" --format='value(status.url)' 2> /dev/null) &&
    token=$(cloud auth print-identity-token --impersonate-service-account="$(account "$SCHEDULER")" \
      --audiences="$uri" --include-email) &&
    curl -sS --fail-with-body --max-time 480 -H @- "$uri$2" <<< "Authorization: Bearer $token"
}

version_of() { # FUNCTION
  local health
  health=$(ask "$1" /health 2> /dev/null) && awk -F'"' '$2 == "version" { print $4 }' <<< "$health"
}

# The function must run this commit, and reach a verdict on today's data, good or bad.
smoke() { # FUNCTION
  local version answer verdict
  [ -z "$dry_run" ] || { say "would call: $1 for its version and a dry run of today" && return; }
  version=$(patiently version_of "$1") || { say "$1 does not answer /health" && return 1; }
  [ "$version" = "$commit" ] || { say "$1 runs version $version instead of $commit" && return 1; }
  answer=$(patiently ask "$1" '/?date=today&dry_run=true') || { say "$1 could not check today: $answer" && return 1; }
  verdict=$(awk -F'"' '$2 == "status" { print $4; exit }' <<< "$answer")
  [ -n "$verdict" ] || { say "$1 answered without a verdict: $answer" && return 1; }
  say "$1 runs $commit; today is $verdict"
}

# Lets the function query BigQuery, read the pipeline, write its own history and read its own secrets.
allow() { # ENVIRONMENT FUNCTION
  local email secret dataset
  email=$(account "$2")
  make_account "$2" "The data availability monitor, $1"
  bind roles/bigquery.jobUser "serviceAccount:$email" "$project" projects
  for dataset in "${PIPELINE_DATASETS[@]}"; do share "$dataset" roles/bigquery.dataViewer "$email"; done
  share "$(settings "$1" | sed -n 's/^MONITORING_DATASET=//p')" roles/bigquery.dataEditor "$email"
  for secret in $(secret_settings "$1" | cut -d= -f2); do
    bind roles/secretmanager.secretAccessor "serviceAccount:$email" "$secret" secrets
  done
}

apply_schema() { # ENVIRONMENT
  local variables=()
  settings_to_try "$1"
  say "history of $1:"
  (cd "$folder/source" &&
    change env GCP_PROJECT_ID="$project" "${variables[@]}" "$python" -B -m monitor schema apply) ||
    fail "the history table could not be created; without credentials, run: gcloud auth application-default login"
}

deploy_function() { # ENVIRONMENT FUNCTION
  local variables secrets
  variables=$(plain_settings "$1" | paste -sd '|' -)
  secrets=$(secret_settings "$1" | sed 's/$/:latest/' | paste -sd , -)
  change cloud functions deploy "$2" --gen2 --region="$region" --runtime=python313 --source="$folder/source" \
    --entry-point=check_data_availability --trigger-http --no-allow-unauthenticated --ingress-settings=all \
    --service-account="$(account "$2")" --max-instances=1 --concurrency=1 --cpu=1 --memory=512Mi --timeout=480s \
    --serve-all-traffic-latest-revision \
    --update-env-vars="^|^GCP_PROJECT_ID=$project|MONITOR_VERSION=$commit|MONITOR_URL=$(url "$2")|$variables" \
    ${secrets:+"--set-secrets=$secrets"} &&
    bind roles/run.invoker "serviceAccount:$(account "$SCHEDULER")" "$2" run services
}

# The function's URL, even before it exists: https://cloud.google.com/run/docs/triggering/https-request#deterministic
url() { say "https://$1-$number.$region.run.app"; }

deploy() { # ENVIRONMENT FUNCTION
  apply_schema "$1"
  allow "$1" "$2"
  if [ "$(version_of "$2")" = "$commit" ]; then
    say "$2 already runs $commit"
  else
    say "deploying $commit to $1 …"
    deploy_function "$1" "$2"
  fi && smoke "$2"
}

# Creates or updates a Cloud Scheduler job: schedule JOB CRON PATH
schedule() {
  local uri wanted present verb=update
  uri=$(cloud run services describe "$FUNCTION" --region="$region" --format='value(status.url)') || [ -n "$dry_run" ]
  wanted="$2|America/New_York|$uri$3|POST|$(account "$SCHEDULER")|$uri|540s|3|60s|600s"
  present=$(cloud scheduler jobs describe "$1" --location="$region" --format="value[separator='|'](schedule, timeZone,
    httpTarget.uri, httpTarget.httpMethod, httpTarget.oidcToken.serviceAccountEmail, httpTarget.oidcToken.audience,
    attemptDeadline, retryConfig.retryCount, retryConfig.minBackoffDuration, retryConfig.maxBackoffDuration)" \
    2> /dev/null) || verb=create
  [ "$present" = "$wanted" ] || change cloud scheduler jobs "$verb" http "$1" --location="$region" --schedule="$2" \
    --time-zone=America/New_York --uri="$uri$3" --http-method=POST --oidc-service-account-email="$(account "$SCHEDULER")" \
    --oidc-token-audience="$uri" --attempt-deadline=540s --max-retry-attempts=3 --min-backoff=60s --max-backoff=600s
}

# The hour in New York in which the last re-check follows the predictions, in summer too.
last_hour() {
  local variables=()
  settings_to_try production
  (cd "$folder/source" && env GCP_PROJECT_ID="$project" "${variables[@]}" "$python" -B -c 'from datetime import date
from os import environ
from zoneinfo import ZoneInfo
from monitor.settings import load_settings
deadlines, zone = load_settings(environ).deadlines, ZoneInfo("America/New_York")
due = [deadlines.predictions_due_at(date(2026, month, 15)).astimezone(zone) for month in (1, 7)]
print(min(23, max(time.hour for time in due) + 1))')
}

# Deletes a job of Cloud Scheduler if it is there: unschedule JOB
unschedule() {
  ! cloud scheduler jobs describe "$1" --location="$region" --format='value(name)' > /dev/null 2>&1 ||
    change cloud scheduler jobs delete "$1" --location="$region"
}

json_field() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

# Makes what tells somebody when the monitor cannot, or corrects it. A policy's label says which file it was made from.
watch() {
  local verb=update file=ops/completed_runs.json policies labelled title content name present channels
  present=$(cloud logging metrics describe "$METRIC" --format='value(filter)' 2> /dev/null) || verb=create
  [ "$present" = "$(json_field "$file" filter)" ] ||
    change cloud logging metrics "$verb" "$METRIC" --config-from-file="$file"
  policies=$(cloud alpha monitoring policies list \
    --format="value[separator='|'](displayName, name, userLabels.content, notificationChannels.list())")
  for file in ops/alert_policies/*.json; do
    labelled=$folder/${file##*/}
    title=$(json_field "$file" displayName)
    content=$(git hash-object "$file")
    sed "s/^{/{ \"userLabels\": {\"content\": \"$content\"},/" "$file" > "$labelled"
    IFS='|' read -r _ name present channels < <(awk -F'|' -v title="$title" '$1 == title' <<< "$policies") || name=''
    case $channels in
      *"$channel"*) ;;
      *) channels="${channels:+$channels,}$channel" && present='' ;;
    esac
    if [ -z "$name" ]; then
      change cloud alpha monitoring policies create --policy-from-file="$labelled" \
        ${channels:+"--notification-channels=$channels"}
    elif [ "$present" != "$content" ]; then
      change cloud alpha monitoring policies update "$name" --policy-from-file="$labelled" \
        ${channels:+"--set-notification-channels=$channels"}
    fi
    [ -n "$channels" ] || say "NO NOTIFICATION CHANNEL on the policy \"$title\": give --notification-channel"
  done
}

[ -n "$project" ] || project=$(gcloud config get-value project 2> /dev/null)
[ -n "$project" ] || fail "no project: give --project, or set one with gcloud config set project ID"

if [ -n "$rollback" ]; then
  serving=$(serving_revision "$FUNCTION") || fail "$FUNCTION does not exist in $project, $region"
  previous=$(cloud run revisions list --service="$FUNCTION" --region="$region" --sort-by='~metadata.creationTimestamp' \
    --format='value(metadata.name, status.conditions[0].status)' |
    awk -v serving="$serving" 'found && $2 == "True" && !target { target = $1 } $1 == serving { found = 1 } END { print target }')
  [ -n "$previous" ] || fail "no revision before $serving to roll back to"
  go_back "$previous"
  say "It served $serving before. The next deploy sends traffic to its own revision."
  exit
fi

[ -z "$(git status --porcelain)" ] || fail "the working tree has uncommitted changes; commit or stash them:
$(git status --short)"
commit=$(git rev-parse --short=12 HEAD)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=$PWD/.venv-shipped/bin/python # the preflight's
ops/preflight.sh "$folder" "$commit" || fail "nothing was deployed"

enabled=$(cloud services list --enabled --format='value(config.name)')
missing=()
for service in "${SERVICES[@]}"; do
  grep -qx "$service.googleapis.com" <<< "$enabled" || missing+=("$service.googleapis.com")
done
[ ${#missing[@]} -eq 0 ] || change cloud services enable "${missing[@]}"
number=$(cloud projects describe "$project" --format='value(projectNumber)')
for secret in $(secret_settings production | cut -d= -f2) $(secret_settings staging | cut -d= -f2); do
  cloud secrets versions describe latest --secret="$secret" > /dev/null 2>&1 ||
    fail "the secret $secret has no value, so the function would not boot. Add one, then run this again:
  gcloud secrets create $secret --project=$project --replication-policy=automatic
  printf %s 'THE-VALUE' | gcloud secrets versions add $secret --project=$project --data-file=-"
done

# The deployer calls as the scheduler, so that the smoke test covers the scheduler's permissions.
deployer=$(gcloud config get-value account 2> /dev/null)
case $deployer in
  *.gserviceaccount.com) deployer=serviceAccount:$deployer ;;
  *) deployer=user:$deployer ;;
esac
make_account "$SCHEDULER" "Calls the data availability monitor"
bind roles/iam.serviceAccountOpenIdTokenCreator "$deployer" "$(account "$SCHEDULER")" iam service-accounts

deploy staging "$STAGING" || fail "staging failed; production was not changed"
[ -z "$stage_only" ] || exit 0

previous=$(serving_revision "$FUNCTION") || previous=''
if ! deploy production "$FUNCTION"; then
  [ -n "$previous" ] || fail "production failed; it has no earlier revision, and nothing calls it yet"
  [ "$(serving_revision "$FUNCTION")" != "$previous" ] || fail "production failed; it still serves $previous"
  go_back "$previous"
  fail "production failed with $commit; its traffic is back on $previous"
fi
schedule "$FUNCTION" '0 8 * * *' /
[ -z "$recheck" ] || schedule "$RECHECK" "15,45 8-$(last_hour) * * *" /
unschedule "$FUNCTION-follow-up" # the second job of the first edition
watch
say "$commit is deployed: $(url "$FUNCTION")"
