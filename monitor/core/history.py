"""The earlier checks of a date, as the history has them: what each found, and what became of its alert.

A row of the first edition lacks what the second added, and a row from before the monitor has a time and a status only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from monitor.core.games import Teams, pair
from monitor.core.readiness import Readiness


@dataclass(frozen=True, slots=True)
class SeenGame:
    """A game as an earlier check found it, and why. `sources` are the schedules that listed it."""

    away: str
    home: str
    status: str
    sources: tuple[str, ...] = ()
    game_ids: tuple[str, ...] = ()
    tipoff: datetime | None = None
    ready_at: datetime | None = None
    predictions: int | None = None
    reason: str | None = None

    @property
    def teams(self) -> Teams:
        """The game's identity within its date."""
        return pair(self.away, self.home)

    @property
    def matchup(self) -> str:
        """Away at home, as in ORL@MEM."""
        return f"{self.away}@{self.home}"


@dataclass(frozen=True, slots=True)
class Thread:
    """A bot's first message: the channel's id and the message's timestamp, which together identify it in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Check:
    """An earlier check of a date. `reason` and `alert_status` say whether Slack was told, and why."""

    time: datetime
    status: str
    games: Mapping[Teams, SeenGame] = field(default_factory=dict)
    reason: str | None = None
    alert_status: str | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What earlier checks found: each date's checks, oldest first, and when the game dates before them were ready.

    With an `error` nothing of it is known.
    """

    checks: Mapping[date, Sequence[Check]] = field(default_factory=dict)
    readiness: Sequence[Readiness] = ()
    error: str | None = None

    def of(self, day: date) -> Sequence[Check]:
        """The checks of a date."""
        return self.checks.get(day, ())

    def readiness_before(self, day: date) -> Sequence[Readiness]:
        """The game dates before this one."""
        return [one for one in self.readiness if one.day < day]
