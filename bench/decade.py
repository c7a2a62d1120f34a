"""A history of ten years: a year's rows, made by the monitor's own rules, which the warehouse then copies to nine more.

Every date has the morning's run at 8:00 and one every half hour until the evening, as a date that stays open has them.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from functools import cache
from itertools import batched
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from google.cloud import bigquery

from bench import asked
from bench.contest import DAY, OURS, Arena, arena, function
from local import sample
from local.sample import EASTERN
from monitor.bigquery.client import load
from monitor.bigquery.history import history_row
from monitor.bigquery.schema import HISTORY
from monitor.core.alerts import Alert, AlertStatus, Moment, Policy, decide, outcome_without_post
from monitor.core.dates import DateRange
from monitor.core.games import TEAMS
from monitor.core.history import Check, SeenGame
from monitor.core.sources import Kind, PlayerRow, Reading, Readings, ScheduleRow
from monitor.core.verdict import DateVerdict, judge
from monitor.request import CheckRequest, Run, Trigger
from monitor.settings import Settings, load_settings
from monitor.web import dashboard

YEARS, A_YEAR = 10, timedelta(days=365)
YEAR = DateRange(DAY - A_YEAR + timedelta(days=1), DAY)
"""The last of the years, up to the bad day. Its rows are made here."""
SEASON = DateRange(date(2024, 10, 21), date(2025, 4, 12))
"""The last whole season, 174 dates."""
RUNS = (timedelta(), *(timedelta(minutes=minutes) for minutes in range(15, 15 + 19 * 30, 30)))
"""When the runs of a date come, after 8:00."""

_SETTINGS = load_settings({"GCP_PROJECT_ID": "bench", "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/none"})
_PLAYOFFS = DateRange(date(2025, 4, 13), date(2025, 6, 30))
_ROWS_A_JOB = 2_000
_TIMES = 9
_EVIDENCE = 2
"""Days on each side that a check is shown: enough to tell an off-day."""


@dataclass(frozen=True)
class _Game:
    """A game, and when its Phase 4 data comes."""

    day: date
    away: str
    home: str
    ready_at: datetime

    @property
    def game_id(self) -> str:
        return f"{self.day:%Y%m%d}_{self.away}_{self.home}"


def fill(here: Arena) -> None:
    """Fill the arena's history, which is empty."""
    client, settings = here.client(), here.settings
    for number, rows in enumerate(batched(year(), _ROWS_A_JOB, strict=False)):
        load(client, rows, settings.monitoring_dataset, HISTORY, f"decade-{number}", "decade")
    config = bigquery.QueryJobConfig(default_dataset=f"{client.project}.{settings.monitoring_dataset}")
    client.query_and_wait(Path(__file__).with_suffix(".sql").read_text(), job_config=config)


def checks() -> Iterator[tuple[str, float]]:
    """A warm check on an empty history and on one of ten years.

    An emulator slows down with every job, so each history has its own. They take turns, and their emulators have run as
    many jobs, but for the five that fill one.
    """
    check = f"/?date={DAY}&notify=never"
    seconds: dict[str, list[float]] = {"check_empty": [], "check_decade": []}
    with arena() as empty, arena() as full:
        fill(full)
        with function(OURS, empty.environment, check) as before, function(OURS, full.environment, check) as after:
            for _ in range(_TIMES):
                for name, ours in zip(seconds, (before, after), strict=True):
                    seconds[name].append(ours.get(check))
    for name, taken in seconds.items():
        yield name, median(taken)


def pages() -> Iterator[tuple[str, float]]:
    """The dashboard of a season on ten years of history: seconds to the answer, and milliseconds of processor time."""
    path = f"/dashboard?start={SEASON.first}&end={SEASON.last}"
    with arena() as here:
        fill(here)
        with function(OURS, here.environment, path) as ours:
            yield "page", median(ours.get(path) for _ in range(_TIMES))
        client, settings = here.client(), here.settings
        queries, request = asked.by_a_page(settings, SEASON), asked.page_of(SEASON)
        own, bare = [], []
        for _ in range(_TIMES):
            started = time.process_time()
            dashboard.page(client, settings, request, now=sample.MORNING)
            own.append(time.process_time() - started)
            started = time.process_time()
            _ask(client, settings, queries)
            bare.append(time.process_time() - started)
    yield "page_cpu", 1000 * median(own)
    yield "page_bare_cpu", 1000 * median(bare)


def _ask(client: bigquery.Client, settings: Settings, queries: Sequence[asked.Asked]) -> None:
    """The same queries side by side, with only the BigQuery client."""

    def rows(query: asked.Asked) -> list[bigquery.Row]:
        config = bigquery.QueryJobConfig(
            default_dataset=f"{client.project}.{settings.monitoring_dataset}",
            query_parameters=[
                bigquery.ScalarQueryParameter("start_date", "DATE", query.first),
                bigquery.ScalarQueryParameter("end_date", "DATE", query.last),
            ],
        )
        return list(client.query_and_wait(query.sql, job_config=config))

    with ThreadPoolExecutor(len(queries)) as threads:
        list(threads.map(rows, queries))


@cache
def year() -> Sequence[dict[str, Any]]:
    """The rows of a year, the same on every run."""
    random = Random("decade")  # noqa: S311 - the same every time
    games = {day: _slate(day, random) for day in YEAR.widened(before=_EVIDENCE, after=_EVIDENCE)}
    return [row for day in YEAR for row in _checked(day, games, random)]


def _slate(day: date, random: Random) -> list[_Game]:
    """No games in summer nor on one date of twenty. On one date of ten, every second game gets its data late."""
    if day in _SETTINGS.off_season or random.random() < 1 / 20:
        return []
    count = random.randint(1, 4) if day in _PLAYOFFS else random.randint(3, 12)
    early = datetime.combine(day, clock(6, random.randint(40, 59)), EASTERN)
    late = early + timedelta(minutes=random.randint(90, 600)) if random.random() < 1 / 10 else early
    teams = random.sample(sorted(TEAMS), 2 * count)
    return [
        _Game(day, away, home, late if number % 2 else early)
        for number, (away, home) in enumerate(batched(teams, 2, strict=True))
    ]


def _checked(day: date, games: Mapping[date, Sequence[_Game]], random: Random) -> Iterator[dict[str, Any]]:
    """The rows of a date's runs, each of which knows what the earlier ones found and sent."""
    near = [game for around in DateRange(day, day).widened(before=_EVIDENCE, after=_EVIDENCE) for game in games[around]]
    request = CheckRequest.model_validate({}, context={"today": day})
    checks: list[Check] = []
    for after in RUNS:
        now = datetime.combine(day, clock(8), EASTERN) + after
        run = Run(_SETTINGS, request, f"{random.getrandbits(128):032x}", Trigger.SCHEDULER, now)
        (verdict,) = judge([day], _readings(near, now), _SETTINGS.rules, {day: checks}, now=now, today=day)
        reason = decide(
            verdict, checks, Moment(now, day, _SETTINGS.deadlines), Policy(channel=_SETTINGS.channel)
        ).reason
        status = outcome_without_post(reason, channel=_SETTINGS.channel, muted=False) or AlertStatus.SENT
        checks.append(Check(now, verdict.status, _seen(verdict), reason, status))
        yield history_row(
            verdict,
            Alert(reason, status),
            run,
            duration_ms=random.randint(900, 2_500),
            bytes_processed=random.randint(1_000_000, 2_000_000),
        )


def _seen(verdict: DateVerdict) -> dict[frozenset[str], SeenGame]:
    return {
        judged.game.teams: SeenGame(
            judged.game.away,
            judged.game.home,
            judged.status,
            judged.game.sources,
            judged.game.game_ids,
            judged.game.tipoff,
            judged.ready_at,
            judged.predictions,
        )
        for judged in (*verdict.games, *verdict.excluded)
    }


def _readings(games: Sequence[_Game], now: datetime) -> Readings:
    """What the sources have of these games at this time."""
    written = now.replace(hour=6, minute=30)
    schedule = tuple(
        ScheduleRow(
            game.day,
            game.game_id,
            game.away,
            game.home,
            "final" if game.day < now.date() else "scheduled",
            datetime.combine(game.day, clock(19), EASTERN),
            written,
        )
        for game in games
    )
    begun = [game for game in games if game.day <= now.date()]
    ready = [game for game in begun if game.ready_at <= now]
    predicted = [game for game in begun if now >= _SETTINGS.deadlines.predictions_due_at(game.day)]
    (context,), (coverage,), (predictions,) = (
        _SETTINGS.phase3_source,
        _SETTINGS.phase4_sources,
        _SETTINGS.predictions_source,
    )
    return Readings(
        tuple(Reading(name, Kind.SCHEDULE, schedule) for name in _SETTINGS.schedule_sources),
        Reading(context, Kind.CONTEXT, _players(begun, 17, written)),
        (Reading(coverage, Kind.COVERAGE, _players(ready, 17)),),
        Reading(predictions, Kind.PREDICTIONS, _players(predicted, 5, written)),
    )


def _players(games: Sequence[_Game], players: int, written: datetime | None = None) -> tuple[PlayerRow, ...]:
    return tuple(
        PlayerRow(game.day, game.game_id, team, players, (written or game.ready_at).astimezone(UTC))
        for game in games
        for team in (game.away, game.home)
    )
