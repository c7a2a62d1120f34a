"""The history table's columns and the views on it as schemas says them, and how what is there differs.

Columns are in BigQuery's own JSON form: name, type, mode, and fields for a record. Pure but for reading schemas.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.settings import SCHEMAS, Settings

type Column = Mapping[str, Any]

HISTORY = "data_availability_checks"
LATEST = "data_availability_latest"
"""The one view that others are built on."""
PARTITION = "check_date"

# Of the user's own columns, those that hold NULL where the monitor could not find out.
_MAY_BE_NULL = ("scheduled_games", "phase4_ready")

# BigQuery gives a type back under its older name: https://cloud.google.com/bigquery/docs/reference/rest/v2/tables
_SYNONYMS = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}


class SchemaError(Exception):
    """A column has another type than the monitor writes. The message names it; a person has to decide."""


def wanted_columns() -> list[dict[str, Any]]:
    """The columns of the history table."""
    columns: list[dict[str, Any]] = json.loads((SCHEMAS / "tables" / f"{HISTORY}.json").read_text())
    return columns


def wanted_views(settings: Settings) -> dict[str, str]:
    """Each view's query by its name, in an order in which they can be created.

    A view has no parameters and no default dataset, so what the operator decides, and where its tables are, is
    written into its query: https://cloud.google.com/bigquery/docs/views#create-view
    """
    decided = {
        "league_timezone": f"'{settings.league_timezone.key}'",
        "predictions_at": f"TIME '{settings.predictions_at:%H:%M:%S}'",
        "predictions_timezone": f"'{settings.predictions_timezone.key}'",
    }
    dataset = f"{settings.gcp_project_id}.{settings.monitoring_dataset}"
    views = {}
    for path in sorted((SCHEMAS / "views").glob("*.sql"), key=lambda path: (path.stem != LATEST, path.stem)):
        query = re.sub(rf"\b({HISTORY}|{LATEST})\b", rf"`{dataset}.\1`", path.read_text())
        views[path.stem] = re.sub(r"@(\w+)", lambda name: decided[name[1]], query)
    return views


def drift(wanted: Sequence[Column], present: Sequence[Column]) -> list[str]:
    """How the present columns differ from those wanted, a sentence each."""
    return [
        *(f"column {what} is missing" for what in missing(wanted, present)),
        *_retyped(wanted, present),
        *(f"column {name} is REQUIRED, but is NULL where a check fails" for name in too_strict(present)),
        *(f"column {name} is nobody's" for name in _names(present) if name not in _names(wanted)),
    ]


def missing(wanted: Sequence[Column], present: Sequence[Column], within: str = "") -> list[str]:
    """The wanted columns, and fields of records, that are not there, as `games.reason STRING`."""
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
    """The columns that refuse the row of a check that failed."""
    names = _names(present)
    return [name for name in _MAY_BE_NULL if name in names and names[name].get("mode") == "REQUIRED"]


def merged(wanted: Sequence[Column], present: Sequence[Column]) -> list[dict[str, Any]]:
    """The present columns as they are, each record with its missing fields, and the missing columns behind them.

    Columns that are too strict are made NULLABLE, which BigQuery does without touching a row.

    Raises SchemaError where a column has another type.
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
