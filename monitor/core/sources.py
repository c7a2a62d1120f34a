"""What a source returns: its rows, or why it could not be read. The columns are those of the source contract.

A reading covers more dates than requested. `Listing` looks up its rows by date, so that a date gets the same verdict
whether it is requested alone or within a range.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from monitor.core.dates import DateRange

EVIDENCE_DAYS = 14
"""How many days around a date are read: games on both sides show an off-day, earlier rows the latest date with data."""

MOVE_DAYS = 120
"""How far a game can be moved, in either direction: its id then stands on two dates."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far another machine's clock may be ahead. A time beyond it is not believed."""


class Kind(StrEnum):
    """What a source knows: who plays, who is expected (Phase 3), who is ready (Phase 4), who was predicted."""

    SCHEDULE = "schedule"
    CONTEXT = "context"
    COVERAGE = "coverage"
    PREDICTIONS = "predictions"


class ScheduleRow(NamedTuple):
    """A game as one schedule source lists it. `tipoff` and `refreshed_at` are timezone-aware."""

    game_date: date
    game_id: str | None
    away: str | None
    home: str | None
    state: str | None
    tipoff: datetime | None
    refreshed_at: datetime | None


class PlayerRow(NamedTuple):
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
    """Everything that one run read, each kind in the order of the settings.

    `predictions` is None where no date of the run has its predictions due, or where the source is switched off.
    """

    schedule: tuple[Reading[ScheduleRow], ...]
    context: Reading[PlayerRow]
    coverage: tuple[Reading[PlayerRow], ...]
    predictions: Reading[PlayerRow] | None = None

    @property
    def all(self) -> tuple[Reading[ScheduleRow] | Reading[PlayerRow], ...]:
        """Schedule first, then Phase 3, Phase 4, predictions."""
        return (*self.schedule, self.context, *self.coverage, *([self.predictions] if self.predictions else []))

    @property
    def bytes_processed(self) -> int:
        """What BigQuery counted for all of them."""
        return sum(reading.bytes_processed for reading in self.all)

    def unread(self, authority: str) -> str:
        """Why these readings are not enough to judge a range; empty if they are.

        A range needs the schedule's authority, Phase 3 and every required source.
        """
        needed: list[Reading[ScheduleRow] | Reading[PlayerRow]] = [self.context, *self.coverage]
        needed += [reading for reading in self.schedule if reading.source == authority]
        return "; ".join(f"{one.source} could not be read: {one.error}" for one in needed if one.error)


class Listing[Row: (ScheduleRow, PlayerRow)]:
    """A reading by date. A time that lies in the future is not believed: the row counts as one without a time."""

    def __init__(self, reading: Reading[Row], now: datetime) -> None:
        self.source = reading.source
        self.kind = reading.kind
        self.error = reading.error
        self._rows: dict[date, list[Row]] = defaultdict(list)
        self._from_the_future: set[date] = set()
        latest = now + CLOCK_SKEW
        for row in reading.rows:
            if row.refreshed_at and row.refreshed_at > latest:
                self._from_the_future.add(row.game_date)
                row = row._replace(refreshed_at=None)  # noqa: PLW2901 - the row as it is believed
            self._rows[row.game_date].append(row)
        self._dates = sorted(self._rows)
        self._refreshed = {
            day: max([row.refreshed_at for row in rows if row.refreshed_at], default=None)
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
        return max(filter(None, map(self._refreshed.get, self.dates_in(days))), default=None)

    def from_the_future(self, days: DateRange) -> Sequence[date]:
        """The dates of the range with a row whose time lies in the future, in order."""
        return sorted(day for day in self._from_the_future if day in days)

    @cached_property
    def by_id(self) -> Mapping[str, Sequence[Row]]:
        """The rows under each id. Those of NBA.com follow a game from date to date."""
        rows: dict[str, list[Row]] = defaultdict(list)
        for of_a_day in self._rows.values():
            for row in of_a_day:
                if row.game_id:
                    rows[row.game_id].append(row)
        return rows
