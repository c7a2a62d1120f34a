-- One row per date: its newest check, with every column of the history.
SELECT *
FROM data_availability_checks
WHERE check_date IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY check_date ORDER BY check_time DESC) = 1
