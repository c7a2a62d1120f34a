-- One row per date of the calendar: when its Phase 4 data was due, when it was ready, and what that makes of the date.
-- outcome: on_time (ready when due), late (after that, before predictions start), missed (not whole when they start),
-- pending (neither yet), not_run (no check on a date that was due), unknown (first looked at on a later day, or last
-- seen short before predictions started). Off-days and declared gaps have none.
WITH checks AS (
  SELECT
    check_date,
    check_time,
    DATE(check_time, @league_timezone) AS checked_on,
    status,
    scheduled_games,
    due_at,
    predictions_at,
    ready_at,
    -- A check that failed says nothing, and one whose schedule is suspect does not say that all games are there.
    IF(status = 'ERROR', NULL, status IN ('OK', 'NO_PREDICTIONS')) AS whole
  FROM data_availability_checks
  WHERE check_date IS NOT NULL
),
spine AS (
  SELECT spine_date
  FROM (
    SELECT MIN(check_date) AS first_date, MAX(check_date) AS last_date
    FROM checks
  ) AS bounds
  CROSS JOIN UNNEST(
    GENERATE_DATE_ARRAY(bounds.first_date, GREATEST(bounds.last_date, CURRENT_DATE(@league_timezone)))
  ) AS spine_date
),
-- The deadlines are those of the settings at the first check that has them; rows of the first edition have none.
deadlines AS (
  SELECT
    check_date,
    MIN_BY(due_at, check_time) AS due_at,
    MIN_BY(predictions_at, check_time) AS predictions_at
  FROM checks
  WHERE due_at IS NOT NULL
  GROUP BY check_date
),
dates AS (
  SELECT
    spine.spine_date AS check_date,
    IFNULL(
      deadlines.due_at, TIMESTAMP(DATETIME(spine.spine_date, @phase4_due_at), @league_timezone)
    ) AS due_at,
    IFNULL(
      deadlines.predictions_at, TIMESTAMP(DATETIME(spine.spine_date, @predictions_at), @predictions_timezone)
    ) AS predictions_at
  FROM spine
  LEFT JOIN deadlines ON deadlines.check_date = spine.spine_date
),
seen AS (
  SELECT
    dates.check_date,
    MIN(checks.checked_on) AS first_checked_on,
    MAX_BY(checks.status, IF(checks.whole IS NOT NULL, checks.check_time, NULL)) AS last_status,
    MAX_BY(checks.scheduled_games, checks.check_time) AS scheduled_games,
    MIN(IF(checks.whole, checks.check_time, NULL)) AS first_ready_check,
    MIN_BY(checks.ready_at, IF(checks.whole, checks.check_time, NULL)) AS ready_at,
    MAX_BY(
      checks.whole, IF(checks.whole IS NOT NULL AND checks.check_time < dates.predictions_at, checks.check_time, NULL)
    ) AS whole_before,
    MIN_BY(
      checks.whole, IF(checks.whole IS NOT NULL AND checks.check_time >= dates.predictions_at, checks.check_time, NULL)
    ) AS whole_after
  FROM dates
  INNER JOIN checks ON checks.check_date = dates.check_date
  GROUP BY dates.check_date
),
judged AS (
  SELECT
    dates.check_date,
    seen.scheduled_games,
    dates.due_at,
    dates.predictions_at,
    seen.first_ready_check,
    -- The data's own clock; where it has none, the check that saw it, which may be a minute behind.
    IFNULL(seen.ready_at, seen.first_ready_check) AS ready_at,
    IF(seen.ready_at IS NULL, 60, 0) AS grace_seconds,
    CASE
      WHEN seen.check_date IS NULL
        THEN IF(CURRENT_TIMESTAMP() >= dates.due_at, 'not_run', NULL)
      WHEN seen.last_status IN ('NO_GAMES', 'EXPECTED_GAP') THEN NULL
      WHEN seen.first_checked_on > dates.check_date THEN 'unknown'
      WHEN seen.whole_before THEN 'ready'
      WHEN NOT seen.whole_after THEN 'missed'
      -- Seen whole only after predictions started: by the data's own clock, unless a re-run may have moved it since.
      WHEN seen.whole_after
        AND seen.first_ready_check >= dates.predictions_at
        AND DATE(seen.first_ready_check, @league_timezone) = dates.check_date
        THEN 'ready'
      WHEN seen.whole_after THEN 'unknown'
      WHEN CURRENT_TIMESTAMP() < dates.predictions_at THEN 'pending'
      ELSE 'unknown'
    END AS state
  FROM dates
  LEFT JOIN seen ON seen.check_date = dates.check_date
)
SELECT
  check_date,
  scheduled_games,
  due_at,
  predictions_at,
  first_ready_check,
  IF(state IN ('ready', 'missed'), ready_at, NULL) AS ready_at,
  IF(
    state IN ('ready', 'missed'), TIMESTAMP_DIFF(predictions_at, ready_at, MINUTE), NULL
  ) AS minutes_before_predictions,
  CASE
    WHEN state IS NULL OR state != 'ready' THEN state
    WHEN ready_at <= TIMESTAMP_ADD(due_at, INTERVAL grace_seconds SECOND) THEN 'on_time'
    WHEN ready_at < TIMESTAMP_ADD(predictions_at, INTERVAL grace_seconds SECOND) THEN 'late'
    ELSE 'missed'
  END AS outcome
FROM judged
