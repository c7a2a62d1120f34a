-- Each date of the range with an incident, newest first: when it was detected, alerted and resolved.
SELECT
  check_date,
  statuses,
  most_games_not_ready,
  stalled_phase,
  detected_at,
  alerted_at,
  resolved_at,
  resolved_minutes_before_predictions,
  alerts_sent,
  outcome
FROM data_availability_incidents
WHERE check_date BETWEEN @start_date AND @end_date
ORDER BY check_date DESC
