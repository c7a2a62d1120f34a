SELECT scheduled.game_id, COUNT(DISTINCT factors.player_lookup) AS players
-- Of each game of ESPN's schedule on one date, how many players Phase 4 has, none included. Phase 4 names a game by
-- ESPN's id, before 2026-01-18 by NBA.com's, and on some dates by both. The date is given to each table: they require a
-- filter of their partition. Great Expectations takes no query that starts with a comment, and no parameters of one.
FROM nba_raw.espn_scoreboard AS scheduled
LEFT JOIN nba_raw.nbac_schedule AS official
  ON official.game_date = DATE '$game_date'
  AND REPLACE(official.game_code, '/', '') = REPLACE(scheduled.game_id, '_', '')
LEFT JOIN nba_precompute.player_composite_factors AS factors
  ON factors.game_date = DATE '$game_date'
  AND factors.game_id IN (scheduled.game_id, official.game_id)
WHERE scheduled.game_date = DATE '$game_date'
GROUP BY scheduled.game_id
