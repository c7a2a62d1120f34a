-- ESPN's scoreboard. It is written for final scores, so today can be absent. Postponed games are not written and old
-- rows are never deleted, so an earlier "scheduled" row can remain as a ghost.
SELECT
  game_date,
  game_id,
  away_team_abbr AS away,
  home_team_abbr AS home,
  CASE
    WHEN LOWER(game_status) LIKE '%postponed%' THEN 'postponed'
    WHEN LOWER(game_status) LIKE '%cancel%' THEN 'cancelled' -- ESPN writes "canceled"
    WHEN is_completed OR LOWER(game_status) LIKE 'final%' THEN 'final'
    WHEN LOWER(game_status) IN ('in progress', 'halftime', 'end of period') THEN 'live'
    WHEN LOWER(game_status) LIKE '%delay%' THEN 'scheduled'
    ELSE LOWER(game_status)
  END AS state,
  scheduled_start_time AS tipoff,
  processed_at AS refreshed_at
FROM nba_raw.espn_scoreboard
WHERE game_date BETWEEN @start_date AND @end_date
