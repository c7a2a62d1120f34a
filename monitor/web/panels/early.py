"""How early the data was ready: a mark per game day, against when it was due and when predictions started."""

from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby
from math import ceil, floor
from typing import Any, NamedTuple

from monitor.core.readiness import advice
from monitor.settings import Settings
from monitor.web.states import OUTCOMES, State
from monitor.web.view import Row, Rows, View
from monitor.words import clock, day_name

MOST_MARKS = 60

_HEIGHT, _MARGIN = 220, 16
_EARLIEST, _LATEST = -12, 36  # hours since midnight: a time beyond them is drawn at the edge
_MOST_HOURS = 6


class Mark(NamedTuple):
    """A game day: percent from the left, pixels from the top, and its outcome."""

    x: float
    y: float
    state: State
    label: str


class Line(NamedTuple):
    """A deadline over neighbouring days that share it."""

    x1: float
    x2: float
    y: float


class Chart(NamedTuple):
    """Marks over the hours of the day. Later is higher, so a mark above a deadline's line has missed it."""

    marks: list[Mark]
    due: list[Line]
    predictions: list[Line]
    hours: list[tuple[float, str]]
    height: int = _HEIGHT


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What early.html shows."""
    rows = [row for row in view.calendar if row["outcome"] in OUTCOMES][-MOST_MARKS:]
    zone, deadlines = settings.league_timezone, settings.deadlines
    return {
        "advice": advice([known for known in view.readiness if known.day < view.day], zone),
        "rows": rows,
        "chart": chart(rows, zone) if rows else None,
        "outcomes": OUTCOMES,
        "due_at": clock(deadlines.due_at(view.day), view.day, zone),
        "predictions_at": clock(deadlines.predictions_at(view.day), view.day, zone),
    }


def chart(rows: Rows, zone: tzinfo) -> Chart:
    """When each date was ready, drawn."""
    times = {column: [_hour(row, column, zone) for row in rows] for column in ("ready_at", "due_at", "predictions_at")}
    known = [hour for hours in times.values() for hour in hours if hour is not None] or [0]
    low, high = floor(min(known)), ceil(max(known) + 0.5)

    def height_of(hour: float | None) -> float:
        # A date that was never seen ready is above every time.
        share = 1.15 if hour is None else (hour - low) / (high - low)
        return round(_HEIGHT - _MARGIN - share * (_HEIGHT - 2 * _MARGIN) / 1.15, 1)

    slot = 100 / len(rows)

    def lines(column: str) -> list[Line]:
        found, start = [], 0
        for hour, days in groupby(times[column]):
            end = start + len(list(days))
            if hour is not None:
                found.append(Line(round(start * slot, 2), round(end * slot, 2), height_of(hour)))
            start = end
        return found

    marks = [
        Mark(round((number + 0.5) * slot, 2), height_of(hour), OUTCOMES[row["outcome"]], _label(row, zone))
        for number, (row, hour) in enumerate(zip(rows, times["ready_at"], strict=True))
    ]
    step = ceil((high - low) / _MOST_HOURS)
    hours = [(height_of(hour), f"{time(hour % 24):%-I %p}") for hour in range(low, high + 1, step)]
    return Chart(marks, lines("due_at"), lines("predictions_at"), hours)


def _hour(row: Row, column: str, zone: tzinfo) -> float | None:
    """Hours by the league's clock since the date began; less than nothing for the evening before."""
    moment: datetime | None = row[column]
    if moment is None:
        return None
    there = moment.astimezone(zone).replace(tzinfo=None) - datetime.combine(row["check_date"], time())
    return max(_EARLIEST, min(there / timedelta(hours=1), _LATEST))


def _label(row: Row, zone: tzinfo) -> str:
    day: date = row["check_date"]
    ready = f"ready at {clock(row['ready_at'], day, zone)}" if row["ready_at"] else "not seen ready"
    return f"{day_name(day)}: {OUTCOMES[row['outcome']].word}, {ready}"
