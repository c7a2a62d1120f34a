"""Logs one JSON line per event to standard error, with the fields that Cloud Logging reads, or shows progress.

https://cloud.google.com/logging/docs/structured-logging#special-payload-fields
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_watcher: ContextVar[Callable[[str], None] | None] = ContextVar("log_watcher", default=None)
_context: ContextVar[dict[str, str] | None] = ContextVar("log_context", default=None)


class Severity(StrEnum):
    """The severities of Cloud Logging that the monitor uses."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Add these fields to every line logged inside the block."""
    token = _context.set({**(_context.get() or {}), **fields})
    try:
        yield
    finally:
        _context.reset(token)


@contextmanager
def watched(show: Callable[[str], None]) -> Iterator[None]:
    """Inside the block, show the slow steps to a person instead of logging lines."""
    token = _watcher.set(show)
    try:
        yield
    finally:
        _watcher.reset(token)


def progress(step: str) -> None:
    """Show the current step to whoever is watching. It is not logged."""
    if show := _watcher.get():
        show(step)


def log(event: str, message: str, severity: Severity = Severity.INFO, **fields: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write one line. `event` is a stable name to filter on, `message` a sentence for a person."""
    if _watcher.get():
        return
    line = {
        "severity": severity,
        "time": datetime.now(UTC).isoformat(),
        "event": event,
        "message": message,
        **(_context.get() or {}),
        **fields,
    }
    # One write, so that the lines of concurrent requests do not mix.
    sys.stderr.write(json.dumps(line, default=str) + "\n")
    sys.stderr.flush()


def trace_field(header: str | None, project: str) -> dict[str, str]:
    """The field by which Cloud Logging groups a request's lines, from its X-Cloud-Trace-Context header, if any."""
    trace = (header or "").partition("/")[0]
    return {"logging.googleapis.com/trace": f"projects/{project}/traces/{trace}"} if trace.isalnum() else {}
