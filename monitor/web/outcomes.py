"""What became of a request as a response: the outcome of a run, or why the request was refused."""

from http import HTTPStatus

from flask import Response

from monitor.bigquery.client import WarehouseError
from monitor.bigquery.history import NoHistoryError
from monitor.check import Failure, Outcome
from monitor.logs import Severity, log
from monitor.request import RequestError
from monitor.web import answers, dashboard

BUG = "A bug in the monitor. Search the log for this run's id."

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
        return answers.found({"run_id": run.run_id, "trigger": run.trigger, "checks": outcome.checks, **advice})
    status = _STATUS[outcome.failure]
    detail = BUG if outcome.failure is Failure.BUG else outcome.detail
    log("run_failed", detail, Severity.ERROR, status=int(status), failure=outcome.failure)
    return answers.problem(status, detail, run.run_id, outcome.checks)


def refused(error: Exception, run_id: str, *, as_page: bool = False) -> Response:
    """One of REFUSALS, logged and answered."""
    status, detail = REFUSALS[type(error)], str(error)
    severity = Severity.ERROR if status.is_server_error else Severity.WARNING
    log("request_failed", detail, severity, status=int(status))
    return told(status, detail, run_id, as_page=as_page)


def told(status: HTTPStatus, detail: str, run_id: str, *, as_page: bool) -> Response:
    """Why there is no answer: as a page where a person reads it in a browser, else as a problem document."""
    if as_page:
        return answers.page(*dashboard.refusal(status.phrase, detail, run_id), status)
    return answers.problem(status, detail, run_id)
