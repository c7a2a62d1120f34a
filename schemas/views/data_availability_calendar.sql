-- One row per date, from the first date ever checked to today, and one for each later date that was checked. A row has
-- what the date's newest check found, and its outcome against the deadline. A date that was never checked is NOT_RUN.
WITH unchecked AS (
  SELECT
    day AS check_date,
    TIMESTAMP(DATETIME(day, @phase4_due_at), @league_timezone) AS due_at,
    TIMESTAMP(DATETIME(day, @predictions_at), @predictions_timezone) AS predictions_at
  FROM (
    -- The dates between two that were checked, and those since the last.
    SELECT
      check_date,
      LEAD(check_date, 1, DATE_ADD(CURRENT_DATE(@league_timezone), INTERVAL 1 DAY)) OVER (ORDER BY check_date) AS next_date
    FROM (SELECT DISTINCT check_date FROM data_availability_checks WHERE check_date IS NOT NULL)
  ) AS checked
  CROSS JOIN UNNEST(
    GENERATE_DATE_ARRAY(DATE_ADD(check_date, INTERVAL 1 DAY), DATE_SUB(next_date, INTERVAL 1 DAY))
  ) AS day
  WHERE day <= CURRENT_DATE(@league_timezone)
)
SELECT
  check_date,
  IFNULL(status, 'NOT_RUN') AS status,
  scheduled_games,
  phase4_ready,
  missing_games,
  partial_games,
  stalled_phase,
  check_time,
  checks,
  checked_that_day,
  first_ready_check AS first_ready_time,
  TIMESTAMP_DIFF(predictions_at, ready_at, MINUTE) AS ready_minutes_before_predictions,
  outcome,
  due_at,
  predictions_at,
  ready_at
FROM data_availability_dates
UNION ALL
SELECT
  check_date,
  'NOT_RUN' AS status,
  NULL AS scheduled_games,
  NULL AS phase4_ready,
  NULL AS missing_games,
  NULL AS partial_games,
  CAST(NULL AS STRING) AS stalled_phase,
  CAST(NULL AS TIMESTAMP) AS check_time,
  0 AS checks,
  FALSE AS checked_that_day,
  CAST(NULL AS TIMESTAMP) AS first_ready_time,
  NULL AS ready_minutes_before_predictions,
  IF(CURRENT_TIMESTAMP() >= due_at, 'not_run', NULL) AS outcome,
  due_at,
  predictions_at,
  CAST(NULL AS TIMESTAMP) AS ready_at
FROM unchecked
