"""Helpers for tests of the core: what each source returns, and the verdict on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.coverage import Rules
from monitor.core.dates import Deadlines
from monitor.core.history import Check, SeenGame
from monitor.core.sources import Kind, PlayerRow, Reading, Readings, ScheduleRow
from monitor.core.verdict import DateVerdict, judge

EASTERN = ZoneInfo("America/New_York")
DEADLINES = Deadlines(EASTERN, phase4=time(8), predictions=time(18), predictions_zone=UTC)
NOW = datetime(2026, 1, 18, 13, 0, tzinfo=UTC)  # 8:00 AM in New York
TODAY = date(2026, 1, 18)
FRESH = NOW - timedelta(hours=1)


def game(matchup: str, state: str | None = "scheduled", *, day: date = TODAY, **given: Any) -> ScheduleRow:
    """A row of a schedule source, with an id in date form by default."""
    away, _, home = matchup.partition("@")
    row = ScheduleRow(day, f"{day:%Y%m%d}_{away}_{home}", away, home, state, None, FRESH)
    return row._replace(**given)


def team(code: str | None, players: int, game_id: str | None = None, *, day: date = TODAY) -> PlayerRow:
    """A row of a Phase 3 or Phase 4 source."""
    return PlayerRow(day, game_id, code, players, FRESH)


def teams(matchup: str, *players: int, day: date = TODAY) -> list[PlayerRow]:
    """The rows of both teams of a game, under its date-form id."""
    return [
        team(code, count, f"{day:%Y%m%d}_{matchup.replace('@', '_')}", day=day)
        for code, count in zip(matchup.split("@"), players, strict=True)
    ]


RULES = Rules(DEADLINES)


def seen(time: datetime, *games: SeenGame, status: str = "MISSING_DATA") -> Check:
    """An earlier check of the date."""
    return Check(time, status, {game.teams: game for game in games})


@dataclass(frozen=True)
class World:
    """What the sources return: rows, or the error of a source that failed, as text."""

    espn: Sequence[ScheduleRow] | str = ()
    nbac: Sequence[ScheduleRow] | str = ()
    phase3: Sequence[PlayerRow] | str = ()
    phase4: Sequence[PlayerRow] | str = ()
    cache: Sequence[PlayerRow] | str | None = None
    """A second required Phase 4 source, where there is one."""
    predictions: Sequence[PlayerRow] | str | None = None
    """None where the source is not asked."""
    history: Sequence[Check] = ()
    rules: Rules = RULES
    now: datetime = NOW
    today: date = TODAY

    def judge(self, *days: date) -> list[DateVerdict]:
        coverage = {"player_composite_factors": self.phase4}
        if self.cache is not None:
            coverage["player_daily_cache"] = self.cache
        readings = Readings(
            schedule=tuple(
                _reading(name, Kind.SCHEDULE, answer) for name, answer in (("espn", self.espn), ("nbac", self.nbac))
            ),
            context=_reading("upcoming_player_game_context", Kind.CONTEXT, self.phase3),
            coverage=tuple(_reading(name, Kind.COVERAGE, answer) for name, answer in coverage.items()),
            predictions=None
            if self.predictions is None
            else _reading("player_prop_predictions", Kind.PREDICTIONS, self.predictions),
        )
        asked = days or (self.today,)
        history = dict.fromkeys(asked, self.history)
        return judge(asked, readings, self.rules, history, now=self.now, today=self.today)


def _reading[Row: (ScheduleRow, PlayerRow)](name: str, kind: Kind, answer: Sequence[Row] | str) -> Reading[Row]:
    if isinstance(answer, str):
        return Reading(name, kind, error=answer)
    return Reading(name, kind, tuple(answer))
