-- The checks of each date of the range, oldest first; and of each game date of the range and of the ten weeks before it,
-- when its data was ready, and how many messages were sent about it. Games, most of a row's bytes, are read for the
-- range alone. An untyped NULL takes the type that its column has in the other half, an array's too.
SELECT
  check_date,
  check_time,
  status,
  alert_reason,
  alert_status,
  slack_channel,
  slack_ts,
  games,
  NULL AS outcome,
  NULL AS ready_at,
  NULL AS predictions_at,
  NULL AS alerts_sent
FROM data_availability_checks
WHERE check_date BETWEEN @start_date AND @end_date
UNION ALL
SELECT
  check_date,
  NULL AS check_time,
  NULL AS status,
  NULL AS alert_reason,
  NULL AS alert_status,
  NULL AS slack_channel,
  NULL AS slack_ts,
  NULL AS games,
  outcome,
  ready_at,
  predictions_at,
  alerts_sent
FROM data_availability_dates
WHERE check_date BETWEEN DATE_SUB(@start_date, INTERVAL 70 DAY) AND @end_date AND outcome IS NOT NULL
ORDER BY check_date, check_time
