"""Judges each date and each of its games, from the expected games and the data found for them.

OK and NO_GAMES are given only if everything they depend on is known; otherwise the status is ERROR or
SCHEDULE_UNKNOWN. Each date is judged on its own, and nothing here raises.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from monitor.core.coverage import GameIndex, GameStatus, GameVerdict, Phase, Rules, judge_game
from monitor.core.dates import DateRange
from monitor.core.schedule import slate
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
    """The verdict on one date. `error` says what could not be determined, and is set only if the status is ERROR."""

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
        """The first phase that a game is waiting for: the likely cause, not a proven one."""
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

    index = GameIndex(day, games)
    expected_players, context_strays = index.tally(context)
    tallies = {listing.source: index.tally(listing) for listing in coverage if not listing.error}
    strays = [*context_strays, *(stray for _, found in tallies.values() for stray in found)]
    unread = [listing for listing in coverage if listing.error]
    verdicts = tuple(
        GameVerdict(game, GameStatus.UNKNOWN, ("Phase 4 could not be read",))
        if unread
        else judge_game(
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
            *index.unknown_teams([context, *coverage]),
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


def _status(
    day: date, games: Sequence[GameVerdict], rules: Rules, *, strays: bool, off_day: bool
) -> tuple[Status, tuple[str, ...]]:
    """The status according to the sources that answered, and the warnings that explain it."""
    if not games:
        if off_day and not strays:
            return Status.NO_GAMES, ()
        why = "there are players for this date" if strays else "nothing shows that this is an off-day"
        return Status.SCHEDULE_UNKNOWN, (f"no game is expected on {day}, but {why}",)
    gaps = {verdict.status for verdict in games} & {GameStatus.MISSING, GameStatus.PARTIAL}
    if not gaps:
        return Status.OK, ()
    gap = next((gap for gap in rules.expected_gaps if day in gap.days), None)
    if gap:
        return Status.EXPECTED_GAP, (f"expected gap {gap.days}: {gap.reason}",)
    return (Status.MISSING_DATA if GameStatus.MISSING in gaps else Status.PARTIAL_DATA), ()


def _shows_off_day(day: date, evidence: Sequence[Listing[ScheduleRow]]) -> bool:
    """Whether a fresh source has rows for the date, or on both sides of it; asked only where no game is expected."""
    one, reach = timedelta(days=1), timedelta(days=EVIDENCE_DAYS)
    earlier, later = DateRange(day - reach, day - one), DateRange(day + one, day + reach)
    return any(listing.on(day) or (listing.dates_in(earlier) and listing.dates_in(later)) for listing in evidence)


def _what_is_unknown(
    schedule: Sequence[Listing[ScheduleRow]],
    context: Listing[PlayerRow],
    unread: Sequence[Listing[PlayerRow]],
    status: Status,
) -> str | None:
    """Why the date has no verdict, if so. Without Phase 3 a gap still shows, but no date can be called complete."""
    failed = [listing for listing in schedule if listing.error]
    blind: list[Listing[ScheduleRow] | Listing[PlayerRow]] = [*unread]
    if len(failed) == len(schedule):
        blind += failed
    if context.error and status in {Status.OK, Status.NO_GAMES}:
        blind.append(context)
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


def _latest(listings: Sequence[Listing[PlayerRow]], days: DateRange) -> date | None:
    """The latest date up to which every source has rows; None if one has none or could not be read."""
    latest = [dates[-1] if (dates := listing.dates_in(days)) else None for listing in listings]
    return min((day for day in latest if day), default=None) if all(latest) else None
