"""How the page shows the core's words: a symbol, a word and colours per status, and a phrase per alert and trigger."""

from typing import NamedTuple

from monitor.core.alerts import AlertStatus
from monitor.core.games import GameStatus
from monitor.core.readiness import Outcome
from monitor.core.sources import Kind
from monitor.core.verdict import Status
from monitor.request import Trigger
from monitor.web.view import Row
from monitor.words import NONE

NOT_RUN = "NOT_RUN"
"""The calendar's status for a date that was never checked. The core judges dates, so it has no such status."""

_LONGEST_WORD = 40


class State(NamedTuple):
    """How a status is shown. `css` is the class that has its colours in dashboard.css."""

    symbol: str
    word: str
    css: str
    sentence: str = "Unknown status"


STATES: dict[str, State] = {
    Status.OK: State("✓", "ready", "o", "All data is available"),
    Status.PENDING: State("◔", "pending", "w", "Data is not due yet"),
    Status.PARTIAL_DATA: State("◐", "partial", "p", "Data is incomplete"),
    Status.MISSING_DATA: State("✗", "missing", "m", "Data is missing"),
    Status.NO_PREDICTIONS: State("⊘", "no predictions", "q", "All data is available, but predictions are missing"),
    Status.NO_GAMES: State("—", "no games", "n", "No games, so no data is expected"),
    Status.SCHEDULE_UNKNOWN: State(
        "?", "schedule unknown", "s", "There may be more games than are listed: not an all-clear"
    ),
    Status.EXPECTED_GAP: State("○", "expected gap", "g", "Data is missing during a declared gap"),
    Status.ERROR: State("!", "error", "e", "The monitor failed: data status unknown"),
    NOT_RUN: State("□", "not run", "x", "No check on record for this date"),
}
"""A date's states, in the order of the legend."""

LATE: dict[str, State] = {
    Outcome.LATE: State("◷", "ready late", "l"),
    Outcome.MISSED: State("⊗", "ready too late", "k"),
}
"""A date that is ready now, and was not when it was due: late, or only after predictions started."""

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
_TRIGGERS: dict[str, str] = {
    Trigger.SCHEDULER: "by the scheduler",
    Trigger.MANUAL: "manually",
    Trigger.BACKFILL: "by a backfill",
    Trigger.CLI: "from the command line",
}


def date_state(status: str | None) -> State:
    """How a date's status is shown. An unknown status is shown as it is, shortened if it is long."""
    return STATES.get(status or "") or OTHER._replace(word=_short(status))


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
    known = [_ALERTS.get(check["alert_status"], check["alert_status"]), reason_words(check["alert_reason"])]
    return ": ".join(filter(None, known)) or NONE


def reason_words(reason: str | None) -> str:
    """`NEW_GAP` as `new gap`."""
    return (reason or "").replace("_", " ").lower()


def trigger_words(trigger: str) -> str:
    """Who or what started a run: `by the scheduler`."""
    return _TRIGGERS.get(trigger, f"by {trigger}")


def ready_words(row: Row, noun: str = "") -> str:
    """`0 of 6 ready`; empty if no game was expected or a count is unknown."""
    if not row["scheduled_games"] or row["phase4_ready"] is None:
        return ""
    return f"{row['phase4_ready']} of {row['scheduled_games']}{noun} ready"
