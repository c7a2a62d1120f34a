-- Each source in each week that overlaps the range, newest week first.
SELECT week, kind, name, dates, dates_seen, dates_empty, dates_failed, games_not_listed
FROM data_availability_sources
WHERE week BETWEEN DATE_TRUNC(@start_date, ISOWEEK) AND @end_date
ORDER BY week DESC, kind, name
