-- The newest check of each date of the range, with every column, oldest date first.
SELECT *
FROM data_availability_latest
WHERE check_date BETWEEN @start_date AND @end_date
ORDER BY check_date
