"""The Cloud Function. Each route has a handler, and every error an answer that says what happened."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from os import environ
from threading import Lock
from traceback import format_exc
from uuid import uuid4

from monitor.boot import booting

with booting() as booted:
    import functions_framework
    from flask import Request, Response, request

    from monitor.bigquery.client import connect
    from monitor.check import run_check
    from monitor.core.dates import league_date
    from monitor.logs import Severity, log, log_context, trace_field
    from monitor.request import CheckRequest, DashboardRequest, HistoryRequest, Run, Trigger, parse_request
    from monitor.settings import load_settings
    from monitor.web import answers, dashboard

    SETTINGS = load_settings(environ)
    booted(SETTINGS.monitor_version, SETTINGS.model_dump())

# Runs within a process are serial: two at once would both find the same gap unsent and send it twice.
_RUNS = Lock()

_client = cache(lambda: connect(SETTINGS))  # on first use: /health does no I/O


@functions_framework.http
def check_data_availability(request: Request) -> Response:
    """Answer any request. The answer to an error has the run's id."""
    run_id = uuid4().hex
    trace = trace_field(request.headers.get("X-Cloud-Trace-Context"), SETTINGS.gcp_project_id)
    job = {"scheduler_job": name} if (name := request.headers.get("X-CloudScheduler-JobName")) else {}
    with log_context(run_id=run_id, **trace, **job):
        try:
            return _route(request, run_id)
        except tuple(answers.REFUSALS) as error:
            return answers.refused(error, run_id, as_page=request.path == "/dashboard")
        except Exception:  # noqa: BLE001 - a bug gets an answer too; its trace goes only to the log
            log("bug", "a bug: the request was not answered", Severity.CRITICAL, stack_trace=format_exc())
            return answers.problem(HTTPStatus.INTERNAL_SERVER_ERROR, answers.BUG, run_id)


@functions_framework.errorhandler(HTTPStatus.NOT_FOUND)  # type: ignore[untyped-decorator]  # the framework's own
def _reserved(_error: Exception) -> object:
    """The framework keeps /favicon.ico and /robots.txt from the function: it has an error of its own for them."""
    return check_data_availability(request)


def _route(request: Request, run_id: str) -> Response:
    methods = _ROUTES.get(request.path)
    if methods is None:
        return answers.problem(HTTPStatus.NOT_FOUND, f"Not found. Endpoints: {', '.join(_ROUTES)}.", run_id)
    if request.method not in methods:
        return answers.not_allowed(methods, run_id)
    return methods[request.method](request, run_id)


def _check(request: Request, run_id: str) -> Response:
    check, _ = _parse(CheckRequest, request)
    trigger = Trigger.SCHEDULER if "X-CloudScheduler" in request.headers else Trigger.MANUAL
    with _RUNS:
        # Read the clock only after waiting, so that the history's times are in the order of its runs.
        return answers.checked(run_check(_client, Run(SETTINGS, check, run_id, trigger, now=datetime.now(UTC))))


def _history(request: Request, _run_id: str) -> Response:
    asked, now = _parse(HistoryRequest, request)
    return answers.history(_client(), SETTINGS, asked.days(league_date(now, SETTINGS.league_timezone)))


def _dashboard(request: Request, _run_id: str) -> Response:
    asked, now = _parse(DashboardRequest, request)
    return answers.page(*dashboard.page(_client(), SETTINGS, asked, now=now))


def _parse[R: (CheckRequest, HistoryRequest, DashboardRequest)](model: type[R], request: Request) -> tuple[R, datetime]:
    now = datetime.now(UTC)
    today = league_date(now, SETTINGS.league_timezone)
    return parse_request(model, dict(request.args.lists()), request.stream, today=today), now


_ROUTES: dict[str, dict[str, Callable[[Request, str], Response]]] = {
    "/": {"GET": _check, "POST": _check},
    "/check-data-availability": {"GET": _check, "POST": _check},
    "/history": {"GET": _history},
    "/dashboard": {"GET": _dashboard},
    "/health": {"GET": lambda _request, _run_id: answers.health(SETTINGS.monitor_version)},
    "/openapi.json": {"GET": lambda _request, _run_id: answers.openapi()},
    "/favicon.ico": {"GET": lambda _request, _run_id: answers.fixed(answers.ICON, "image/svg+xml")},
    "/robots.txt": {"GET": lambda _request, _run_id: answers.fixed(answers.ROBOTS, "text/plain")},
}
