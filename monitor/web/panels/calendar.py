"""The calendar: a table per season, a row per month, and a cell per date with its outcome against the deadline."""

from calendar import monthrange
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from monitor.core.dates import DateRange, season_of
from monitor.settings import Settings
from monitor.web.panels.start import backfill_commands
from monitor.web.states import CALENDAR, NOT_RUN, OTHER, State, day_state, ready_words
from monitor.web.view import Row, View


class Cell(NamedTuple):
    """A date of the calendar."""

    css: str
    day: date
    label: str
    symbol: str


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What calendar.html shows."""
    return {
        "seasons": by_season(view),
        "legend": legend(view),
        "dates": len(view.calendar),
        "checked": sum(row["status"] != NOT_RUN for row in view.calendar),
        "checked_that_day": sum(bool(row["checked_that_day"]) for row in view.calendar),
        "shown": view.day,
        "season_before": season_of(view.days.first - timedelta(days=1)),
        "commands": backfill_commands(view, settings),
    }


def by_season(view: View) -> dict[str, dict[str, list[Cell | None]]]:
    """The newest season first, its months in order, with a cell per date; None for a date without a row."""
    seasons: dict[str, dict[str, list[Cell | None]]] = {}
    for first, rows in groupby(view.calendar, key=lambda row: row["check_date"].replace(day=1)):
        cells: list[Cell | None] = [None] * monthrange(first.year, first.month)[1]
        for row in rows:
            cells[row["check_date"].day - 1] = _cell(row, f"{first:%b}", view.now)
        seasons.setdefault(_title(season_of(first), view.days), {})[f"{first:%b %Y}"] = cells
    return dict(reversed(seasons.items()))


def _cell(row: Row, month: str, now: datetime) -> Cell:
    day, state = row["check_date"], day_state(row, now)
    later = "" if row["checked_that_day"] or row["status"] == NOT_RUN else "checked later"
    label = ", ".join(filter(None, [f"{month} {day.day}: {state.word}", ready_words(row), later]))
    return Cell(f"{state.css} later" if later else state.css, day, label, state.symbol)


def _title(season: DateRange, days: DateRange) -> str:
    """The season's name if all of it is shown; else the dates of it that are."""
    if season.first in days and season.last in days:
        return f"{season.first.year}-{season.last:%y} season"
    return str(DateRange(max(season.first, days.first), min(season.last, days.last)))


def legend(view: View) -> list[tuple[State, int]]:
    """Each state that occurs with its number of dates; unknown statuses together."""
    counts = Counter(day_state(row, view.now) for row in view.calendar)
    known = [(state, counts[state]) for state in CALENDAR if counts[state]]
    others = len(view.calendar) - sum(count for _, count in known)
    return [*known, *([(OTHER, others)] if others else [])]
