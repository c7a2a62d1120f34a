"""Run every measurement and write bench/results.json, bench/run.json and docs/performance.md: `make bench`.

Ratios are measured side by side: in each round the contestants take turns on one fresh emulator.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from itertools import batched
from random import Random
from statistics import median
from subprocess import PIPE, STDOUT
from tempfile import TemporaryDirectory
from uuid import uuid4

from google.cloud import bigquery

from bench import decade, duckdb_file, mornings, report
from bench.contest import (
    CHECK,
    DATES,
    DAY,
    FLOOR,
    FULL_DAY,
    OURS,
    SHIPPED,
    Arena,
    arena,
    dbt,
    elementary,
    fetch_elementary,
    framework,
    function,
    on_duckdb,
    script,
    settings_of,
)
from bench.contestants import bare
from bench.queries import of_a_check, of_a_page, reads
from local import sample
from local.emulator import ROOT
from monitor.check import run_check
from monitor.core.games import TEAMS
from monitor.core.sources import Kind, PlayerRow, Reading, Readings, ScheduleRow
from monitor.core.verdict import Status, judge
from monitor.request import CheckRequest, Run, Trigger
from monitor.settings import load_settings
from tests.proxy import SOURCES, Proxy, serve

ROUNDS = 3

type Figures = Iterator[tuple[str, float]]


def main() -> None:
    """Measure and write the results."""
    started = time.perf_counter()
    samples: dict[str, list[float]] = {}

    def measure(name: str, figures: Figures) -> None:
        print(f"{time.perf_counter() - started:5.0f} s  {name}", file=sys.stderr)
        for key, figure in figures:
            samples.setdefault(key, []).append(figure)

    turns: Mapping[str, Callable[[Arena], Figures]] = {
        "the script": _timed("script", script),
        "ours, warm": _warm,
        "ours, cold": _cold,
        "ours and the floor, started": _started,
        "Soda Core": _timed("soda", partial(framework, "soda")),
        "Great Expectations": _timed("expectations", partial(framework, "expectations")),
        "Soda Core on DuckDB": _timed("soda_duckdb", partial(on_duckdb, "soda")),
        "Great Expectations on DuckDB": _timed("expectations_duckdb", partial(on_duckdb, "expectations")),
        "dbt source freshness": _timed("dbt", dbt),
        **({"Elementary": _timed("elementary", elementary)} if fetch_elementary() else {}),
    }
    measure("a fresh clone", _clone())
    for number in range(ROUNDS):
        # Each contestant starts a round in turn. What gives the emulator many jobs comes last.
        order = [*turns][number:] + [*turns][:number]
        with arena() as here:
            duckdb_file.write(here.folder / "season.duckdb", sample.season())
            for name in order:
                measure(f"round {number + 1} of {ROUNDS}: {name}", turns[name](here))
            measure(f"round {number + 1} of {ROUNDS}: processor time", _own_cpu(here))
            measure(f"round {number + 1} of {ROUNDS}: the season", _season(here))
    measure("the core alone", _core())
    measure("memory over 1,000 checks", _memory())
    measure("a check on ten years of history", decade.checks())
    measure("a page of ten years of history", decade.pages())
    measure("what ships", _shipped())
    measure("what the queries read", _bytes())
    mornings.main()
    report.write(samples, seconds=time.perf_counter() - started)


def _timed(name: str, contestant: Callable[[Arena], float]) -> Callable[[Arena], Figures]:
    def figures(here: Arena) -> Figures:
        yield name, contestant(here)

    return figures


def _warm(here: Arena) -> Figures:
    with function(OURS, here.environment, "/health") as ours:
        ours.get(CHECK)
        yield "warm", median(ours.get(CHECK) for _ in range(5))


def _cold(here: Arena) -> Figures:
    with function(OURS, here.environment, CHECK) as ours:
        yield "cold", ours.seconds


def _started(here: Arena) -> Figures:
    for source, start, idle in ((OURS, "start", "idle"), (FLOOR, "floor_start", "floor_idle")):
        with function(source, here.environment, "/health") as started:
            yield start, started.seconds
            started.get("/openapi.json")  # waits for what is imported after listening; the floor answers at any address
            yield idle, started.resident_megabytes()


def _season(here: Arena) -> Figures:
    client = here.client()
    with function(OURS, here.environment, "/health") as ours:
        ours.get(f"/?date={DAY}&notify=never")
        before = _jobs(client)
        yield "date", median(ours.get(f"/?date={day}&notify=never") for day in [*DATES][80:83])
        yield "jobs_date", (_jobs(client) - before) / 3
        before = _jobs(client)
        yield "season", ours.get(f"/?start={DATES.first}&end={DATES.last}&notify=never")
        yield "jobs_season", _jobs(client) - before


def _jobs(client: bigquery.Client) -> int:
    return sum(1 for _ in client.list_jobs())


def _own_cpu(here: Arena) -> Figures:
    """Processor time of this process only, without the emulator's."""
    # The bare client asks for no predictions, which a past date has due.
    client, settings = here.client(), load_settings({**here.environment, "PREDICTIONS_SOURCE": ""})
    now, asked = sample.MORNING, {"date": f"{FULL_DAY}", "notify": "never"}
    request = CheckRequest.model_validate(asked, context={"today": now.date()})
    ours, bares = [], []
    for _ in range(20):
        started = time.process_time()
        with redirect_stderr(StringIO()):
            outcome = run_check(lambda: client, Run(settings, request, uuid4().hex, Trigger.MANUAL, now))
        ours.append(time.process_time() - started)
        (checked,) = outcome.checks
        assert checked["scheduled_games"] == checked["phase4_ready"] == 15, checked
        row = {name: value for name, value in checked.items() if name != "alert"}
        started = time.process_time()
        bare.check(client, settings, FULL_DAY, [row])
        bares.append(time.process_time() - started)
    # The least, since whatever else runs on the machine only adds to it, and the difference is a tenth of either.
    yield "cpu", 1000 * min(ours)
    yield "bare_cpu", 1000 * min(bares)


def _core() -> Figures:
    """Ten seasons of 1,400 games on 170 dates, in two schedule sources, with both teams in Phase 3 and in Phase 4."""
    now, rules = sample.MORNING, load_settings({"GCP_PROJECT_ID": "nba"}).rules
    seasons = [_made_up(1_400, random=Random(number)) for number in range(10)]  # noqa: S311 - the same every time
    for _ in range(ROUNDS):
        taken = []
        for _ in range(5):
            started = time.process_time()
            verdicts = [judge(DATES, season, rules, {}, now=now, today=now.date()) for season in seasons]
            taken.append(time.process_time() - started)
        # The least here too.
        yield "core", min(taken)
        found = [verdict for season in verdicts for verdict in season]
        assert {verdict.status for verdict in found} == {Status.OK}
        assert sum(len(verdict.games) for verdict in found) == 14_000


def _made_up(games: int, random: Random) -> Readings:
    schedule, players = [], []
    for number, day in zip(range(len(DATES)), DATES, strict=True):
        of_the_day = games * (number + 1) // len(DATES) - games * number // len(DATES)
        for away, home in batched(random.sample(sorted(TEAMS), 2 * of_the_day), 2, strict=True):
            game_id = f"{day:%Y%m%d}_{away}_{home}"
            schedule.append(ScheduleRow(day, game_id, away, home, "scheduled", None, sample.MORNING))
            players += [PlayerRow(day, game_id, team, 17, sample.MORNING) for team in (away, home)]
    return Readings(
        tuple(Reading(name, Kind.SCHEDULE, tuple(schedule)) for name in ("espn", "nbac")),
        Reading("upcoming_player_game_context", Kind.CONTEXT, tuple(players)),
        (Reading("player_composite_factors", Kind.COVERAGE, tuple(players)),),
    )


def _memory() -> Figures:
    """A thousand checks of ten dates. What was read once is repeated by a proxy; every row is loaded."""
    days = [*DATES][80:90]
    with arena() as here:
        behind = Proxy(here.environment["BIGQUERY_EMULATOR_HOST"], unchanging={*SOURCES, "read history"})
        with serve(behind) as proxy, function(OURS, settings_of(proxy.url), "/health") as ours:
            for number in range(1_000):
                ours.get(f"/?date={days[number % 10]}&notify=never")
                if number == 9:
                    yield "memory_10", ours.resident_megabytes()
            yield "memory_1000", ours.resident_megabytes()


def _shipped() -> Figures:
    packages = SHIPPED / "lib" / "python3.13" / "site-packages"
    yield "size", sum(file.stat().st_size for file in packages.rglob("*") if file.is_file()) / 1e6
    yield "packages", len(list(packages.glob("*.dist-info")))


def _bytes() -> Figures:
    yield "bytes", sum(read.too_much for read in reads())
    yield "bytes_check", sum(bill.megabytes for bill in of_a_check())
    yield "bytes_page", sum(bill.megabytes for bill in of_a_page())


def _clone() -> Figures:
    """What a newcomer waits for, in a clone whose environments are made anew."""
    with TemporaryDirectory(prefix="bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "MAKEFLAGS"}}
        run = partial(subprocess.run, env=environment, check=True, stdout=PIPE, stderr=STDOUT)
        started = time.perf_counter()
        run(["git", "clone", "--quiet", ROOT, folder])
        run(["make", "demo", "ARGS=--once"], cwd=folder)
        yield "first_alert", time.perf_counter() - started
        run(["rm", "-rf", ".venv", ".venv-emulator", ".local"], cwd=folder)
        started = time.perf_counter()
        run(["make", "test"], cwd=folder)
        yield "make_test", time.perf_counter() - started


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{(error.output or b'').decode()[-2000:]}")
