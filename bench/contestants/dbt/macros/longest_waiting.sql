{# When this table was written for the game that has waited longest, of the date's games in ESPN's schedule: in 1970 if a
   game has no row, now if there is no game. The table names a game by ESPN's id, before 2026-01-18 by NBA.com's. #}
{% macro longest_waiting(table) %}
  SELECT COALESCE(MIN(COALESCE(written_at, TIMESTAMP '1970-01-01')), {{ current_timestamp() }})
  FROM (
    SELECT scheduled.game_id, MAX(written.processed_at) AS written_at
    FROM nba_raw.espn_scoreboard AS scheduled
    LEFT JOIN nba_raw.nbac_schedule AS official
      ON official.game_date = DATE '{{ var("game_date") }}'
      AND REPLACE(official.game_code, '/', '') = REPLACE(scheduled.game_id, '_', '')
    LEFT JOIN {{ table }} AS written
      ON written.game_date = DATE '{{ var("game_date") }}'
      AND written.game_id IN (scheduled.game_id, official.game_id)
    WHERE scheduled.game_date = DATE '{{ var("game_date") }}'
    GROUP BY scheduled.game_id
  )
{% endmacro %}
