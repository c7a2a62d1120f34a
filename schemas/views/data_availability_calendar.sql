-- One row per date, from the first date ever checked to today, and one for each later date that was checked. A row has
-- what the date's newest check found, and its outcome against the deadline. A date that was never checked is NOT_RUN.
WITH latest AS (
  SELECT check_date, check_time, status, scheduled_games, phase4_ready, missing_games, partial_games, stalled_phase
  FROM data_availability_latest
),
counted AS (
  SELECT
    check_date,
    COUNT(*) AS checks,
    LOGICAL_OR(DATE(check_time, @league_timezone) = check_date) AS checked_that_day
  FROM data_availability_checks
  WHERE check_date IS NOT NULL
  GROUP BY check_date
)
SELECT
  readiness.check_date,
  IFNULL(latest.status, 'NOT_RUN') AS status,
  latest.scheduled_games,
  latest.phase4_ready,
  latest.missing_games,
  latest.partial_games,
  latest.stalled_phase,
  latest.check_time,
  IFNULL(counted.checks, 0) AS checks,
  IFNULL(counted.checked_that_day, FALSE) AS checked_that_day,
  readiness.first_ready_check AS first_ready_time,
  readiness.minutes_before_predictions AS ready_minutes_before_predictions,
  readiness.outcome,
  readiness.due_at,
  readiness.predictions_at,
  readiness.ready_at
FROM data_availability_readiness AS readiness
LEFT JOIN latest ON latest.check_date = readiness.check_date
LEFT JOIN counted ON counted.check_date = readiness.check_date
WHERE latest.status IS NOT NULL OR readiness.check_date <= CURRENT_DATE(@league_timezone)
