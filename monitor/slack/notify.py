"""Sends a verdict to Slack, or does not: the decision, the message, and what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from monitor.core.alerts import (
    LOUD,
    Alert,
    AlertStatus,
    Decision,
    Moment,
    Notify,
    Policy,
    Reason,
    decide,
    outcome_without_post,
)
from monitor.core.history import Check, History
from monitor.core.verdict import DateVerdict, Status
from monitor.request import Run
from monitor.slack.client import DeliveryError, deliver
from monitor.slack.message import compose

# Slack's share of a run. Together with BigQuery's it stays below the scheduler's deadline.
POSTING_SECONDS = 120


def notify(verdicts: Sequence[DateVerdict], history: History, run: Run) -> list[Alert]:
    """Post what is due for each date.

    After the first failure, or once Slack has used up its share of the caller's time, what is due has failed.
    """
    alerts: list[Alert] = []
    given_up, started = None, perf_counter()
    for verdict in verdicts:
        if perf_counter() - started > POSTING_SECONDS:
            given_up = f"posting took more than {POSTING_SECONDS} s; ask for fewer dates at once"
        decision = _decide(verdict, history.of(verdict.day), run)
        alerts.append(_act(decision, verdict, history, run, given_up))
        given_up = given_up or alerts[-1].error
    return alerts


def notify_not_recorded(verdict: DateVerdict, history: History, error: str, run: Run) -> Alert:
    """Post that the row of this verdict could not be written, under the rules of a monitor that failed."""
    unrecorded = replace(verdict, error="; ".join(filter(None, (error, verdict.error))))
    decision = _decide(replace(unrecorded, status=Status.ERROR), history.of(verdict.day), run)
    if decision.reason in LOUD:
        decision = replace(decision, reason=Reason.NOT_RECORDED)
    return _act(decision, unrecorded, history, run, given_up=None)


def _decide(verdict: DateVerdict, history: Sequence[Check], run: Run) -> Decision:
    settings = run.settings
    moment = Moment(run.now, run.today, settings.deadlines)
    policy = Policy(
        settings.deadline_warning, settings.silences, settings.channel, run.request.notify, run.request.is_range
    )
    return decide(verdict, history, moment, policy)


def _act(decision: Decision, verdict: DateVerdict, history: History, run: Run, given_up: str | None) -> Alert:
    reason, settings = decision.reason, run.settings
    muted = run.request.dry_run or run.request.notify is Notify.NEVER
    if status := outcome_without_post(reason, channel=settings.channel, muted=muted):
        return Alert(reason, status)
    if given_up:
        return Alert(reason, AlertStatus.FAILED, given_up)
    messages = compose(verdict, decision, history.readiness_before(verdict.day), run)
    try:
        thread = deliver(settings, messages, thread=decision.thread, broadcast=reason in LOUD)
    except DeliveryError as error:
        return Alert(reason, AlertStatus.FAILED, str(error))
    return Alert(reason, AlertStatus.SENT, thread=thread)
