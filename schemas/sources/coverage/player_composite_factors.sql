-- Phase 4: players ready per game and team. The table has no team, so a player's team comes from Phase 3, by date and
-- player. A player counts once per date, by his newest row: older dates have the same game under two forms of id.
WITH expected AS (
  SELECT game_date, player_lookup, team_abbr
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @start_date AND @end_date
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY game_date, player_lookup ORDER BY processed_at DESC, LENGTH(game_id) DESC, team_abbr
  ) = 1
),
ready AS (
  SELECT game_date, player_lookup, game_id, processed_at
  FROM nba_precompute.player_composite_factors
  WHERE game_date BETWEEN @start_date AND @end_date AND player_lookup IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY game_date, player_lookup ORDER BY processed_at DESC, LENGTH(game_id) DESC, game_id
  ) = 1
)
SELECT
  ready.game_date,
  ready.game_id,
  expected.team_abbr AS team,
  COUNT(*) AS players,
  MAX(ready.processed_at) AS refreshed_at
FROM ready
LEFT JOIN expected ON expected.game_date = ready.game_date AND expected.player_lookup = ready.player_lookup
GROUP BY ready.game_date, ready.game_id, expected.team_abbr
