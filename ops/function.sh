# How the deploy makes the function, calls it as the scheduler does, and sends it back. Sourced by deploy.sh.
# shellcheck shell=bash disable=SC2154

# gcloud's own setting for another address of the API.
IAM_CREDENTIALS=${CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS:-https://iamcredentials.googleapis.com/}

# Prints the first value of a field of the JSON in standard input: field NAME
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }

call() { curl -sS --fail-with-body --max-time 480 -H @- "$@"; }

# An identity token of the scheduler's account. `gcloud auth print-identity-token` would first ask for an access token
# of it, which is a permission to do anything that the account may do.
identity_token() { # AUDIENCE
  local access
  access=$(cloud auth print-access-token) &&
    call -H 'Content-Type: application/json' -d "{\"audience\": \"$1\", \"includeEmail\": true}" \
      "${IAM_CREDENTIALS}v1/projects/-/serviceAccounts/$(account "$SCHEDULER"):generateIdToken" \
      <<< "Authorization: Bearer $access"
}

# Gets ready to call a function with the scheduler's account and audience: sets `uri` and `token`
approach() { # FUNCTION
  uri='' token=''
  look_up cloud run services describe "$1" --region="$region" --format='value(status.url)' || return 1
  uri=$output
  patiently "$WAKING|PERMISSION_DENIED|NOT_FOUND" identity_token "$uri" || return 1
  token=$(field token <<< "$output")
}

ask() { call "$uri$1" <<< "Authorization: Bearer $token"; } # PATH

# The function must run this commit, reach a verdict on today's data, good or bad, and read its history. Without dry_run
# in PATH, it must also have written the verdict: trial FUNCTION PATH
trial() {
  local version run day figures
  [ -z "$plan" ] || return 0
  approach "$1" || { say "$1 cannot be called as the scheduler would: $output" && return 1; }
  patiently . ask /health || { say "$1 does not answer /health: $output" && return 1; }
  version=$(field version <<< "$output")
  [ "$version" = "$commit" ] || { say "$1 runs version $version instead of $commit" && return 1; }
  patiently . ask "$2" || { say "$1 could not check today: $output" && return 1; }
  IFS='|' read -r run day figures < <("$python" -c 'import json, sys
answer = json.load(sys.stdin)
check = answer["checks"][0]
games = f"{check["phase4_ready"]} of {check["scheduled_games"]} games ready, {len(check["warnings"])} warnings"
print(answer["run_id"], check["check_date"], f"{check["status"]}: {games}, {check["duration_ms"]} ms", sep="|")
' <<< "$output") || { say "$1 answered without a verdict: $output" && return 1; }
  say "$1 runs $commit; today is $figures"
  patiently . ask "/history?start=$day&end=$day" || { say "$1 could not read its history: $output" && return 1; }
  [[ $2 != *dry_run* ]] || return 0
  [[ $output = *"$run"* ]] || { say "$1 did not write today's row: the history has no run $run" && return 1; }
  say "$1 wrote today's row, and reads it"
}

# Lets the function query BigQuery, read the pipeline, write its own history and read its own secrets.
allow() { # ENVIRONMENT FUNCTION
  local email secret dataset
  email=$(account "$2")
  make_account "$2" "The data availability monitor, $1"
  bind roles/bigquery.jobUser "serviceAccount:$email" "$project" projects
  for dataset in "${PIPELINE_DATASETS[@]}"; do share "$dataset" roles/bigquery.dataViewer "$email"; done
  share "$(history_of "$1")" roles/bigquery.dataEditor "$email"
  for secret in $(secret_settings "$1" | cut -d= -f2); do
    bind roles/secretmanager.secretAccessor "serviceAccount:$email" "$secret" secrets
  done
}

history_of() { settings "$1" | sed -n 's/^MONITORING_DATASET=//p'; } # ENVIRONMENT

schema() { # ENVIRONMENT ACTION
  local variables=()
  settings_to_try "$1"
  (cd "$folder/source" && env GCP_PROJECT_ID="$project" "${variables[@]}" "$python" -B -m monitor schema "$2")
}

# Makes the history's dataset, table and views, or adds what they lack.
make_history() { # ENVIRONMENT
  local dataset drift action=leave
  dataset=$(history_of "$1")
  make_dataset "$dataset"
  if [ -n "$plan" ]; then
    drift=$(schema "$1" diff 2> "$folder/error") || [ -n "$drift" ] || fail "$(< "$folder/error")"
    [ -z "$drift" ] || action=change
    [[ $drift != table*'does not exist' ]] || action=create
    settle "$action" schema "$dataset: ${drift:-as in schemas/}"
  else
    patiently "$WAKING" schema "$1" apply || fail "the history table could not be created: $output
without credentials, run: gcloud auth application-default login"
    say "history of $1: $output"
  fi
}

# The function's URL, even before it exists: https://cloud.google.com/run/docs/triggering/https-request#deterministic
url() { say "https://$1-$number.$region.run.app"; }

# Makes a revision with the settings in ops/ENVIRONMENT.env, and no others: deploy_function ENVIRONMENT FUNCTION ACTION
deploy_function() {
  local variables secrets secret_flag=--clear-secrets
  variables=$(plain_settings "$1" | paste -sd '|' -)
  secrets=$(secret_settings "$1" | sed 's/$/:latest/' | paste -sd , -)
  [ -z "$secrets" ] || secret_flag=--set-secrets=$secrets
  settle "$3" function "$2 at $commit" \
    cloud functions deploy "$2" --gen2 --region="$region" --runtime=python313 --source="$folder/source" \
    --entry-point=check_data_availability --trigger-http --no-allow-unauthenticated --ingress-settings=all \
    --service-account="$(account "$2")" --max-instances=1 --concurrency=1 --cpu=1 --memory=512Mi --timeout=480s \
    --serve-all-traffic-latest-revision \
    --set-env-vars="^|^GCP_PROJECT_ID=$project|MONITOR_VERSION=$commit|MONITOR_URL=$(url "$2")|$variables" \
    "$secret_flag"
}

# Deploys to one environment and tries it: deploy ENVIRONMENT FUNCTION PATH-OF-THE-TRIAL
deploy() {
  local action=create
  make_history "$1"
  allow "$1" "$2"
  if approach "$2"; then
    action=change
    output=$(ask /health 2> /dev/null) || output=''
    [ "$(field version <<< "$output")" != "$commit" ] || action=leave
  elif [ -n "$uri" ]; then
    action=change
  fi
  [[ $action = leave || -n $plan ]] || say "building $commit takes about 3 minutes …"
  deploy_function "$1" "$2" "$action" || return 1
  bind roles/run.invoker "serviceAccount:$(account "$SCHEDULER")" "$2" run services
  trial "$2" "$3"
}

serving_revision() { # FUNCTION
  look_up cloud run services describe "$1" --region="$region" --format='value(status.traffic[0].revisionName)'
}

go_back() { # REVISION
  settle change traffic "$FUNCTION to $1" \
    cloud run services update-traffic "$FUNCTION" --region="$region" --to-revisions="$1=100" || fail "$FUNCTION is as it was"
  [ -z "$plan" ] || return 0
  { approach "$FUNCTION" && patiently . ask /health; } || fail "$FUNCTION serves $1 again, but does not answer: $output"
  say "$FUNCTION serves $1 again, version $(field version <<< "$output")"
}

# Sends production's traffic to the ready revision before the one that serves. A revision that never became ready got no
# traffic, so after a deploy that does not boot there is nothing to send back.
roll_back() {
  local serving newest previous
  serving_revision "$FUNCTION" || fail "$FUNCTION does not exist in $project, $region"
  serving=$output
  look_up cloud run revisions list --service="$FUNCTION" --region="$region" --sort-by='~metadata.creationTimestamp' \
    --flatten='status.conditions[]' --filter='status.conditions.type=Ready' \
    --format='value(metadata.name, status.conditions.status)' || fail "$FUNCTION has no revisions"
  newest=$(awk 'NR == 1 && $2 != "True" { print $1 }' <<< "$output")
  previous=$(awk -v serving="$serving" 'found && $2 == "True" && !target { target = $1 } $1 == serving { found = 1 }
    END { print target }' <<< "$output")
  [ -n "$previous" ] || fail "no revision before $serving to roll back to; it still serves"
  [ -z "$newest" ] || fail "nothing to roll back: $newest never became ready and has no traffic; $serving serves.
If $serving itself is wrong:
  gcloud run services update-traffic $FUNCTION --project=$project --region=$region --to-revisions=$previous=100"
  go_back "$previous"
  say "It served $serving before. The next deploy sends traffic to its own revision."
}

# Posts today's state through production's real channel, whatever was posted before.
post_test_message() {
  local alert
  { approach "$FUNCTION" && patiently 'error: 40[13]' ask '/?date=today&notify=always'; } || fail "nothing was posted: $output"
  alert=$(tr -d '\n' <<< "$output" | grep -o '"alert": *{[^}]*}')
  [ "$(field status <<< "$alert")" = sent ] || fail "nothing was posted: $alert"
  say "posted today's state; look into the channel"
}
