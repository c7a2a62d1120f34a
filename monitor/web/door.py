"""The routes: each has a handler, and every error an answer that says what happened.

main.py imports this in the background, and answers /health without it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from threading import Lock
from traceback import format_exc
from uuid import uuid4

from flask import Request, Response

from monitor.bigquery.client import connect
from monitor.bigquery.history import VIEWS, read_queries
from monitor.check import run_check
from monitor.core.dates import league_date
from monitor.logs import Severity, log, log_context, trace_field
from monitor.request import (
    CheckRequest,
    DashboardRequest,
    HistoryRequest,
    Run,
    Trigger,
    parse_request,
)
from monitor.settings import Settings
from monitor.web import answers, dashboard, outcomes

type _Handler = Callable[[Request, Settings, str], Response]

# Runs within a process are serial: two at once would both find the same gap unsent and send it twice.
_RUNS = Lock()

_client = cache(connect)


def answer(request: Request, settings: Settings) -> Response:
    """Answer any request. The answer to an error has the run's id."""
    run_id = uuid4().hex
    trace = trace_field(request.headers.get("X-Cloud-Trace-Context"), settings.gcp_project_id)
    job = {"scheduler_job": name} if (name := request.headers.get("X-CloudScheduler-JobName")) else {}
    as_page = request.path == "/dashboard"
    with log_context(run_id=run_id, **trace, **job):
        try:
            return _route(request, settings, run_id)
        except tuple(outcomes.REFUSALS) as error:
            return outcomes.refused(error, run_id, as_page=as_page)
        except Exception:  # noqa: BLE001 - a bug gets an answer too; its trace goes only to the log
            log("bug", "a bug: the request was not answered", Severity.CRITICAL, stack_trace=format_exc())
            return outcomes.told(HTTPStatus.INTERNAL_SERVER_ERROR, outcomes.BUG, run_id, as_page=as_page)


def _route(request: Request, settings: Settings, run_id: str) -> Response:
    methods = _ROUTES.get(request.path)
    if methods is None:
        return answers.problem(HTTPStatus.NOT_FOUND, f"Not found. Endpoints: {', '.join(_ROUTES)}.", run_id)
    if request.method not in methods:
        return answers.not_allowed(methods, run_id)
    return methods[request.method](request, settings, run_id)


def _check(request: Request, settings: Settings, run_id: str) -> Response:
    check, _ = _parse(CheckRequest, request, settings)
    trigger = Trigger.SCHEDULER if "X-CloudScheduler" in request.headers else Trigger.MANUAL
    with _RUNS:
        # Read the clock only after waiting, so that the history's times are in the order of its runs.
        run = Run(settings, check, run_id, trigger, now=datetime.now(UTC))
        return outcomes.checked(run_check(lambda: _client(settings), run))


def _history(request: Request, settings: Settings, _run_id: str) -> Response:
    asked, now = _parse(HistoryRequest, request, settings)
    days = asked.days(league_date(now, settings.league_timezone))
    rows = read_queries(_client(settings), settings, dict.fromkeys(VIEWS, days))
    return answers.found({"start": days.first, "end": days.last, **rows})


def _dashboard(request: Request, settings: Settings, _run_id: str) -> Response:
    asked, now = _parse(DashboardRequest, request, settings)
    return answers.page(*dashboard.page(_client(settings), settings, asked, now=now))


def _parse[R: (CheckRequest, HistoryRequest, DashboardRequest)](
    model: type[R], request: Request, settings: Settings
) -> tuple[R, datetime]:
    now = datetime.now(UTC)
    today = league_date(now, settings.league_timezone)
    return parse_request(model, dict(request.args.lists()), request.stream, today=today), now


_ROUTES: dict[str, dict[str, _Handler]] = {
    "/": {"GET": _check, "POST": _check},
    "/check-data-availability": {"GET": _check, "POST": _check},
    "/history": {"GET": _history},
    "/dashboard": {"GET": _dashboard},
    "/health": {"GET": lambda _request, settings, _run_id: answers.health(settings.monitor_version)},
    "/openapi.json": {"GET": lambda _request, _settings, _run_id: answers.openapi()},
    "/favicon.ico": {"GET": lambda _request, _settings, _run_id: answers.fixed(answers.ICON, "image/svg+xml")},
    "/robots.txt": {"GET": lambda _request, _settings, _run_id: answers.fixed(answers.ROBOTS, "text/plain")},
}
