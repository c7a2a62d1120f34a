-- The newest check of each date of the range, oldest date first.
SELECT *
FROM data_availability_checks
WHERE check_date BETWEEN @start_date AND @end_date
QUALIFY ROW_NUMBER() OVER (PARTITION BY check_date ORDER BY check_time DESC) = 1
ORDER BY check_date
