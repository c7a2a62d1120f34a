-- Each date of the range that has come, or was checked ahead: what its newest check found, or that it was never checked.
SELECT
  check_date,
  status,
  scheduled_games,
  phase4_ready,
  missing_games,
  partial_games,
  stalled_phase,
  check_time,
  checks,
  checked_that_day,
  first_ready_time,
  ready_minutes_before_predictions
FROM data_availability_calendar
WHERE check_date BETWEEN @start_date AND @end_date
ORDER BY check_date
