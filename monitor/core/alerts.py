"""Whether a verdict is told to Slack, as a named reason that is logged and stored.

A decision from its arguments alone: the verdict, the dates and what the caller asked for.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from monitor.core.verdict import DateVerdict, Status

TROUBLE = frozenset({Status.MISSING_DATA, Status.PARTIAL_DATA, Status.SCHEDULE_UNKNOWN, Status.ERROR})
"""The statuses that somebody has to know of."""


class Notify(StrEnum):
    """What the caller asked for: as the reasons say, the state whatever it is, or nothing."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Reason(StrEnum):
    """Why a message is sent, or why none is."""

    NEW_GAP = "NEW_GAP"
    REQUESTED = "REQUESTED"
    ALL_GOOD = "ALL_GOOD"
    EXPECTED_GAP = "EXPECTED_GAP"
    PAST_DATE = "PAST_DATE"
    NO_CHANNEL = "NO_CHANNEL"


class AlertStatus(StrEnum):
    """What became of the alert. The words are a contract."""

    SENT = "sent"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Alert:
    """The decision on one date and what became of it. `error` says why a post failed."""

    reason: Reason
    status: AlertStatus
    error: str | None = None


def decide(verdict: DateVerdict, *, today: date, backfill: bool, notify: Notify, has_channel: bool) -> Reason:
    """Why this verdict is told, or is not. `today` is the league's date; a range of dates is a backfill."""
    trouble = verdict.status in TROUBLE
    if trouble and verdict.day >= today and not backfill:
        return Reason.NEW_GAP if has_channel else Reason.NO_CHANNEL
    if notify is Notify.ALWAYS:
        return Reason.REQUESTED if has_channel else Reason.NO_CHANNEL
    # Backfills record, they do not shout: nobody can act on them this morning.
    if trouble:
        return Reason.PAST_DATE
    return Reason.EXPECTED_GAP if verdict.status is Status.EXPECTED_GAP else Reason.ALL_GOOD


def outcome_without_post(reason: Reason, *, muted: bool) -> AlertStatus | None:
    """The alert's status where nothing is posted, None where a message is due. `muted`: a dry run, or notify=never."""
    if reason in {Reason.ALL_GOOD, Reason.EXPECTED_GAP}:
        return AlertStatus.NOT_NEEDED
    if muted or reason in {Reason.PAST_DATE, Reason.NO_CHANNEL}:
        return AlertStatus.SUPPRESSED
    return None


def fingerprint(verdict: DateVerdict) -> str:
    """Sixteen hex digits that stay the same while the status and every game's state do."""
    games = sorted(f"{'-'.join(sorted(game.game.teams))}={game.status}" for game in verdict.games)
    return sha256("\n".join([verdict.status, *games]).encode()).hexdigest()[:16]
