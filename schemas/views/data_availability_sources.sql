-- One row per source and date on which it should have rows: whether it had some, was empty or could not be read, as
-- counts to sum up, and the number of games that only other schedules listed. A week is named by its Monday.
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
  check_date,
  DATE_TRUNC(check_date, ISOWEEK) AS week,
  kind,
  name,
  COUNT(*) AS dates,
  COUNTIF(row_count > 0) AS dates_seen,
  COUNTIF(row_count = 0) AS dates_empty,
  COUNTIF(failed) AS dates_failed,
  SUM(games_not_listed) AS games_not_listed
FROM read
GROUP BY check_date, kind, name
