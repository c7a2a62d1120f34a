-- Each date of the range with its checks, oldest first; and each date of the ten weeks before it: when its data was
-- ready, and how many messages were sent about it.
SELECT
  check_date,
  IF(check_date >= @start_date, history, []) AS checks,
  outcome,
  ready_at,
  predictions_at,
  alerts_sent
FROM data_availability_dates
WHERE check_date BETWEEN DATE_SUB(@start_date, INTERVAL 70 DAY) AND @end_date
ORDER BY check_date
