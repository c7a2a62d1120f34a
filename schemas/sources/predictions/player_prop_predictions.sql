-- Predictions: the players with an active prediction per game and team. Several models predict one player, who counts
-- once a date, in his newest row. The table has no team, so each player's comes from Phase 3 by date and player.
WITH expected AS (
  SELECT game_date, player_lookup, team_abbr
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @start_date AND @end_date
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY game_date, player_lookup ORDER BY processed_at DESC, LENGTH(game_id) DESC, team_abbr
  ) = 1
),
predicted AS (
  SELECT game_date, player_lookup, game_id, created_at
  FROM nba_predictions.player_prop_predictions
  WHERE game_date BETWEEN @start_date AND @end_date AND player_lookup IS NOT NULL AND is_active
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY game_date, player_lookup ORDER BY created_at DESC, LENGTH(game_id) DESC, game_id
  ) = 1
)
SELECT
  predicted.game_date,
  predicted.game_id,
  expected.team_abbr AS team,
  COUNT(*) AS players,
  MAX(predicted.created_at) AS refreshed_at
FROM predicted
LEFT JOIN expected ON expected.game_date = predicted.game_date AND expected.player_lookup = predicted.player_lookup
GROUP BY predicted.game_date, predicted.game_id, expected.team_abbr
