"""The HTTP contract as an OpenAPI document, drawn from the request models and the history table's own schema.

https://spec.openapis.org/oas/v3.1.0
"""

from typing import Any

from pydantic import BaseModel

from monitor import __version__
from monitor.core.alerts import Notify
from monitor.history import Trigger
from monitor.request import CheckRequest, DashboardRequest, HistoryRequest
from monitor.schema import Column, wanted_columns
from monitor.warehouse import HISTORY_PARTS

_TYPES: dict[str, dict[str, str]] = {
    "STRING": {"type": "string"},
    "INTEGER": {"type": "integer"},
    "DATE": {"type": "string", "format": "date"},
    "TIMESTAMP": {"type": "string", "format": "date-time"},
}
_ALERT = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "status": {"type": "string"}},
    "required": ["reason", "status"],
}


def document() -> dict[str, Any]:
    """The whole document."""
    columns = _properties(wanted_columns())
    row = {"type": "object", "properties": columns, "required": ["check_date", "status"]}
    check = {
        "type": "object",
        "properties": {**columns, "alert": _ALERT},
        "required": ["check_date", "status", "alert"],
    }
    problem = {
        "type": "object",
        "required": ["type", "title", "status", "detail", "run_id"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
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
    parts = {part: {"type": "array", "items": {"type": "object"}} for part in HISTORY_PARTS}
    history = {
        "type": "object",
        "required": ["start", "end", *HISTORY_PARTS],
        "properties": {
            "start": {"type": "string", "format": "date"},
            "end": {"type": "string", "format": "date"},
            **parts,
            "checks": _list_of("Row"),
        },
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
            "/health": {"get": {"summary": "Alive, and which version", "responses": {"200": {"description": "Alive"}}}},
            "/openapi.json": {"get": {"summary": "This document", "responses": {"200": {"description": "It"}}}},
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


def _body(request: type[BaseModel]) -> dict[str, Any]:
    schema = request.model_json_schema()
    notify = {"type": "string", "enum": list(Notify), "default": "auto"}
    properties = {}
    for name, field in schema["properties"].items():
        kind = {key: field[key] for key in ("type", "default") if field.get(key) is not None} or {"type": "string"}
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


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
