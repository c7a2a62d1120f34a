-- Every check of each date of the range, oldest first: what was told of it, and from the last alert sent on, what each
-- game was like.
WITH checks AS (
  SELECT
    check_date,
    check_time,
    status,
    alert_reason,
    alert_status,
    alert_fingerprint,
    slack_channel,
    slack_ts,
    games,
    MAX(IF(alert_status = 'sent', check_time, NULL)) OVER (PARTITION BY check_date) AS told_at
  FROM data_availability_checks
  WHERE check_date BETWEEN @start_date AND @end_date
)
SELECT
  check_date,
  check_time,
  status,
  alert_reason,
  alert_status,
  alert_fingerprint,
  slack_channel,
  slack_ts,
  ARRAY(
    SELECT AS STRUCT game.away, game.home, game.status FROM UNNEST(games) AS game WHERE check_time >= told_at
  ) AS games
FROM checks
ORDER BY check_date, check_time
