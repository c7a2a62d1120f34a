"""What BigQuery has to scan for a query: it is found to be little only where that is sure."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bench.queries import sizes
from bench.scans import Scan, scans
from monitor.core.dates import DateRange
from tests.unit.bigquery.test_sql import each_source

DAYS = DateRange(date(2026, 1, 12), date(2026, 1, 18))
VIEWS = {"checks": "SELECT * FROM `nba.monitoring.data_availability_checks`"}
THE_DAYS = "check_date BETWEEN @start_date AND @end_date"


def found(sql: str, *parts: str) -> list[Scan]:
    return scans(sql.format(*parts), DAYS, VIEWS)


def only_scan(sql: str, *parts: str) -> Scan:
    (scan,) = found(sql, *parts)
    return scan


@pytest.mark.parametrize(
    "within",
    [
        pytest.param("SELECT check_date, status FROM checks", id="projection"),
        pytest.param("SELECT * FROM checks", id="star"),
        pytest.param("SELECT DISTINCT check_date FROM checks", id="distinct"),
        pytest.param("SELECT check_date, COUNT(*) AS n FROM checks GROUP BY check_date, status", id="group"),
        pytest.param(
            "SELECT check_date, LAG(status) OVER (PARTITION BY check_date, trigger ORDER BY check_time) AS before "
            "FROM checks",
            id="window",
        ),
        pytest.param(
            "SELECT check_date, LAG(status) OVER one AS before FROM checks "
            "WINDOW one AS (PARTITION BY check_date ORDER BY check_time)",
            id="named window",
        ),
        pytest.param("SELECT check_date, game.status FROM checks AS c, UNNEST(c.games) AS game", id="array"),
        pytest.param("WITH a AS (SELECT * FROM checks), b AS (SELECT * FROM a) SELECT * FROM b", id="CTE"),
    ],
)
def test_a_filter_reaches_a_scan(within: str) -> None:
    assert only_scan("SELECT check_date FROM ({}) WHERE {}", within, THE_DAYS).dates == DAYS


@pytest.mark.parametrize(
    ("within", "why"),
    [
        pytest.param(
            "SELECT check_date, LAG(status) OVER (PARTITION BY trigger ORDER BY check_time) AS before FROM checks",
            "a window function without check_date in its PARTITION BY",
            id="window",
        ),
        pytest.param(
            "SELECT check_date FROM checks QUALIFY ROW_NUMBER() OVER (ORDER BY check_time) = 1",
            "a window function without check_date in its PARTITION BY",
            id="QUALIFY",
        ),
        pytest.param(
            "SELECT check_date, LAG(status) OVER one AS before FROM checks WINDOW one AS (ORDER BY check_time)",
            "a window function without check_date in its PARTITION BY",
            id="named window",
        ),
        pytest.param(
            "SELECT MIN(check_date) AS check_date FROM checks GROUP BY run_id", "check_date is computed", id="group"
        ),
        pytest.param(
            "SELECT DATE_TRUNC(check_date, ISOWEEK) AS check_date FROM checks", "check_date is computed", id="week"
        ),
        pytest.param("SELECT DATE(check_time) AS check_date FROM checks", "check_date is computed", id="other column"),
        pytest.param("SELECT phase4_latest AS check_date FROM checks", "no filter on its dates", id="renamed column"),
        pytest.param("SELECT check_date FROM checks LIMIT 5", "LIMIT", id="limit"),
        pytest.param(
            "SELECT day AS check_date FROM (SELECT MIN(check_date) AS first FROM checks) AS bounds "
            "CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(bounds.first, '2026-01-18')) AS day",
            "check_date is computed",
            id="array of dates",
        ),
    ],
)
def test_a_filter_does_not_reach_a_scan(within: str, why: str) -> None:
    scan = only_scan("SELECT check_date FROM ({}) WHERE {}", within, THE_DAYS)
    assert (scan.dates, scan.why) == (None, why)


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("check_date >= @start_date", "no filter on its dates"),
        ("check_date BETWEEN phase3_latest AND @end_date", "no filter on its dates"),
        (f"status = 'OK' OR {THE_DAYS}", "no filter on its dates"),
        (f"NOT {THE_DAYS}", "no filter on its dates"),
    ],
)
def test_only_a_bound_on_both_ends_counts(where: str, why: str) -> None:
    scan = only_scan("SELECT status FROM checks WHERE {}", where)
    assert (scan.dates, scan.why) == (None, why)


@pytest.mark.parametrize(
    ("join", "reasons"),
    [
        ("INNER JOIN checks AS b ON b.check_date = a.check_date", ["", "a is filtered, not b"]),
        ("LEFT JOIN checks AS b ON b.check_date = a.check_date", ["", "a is filtered, not b"]),
        (
            "RIGHT JOIN checks AS b ON b.check_date = a.check_date",
            ["on the left of a RIGHT JOIN", "a is filtered, not b"],
        ),
        ("CROSS JOIN checks AS b", ["beside a CROSS JOIN with b", "a is filtered, not b"]),
        (
            "CROSS JOIN (SELECT MIN(check_date) AS first FROM checks) AS b",
            ["beside a CROSS JOIN with b", "a is filtered, not b"],
        ),
    ],
)
def test_a_filter_never_crosses_a_join(join: str, reasons: list[str]) -> None:
    sql = "SELECT a.status FROM checks AS a {} WHERE a.{}"
    assert [scan.why for scan in found(sql, join, THE_DAYS)] == reasons


def test_the_right_side_of_a_left_join_is_not_limited_by_its_own_filter() -> None:
    sql = "SELECT b.status FROM checks AS a LEFT JOIN checks AS b USING (run_id) WHERE b.{}"
    assert [scan.why for scan in found(sql, THE_DAYS)] == ["b is filtered, not a", "on the right of a LEFT JOIN"]


@pytest.mark.parametrize(
    ("union", "limited"), [("UNION ALL", True), ("UNION DISTINCT", False), ("EXCEPT DISTINCT", False)]
)
def test_a_filter_reaches_both_queries_of_a_union_all(union: str, limited: bool) -> None:
    sql = "SELECT day FROM (SELECT check_date AS day FROM checks {} SELECT check_date FROM checks) WHERE {}"
    limits = [scan.dates for scan in found(sql, union, THE_DAYS.replace("check_date", "day"))]
    assert limits == [DAYS if limited else None] * 2


def test_a_filter_reaches_into_views_and_can_reach_back() -> None:
    views = {**VIEWS, "others": "SELECT a.check_date FROM (SELECT * FROM checks) AS a"}
    sql = "SELECT check_date FROM others WHERE check_date BETWEEN DATE_SUB(@start_date, INTERVAL 2 DAY) AND @end_date"
    (scan,) = scans(sql, DAYS, views)
    assert scan == Scan("data_availability_checks", ("check_date",), DAYS.widened(before=2, after=0), "")


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        pytest.param("SELECT a FROM (SELECT status AS a, error AS b FROM checks)", "status", id="what is asked for"),
        pytest.param("SELECT COUNT(*) FROM checks WHERE status = 'OK'", "status", id="filter"),
        pytest.param(
            "SELECT a FROM (SELECT DISTINCT status AS a, error AS b FROM checks)", "error status", id="distinct"
        ),
        pytest.param("SELECT COUNT(*) FROM checks GROUP BY trigger", "trigger", id="group"),
        pytest.param(
            "SELECT game.away FROM (SELECT * FROM checks) AS c, UNNEST(c.games) AS game WHERE game.status = 'READY'",
            "games.away games.status",
            id="fields",
        ),
        pytest.param(
            "SELECT (SELECT COUNT(*) FROM UNNEST(c.games) AS game WHERE 'x' IN UNNEST(game.sources)) FROM checks AS c",
            "games.sources",
            id="fields in a subquery",
        ),
        pytest.param(
            "SELECT games FROM (SELECT games FROM checks AS c, UNNEST(c.games) AS game WHERE game.away = 'BOS')",
            "games",
            id="the whole record",
        ),
        pytest.param("SELECT COUNT(*) FROM checks AS c, UNNEST(c.games) AS game", "games", id="no field"),
    ],
)
def test_a_scan_reads_what_is_referred_to(sql: str, columns: str) -> None:
    assert " ".join(only_scan(sql).columns) == columns


@each_source
def test_a_source_reads_only_the_dates_asked_for(path: Path) -> None:
    assert {scan.dates for scan in scans(path.read_text(), DAYS, {})} == {DAYS}


@pytest.mark.parametrize(
    ("of", "value", "size"),
    [
        ("STRING", "Dončić", 2 + 8),
        ("STRING", ["a", "bc"], 2 + 1 + 2 + 2),
        ("INTEGER", 7, 8),
        ("BOOL", False, 1),
        ("DATE", "2026-01-18", 8),
        ("TIMESTAMP", "2026-01-18T13:00:00+00:00", 8),
        ("TIMESTAMP", None, 0),
        ("STRING", [], 0),
    ],
)
def test_a_value_has_its_logical_size(of: str, value: Any, size: int) -> None:
    assert sum(each for _, each in sizes(value, {"name": "column", "type": of})) == size


def test_a_record_has_the_size_of_its_fields() -> None:
    fields = [{"name": "away", "type": "STRING"}, {"name": "players", "type": "INTEGER"}]
    games = {"name": "games", "type": "RECORD", "fields": fields}
    rows = [{"away": "BOS", "players": 17}, {"away": None, "players": 16}]
    assert [*sizes(rows, games)] == [("games.away", 5), ("games.players", 8), ("games.players", 8)]
