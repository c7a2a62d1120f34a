-- Phase 4's last step: players with features per game and team. A player's team is the one in his date-form game id
-- that is not his opponent. The older ten-digit ids have no teams.
SELECT
  game_date,
  game_id,
  CASE opponent_team_abbr
    WHEN SPLIT(game_id, '_')[SAFE_OFFSET(1)] THEN SPLIT(game_id, '_')[SAFE_OFFSET(2)]
    WHEN SPLIT(game_id, '_')[SAFE_OFFSET(2)] THEN SPLIT(game_id, '_')[SAFE_OFFSET(1)]
  END AS team,
  COUNT(*) AS players,
  CAST(NULL AS TIMESTAMP) AS refreshed_at
FROM (
  SELECT game_date, game_id, opponent_team_abbr
  FROM nba_predictions.ml_feature_store_v2
  WHERE game_date BETWEEN @start_date AND @end_date AND player_lookup IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY game_date, player_lookup ORDER BY LENGTH(game_id) DESC, game_id) = 1
)
GROUP BY game_date, game_id, team
