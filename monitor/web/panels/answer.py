"""The answer to the page's question in one sentence: how the day shown stands against its deadline."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any

from monitor.core.alerts import GAP, TROUBLE
from monitor.core.readiness import Outcome
from monitor.core.verdict import Status
from monitor.core.words import PHASES, clock, duration
from monitor.settings import Settings
from monitor.web.states import NOT_RUN, State, date_state, day_state, ready_words
from monitor.web.view import Row, View


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What answer.html shows."""
    return {
        "state": state_of_day(view, settings),
        "phrases": phrases(view, settings),
        "newest": None if view.checks else newest_verdict(view),
        "before": view.day - timedelta(days=1),
        "after": view.day + timedelta(days=1),
    }


def state_of_day(view: View, settings: Settings) -> State:
    """The day's outcome, or what is known until it has one. Data that was there is no all-clear for now."""
    check, (outcome, _) = _check(view), _outcome(view)
    status = check["status"] if check else NOT_RUN
    if status in TROUBLE and outcome in {Outcome.ON_TIME, Outcome.LATE}:
        return date_state(status)
    return day_state({"status": status, "outcome": outcome, "due_at": _due_at(view, settings)}, view.now)


def newest_verdict(view: View) -> tuple[date, State] | None:
    """The last date before the day shown that was checked, and its state."""
    known = [row for row in view.calendar if row["check_date"] < view.day and row["status"] != NOT_RUN]
    return (known[-1]["check_date"], day_state(known[-1], view.now)) if known else None


def phrases(view: View, settings: Settings) -> list[str]:
    """`Missing since 8:00 AM EST`, `6 of 6 games not ready`, `Phase 3 has not run`, `predictions in 3 h 55 min`."""
    check = _check(view)
    due, at = _due_at(view, settings), partial(clock, day=view.day, zone=settings.league_timezone)
    if check is None:
        parts = [_unchecked(view, due, at)]
    elif check["status"] == Status.PENDING and view.now >= due:
        parts = [f"Not checked since data was due at {at(due)}", _last_seen(check, at)]
    else:
        parts = _found(check, view, due, at)
    idle = check is not None and check["status"] in {Status.NO_GAMES, Status.EXPECTED_GAP}
    left = "" if view.day != view.today or idle else _left(settings.deadlines.predictions_at(view.day) - view.now)
    return list(filter(None, [*parts, left]))


def _check(view: View) -> Row | None:
    return view.checks[0] if view.checks else None


def _outcome(view: View) -> tuple[str | None, datetime | None]:
    found = next((known for known in view.readiness if known.day == view.day), None)
    return (found.outcome, found.ready_at) if found else (None, None)


def _due_at(view: View, settings: Settings) -> datetime:
    check = _check(view)
    recorded: datetime | None = check["due_at"] if check else None
    return recorded or settings.deadlines.due_at(view.day)


def _unchecked(view: View, due: datetime, at: Callable[[datetime | None], str]) -> str:
    if view.now < due:
        return f"Not checked yet: data is due at {at(due)}"
    if view.day == view.today:
        return f"Not run: data was due at {at(due)}, and no check is on record"
    return "No check on record for this date"


def _last_seen(check: Row, at: Callable[[datetime | None], str]) -> str:
    counts = ready_words(check, " games")
    return f"last check at {at(check['check_time'])}{f': {counts}' if counts else ''}"


def _found(check: Row, view: View, due: datetime, at: Callable[[datetime | None], str]) -> list[str]:
    """What the newest check found, in phrases."""
    status, counts = check["status"], ready_words(check, " games")
    since = _since(status, view, at)
    found = {
        Status.OK: [_ready(check, view, due, at)],
        Status.PENDING: [f"Not due until {at(due)}", counts],
        Status.MISSING_DATA: [f"Missing {since}", _not_ready(check), _cause(check, view)],
        Status.PARTIAL_DATA: [f"Incomplete {since}", _not_ready(check), _cause(check, view)],
        Status.NO_PREDICTIONS: [f"Predictions missing {since}", _unpredicted(check), "Phase 4 data is there"],
        Status.SCHEDULE_UNKNOWN: [f"Schedule suspect {since}", "there may be more games: not an all-clear", counts],
        Status.ERROR: [f"The monitor failed {since}: data status unknown", _known_before(view, at)],
        Status.NO_GAMES: ["No games, so no data is expected"],
        Status.EXPECTED_GAP: ["Data is missing during a declared gap", counts],
    }
    return found.get(status, [f"Unknown status: {date_state(status).word}", counts])


def _ready(check: Row, view: View, due: datetime, at: Callable[[datetime | None], str]) -> str:
    counts = ready_words(check, " games")
    # Rows older than the monitor can say OK when no game was scheduled.
    if not check["phase4_ready"] or check["phase4_ready"] != check["scheduled_games"]:
        return ": ".join(filter(None, ["Recorded as OK, but its counts do not confirm it", counts]))
    outcome, ready_at = _outcome(view)
    match outcome:
        case Outcome.ON_TIME:
            return f"On time: {counts} since {at(ready_at)}"
        case Outcome.LATE:
            return f"Late: {counts} since {at(ready_at)}, due at {at(due)}"
        case Outcome.MISSED:
            return f"Missed: {counts} since {at(ready_at)}, after predictions started"
    return f"{counts}, but nobody knows since when"


def _since(status: str, view: View, at: Callable[[datetime | None], str]) -> str:
    """Since when checks have found this, on the day itself and before; later, when it was last found."""
    check = _check(view)
    if check and view.day < view.today:
        return f"when last checked, {at(check['check_time'])}"
    same = GAP if status in GAP else {status}
    # A check that failed between two that found a gap does not end it.
    checks = [one for one in view.history if one["status"] in same or one["status"] != Status.ERROR]
    first = [one["check_time"] for one in takewhile(lambda one: one["status"] in same, reversed(checks))]
    return f"since {at(first[-1])}" if first and first[-1] else "since an unknown time"


def _not_ready(check: Row) -> str:
    if not check["scheduled_games"] or check["phase4_ready"] is None:
        return ""
    return f"{check['scheduled_games'] - check['phase4_ready']} of {check['scheduled_games']} games not ready"


def _unpredicted(check: Row) -> str:
    if not check["scheduled_games"] or check["predicted_games"] is None:
        return ""
    return f"{check['scheduled_games'] - check['predicted_games']} of {check['scheduled_games']} games have none"


def _cause(check: Row, view: View) -> str:
    """The phase that stalled, if the check names one."""
    if not check["stalled_phase"]:
        return ""
    phase, past = PHASES.get(check["stalled_phase"], check["stalled_phase"]), view.day < view.today
    if check["phase4_ready"] or check["partial_games"]:
        return f"{phase} {'was' if past else 'is'} not complete"
    return f"{phase} {'had' if past else 'has'} not run"


def _known_before(view: View, at: Callable[[datetime | None], str]) -> str:
    """What the last check before the failure found."""
    known = [check for check in view.history if check["status"] != Status.ERROR]
    return f"before that, at {at(known[-1]['check_time'])}: {date_state(known[-1]['status']).word}" if known else ""


def _left(left: timedelta) -> str:
    """How long it is until predictions start, or since."""
    return f"predictions in {duration(left)}" if left >= timedelta() else f"predictions started {duration(-left)} ago"
