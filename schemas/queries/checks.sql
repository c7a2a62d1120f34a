-- The newest check of each date of the range, with every column, oldest date first.
SELECT
  check_date,
  check_time,
  scheduled_games,
  phase4_ready,
  status,
  run_id,
  trigger,
  missing_games,
  partial_games,
  excluded_games,
  games,
  warnings,
  sources,
  phase3_latest,
  phase4_latest,
  stalled_phase,
  alert_reason,
  alert_status,
  alert_fingerprint,
  slack_channel,
  slack_ts,
  error,
  duration_ms,
  bytes_processed,
  monitor_version
FROM data_availability_latest
WHERE check_date BETWEEN @start_date AND @end_date
ORDER BY check_date
