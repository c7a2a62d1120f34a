-- Every check of each date of the range, oldest first: what was told of it, and from the last message that everybody
-- saw on, what each game was like.
WITH checks AS (
  SELECT
    check_date,
    check_time,
    status,
    alert_reason,
    alert_status,
    slack_channel,
    slack_ts,
    games,
    -- An improvement is told in a bot's thread alone.
    MAX(IF(alert_status = 'sent' AND alert_reason != 'IMPROVED', check_time, NULL)) OVER (PARTITION BY check_date)
      AS told_at
  FROM data_availability_checks
  WHERE check_date BETWEEN @start_date AND @end_date
)
SELECT
  check_date,
  check_time,
  status,
  alert_reason,
  alert_status,
  slack_channel,
  slack_ts,
  ARRAY(
    SELECT AS STRUCT game.away, game.home, game.status FROM UNNEST(games) AS game WHERE check_time >= told_at
  ) AS games
FROM checks
ORDER BY check_date, check_time
