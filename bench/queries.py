"""Parses the SQL of each query: the columns it reads from each table, whether its dates are bound, and how many bytes.

The bytes are those that BigQuery would read for one check and for one page once the history has ten years.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from bench import asked, decade
from bench.scans import COLUMNS, Scan, scans
from local import sample
from local.platform import TABLES
from monitor.bigquery.schema import HISTORY, Column, wanted_columns, wanted_views
from monitor.settings import SCHEMAS, load_settings
from tests.unit.bigquery.test_sql import PARTITIONS, QUERIES, parse, selects_a_star, unbounded

_COLUMNS = {name: set(table.types) for name, table in TABLES.items()}
_COLUMNS[HISTORY] = {column["name"] for column in wanted_columns()}
_SETTINGS = load_settings({"GCP_PROJECT_ID": "bench"})
# The logical size of a value, of a string without its text: https://cloud.google.com/bigquery/pricing#data
_BYTES = {"BOOL": 1, "DATE": 8, "INT64": 8, "INTEGER": 8, "STRING": 2, "TIMESTAMP": 8}


@dataclass(frozen=True)
class Read:
    """One query: the columns it reads from each table or view, and whether it could read other dates or all columns."""

    query: str
    columns: dict[str, list[str]]
    too_much: bool


def reads() -> Iterator[Read]:
    """All queries of the sources and of the monitor's own history."""
    for path in QUERIES:
        query = parse(path.read_text())
        columns: dict[str, list[str]] = {}
        for scope in traverse_scope(query):
            for alias, source in scope.sources.items():
                if isinstance(source, exp.Table):
                    name = exp.table_name(source)
                    found = {column.name for column in scope.columns if column.table in {"", alias}}
                    columns[name] = sorted({*columns.get(name, []), *found} & _COLUMNS.get(name, found))
        yield Read(str(path.relative_to(SCHEMAS)), columns, bool(unbounded(query)) or selects_a_star(query))


@dataclass(frozen=True)
class Bill:
    """What BigQuery reads for one scan of a query: how many dates and columns of the table, and megabytes."""

    query: str
    table: str
    dates: int
    all: bool  # because no filter on dates reaches the table
    columns: int
    megabytes: float


def of_a_check() -> list[Bill]:
    """What one check reads: the default sources and the history."""
    return _bills(asked.by_a_check(_SETTINGS))


def of_a_page() -> list[Bill]:
    """What the dashboard of a whole season reads."""
    return _bills(asked.by_a_page(_SETTINGS, decade.SEASON))


def _bills(queries: Sequence[asked.Asked]) -> list[Bill]:
    views = wanted_views(_SETTINGS)
    return [_bill(query.name, scan) for query in queries for scan in scans(query.sql, query.days, views)]


def _bill(query: str, scan: Scan) -> Bill:
    read = [sizes for day, sizes in _sizes(scan.table).items() if scan.dates is None or day in scan.dates]
    size = sum(
        size
        for sizes in read
        for name, size in sizes.items()
        if any(f"{name}.".startswith(f"{column}.") for column in scan.columns)
    )
    return Bill(query, scan.table, len(read), scan.dates is None, len(scan.columns), size / 1e6)


@cache
def _sizes(table: str) -> dict[date, Counter[str]]:
    """The bytes of each column, and of each field of a record, by date. Every year has the rows of the last."""
    partition, columns = PARTITIONS[table], COLUMNS[table]
    of_the_last: dict[str, Counter[str]] = defaultdict(Counter)
    for row in decade.year() if table == HISTORY else sample.season()[table]:
        for column in columns:
            for name, size in sizes(row.get(column["name"]), column):
                of_the_last[row[partition]][name] += size
    return {
        date.fromisoformat(day) - years * decade.A_YEAR: sizes
        for years in range(decade.YEARS)
        for day, sizes in of_the_last.items()
    }


def sizes(value: Any, column: Column, within: str = "") -> Iterator[tuple[str, int]]:  # noqa: ANN401 - of any type
    """The size of each value in a column. NULL has none, a record or an array the sum of what it holds."""
    name = f"{within}{column['name']}"
    if isinstance(value, list):
        for one in value:
            yield from sizes(one, column, within)
    elif isinstance(value, dict):
        for field in column["fields"]:
            yield from sizes(value[field["name"]], field, f"{name}.")
    elif value is not None:
        yield name, _BYTES[column["type"]] + (len(value.encode()) if column["type"] == "STRING" else 0)
