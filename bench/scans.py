"""Finds what BigQuery has to scan for a query: of each table the columns, and the dates of which it reads partitions.

A view stands for its query. Only columns that are referred to are read, of a record only the fields. A filter on dates
reaches a scan only where BigQuery surely pushes it down: never by a join's equality or through a computed column. Each
scan counts, also where the same table is scanned twice.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from local.platform import TABLES
from monitor.bigquery.schema import HISTORY, PARTITION, Column, wanted_columns
from monitor.core.dates import DateRange

type Path = tuple[str, ...]
"""A column, and the fields within it."""

COLUMNS: Mapping[str, Sequence[Column]] = {
    HISTORY: wanted_columns(),
    **{name: [{"name": column, "type": of} for column, of in table.types.items()] for name, table in TABLES.items()},
}
"""The columns of each table."""
_PARTITIONS = {HISTORY: PARTITION, **{name: table.partition for name, table in TABLES.items()}}


@dataclass(frozen=True)
class Scan:
    """One scan of a table. Where no filter reaches it, `dates` is None and `why` says what stands in the way."""

    table: str
    columns: tuple[str, ...]
    dates: DateRange | None
    why: str


@dataclass(frozen=True)
class _Asked:
    """What a query is asked for: columns, and the dates its own columns are limited to; `why` other dates are read."""

    columns: frozenset[Path]
    limits: Mapping[str, DateRange]
    why: str = "no filter on its dates"


def scans(sql: str, days: DateRange, views: Mapping[str, str]) -> list[Scan]:
    """The scans of a query whose @start_date and @end_date are these days."""
    scope = build_scope(
        qualify(_expanded(parse_one(sql, dialect="bigquery"), views), schema=_schema(), dialect="bigquery")
    )
    assert scope
    return list(_scans(scope, _everything(scope.expression), days))


def _expanded(query: exp.Expr, views: Mapping[str, str]) -> exp.Expr:
    """The query with each view's query in the view's place."""
    for table in list(query.find_all(exp.Table)):
        if table.name in views:
            view = _expanded(parse_one(views[table.name], dialect="bigquery"), views)
            table.replace(exp.alias_(exp.Subquery(this=view), table.alias_or_name, table=True))
        elif table.name == HISTORY:
            # The schema below wants a dataset for every table.
            table.replace(exp.alias_(exp.table_(HISTORY, db=HISTORY), table.alias_or_name, table=True))
    return query


def _schema() -> dict[str, object]:
    schema: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for name, columns in COLUMNS.items():
        dataset, _, table = name.rpartition(".")
        schema[dataset or HISTORY][table] = {column["name"]: _type(column) for column in columns}
    return {**schema}


def _type(column: Column) -> str:
    fields = ", ".join(f"{field['name']} {_type(field)}" for field in column.get("fields", ()))
    of = f"STRUCT<{fields}>" if fields else str(column["type"]).replace("INTEGER", "INT64")
    return f"ARRAY<{of}>" if column.get("mode") == "REPEATED" else of


def _scans(scope: Scope, asked: _Asked, days: DateRange) -> Iterator[Scan]:
    query = scope.expression
    if isinstance(query, exp.SetOperation):
        for branch in scope.set_operation_scopes:
            yield from _scans(branch, _of_branch(query, branch.expression, asked), days)
        return
    assert isinstance(query, exp.Select)
    dropped = _dropped(query, asked.columns)
    read = _read(scope, query, asked.columns, dropped)
    limits, asked = _pushed_down(scope, query, asked, days)
    for nested in scope.subquery_scopes:
        if not _in_any(nested.expression, dropped):
            yield from _scans(nested, _everything(nested.expression), days)
    for alias, (_, source) in scope.selected_sources.items():
        if _is_unnest(source):
            continue
        own, why = limits.get(alias, {}), asked.why
        if own and (reason := _join_in_the_way(query, alias)):
            own, why = {}, reason
        elif not own and limits:
            why = f"{' and '.join(sorted(limits))} is filtered, not {alias}"
        if isinstance(source, Scope):
            yield from _scans(source, _Asked(frozenset(read[alias]), own, why), days)
        else:
            yield _scan(source, read[alias], own, why)


def _scan(table: exp.Table, read: set[Path], limits: Mapping[str, DateRange], why: str) -> Scan:
    name = table.name if table.name == HISTORY else exp.table_name(table)
    # A column that is read whole covers its fields.
    columns = {path for path in read if not any(path[:length] in read for length in range(1, len(path)))}
    dates = limits.get(_PARTITIONS[name])
    return Scan(name, tuple(sorted(map(".".join, columns))), dates, "" if dates else why)


def _everything(query: exp.Expr) -> _Asked:
    assert isinstance(query, exp.Query)
    return _Asked(frozenset((name,) for name in query.named_selects), {})


def _of_branch(union: exp.SetOperation, branch: exp.Expr, asked: _Asked) -> _Asked:
    """What a set operation asks of one of its queries, whose columns are the same by position."""
    assert isinstance(branch, exp.Query)
    if not isinstance(union, exp.Union) or union.args["distinct"] or _is_cut(union):
        return replace(_everything(branch), why="a set operation other than UNION ALL")
    names = dict(zip(union.named_selects, branch.named_selects, strict=True))
    columns = frozenset((names[path[0]], *path[1:]) for path in asked.columns)
    return replace(asked, columns=columns, limits={names[name]: dates for name, dates in asked.limits.items()})


def _pushed_down(
    scope: Scope, select: exp.Select, asked: _Asked, days: DateRange
) -> tuple[dict[str, dict[str, DateRange]], _Asked]:
    """The dates that each source's columns are limited to, by the query's own filter and by what is asked of it."""
    limits: dict[str, dict[str, DateRange]] = defaultdict(dict)
    where = select.args.get("where")
    for condition in where.this.flatten() if where and isinstance(where.this, exp.And) else [where and where.this]:
        if isinstance(condition, exp.Between) and isinstance(column := condition.this, exp.Column):
            first, last = (_day(condition.args[end], days) for end in ("low", "high"))
            if first and last:
                limits[column.table][column.name] = DateRange(first, last)
    for name, dates in asked.limits.items():
        column = _projections(select)[name].unalias()
        if not isinstance(column, exp.Column) or _is_unnest(scope.sources[column.table]):
            asked = replace(asked, why=f"{name} is computed")
        elif reason := _in_the_way(select, column):
            asked = replace(asked, why=reason)
        else:
            own = limits[column.table].get(column.name, dates)
            limits[column.table][column.name] = DateRange(max(own.first, dates.first), min(own.last, dates.last))
    return limits, asked


def _in_the_way(select: exp.Select, column: exp.Column) -> str:
    """Why a filter on this column of the result cannot be applied before the query is worked out, if so."""
    if _is_cut(select):
        return "LIMIT"
    group = select.args.get("group")
    if group and (column not in group.expressions or any(group.args.get(kind) for kind in ("rollup", "cube"))):
        return f"GROUP BY without {column.name}"
    for window in _own(select, exp.Window):
        # The definition of a named window is such a node too.
        if not window.args.get("alias") and column not in window.args.get("partition_by", ()):
            return f"a window function without {column.name} in its PARTITION BY"
    return ""


def _join_in_the_way(select: exp.Select, alias: str) -> str:
    """Why a filter on this source cannot be applied before the joins, if so."""
    joins = select.args.get("joins", ())
    own = next((number for number, join in enumerate(joins) if join.alias_or_name == alias), -1)
    for number, join in enumerate(joins):
        if number == own and join.side in {"LEFT", "FULL"}:
            return f"on the right of a {join.side} JOIN"
        if number > own and join.side in {"RIGHT", "FULL"}:
            return f"on the left of a {join.side} JOIN"
        plain = not (join.side or join.args.get("on") or join.args.get("using"))
        if number >= own and plain and not isinstance(join.this, exp.Unnest):
            return f"beside a CROSS JOIN with {join.alias_or_name}"
    return ""


def _read(
    scope: Scope, select: exp.Select, asked: frozenset[Path], dropped: Sequence[exp.Expr]
) -> dict[str, set[Path]]:
    """The columns of each source that the query needs for what is asked of it."""
    read: dict[str, set[Path]] = defaultdict(set)
    for column in scope.columns:
        if column.table and not _in_any(column, dropped):
            read[column.table] |= _paths(column, select, asked, dropped)
    return read


def _paths(column: exp.Column, select: exp.Select, asked: frozenset[Path], dropped: Sequence[exp.Expr]) -> set[Path]:
    """The column, or the fields of it that are needed."""
    path, node = _field(column)
    if isinstance(node.parent, exp.Unnest) and node.parent.alias:
        elements = [
            _field(element)[0][1:]
            for element in select.find_all(exp.Column)
            if element.table == node.parent.alias and not _in_any(element, dropped)
        ]
        return {(*path, *fields) for fields in elements} or {path}
    if isinstance(node.parent, exp.Alias) and node.parent.parent is select:
        # DISTINCT needs a column that nobody asks for.
        return {(*path, *fields) for name, *fields in asked if name == node.parent.alias} or {path}
    return {path}


def _field(column: exp.Column) -> tuple[Path, exp.Expr]:
    """The column with the fields that follow it, as in `game.away`, and the expression that has them all."""
    path: Path = (column.name,)
    node: exp.Expr = column
    while isinstance(node.parent, exp.Dot) and node.parent.this is node:
        node = node.parent
        path = (*path, node.expression.name)
    return path, node


def _dropped(select: exp.Select, asked: frozenset[Path]) -> list[exp.Expr]:
    """The expressions that the query selects and nobody asks for. DISTINCT needs them all, and LIMIT may."""
    names = {path[0] for path in asked}
    every = select.args.get("distinct") or _is_cut(select)
    return [one for name, one in _projections(select).items() if not every and name not in names]


def _in_any(node: exp.Expr, others: Sequence[exp.Expr]) -> bool:
    above: exp.Expr | None = node
    while above and not any(above is other for other in others):
        above = above.parent
    return above is not None


def _projections(select: exp.Select) -> dict[str, exp.Expr]:
    return {one.alias_or_name: one for one in select.selects}


def _is_unnest(source: exp.Table | Scope) -> bool:
    return isinstance(source, Scope) and isinstance(source.expression, exp.Unnest)


def _own(select: exp.Select, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    return (node for node in select.find_all(kind) if node.find_ancestor(exp.Select) is select)


def _is_cut(query: exp.Query) -> bool:
    return bool(query.args.get("limit") or query.args.get("offset"))


def _day(end: exp.Expr, days: DateRange) -> date | None:
    """The date that a bound stands for, where it is one of the parameters or some days before it."""
    if isinstance(end, exp.DateSub) and end.text("unit") == "DAY":
        day = _day(end.this, days)
        return day and day - timedelta(days=int(end.text("expression")))
    if isinstance(end, exp.Parameter):
        return {"start_date": days.first, "end_date": days.last}.get(end.name)
    return None
