"""What holds for every query without running it, and that no SQL is put together in Python."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from local.platform import TABLES
from monitor.bigquery.schema import HISTORY, PARTITION, wanted_columns
from monitor.bigquery.sources import columns
from monitor.core.sources import PlayerRow, ScheduleRow
from monitor.settings import SCHEMAS

MONITOR = Path(__file__).parents[3] / "monitor"
SOURCES = sorted((SCHEMAS / "sources").rglob("*.sql"))
OWN = sorted((SCHEMAS / "queries").glob("*.sql"))
QUERIES = [*SOURCES, *OWN]  # the views, which bound nothing themselves, are in test_views.py
VIEWS = {path.stem: PARTITION for path in (SCHEMAS / "views").glob("*.sql")}
PARTITIONS = {HISTORY: PARTITION, **VIEWS, **{name: table.partition for name, table in TABLES.items()}}
ROWS: dict[str, type[ScheduleRow | PlayerRow]] = {
    "schedule": ScheduleRow,
    **dict.fromkeys(("context", "coverage", "predictions"), PlayerRow),
}

each_query = pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


def parse(sql: str) -> exp.Query:
    (statement,) = sqlglot.parse(sql, dialect="bigquery")
    assert isinstance(statement, exp.Query)
    return statement


def unbounded(query: exp.Query) -> set[str]:
    """The tables of which a query could read more than @start_date to @end_date.

    The bound must stand beside the table: BigQuery refuses a query that does not bound the partition itself
    (https://cloud.google.com/bigquery/docs/querying-partitioned-tables#require_a_partition_filter_in_queries).
    """
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    return {
        name
        for table in query.find_all(exp.Table)
        if (name := exp.table_name(table)) not in ctes
        and not any(_bounds(condition, table, PARTITIONS[name]) for condition in _conditions(table))
    }


def selects_a_star(query: exp.Query) -> bool:
    return any(select.is_star for select in query.find_all(exp.Select))


def _conditions(table: exp.Table) -> Iterator[exp.Expr]:
    select = table.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    return where.this.flatten() if where and isinstance(where.this, exp.And) else iter([where.this] if where else [])


def _bounds(condition: exp.Expr, table: exp.Table, partition: str) -> bool:
    # How early data usually is shows in the ten weeks before the first date.
    return condition in {
        exp.condition(f"{prefix}{partition} BETWEEN {start} AND @end_date", dialect="bigquery")
        for prefix in ("", f"{table.alias_or_name}.")
        for start in ("@start_date", "DATE_SUB(@start_date, INTERVAL 70 DAY)")
    }


@each_query
def test_a_query_reads_tables_that_are_known(path: Path) -> None:
    """A project is never named, so that the queries run in any; a dataset only where it is the platform's."""
    query = parse(path.read_text())
    known = {HISTORY, *VIEWS} if path not in SOURCES else set(TABLES)
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    assert {exp.table_name(table) for table in query.find_all(exp.Table)} - ctes <= known


@each_query
def test_a_query_bounds_the_partition_of_each_table(path: Path) -> None:
    assert unbounded(parse(path.read_text())) == set()


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT a FROM nba_raw.bdl_games", id="no filter"),
        pytest.param("SELECT a FROM nba_raw.bdl_games WHERE game_date >= @start_date", id="one end"),
        pytest.param(
            "SELECT a FROM nba_raw.bdl_games WHERE game_date BETWEEN '2026-01-01' AND @end_date", id="literal"
        ),
        # On 2026-01-28 a check of the platform said `WHERE game_date = game_date`.
        pytest.param("SELECT a FROM nba_raw.bdl_games WHERE game_date BETWEEN game_date AND @end_date", id="itself"),
        pytest.param("SELECT a FROM nba_raw.bdl_games WHERE b OR game_date BETWEEN @start_date AND @end_date", id="or"),
        pytest.param(
            "SELECT a FROM (SELECT * FROM nba_raw.bdl_games) WHERE game_date BETWEEN @start_date AND @end_date",
            id="outside the subquery",
        ),
        pytest.param(
            "SELECT a FROM nba_precompute.player_daily_cache AS cached JOIN nba_raw.bdl_games AS games USING (x) "
            "WHERE cached.cache_date BETWEEN @start_date AND @end_date",
            id="only one of two tables",
        ),
        pytest.param(
            "SELECT a FROM nba_precompute.player_daily_cache WHERE game_date BETWEEN @start_date AND @end_date",
            id="not its partition",
        ),
    ],
)
def test_the_check_of_bounds_finds_what_is_unbounded(sql: str) -> None:
    assert unbounded(parse(sql))


@each_query
def test_a_parameter_never_has_a_columns_name(path: Path) -> None:
    """Names are compared without case, as BigQuery does. The two parameters are all that a query may ask for."""
    query = parse(path.read_text())
    columns = {column for table in TABLES.values() for column in table.types}
    columns |= {column["name"] for column in wanted_columns()}
    columns |= {node.name for node in query.find_all(exp.Column)} | {node.alias for node in query.find_all(exp.Alias)}
    parameters = {parameter.name for parameter in query.find_all(exp.Parameter)}
    assert parameters == {"start_date", "end_date"}
    assert parameters.isdisjoint(name.lower() for name in columns)


@each_source
def test_a_source_gives_the_contracts_columns_in_order(path: Path) -> None:
    query = parse(path.read_text())
    assert query.named_selects == list(columns(ROWS[path.parent.name]))


def test_the_newest_checks_have_every_column_of_the_history() -> None:
    (path,) = (path for path in OWN if path.stem == "checks")
    assert parse(path.read_text()).named_selects == [column["name"] for column in wanted_columns()]


@each_query
def test_a_query_never_selects_a_star(path: Path) -> None:
    """A column more in a table must change nothing, and cost nothing. COUNT(*) is no such star."""
    assert not selects_a_star(parse(path.read_text()))


# Words that SQL alone has in capitals; the requests of HTTP share DELETE with it.
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|MERGE|FROM|WHERE|TRUNCATE|ALTER TABLE|DROP TABLE|CREATE TABLE)\b")


def sql_in(source: str) -> list[str]:
    """The strings of a module that hold SQL; its docstrings do not count."""
    tree = ast.parse(source)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        if SQL.search(node.value)
    ]


@pytest.mark.parametrize("path", sorted(MONITOR.rglob("*.py")), ids=lambda path: str(path.relative_to(MONITOR)))
def test_no_sql_is_written_in_python(path: Path) -> None:
    """A query is a file, and values travel as parameters: what is not there cannot be put together wrongly."""
    assert sql_in(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('sql = f"SELECT 1 FROM {table}"', id="f-string"),
        pytest.param('sql = "SELECT 1 FROM %s" % table', id="percent"),
        pytest.param('sql = "SELECT 1 FROM {}".format(table)', id="format"),
        pytest.param('sql = "SELECT 1 " + "FROM t"', id="sum"),
        pytest.param('sql = "DELETE FROM t"', id="plain"),
        pytest.param('def f():\n    """Prose."""\n    return "DROP TABLE t"', id="behind a docstring"),
    ],
)
def test_the_check_for_sql_finds_it(source: str) -> None:
    assert sql_in(source)
