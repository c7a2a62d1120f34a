"""Parses the SQL of each query to list the columns it reads from each table, and whether its dates are bound."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from local.platform import TABLES
from monitor.bigquery.schema import HISTORY, wanted_columns
from monitor.settings import SCHEMAS
from tests.unit.bigquery.test_sql import QUERIES, parse, selects_a_star, unbounded

_COLUMNS = {name: set(table.types) for name, table in TABLES.items()}
_COLUMNS[HISTORY] = {column["name"] for column in wanted_columns()}


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
