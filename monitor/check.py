"""The job: observe, judge, decide, post, record. One date or four hundred, with the same number of BigQuery jobs.

Posting comes before recording, so that a crash can repeat an alert but never lose one.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from time import perf_counter
from traceback import format_exc
from typing import Any

from monitor.core.alerts import LOUD, TROUBLE, Alert, AlertStatus, PastCheck, last_told
from monitor.core.dates import DateRange, league_date
from monitor.core.verdict import DateVerdict, Status, judge
from monitor.heartbeat import beat
from monitor.history import Run, Trigger, history_row, past_checks
from monitor.logs import Severity, log, progress
from monitor.notify import notify, notify_not_recorded
from monitor.request import CheckRequest
from monitor.settings import Settings
from monitor.warehouse import Client, WarehouseError, append_history, read_own, read_sources

# Slack's share of a run: with the warehouse's it stays below the scheduler's deadline.
POSTING_SECONDS = 120
# A line of the log is cut at 256 KB; the row has all. https://cloud.google.com/logging/quotas
MOST_LOGGED = 50


class CheckError(Exception):
    """The check did not do all it had to. The message says what and what it means; `checks` is what is known."""

    def __init__(self, message: str, checks: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.checks = list(checks)


class CheckFailedError(CheckError):
    """The warehouse did not answer: the data, or what was told of it, is not known, or the row was not written."""


class AlertNotDeliveredError(CheckError):
    """Everything is known and written, but Slack did not take the alert."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What was asked, by whom and when, and of which dates."""

    settings: Settings
    request: CheckRequest
    run: Run
    today: date
    days: DateRange
    started: float


@dataclass(frozen=True, slots=True)
class _Memory:
    """The earlier checks of each date, or why they are not known."""

    past: Mapping[date, Sequence[PastCheck]] = field(default_factory=dict)
    error: str | None = None

    def of(self, day: date) -> Sequence[PastCheck]:
        return self.past.get(day, ())


def run_check(
    connect: Callable[[], Client],
    settings: Settings,
    request: CheckRequest,
    *,
    run_id: str,
    trigger: Trigger,
    now: datetime,
) -> dict[str, Any]:
    """Judge the dates of the request, post what is due, append a row per date, and return the caller's answer.

    Raises CheckFailedError and AlertNotDeliveredError, after everything else that could be done is done; a bug is
    told to Slack before it is raised.
    """
    if request.is_range and trigger is not Trigger.SCHEDULER:
        trigger = Trigger.BACKFILL
    today = league_date(now, settings.league_timezone)
    job = _Job(
        settings,
        request,
        Run(run_id, trigger, now, settings.monitor_version),
        today,
        request.days(today),
        perf_counter(),
    )
    try:
        answer = _run(connect, job)
    except CheckError:
        _beat(job, ok=False)
        raise
    except Exception as bug:
        _tell_of_bug(connect, job, bug)
        _beat(job, ok=False)
        raise
    # A follow-up that found nothing open has checked nothing: it must not hide a morning's run that never came.
    if answer["checks"]:
        _beat(job, ok=True)
    return answer


def _beat(job: _Job, *, ok: bool) -> None:
    if not job.request.dry_run:
        beat(job.settings, ok=ok)


def _run(connect: Callable[[], Client], job: _Job) -> dict[str, Any]:
    try:
        client = connect()
    except WarehouseError as error:
        return _conclude(None, job, _unknown_verdicts(job, str(error)), _Memory(error=str(error)))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="memory") as thread:
        remembering = thread.submit(_remember, client, job)
        if job.request.follow_up and (note := _nothing_open(job, remembering.result())):
            never_ran = not remembering.result().of(job.days.first)
            severity = Severity.WARNING if never_ran else Severity.INFO
            log("follow_up_skipped", note, severity, trigger=job.run.trigger)
            return {"run_id": job.run.run_id, "trigger": job.run.trigger, "checks": [], "note": note}
        progress(f"reading the sources for {job.days}")
        readings = read_sources(client, job.settings, job.days, job.run.run_id)
        memory = remembering.result()
    progress(f"judging {len(job.days)} dates")
    verdicts = judge(job.days, readings, job.settings.rules, now=job.run.now, today=job.today)
    bytes_processed = sum(reading.bytes_processed for reading in readings.all)
    return _conclude(client, job, verdicts, memory, bytes_processed)


def _remember(client: Client, job: _Job) -> _Memory:
    try:
        return _Memory(past_checks(read_own(client, job.settings, "memory", job.days)))
    except WarehouseError as error:
        return _Memory(error=str(error))


def _nothing_open(job: _Job, memory: _Memory) -> str | None:
    """Why a follow-up has nothing to look at; None when the newest check found trouble, or its alert is still open."""
    day = job.days.first
    past = memory.of(day)
    if memory.error:
        return None  # whether something is open is not known, so it is looked at
    if not past:
        return f"{day} has not been checked yet, so there is nothing to follow up; call without follow_up to check it"
    if past[-1].status in TROUBLE or last_told(past):
        return None
    return f"{day} is {past[-1].status}: nothing open, not checked again"


def _conclude(
    client: Client | None, job: _Job, verdicts: Sequence[DateVerdict], memory: _Memory, bytes_processed: int = 0
) -> dict[str, Any]:
    """Decide, post and record. `client` is None where there is no warehouse to write to."""
    if memory.error:
        warning = f"what was told before is not known, so this may be a repetition: {memory.error}"
        verdicts = [replace(verdict, warnings=(*verdict.warnings, warning)) for verdict in verdicts]
    alerts = _notify(job, verdicts, memory)
    duration_ms = round((perf_counter() - job.started) * 1000)
    rows = []
    for verdict, alert in zip(verdicts, alerts, strict=True):
        rows.append(history_row(verdict, alert, job.run, duration_ms=duration_ms, bytes_processed=bytes_processed))
        _log_date(rows[-1], verdict, alert)
    checks = [
        {**row, "alert": {"reason": alert.reason, "status": alert.status}}
        for row, alert in zip(rows, alerts, strict=True)
    ]
    if client and not job.request.dry_run:
        progress(f"writing {len(rows)} rows")
        try:
            append_history(client, job.settings, rows, job.run.run_id)
        except WarehouseError as error:
            _tell_not_recorded(job, verdicts, alerts, memory, str(error))
            unknown = "".join(f" {_unknown(verdict)}" for verdict in verdicts if verdict.error)[:1_000]
            raise CheckFailedError(f"For {job.days} {error}.{unknown}", checks) from error
    _raise_for(job, verdicts, alerts, memory, checks)
    log(
        "run_completed",
        f"checked {job.days}: {', '.join(f'{v.day} {v.status}' for v in verdicts[:7])}"
        f"{' …' if len(verdicts) > 7 else ''}",  # noqa: PLR2004 - a week
        trigger=job.run.trigger,
        dates=len(verdicts),
        dry_run=job.request.dry_run,
        follow_up=job.request.follow_up,
        duration_ms=duration_ms,
        bytes_processed=bytes_processed,
    )
    return {"run_id": job.run.run_id, "trigger": job.run.trigger, "checks": checks}


def _notify(job: _Job, verdicts: Sequence[DateVerdict], memory: _Memory) -> list[Alert]:
    """Post what is due of each date, until Slack fails or has taken its share of the time that a caller waits."""
    alerts: list[Alert] = []
    given_up, started = None, perf_counter()
    for verdict in verdicts:
        if perf_counter() - started > POSTING_SECONDS:
            given_up = f"posting took more than {POSTING_SECONDS} s; ask for fewer dates at once"
        past = memory.of(verdict.day)
        alerts.append(notify(verdict, past, job.settings, job.request, job.run, given_up=given_up))
        given_up = given_up or alerts[-1].error
    return alerts


def _tell_not_recorded(
    job: _Job, verdicts: Sequence[DateVerdict], alerts: Sequence[Alert], memory: _Memory, error: str
) -> None:
    """Tell Slack of a row that could not be written, unless it has just been told of the date, or has just failed."""
    told = alerts[0].status is AlertStatus.SENT and alerts[0].reason in LOUD
    # A range's caller is there to read the answer.
    if job.request.is_range or told or alerts[0].status is AlertStatus.FAILED:
        return
    alert = notify_not_recorded(verdicts[0], memory.of(job.days.first), error, job.settings, job.request, job.run)
    log("row_not_written", f"{error}; alert {alert.reason} {alert.status}", Severity.ERROR, error=alert.error)


def _tell_of_bug(connect: Callable[[], Client], job: _Job, bug: Exception) -> None:
    """Take the same way to Slack and the history, with a verdict that says nothing but that there was a bug."""
    error = f"a bug of the monitor, {type(bug).__name__}; the log of run {job.run.run_id} says where"
    client, memory = None, _Memory(error=error)
    try:
        client = connect()
        memory = _remember(client, job)
    except Exception:  # noqa: BLE001 - perhaps the very bug: it is told all the same
        log("bug", "a bug in reading what was told before", Severity.CRITICAL, stack_trace=format_exc())
    try:
        _conclude(client, job, _unknown_verdicts(job, error), memory)
    except CheckError as expected:
        log("run_failed", str(expected), Severity.ERROR)
    except Exception:  # noqa: BLE001 - the first bug is the one to answer; this one is for the log
        log("bug", "a bug on the way to tell of a bug", Severity.CRITICAL, stack_trace=format_exc())


def _unknown_verdicts(job: _Job, error: str) -> list[DateVerdict]:
    return [DateVerdict(day, Status.ERROR, error=error) for day in job.days]


def _raise_for(
    job: _Job, verdicts: Sequence[DateVerdict], alerts: Sequence[Alert], memory: _Memory, checks: list[dict[str, Any]]
) -> None:
    unknown = next((verdict for verdict in verdicts if verdict.error), None)
    if unknown:
        raise CheckFailedError(_unknown(unknown), checks)
    # A gap is told anyway, but whether the end of one has to be told is not known. A dry run tells nothing.
    if memory.error and not job.request.dry_run:
        raise CheckFailedError(
            f"The verdict on {job.days} stands, but what was told of it before is not known: {memory.error}.", checks
        )
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
        warnings=verdict.warnings[:MOST_LOGGED],
        warning_count=len(verdict.warnings),
        error=row["error"],
    )
