"""Decides whether a game has its data: which game each player row belongs to, and how many players are enough.

Nothing here raises. A row that matches no game is reported in a warning, never dropped.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from monitor.core.dates import Deadlines, ExpectedGap, OffSeason
from monitor.core.games import TEAMS, GameStatus, Teams, canonical_team, is_nba_form, pair, teams_in_date_form
from monitor.core.schedule import Game, Slate
from monitor.core.sources import Listing, PlayerRow


class Phase(StrEnum):
    """The phase to run first."""

    PHASE_3 = "phase3"
    PHASE_4 = "phase4"


OFF_SEASON = OffSeason((6, 25), (10, 1))


_ADVICE = {
    Phase.PHASE_3: "not in Phase 3: run Phase 3 first",
    Phase.PHASE_4: "in Phase 3: run Phase 4",
}


@dataclass(frozen=True)
class Rules:
    """What the operator has decided. The defaults are the design's.

    `authority` is the schedule source whose silence is evidence for an off-day.
    """

    deadlines: Deadlines
    authority: str = "nbac"
    min_players_per_team: int = 5
    min_coverage: Decimal = Decimal("0.8")
    schedule_max_age: timedelta = timedelta(hours=48)
    off_season: OffSeason = OFF_SEASON
    expected_gaps: tuple[ExpectedGap, ...] = ()


class GameVerdict(NamedTuple):
    """The verdict on one game.

    `short_in` names the required sources in which it is not ready and `findings` says what they lack, a phrase each;
    `missing_from` names those of them without a row. `ready_at` is when the data of a ready game was written, by its
    own clock, None where it does not say. `predictions` counts the players predicted, None where that is not due or
    not known.
    """

    game: Game
    status: GameStatus
    findings: tuple[str, ...] = ()
    stalled: Phase | None = None
    phase3_players: int | None = None
    phase4_players: int | None = None
    short_in: tuple[str, ...] = ()
    missing_from: tuple[str, ...] = ()
    ready_at: datetime | None = None
    predictions: int | None = None

    @property
    def reason(self) -> str | None:
        """Why the game is not ready or not expected, and what to run; None if it is ready."""
        return "; ".join([*self.findings, *([_ADVICE[self.stalled]] if self.stalled else [])]) or None


@dataclass(slots=True)
class Tally:
    """The players of one game in one source, per team (None where the row has no team), and when they were written."""

    players: dict[str | None, int] = field(default_factory=dict)
    times: list[datetime | None] = field(default_factory=list)


class GameIndex:
    """Where each Phase 3 or Phase 4 row of a date belongs: by its team, which plays once a date, else by its id."""

    def __init__(self, day: date, games: Slate) -> None:
        self._day = day
        # Expected games come last, so that they win over an excluded game with the same team or id.
        self._known = {game.teams: game for game in [*(game for game, _ in games.excluded), *games.expected]}
        self._expected = {game.teams for game in games.expected}
        self._by_team = {team: teams for teams in self._known for team in teams}
        # If two games share an id, it identifies neither: players of one could hide the other's gap.
        claims = Counter(game_id for game in games.expected for game_id in game.game_ids)
        self._by_id = {
            game_id: teams
            for teams, game in self._known.items()
            for game_id in game.game_ids
            if is_nba_form(game_id) and claims[game_id] <= 1
        }

    def tally(self, listing: Listing[PlayerRow]) -> tuple[dict[Teams, Tally], list[str]]:
        """What the source has for each game, and a warning on rows that find no game."""
        tallies = {teams: Tally() for teams in self._known}
        strays: Counter[str] = Counter()
        for row in listing.on(self._day):
            team = canonical_team(row.team)
            teams = self._by_team.get(team or "") or self._by_game_id(row.game_id, team)
            if teams is None:
                strays[" ".join(filter(None, (team, f"game {row.game_id}" if row.game_id else "no id")))] += row.players
                continue
            tally = tallies[teams]
            tally.players[team] = tally.players.get(team, 0) + row.players
            tally.times.append(row.refreshed_at)
        return tallies, [_stray_warning(listing.source, strays)] if strays else []

    def _by_game_id(self, game_id: str | None, team: str | None) -> Teams | None:
        """The game of this id, for a row whose team plays in none."""
        named = teams_in_date_form(game_id, self._day)
        teams = pair(*named) if named else self._by_id.get(game_id or "")
        # A known team that does not play in the game is not counted for it, whatever the row's id says.
        return teams if teams in self._known and not (teams in self._expected and team in TEAMS) else None

    def unknown_teams(self, listings: Sequence[Listing[PlayerRow]]) -> Iterator[str]:
        """A warning per source about unknown team codes."""
        for listing in listings:
            codes = {team for row in listing.on(self._day) if (team := canonical_team(row.team))} - TEAMS
            if codes:
                yield f"{listing.source} names unknown teams: {_some(sorted(codes))}"


def _stray_warning(source: str, strays: Counter[str]) -> str:
    rows = _some([f"{what} ({players})" for what, players in strays.most_common()])
    return f"{source} has {strays.total():,} players that match no game on this date: {rows}"


def _some(items: Sequence[str], most: int = 5) -> str:
    """The first items, and how many more there are."""
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def judge_games(
    index: GameIndex,
    games: Sequence[Game],
    context: Listing[PlayerRow],
    coverage: Sequence[Listing[PlayerRow]],
    rules: Rules,
    ready_since: Mapping[Teams, datetime | None],
) -> tuple[tuple[GameVerdict, ...], list[str]]:
    """Each of the games judged, and a warning on the rows of each source that find no game.

    `ready_since` says when a game became ready, where an earlier check has seen it ready.
    """
    expected, strays = index.tally(context)
    tallies = {listing.source: index.tally(listing) for listing in coverage if not listing.error}
    strays += [stray for _, found in tallies.values() for stray in found]
    if any(listing.error for listing in coverage):
        return tuple(GameVerdict(game, GameStatus.UNKNOWN, ("Phase 4 could not be read",)) for game in games), strays
    verdicts = tuple(
        _judge_game(
            game,
            None if context.error else expected[game.teams],
            {source: found[game.teams] for source, (found, _) in tallies.items()},
            rules,
            ready_since.get(game.teams),
        )
        for game in games
    )
    return verdicts, strays


def _judge_game(
    game: Game, context: Tally | None, coverage: Mapping[str, Tally], rules: Rules, seen: datetime | None
) -> GameVerdict:
    """Whether the game has its data in every required source.

    `context` is None where Phase 3 could not be read: then no phase is blamed, and no game called ready. `seen` is the
    time at which an earlier check found the game to have become ready.
    """
    expected = context.players if context is not None else {}
    players = {source: tally.players for source, tally in coverage.items()}
    missing_from = tuple([source for source, found in players.items() if not _total(found)])
    short = {source: _short_of(game, expected, found, rules) for source, found in players.items()}
    short_teams = [team for teams in short.values() for team in teams]
    if context is None and not short_teams:
        return GameVerdict(game, GameStatus.UNKNOWN, ("the number of players needed is unknown",))
    stalled = None
    if short_teams and context is not None:
        stalled = Phase.PHASE_4 if all(_in_phase3(team, game, expected) for team in short_teams) else Phase.PHASE_3
    return GameVerdict(
        game,
        GameStatus.MISSING if missing_from else GameStatus.PARTIAL if short_teams else GameStatus.READY,
        findings=_findings(game, short, expected, players),
        stalled=stalled,
        phase3_players=None if context is None else _total(expected),
        phase4_players=min(map(_total, players.values()), default=None),
        short_in=tuple([source for source, teams in short.items() if teams]),
        missing_from=missing_from,
        ready_at=None if short_teams else seen or _newest([at for tally in coverage.values() for at in tally.times]),
    )


def _newest(times: Sequence[datetime | None]) -> datetime | None:
    """The newest of them; None where one is not known."""
    known = [at for at in times if at]
    return max(known, default=None) if len(known) == len(times) else None


def _total(players: Mapping[str | None, int]) -> int:
    return sum(players.values())


def _short_of(
    game: Game, expected: Mapping[str | None, int], players: Mapping[str | None, int], rules: Rules
) -> tuple[str | None, ...]:
    """The teams with too few players, and None if the game as a whole has too few.

    It is judged as a whole where the source's rows have no team, or where Phase 3 has players without one of the two.
    """
    units: list[str | None] = [game.away, game.home] if any(players) else [None]
    if any(players) and not expected.keys() <= game.teams:
        units.append(None)
    floor = rules.min_players_per_team
    return tuple(
        [
            team
            for team in units
            if _players_of(team, players)
            < max(floor if team else 2 * floor, ceil(rules.min_coverage * _players_of(team, expected)))
        ]
    )


def _players_of(team: str | None, players: Mapping[str | None, int]) -> int:
    """The team's players; the whole game's if the team is None."""
    return players.get(team, 0) if team else _total(players)


def _in_phase3(team: str | None, game: Game, expected: Mapping[str | None, int]) -> bool:
    if not any(expected):
        return _total(expected) > 0
    return all(expected.get(known) for known in ([team] if team else game.teams))


def _findings(
    game: Game,
    short: Mapping[str, Sequence[str | None]],
    expected: Mapping[str | None, int],
    coverage: Mapping[str, Mapping[str | None, int]],
) -> tuple[str, ...]:
    findings = []
    for source, teams in short.items():
        if not teams:
            continue
        players = coverage[source]
        counts = [
            f"{team or game.matchup} {_players_of(team, players)}"
            + (f" of {of}" if (of := _players_of(team, expected)) else "")
            for team in teams
        ]
        findings.append(f"{', '.join(counts)} players in {source}" if _total(players) else f"nothing in {source}")
    return tuple(findings)
