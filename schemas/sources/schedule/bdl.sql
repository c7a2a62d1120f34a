-- balldontlie. Until a game starts its status is the tip-off time, so a status that is no other state means scheduled.
SELECT
  game_date,
  CAST(game_id AS STRING) AS game_id,
  away_team_abbr AS away,
  home_team_abbr AS home,
  CASE
    WHEN LOWER(status) LIKE '%postponed%' THEN 'postponed'
    WHEN LOWER(status) LIKE '%cancel%' THEN 'cancelled'
    WHEN LOWER(status) LIKE 'final%' THEN 'final'
    WHEN LOWER(status) LIKE '%qtr%' OR LOWER(status) IN ('halftime', 'in progress') THEN 'live'
    ELSE 'scheduled'
  END AS state,
  SAFE_CAST(status AS TIMESTAMP) AS tipoff,
  processed_at AS refreshed_at
FROM nba_raw.bdl_games
WHERE game_date BETWEEN @start_date AND @end_date
