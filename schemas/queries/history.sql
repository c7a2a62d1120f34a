-- Every check of each date of the range, oldest first; and, without a check_time, when the game dates since ten weeks
-- before it were ready, and how many messages were sent about each.
WITH entries AS (
  SELECT
    check_date,
    check_time,
    status,
    alert_reason,
    alert_status,
    slack_channel,
    slack_ts,
    ARRAY(
      SELECT AS STRUCT
        game.away, game.home, game.status, game.sources, game.game_ids, game.tipoff, game.ready_at, game.predictions
      FROM UNNEST(games) AS game
    ) AS games,
    CAST(NULL AS STRING) AS outcome,
    CAST(NULL AS TIMESTAMP) AS ready_at,
    CAST(NULL AS TIMESTAMP) AS predictions_at,
    0 AS alerts_sent
  FROM data_availability_checks
  WHERE check_date BETWEEN @start_date AND @end_date
  UNION ALL
  SELECT
    readiness.check_date,
    CAST(NULL AS TIMESTAMP) AS check_time,
    CAST(NULL AS STRING) AS status,
    CAST(NULL AS STRING) AS alert_reason,
    CAST(NULL AS STRING) AS alert_status,
    CAST(NULL AS STRING) AS slack_channel,
    CAST(NULL AS STRING) AS slack_ts,
    [] AS games,
    readiness.outcome,
    readiness.ready_at,
    readiness.predictions_at,
    IFNULL(sent.alerts_sent, 0) AS alerts_sent
  FROM data_availability_readiness AS readiness
  LEFT JOIN (
    SELECT check_date, COUNT(*) AS alerts_sent
    FROM data_availability_checks
    WHERE check_date BETWEEN DATE_SUB(@start_date, INTERVAL 70 DAY) AND @end_date
      AND alert_status = 'sent' AND alert_reason != 'IMPROVED'
    GROUP BY check_date
  ) AS sent ON sent.check_date = readiness.check_date
  WHERE readiness.check_date BETWEEN DATE_SUB(@start_date, INTERVAL 70 DAY) AND @end_date
    AND readiness.outcome IS NOT NULL
)
SELECT
  check_date,
  check_time,
  status,
  alert_reason,
  alert_status,
  slack_channel,
  slack_ts,
  games,
  outcome,
  ready_at,
  predictions_at,
  alerts_sent
FROM entries
ORDER BY check_date, check_time
