"""Merges the schedule sources into a date's slate: the games expected, and those excluded and why.

The expected games are the union over the sources. Every disagreement between sources becomes a warning.
"""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from monitor.core.dates import DateRange
from monitor.core.games import (
    TBD,
    TEAMS,
    GameStatus,
    Teams,
    canonical_team,
    is_nba_form,
    pair,
    remembered,
    teams_in_date_form,
)
from monitor.core.history import Check, SeenGame
from monitor.core.sources import EVIDENCE_DAYS, MOVE_DAYS, Listing, ScheduleRow


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

_RANK = {state: position for position, state in enumerate(State)}
_NOON = time(12)
_NEVER = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class Game(NamedTuple):
    """One game of a date, merged from all sources."""

    away: str
    home: str
    tipoff: datetime | None = None
    sources: tuple[str, ...] = ()
    game_ids: tuple[str, ...] = ()

    @property
    def teams(self) -> Teams:
        """The game's identity within its date."""
        return pair(self.away, self.home)

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


class _Entry(NamedTuple):
    """What one source says about a game: its newest row, parsed.

    `moved_to` is the row that took its place on another date.
    """

    away: str
    home: str
    state: State
    tipoff: datetime | None
    refreshed_at: datetime
    game_id: str | None
    moved_to: ScheduleRow | None
    game_ids: set[str]

    @property
    def teams(self) -> Teams:
        return pair(self.away, self.home)


def slate(
    day: date,
    schedule: Sequence[Listing[ScheduleRow]],
    authority: str,
    history: Sequence[Check],
    worst_first: Callable[[Game], Any],
) -> Slate:
    """Decide which games of the date will be played.

    `schedule` has every schedule source, the authority among them. `history` has the date's earlier checks, oldest
    first. `worst_first` orders games by how bad their data is; it decides where nothing else does.

    - A game that is called off or was moved away is excluded, unless a source shows it live or final. An exhibition is
      excluded whatever is said of it (docs/adr/0003).
    - A team cannot play twice on a date: the authority's game stands, else that of the source named first.
    - A game that an earlier check expected does not vanish: it stays until those who listed it withdraw it.
    """
    warnings: list[str] = []
    listings = [listing for listing in schedule if listing.on(day)]
    found = _entries(day, listings, warnings)
    exhibitors = _only_exhibitions(found)

    candidates: list[tuple[Game, Mapping[str, _Entry]]] = []
    excluded: list[tuple[Game, str]] = []
    for teams, entries in found.items():
        game = _merge(entries)
        reason = _exhibition(teams, entries, exhibitors) or _why_not_played(game, entries, warnings)
        if reason:
            excluded.append((game, reason))
        else:
            candidates.append((game, entries))
        if not (teams <= TEAMS or (reason and reason.startswith("exhibition"))):
            warnings += [
                f"{source} names the unknown team {team!r} (game {entry.game_id})"
                for source, entry in entries.items()
                for team in (entry.away, entry.home)
                if team not in TEAMS
            ]

    listed = Counter(team for game, _ in candidates for team in game.teams)
    contested = {team for team, games in listed.items() if games > 1}

    def precedence(candidate: tuple[Game, Mapping[str, _Entry]]) -> tuple[Any, ...]:
        game, entries = candidate
        if game.teams.isdisjoint(contested):
            return ()
        return (*_precedence(entries, authority, schedule), worst_first(game), game.matchup)

    expected: list[Game] = []
    playing: dict[str, Game] = {}
    for game, _ in sorted(candidates, key=precedence):
        named = game.teams - {TBD}
        rivals = named & playing.keys()
        if not rivals:
            expected.append(game)
            playing.update(dict.fromkeys(named, game))
            continue
        rival = playing[min(rivals)]
        excluded.append((game, f"ghost: the same team plays in {rival.matchup}"))
        warnings.append(
            f"{game.matchup} ({_and(game.sources)}) shares a team with {rival.matchup} on the same date: not expected"
        )
    expected.sort(key=_in_play_order)
    warnings += _unlisted(expected, [listing for listing in schedule if not listing.error], day)

    for game, withdrawn in _vanished(found, history, schedule, day):
        rivals = game.teams & playing.keys()
        if rivals or withdrawn:
            instead = f"{playing[min(rivals)].matchup} is expected instead" if rivals else _NO_LISTING
            excluded.append((game, f"withdrawn: {instead}"))
        else:
            insort(expected, game, key=_in_play_order)
            playing.update(dict.fromkeys(game.teams - {TBD}, game))
            warnings.append(f"{game.matchup}: {_NO_LISTING}, and it was not called off: still expected")

    return Slate(
        expected=tuple(expected),
        excluded=tuple(sorted(excluded, key=lambda pair: _in_play_order(pair[0]))),
        warnings=tuple(dict.fromkeys(warnings)),
    )


_NO_LISTING = "no schedule lists it any more"


def _entries(
    day: date, listings: Sequence[Listing[ScheduleRow]], warnings: list[str]
) -> dict[Teams, dict[str, _Entry]]:
    """Each source's newest row of each game."""
    found: dict[Teams, dict[str, _Entry]] = {}
    for listing in listings:
        by_id: dict[str, _Entry] = {}
        for row in sorted(listing.on(day), key=_newest_first):
            entry = _read(row, listing, warnings)
            # An older row with the same id and other teams is the same game before a correction.
            newer = by_id.setdefault(row.game_id, entry) if row.game_id else entry
            if newer is not entry and newer.teams != entry.teams and newer.refreshed_at > entry.refreshed_at:
                warnings.append(f"{listing.source} has game {row.game_id} as {entry.away}@{entry.home} in an older row")
                continue
            newest = found.setdefault(entry.teams, {}).setdefault(listing.source, entry)
            if row.game_id:
                newest.game_ids.add(row.game_id)
            if (newest.state in CALLED_OFF) != (entry.state in CALLED_OFF):
                warnings.append(
                    f"{listing.source} has {entry.away}@{entry.home} both {newest.state} and {entry.state}: "
                    f"the newest row, {newest.state}, counts"
                )
    return found


def _vanished(
    found: Mapping[Teams, object], history: Sequence[Check], schedule: Sequence[Listing[ScheduleRow]], day: date
) -> Iterator[tuple[Game, bool]]:
    """Each game that an earlier check expected and nobody lists now, and whether all who listed it have withdrawn it.

    Those that another game stood for come last: that one may have vanished too. A source has withdrawn a game when it
    answered, and was refreshed after the last check that saw it list the game.
    """
    if not history:
        return
    refreshed = {listing.source: listing.refreshed_at(window_of(day)) for listing in schedule if not listing.error}
    last: dict[Teams, SeenGame] = {}
    listed: dict[Teams, dict[str, datetime]] = {}
    for check in history:
        for teams, seen in check.games.items():
            last[teams] = seen
            listed.setdefault(teams, {}).update(dict.fromkeys(seen.sources, check.time))
    for teams, seen in sorted(last.items(), key=lambda each: each[1].status == GameStatus.EXCLUDED):
        if teams in found or seen.status not in GameStatus or _ended(seen):
            continue
        game = Game(seen.away, seen.home, seen.tipoff, (), seen.game_ids)
        yield (
            game,
            bool(listed[teams])
            and all(
                (now := refreshed.get(source)) is not None and now > seen_at
                for source, seen_at in listed[teams].items()
            ),
        )


def _ended(seen: SeenGame) -> bool:
    """Whether the game was excluded for what its own sources say, and not because another one stood for it."""
    reason = seen.reason or ""
    return seen.status == GameStatus.EXCLUDED and not (reason.startswith("ghost") or reason.endswith("instead"))


def window_of(day: date) -> DateRange:
    """The dates whose rows tell how fresh a schedule is for this date."""
    return DateRange(day - timedelta(days=EVIDENCE_DAYS), day + timedelta(days=MOVE_DAYS))


def _newest_first(row: ScheduleRow) -> tuple[timedelta, int, str, str, str, datetime]:
    """Sort key. Equally new rows are ordered by their other values, so that the input order does not matter."""
    age = _LAST - (row.refreshed_at or _NEVER)
    rank = _RANK[_state(row.state) or State.SCHEDULED]
    return age, rank, row.game_id or "", row.away or "", row.home or "", row.tipoff or _LAST


@remembered
def _state(text: str | None) -> State | None:
    try:
        return State((text or State.SCHEDULED).strip().lower())
    except ValueError:
        return None


def _read(row: ScheduleRow, listing: Listing[ScheduleRow], warnings: list[str]) -> _Entry:
    source = listing.source
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
    tipoff = row.tipoff
    # Games tip off on their league date or, in UTC, on the next. Anything else is a placeholder such as the year 1.
    if tipoff and abs(tipoff - datetime.combine(row.game_date, _NOON, UTC)) > timedelta(days=1):
        warnings.append(f"{source} has {away}@{home} tip off at {tipoff:%Y-%m-%d %H:%M} UTC: ignored")
        tipoff = None
    moved_to = _moved_to(row, listing) if state is State.SCHEDULED else None
    return _Entry(away, home, state, tipoff, row.refreshed_at or _NEVER, row.game_id, moved_to, set())


def _moved_to(row: ScheduleRow, listing: Listing[ScheduleRow]) -> ScheduleRow | None:
    """The newest row of the game, if that is on another date: `row` is then the one it was moved away from.

    NBA.com has no word for a postponed game: the id stands again on another date. Of two equally new rows the later
    date counts. A row without a time tells nothing, nor does one that is itself called off.
    """
    if row.refreshed_at is None or not row.game_id:
        return None
    same = listing.by_id[row.game_id]
    if len(same) == 1 or not is_nba_form(row.game_id):
        return None
    others = [
        (other.refreshed_at, other.game_date, other)
        for other in same
        if other.refreshed_at
        and other.game_date != row.game_date
        and abs(other.game_date - row.game_date).days <= MOVE_DAYS
        and _state(other.state) not in CALLED_OFF
    ]
    newest = max(others, key=lambda other: other[:2], default=None)
    return newest[2] if newest and newest[:2] > (row.refreshed_at, row.game_date) else None


def _merge(entries: Mapping[str, _Entry]) -> Game:
    first = next(iter(entries.values()))
    tipoffs = [entry.tipoff for entry in entries.values() if entry.tipoff]
    game_ids = {game_id for entry in entries.values() for game_id in entry.game_ids}
    return Game(first.away, first.home, tipoffs[0] if tipoffs else None, tuple(entries), tuple(sorted(game_ids)))


def _only_exhibitions(found: Mapping[Teams, Mapping[str, _Entry]]) -> list[str]:
    """The sources that list exhibitions on this date and nothing else."""
    listed = [(source, entry.state) for entries in found.values() for source, entry in entries.items()]
    others = {source for source, state in listed if state is not State.EXHIBITION}
    return list(dict.fromkeys(source for source, _ in listed if source not in others))


def _exhibition(teams: Teams, entries: Mapping[str, _Entry], exhibitors: Sequence[str]) -> str | None:
    """Why the game is an exhibition, if it is. `exhibitors` are the sources that list nothing else on the date.

    ESPN lists the All-Star game under a pair of its own, EAST@WEST, as a game like any other.
    """
    said = [source for source, entry in entries.items() if entry.state is State.EXHIBITION]
    if said:
        return f"exhibition ({_and(said)})"
    if teams & TEAMS or TBD in teams or any(team.startswith(f"{TBD} (") for team in teams):
        return None
    # None of them lists this game, since one that did would list something else.
    return f"exhibition ({_and(exhibitors)} lists nothing else on this date)" if exhibitors else None


def _why_not_played(game: Game, entries: Mapping[str, _Entry], warnings: list[str]) -> str | None:
    off: dict[str, str] = {}
    moved: list[datetime] = []
    for source, entry in entries.items():
        if entry.state in CALLED_OFF:
            off[source] = entry.state
        elif entry.moved_to and entry.moved_to.refreshed_at:
            off[source] = f"moved to {entry.moved_to.game_date}"
            moved.append(entry.moved_to.refreshed_at)
    if not off:
        return None
    said = _and([f"{what} ({source})" for source, what in off.items()])
    others = _and([f"{source} shows it {entry.state}" for source, entry in entries.items() if source not in off])
    played = any(entry.state in PLAYED for entry in entries.values())
    # A move is an inference: a source that lists the game on this date, and is newer than the row it moved to, is not.
    listed = len(moved) == len(off) and any(
        entry.refreshed_at > max(moved) for source, entry in entries.items() if source not in off
    )
    if played or listed:
        warnings.append(f"{game.matchup} is {said}, but {others}{'' if played else ', and is newer'}: expected")
        return None
    if others:
        warnings.append(f"{game.matchup} is {said}, but {others}: not expected")
    return said


def _precedence(
    entries: Mapping[str, _Entry], authority: str, schedule: Sequence[Listing[ScheduleRow]]
) -> tuple[bool, int, float]:
    """A game with both its teams first, then the authority's, then that of the source named first, then the newest."""
    order = [authority, *(listing.source for listing in schedule)]
    source, entry = min(entries.items(), key=lambda item: order.index(item[0]))
    return TBD in entry.teams, order.index(source), -entry.refreshed_at.timestamp()


def _in_play_order(game: Game) -> tuple[datetime, str]:
    return game.tipoff or _LAST, game.matchup


def _unlisted(expected: Sequence[Game], listings: Sequence[Listing[ScheduleRow]], day: date) -> list[str]:
    """Warnings about expected games that are missing from a source that answered."""
    warnings = []
    for listing in listings:
        absent = [game for game in expected if listing.source not in game.sources]
        if not listing.dates_in(window_of(day)):
            continue  # empty, which is a warning of its own
        if absent and not listing.on(day):
            others = dict.fromkeys(source for game in absent for source in game.sources)
            warnings.append(f"{listing.source} lists no games on {day}, unlike {_and(list(others))} ({len(absent)})")
        else:
            warnings.extend(f"{listing.source} does not list {g.matchup}, unlike {_and(g.sources)}" for g in absent)
    return warnings


def _and(words: Sequence[str]) -> str:
    return " and ".join(words)
