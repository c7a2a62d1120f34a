-- Each date of the range up to today, and later dates that were checked: the newest check, or NOT_RUN if there is none.
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
  ready_minutes_before_predictions,
  outcome,
  due_at,
  predictions_at,
  ready_at
FROM data_availability_calendar
WHERE check_date BETWEEN @start_date AND @end_date
ORDER BY check_date
