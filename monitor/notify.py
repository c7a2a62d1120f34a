"""A verdict is told to Slack or is not: the decision, its message, and what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

from monitor.core.alerts import (
    LOUD,
    Alert,
    AlertStatus,
    Decision,
    Notify,
    PastCheck,
    Reason,
    decide,
    outcome_without_post,
)
from monitor.core.dates import league_date
from monitor.core.verdict import DateVerdict, Status
from monitor.history import Run
from monitor.message import compose, reply_of
from monitor.request import CheckRequest
from monitor.settings import Settings
from monitor.slack import DeliveryError, deliver


def notify(
    verdict: DateVerdict,
    past: Sequence[PastCheck],
    settings: Settings,
    request: CheckRequest,
    run: Run,
    *,
    given_up: str | None = None,
) -> Alert:
    """Post what is due. `past` are the date's earlier checks, oldest first.

    `given_up` says why Slack is not called any more in this run; then what is due has failed.
    """
    return _act(_decide(verdict, past, settings, request, run), verdict, settings, request, run, given_up)


def notify_not_recorded(
    verdict: DateVerdict, past: Sequence[PastCheck], error: str, settings: Settings, request: CheckRequest, run: Run
) -> Alert:
    """Post that the row of this verdict could not be written, under the rules of a monitor that failed."""
    unrecorded = replace(verdict, error="; ".join(filter(None, (error, verdict.error))))
    decision = _decide(replace(unrecorded, status=Status.ERROR), past, settings, request, run)
    if decision.reason in LOUD:
        decision = replace(decision, reason=Reason.NOT_RECORDED)
    return _act(decision, unrecorded, settings, request, run)


def _decide(
    verdict: DateVerdict, past: Sequence[PastCheck], settings: Settings, request: CheckRequest, run: Run
) -> Decision:
    return decide(
        verdict,
        past,
        now=run.now,
        today=league_date(run.now, settings.league_timezone),
        day_start=datetime.combine(verdict.day, time(), settings.league_timezone),
        predictions_start=settings.predictions_start(verdict.day),
        deadline_warning=settings.deadline_warning,
        silences=settings.silences,
        backfill=request.is_range,
        notify=request.notify,
        channel=settings.channel,
    )


def _act(
    decision: Decision,
    verdict: DateVerdict,
    settings: Settings,
    request: CheckRequest,
    run: Run,
    given_up: str | None = None,
) -> Alert:
    reason = decision.reason
    muted = request.dry_run or request.notify is Notify.NEVER
    if status := outcome_without_post(reason, channel=settings.channel, muted=muted):
        return Alert(reason, status)
    if given_up:
        return Alert(reason, AlertStatus.FAILED, given_up)
    message = compose(verdict, decision, settings, run_id=run.run_id, now=run.now)
    try:
        thread = deliver(settings, message, thread=decision.thread, reply=reply_of(message), broadcast=reason in LOUD)
    except DeliveryError as error:
        return Alert(reason, AlertStatus.FAILED, str(error))
    return Alert(reason, AlertStatus.SENT, thread=thread)
