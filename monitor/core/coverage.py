"""Decides whether a game has its data: which game each player row belongs to, and how many players are enough.

Nothing here raises. A row that matches no game is reported in a warning, never dropped.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil

from monitor.core.dates import ExpectedGap, OffSeason
from monitor.core.games import TEAMS, Teams, canonical_team, is_nba_form, teams_in_date_form
from monitor.core.schedule import Game, Slate
from monitor.core.sources import Listing, PlayerRow


class GameStatus(StrEnum):
    """A game's status. UNKNOWN: Phase 4 could not be read, or Phase 3, which says how many players are enough."""

    READY = "READY"
    PARTIAL = "PARTIAL"
    MISSING = "MISSING"
    UNKNOWN = "UNKNOWN"
    EXCLUDED = "EXCLUDED"


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
    """The operator's thresholds."""

    min_players_per_team: int = 5
    min_coverage: Decimal = Decimal("0.8")
    schedule_max_age: timedelta = timedelta(hours=48)
    off_season: OffSeason = OFF_SEASON
    expected_gaps: tuple[ExpectedGap, ...] = ()


@dataclass(frozen=True, slots=True)
class GameVerdict:
    """The verdict on one game.

    `short_in` names the required sources that have too few of its players, and `findings` has a phrase for each;
    `missing_from` names those that have none.
    """

    game: Game
    status: GameStatus
    findings: tuple[str, ...] = ()
    stalled: Phase | None = None
    phase3_players: int | None = None
    phase4_players: int | None = None
    short_in: tuple[str, ...] = ()
    missing_from: tuple[str, ...] = ()

    @property
    def reason(self) -> str | None:
        """Why the game is not ready or not expected, and what to run; None if it is ready."""
        return "; ".join([*self.findings, *([_ADVICE[self.stalled]] if self.stalled else [])]) or None


class GameIndex:
    """Finds the game of a Phase 3 or Phase 4 row of a date: by team, which plays once a date, else by id."""

    def __init__(self, day: date, games: Slate) -> None:
        self._day = day
        # Expected games come last, so that they win over an excluded game with the same team or id.
        known = [*(game for game, _ in games.excluded), *games.expected]
        self._by_team = {team: game.teams for game in known for team in game.teams}
        self._expected = {game.teams for game in games.expected}
        # If two games share an id, it identifies neither: players of one could hide the other's gap.
        claims = Counter(game_id for game in games.expected for game_id in game.game_ids)
        self._by_id = {
            game_id: game.teams
            for game in known
            for game_id in game.game_ids
            if is_nba_form(game_id) and claims[game_id] <= 1
        }
        self._known = {game.teams for game in known}

    def tally(self, listing: Listing[PlayerRow]) -> tuple[dict[Teams, Counter[str | None]], list[str]]:
        """Players per game and team (None if the row has no team), and a warning about rows that match no game."""
        players: dict[Teams, Counter[str | None]] = {teams: Counter() for teams in self._known}
        strays: Counter[str] = Counter()
        for row in listing.on(self._day):
            team = canonical_team(row.team)
            teams = self._by_team.get(team or "") or self._by_game_id(row.game_id)
            # A known team that does not play in the game is not counted for it, whatever the row's id says.
            if teams is None or (teams in self._expected and team in TEAMS - teams):
                strays[" ".join(filter(None, (team, f"game {row.game_id}" if row.game_id else "no id")))] += row.players
            else:
                players[teams][team] += row.players
        return players, [_stray_warning(listing.source, strays)] if strays else []

    def _by_game_id(self, game_id: str | None) -> Teams | None:
        named = teams_in_date_form(game_id, self._day)
        if named is None:
            return self._by_id.get(game_id or "")
        return teams if (teams := frozenset(named)) in self._known else None

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


def judge_game(
    game: Game, context: Counter[str | None] | None, coverage: Mapping[str, Counter[str | None]], rules: Rules
) -> GameVerdict:
    """Judge one game. `context` is None if Phase 3 could not be read: then no phase is blamed and no game is ready."""
    expected = context if context is not None else Counter[str | None]()
    missing_from = tuple(source for source, players in coverage.items() if not players.total())
    short = {source: _short_of(game, expected, players, rules) for source, players in coverage.items()}
    short_teams = [team for teams in short.values() for team in teams]
    if context is None and not short_teams:
        return GameVerdict(game, GameStatus.UNKNOWN, ("the number of players needed is unknown",))
    stalled = None
    if short_teams and context is not None:
        stalled = Phase.PHASE_4 if all(_in_phase3(team, game, expected) for team in short_teams) else Phase.PHASE_3
    return GameVerdict(
        game,
        GameStatus.MISSING if missing_from else GameStatus.PARTIAL if short_teams else GameStatus.READY,
        findings=_findings(game, short, expected, coverage),
        stalled=stalled,
        phase3_players=None if context is None else context.total(),
        phase4_players=min((players.total() for players in coverage.values()), default=None),
        short_in=tuple(source for source, teams in short.items() if teams),
        missing_from=missing_from,
    )


def _short_of(
    game: Game, expected: Counter[str | None], players: Counter[str | None], rules: Rules
) -> tuple[str | None, ...]:
    """The teams with too few players; (None,) if the game has too few and its rows have no team."""
    if any(team for team in players):
        units: Sequence[str | None] = (game.away, game.home)
        floor = rules.min_players_per_team
    else:
        units = (None,)
        floor = 2 * rules.min_players_per_team
    return tuple(
        team
        for team in units
        if _players_of(team, players) < max(floor, ceil(rules.min_coverage * _players_of(team, expected)))
    )


def _players_of(team: str | None, players: Counter[str | None]) -> int:
    """The team's players; the whole game's if the team is None."""
    return players[team] if team else players.total()


def _in_phase3(team: str | None, game: Game, expected: Counter[str | None]) -> bool:
    if not any(expected):
        return expected.total() > 0
    return all(expected[known] for known in ([team] if team else game.teams))


def _findings(
    game: Game,
    short: Mapping[str, Sequence[str | None]],
    expected: Counter[str | None],
    coverage: Mapping[str, Counter[str | None]],
) -> tuple[str, ...]:
    findings = []
    for source, teams in short.items():
        players = coverage[source]
        counts = [
            f"{team or game.matchup} {_players_of(team, players)}"
            + (f" of {of}" if (of := _players_of(team, expected)) else "")
            for team in teams
        ]
        if counts:
            findings.append(f"{', '.join(counts)} players in {source}" if players.total() else f"nothing in {source}")
    return tuple(findings)
