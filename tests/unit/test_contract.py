"""schemas/openapi.json and the code agree, in both directions: what one has, the other has too."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest
import sqlglot
from jsonschema_rs import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31
from sqlglot import exp

from monitor import __version__
from monitor.bigquery.history import VIEWS
from monitor.bigquery.schema import wanted_columns
from monitor.core.alerts import AlertStatus, Notify, Reason
from monitor.core.coverage import Phase
from monitor.core.games import GameStatus
from monitor.core.sources import Kind
from monitor.core.verdict import Status
from monitor.request import CheckRequest, DashboardRequest, DatesRequest, HistoryRequest, Trigger
from monitor.settings import SCHEMAS
from monitor.web import door, outcomes

DOCUMENT = json.loads((SCHEMAS / "openapi.json").read_text())
PATHS: dict[str, dict[str, Any]] = DOCUMENT["paths"]
TYPES: dict[str, dict[str, Any]] = {
    "DATE": {"type": ["string", "null"], "format": "date"},
    "TIMESTAMP": {"type": ["string", "null"], "format": "date-time"},
    "INTEGER": {"type": ["integer", "null"]},
    "STRING": {"type": ["string", "null"]},
}
DATE_OR_DAY = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "enum": ["today", "yesterday", "tomorrow"]}]
}
REQUESTS: dict[str, type[DatesRequest]] = {
    "/": CheckRequest,
    "/check-data-availability": CheckRequest,
    "/history": HistoryRequest,
    "/dashboard": DashboardRequest,
}


def resolved(node: Any) -> Any:
    """A part of the document with every $ref replaced by what it points to."""
    if isinstance(node, list):
        return [resolved(each) for each in node]
    if not isinstance(node, dict):
        return node
    found: Any = {}
    if "$ref" in node:
        found = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        found = resolved(found)
    return {**found, **{name: resolved(value) for name, value in node.items() if name != "$ref"}}


SCHEMA: dict[str, Any] = {name: resolved(schema) for name, schema in DOCUMENT["components"]["schemas"].items()}


def test_it_is_valid_openapi() -> None:
    """Resolving SCHEMA and PATHS has already shown that every $ref leads somewhere."""
    Draft202012Validator(OPENAPI_31).validate(DOCUMENT)
    Draft202012Validator(OPENAPI_31).validate(resolved(DOCUMENT))
    for schema in SCHEMA.values():
        Draft202012Validator(schema)


def test_its_version_is_the_monitors() -> None:
    assert DOCUMENT["info"]["version"] == __version__


def test_its_routes_and_methods_are_the_functions() -> None:
    routes = door._ROUTES  # noqa: SLF001 - the table to agree with
    assert {path: {method.upper() for method in methods} for path, methods in PATHS.items()} == {
        path: set(methods) for path, methods in routes.items()
    }


def parameter_schema(model: type[DatesRequest], name: str) -> dict[str, Any]:
    """A parameter as the document should describe it. Only three kinds exist: a date, a flag and notify."""
    field = model.model_fields[name]
    if field.annotation is bool:
        kind: dict[str, Any] = {"type": "boolean"}
    elif field.annotation is Notify:
        kind = {"type": "string", "enum": list(Notify)}
    else:
        kind = DATE_OR_DAY
    default = {} if field.default is None else {"default": field.default}
    return {**kind, **default, "description": field.description}


@pytest.mark.parametrize("path", PATHS)
def test_the_parameters_are_those_of_the_request_model(path: str) -> None:
    model = REQUESTS.get(path)
    wanted = {name: parameter_schema(model, name) for name in model.model_fields} if model else {}
    for operation in PATHS[path].values():
        parameters = resolved(operation.get("parameters", []))
        assert {each["name"]: each["schema"] for each in parameters} == wanted
        assert {each["in"] for each in parameters} <= {"query"}
        assert not any(each.get("required") for each in parameters)


def test_a_body_takes_the_same_parameters() -> None:
    bodies = {
        (path, method): resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        for path, operations in PATHS.items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    wanted = {name: parameter_schema(CheckRequest, name) for name in CheckRequest.model_fields}
    assert {place: body["properties"] for place, body in bodies.items()} == {
        ("/", "post"): wanted,
        ("/check-data-availability", "post"): wanted,
    }
    assert [body["additionalProperties"] for body in bodies.values()] == [False, False]


@pytest.mark.parametrize("path", REQUESTS)
def test_the_statuses_are_those_that_the_function_answers(path: str) -> None:
    statuses = {"200", "400", "500", "503"}
    if REQUESTS[path] is CheckRequest:  # only a check posts an alert
        statuses = {"200", "400", *(str(int(status)) for status in outcomes._STATUS.values())}  # noqa: SLF001 - the table to agree with
    for operation in PATHS[path].values():
        assert set(operation["responses"]) == statuses


# Rows.


def column_schema(column: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": column["description"]}
    if column["type"] == "RECORD":
        return {"type": "array", "items": row_schema(column["fields"]), **described}
    if column["mode"] == "REPEATED":
        return {"type": "array", "items": {"type": "string"}, **described}
    return {**TYPES[column["type"]], **described}


def row_schema(columns: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "object", "properties": {column["name"]: column_schema(column) for column in columns}}


def test_a_row_is_a_row_of_the_table() -> None:
    columns = wanted_columns()
    row: dict[str, Any] = {
        name: value for name, value in SCHEMA["Row"].items() if name not in {"description", "required"}
    }
    assert row == row_schema(columns)
    assert list(SCHEMA["Row"]["properties"]) == [column["name"] for column in columns]
    for nested in ("games", "sources"):
        (fields,) = (column["fields"] for column in columns if column["name"] == nested)
        properties = SCHEMA["Row"]["properties"][nested]["items"]["properties"]
        assert list(properties) == [field["name"] for field in fields]


def test_a_check_is_a_row_with_every_column_and_its_alert() -> None:
    row, more = SCHEMA["Check"]["allOf"]
    assert row == SCHEMA["Row"]
    assert more["required"] == [*row["properties"], "alert"]


@pytest.mark.parametrize("part", VIEWS)
def test_a_part_of_the_history_has_the_columns_that_its_query_selects(part: str) -> None:
    (query,) = sqlglot.parse((SCHEMAS / "queries" / f"{part}.sql").read_text(), dialect="bigquery")
    assert isinstance(query, exp.Select)
    row = SCHEMA["History"]["properties"][part]["items"]
    assert list(row["properties"]) == query.named_selects
    # A row of the table may come from elsewhere and lack columns; a view always has all of its own.
    assert part == "checks" or row["required"] == query.named_selects


def test_the_history_has_its_range_and_every_part() -> None:
    assert list(SCHEMA["History"]["properties"]) == SCHEMA["History"]["required"] == ["start", "end", *VIEWS]


# Words.


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (SCHEMA["Check"]["allOf"][1]["properties"]["status"], Status),
        (SCHEMA["Check"]["allOf"][1]["properties"]["trigger"], Trigger),
        (SCHEMA["Answer"]["properties"]["trigger"], Trigger),
        (SCHEMA["Alert"]["properties"]["reason"], Reason),
        (SCHEMA["Alert"]["properties"]["status"], AlertStatus),
    ],
)
def test_an_enum_has_the_cores_words(schema: dict[str, Any], words: type[StrEnum]) -> None:
    assert schema["enum"] == list(words)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("status", Status),
        ("trigger", Trigger),
        ("games.status", GameStatus),
        ("sources.kind", Kind),
        ("stalled_phase", Phase),
        ("alert_status", AlertStatus),
    ],
)
def test_a_columns_description_names_the_cores_words(column: str, words: type[StrEnum]) -> None:
    """The table's own description, which the document repeats."""
    table, _, field = column.rpartition(".")
    columns = SCHEMA["Row"]["properties"]
    description = (columns[table]["items"]["properties"] if table else columns)[field]["description"]
    named = [word.strip(".,:") for word in description.split()]
    assert [word for word in named if word in set(words)] == list(words)
