-- One row per date, from the first date ever checked to today, and one for each later date that was checked. A row has
-- what the date's newest check found. A date that was never checked is NOT_RUN.
WITH latest AS (
  SELECT check_date, check_time, status, scheduled_games, phase4_ready, missing_games, partial_games, stalled_phase
  FROM data_availability_latest
),
counted AS (
  SELECT
    check_date,
    COUNT(*) AS checks,
    LOGICAL_OR(DATE(check_time, @league_timezone) = check_date) AS checked_that_day,
    MIN(
      -- With these reasons, a game without data dropped off every schedule. The date is not ready.
      IF(status = 'OK' AND IFNULL(alert_reason, '') NOT IN ('UNCHANGED', 'DEADLINE'), check_time, NULL)
    ) AS first_ready_time
  FROM data_availability_checks
  WHERE check_date IS NOT NULL
  GROUP BY check_date
),
spine AS (
  SELECT spine_date
  FROM (
    SELECT MIN(check_date) AS first_date, MAX(check_date) AS last_date
    FROM latest
  ) AS bounds
  CROSS JOIN UNNEST(
    GENERATE_DATE_ARRAY(bounds.first_date, GREATEST(bounds.last_date, CURRENT_DATE(@league_timezone)))
  ) AS spine_date
)
SELECT
  spine.spine_date AS check_date,
  IFNULL(latest.status, 'NOT_RUN') AS status,
  latest.scheduled_games,
  latest.phase4_ready,
  latest.missing_games,
  latest.partial_games,
  latest.stalled_phase,
  latest.check_time,
  IFNULL(counted.checks, 0) AS checks,
  IFNULL(counted.checked_that_day, FALSE) AS checked_that_day,
  counted.first_ready_time,
  -- Unknown if the date was first seen ready on a later date, for example by a backfill.
  IF(
    DATE(counted.first_ready_time, @league_timezone) <= spine.spine_date,
    TIMESTAMP_DIFF(
      TIMESTAMP(DATETIME(spine.spine_date, @predictions_at), @predictions_timezone), counted.first_ready_time, MINUTE
    ),
    NULL
  ) AS ready_minutes_before_predictions
FROM spine
LEFT JOIN latest ON latest.check_date = spine.spine_date
LEFT JOIN counted ON counted.check_date = spine.spine_date
WHERE latest.status IS NOT NULL OR spine.spine_date <= CURRENT_DATE(@league_timezone)
