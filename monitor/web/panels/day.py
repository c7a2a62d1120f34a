"""One day in detail: the facts around its verdict, its games and sources, and every check of it."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from functools import partial
from itertools import takewhile
from typing import Any

from monitor.core.alerts import LOUD, TROUBLE, AlertStatus
from monitor.core.dates import league_date
from monitor.core.games import GameStatus
from monitor.core.sources import EVIDENCE_DAYS, Kind
from monitor.core.verdict import Status
from monitor.settings import Settings
from monitor.web.panels.incidents import duration_of
from monitor.web.panels.start import check_commands
from monitor.web.states import KINDS, NOT_RUN, how_bad, reason_words, trigger_words
from monitor.web.view import Row, Rows, View
from monitor.words import NONE, PHASES, against, both_clocks, duration

_LATEST = {"phase3_latest": Kind.CONTEXT, "phase4_latest": Kind.COVERAGE}


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What day.html shows."""
    check = view.checks[0] if view.checks else None
    games = sorted((check and check["games"]) or (), key=lambda game: how_bad(game["status"]))
    status = check["status"] if check else NOT_RUN
    return {
        "check": check,
        "facts": facts(view, settings, check),
        "last_ready": _last_ready(view) if status != Status.OK else None,
        "games": [game for game in games if game["status"] != GameStatus.EXCLUDED],
        "excluded": [game for game in games if game["status"] == GameStatus.EXCLUDED],
        "warnings": _warnings(check) if check else [],
        "commands": check_commands(view, settings),
    }


def facts(view: View, settings: Settings, check: Row | None) -> list[tuple[str, str]]:
    """What else is known about the day, as terms and phrases."""
    zone = settings.league_timezone
    both = partial(both_clocks, zone=zone, day=view.day)
    incident = next((row for row in view.incidents if row["check_date"] == view.day), None)
    found: list[tuple[str, str]] = []
    if check:
        found.append(("Checked", _checked(check, view, zone)))
        found.append(("Slack", slack_words(view.history, zone, view.day)))
    if not check or check["status"] != Status.NO_GAMES:
        due, start = (check and check["due_at"]), (check and check["predictions_at"])
        found.append(("Data due", both(due or settings.deadlines.due_at(view.day))))
        found.append(("Predictions", both(start or settings.deadlines.predictions_at(view.day))))
    if incident:
        found.append(("Incident", _incident(incident, view, both)))
    if check and check["stalled_phase"]:
        found.append(("Likely cause", f"{PHASES.get(check['stalled_phase'], check['stalled_phase'])} stalled"))
    if check and (check["phase3_latest"] or check["phase4_latest"]):
        unread = {source["kind"] for source in check["sources"] or () if source["error"]}
        latest = [f"{KINDS[kind]} {_latest(check[column], kind, unread)}" for column, kind in _LATEST.items()]
        found.append(("Latest data", ", ".join(latest)))
    return found


def _checked(check: Row, view: View, zone: tzinfo) -> str:
    moment, trigger = check["check_time"], check["trigger"]
    ago = f"{duration(view.now - moment)} ago" if moment else ""
    words = [both_clocks(moment, zone, view.day), ago, trigger_words(trigger) if trigger else ""]
    early = " (before the date itself, and not since)" if _only_before(view, zone) else ""
    return f"{', '.join(filter(None, words))}{early}"


def _only_before(view: View, zone: tzinfo) -> bool:
    """Whether the day has come and was checked only before it, when no data was due yet."""
    times = [check["check_time"] for check in view.history if check["check_time"]]
    return view.day <= view.today and bool(times) and league_date(max(times), zone) < view.day


def slack_words(history: Rows, zone: tzinfo, day: date) -> str:
    """Whether Slack knows the day's present state: the last message, or why there was none."""
    # A message from before the present incident, or from before its end, says nothing about the present state.
    trouble = bool(history) and history[-1]["status"] in TROUBLE
    since = list(takewhile(lambda check: (check["status"] in TROUBLE) == trouble, reversed(history)))
    attempts = {AlertStatus.SENT, AlertStatus.FAILED}
    tried = [check for check in since if check["alert_status"] in attempts and check["alert_reason"] in LOUD]
    if tried and tried[0]["alert_status"] == AlertStatus.FAILED:
        return "last alert not delivered"
    if tried:
        return f"sent {both_clocks(tried[0]['check_time'], zone, day)}: {reason_words(tried[0])}"
    why = reason_words(history[-1]) if history else ""
    return f"not sent: {why or 'no alert on record'}"


def _incident(incident: Row, view: View, both: Callable[[datetime | None], str]) -> str:
    detected = f"detected {both(incident['detected_at'])}"
    lasted = duration_of(incident, view)
    if not incident["resolved_at"]:
        return f"{detected}; {'no end on record' if lasted == NONE else lasted}"
    resolved = both(incident["resolved_at"])
    if incident["resolved_minutes_before_predictions"] is None:
        return f"{detected}; resolved by {resolved}, the next check"
    margin = against(incident["resolved_minutes_before_predictions"])
    return f"{detected}; resolved {resolved}, {margin} predictions start; duration {lasted}"


def _latest(day: date | None, kind: Kind, unread: set[str]) -> str:
    if day:
        return f"{day:%a %b %-d}"
    return "could not be read" if kind in unread else f"none in {EVIDENCE_DAYS} days"


def _last_ready(view: View) -> date | None:
    """The last date before this one that had all its data. The problem began after it."""
    # A calendar of another season knows nothing about the dates before this one.
    if view.day not in view.days:
        return None
    ready = [row["check_date"] for row in view.calendar if row["status"] == Status.OK]
    return max((day for day in ready if day < view.day), default=None)


def _warnings(check: Row) -> list[str]:
    # What made the check fail is shown as its error.
    return [text for text in check["warnings"] or () if text not in (check["error"] or "")]
