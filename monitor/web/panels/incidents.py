"""The dates with an incident: its cause, when it was detected, alerted and resolved, and how long it lasted."""

from functools import partial
from typing import Any, NamedTuple

from monitor.core.alerts import GAP
from monitor.core.verdict import Status
from monitor.settings import Settings
from monitor.web.states import NOT_RUN, State, date_state
from monitor.web.view import Row, View
from monitor.words import NONE, PHASES, against, clock, duration

MOST_INCIDENTS = 50


_CAUSES = {
    Status.NO_PREDICTIONS: "no predictions",
    Status.SCHEDULE_UNKNOWN: "schedule suspect",
    Status.ERROR: "monitor failed",
}


class Incident(NamedTuple):
    """A row of the table, in words."""

    row: Row
    states: list[State]
    cause: str
    detected: str
    alerted: str
    resolved: str
    lasted: str
    against_predictions: str


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What incidents.html shows."""
    return {
        "table": [_incident(row, view, settings) for row in view.incidents[:MOST_INCIDENTS]],
        "left": max(0, len(view.incidents) - MOST_INCIDENTS),
        "unchecked": sum(row["status"] == NOT_RUN and row["check_date"] < view.today for row in view.calendar),
    }


def _incident(row: Row, view: View, settings: Settings) -> Incident:
    shown = partial(clock, day=row["check_date"], zone=settings.league_timezone)
    never = "not yet" if row["check_date"] >= view.today else "unknown"
    return Incident(
        row=row,
        states=[date_state(status) for status in row["statuses"].split(", ")] if row["statuses"] else [],
        cause=cause_of(row),
        detected=shown(row["detected_at"]),
        alerted=shown(row["alerted_at"]) if row["alerted_at"] else "none on record",
        resolved=shown(row["resolved_at"]) if row["resolved_at"] else never,
        lasted=duration_of(row, view),
        against_predictions=against(row["resolved_minutes_before_predictions"]),
    )


def cause_of(incident: Row) -> str:
    """What an incident was caused by, as far as the checks of its date can tell."""
    seen = set((incident["statuses"] or "").split(", "))
    if seen & GAP:
        phase = incident["stalled_phase"]
        return f"{PHASES.get(phase, phase)} stalled" if phase else "data missing, cause unknown"
    known = next((words for status, words in _CAUSES.items() if status in seen), None)
    return known or ("another status" if incident["statuses"] else "late, and no check saw it")


def duration_of(incident: Row, view: View) -> str:
    """How long an incident lasted, or has lasted so far; a dash if no check saw when it ended."""
    detected, resolved = incident["detected_at"], incident["resolved_at"]
    if detected and resolved:
        ended_unseen = incident["resolved_minutes_before_predictions"] is None
        return NONE if ended_unseen else duration(resolved - detected)
    is_open = detected and incident["check_date"] >= view.today
    return f"{duration(view.now - detected)} so far" if is_open else NONE
