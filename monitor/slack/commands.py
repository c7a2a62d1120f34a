"""What to do about a verdict: the steps in words, and the operator's commands, each in a block of its own to copy."""

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from monitor.core.alerts import TROUBLE, Channel, Decision, Reason
from monitor.core.coverage import Phase
from monitor.core.sources import Kind
from monitor.core.verdict import DateVerdict, Status
from monitor.settings import Settings
from monitor.slack.mrkdwn import code, escape

PROCESSED = "player_composite_factors"
"""The Phase 4 table that the suggested command fills. Which processors fill the others is unknown."""

_TOKEN = "TOKEN=$(gcloud auth print-identity-token)"  # noqa: S105 - a command that prints one
_AUTHORIZATION = '-H "Authorization: Bearer $TOKEN"'


def next_step(verdict: DateVerdict, decision: Decision) -> str:
    """What to do, in words; empty if nothing is known to help."""
    if decision.reason is Reason.NOT_RECORDED:
        return "check that the history table can be written and has its columns"
    schedules = ", ".join(source.name for source in verdict.sources if source.kind is Kind.SCHEDULE)
    tables = "check that BigQuery answers, and that the tables named above exist and can be read"
    return {
        Status.ERROR: tables if verdict.sources else "read the log of this run",
        Status.SCHEDULE_UNKNOWN: f"check that the schedule was loaded: {escape(schedules)}",
        Status.NO_PREDICTIONS: "start the prediction run",
        Status.MISSING_DATA: _phases(verdict),
        Status.PARTIAL_DATA: _phases(verdict),
    }.get(verdict.status, "")


def _phases(verdict: DateVerdict) -> str:
    """What to run; empty where Phase 3 could not be read, so that no phase is blamed."""
    if not verdict.stalled_phase:
        return ""
    first = "run Phase 3, then" if verdict.stalled_phase is Phase.PHASE_3 else "run"
    required = sum(source.kind is Kind.COVERAGE for source in verdict.sources)
    return f"{first} Phase 4{f' for {escape(", ".join(_short_in(verdict)))}' if required > 1 else ''}"


def commands(verdict: DateVerdict, decision: Decision, settings: Settings) -> list[str]:
    """The commands that are known, each under its name, as Slack shows them. By webhook, those needed first.

    The first that needs a token sets it for the others.
    """
    if verdict.status not in TROUBLE and decision.reason is not Reason.NOT_RECORDED:
        return []
    texts, token = [], [_TOKEN]
    for name, command in _commands(verdict, decision, settings):
        needs_token = _AUTHORIZATION in command
        texts.append(f"{name}\n{code(*(token if needs_token else []), command)}")
        token = [] if needs_token else token
    return texts


def _commands(verdict: DateVerdict, decision: Decision, settings: Settings) -> Iterator[tuple[str, str]]:
    day, stalled = str(verdict.day), verdict.stalled_phase
    if decision.reason is Reason.NOT_RECORDED:
        yield "*Compare the table with its schema*", "python -m monitor schema diff"
    if stalled is Phase.PHASE_3 and settings.phase3_url:
        days = {"start_date": day, "end_date": day, "processors": ["UpcomingPlayerGameContextProcessor"]}
        yield "*Run Phase 3*", _post(f"{settings.phase3_url}/process-date-range", {**days, "backfill_mode": True})
    phase4_is_next = stalled is Phase.PHASE_4 or (stalled and settings.channel is Channel.BOT)
    if phase4_is_next and settings.phase4_url and PROCESSED in _short_in(verdict):
        what = {"analysis_date": day, "processors": ["PlayerCompositeFactorsProcessor"]}
        # It answers 200 even when a processor fails.
        yield (
            "*Run Phase 4*, and read `results[].status`: a 200 can hide a failure",
            _post(f"{settings.phase4_url}/process-date", {**what, "strict_mode": False, "skip_dependency_check": True}),
        )
    yield (
        "*Check again*",
        f"curl {_AUTHORIZATION} {shlex.quote(f'{settings.monitor_url}/?date={day}')}"
        if settings.monitor_url
        else f"python -m monitor check --date {day}",
    )


def _short_in(verdict: DateVerdict) -> Sequence[str]:
    """The required sources in which some game is not ready."""
    return sorted({source for game in verdict.games for source in game.short_in})


def _post(url: str, body: dict[str, Any]) -> str:
    return f"curl {_AUTHORIZATION} -H 'Content-Type: application/json' -d '{json.dumps(body)}' {shlex.quote(url)}"
