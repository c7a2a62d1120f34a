"""The HTTP contract as an OpenAPI document, drawn from the request models and the history table's own schema.

https://spec.openapis.org/oas/v3.1.0
"""

from typing import Any

from pydantic import BaseModel

from monitor import __version__
from monitor.core.alerts import AlertStatus, Notify, Reason
from monitor.core.verdict import Status
from monitor.history import Trigger
from monitor.request import CheckRequest, DashboardRequest, HistoryRequest
from monitor.schema import Column, wanted_columns
from monitor.warehouse import HISTORY_PARTS

_TYPES: dict[str, dict[str, str]] = {
    "STRING": {"type": "string"},
    "INTEGER": {"type": "integer"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
    "TIMESTAMP": {"type": "string", "format": "date-time"},
}
_DAY = {"anyOf": [_TYPES["DATE"], {"type": "string", "enum": ["today", "yesterday", "tomorrow"]}]}
_ALERT = {
    "type": "object",
    "properties": {"reason": {"enum": list(Reason)}, "status": {"enum": list(AlertStatus)}},
    "required": ["reason", "status"],
}
# What each of the history's parts has in a row, as the query of its name in schemas/queries selects it.
_PARTS = {
    "calendar": "check_date status scheduled_games phase4_ready missing_games partial_games stalled_phase check_time "
    "checks checked_that_day first_ready_time ready_minutes_before_predictions",
    "incidents": "check_date statuses most_games_not_ready stalled_phase detected_at alerted_at resolved_at "
    "resolved_minutes_before_predictions alerts_sent",
    "gaps": "check_date matchup first_seen last_seen resolved_at minutes_open was_missing",
    "sources": "week kind name dates dates_seen dates_empty dates_failed games_not_listed",
}
# Of those, what the table itself does not have and is no count.
_VIEW_TYPES = {
    **dict.fromkeys(
        ("detected_at", "alerted_at", "resolved_at", "first_seen", "last_seen", "first_ready_time"), "TIMESTAMP"
    ),
    **dict.fromkeys(("statuses", "matchup", "kind", "name"), "STRING"),
    **dict.fromkeys(("checked_that_day", "was_missing"), "BOOLEAN"),
    "week": "DATE",
}


def document() -> dict[str, Any]:
    """The whole document."""
    columns = _properties(wanted_columns())
    row = {"type": "object", "properties": columns, "required": ["check_date", "status"]}
    words = {"status": {"enum": list(Status)}, "trigger": {"enum": list(Trigger)}, "alert": _ALERT}
    check = {"type": "object", "properties": {**columns, **words}, "required": [*columns, "alert"]}
    problem = {
        "type": "object",
        "required": ["type", "title", "status", "detail", "run_id"],
        "properties": {
            "type": {"const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "run_id": {"type": "string"},
            "checks": _list_of("Check"),
        },
    }
    answer = {
        "type": "object",
        "required": ["run_id", "trigger", "checks"],
        "properties": {
            "run_id": {"type": "string"},
            "trigger": {"type": "string", "enum": list(Trigger)},
            "checks": _list_of("Check"),
            "note": {"type": "string"},
        },
    }
    history = {
        "type": "object",
        "required": ["start", "end", *HISTORY_PARTS],
        "properties": {
            "start": {"type": "string", "format": "date"},
            "end": {"type": "string", "format": "date"},
            "checks": _list_of("Row"),
            **{part: {"type": "array", "items": _view_row(names.split(), columns)} for part, names in _PARTS.items()},
        },
    }
    health = {
        "type": "object",
        "required": ["status", "version"],
        "properties": {"status": {"const": "alive"}, "version": {"type": "string"}},
    }
    check_path = {
        "get": _operation("Check dates", "Answer", CheckRequest),
        "post": {
            **_operation("Check dates", "Answer", CheckRequest),
            "requestBody": {"content": {"application/json": {"schema": _body(CheckRequest)}}},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Data-availability monitor",
            "version": __version__,
            "description": "Whether the Phase 4 data is there for every NBA game of a date. Findings are 200.",
        },
        "paths": {
            "/": check_path,
            "/check-data-availability": check_path,
            "/history": {"get": _operation("What the views show of a range", "History", HistoryRequest)},
            "/dashboard": {"get": _operation("The history as a page for a person", None, DashboardRequest)},
            "/health": {"get": _fixed("Alive, and which version", health)},
            "/openapi.json": {"get": _fixed("This document", {"type": "object", "required": ["openapi", "paths"]})},
        },
        "components": {
            "schemas": {"Row": row, "Check": check, "Answer": answer, "History": history, "Problem": problem}
        },
    }


def _operation(summary: str, answer: str | None, request: type[BaseModel]) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": _ref("Problem")}}}
    content = {"application/json": {"schema": _ref(answer)}} if answer else {"text/html": {}}
    return {
        "summary": summary,
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in _body(request)["properties"].items()
        ],
        "responses": {
            "200": {"description": "What was found, good or bad", "content": content},
            "400": {"description": "The request cannot be understood", **problem},
            "500": {"description": "A bug of the monitor", **problem},
            **({"502": {"description": "The alert was not delivered", **problem}} if answer == "Answer" else {}),
            "503": {"description": "The warehouse did not answer: nothing is known", **problem},
        },
    }


def _fixed(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An address that takes no parameters and does no I/O."""
    answer = {"description": summary, "content": {"application/json": {"schema": schema}}}
    return {"summary": summary, "responses": {"200": answer}}


def _body(request: type[BaseModel]) -> dict[str, Any]:
    schema = request.model_json_schema()
    notify = {"type": "string", "enum": list(Notify), "default": "auto"}
    properties = {}
    for name, field in schema["properties"].items():
        kind = {key: field[key] for key in ("type", "default") if field.get(key) is not None} or _DAY
        properties[name] = {**(notify if name == "notify" else kind), "description": field["description"]}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _properties(columns: list[dict[str, Any]]) -> dict[str, Any]:
    return {column["name"]: _property(column) for column in columns}


def _property(column: Column) -> dict[str, Any]:
    one: dict[str, Any] = (
        {"type": "object", "properties": _properties(column["fields"])}
        if "fields" in column
        else _TYPES[column["type"]]
    )
    described = {"description": column["description"]}
    if column["mode"] == "REPEATED":
        return {"type": "array", "items": one, **described}
    return {**one, "type": [one["type"], "null"], **described}


def _view_row(names: list[str], columns: dict[str, Any]) -> dict[str, Any]:
    kinds = {name: _TYPES[_VIEW_TYPES.get(name, "INTEGER")] for name in names}
    properties = {name: columns.get(name, {**kinds[name], "type": [kinds[name]["type"], "null"]}) for name in names}
    return {"type": "object", "properties": properties, "required": names}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
