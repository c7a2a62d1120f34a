"""Judges each date and each of its games, from the expected games and the data found for them.

OK and NO_GAMES are given only if everything they depend on is known; otherwise the status is ERROR or
SCHEDULE_UNKNOWN. Each date is judged on its own, and nothing here raises.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from monitor.core.coverage import GameIndex, GameVerdict, Phase, Rules, judge_games
from monitor.core.dates import DateRange
from monitor.core.games import GameStatus, Teams
from monitor.core.history import Check
from monitor.core.schedule import Game, Slate, slate, window_of
from monitor.core.sources import (
    EVIDENCE_DAYS,
    Kind,
    Listing,
    PlayerRow,
    Readings,
    ScheduleRow,
)


class Status(StrEnum):
    """A date's status. The words are a contract."""

    OK = "OK"
    PENDING = "PENDING"
    MISSING_DATA = "MISSING_DATA"
    PARTIAL_DATA = "PARTIAL_DATA"
    NO_PREDICTIONS = "NO_PREDICTIONS"
    NO_GAMES = "NO_GAMES"
    SCHEDULE_UNKNOWN = "SCHEDULE_UNKNOWN"
    EXPECTED_GAP = "EXPECTED_GAP"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What one source had for a date: how many rows, and when its rows around the date were last refreshed."""

    name: str
    kind: Kind
    rows: int
    refreshed_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class DateVerdict:
    """One date judged. `error` says what could not be found out, and is set exactly when the status is ERROR.

    `strays`: Phase 3 or Phase 4 has players that find no game. `predictions_error` says why it is unknown whether
    predictions came.
    """

    day: date
    status: Status
    games: tuple[GameVerdict, ...] = ()
    excluded: tuple[GameVerdict, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: tuple[SourceRecord, ...] = ()
    phase3_latest: date | None = None
    phase4_latest: date | None = None
    predictions_latest: date | None = None
    strays: bool = False
    predictions_error: str | None = None
    error: str | None = None

    def count(self, status: GameStatus) -> int:
        """How many expected games have this status."""
        return sum(verdict.status is status for verdict in self.games)

    @property
    def stalled_phase(self) -> Phase | None:
        """The first phase that a game is waiting for: the likely cause, not a proven one."""
        return min((verdict.stalled for verdict in self.games if verdict.stalled), default=None)

    @property
    def ready_at(self) -> datetime | None:
        """When the last game's data was written; None where a game is not ready, or does not say."""
        times = [verdict.ready_at for verdict in self.games]
        return max((at for at in times if at), default=None) if all(times) else None

    @property
    def predicted_games(self) -> int | None:
        """How many expected games have a prediction; None where that is not due or not known."""
        counts = [verdict.predictions for verdict in self.games]
        return None if None in counts or not counts else sum(bool(count) for count in counts)


def judge(
    days: Iterable[date],
    readings: Readings,
    rules: Rules,
    history: Mapping[date, Sequence[Check]],
    *,
    now: datetime,
    today: date,
) -> list[DateVerdict]:
    """Judge each date, in the order given. `history` has each date's earlier checks; `today` is the league's date."""
    sources = _Sources(
        [Listing(reading, now) for reading in readings.schedule],
        Listing(readings.context, now),
        [Listing(reading, now) for reading in readings.coverage],
        Listing(readings.predictions, now) if readings.predictions else None,
    )
    # A range asks for predictions where one of its dates has them due; the others are judged as if alone.
    before_predictions = replace(sources, predictions=None)
    return [
        _judge_date(
            day,
            sources if now >= rules.deadlines.predictions_due_at(day) else before_predictions,
            rules,
            history.get(day, ()),
            now,
            today,
        )
        for day in days
    ]


@dataclass(frozen=True, slots=True)
class _Sources:
    """Everything that was read, by date. `predictions` is None where they are not due, or not asked for."""

    schedule: Sequence[Listing[ScheduleRow]]
    context: Listing[PlayerRow]
    coverage: Sequence[Listing[PlayerRow]]
    predictions: Listing[PlayerRow] | None

    @property
    def players(self) -> Sequence[Listing[PlayerRow]]:
        return [self.context, *self.coverage, *([self.predictions] if self.predictions else [])]


def _judge_date(
    day: date, sources: _Sources, rules: Rules, history: Sequence[Check], now: datetime, today: date
) -> DateVerdict:
    window = window_of(day)
    before = DateRange(day - timedelta(days=EVIDENCE_DAYS), day)
    stale = {
        listing.source: age
        for listing in sources.schedule
        if day >= today and listing.dates_in(window) and (age := _staleness(listing, window, rules, now)) is not None
    }
    ready_since = _ready_since(history)

    def judged(index: GameIndex, games: Sequence[Game]) -> tuple[tuple[GameVerdict, ...], list[str]]:
        return judge_games(index, games, sources.context, sources.coverage, rules, ready_since)

    def worst_first(game: Game) -> tuple[int, int]:
        ((verdict,), _) = judged(GameIndex(day, Slate((game,))), [game])
        return _WORST_FIRST.index(verdict.status), verdict.phase4_players or 0

    games = slate(day, sources.schedule, rules.authority, history, worst_first)
    index = GameIndex(day, games)
    verdicts, strays = judged(index, games.expected)
    predictions, predictions_error = _due_predictions(day, sources.predictions, history, today)
    if predictions:
        predicted, unplaced = index.tally(predictions)
        verdicts = tuple(
            verdict._replace(predictions=sum(predicted[verdict.game.teams].players.values())) for verdict in verdicts
        )
    doubt = _doubt(day, verdicts, sources.schedule, stale, rules, strays=bool(strays))
    status, declared = _status(day, verdicts, rules, now, doubt=bool(doubt))
    error = _what_is_unknown(sources, status, verdicts)
    return DateVerdict(
        day=day,
        status=Status.ERROR if error else status,
        games=verdicts,
        excluded=tuple(GameVerdict(game, GameStatus.EXCLUDED, (reason,)) for game, reason in games.excluded),
        warnings=(
            *declared,
            *([doubt] if doubt and status is Status.SCHEDULE_UNKNOWN and not error else []),
            *_source_warnings([*sources.schedule, *sources.players], window, stale),
            *games.warnings,
            *strays,
            *(unplaced if predictions else ()),
            *index.unknown_teams(sources.players),
        ),
        sources=tuple(
            SourceRecord(source.source, source.kind, len(source.on(day)), source.refreshed_at(span), source.error)
            for listings, span in ((sources.schedule, window), (sources.players, before))
            for source in listings
        ),
        phase3_latest=_latest([sources.context], before),
        phase4_latest=_latest(sources.coverage, before),
        predictions_latest=_latest([sources.predictions], before) if sources.predictions else None,
        strays=bool(strays),
        predictions_error=predictions_error,
        error=error,
    )


_WORST_FIRST = (GameStatus.MISSING, GameStatus.PARTIAL, GameStatus.UNKNOWN, GameStatus.READY)


def _ready_since(history: Sequence[Check]) -> dict[Teams, datetime | None]:
    """When each game became ready, as the first check that saw it ready has it. A re-run does not move it."""
    found: dict[Teams, datetime | None] = {}
    for check in history:
        for teams, seen in check.games.items():
            if seen.status == GameStatus.READY:
                found.setdefault(teams, seen.ready_at)
    return found


def _due_predictions(
    day: date, listing: Listing[PlayerRow] | None, history: Sequence[Check], today: date
) -> tuple[Listing[PlayerRow] | None, str | None]:
    """The predictions, if they have to be there by now; and why they are unknown, if they could not be read.

    A past date of a season that was never predicted lacks nothing: there are no rows within the 14 days before it, and
    no check has found any missing.
    """
    if listing is None:
        return None, None
    if listing.error:
        return None, listing.error
    missed = any(seen.predictions == 0 for check in history for seen in check.games.values())
    if day < today and not missed and not listing.dates_in(DateRange(day - timedelta(days=EVIDENCE_DAYS), day)):
        return None, None
    return listing, None


def _doubt(
    day: date,
    games: Sequence[GameVerdict],
    schedule: Sequence[Listing[ScheduleRow]],
    stale: Mapping[str, str],
    rules: Rules,
    *,
    strays: bool,
) -> str | None:
    """Why there may be more games than are listed. Only the authority's silence is evidence."""
    if not games and strays:
        return f"no game is listed on {day}, but Phase 3 or Phase 4 has players for it"
    if not games and day in rules.off_season:
        return None
    authority = next(listing for listing in schedule if listing.source == rules.authority)
    why = None
    one, reach = timedelta(days=1), timedelta(days=EVIDENCE_DAYS)
    earlier, later = DateRange(day - reach, day - one), DateRange(day + one, day + reach)
    if authority.error:
        why = "could not be read"
    elif authority.source in stale:
        why = stale[authority.source]
    elif not authority.on(day) and not (authority.dates_in(earlier) and authority.dates_in(later)):
        why = f"lists no games on this date, and none on both sides of it within {EVIDENCE_DAYS} days"
    if why is None:
        return None
    listed = "there may be more games than are listed" if games else "no game is listed, and nothing shows an off-day"
    return f"{listed}: {authority.source}, the schedule's authority, {why}"


def _status(
    day: date, games: Sequence[GameVerdict], rules: Rules, now: datetime, *, doubt: bool
) -> tuple[Status, tuple[str, ...]]:
    """The status as far as what answered tells, and the declared gap that explains it.

    What is known to be wrong goes before what is not known.
    """
    states = {verdict.status for verdict in games}
    short = bool(states & {GameStatus.MISSING, GameStatus.PARTIAL})
    unpredicted = any(verdict.predictions == 0 for verdict in games)
    gap = next((gap for gap in rules.expected_gaps if day in gap.days), None)
    found: list[tuple[Status, object]] = [
        (Status.EXPECTED_GAP, (short or unpredicted) and gap),
        (Status.PENDING, short and not rules.deadlines.is_due(day, now)),
        (Status.MISSING_DATA, GameStatus.MISSING in states),
        (Status.PARTIAL_DATA, GameStatus.PARTIAL in states),
        (Status.NO_PREDICTIONS, unpredicted),
        (Status.SCHEDULE_UNKNOWN, doubt),
        (Status.OK, games),
        (Status.NO_GAMES, True),
    ]
    status = next(status for status, holds in found if holds)
    return status, (f"expected gap {gap.days}: {gap.reason}",) if gap and status is Status.EXPECTED_GAP else ()


def _what_is_unknown(sources: _Sources, status: Status, games: Sequence[GameVerdict]) -> str | None:
    """What keeps the date from a verdict. Without Phase 3 a gap still shows, but nothing can be called whole."""
    failed = [listing for listing in sources.schedule if listing.error]
    blind: list[Listing[ScheduleRow] | Listing[PlayerRow]] = [listing for listing in sources.coverage if listing.error]
    if len(failed) == len(sources.schedule):
        blind += failed
    whole = {Status.OK, Status.NO_GAMES, Status.NO_PREDICTIONS}
    if sources.context.error and (status in whole or (status is Status.SCHEDULE_UNKNOWN and games)):
        blind.append(sources.context)
    return "; ".join(f"{listing.source} could not be read: {listing.error}" for listing in blind) or None


def _staleness(listing: Listing[ScheduleRow], window: DateRange, rules: Rules, now: datetime) -> str | None:
    """Why the source is too old to trust about today and later, if it is."""
    refreshed = listing.refreshed_at(window)
    if refreshed is None:
        return "does not say when it was last refreshed"
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
            yield f"{listing.source} is empty: no rows from {window.first} to {window.last}"
        elif listing.source in stale:
            yield f"{listing.source} {stale[listing.source]}"
        if future := listing.from_the_future(window):
            yield f"{listing.source} has times that lie in the future, as on {future[0]}: they are ignored"


def _latest(listings: Sequence[Listing[PlayerRow]], days: DateRange) -> date | None:
    """The latest date up to which every source has rows; None if one has none or could not be read."""
    latest = [dates[-1] if (dates := listing.dates_in(days)) else None for listing in listings]
    return min((day for day in latest if day), default=None) if all(latest) else None
