"""The calendar: a table per season, a row per month, and a cell per date with its status and its outcome."""

from calendar import monthrange
from collections import Counter
from datetime import date, timedelta
from typing import Any, NamedTuple

from monitor.core.dates import DateRange, season_of
from monitor.core.verdict import Status
from monitor.settings import Settings
from monitor.web.panels.start import backfill_commands
from monitor.web.states import LATE, NOT_RUN, OTHER, STATES, State, date_state, ready_words
from monitor.web.view import Row, Rows, View


class Cell(NamedTuple):
    """A date of the calendar."""

    css: str
    day: str
    label: str
    symbol: str


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What calendar.html shows."""
    return {
        "seasons": by_season(view.calendar),
        "legend": legend(view.calendar),
        "dates": len(view.calendar),
        "checked": sum(row["status"] != NOT_RUN for row in view.calendar),
        "checked_that_day": sum(bool(row["checked_that_day"]) for row in view.calendar),
        "shown": str(view.day),
        "season_before": season_of(view.days.first - timedelta(days=1)),
        "commands": backfill_commands(view, settings),
    }


def by_season(calendar: Rows) -> dict[str, dict[str, list[Cell | None]]]:
    """The newest season first, its months in order, with a cell per date; None for a date without a row."""
    seasons: dict[str, dict[str, list[Cell | None]]] = {}
    for row in calendar:
        day = row["check_date"]
        months = seasons.setdefault(_season_name(season_of(day)), {})
        cells = months.setdefault(f"{day:%b %Y}", [None] * monthrange(day.year, day.month)[1])
        cells[day.day - 1] = _cell(row, day)
    return dict(reversed(seasons.items()))


def _cell(row: Row, day: date) -> Cell:
    state = _state(row)
    later = "" if row["checked_that_day"] or row["status"] == NOT_RUN else "checked later"
    label = ", ".join(filter(None, [f"{day:%b %-d}: {state.word}", ready_words(row), later]))
    return Cell(f"{state.css} later" if later else state.css, str(day), label, state.symbol)


def _state(row: Row) -> State:
    """The status of the newest check; a date that is ready now says if it was not in time."""
    late = LATE.get(row["outcome"] or "") if row["status"] == Status.OK else None
    return late or date_state(row["status"])


def _season_name(season: DateRange) -> str:
    return f"{season.first.year}-{season.last:%y}"


def legend(calendar: Rows) -> list[tuple[State, int]]:
    """Each state with its number of dates; unknown statuses together, only if there are any."""
    counts = Counter(_state(row) for row in calendar)
    known = [(state, counts[state]) for state in (*STATES.values(), *LATE.values())]
    others = len(calendar) - sum(count for _, count in known)
    return [*known, *([(OTHER, others)] if others else [])]
