"""The job: observe, judge, decide, post, record. One date or four hundred take the same number of BigQuery jobs.

Posting comes before recording, so a crash can repeat an alert but never lose one.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from time import perf_counter
from traceback import format_exc
from typing import Any

from monitor.bigquery.client import Client, WarehouseError
from monitor.bigquery.history import append_rows, history_row, read_checks
from monitor.bigquery.sources import read_sources
from monitor.core.alerts import LOUD, TROUBLE, Alert, AlertStatus
from monitor.core.history import History
from monitor.core.readiness import advice
from monitor.core.verdict import DateVerdict, Status, judge
from monitor.heartbeat import beat
from monitor.logs import Severity, log, progress
from monitor.request import Run, Trigger

# Cloud Logging cuts a line at 256 KB; the row has every warning. https://cloud.google.com/logging/quotas
MOST_LOGGED = 50
_LOGGED = "check_date status scheduled_games phase4_ready stalled_phase alert_reason alert_status error".split()


class Failure(StrEnum):
    """What a run could not do. Each is a reason to call again."""

    UNKNOWN = "unknown"  # the data status, or what was sent before, could not be found out
    NOT_RECORDED = "not_recorded"
    NOT_DELIVERED = "not_delivered"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found and did. `checks` are the rows, each with its alert, as far as they are known.

    With a `failure`, `detail` says what happened, what it means and what to do. `advice` says how to be spared alerts
    that close by themselves.
    """

    run: Run
    checks: Sequence[dict[str, Any]] = ()
    failure: Failure | None = None
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class _Findings:
    """A verdict per date, and what earlier checks found. `unread` says why a range of them cannot be relied on."""

    verdicts: Sequence[DateVerdict]
    history: History
    bytes_processed: int = 0
    unread: str = ""


def run_check(connect: Callable[[], Client], run: Run) -> Outcome:
    """Judge the dates of the request, post what is due, and append a row per date. Failures are in the outcome."""
    if run.request.is_range and run.trigger is not Trigger.SCHEDULER:
        run = replace(run, trigger=Trigger.BACKFILL)
    outcome = _run(connect, run)
    # A question about another day must not hide a morning run that never came.
    if not run.request.dry_run and (run.trigger is Trigger.SCHEDULER or run.today in run.days):
        beat(run.settings, ok=outcome.failure is None)
    return outcome


def _run(connect: Callable[[], Client], run: Run) -> Outcome:
    started, bug = perf_counter(), ""
    # A bug takes the same way to Slack and the history: with ever fewer findings, until one gets through.
    for find in (_observe, _give_up, partial(_give_up, history=History(error="a bug kept it from being read"))):
        try:
            findings = find(connect, run, bug)
            # A failed backfill must not cover what was known. A single date has its row, whatever it says.
            if unread := (bug or findings.unread) if run.request.is_range else "":
                detail = f"{run.days} cannot be judged: {unread}. No row was written; fix the cause and ask again."
                outcome = Outcome(run, failure=Failure.UNKNOWN, detail=detail)
            else:
                outcome = _conclude(connect, run, findings, started)
        except Exception as error:  # noqa: BLE001 - the one place that catches a bug: it is sent, recorded and answered
            log("bug", "a bug: data status unknown", Severity.CRITICAL, stack_trace=format_exc())
            bug = bug or f"a bug in the monitor, {type(error).__name__}; see the log of run {run.run_id}"
        else:
            return replace(outcome, failure=Failure.BUG) if bug else outcome
    return Outcome(run, failure=Failure.BUG, detail=bug)


def _observe(connect: Callable[[], Client], run: Run, _bug: str) -> _Findings:
    """Read the sources and the history side by side, and judge."""
    try:
        client = connect()
    except WarehouseError as error:
        return _Findings(_unknown_verdicts(run, str(error)), History(error=str(error)), unread=str(error))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="history") as thread:
        reading = thread.submit(_read_history, client, run)
        progress(f"reading the sources for {run.days}")
        readings = read_sources(client, run)
        history = reading.result()
    progress(f"judging {len(run.days)} dates")
    verdicts = judge(run.days, readings, run.settings.rules, history.checks, now=run.now, today=run.today)
    return _Findings(verdicts, history, readings.bytes_processed, readings.unread(run.settings.schedule_authority))


def _give_up(connect: Callable[[], Client], run: Run, bug: str, history: History | None = None) -> _Findings:
    """After a bug nothing is known but the history, and after a second bug not even that."""
    return _Findings(_unknown_verdicts(run, bug), history or _read_history(connect(), run))


def _read_history(client: Client, run: Run) -> History:
    try:
        return read_checks(client, run.settings, run.days)
    except WarehouseError as error:
        return History(error=str(error))


def _unknown_verdicts(run: Run, error: str) -> list[DateVerdict]:
    return [DateVerdict(day, Status.ERROR, error=error) for day in run.days]


def _conclude(connect: Callable[[], Client], run: Run, findings: _Findings, started: float) -> Outcome:
    """Decide, post and record."""
    from monitor.slack.notify import notify, notify_not_recorded  # noqa: PLC0415 - comes during the first queries

    verdicts = findings.verdicts
    if findings.history.error:
        warning = f"what was sent before is unknown, so this may be a repetition: {findings.history.error}"
        verdicts = [replace(verdict, warnings=(*verdict.warnings, warning)) for verdict in verdicts]
    alerts = notify(verdicts, findings.history, run)
    figures: dict[str, Any] = {
        "duration_ms": round((perf_counter() - started) * 1000),
        "bytes_processed": findings.bytes_processed,
    }
    rows = [history_row(verdict, alert, run, **figures) for verdict, alert in zip(verdicts, alerts, strict=True)]
    for row in rows:
        _log_row(row)
    not_recorded = None if run.request.dry_run else _record(connect, run, rows)
    # One message is enough, and a Slack that has just failed is not asked.
    told = alerts[0].status is AlertStatus.FAILED or (alerts[0].status is AlertStatus.SENT and alerts[0].reason in LOUD)
    if not_recorded and not told:
        alert = notify_not_recorded(verdicts[0], findings.history, not_recorded, run)
        log(
            "row_not_written", f"{not_recorded}; alert {alert.reason} {alert.status}", Severity.ERROR, error=alert.error
        )
    failure, detail = _failure(run, findings, alerts, not_recorded)
    if failure is None:
        statuses = ", ".join(f"{verdict.day} {verdict.status}" for verdict in verdicts[:7])
        log(
            "run_completed",
            f"checked {run.days}: {statuses}{' …' if len(rows) > 7 else ''}",  # noqa: PLR2004 - a week
            trigger=run.trigger,
            dates=len(rows),
            dry_run=run.request.dry_run,
            local_time=run.scheduler_time,  # tells which run was the morning's
            **figures,
        )
    alerted = [{"reason": alert.reason, "status": alert.status} for alert in alerts]
    checks = [{**row, "alert": alert} for row, alert in zip(rows, alerted, strict=True)]
    advised = advice(findings.history.readiness_before(run.days.first), run.settings.league_timezone)
    return Outcome(run, checks, failure, detail, str(advised or ""))


def _record(connect: Callable[[], Client], run: Run, rows: Sequence[dict[str, Any]]) -> str | None:
    """Append the rows; returns why that failed. A bug here must not repeat what has just been posted."""
    progress(f"writing {len(rows)} rows")
    try:
        append_rows(connect(), run.settings, rows, run.run_id)
    except WarehouseError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a bug gets the same way out
        log("bug", "a bug: the row was not written", Severity.CRITICAL, stack_trace=format_exc())
        return f"the history row could not be written: a bug in the monitor, {type(error).__name__}"
    return None


def _failure(
    run: Run, findings: _Findings, alerts: Sequence[Alert], not_recorded: str | None
) -> tuple[Failure | None, str]:
    """The worst thing that the run could not do, with what it means and what to do."""
    unknown = [
        f"The data status of {verdict.day} is unknown: {verdict.error}. "
        "This is not an all-clear; fix the cause and check again."
        for verdict in findings.verdicts
        if verdict.error
    ]
    if not_recorded:
        return Failure.NOT_RECORDED, " ".join([f"For {run.days} {not_recorded}.", *unknown])[:1_500]
    if unknown:
        return Failure.UNKNOWN, unknown[0]
    # A gap is sent anyway, but the end of an alert may have gone unnoticed. A dry run sends nothing.
    if findings.history.error and not run.request.dry_run:
        detail = f"The verdict on {run.days} stands, but what was sent before is unknown: {findings.history.error}."
        return Failure.UNKNOWN, detail
    undelivered = next((alert.error for alert in alerts if alert.status is AlertStatus.FAILED), None)
    if undelivered:
        return Failure.NOT_DELIVERED, f"The verdict stands and is recorded, but Slack did not get it: {undelivered}."
    return None, ""


def _log_row(row: dict[str, Any]) -> None:
    failing = row["status"] in TROUBLE or any(source["error"] for source in row["sources"])
    severity = Severity.ERROR if row["error"] else Severity.WARNING if failing else Severity.INFO
    ready, expected = row["phase4_ready"], row["scheduled_games"]
    counts = "number of ready games unknown" if ready is None else f"{ready} of {expected} games ready"
    log(
        "date_judged",
        f"{row['check_date']} {row['status']}: {counts}; alert {row['alert_reason']} {row['alert_status']}",
        severity,
        warnings=row["warnings"][:MOST_LOGGED],
        warning_count=len(row["warnings"]),
        **{name: row[name] for name in _LOGGED},
    )
