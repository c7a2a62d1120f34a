"""League dates and ranges of them: requests, the off-season, expected gaps, silences.

A league date is the calendar date in the league's time zone, never the UTC date. `now` is always passed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_SEASON_STARTS = 10  # the month


def league_date(now: datetime, zone: tzinfo) -> date:
    """Today in the league's time zone. 938 of a season's 1,230 games tip off on a different UTC date."""
    return now.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class DateRange:
    """First and last date, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"

    def widened(self, *, before: int, after: int) -> "DateRange":
        """The range with this many more days before and after."""
        return DateRange(self.first - timedelta(days=before), self.last + timedelta(days=after))


def season_of(day: date) -> DateRange:
    """The season that contains a date, from October to September."""
    year = day.year if day.month >= _SEASON_STARTS else day.year - 1
    return DateRange(date(year, _SEASON_STARTS, 1), date(year + 1, _SEASON_STARTS, 1) - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The times of day by which a date's data has to be there.

    Phase 4 is due by the league's clock, predictions start by a clock of their own, and both follow daylight saving.
    """

    league: tzinfo
    phase4: time
    predictions: time
    predictions_zone: tzinfo
    grace: timedelta = timedelta(minutes=30)
    """How long after their start predictions may take to appear."""

    def due_at(self, day: date) -> datetime:
        """When the date's Phase 4 data is due."""
        return datetime.combine(day, self.phase4, self.league)

    def is_due(self, day: date, now: datetime) -> bool:
        """Whether the date's Phase 4 data has to be there by now; a scheduler's clock may be a minute behind."""
        return now >= self.due_at(day).astimezone(UTC) - timedelta(minutes=1)

    def predictions_at(self, day: date) -> datetime:
        """When the date's predictions start."""
        return datetime.combine(day, self.predictions, self.predictions_zone)

    def predictions_due_at(self, day: date) -> datetime:
        """When the date's predictions have to be there."""
        return self.predictions_at(day).astimezone(UTC) + self.grace

    def starts_at(self, day: date) -> datetime:
        """Midnight, by the league's clock."""
        return datetime.combine(day, time(), self.league)


@dataclass(frozen=True, slots=True)
class ExpectedGap:
    """Dates on which the operator expects data to be missing, and why."""

    days: DateRange
    reason: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Dates for which the operator wants no messages until a given time, and why."""

    days: DateRange
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OffSeason:
    """The part of each year without games, from one (month, day) to another, both included."""

    first: tuple[int, int]
    last: tuple[int, int]

    def __contains__(self, day: date) -> bool:
        today = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= today <= self.last
        return today >= self.first or today <= self.last


def parse_expected_gaps(text: str) -> tuple[ExpectedGap, ...]:
    """Read `2025-10-21/2025-11-03=bootstrap,2026-02-13/2026-02-18=maintenance`.

    Raises ValueError with a message that says which part is wrong.
    """
    return tuple(_expected_gap(part.strip()) for part in text.split(",") if part.strip())


def parse_silences(text: str) -> tuple[Silence, ...]:
    """Read `2026-01-18@2026-01-18T18:00Z=reload,2026-02-13/2026-02-18@2026-02-19T08:00-05:00=maintenance`.

    Raises ValueError with a message that says which part is wrong.
    """
    return tuple(_silence(part.strip()) for part in text.split(",") if part.strip())


def _expected_gap(part: str) -> ExpectedGap:
    days, _, reason = part.partition("=")
    try:
        gap = ExpectedGap(_days(days), reason.strip())
    except ValueError:
        raise ValueError(f"{part!r} is not of the form 2025-10-21/2025-11-03=reason") from None
    _check_range_and_reason(part, gap)
    return gap


def _silence(part: str) -> Silence:
    when, _, reason = part.partition("=")
    days, _, until = when.partition("@")
    try:
        silence = Silence(_days(days), datetime.fromisoformat(until.strip()), reason.strip())
    except ValueError:
        raise ValueError(f"{part!r} is not of the form 2026-01-18/2026-01-19@2026-01-19T18:00Z=reason") from None
    if silence.until.tzinfo is None:
        raise ValueError(f"{part!r} has no UTC offset: end the time with Z, or with an offset such as -05:00")
    _check_range_and_reason(part, silence)
    return silence


def _days(text: str) -> DateRange:
    first, _, last = text.strip().partition("/")
    return DateRange(date.fromisoformat(first), date.fromisoformat(last or first))


def _check_range_and_reason(part: str, declared: ExpectedGap | Silence) -> None:
    if declared.days.first > declared.days.last:
        raise ValueError(f"{part!r} ends before it starts")
    if not declared.reason:
        raise ValueError(f"{part!r} gives no reason: add one after an = sign")


def parse_off_season(text: str) -> OffSeason:
    """Read `06-25/10-01`. Raises ValueError if it has any other form."""
    try:
        # A leap year, so that 02-29 is a date.
        first, last = (date.fromisoformat(f"2024-{part}") for part in text.strip().split("/"))
    except ValueError:
        raise ValueError(f"{text!r} is not of the form 06-25/10-01") from None
    return OffSeason((first.month, first.day), (last.month, last.day))
