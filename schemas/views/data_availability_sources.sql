-- One row per source and week, named by its Monday. It counts the dates on which the source should have rows:
-- with rows, empty, or failed to read; and the games that only other schedules listed.
WITH read AS (
  SELECT
    latest.check_date,
    source.name,
    source.kind,
    source.`rows` AS row_count,
    source.error IS NOT NULL AS failed,
    IF(
      source.kind = 'schedule' AND source.`rows` > 0,
      (
        SELECT COUNT(*)
        FROM UNNEST(latest.games) AS game
        WHERE game.status != 'EXCLUDED' AND source.name NOT IN UNNEST(game.sources)
      ),
      0
    ) AS games_not_listed
  FROM data_availability_latest AS latest
  CROSS JOIN UNNEST(latest.sources) AS source
  WHERE IFNULL(latest.status, '') != 'NO_GAMES'
    -- During a declared gap, only schedules should have rows.
    AND (source.kind = 'schedule' OR IFNULL(latest.status, '') != 'EXPECTED_GAP')
)
SELECT
  DATE_TRUNC(check_date, ISOWEEK) AS week,
  kind,
  name,
  COUNT(*) AS dates,
  COUNTIF(row_count > 0) AS dates_seen,
  COUNTIF(row_count = 0) AS dates_empty,
  COUNTIF(failed) AS dates_failed,
  SUM(games_not_listed) AS games_not_listed
FROM read
GROUP BY week, kind, name
