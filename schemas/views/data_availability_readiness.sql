-- One row per date of the calendar: when its Phase 4 data was due, when it was ready, and what that makes of the date.
-- outcome: on_time (ready when due), late (after that, before predictions start), missed (not whole when they start),
-- pending (neither yet), not_run (no check on a date that was due), unknown (first looked at on a later day, or last
-- seen short before predictions started). Off-days and declared gaps have none.
SELECT
  check_date,
  scheduled_games,
  due_at,
  predictions_at,
  first_ready_time AS first_ready_check,
  ready_at,
  ready_minutes_before_predictions AS minutes_before_predictions,
  outcome
FROM data_availability_calendar
