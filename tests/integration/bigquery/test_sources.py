"""Each shipped source, from rows of the platform's tables to rows of the source contract.

The cases are data: sources/<name>.json. A case holds the rows of every table that the source reads and the rows that it
is to give; `why` says what a case or a row is there for. A row without a date is of the date that is asked for. The
columns that a case's expected rows name are compared, in any order of rows.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from local.platform import TABLES, create_tables
from monitor.bigquery.sources import read_sources
from monitor.core.dates import DateRange
from monitor.settings import SCHEMAS
from tests.conftest import Platform, at, day

SETTINGS = {
    "schedule": "SCHEDULE_SOURCES",
    "context": "PHASE3_SOURCE",
    "coverage": "PHASE4_SOURCES",
    "predictions": "PREDICTIONS_SOURCE",
}
SOURCES = {path.stem: SETTINGS[path.parent.name] for path in sorted((SCHEMAS / "sources").rglob("*.sql"))}
CASES = {path.stem: json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("sources/*.json"))}


def test_every_shipped_source_has_cases() -> None:
    assert set(CASES) == set(SOURCES)


@pytest.fixture(scope="module")
def project(emulator: str, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A project with the tables that the source reads and no other, so that a query that reads more is an error."""
    source = request.param
    environment = {"GCP_PROJECT_ID": "test-sources", "BIGQUERY_EMULATOR_HOST": emulator}
    alone = {SOURCES[source]: source}
    if SOURCES[source] == "SCHEDULE_SOURCES":
        alone["SCHEDULE_AUTHORITY"] = source
    made = Platform({**environment, **alone})
    create_tables(made.client, {name: TABLES[name] for name in CASES[source][0]["tables"]})
    yield made
    made.delete_datasets()


@pytest.mark.parametrize(
    ("project", "source", "case"),
    [pytest.param(name, name, case, id=f"{name}: {case['why']}") for name in CASES for case in CASES[name]],
    indirect=["project"],
)
def test_source(project: Platform, source: str, case: dict[str, Any]) -> None:
    days = DateRange(day(case.get("first", "2026-01-18")), day(case.get("last", "2026-01-18")))
    project.client.query_and_wait("; ".join(f"TRUNCATE TABLE {name}" for name in case["tables"]))
    project.load({name: [_dated(row, name, days.first) for row in rows] for name, rows in case["tables"].items()})

    readings = read_sources(project.client, project.run(days, now=at("2026-03-01 18:30")))

    reading = next(reading for reading in readings.all if reading.source == source)
    assert reading.error is None
    given = [_in_json(row._asdict()) for row in reading.rows]
    columns = {name for row in case["expect"] for name in row}
    assert _sorted([{name: row[name] for name in row if name in columns} for row in given]) == _sorted(case["expect"])


def _dated(row: dict[str, Any], table: str, asked: date) -> dict[str, Any]:
    return {TABLES[table].partition: str(asked), **{name: row[name] for name in row if name != "why"}}


def _in_json(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in row.items()}


def _sorted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
