"""How early data usually is: what the last game dates say, and which due time would have spared their alerts.

The outcome of a date against its deadline is the view data_availability_readiness; here it is only counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from math import ceil

USUAL_DATES = 28
FEWEST_DATES = 7
RECENT_GAPS = 10
FEWEST_GAPS = 5
_STEP = timedelta(minutes=15)


class Outcome(StrEnum):
    """A date against its deadline. The words are a contract."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSED = "missed"
    PENDING = "pending"
    NOT_RUN = "not_run"
    UNKNOWN = "unknown"


_KNOWN = {Outcome.ON_TIME, Outcome.LATE, Outcome.MISSED}


@dataclass(frozen=True, slots=True)
class Readiness:
    """A game date's row of data_availability_readiness, with the number of messages about it."""

    day: date
    outcome: str | None
    ready_at: datetime | None
    predictions_at: datetime | None
    alerts_sent: int = 0


@dataclass(frozen=True, slots=True)
class Usual:
    """By when half of the dates were ready, and nine of ten, by the league's clock; None where they were not."""

    dates: int
    half: time | None
    most: time | None


@dataclass(frozen=True, slots=True)
class Advice:
    """The PHASE4_DUE_AT that would have spared most of the last gaps, which closed by themselves."""

    due_at: time
    closed: int
    gaps: int
    messages: int

    def __str__(self) -> str:
        return (
            f"{self.closed} of the last {self.gaps} gaps closed by themselves before predictions started: "
            f"PHASE4_DUE_AT={self.due_at:%H:%M} would have spared {self.messages} "
            f"message{'' if self.messages == 1 else 's'}"
        )


def usual(dates: Sequence[Readiness], league: tzinfo) -> Usual | None:
    """By when the data is usually there, over the last 28 game dates with an outcome; None for fewer than seven."""
    known = sorted((date for date in dates if date.outcome in _KNOWN), key=lambda date: date.day)[-USUAL_DATES:]
    if len(known) < FEWEST_DATES:
        return None
    ready = sorted(_minutes(date, league) for date in known if date.ready_at)

    def by(share: float) -> time | None:
        needed = ceil(share * len(known))
        return _clock(ready[needed - 1]) if needed <= len(ready) else None

    return Usual(len(known), by(0.5), by(0.9))


def advice(dates: Sequence[Readiness], league: tzinfo) -> Advice | None:
    """Which due time would have spared the last gaps, where most of them closed by themselves before the deadline."""
    gaps = sorted((d for d in dates if d.outcome in {Outcome.LATE, Outcome.MISSED}), key=lambda d: d.day)[-RECENT_GAPS:]
    closed = [gap for gap in gaps if gap.outcome == Outcome.LATE and gap.ready_at and gap.alerts_sent]
    if len(gaps) < FEWEST_GAPS or 2 * len(closed) <= len(gaps):
        return None
    step = _STEP // timedelta(minutes=1)
    minutes = (max(_minutes(gap, league) for gap in closed) // step + 1) * step
    start = min(
        (_since_midnight(gap.predictions_at, gap.day, league) for gap in closed if gap.predictions_at), default=minutes
    )
    if minutes > start:
        return None
    return Advice(_clock(minutes), len(closed), len(gaps), sum(gap.alerts_sent for gap in closed))


def _minutes(date: Readiness, league: tzinfo) -> int:
    return _since_midnight(date.ready_at, date.day, league) if date.ready_at else 0


def _since_midnight(moment: datetime, day: date, league: tzinfo) -> int:
    """Minutes by the league's clock since the date began; less than nothing for the evening before."""
    there = moment.astimezone(league).replace(tzinfo=None)
    return (there - datetime.combine(day, time())) // timedelta(minutes=1)


def _clock(minutes: int) -> time:
    return time(*divmod(max(0, min(minutes, 24 * 60 - 1)), 60))
