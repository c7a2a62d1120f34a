"""What a source returns: its rows, or why it could not be read. The columns are those of the source contract.

A reading covers more dates than requested. `Listing` looks up its rows by date, so that a date gets the same verdict
whether it is requested alone or within a range.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from monitor.core.dates import DateRange

EVIDENCE_DAYS = 14
"""How many days around a date are read: games on both sides show an off-day, earlier rows the latest date with data."""

RESCHEDULE_DAYS = 120
"""How many days ahead the schedule is read: a postponed game's id appears again on a later date."""


class Kind(StrEnum):
    """What a source says: who plays, who is expected (Phase 3), who is ready (Phase 4)."""

    SCHEDULE = "schedule"
    CONTEXT = "context"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A game as one schedule source lists it. `tipoff` and `refreshed_at` are timezone-aware."""

    game_date: date
    game_id: str | None
    away: str | None
    home: str | None
    state: str | None
    tipoff: datetime | None
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlayerRow:
    """How many players a Phase 3 or Phase 4 table has for a game, or for one team of it where the table has teams."""

    game_date: date
    game_id: str | None
    team: str | None
    players: int
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading[Row: (ScheduleRow, PlayerRow)]:
    """What one source returned. With an `error` there are no rows, and their absence proves nothing."""

    source: str
    kind: Kind
    rows: tuple[Row, ...] = ()
    error: str | None = None
    bytes_processed: int = 0


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that a run read, each kind in the order of the settings."""

    schedule: tuple[Reading[ScheduleRow], ...]
    context: Reading[PlayerRow]
    coverage: tuple[Reading[PlayerRow], ...]

    @property
    def all(self) -> tuple[Reading[ScheduleRow] | Reading[PlayerRow], ...]:
        """Schedule first, then Phase 3, then Phase 4."""
        return (*self.schedule, self.context, *self.coverage)


class Listing[Row: (ScheduleRow, PlayerRow)]:
    """A reading by date."""

    def __init__(self, reading: Reading[Row]) -> None:
        self.source = reading.source
        self.kind = reading.kind
        self.error = reading.error
        self._rows: dict[date, list[Row]] = defaultdict(list)
        for row in reading.rows:
            self._rows[row.game_date].append(row)
        self._dates = sorted(self._rows)
        self._refreshed = {
            day: max((row.refreshed_at for row in rows if row.refreshed_at), default=None)
            for day, rows in self._rows.items()
        }

    def on(self, day: date) -> Sequence[Row]:
        """The rows of that date."""
        return self._rows.get(day, ())

    def dates_in(self, days: DateRange) -> Sequence[date]:
        """The dates of the range that have rows, in order."""
        return self._dates[bisect_left(self._dates, days.first) : bisect_right(self._dates, days.last)]

    def refreshed_at(self, days: DateRange) -> datetime | None:
        """When the newest row of the range was written; None if no row says."""
        return max((known for day in self.dates_in(days) if (known := self._refreshed[day])), default=None)
