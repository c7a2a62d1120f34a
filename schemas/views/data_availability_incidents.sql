-- One row per date with trouble: when it was found, first told, and over; and how long before its predictions that was.
WITH checks AS (
  SELECT
    check_date,
    check_time,
    status,
    IF(status IN ('MISSING_DATA', 'PARTIAL_DATA', 'SCHEDULE_UNKNOWN', 'ERROR'), status, NULL) AS trouble,
    -- A row of before the monitor has the user's two counts alone.
    IFNULL(missing_games + partial_games, scheduled_games - phase4_ready) AS games_not_ready,
    stalled_phase,
    alert_status = 'sent' AND alert_reason != 'IMPROVED' AS told,
    -- Such a check found a game without data gone from every schedule: that is no end.
    status IN ('OK', 'NO_GAMES') AND IFNULL(alert_reason, '') NOT IN ('UNCHANGED', 'DEADLINE') AS whole
  FROM data_availability_checks
  WHERE check_date IS NOT NULL
),
incidents AS (
  SELECT
    check_date,
    MIN(IF(trouble IS NOT NULL, check_time, NULL)) AS detected_at,
    MAX(IF(trouble IS NOT NULL, check_time, NULL)) AS last_seen_at,
    -- Somebody may have asked for an all-clear before the trouble began.
    MIN(IF(told AND trouble IS NOT NULL, check_time, NULL)) AS alerted_at,
    COUNTIF(told) AS alerts_sent,
    MAX(IF(trouble IS NOT NULL, games_not_ready, NULL)) AS most_games_not_ready,
    MIN(stalled_phase) AS stalled_phase,
    STRING_AGG(DISTINCT trouble, ', ' ORDER BY trouble) AS statuses
  FROM checks
  GROUP BY check_date
  HAVING COUNT(trouble) > 0
),
resolved AS (
  SELECT incidents.check_date, MIN(checks.check_time) AS resolved_at
  FROM incidents
  INNER JOIN checks ON checks.check_date = incidents.check_date AND checks.check_time > incidents.last_seen_at
  WHERE checks.whole
  GROUP BY incidents.check_date
)
SELECT
  incidents.check_date,
  incidents.statuses,
  incidents.most_games_not_ready,
  incidents.stalled_phase,
  incidents.detected_at,
  incidents.alerted_at,
  resolved.resolved_at,
  -- An end that was first seen on a later date, as by a backfill, says nothing of when it came.
  IF(
    DATE(resolved.resolved_at, @league_timezone) <= incidents.check_date,
    TIMESTAMP_DIFF(
      TIMESTAMP(DATETIME(incidents.check_date, @predictions_at), @predictions_timezone), resolved.resolved_at, MINUTE
    ),
    NULL
  ) AS resolved_minutes_before_predictions,
  incidents.alerts_sent
FROM incidents
LEFT JOIN resolved ON resolved.check_date = incidents.check_date
