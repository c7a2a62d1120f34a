-- Nine more years from the rows of one. Every date and time that says what a row is about or when it was written moves.
INSERT INTO data_availability_checks
SELECT
  * EXCEPT (back) REPLACE (
    DATE_SUB(check_date, INTERVAL back DAY) AS check_date,
    TIMESTAMP_SUB(check_time, INTERVAL back DAY) AS check_time,
    TIMESTAMP_SUB(due_at, INTERVAL back DAY) AS due_at,
    TIMESTAMP_SUB(predictions_at, INTERVAL back DAY) AS predictions_at,
    TIMESTAMP_SUB(ready_at, INTERVAL back DAY) AS ready_at,
    REPLACE(GENERATE_UUID(), '-', '') AS run_id
  )
FROM data_availability_checks
CROSS JOIN UNNEST(GENERATE_ARRAY(365, 9 * 365, 365)) AS back
