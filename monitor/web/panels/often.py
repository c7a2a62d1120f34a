"""How often data is on time on the dates shown, when it is usually ready, and what the incidents were caused by."""

from collections import Counter
from datetime import date, timedelta
from typing import Any, NamedTuple

from monitor.core.dates import DateRange, season_of
from monitor.core.readiness import Outcome, Usual, usual
from monitor.core.verdict import Status
from monitor.settings import Settings
from monitor.web.panels.incidents import cause_of
from monitor.web.states import NOT_RUN
from monitor.web.view import Rows, View

_OFF = {Status.NO_GAMES, Status.EXPECTED_GAP}


class Preset(NamedTuple):
    """A range of dates to choose."""

    name: str
    query: str
    shown: bool


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What often.html shows."""
    before = [known for known in view.readiness if known.day < view.day]
    return {
        "score": score(view.calendar, to_date=view.today in view.days),
        "usual": usual_words(usual(before, settings.league_timezone)),
        "not_counted": not_counted(view.calendar, view.today),
        "presets": presets(view),
        "causes": Counter(cause_of(row) for row in view.incidents).most_common(),
        "incidents": len(view.incidents),
    }


def score(calendar: Rows, *, to_date: bool) -> str:
    """`On time 29 of the last 35 game days; 3 late; 3 missed.` Empty if no outcome is known."""
    counts = Counter(row["outcome"] for row in calendar)
    on_time, late, missed = (counts[each] for each in (Outcome.ON_TIME, Outcome.LATE, Outcome.MISSED))
    if not (known := on_time + late + missed):
        return ""
    days = f"{'the last ' if to_date else ''}{known} game day{'' if known == 1 else 's'}"
    others = [f"{count} {word}" for count, word in ((late, "late"), (missed, "missed")) if count]
    return "; ".join([f"On time {on_time} of {days}", *others])


def not_counted(calendar: Rows, today: date) -> str:
    """The game days without a known outcome, by why it is not known."""
    rows = [row for row in calendar if row["check_date"] < today and row["status"] not in _OFF]
    never = sum(row["status"] == NOT_RUN for row in rows)
    later = sum(row["outcome"] == Outcome.UNKNOWN and not row["checked_that_day"] for row in rows)
    unseen = sum(row["outcome"] == Outcome.UNKNOWN and bool(row["checked_that_day"]) for row in rows)
    counts = [
        (later, "first checked on a later day"),
        (unseen, "not checked again before predictions started"),
        (never, "never checked"),
    ]
    return ", ".join(f"{count} {why}" for count, why in counts if count)


def usual_words(known: Usual | None) -> str:
    """By when the data is usually ready."""
    if known is None or known.half is None:
        return ""
    most = f", nine of ten by {known.most:%-I:%M %p}" if known.most else ""
    return f"Usually ready by {known.half:%-I:%M %p}{most}."


def presets(view: View) -> list[Preset]:
    """The last 7 and 30 days up to the day shown, and its season."""
    last = min(view.day, view.today)
    ranges = [(f"{count} days", DateRange(last - timedelta(days=count - 1), last)) for count in (7, 30)]
    season = season_of(last)
    return [
        *(Preset(name, f"start={days.first}&end={days.last}", days == view.days) for name, days in ranges),
        Preset("Season", f"day={last}", season == view.days),
    ]
