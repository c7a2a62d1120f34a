-- Phase 4's daily cache: players cached per team. The table has no game and no team, so a player's team comes from
-- Phase 3, by date and player. Its date and partition column is cache_date.
WITH expected AS (
  SELECT game_date, player_lookup, team_abbr
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @start_date AND @end_date
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY game_date, player_lookup ORDER BY processed_at DESC, LENGTH(game_id) DESC, team_abbr
  ) = 1
)
SELECT
  cached.cache_date AS game_date,
  CAST(NULL AS STRING) AS game_id,
  expected.team_abbr AS team,
  COUNT(DISTINCT cached.player_lookup) AS players,
  CAST(NULL AS TIMESTAMP) AS refreshed_at
FROM nba_precompute.player_daily_cache AS cached
LEFT JOIN expected ON expected.game_date = cached.cache_date AND expected.player_lookup = cached.player_lookup
WHERE cached.cache_date BETWEEN @start_date AND @end_date AND cached.player_lookup IS NOT NULL
GROUP BY cached.cache_date, expected.team_abbr
