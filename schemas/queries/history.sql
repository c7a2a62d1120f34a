-- Every check of each date of the range, oldest first: its alert, and the status of each game.
SELECT
  check_date,
  check_time,
  status,
  alert_reason,
  alert_status,
  slack_channel,
  slack_ts,
  ARRAY(SELECT AS STRUCT game.away, game.home, game.status FROM UNNEST(games) AS game) AS games
FROM data_availability_checks
WHERE check_date BETWEEN @start_date AND @end_date
ORDER BY check_date, check_time
