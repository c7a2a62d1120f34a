-- NBA.com, the official schedule. It has no postponed status: a postponed game's row turns final without scores, or its
-- id stands again on another date, which monitor/core/schedule.py sees. Read from the table, because the view
-- leaves out rows older than a year.
SELECT
  game_date,
  game_id,
  away_team_tricode AS away,
  home_team_tricode AS home,
  CASE
    WHEN is_all_star OR SUBSTR(game_id, 1, 3) IN ('001', '003') THEN 'exhibition'
    WHEN game_status = 3 AND COALESCE(home_team_score, 0) + COALESCE(away_team_score, 0) = 0 THEN 'postponed'
    -- Begun without a score, and listed on another date too: it may have been moved there.
    WHEN game_status = 2
      AND COALESCE(home_team_score, 0) + COALESCE(away_team_score, 0) = 0
      AND COUNT(game_id) OVER (
        PARTITION BY game_id ORDER BY UNIX_DATE(game_date) RANGE BETWEEN 1 FOLLOWING AND 120 FOLLOWING
      ) + COUNT(game_id) OVER (
        PARTITION BY game_id ORDER BY UNIX_DATE(game_date) RANGE BETWEEN 120 PRECEDING AND 1 PRECEDING
      ) > 0
      THEN 'scheduled'
    WHEN game_status = 2 THEN 'live'
    WHEN game_status = 3 THEN 'final'
    WHEN game_status = 1 THEN 'scheduled'
    ELSE CAST(game_status AS STRING)
  END AS state,
  -- Eastern time, stored as if it were UTC. Midnight means that the time is not set yet.
  IF(
    game_date_est = TIMESTAMP_TRUNC(game_date_est, DAY),
    NULL,
    TIMESTAMP(DATETIME(game_date_est, 'UTC'), 'America/New_York')
  ) AS tipoff,
  processed_at AS refreshed_at
FROM nba_raw.nbac_schedule
WHERE game_date BETWEEN @start_date AND @end_date
