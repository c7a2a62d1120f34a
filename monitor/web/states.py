"""How the page shows the core's words: a symbol, a word and colours per state, and a phrase per alert and trigger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from monitor.core.alerts import AlertStatus, Reason
from monitor.core.games import GameStatus
from monitor.core.readiness import Outcome
from monitor.core.sources import Kind
from monitor.core.verdict import Status
from monitor.core.words import NONE
from monitor.request import Trigger
from monitor.web.view import Row

NOT_RUN = "NOT_RUN"
"""The calendar's status for a date that was never checked. The core judges dates, so it has no such status."""

_LONGEST_WORD = 40


class State(NamedTuple):
    """How a status is shown. `css` is the class that has its colours in dashboard.css."""

    symbol: str
    word: str
    css: str


STATES: dict[str, State] = {
    Status.OK: State("✓", "ready", "o"),
    Status.PENDING: State("◔", "pending", "w"),
    Status.PARTIAL_DATA: State("◐", "partial", "p"),
    Status.MISSING_DATA: State("✗", "missing", "m"),
    Status.NO_PREDICTIONS: State("⊘", "no predictions", "q"),
    Status.NO_GAMES: State("—", "no games", "n"),
    Status.SCHEDULE_UNKNOWN: State("?", "schedule unknown", "s"),
    Status.EXPECTED_GAP: State("○", "expected gap", "g"),
    Status.ERROR: State("!", "error", "e"),
    NOT_RUN: State("□", "not run", "x"),
}
"""What a check found, and a date without a check."""

OUTCOMES: dict[str, State] = {
    Outcome.ON_TIME: State("✓", "on time", "o"),
    Outcome.LATE: State("◷", "late", "l"),
    Outcome.MISSED: State("⊗", "missed", "k"),
}
"""What became of a date against its deadline, best first."""

UNTIMED = State("•", "ready, time unknown", "r")
"""A date that is ready and was first looked at later, so whether that was in time is not known."""

STALE = State("◌", "not checked since", "v")
"""A date whose last check was before its data was due."""

CALENDAR: tuple[State, ...] = (
    *OUTCOMES.values(),
    *(state for status, state in STATES.items() if status != Status.OK),
    STALE,
    UNTIMED,
)
"""A date's states in the calendar, in the order of the legend."""

GAME_STATES: dict[str, State] = {
    GameStatus.MISSING: STATES[Status.MISSING_DATA],
    GameStatus.PARTIAL: STATES[Status.PARTIAL_DATA],
    GameStatus.UNKNOWN: State("?", "unknown", "s"),
    GameStatus.READY: STATES[Status.OK],
    GameStatus.EXCLUDED: State("—", "excluded", "n"),
}
"""A game's states, worst first."""

OTHER = State("‽", "other", "u")
"""A status that only a later version of the monitor, or somebody else, writes."""

KINDS: dict[str, str] = {
    Kind.SCHEDULE: "Schedule",
    Kind.CONTEXT: "Phase 3",
    Kind.COVERAGE: "Phase 4",
    Kind.PREDICTIONS: "Predictions",
}
"""The kinds of sources, in the order of the tables."""

_ALERTS: dict[str, str] = {
    AlertStatus.SENT: "✉ sent",
    AlertStatus.FAILED: "! not delivered",
    AlertStatus.NOT_NEEDED: "not needed",
    AlertStatus.SUPPRESSED: "held back",
}
_FIRST_WORDS: dict[str, str] = {
    Status.NO_PREDICTIONS: "no predictions",
    Status.SCHEDULE_UNKNOWN: "schedule suspect",
    Status.ERROR: "monitor failed",
}
_TRIGGERS: dict[str, str] = {
    Trigger.SCHEDULER: "by the scheduler",
    Trigger.MANUAL: "manually",
    Trigger.BACKFILL: "by a backfill",
    Trigger.CLI: "from the command line",
}


def date_state(status: str | None) -> State:
    """How a date's status is shown. An unknown status is shown as it is, shortened if it is long."""
    return STATES.get(status or "") or OTHER._replace(word=_short(status))


def day_state(date: Mapping[str, Any], now: datetime) -> State:
    """A date's outcome against its deadline; until it has one, and where nobody knows it, what the last check found.

    `date` has a status, an outcome and a due_at.
    """
    status, outcome = date["status"], date["outcome"]
    due = date["due_at"] is None or now >= date["due_at"]
    if status == NOT_RUN and not due:
        return STATES[Status.PENDING]
    if status == Status.PENDING and due:
        return STALE
    # Data that was there on time is no all-clear without predictions.
    if outcome in OUTCOMES and status != Status.NO_PREDICTIONS:
        return OUTCOMES[outcome]
    return UNTIMED if status == Status.OK else date_state(status)


def game_state(status: str | None) -> State:
    """The same for a game's status."""
    return GAME_STATES.get(status or "") or OTHER._replace(word=_short(status))


def how_bad(status: str | None) -> int:
    """Sorts games by status, worst first. An unknown status sorts like UNKNOWN."""
    order = list(GAME_STATES)
    return order.index(status if status in order else GameStatus.UNKNOWN)


def _short(status: str | None) -> str:
    word = status or "no status"
    return word if len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_WORD]}…"


def alert_words(check: Row) -> str:
    """What became of a check's alert, and why: `✉ sent: new gap`."""
    known = [_ALERTS.get(check["alert_status"], check["alert_status"]), reason_words(check)]
    return ": ".join(filter(None, known)) or NONE


def reason_words(check: Row) -> str:
    """`NEW_GAP` as `new gap`. The same reason opens every kind of alert, so the check's status says which."""
    if check["alert_reason"] == Reason.NEW_GAP and check["status"] in _FIRST_WORDS:
        return _FIRST_WORDS[check["status"]]
    return (check["alert_reason"] or "").replace("_", " ").lower()


def trigger_words(trigger: str) -> str:
    """Who or what started a run: `by the scheduler`."""
    return _TRIGGERS.get(trigger, f"by {trigger}")


def ready_words(row: Row, noun: str = "") -> str:
    """`0 of 6 ready`; empty if no game was expected or a count is unknown."""
    if not row["scheduled_games"] or row["phase4_ready"] is None:
        return ""
    return f"{row['phase4_ready']} of {row['scheduled_games']}{noun} ready"
