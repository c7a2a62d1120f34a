-- The newest runs that wrote rows for dates of the range, newest first.
SELECT
  run_id,
  MAX(trigger) AS triggered_by,
  MAX(check_time) AS check_time,
  COUNT(*) AS dates,
  COUNTIF(status = 'ERROR') AS dates_unknown,
  COUNTIF(alert_status = 'sent') AS alerts_sent,
  COUNTIF(alert_status = 'failed') AS alerts_failed,
  MAX(duration_ms) AS duration_ms,
  MAX(monitor_version) AS monitor_version
FROM data_availability_checks
WHERE check_date BETWEEN @start_date AND @end_date AND run_id IS NOT NULL
GROUP BY run_id
ORDER BY check_time DESC
LIMIT 20
