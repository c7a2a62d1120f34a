"""Expected games and the data found for them become a verdict per game and per date.

A verdict of OK or NO_GAMES is given only where everything that it rests on is known; otherwise the date is an ERROR
or SCHEDULE_UNKNOWN. Dates are judged one by one and nothing here raises.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil

from monitor.core.dates import DateRange, ExpectedGap, OffSeason
from monitor.core.games import TEAMS, Teams, canonical_team, is_nba_form, teams_in_date_form
from monitor.core.schedule import Game, Slate, slate
from monitor.core.sources import (
    EVIDENCE_DAYS,
    RESCHEDULE_DAYS,
    Kind,
    Listing,
    PlayerRow,
    Readings,
    ScheduleRow,
)


class Status(StrEnum):
    """A date's status. The words are a contract."""

    OK = "OK"
    MISSING_DATA = "MISSING_DATA"
    PARTIAL_DATA = "PARTIAL_DATA"
    NO_GAMES = "NO_GAMES"
    SCHEDULE_UNKNOWN = "SCHEDULE_UNKNOWN"
    EXPECTED_GAP = "EXPECTED_GAP"
    ERROR = "ERROR"


class GameStatus(StrEnum):
    """A game's status. UNKNOWN where Phase 4, or Phase 3 and with it what is enough, could not be read."""

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
    """The operator's thresholds. The defaults are the design's."""

    min_players_per_team: int = 5
    min_coverage: Decimal = Decimal("0.8")
    schedule_max_age: timedelta = timedelta(hours=48)
    off_season: OffSeason = OFF_SEASON
    expected_gaps: tuple[ExpectedGap, ...] = ()


@dataclass(frozen=True, slots=True)
class GameVerdict:
    """One game judged.

    `short_in` names the required sources in which it is not ready and `findings` says what they lack, a phrase each;
    `missing_from` names those of them without a row.
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
        """Why the game is not ready, or not expected, and what to run; None for a game that is ready."""
        return "; ".join([*self.findings, *([_ADVICE[self.stalled]] if self.stalled else [])]) or None


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What one source had for one date: rows of the date, and how new its rows around the date are."""

    name: str
    kind: Kind
    rows: int
    refreshed_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class DateVerdict:
    """One date judged. `error` says what could not be found out, and is set exactly when the status is ERROR."""

    day: date
    status: Status
    games: tuple[GameVerdict, ...] = ()
    excluded: tuple[GameVerdict, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: tuple[SourceRecord, ...] = ()
    phase3_latest: date | None = None
    phase4_latest: date | None = None
    error: str | None = None

    def count(self, status: GameStatus) -> int:
        """How many expected games have this status."""
        return sum(verdict.status is status for verdict in self.games)

    @property
    def stalled_phase(self) -> Phase | None:
        """The first phase that any game waits for: a hint, drawn from what is there and what is not."""
        return min((verdict.stalled for verdict in self.games if verdict.stalled), default=None)


def judge(days: Iterable[date], readings: Readings, rules: Rules, *, now: datetime, today: date) -> list[DateVerdict]:
    """Judge each date, in the order given. `today` is the league's date of `now`."""
    schedule = [Listing(reading) for reading in readings.schedule]
    context = Listing(readings.context)
    coverage = [Listing(reading) for reading in readings.coverage]
    return [_judge_date(day, schedule, context, coverage, rules, now, today) for day in days]


def _judge_date(
    day: date,
    schedule: Sequence[Listing[ScheduleRow]],
    context: Listing[PlayerRow],
    coverage: Sequence[Listing[PlayerRow]],
    rules: Rules,
    now: datetime,
    today: date,
) -> DateVerdict:
    window = DateRange(day, day).widened(before=EVIDENCE_DAYS, after=RESCHEDULE_DAYS)
    before = DateRange(day - timedelta(days=EVIDENCE_DAYS), day)
    answered = [listing for listing in schedule if not listing.error]
    stale = {
        listing.source: age
        for listing in answered
        if day >= today and (age := _staleness(listing, window, rules, now)) is not None
    }
    games = slate(day, [listing for listing in answered if listing.dates_in(window)])

    places = _Places(day, games)
    expected_players, context_strays = places.tally(context)
    tallies = {listing.source: places.tally(listing) for listing in coverage if not listing.error}
    strays = [*context_strays, *(stray for _, found in tallies.values() for stray in found)]
    unread = [listing for listing in coverage if listing.error]
    verdicts = tuple(
        GameVerdict(game, GameStatus.UNKNOWN, ("Phase 4 could not be read",))
        if unread
        else _judge_game(
            game,
            None if context.error else expected_players[game.teams],
            {source: players[game.teams] for source, (players, _) in tallies.items()},
            rules,
        )
        for game in games.expected
    )
    evidence = [listing for listing in answered if listing.source not in stale]
    off_day = day in rules.off_season or _shows_off_day(day, evidence)
    status, why = _status(day, verdicts, rules, strays=bool(strays), off_day=off_day)
    error = _what_is_unknown(schedule, context, unread, status)
    return DateVerdict(
        day=day,
        status=Status.ERROR if error else status,
        games=verdicts,
        excluded=tuple(GameVerdict(game, GameStatus.EXCLUDED, (reason,)) for game, reason in games.excluded),
        warnings=(
            *(() if error else why),
            *_source_warnings([*schedule, context, *coverage], window, stale),
            *games.warnings,
            *strays,
            *places.unknown_teams([context, *coverage]),
        ),
        sources=tuple(
            SourceRecord(source.source, source.kind, len(source.on(day)), source.refreshed_at(span), source.error)
            for listings, span in ((schedule, window), ([context, *coverage], before))
            for source in listings
        ),
        phase3_latest=_latest([context], before),
        phase4_latest=_latest(coverage, before),
        error=error,
    )


class _Places:
    """Where each Phase 3 or Phase 4 row of a date belongs: by its team, which plays once a date, else by its id."""

    def __init__(self, day: date, games: Slate) -> None:
        self._day = day
        # Expected games come last, so that they win where an excluded game shares a team or an id with them.
        known = [*(game for game, _ in games.excluded), *games.expected]
        self._by_team = {team: game.teams for game in known for team in game.teams}
        self._expected = {game.teams for game in games.expected}
        # Two sources may give two games one id: it names neither, or its players could hide the gap of the wrong one.
        claims = Counter(game_id for game in games.expected for game_id in game.game_ids)
        self._by_id = {
            game_id: game.teams
            for game in known
            for game_id in game.game_ids
            if is_nba_form(game_id) and claims[game_id] <= 1
        }
        self._known = {game.teams for game in known}

    def tally(self, listing: Listing[PlayerRow]) -> tuple[dict[Teams, Counter[str | None]], list[str]]:
        """Players per game and team (None where the row has no team), and a warning on rows that find no game."""
        players: dict[Teams, Counter[str | None]] = {teams: Counter() for teams in self._known}
        strays: Counter[str] = Counter()
        for row in listing.on(self._day):
            team = canonical_team(row.team)
            teams = self._by_team.get(team or "") or self._by_game_id(row.game_id)
            # The id of a game does not make a team its own that plays elsewhere, or not at all.
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
        """A warning per source on team codes that are nobody's."""
        for listing in listings:
            codes = {team for row in listing.on(self._day) if (team := canonical_team(row.team))} - TEAMS
            if codes:
                yield f"{listing.source} names unknown teams: {_some(sorted(codes))}"


def _stray_warning(source: str, strays: Counter[str]) -> str:
    rows = _some([f"{what} ({players})" for what, players in strays.most_common()])
    return f"{source} has {strays.total():,} players of no game on this date: {rows}"


def _some(items: Sequence[str], most: int = 5) -> str:
    """The first of them, and how many more there are."""
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def _judge_game(
    game: Game, context: Counter[str | None] | None, coverage: Mapping[str, Counter[str | None]], rules: Rules
) -> GameVerdict:
    """`context` is None where Phase 3 could not be read: then no phase is blamed, and no game called ready."""
    expected = context if context is not None else Counter[str | None]()
    missing_from = tuple(source for source, players in coverage.items() if not players.total())
    short = {source: _short_of(game, expected, players, rules) for source, players in coverage.items()}
    behind = [team for teams in short.values() for team in teams]
    if context is None and not behind:
        return GameVerdict(game, GameStatus.UNKNOWN, ("how many players are enough is not known",))
    stalled = None
    if behind and context is not None:
        stalled = Phase.PHASE_4 if all(_in_phase3(team, game, expected) for team in behind) else Phase.PHASE_3
    return GameVerdict(
        game,
        GameStatus.MISSING if missing_from else GameStatus.PARTIAL if behind else GameStatus.READY,
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
    """The teams with too few players; (None,) for a game that is short and whose rows carry no team."""
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
    """The players of the team, or with None of the whole game."""
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


def _status(
    day: date, games: Sequence[GameVerdict], rules: Rules, *, strays: bool, off_day: bool
) -> tuple[Status, tuple[str, ...]]:
    """The status as far as what answered tells, and what there is to say about it."""
    if not games:
        if off_day and not strays:
            return Status.NO_GAMES, ()
        why = "rows of this date have no game" if strays else "nothing shows that this is an off-day"
        return Status.SCHEDULE_UNKNOWN, (f"no game is expected on {day}, but {why}",)
    gaps = {verdict.status for verdict in games} & {GameStatus.MISSING, GameStatus.PARTIAL}
    if not gaps:
        return Status.OK, ()
    gap = next((gap for gap in rules.expected_gaps if day in gap.days), None)
    if gap:
        return Status.EXPECTED_GAP, (f"expected gap {gap.days}: {gap.reason}",)
    return (Status.MISSING_DATA if GameStatus.MISSING in gaps else Status.PARTIAL_DATA), ()


def _shows_off_day(day: date, evidence: Sequence[Listing[ScheduleRow]]) -> bool:
    """Whether a source that can be trusted has rows of a date without games, or on both sides of it."""
    one, reach = timedelta(days=1), timedelta(days=EVIDENCE_DAYS)
    earlier, later = DateRange(day - reach, day - one), DateRange(day + one, day + reach)
    return any(listing.on(day) or (listing.dates_in(earlier) and listing.dates_in(later)) for listing in evidence)


def _what_is_unknown(
    schedule: Sequence[Listing[ScheduleRow]],
    context: Listing[PlayerRow],
    unread: Sequence[Listing[PlayerRow]],
    status: Status,
) -> str | None:
    """What keeps the date from a verdict. Without Phase 3 a gap still shows, but nothing can be called whole."""
    failed = [listing for listing in schedule if listing.error]
    blind: list[Listing[ScheduleRow] | Listing[PlayerRow]] = [*unread]
    if len(failed) == len(schedule):
        blind += failed
    if context.error and status in {Status.OK, Status.NO_GAMES}:
        blind.append(context)
    return "; ".join(f"{listing.source} could not be read: {listing.error}" for listing in blind) or None


def _staleness(listing: Listing[ScheduleRow], window: DateRange, rules: Rules, now: datetime) -> str | None:
    """Why the source is not to be trusted with today and later, if so."""
    refreshed = listing.refreshed_at(window)
    if refreshed is None:
        return "does not say when it was refreshed"
    age = now - refreshed
    if age <= rules.schedule_max_age:
        return None
    return f"was last refreshed {refreshed:%Y-%m-%d %H:%M} UTC, {_age(age)} ago"


def _age(age: timedelta) -> str:
    return f"{age.days} days" if age.days > 1 else f"{age // timedelta(hours=1)} h"


def _source_warnings(
    listings: Sequence[Listing[ScheduleRow] | Listing[PlayerRow]], window: DateRange, stale: Mapping[str, str]
) -> Iterator[str]:
    for listing in listings:
        if listing.error:
            yield f"{listing.source} could not be read: {listing.error}"
        elif listing.kind is Kind.SCHEDULE and not listing.dates_in(window):
            yield f"{listing.source} is empty: it has no row from {window.first} to {window.last}"
        elif listing.source in stale:
            yield f"{listing.source} {stale[listing.source]}"


def _latest(listings: Sequence[Listing[PlayerRow]], days: DateRange) -> date | None:
    """The latest date that every one of the sources has rows up to; None where one has none or was not read."""
    latest = [dates[-1] if (dates := listing.dates_in(days)) else None for listing in listings]
    return min((day for day in latest if day), default=None) if all(latest) else None
