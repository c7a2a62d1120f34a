#!/usr/bin/env bash
# Deploys the monitor: preflight, staging, a trial, and only then production, its schedule and its alert policies.
# It creates what is missing and keeps what exists: a second run of the same commit changes nothing.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=ops/settings.sh
. ops/settings.sh
# shellcheck source=ops/google.sh
. ops/google.sh
# shellcheck source=ops/function.sh
. ops/function.sh
# shellcheck source=ops/watch.sh
. ops/watch.sh

FUNCTION=data-availability-monitor
RECHECK=data-availability-recheck
STAGING=data-availability-staging
SCHEDULER=data-availability-scheduler
METRIC=data_availability_completed_runs
# The datasets that the sources read; a test compares them with schemas/sources.
PIPELINE_DATASETS=(nba_raw nba_analytics nba_precompute nba_predictions)
SERVICES=(artifactregistry bigquery cloudbuild cloudfunctions cloudresourcemanager cloudscheduler iam iamcredentials
  logging monitoring run secretmanager)

usage() {
  cat << 'END'
Usage: ./deploy.sh [options]

Deploys the checked-out commit to staging and, once that has passed a trial, to production.

  --project ID               the Google Cloud project (default: that of `gcloud config`)
  --region REGION            where the function and its schedule run (default: us-west2)
  --dataset-location PLACE   where a new dataset for the history is made (default: where the pipeline's are)
  --notification-channel ID  where alert policies send: projects/…/notificationChannels/…
  --no-recheck               no half-hourly checks after the one at 8:00: what happens later is not told
  --stage-only               stop after staging
  --yes                      do not ask before production; without a terminal there is nobody to ask
  --plan                     change nothing; list what would be created, changed and left
  --rollback                 send production's traffic back to the previous revision, and stop
  --test-message             post today's state through production's channel, and stop
END
}

project='' region=us-west2 dataset_location='' channel='' recheck=yes stage_only='' yes='' plan='' rollback='' message=''
while [ $# -gt 0 ]; do
  case $1 in
    --project=* | --region=* | --dataset-location=* | --notification-channel=*)
      set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue
      ;;
    --project) project=${2:?needs an id} && shift ;;
    --region) region=${2:?needs a region} && shift ;;
    --dataset-location) dataset_location=${2:?needs a location} && shift ;;
    --notification-channel) channel=${2:?needs an id} && shift ;;
    --no-recheck) recheck='' ;;
    --stage-only) stage_only=yes ;;
    --yes) yes=yes ;;
    --plan) plan=yes ;;
    --rollback) rollback=yes ;;
    --test-message) message=yes ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && fail "unknown option $1" ;;
  esac
  shift
done

# What is needed on this machine, before anything is read or changed.
for tool in gcloud bq curl; do
  command -v "$tool" > /dev/null || fail "$tool is not installed: https://cloud.google.com/sdk/docs/install"
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ -n "$project" ] || project=$(gcloud config get-value project 2> /dev/null)
[ -n "$project" ] || fail "no project: give --project, or set one with gcloud config set project ID"
[ -z "$rollback" ] || { roll_back && exit; }
[ -z "$message" ] || { post_test_message && exit; }
[[ -n $(gcloud version --format='value(alpha)') ]] ||
  fail "gcloud lacks the component that manages alert policies: gcloud components install alpha"
[[ -t 0 || -n $yes || -n $plan || -n $stage_only ]] || fail "nobody can be asked before production: give --yes"
[ -z "$(git status --porcelain)" ] || fail "the working tree has uncommitted changes; commit or stash them:
$(git status --short)"
commit=$(git rev-parse --short=12 HEAD)
python=$PWD/.venv-shipped/bin/python # the preflight's
ops/preflight.sh "$folder" "$commit" || fail "nothing was deployed"

# What is needed in the project.
[ -z "$plan" ] || printf '%-8s%-16s%s\n' ACTION WHAT NAME
look_up cloud services list --enabled --format='value(config.name)' || output=''
missing=()
for service in "${SERVICES[@]}"; do
  grep -qx "$service.googleapis.com" <<< "$output" || missing+=("$service.googleapis.com")
done
[ ${#missing[@]} -eq 0 ] || settle create apis "${missing[*]%%.*}" cloud services enable "${missing[@]}" ||
  fail "the APIs could not be enabled"
number=NUMBER # with --plan, if the API that knows it is not enabled
if look_up cloud projects describe "$project" --format='value(projectNumber)'; then
  number=$output
elif [ -z "$plan" ]; then
  fail "there is no project $project"
fi
for secret in $(secret_settings production | cut -d= -f2) $(secret_settings staging | cut -d= -f2); do
  create=''
  look_up cloud secrets versions describe latest --secret="$secret" --format='value(state)' || {
    output='absent' create="gcloud secrets create $secret --project=$project --replication-policy=automatic
  "
  }
  ! grep -qix enabled <<< "$output" || continue
  [ -n "$plan" ] || fail "the latest value of the secret $secret is $output, so the function would not boot.
Add one, then run this again:
  ${create}printf %s 'THE-VALUE' | gcloud secrets versions add $secret --project=$project --data-file=-"
  settle create secret "$secret, by hand"
done
[ -z "$channel" ] || look_up cloud alpha monitoring channels describe "$channel" --format='value(name)' ||
  fail "there is no notification channel $channel; docs/deploy.md says how to make one"
let_build

# The deployer calls as the scheduler, so that the trial covers the scheduler's permissions.
deployer=$(gcloud config get-value account 2> /dev/null)
case $deployer in
  *.gserviceaccount.com) deployer=serviceAccount:$deployer ;;
  ?*) deployer=user:$deployer ;;
  *) fail "nobody is logged in: gcloud auth login" ;;
esac
make_account "$SCHEDULER" "Calls the data availability monitor"
bind roles/iam.serviceAccountOpenIdTokenCreator "$deployer" "$(account "$SCHEDULER")" iam service-accounts

# Staging has a history of its own and nobody to tell, so its trial writes.
deploy staging "$STAGING" '/?date=today' || fail "staging failed; production was not changed"
[ -z "$stage_only" ] || exit 0

previous=''
! serving_revision "$FUNCTION" || previous=$output
if [[ -z $yes && -z $plan ]]; then
  read -rp "Deploy $commit to production, which serves ${previous:-nothing yet}? [y/N] " answer
  [[ $answer = [yY]* ]] || fail "production was not changed"
fi
if ! deploy production "$FUNCTION" '/?date=today&dry_run=true'; then
  [ -n "$previous" ] || fail "production failed; it has no earlier revision, and nothing calls it yet"
  serving_revision "$FUNCTION" && [ "$output" != "$previous" ] || fail "production failed; it still serves $previous"
  go_back "$previous"
  fail "production failed with $commit; its traffic is back on $previous"
fi
schedule "$FUNCTION" '0 8 * * *' /
if [ -n "$recheck" ]; then schedule "$RECHECK" "15,45 8-$(last_hour) * * *" /; else unschedule "$RECHECK"; fi
unschedule "$FUNCTION-follow-up" # the second job of the first edition
count_runs
alert
[ -z "$plan" ] || exit 0
say "$commit is deployed: $(url "$FUNCTION")"
[ -n "$previous" ] || say "It has posted nothing yet. To see that its channel works:
  ./deploy.sh --project $project --region $region --test-message"
