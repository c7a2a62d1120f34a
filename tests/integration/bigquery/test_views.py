"""Each view, from rows of the history to rows of the view, and that it is a query that BigQuery takes.

The cases are data: views/<name>.json, where data_availability_ before a view's name is left out. A case holds rows of
the history and the rows that the view is to give; `why` says what a case or a row is there for. A row without a date is
of 2026-01-18, and a game's teams are those of its matchup. The columns that a case's expected rows name are compared,
in any order of rows; `where` bounds a view that has more rows, and `settings` are the operator's own.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from google.cloud import bigquery
from sqlglot import exp

from monitor.bigquery.schema import BASE_VIEWS, HISTORY, apply_schema, wanted_columns, wanted_views
from monitor.core.dates import league_date
from monitor.settings import SCHEMAS, load_settings
from tests.conftest import Platform

VIEWS = {path.stem: path.read_text() for path in sorted((SCHEMAS / "views").glob("*.sql"))}
PREFIX = "data_availability_"
CASES = {
    PREFIX + path.stem: json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("views/*.json"))
}
SCHEMA = [bigquery.SchemaField.from_api_repr(column) for column in wanted_columns()]
DECIDED = {"league_timezone", "phase4_due_at", "predictions_at", "predictions_timezone"}

each_view = pytest.mark.parametrize("name", VIEWS)


def test_every_view_has_cases() -> None:
    assert set(CASES) == set(VIEWS)


@pytest.fixture(scope="module")
def monitors(emulator: str) -> Iterator[Callable[..., Platform]]:
    """The history and its views, made once for each choice of settings."""
    environment = {"GCP_PROJECT_ID": "test-views", "BIGQUERY_EMULATOR_HOST": emulator}
    made: list[Platform] = []

    @cache
    def make(*chosen: tuple[str, str]) -> Platform:
        made.append(Platform({**environment, "MONITORING_DATASET": f"history_{len(made)}", **dict(chosen)}))
        apply_schema(made[-1].client, made[-1].settings)
        return made[-1]

    yield make
    make().delete_datasets()


@pytest.fixture
def monitor(monitors: Callable[..., Platform]) -> Platform:
    return monitors()


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}: {case['why']}") for name in CASES for case in CASES[name]],
)
def test_view(monitors: Callable[..., Platform], name: str, case: dict[str, Any]) -> None:
    monitor = monitors(*case.get("settings", {}).items())
    given = _view(monitor, name, case["rows"], case.get("where", "TRUE"))
    columns = {column for row in case["expect"] for column in row}
    assert _sorted([{column: row[column] for column in columns} for row in given]) == _sorted(case["expect"])


def test_the_calendar_ends_today_in_the_leagues_zone(monitor: Platform) -> None:
    """Whatever the date is when this runs: it is NOT_RUN until it is checked."""
    zone = monitor.settings.league_timezone
    before = league_date(datetime.now(zone), zone)
    given = _view(monitor, "data_availability_calendar", [{"check_date": str(before - timedelta(days=2))}])
    dates = [row["check_date"] for row in given]
    assert len(dates) == len(set(dates))
    # Midnight may pass while this runs.
    assert before <= date.fromisoformat(max(dates)) <= league_date(datetime.now(zone), zone)


@each_view
def test_a_view_of_an_empty_history_is_empty(monitor: Platform, name: str) -> None:
    assert _view(monitor, name, []) == []


@each_view
def test_a_views_columns_are_the_same_whatever_is_in_it(monitor: Platform, name: str) -> None:
    """Dashboards name columns: a view without rows has them already."""
    schema = monitor.client.query_and_wait(_sql(monitor, name, "FALSE")).schema
    assert [field.name for field in schema] == _columns(name)


@each_view
def test_a_view_is_one_query_of_the_history_alone(name: str) -> None:
    """The platform's tables may be in another location, and no view can be read across locations."""
    query = _parse(VIEWS[name])
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    tables = {exp.table_name(table) for table in query.find_all(exp.Table)} - ctes
    assert tables
    assert tables <= {HISTORY, *BASE_VIEWS} - {name}


@each_view
def test_a_view_asks_for_what_the_operator_decides_and_nothing_else(name: str) -> None:
    assert {parameter.name for parameter in _parse(VIEWS[name]).find_all(exp.Parameter)} <= DECIDED


@each_view
def test_a_view_as_it_is_created_is_bigquerys_sql(monitor: Platform, name: str) -> None:
    """With every table named in full and every parameter written in."""
    query = _parse(wanted_views(monitor.settings)[name])
    assert not list(query.find_all(exp.Parameter))
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    tables = [table for table in query.find_all(exp.Table) if table.name not in ctes]
    assert {(table.catalog, table.db) for table in tables} == {("test-views", monitor.settings.monitoring_dataset)}


def test_a_view_is_created_after_those_that_it_reads() -> None:
    created: list[str] = []
    for name in wanted_views(load_settings({"GCP_PROJECT_ID": "nba"})):
        assert not {view for view in VIEWS if view in VIEWS[name]} - {name, *created}
        created.append(name)


def _parse(sql: str) -> exp.Query:
    (statement,) = sqlglot.parse(sql, dialect="bigquery")
    assert isinstance(statement, exp.Query)
    return statement


def _columns(name: str) -> list[str]:
    if name == BASE_VIEWS[0]:
        return [column["name"] for column in json.loads((SCHEMAS / "tables" / f"{HISTORY}.json").read_text())]
    return _parse(VIEWS[name]).named_selects


def _view(monitor: Platform, name: str, rows: Sequence[dict[str, Any]], where: str = "TRUE") -> list[dict[str, Any]]:
    """The view's rows, in JSON types, when these are the rows of the history."""
    table = f"{monitor.client.project}.{monitor.settings.monitoring_dataset}.{HISTORY}"
    if rows:
        only = bigquery.LoadJobConfig(write_disposition="WRITE_TRUNCATE", schema=SCHEMA)
        given = [_history_row(row) for row in rows]
        monitor.client.load_table_from_json(given, table, job_config=only).result()
    else:
        monitor.client.query_and_wait(f"TRUNCATE TABLE {table}")
    return [_in_json(dict(row)) for row in monitor.client.query_and_wait(_sql(monitor, name, where))]


def _sql(monitor: Platform, name: str, where: str) -> str:
    return f"SELECT * FROM {monitor.settings.monitoring_dataset}.{name} WHERE {where}"  # noqa: S608 - the test's own


def _history_row(row: dict[str, Any]) -> dict[str, Any]:
    games = [
        {**dict(zip(("away", "home"), game["matchup"].split("@"), strict=True)), **game}
        for game in row.get("games", ())
    ]
    return {"check_date": "2026-01-18", **{name: row[name] for name in row if name != "why"}, "games": games}


def _in_json(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in row.items()}


def _sorted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
