-- One row per date with an incident, and per date whose data was late or missed: when it was detected, alerted and
-- resolved, and how long before predictions it was resolved.
SELECT
  check_date,
  incident_statuses AS statuses,
  most_games_not_ready,
  incident_phase AS stalled_phase,
  detected_at,
  alerted_at,
  resolved_at,
  -- Unknown if the incident was first seen resolved on a later date, for example by a backfill.
  IF(
    DATE(resolved_at, @league_timezone) <= check_date,
    TIMESTAMP_DIFF(predictions_at, resolved_at, MINUTE),
    NULL
  ) AS resolved_minutes_before_predictions,
  alerts_sent,
  outcome
FROM data_availability_dates
WHERE incident_checks > 0 OR outcome IN ('late', 'missed')
