-- One row per game and gap. A gap lasts from the first check that found the game not ready to the next check that found
-- it ready or no longer expected. Checks with ERROR or EXPECTED_GAP neither open nor close a gap.
WITH seen AS (
  SELECT
    checks.check_date,
    checks.check_time,
    -- Home and away can be reversed between checks, so the two teams identify the game.
    CONCAT(LEAST(game.away, game.home), '-', GREATEST(game.away, game.home)) AS teams,
    game.matchup,
    game.status,
    game.status IN ('MISSING', 'PARTIAL') AS in_gap
  FROM data_availability_checks AS checks
  CROSS JOIN UNNEST(checks.games) AS game
  WHERE checks.check_date IS NOT NULL
    AND checks.status NOT IN ('ERROR', 'EXPECTED_GAP', 'PENDING')
    AND game.status IN ('MISSING', 'PARTIAL', 'READY', 'EXCLUDED')
),
opened AS (
  SELECT
    *,
    in_gap AND NOT IFNULL(LAG(in_gap) OVER (PARTITION BY check_date, teams ORDER BY check_time), FALSE) AS opens
  FROM seen
),
numbered AS (
  SELECT
    *,
    COUNTIF(opens) OVER (
      PARTITION BY check_date, teams ORDER BY check_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS gap_number
  FROM opened
)
SELECT
  check_date,
  teams,
  MAX_BY(matchup, check_time) AS matchup,
  gap_number,
  MIN(IF(in_gap, check_time, NULL)) AS first_seen,
  MAX(IF(in_gap, check_time, NULL)) AS last_seen,
  MIN(IF(NOT in_gap, check_time, NULL)) AS resolved_at,
  LOGICAL_OR(status = 'MISSING') AS was_missing,
  -- Unknown if the end was first seen on a later date, for example by a backfill.
  IF(
    DATE(MIN(IF(NOT in_gap, check_time, NULL)), @league_timezone) > check_date,
    NULL,
    TIMESTAMP_DIFF(
      IFNULL(MIN(IF(NOT in_gap, check_time, NULL)), MAX(IF(in_gap, check_time, NULL))),
      MIN(IF(in_gap, check_time, NULL)),
      MINUTE
    )
  ) AS minutes_open
FROM numbered
WHERE gap_number > 0
GROUP BY check_date, teams, gap_number
