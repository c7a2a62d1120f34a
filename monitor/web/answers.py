"""The forms of the function's responses: JSON, a page, and a problem document (RFC 9457) for every kind of error.

A problem says what happened and what to do, with the run's id, and never has a stack trace.
"""

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response

from monitor.settings import SCHEMAS

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0550ae"/>'
    '<path d="M4 8.5l3 3 5-7" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)
ROBOTS = "User-agent: *\nDisallow: /\n"


def found(body: dict[str, Any]) -> Response:
    """Findings, good or bad: 200."""
    return _json(body, HTTPStatus.OK, "application/json")


def health(version: str) -> Response:
    """The function is alive."""
    return found({"status": "alive", "version": version})


def page(html: str, headers: dict[str, str], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A page for a person, with the headers that guard it."""
    return Response(html, status, headers, mimetype="text/html")


def fixed(text: str, mimetype: str) -> Response:
    """What browsers and crawlers ask for by themselves. They need not ask again for a day."""
    return Response(text, mimetype=mimetype, headers={"Cache-Control": "max-age=86400"})


def openapi() -> Response:
    """The HTTP contract, as OpenAPI: https://spec.openapis.org/oas/v3.1.0."""
    return Response((SCHEMAS / "openapi.json").read_text(), mimetype="application/json")


def problem(status: HTTPStatus, detail: str, run_id: str, checks: Sequence[dict[str, Any]] = ()) -> Response:
    """What went wrong, with any checks that were made."""
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, "run_id": run_id}
    return _json({**body, **({"checks": checks} if checks else {})}, status, "application/problem+json")


def not_allowed(methods: Iterable[str], run_id: str) -> Response:
    """The endpoint exists, but not for this method."""
    allowed = ", ".join(methods)
    response = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"Allowed here: {allowed}.", run_id)
    response.headers["Allow"] = allowed
    return response


def _json(body: dict[str, Any], status: HTTPStatus, mimetype: str) -> Response:
    # Rows from BigQuery hold dates and times, and values of any type in columns that others have added.
    text = json.dumps(body, indent=2, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v))
    return Response(f"{text}\n", status, mimetype=mimetype)
