"""The function's responses: JSON, and a problem document (RFC 9457) for every kind of error.

A problem says what happened and what to do, with the run's id, and never has a stack trace. On the dashboard, where a
person looks, it is a page.
"""

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response

from monitor.bigquery.client import Client, WarehouseError
from monitor.bigquery.history import VIEWS, NoHistoryError, read_queries
from monitor.check import Failure, Outcome
from monitor.core.dates import DateRange
from monitor.logs import Severity, log
from monitor.request import RequestError
from monitor.settings import SCHEMAS, Settings
from monitor.web import dashboard

BUG = "A bug in the monitor. Search the log for this run's id."

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0550ae"/>'
    '<path d="M4 8.5l3 3 5-7" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)
ROBOTS = "User-agent: *\nDisallow: /\n"

_STATUS = {
    Failure.NOT_DELIVERED: HTTPStatus.BAD_GATEWAY,
    Failure.UNKNOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    Failure.NOT_RECORDED: HTTPStatus.SERVICE_UNAVAILABLE,
    Failure.BUG: HTTPStatus.INTERNAL_SERVER_ERROR,
}


REFUSALS: dict[type[Exception], HTTPStatus] = {
    RequestError: HTTPStatus.BAD_REQUEST,
    WarehouseError: HTTPStatus.SERVICE_UNAVAILABLE,
    NoHistoryError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The errors that answer a request which was not understood, or could not be answered."""


def checked(outcome: Outcome) -> Response:
    """The outcome of a run: 200 if it did all its work, whatever it found."""
    run = outcome.run
    if outcome.failure is None:
        advice = {"advice": outcome.advice} if outcome.advice else {}
        return found({"run_id": run.run_id, "trigger": run.trigger, "checks": outcome.checks, **advice})
    status = _STATUS[outcome.failure]
    detail = BUG if outcome.failure is Failure.BUG else outcome.detail
    log("run_failed", detail, Severity.ERROR, status=int(status), failure=outcome.failure)
    return problem(status, detail, run.run_id, outcome.checks)


def found(body: dict[str, Any]) -> Response:
    """Findings, good or bad: 200."""
    return _json(body, HTTPStatus.OK, "application/json")


def health(version: str) -> Response:
    """The function is alive."""
    return found({"status": "alive", "version": version})


def history(client: Client, settings: Settings, days: DateRange) -> Response:
    """The rows of each view over these dates. Raises WarehouseError."""
    return found({"start": days.first, "end": days.last, **read_queries(client, settings, dict.fromkeys(VIEWS, days))})


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


def refused(error: Exception, run_id: str, *, as_page: bool = False) -> Response:
    """One of REFUSALS, logged and answered. `as_page`: a person reads it in a browser."""
    status, detail = REFUSALS[type(error)], str(error)
    severity = Severity.ERROR if status.is_server_error else Severity.WARNING
    log("request_failed", detail, severity, status=int(status))
    if as_page:
        return page(*dashboard.refusal(status.phrase, detail, run_id), status)
    return problem(status, detail, run_id)


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
