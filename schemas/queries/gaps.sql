-- Each game of the range that was not ready, newest date first: when the gap began and ended.
SELECT check_date, matchup, first_seen, last_seen, resolved_at, minutes_open, was_missing
FROM data_availability_gaps
WHERE check_date BETWEEN @start_date AND @end_date
ORDER BY check_date DESC, first_seen, matchup
