-- Each source in each week of the range, newest week first. Of the first and the last week only dates of the range count.
SELECT
  week,
  kind,
  name,
  SUM(dates) AS dates,
  SUM(dates_seen) AS dates_seen,
  SUM(dates_empty) AS dates_empty,
  SUM(dates_failed) AS dates_failed,
  SUM(games_not_listed) AS games_not_listed
FROM data_availability_sources
WHERE check_date BETWEEN @start_date AND @end_date
GROUP BY week, kind, name
ORDER BY week DESC, kind, name
