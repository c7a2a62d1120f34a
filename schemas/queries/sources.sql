-- Each source in each week that begins within the range, newest week first.
SELECT week, kind, name, dates, dates_seen, dates_empty, dates_failed, games_not_listed
FROM data_availability_sources
WHERE week BETWEEN @start_date AND @end_date
ORDER BY week DESC, kind, name
