-- One row per date that was checked: what the newest check found, when data was ready, what that makes of the date, and
-- its incident. The table is read once, and all is grouped by date, so a filter on check_date prunes partitions.
-- outcome: on_time (ready when due), late (after that, before predictions start), missed (not whole when they start),
-- pending (neither yet), unknown (first looked at on a later day, or last seen short before predictions started).
-- Off-days and declared gaps have none.
WITH checks AS (
  SELECT
    check_date,
    check_time,
    DATE(check_time, @league_timezone) AS checked_on,
    status,
    scheduled_games,
    phase4_ready,
    missing_games,
    partial_games,
    stalled_phase,
    ready_at,
    alert_status = 'sent' AND alert_reason != 'IMPROVED' AS alerted,
    status IN ('OK', 'NO_GAMES') AS all_clear,
    -- A check that failed says nothing, and one whose schedule is suspect does not say that all games are there.
    IF(status = 'ERROR', NULL, status IN ('OK', 'NO_PREDICTIONS')) AS whole,
    -- A suspect schedule is no incident before the date is due, nor a failure about a date that has not come.
    IF(
      status IN ('MISSING_DATA', 'PARTIAL_DATA', 'NO_PREDICTIONS', 'SCHEDULE_UNKNOWN', 'ERROR')
      AND IFNULL(alert_reason, '') != 'NOT_DUE',
      status,
      NULL
    ) AS incident,
    ROW_NUMBER() OVER (PARTITION BY check_date ORDER BY check_time DESC) = 1 AS newest,
    -- The deadlines are those of the settings at the first check that has them; rows of the first edition have none.
    IFNULL(
      FIRST_VALUE(due_at IGNORE NULLS) OVER the_date,
      TIMESTAMP(DATETIME(check_date, @phase4_due_at), @league_timezone)
    ) AS due_at,
    IFNULL(
      FIRST_VALUE(predictions_at IGNORE NULLS) OVER the_date,
      TIMESTAMP(DATETIME(check_date, @predictions_at), @predictions_timezone)
    ) AS predictions_at
  FROM data_availability_checks
  WHERE check_date IS NOT NULL
  WINDOW the_date AS (
    PARTITION BY check_date ORDER BY check_time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
  )
),
timed AS (
  SELECT
    *,
    MAX(IF(incident IS NOT NULL, check_time, NULL)) OVER (PARTITION BY check_date) AS last_incident_at
  FROM checks
),
seen AS (
  SELECT
    check_date,
    COUNT(*) AS checks,
    MAX(IF(newest, check_time, NULL)) AS check_time,
    MAX(IF(newest, status, NULL)) AS status,
    MAX(IF(newest, scheduled_games, NULL)) AS scheduled_games,
    MAX(IF(newest, phase4_ready, NULL)) AS phase4_ready,
    MAX(IF(newest, missing_games, NULL)) AS missing_games,
    MAX(IF(newest, partial_games, NULL)) AS partial_games,
    MAX(IF(newest, stalled_phase, NULL)) AS stalled_phase,
    MIN(checked_on) AS first_checked_on,
    IFNULL(LOGICAL_OR(checked_on = check_date), FALSE) AS checked_that_day,
    MIN(due_at) AS due_at,
    MIN(predictions_at) AS predictions_at,
    MAX_BY(status, IF(whole IS NOT NULL, check_time, NULL)) AS last_status,
    MIN(IF(whole, check_time, NULL)) AS first_ready_check,
    MIN_BY(ready_at, IF(whole, check_time, NULL)) AS ready_at,
    MAX_BY(whole, IF(whole IS NOT NULL AND check_time < predictions_at, check_time, NULL)) AS whole_before,
    MIN_BY(whole, IF(whole IS NOT NULL AND check_time >= predictions_at, check_time, NULL)) AS whole_after,
    COUNTIF(alerted) AS alerts_sent,
    COUNT(incident) AS incident_checks,
    STRING_AGG(DISTINCT incident, ', ' ORDER BY incident) AS incident_statuses,
    MIN(IF(incident IS NOT NULL, check_time, NULL)) AS detected_at,
    -- A message sent on request before the incident began does not count.
    MIN(IF(alerted AND incident IS NOT NULL, check_time, NULL)) AS alerted_at,
    MIN(IF(all_clear AND (last_incident_at IS NULL OR check_time > last_incident_at), check_time, NULL)) AS resolved_at,
    -- Rows older than the monitor have only the user's two counts.
    MAX(
      IF(incident IS NOT NULL, IFNULL(missing_games + partial_games, scheduled_games - phase4_ready), NULL)
    ) AS most_games_not_ready,
    MIN(stalled_phase) AS incident_phase
  FROM timed
  GROUP BY check_date
),
judged AS (
  SELECT
    *,
    -- Where the data has no clock of its own, the check that saw it, which may be a minute behind.
    IFNULL(ready_at, first_ready_check) AS seen_ready_at,
    IF(ready_at IS NULL, 60, 0) AS grace_seconds,
    CASE
      WHEN last_status IN ('NO_GAMES', 'EXPECTED_GAP') THEN NULL
      WHEN first_checked_on > check_date THEN 'unknown'
      WHEN whole_before THEN 'ready'
      WHEN NOT whole_after THEN 'missed'
      -- Seen whole only after predictions started: by the data's own clock, unless a re-run may have moved it since.
      WHEN whole_after
        AND first_ready_check >= predictions_at
        AND DATE(first_ready_check, @league_timezone) = check_date
        THEN 'ready'
      WHEN whole_after THEN 'unknown'
      WHEN CURRENT_TIMESTAMP() < predictions_at THEN 'pending'
      ELSE 'unknown'
    END AS state
  FROM seen
)
SELECT
  check_date,
  checks,
  checked_that_day,
  check_time,
  status,
  scheduled_games,
  phase4_ready,
  missing_games,
  partial_games,
  stalled_phase,
  due_at,
  predictions_at,
  first_ready_check,
  IF(state IN ('ready', 'missed'), seen_ready_at, NULL) AS ready_at,
  CASE
    WHEN state IS NULL OR state != 'ready' THEN state
    WHEN seen_ready_at <= TIMESTAMP_ADD(due_at, INTERVAL grace_seconds SECOND) THEN 'on_time'
    WHEN seen_ready_at < TIMESTAMP_ADD(predictions_at, INTERVAL grace_seconds SECOND) THEN 'late'
    ELSE 'missed'
  END AS outcome,
  alerts_sent,
  incident_checks,
  incident_statuses,
  incident_phase,
  most_games_not_ready,
  detected_at,
  alerted_at,
  resolved_at
FROM judged
