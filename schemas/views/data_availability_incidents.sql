-- One row per date with an incident, and per date whose data was late or missed: when it was detected, alerted and
-- resolved, and how long before predictions it was resolved.
WITH checks AS (
  SELECT
    check_date,
    check_time,
    status,
    -- A suspect schedule is no incident before the date is due, nor a failure about a date that has not come.
    IF(
      status IN ('MISSING_DATA', 'PARTIAL_DATA', 'NO_PREDICTIONS', 'SCHEDULE_UNKNOWN', 'ERROR')
      AND IFNULL(alert_reason, '') != 'NOT_DUE',
      status,
      NULL
    ) AS incident,
    -- Rows older than the monitor have only the user's two counts.
    IFNULL(missing_games + partial_games, scheduled_games - phase4_ready) AS games_not_ready,
    stalled_phase,
    alert_status = 'sent' AND alert_reason != 'IMPROVED' AS alerted,
    status IN ('OK', 'NO_GAMES') AS whole
  FROM data_availability_checks
  WHERE check_date IS NOT NULL
),
found AS (
  SELECT
    check_date,
    MIN(IF(incident IS NOT NULL, check_time, NULL)) AS detected_at,
    MAX(IF(incident IS NOT NULL, check_time, NULL)) AS last_seen_at,
    -- A message sent on request before the incident began does not count.
    MIN(IF(alerted AND incident IS NOT NULL, check_time, NULL)) AS alerted_at,
    COUNTIF(alerted) AS alerts_sent,
    MAX(IF(incident IS NOT NULL, games_not_ready, NULL)) AS most_games_not_ready,
    MIN(stalled_phase) AS stalled_phase,
    STRING_AGG(DISTINCT incident, ', ' ORDER BY incident) AS statuses,
    COUNT(incident) AS incident_checks
  FROM checks
  GROUP BY check_date
),
incidents AS (
  SELECT
    found.check_date,
    found.detected_at,
    found.last_seen_at,
    found.alerted_at,
    found.alerts_sent,
    found.most_games_not_ready,
    found.stalled_phase,
    found.statuses,
    readiness.predictions_at,
    readiness.outcome
  FROM found
  INNER JOIN data_availability_readiness AS readiness ON readiness.check_date = found.check_date
  WHERE found.incident_checks > 0 OR readiness.outcome IN ('late', 'missed')
),
resolved AS (
  SELECT incidents.check_date, MIN(checks.check_time) AS resolved_at
  FROM incidents
  INNER JOIN checks ON checks.check_date = incidents.check_date
  WHERE checks.whole AND (incidents.last_seen_at IS NULL OR checks.check_time > incidents.last_seen_at)
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
    TIMESTAMP_DIFF(incidents.predictions_at, resolved.resolved_at, MINUTE),
    NULL
  ) AS resolved_minutes_before_predictions,
  incidents.alerts_sent,
  incidents.outcome
FROM incidents
LEFT JOIN resolved ON resolved.check_date = incidents.check_date
