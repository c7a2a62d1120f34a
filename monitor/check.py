"""The job: observe, judge, decide, post, record. One date or four hundred, with the same number of BigQuery jobs.

Posting comes before recording, so that a crash can repeat an alert but never lose one.
"""

from collections.abc import Sequence
from datetime import datetime
from time import perf_counter
from typing import Any

from monitor.core.alerts import TROUBLE, Alert, AlertStatus, Notify, Reason, decide, outcome_without_post
from monitor.core.dates import DateRange, league_date
from monitor.core.verdict import DateVerdict, judge
from monitor.history import Run, Trigger, history_row
from monitor.logs import Severity, log
from monitor.message import compose
from monitor.request import CheckRequest
from monitor.settings import Settings
from monitor.slack import DeliveryError, has_channel, post
from monitor.warehouse import Client, WarehouseError, append_history, read_history, read_sources


class CheckError(Exception):
    """The check did not do all it had to. The message says what and what it means; `checks` is what is known."""

    def __init__(self, message: str, checks: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.checks = list(checks)


class CheckFailedError(CheckError):
    """The warehouse did not answer: nothing is known of the data, or the row was not written."""


class AlertNotDeliveredError(CheckError):
    """Everything is known and written, but Slack did not take the alert."""


def run_check(
    client: Client, settings: Settings, request: CheckRequest, *, run_id: str, trigger: Trigger, now: datetime
) -> dict[str, Any]:
    """Judge the dates of the request, post what is due, append a row per date, and return the caller's answer.

    Raises CheckFailedError and AlertNotDeliveredError, after everything else that could be done is done.
    """
    started = perf_counter()
    today = league_date(now, settings.league_timezone)
    days = request.days(today)
    if request.is_range and trigger is not Trigger.SCHEDULER:
        trigger = Trigger.BACKFILL
    answer: dict[str, Any] = {"run_id": run_id, "trigger": trigger, "checks": []}
    if request.follow_up and (note := _nothing_open(client, settings, days)):
        log("follow_up_skipped", note, trigger=trigger)
        return {**answer, "note": note}

    readings = read_sources(client, settings, days, run_id)
    run = Run(run_id, trigger, now, sum(reading.bytes_processed for reading in readings.all))
    verdicts = judge(days, readings, settings.rules, now=now, today=today)
    muted = request.dry_run or request.notify is Notify.NEVER
    alerts = []
    for verdict in verdicts:
        reason = decide(
            verdict,
            today=today,
            backfill=request.is_range,
            notify=request.notify,
            has_channel=has_channel(settings),
        )
        status = outcome_without_post(reason, muted=muted)
        alerts.append(Alert(reason, status) if status else _post(verdict, reason, settings, run))
    duration_ms = round((perf_counter() - started) * 1000)
    rows = [history_row(v, a, run, duration_ms=duration_ms) for v, a in zip(verdicts, alerts, strict=True)]
    for row, verdict, alert in zip(rows, verdicts, alerts, strict=True):
        _log_date(row, verdict, alert)
    answer["checks"] = [
        {**row, "alert": {"reason": alert.reason, "status": alert.status}}
        for row, alert in zip(rows, alerts, strict=True)
    ]
    if not request.dry_run:
        try:
            append_history(client, settings, rows, run_id)
        except WarehouseError as error:
            unknown = "".join(f" {_unknown(verdict)}" for verdict in verdicts if verdict.error)[:1_000]
            raise CheckFailedError(f"For {days} {error}.{unknown}", answer["checks"]) from error
    _raise_for(verdicts, alerts, answer["checks"])
    log(
        "run_completed",
        f"checked {days}: {', '.join(f'{v.day} {v.status}' for v in verdicts[:7])}{' …' if len(verdicts) > 7 else ''}",  # noqa: PLR2004 - a week
        trigger=trigger,
        dates=len(verdicts),
        dry_run=request.dry_run,
        duration_ms=duration_ms,
        bytes_processed=run.bytes_processed,
    )
    return answer


def _nothing_open(client: Client, settings: Settings, days: DateRange) -> str | None:
    """Why a follow-up has nothing to look at; None when the date's newest check found trouble."""
    try:
        newest = read_history(client, settings, days)
    except WarehouseError as error:
        raise CheckFailedError(f"Whether {days} has an open gap is not known: {error}.") from error
    if not newest:
        return f"{days} has not been checked yet, so there is nothing to follow up; call without follow_up to check it"
    status = newest[0]["status"]
    return None if status in TROUBLE else f"{days} is {status}: nothing open, not checked again"


def _post(verdict: DateVerdict, reason: Reason, settings: Settings, run: Run) -> Alert:
    try:
        post(settings, compose(verdict, settings, run_id=run.run_id, now=run.now))
    except DeliveryError as error:
        return Alert(reason, AlertStatus.FAILED, str(error))
    return Alert(reason, AlertStatus.SENT)


def _raise_for(verdicts: Sequence[DateVerdict], alerts: Sequence[Alert], checks: list[dict[str, Any]]) -> None:
    unknown = next((verdict for verdict in verdicts if verdict.error), None)
    if unknown:
        raise CheckFailedError(_unknown(unknown), checks)
    failed = next((alert for alert in alerts if alert.status is AlertStatus.FAILED), None)
    if failed:
        raise AlertNotDeliveredError(
            f"The verdict stands and is written to the history, but nobody was told: {failed.error}.", checks
        )


def _unknown(verdict: DateVerdict) -> str:
    return (
        f"Whether the data of {verdict.day} is there is not known: {verdict.error}. "
        "This is not an all-clear; mend the cause and check again."
    )


def _log_date(row: dict[str, Any], verdict: DateVerdict, alert: Alert) -> None:
    severity = Severity.WARNING if verdict.status in TROUBLE else Severity.INFO
    if any(source.error for source in verdict.sources):
        severity = Severity.WARNING
    if verdict.error or alert.error:
        severity = Severity.ERROR
    ready, expected = row["phase4_ready"], row["scheduled_games"]
    counts = "not known how many games are ready" if ready is None else f"{ready} of {expected} games ready"
    log(
        "date_judged",
        f"{verdict.day} {verdict.status}: {counts}; alert {alert.reason} {alert.status}",
        severity,
        check_date=row["check_date"],
        status=verdict.status,
        scheduled_games=expected,
        phase4_ready=ready,
        stalled_phase=verdict.stalled_phase,
        alert_reason=alert.reason,
        alert_status=alert.status,
        warnings=verdict.warnings,
        error=row["error"],
    )
