"""Merges the schedule sources into a date's slate: the games expected, and those excluded and why.

The expected games are the union over the sources. Every disagreement between sources becomes a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from monitor.core.games import TBD, TEAMS, Teams, canonical_team, teams_in_date_form
from monitor.core.sources import Listing, ScheduleRow


class State(StrEnum):
    """The states of the source contract. Among equally new rows of a game the first in this order wins."""

    FINAL = "final"
    LIVE = "live"
    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    EXHIBITION = "exhibition"


PLAYED = {State.FINAL, State.LIVE}
CALLED_OFF = {State.POSTPONED, State.CANCELLED}

_RANK = {state: -position for position, state in enumerate(State)}
_NOON = time(12)
_NEVER = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Game:
    """One game of a date, merged from all sources."""

    away: str
    home: str
    tipoff: datetime | None = None
    sources: tuple[str, ...] = ()
    game_ids: tuple[str, ...] = ()

    @property
    def teams(self) -> Teams:
        """The game's identity within its date."""
        return frozenset({self.away, self.home})

    @property
    def matchup(self) -> str:
        """Away at home, as in ORL@MEM."""
        return f"{self.away}@{self.home}"


@dataclass(frozen=True, slots=True)
class Slate:
    """The games of one date. `excluded` pairs each game that is listed but not expected with the reason."""

    expected: tuple[Game, ...] = ()
    excluded: tuple[tuple[Game, str], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one source says about a game: its newest row, parsed."""

    away: str
    home: str
    state: State
    tipoff: datetime | None
    refreshed_at: datetime


def slate(day: date, listings: Sequence[Listing[ScheduleRow]]) -> Slate:
    """Decide which games of the date will be played.

    `listings` are the sources that answered, the most trusted first. A game that is postponed or cancelled in any
    source is excluded unless another source shows it live or final. An exhibition is always excluded (docs/adr/0003).
    A team cannot play twice on a date: the game from the more trusted source counts.
    """
    warnings: list[str] = []
    found: dict[Teams, dict[str, _Entry]] = {}
    ids: dict[Teams, set[str]] = {}
    for listing in listings:
        by_id: dict[str, Teams] = {}
        for row in sorted(listing.on(day), key=_newest_first):
            entry = _read(row, listing.source, warnings)
            teams = frozenset({entry.away, entry.home})
            # An older row with the same id and other teams is the same game before a correction.
            if row.game_id and by_id.setdefault(row.game_id, teams) != teams:
                warnings.append(f"{listing.source} has game {row.game_id} as {entry.away}@{entry.home} in an older row")
                continue
            ids.setdefault(teams, set()).update([row.game_id] if row.game_id else [])
            newest = found.setdefault(teams, {}).setdefault(listing.source, entry)
            if (newest.state in CALLED_OFF) != (entry.state in CALLED_OFF):
                warnings.append(
                    f"{listing.source} has {entry.away}@{entry.home} both {newest.state} and {entry.state}: "
                    f"the newest row, {newest.state}, counts"
                )

    candidates: list[tuple[Game, Mapping[str, _Entry]]] = []
    excluded: list[tuple[Game, str]] = []
    for teams, entries in found.items():
        game = _merge(entries, ids[teams])
        reason = _why_not_played(game, entries, warnings)
        if reason:
            excluded.append((game, reason))
        else:
            candidates.append((game, entries))

    expected: list[Game] = []
    playing: dict[str, Game] = {}
    for game, _ in sorted(candidates, key=lambda c: _precedence(c[1], listings)):
        named = [team for team in (game.away, game.home) if team != TBD]
        rival = next((playing[team] for team in named if team in playing), None)
        if rival is None:
            expected.append(game)
            playing.update(dict.fromkeys(named, game))
            continue
        excluded.append((game, f"ghost: the same team plays in {rival.matchup}"))
        warnings.append(
            f"{game.matchup} ({_and(game.sources)}) shares a team with {rival.matchup} on the same date: not expected"
        )

    return Slate(
        expected=tuple(sorted(expected, key=_in_play_order)),
        excluded=tuple(sorted(excluded, key=lambda pair: _in_play_order(pair[0]))),
        warnings=(*dict.fromkeys(warnings), *_unlisted(expected, listings, day)),
    )


def _newest_first(row: ScheduleRow) -> tuple[float, int, str, str, str, datetime]:
    """Sort key. Equally new rows are ordered by their other values, so that the input order does not matter."""
    written = (row.refreshed_at or _NEVER).timestamp()
    rank = -_RANK[_state(row.state) or State.SCHEDULED]
    return -written, rank, row.game_id or "", row.away or "", row.home or "", row.tipoff or _LAST


def _state(text: str | None) -> State | None:
    try:
        return State((text or State.SCHEDULED).strip().lower())
    except ValueError:
        return None


def _read(row: ScheduleRow, source: str, warnings: list[str]) -> _Entry:
    away, home = canonical_team(row.away), canonical_team(row.home)
    if not (away and home):
        away, home = teams_in_date_form(row.game_id, row.game_date) or (away, home)
    if not (away or home):
        home = f"{TBD} ({row.game_id})"  # keeps two such games apart
    away, home = away or TBD, home or TBD
    state = _state(row.state)
    if state is None:
        warnings.append(f"{source} has {away}@{home} in the unknown state {row.state!r}: counted as scheduled")
        state = State.SCHEDULED
    # All-Star and preseason opponents need not be NBA teams, and their games are not expected anyway.
    if state is not State.EXHIBITION:
        warnings.extend(
            f"{source} names the unknown team {team!r} (game {row.game_id})"
            for team in (away, home)
            if team not in TEAMS
        )
    tipoff = row.tipoff
    # Games tip off on their league date or, in UTC, on the next. Anything else is a placeholder such as the year 1.
    if tipoff and abs(tipoff - datetime.combine(row.game_date, _NOON, UTC)) > timedelta(days=1):
        warnings.append(f"{source} has {away}@{home} tip off at {tipoff:%Y-%m-%d %H:%M} UTC: ignored")
        tipoff = None
    return _Entry(away, home, state, tipoff, row.refreshed_at or _NEVER)


def _merge(entries: Mapping[str, _Entry], game_ids: set[str]) -> Game:
    first = next(iter(entries.values()))
    tipoff = next((entry.tipoff for entry in entries.values() if entry.tipoff), None)
    return Game(first.away, first.home, tipoff, tuple(entries), tuple(sorted(game_ids)))


def _why_not_played(game: Game, entries: Mapping[str, _Entry], warnings: list[str]) -> str | None:
    states = {source: entry.state for source, entry in entries.items()}
    exhibition = [source for source, state in states.items() if state is State.EXHIBITION]
    if exhibition:
        return f"exhibition ({_and(exhibition)})"
    off = {source: state for source, state in states.items() if state in CALLED_OFF}
    if not off:
        return None
    said = _and([f"{state} ({source})" for source, state in off.items()])
    others = _and([f"{source} shows it {state}" for source, state in states.items() if source not in off])
    if PLAYED & set(states.values()):
        warnings.append(f"{game.matchup} is {said}, but {others}: expected")
        return None
    if others:
        warnings.append(f"{game.matchup} is {said}, but {others}: not expected")
    return said


def _precedence(
    entries: Mapping[str, _Entry], listings: Sequence[Listing[ScheduleRow]]
) -> tuple[bool, int, float, str]:
    """Sort key: games with both teams known first, then by trust in their source, then the newest."""
    order = [listing.source for listing in listings]
    source, entry = min(entries.items(), key=lambda item: order.index(item[0]))
    has_tbd = TBD in {entry.away, entry.home}
    return has_tbd, order.index(source), -entry.refreshed_at.timestamp(), f"{entry.away}@{entry.home}"


def _in_play_order(game: Game) -> tuple[datetime, str]:
    return game.tipoff or _LAST, game.matchup


def _unlisted(expected: Sequence[Game], listings: Sequence[Listing[ScheduleRow]], day: date) -> list[str]:
    """Warnings about expected games that are missing from a source that answered."""
    warnings = []
    for listing in listings:
        absent = [game for game in expected if listing.source not in game.sources]
        if absent and not listing.on(day):
            others = dict.fromkeys(source for game in absent for source in game.sources)
            warnings.append(f"{listing.source} lists no games on {day}, unlike {_and(list(others))} ({len(absent)})")
        else:
            warnings.extend(f"{listing.source} does not list {g.matchup}, unlike {_and(g.sources)}" for g in absent)
    return warnings


def _and(words: Sequence[str]) -> str:
    return " and ".join(words)
