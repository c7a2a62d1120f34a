"""How early the data was ready: a bar per date, measured from the start of predictions, and a summary in words."""

from math import ceil, floor
from statistics import median
from typing import Any, NamedTuple

from monitor.core.readiness import Usual, advice, usual
from monitor.core.verdict import Status
from monitor.settings import Settings
from monitor.web.view import Rows, View
from monitor.words import against, day_name

MOST_BARS = 30

_HEIGHT, _MARGIN = 180, 14
_MINUTES = "ready_minutes_before_predictions"


class Bar(NamedTuple):
    """A date in the chart: left edge and width in percent, top and height in pixels."""

    x: float
    width: float
    y: float
    height: float
    css: str
    label: str


class Chart(NamedTuple):
    """Bars that rise above the start of predictions or hang below it, and lines at whole hours."""

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    zero: float
    height: int = _HEIGHT


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What early.html shows."""
    rows = [row for row in view.calendar if row[_MINUTES] is not None][-MOST_BARS:]
    before = [one for one in view.readiness if one.day < view.day]
    return {
        "usual": usual_words(usual(before, settings.league_timezone)),
        "advice": advice(before, settings.league_timezone),
        "rows": rows,
        "summary": summary(rows) if rows else "",
        "chart": chart(rows) if rows else None,
        "never_ready": never_ready(view.calendar),
        "predictions_at": f"{settings.predictions_at:%H:%M} {settings.deadlines.predictions_at(view.day):%Z}",
    }


def usual_words(known: Usual | None) -> str:
    """By when the data is usually ready."""
    if known is None or known.half is None:
        return ""
    most = f", nine of ten by {known.most:%-I:%M %p}" if known.most else ""
    return f"Over the last {known.dates} game days, half were ready by {known.half:%-I:%M %p}{most}."


def summary(rows: Rows) -> str:
    """The chart in words."""
    minutes = [row[_MINUTES] for row in rows]
    latest = min(rows, key=lambda row: row[_MINUTES])
    return (
        f"{sum(minute >= 0 for minute in minutes)} of {len(minutes)} dates seen ready were ready before predictions "
        f"started. Median: {against(round(median(minutes)))}; latest: {against(min(minutes))} "
        f"({day_name(latest['check_date'])})."
    )


def never_ready(calendar: Rows) -> int:
    """How many dates with games were checked on the day and never seen ready."""
    return sum(
        bool(row["checked_that_day"])
        and row[_MINUTES] is None
        and row["status"] not in {Status.NO_GAMES, Status.EXPECTED_GAP}
        for row in calendar
    )


def chart(rows: Rows) -> Chart:
    """How early each date was ready, drawn."""
    minutes = [row[_MINUTES] for row in rows]
    top, bottom = max(60, *minutes), min(0, *minutes)

    def height_of(minute: float) -> float:
        share: float = (top - minute) / (top - bottom)
        return round(_MARGIN + share * (_HEIGHT - 2 * _MARGIN), 1)

    zero, slot = height_of(0), 100 / len(rows)
    width = min(slot * 0.8, 6)
    bars = [
        Bar(
            x=round(slot * number + (slot - width) / 2, 2),
            width=round(width, 2),
            y=min(zero, height_of(minute)),
            height=max(2, round(abs(zero - height_of(minute)), 1)),
            css="early" if minute >= 0 else "late",
            label=f"{day_name(row['check_date'])}: {against(minute)}",
        )
        for number, (row, minute) in enumerate(zip(rows, minutes, strict=True))
    ]
    step = next((hours for hours in (1, 2, 3, 6, 12, 24, 48) if (top - bottom) <= 5 * 60 * hours), None)
    step = step or ceil((top - bottom) / (5 * 60))
    ticks = [
        (height_of(60 * step * number), f"{step * number} h")
        for number in range(ceil(bottom / 60 / step), floor(top / 60 / step) + 1)
    ]
    return Chart(bars, ticks, zero)
