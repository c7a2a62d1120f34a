-- One row per date with an incident: when it was detected, alerted and resolved, and how long before predictions it was
-- resolved.
WITH checks AS (
  SELECT
    check_date,
    check_time,
    status,
    IF(status IN ('MISSING_DATA', 'PARTIAL_DATA', 'SCHEDULE_UNKNOWN', 'ERROR'), status, NULL) AS incident,
    -- Rows older than the monitor have only the user's two counts.
    IFNULL(missing_games + partial_games, scheduled_games - phase4_ready) AS games_not_ready,
    stalled_phase,
    alert_status = 'sent' AND alert_reason != 'IMPROVED' AS alerted,
    -- With these reasons, a game without data dropped off every schedule. The incident is not resolved.
    status IN ('OK', 'NO_GAMES') AND IFNULL(alert_reason, '') NOT IN ('UNCHANGED', 'DEADLINE') AS whole
  FROM data_availability_checks
  WHERE check_date IS NOT NULL
),
incidents AS (
  SELECT
    check_date,
    MIN(IF(incident IS NOT NULL, check_time, NULL)) AS detected_at,
    MAX(IF(incident IS NOT NULL, check_time, NULL)) AS last_seen_at,
    -- A message sent on request before the incident began does not count.
    MIN(IF(alerted AND incident IS NOT NULL, check_time, NULL)) AS alerted_at,
    COUNTIF(alerted) AS alerts_sent,
    MAX(IF(incident IS NOT NULL, games_not_ready, NULL)) AS most_games_not_ready,
    MIN(stalled_phase) AS stalled_phase,
    STRING_AGG(DISTINCT incident, ', ' ORDER BY incident) AS statuses
  FROM checks
  GROUP BY check_date
  HAVING COUNT(incident) > 0
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
  -- Unknown if the incident was first seen resolved on a later date, for example by a backfill.
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
