-- Phase 3: players expected per game and team. A player counts once per date, by his newest row: older dates have the
-- same game under two forms of id.
SELECT
  game_date,
  game_id,
  team_abbr AS team,
  COUNT(*) AS players,
  MAX(processed_at) AS refreshed_at
FROM (
  SELECT game_date, game_id, team_abbr, processed_at
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @start_date AND @end_date AND player_lookup IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY game_date, player_lookup ORDER BY processed_at DESC, LENGTH(game_id) DESC, team_abbr
  ) = 1
)
GROUP BY game_date, game_id, team_abbr
