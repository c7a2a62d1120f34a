#!/usr/bin/env bash
# A first attempt: two counts, a row and a message, with bq and curl: check.sh DATE
# Set GCP_PROJECT_ID and SLACK_WEBHOOK_URL, and BIGQUERY_API for an API other than Google's.
set -euo pipefail
date="$1"
bq=(bq ${BIGQUERY_API:+--api "$BIGQUERY_API"} --project_id="$GCP_PROJECT_ID" --quiet --format=csv)

count() { "${bq[@]}" query --use_legacy_sql=false "SELECT COUNT(DISTINCT game_id) FROM $1 WHERE game_date = '$date'" | tail -n 1; }

scheduled=$(count nba_raw.espn_scoreboard)
ready=$(count nba_precompute.player_composite_factors)
status=OK
if ((scheduled > ready)); then status=MISSING_DATA; fi
"${bq[@]}" query --use_legacy_sql=false "INSERT INTO nba_monitoring.data_availability_checks
  (check_date, check_time, scheduled_games, phase4_ready, status)
  VALUES ('$date', CURRENT_TIMESTAMP(), $scheduled, $ready, '$status')" > /dev/null
if [[ $status != OK ]]; then
  curl --silent --show-error --fail --json "{\"text\": \"$date: $ready of $scheduled games have Phase 4 data\"}" "$SLACK_WEBHOOK_URL"
fi
