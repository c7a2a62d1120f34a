"""The monitor's own runs: whether it is alive, what the last run did, and the runs before it."""

from datetime import datetime, timedelta
from typing import Any

from monitor.core.words import duration
from monitor.request import Trigger
from monitor.settings import Settings
from monitor.web.states import trigger_words
from monitor.web.view import Rows, View

MOST_RUNS = 10
MOST_SILENCE = timedelta(hours=26)
"""A day between two morning runs, and two hours for the second to be late."""


def context(view: View, _settings: Settings) -> dict[str, Any]:
    """What runs.html shows."""
    last = view.runs[0] if view.runs else None
    ago = f"{duration(view.now - last['check_time'])} ago" if last and last["check_time"] else ""
    started = trigger_words(last["triggered_by"]) if last and last["triggered_by"] else ""
    return {
        "silence": silence(view.runs, view.now),
        "last": last,
        "last_details": [words for words in (ago, started) if words],
        "table": view.runs[:MOST_RUNS],
    }


def silence(runs: Rows, now: datetime) -> str:
    """How long ago the last scheduled run was, if that is too long; of any run, if none was ever scheduled."""
    times: dict[bool, list[datetime]] = {True: [], False: []}
    for run in runs:
        if run["check_time"]:
            times[run["triggered_by"] == Trigger.SCHEDULER].append(run["check_time"])
    kind, latest = ("scheduled run", times[True]) if times[True] else ("run", times[False])
    if latest and now - max(latest) <= MOST_SILENCE:
        return ""
    return f"No {kind} for {duration(now - max(latest))}." if latest else "No run in the last 30 days."
