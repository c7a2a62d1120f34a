"""Compares the history table and its views with their definitions in schemas, and creates what is missing.

Columns are in BigQuery's own JSON form: name, type, mode, and fields for a record. No row is dropped or rewritten.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from monitor.bigquery.client import FAILURES, Client, WarehouseError, explain, limits
from monitor.settings import SCHEMAS, Settings

type Column = Mapping[str, Any]

HISTORY = "data_availability_checks"
BASE_VIEWS = ("data_availability_latest", "data_availability_dates", "data_availability_calendar")
"""The views that others are built on, in the order in which they can be created."""
PARTITION = "check_date"

# The user's own columns that are NULL when the monitor could not determine a value.
_MAY_BE_NULL = ("scheduled_games", "phase4_ready")

# BigQuery returns types under their older names: https://cloud.google.com/bigquery/docs/reference/rest/v2/tables
_SYNONYMS = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}


class SchemaError(Exception):
    """The table differs from the schema in a way that a person has to resolve. The message names it."""


def schema_drift(client: Client, settings: Settings) -> list[str]:
    """How the history table and its views differ from schemas; empty if they do not. Raises WarehouseError."""
    try:
        table = _get(client, settings, HISTORY)
        if table is None:
            return [f"table {settings.monitoring_dataset}.{HISTORY} does not exist"]
        views = {name: (_get(client, settings, name), query) for name, query in wanted_views(settings).items()}
    except FAILURES as error:
        raise WarehouseError(f"the history table could not be read: {explain(error)}") from error
    partition = table.time_partitioning.field if table.time_partitioning else None
    return [
        *drift(wanted_columns(), [field.to_api_repr() for field in table.schema]),
        *([] if partition == PARTITION else [f"the table is partitioned by {partition}, should be by {PARTITION}"]),
        *(f"view {name} is missing" for name, (view, _) in views.items() if view is None),
        *(
            f"view {name} has a different query"
            for name, (view, query) in views.items()
            if view and view.view_query != query
        ),
    ]


def apply_schema(client: Client, settings: Settings) -> list[str]:
    """Create the missing dataset, table, columns and views, without dropping a column or rewriting a row.

    A view holds no data, so one whose query differs gets the query from schemas/views. Returns what was done. Raises
    WarehouseError, and SchemaError if a column has another type or a table has a view's name.
    """
    try:
        done = _apply_table(client, settings)
        return [*done, *_apply_views(client, settings, stale=set(BASE_VIEWS[:1]) if done else set())]
    except FAILURES as error:
        raise WarehouseError(f"the schema could not be applied: {explain(error)}") from error


def _apply_table(client: Client, settings: Settings) -> list[str]:
    name = _full_name(settings, HISTORY)
    columns = wanted_columns()
    table = _get(client, settings, HISTORY)
    if table is None:
        client.create_dataset(settings.monitoring_dataset, exists_ok=True, **limits())
        table = bigquery.Table(name, [bigquery.SchemaField.from_api_repr(column) for column in columns])
        table.time_partitioning = bigquery.TimePartitioning(field=PARTITION)
        client.create_table(table, **limits())
        return [f"created {name}"]
    present = [field.to_api_repr() for field in table.schema]
    done = [
        *(f"added {what}" for what in missing(columns, present)),
        *(f"made {name} NULLABLE" for name in too_strict(present)),
    ]
    if done:
        table.schema = [bigquery.SchemaField.from_api_repr(column) for column in merged(columns, present)]
        client.update_table(table, ["schema"], **limits())
    return done


def _apply_views(client: Client, settings: Settings, stale: set[str]) -> list[str]:
    """Views in `stale` are updated too: SELECT * in a view only covers the columns that existed when it was saved."""
    done = []
    for name, query in wanted_views(settings).items():
        view = _get(client, settings, name)
        if view is None:
            view = bigquery.Table(_full_name(settings, name))
            view.view_query = query
            client.create_table(view, **limits())
            done.append(f"created view {name}")
        elif view.view_query is None:
            raise SchemaError(f"{name} is a table, but should be a view: rename it, then apply again")
        elif view.view_query != query or name in stale:
            view.view_query = query
            client.update_table(view, ["view_query"], **limits())
            done.append(f"updated view {name}")
    return done


def _get(client: Client, settings: Settings, name: str) -> bigquery.Table | None:
    try:
        return client.get_table(_full_name(settings, name), **limits())
    except NotFound:
        return None


def _full_name(settings: Settings, name: str) -> str:
    return f"{settings.gcp_project_id}.{settings.monitoring_dataset}.{name}"


def wanted_columns() -> list[dict[str, Any]]:
    """The columns that the history table should have."""
    columns: list[dict[str, Any]] = json.loads((SCHEMAS / "tables" / f"{HISTORY}.json").read_text())
    return columns


def wanted_views(settings: Settings) -> dict[str, str]:
    """The query of each view, in the order in which they can be created.

    A view has no parameters and no default dataset, so settings and table names are written into its query:
    https://cloud.google.com/bigquery/docs/views#create-view
    """
    values = {
        "league_timezone": f"'{settings.league_timezone.key}'",
        "phase4_due_at": f"TIME '{settings.phase4_due_at:%H:%M:%S}'",
        "predictions_at": f"TIME '{settings.predictions_at:%H:%M:%S}'",
        "predictions_timezone": f"'{settings.predictions_timezone.key}'",
    }
    dataset = f"{settings.gcp_project_id}.{settings.monitoring_dataset}"
    views = {}
    others = sorted({path.stem for path in (SCHEMAS / "views").glob("*.sql")} - set(BASE_VIEWS))
    for name in (*BASE_VIEWS, *others):
        query = (SCHEMAS / "views" / f"{name}.sql").read_text()
        query = re.sub(rf"\b({'|'.join((HISTORY, *BASE_VIEWS))})\b", rf"`{dataset}.\1`", query)
        views[name] = re.sub(r"@(\w+)", lambda setting: values[setting[1]], query)
    return views


def drift(wanted: Sequence[Column], present: Sequence[Column]) -> list[str]:
    """How the present columns differ from the wanted ones, one sentence each."""
    return [
        *(f"column {what} is missing" for what in missing(wanted, present)),
        *_retyped(wanted, present),
        *(
            f"column {name} is REQUIRED, but must be NULLABLE: a failed check writes NULL"
            for name in too_strict(present)
        ),
        *(f"unexpected column {name}" for name in _names(present) if name not in _names(wanted)),
    ]


def missing(wanted: Sequence[Column], present: Sequence[Column], within: str = "") -> list[str]:
    """The missing columns and fields of records, as `games.reason STRING`."""
    names = _names(present)
    found = []
    for column in wanted:
        path = f"{within}{column['name']}"
        if column["name"] not in names:
            found.append(f"{path} {column['type']}")
        elif "fields" in column:
            found += missing(column["fields"], names[column["name"]].get("fields", ()), f"{path}.")
    return found


def too_strict(present: Sequence[Column]) -> list[str]:
    """The columns that would reject the row of a failed check."""
    names = _names(present)
    return [name for name in _MAY_BE_NULL if name in names and names[name].get("mode") == "REQUIRED"]


def merged(wanted: Sequence[Column], present: Sequence[Column]) -> list[dict[str, Any]]:
    """The present columns, with the missing fields added to their records, followed by the missing columns.

    Columns that are too strict become NULLABLE, which touches no row. Raises SchemaError if a column has another type.
    """
    if problems := _retyped(wanted, present):
        raise SchemaError("; ".join(problems))
    names, strict = _names(wanted), too_strict(present)
    kept = [
        {**column, "fields": merged(names[column["name"]]["fields"], column["fields"])}
        if "fields" in column and column["name"] in names
        else {**column, **({"mode": "NULLABLE"} if column["name"] in strict else {})}
        for column in present
    ]
    return [*kept, *(dict(column) for column in wanted if column["name"] not in _names(present))]


def _retyped(wanted: Sequence[Column], present: Sequence[Column], within: str = "") -> list[str]:
    names = _names(present)
    found = []
    for column in wanted:
        if column["name"] not in names:
            continue
        other = names[column["name"]]
        path = f"{within}{column['name']}"
        if _type(column) != _type(other):
            found.append(f"column {path} is {_type(other)}, should be {_type(column)}")
        elif "fields" in column:
            found += _retyped(column["fields"], other["fields"], f"{path}.")
    return found


def _type(column: Column) -> str:
    name = str(_SYNONYMS.get(column["type"], column["type"]))
    return f"ARRAY of {name}" if column.get("mode") == "REPEATED" else name


def _names(columns: Sequence[Column]) -> dict[str, Column]:
    return {column["name"]: column for column in columns}
