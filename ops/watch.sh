# How the deploy schedules the checks, and makes what tells somebody when the monitor cannot. Sourced by deploy.sh.
# shellcheck shell=bash disable=SC2154

# Creates or updates a Cloud Scheduler job, and resumes one that somebody paused: schedule JOB CRON PATH
schedule() {
  local wanted action=leave verb=update
  wanted="$2|America/New_York|$uri$3|POST|$(account "$SCHEDULER")|$uri|540s|3|60s|600s"
  look_up cloud scheduler jobs describe "$1" --location="$region" --format="value[separator='|'](schedule, timeZone,
    httpTarget.uri, httpTarget.httpMethod, httpTarget.oidcToken.serviceAccountEmail, httpTarget.oidcToken.audience,
    attemptDeadline, retryConfig.retryCount, retryConfig.minBackoffDuration, retryConfig.maxBackoffDuration, state)" ||
    { output='' && action=create verb=create; }
  [[ -z $output || ${output%|*} = "$wanted" ]] || action=change
  [[ $output != *'|PAUSED' ]] || settle change job "$1, which is paused" cloud scheduler jobs resume "$1" \
    --location="$region" || fail "the job $1 could not be resumed"
  settle "$action" job "$1 at $2, New York" cloud scheduler jobs "$verb" http "$1" --location="$region" --schedule="$2" \
    --time-zone=America/New_York --uri="$uri$3" --http-method=POST --oidc-service-account-email="$(account "$SCHEDULER")" \
    --oidc-token-audience="$uri" --attempt-deadline=540s --max-retry-attempts=3 --min-backoff=60s --max-backoff=600s ||
    fail "the job $1 could not be made"
}

# The hour in New York in which the last re-check follows the predictions, in summer too, or at least the first check.
last_hour() {
  local variables=()
  settings_to_try production
  (cd "$folder/source" && env GCP_PROJECT_ID="$project" "${variables[@]}" "$python" -B -c 'from datetime import date
from os import environ
from zoneinfo import ZoneInfo
from monitor.settings import load_settings
deadlines, zone = load_settings(environ).deadlines, ZoneInfo("America/New_York")
days = [date(2026, 1, 15), date(2026, 7, 15)]
due = [(day, deadlines.predictions_due_at(day).astimezone(zone)) for day in days]
print(max(8, *(min(23, time.hour + 1) if time.date() <= day else 23 for day, time in due)))')
}

# Deletes a job of Cloud Scheduler if it is there: unschedule JOB
unschedule() {
  look_up cloud scheduler jobs describe "$1" --location="$region" --format='value(name)' || return 0
  settle delete job "$1" cloud scheduler jobs delete "$1" --location="$region" || fail "the job $1 could not be deleted"
}

count_runs() {
  local file=ops/completed_runs.json action=leave verb=update wanted
  wanted=$("$python" -c 'import json, sys; print(json.load(sys.stdin)["filter"])' < "$file")
  look_up cloud logging metrics describe "$METRIC" --format='value(filter)' || { output='' && action=create verb=create; }
  [[ -z $output || $output = "$wanted" ]] || action=change
  settle "$action" metric "$METRIC" cloud logging metrics "$verb" "$METRIC" --config-from-file="$file" ||
    fail "the metric $METRIC could not be made"
}

# Creates or corrects the alert policies. A policy's label says which file it was made from.
alert() {
  local action policies file labelled title content name present channels
  look_up cloud alpha monitoring policies list \
    --format="value[separator='|'](displayName, name, userLabels.content, notificationChannels.list())" || output=''
  policies=$output
  for file in ops/alert_policies/*.json; do
    labelled=$folder/${file##*/}
    title=$(field displayName < "$file")
    content=$(git hash-object "$file")
    sed "s/^{/{ \"userLabels\": {\"content\": \"$content\"},/" "$file" > "$labelled"
    IFS='|' read -r _ name present channels < <(awk -F'|' -v title="$title" '$1 == title' <<< "$policies") || name=''
    case $channels in
      *"$channel"*) ;;
      *) channels="${channels:+$channels,}$channel" && present='' ;;
    esac
    if [ -z "$name" ]; then
      settle create policy "$title" cloud alpha monitoring policies create --policy-from-file="$labelled" \
        ${channels:+"--notification-channels=$channels"}
    else
      [ "$present" = "$content" ] && action=leave || action=change
      settle "$action" policy "$title" cloud alpha monitoring policies update "$name" --policy-from-file="$labelled" \
        ${channels:+"--set-notification-channels=$channels"}
    fi || fail "the policy \"$title\" could not be made"
    [ -n "$channels" ] || say "NO NOTIFICATION CHANNEL on the policy \"$title\": give --notification-channel"
  done
}
