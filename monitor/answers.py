"""What the door sends back: JSON, or a problem document (RFC 9457) for every kind of error.

A problem says what happened and what to do, with the run's id, and never a stack trace.
"""

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response

from monitor.check import AlertNotDeliveredError, CheckError, CheckFailedError
from monitor.logs import Severity, log
from monitor.request import RequestError
from monitor.warehouse import NoHistoryError, WarehouseError

STATUS: dict[type[Exception], HTTPStatus] = {
    RequestError: HTTPStatus.BAD_REQUEST,
    AlertNotDeliveredError: HTTPStatus.BAD_GATEWAY,
    CheckFailedError: HTTPStatus.SERVICE_UNAVAILABLE,
    WarehouseError: HTTPStatus.SERVICE_UNAVAILABLE,
    NoHistoryError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def found(body: dict[str, Any]) -> Response:
    """What was found: 200, good or bad."""
    return _json(body, HTTPStatus.OK, "application/json")


def problem(status: HTTPStatus, detail: str, run_id: str, checks: Sequence[dict[str, Any]] = ()) -> Response:
    """What went wrong, and the checks as far as they are known."""
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, "run_id": run_id}
    return _json({**body, **({"checks": checks} if checks else {})}, status, "application/problem+json")


def explained(error: Exception, run_id: str) -> Response:
    """One of the errors in STATUS, logged and told."""
    status = STATUS[type(error)]
    event = "run_failed" if isinstance(error, CheckError) else "request_failed"
    severity = Severity.ERROR if status.is_server_error else Severity.WARNING
    log(event, str(error), severity, status=int(status))
    return problem(status, str(error), run_id, getattr(error, "checks", ()))


def not_allowed(methods: Iterable[str], run_id: str) -> Response:
    """The address is known, the method is none of its own."""
    allowed = ", ".join(methods)
    response = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"This address takes {allowed} only.", run_id)
    response.headers["Allow"] = allowed
    return response


def _json(body: dict[str, Any], status: HTTPStatus, mimetype: str) -> Response:
    # Rows read back from BigQuery hold dates and times, and in columns that are not the monitor's anything.
    text = json.dumps(body, indent=2, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v))
    return Response(f"{text}\n", status, mimetype=mimetype)
