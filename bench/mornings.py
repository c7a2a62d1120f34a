"""Asks every contestant on eight mornings, and keeps what it said in bench/mornings.json: `python -m bench.mornings`.

What an answer says is derived from its text, by the same patterns for all. Of a text only this is changed: the
repository's folder, scratch folders and ports, which differ from run to run.
"""

import json
import re
import subprocess
import sys
import time as clocks
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from subprocess import PIPE, STDOUT
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench import duckdb_file
from bench.contest import (
    Command,
    dbt_command,
    elementary_command,
    fetch_elementary,
    framework_command,
    script_command,
    settings_of,
)
from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.function import CLOCK, function
from local.inbox import serve
from local.platform import TABLES, Rows, create_tables, load
from local.season import SCHEDULES
from monitor.bigquery.client import connect
from monitor.bigquery.schema import HISTORY, apply_schema
from monitor.core.dates import DateRange
from monitor.settings import load_settings

KEPT = ROOT / "bench" / "mornings.json"
PHASE3, PHASE4 = "nba_analytics.upcoming_player_game_context", "nba_precompute.player_composite_factors"
READ = (*SCHEDULES, PHASE3, PHASE4, sample.PREDICTIONS)
"""The tables that a contestant reads."""
FINE, TROUBLE, NO_VERDICT = "fine", "trouble", "no verdict"


@dataclass(frozen=True)
class Morning:
    """A date, the time in New York at which its data is asked about, what was changed, and the right answer.

    `stopped` names tables that have been given nothing since a date, `dropped` those that do not exist. `games` are
    the games concerned, by default all of the date.
    """

    name: str
    day: date
    clock: time
    right: str
    games: str = ""
    stopped: Mapping[str, date] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """The moment of the question."""
        return datetime.combine(self.day, self.clock, sample.EASTERN)

    @property
    def teams(self) -> set[str]:
        """The teams of the games concerned."""
        rows = sample.schedule(self.day, DateRange(self.day, self.day))["nba_raw.nbac_schedule"]
        games = self.games.split() or [f"{row['away_team_tricode']}@{row['home_team_tricode']}" for row in rows]
        return {team for game in games for team in game.split("@")}


_THREE_DAYS = timedelta(days=3)
MORNINGS = (
    Morning("bad", sample.BAD_DAY, time(8), TROUBLE),
    Morning("off-day", sample.OFF_DAY, time(8), FINE),
    Morning(
        "broken schedule",
        sample.ALL_READY,
        time(8),
        TROUBLE,
        stopped=dict.fromkeys(SCHEDULES, sample.ALL_READY - _THREE_DAYS),
    ),
    Morning("postponed", sample.POSTPONED, time(8), FINE),
    Morning("partial", sample.PARTLY_READY, time(8), TROUBLE, games="MIA@CHI"),
    Morning("not due", sample.BAD_DAY, time(7), FINE),
    Morning("no predictions", sample.ALL_READY, time(13, 45), TROUBLE, stopped={sample.PREDICTIONS: sample.ALL_READY}),
    # Nobody can tell whether the data is there, so any verdict is wrong.
    Morning("monitor failed", sample.ALL_READY, time(8), NO_VERDICT, dropped=(PHASE4,)),
)


@dataclass(frozen=True)
class Stage:
    """A morning as the contestants find it: the environment that names the warehouse, and a scratch folder."""

    morning: Morning
    environment: Mapping[str, str]
    folder: Path


@dataclass(frozen=True)
class Answer:
    """What a contestant said: its exit status, or the HTTP status of an error, and its text."""

    status: int
    output: str


def main() -> None:
    """Ask all, and write what they said."""
    started = clocks.perf_counter()
    kept = []
    names = [name for name in ASKED if name != "Elementary" or fetch_elementary()]
    for morning in MORNINGS:
        print(f"{clocks.perf_counter() - started:5.0f} s  {morning.name}", file=sys.stderr)
        kept += _ask_all(morning, names)
    KEPT.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    print(f"{clocks.perf_counter() - started:5.0f} s  done", file=sys.stderr)


def rows_at(morning: Morning) -> Rows:
    """The rows of the days around a morning that had been written by then, by table: no answer depends on others."""
    near = DateRange(morning.day, morning.day).widened(before=4, after=30)
    rows = {**sample.season(), **sample.schedule(morning.day, near)}
    return {
        table: [
            row
            for row in rows[table]
            if date.fromisoformat(row["game_date"]) in near and _was_written(row, morning, morning.stopped.get(table))
        ]
        for table in READ
        if table not in morning.dropped
    }


def _was_written(row: Mapping[str, Any], morning: Morning, stopped: date | None) -> bool:
    written = datetime.fromisoformat(row.get("processed_at") or row["created_at"])
    return written <= morning.at and (stopped is None or written.astimezone(sample.EASTERN).date() < stopped)


@contextmanager
def _stage(morning: Morning) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        url = stack.enter_context(bigquery_emulator())
        environment = settings_of(url)
        settings = load_settings(environment)
        client = connect(settings)
        create_tables(client, {name: TABLES[name] for name in READ})
        load(client, rows := rows_at(morning))
        for name in ("dbt", "elementary"):
            duckdb_file.write(folder / f"{name}.duckdb", rows)
        for name in morning.dropped:
            client.delete_table(f"{client.project}.{name}")
        apply_schema(client, settings)
        yield Stage(morning, environment, folder)


def _ask_all(morning: Morning, names: Sequence[str]) -> list[dict[str, Any]]:
    with _stage(morning) as stage, ThreadPoolExecutor(2) as threads:
        # The script writes into the monitor's table, so the monitor answers first.
        ours = _ask(stage, "this monitor")
        others = threads.map(partial(_ask, stage), [name for name in names if name != "this monitor"])
        return [*others, ours]


def _ask(stage: Stage, name: str) -> dict[str, Any]:
    first = ASKED[name](stage)
    # Only trouble can be old news.
    again = ASKED[name](stage) if verdict(name, first) == TROUBLE else None
    return {
        "name": stage.morning.name,
        "contestant": name,
        "status": first.status,
        "output": first.output,
        "again": None if again is None else again.output,
        "says": says(stage.morning, name, first, again),
    }


def _ours(stage: Stage) -> Answer:
    """The function, just started and called by the scheduler: its row's status, and its message if there is one."""
    phases = {f"PHASE{number}_URL": f"https://phase{number}.example.com" for number in (3, 4)}
    headers = {CLOCK: stage.morning.at.isoformat(), "X-CloudScheduler": "true"}
    status = 0
    with serve() as inbox:
        settings = {**stage.environment, **phases, "SLACK_WEBHOOK_URL": inbox.webhook_url}
        with function(settings, stage.folder / "log") as url:
            try:
                urlopen(Request(f"{url}/", headers=headers)).close()  # noqa: S310 - the function
            except HTTPError as error:
                status = error.code
        lines = [line for message in inbox.messages for line in message.lines()]
    sql = f"SELECT status FROM nba_monitoring.{HISTORY} ORDER BY check_time DESC LIMIT 1"  # noqa: S608 - no data
    [[found]] = connect(load_settings(stage.environment)).query_and_wait(sql)
    return Answer(status, _stable("\n".join([f"row: {found}", *lines]), stage))


def _command(command: Callable[[Stage], Command], stage: Stage) -> Answer:
    """A command: what it prints, and the message if it sends one."""
    words, environment = command(stage)
    with serve() as inbox:
        settings = {**environment, "SLACK_WEBHOOK_URL": inbox.webhook_url}
        done = subprocess.run(words, env=settings, stdout=PIPE, stderr=STDOUT, text=True, check=False)
        messages = [f"message: {message.text}" for message in inbox.messages]
    return Answer(done.returncode, _stable("\n".join([done.stdout.rstrip(), *messages]), stage))


def _stable(output: str, stage: Stage) -> str:
    for folder in (stage.folder, ROOT, sys.base_prefix):
        output = output.replace(f"{folder}/", "").replace(str(folder), ".")
    output = re.sub(r"\x1b\[[0-9;]*m", "", output)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", output).strip()


def _own(stage: Stage, name: str) -> tuple[Path, Path]:
    """A DuckDB file and a folder of a contestant's own: each locks its file."""
    return stage.folder / f"{name}.duckdb", stage.folder / name


ASKED: Mapping[str, Callable[[Stage], Answer]] = {
    "the script": partial(_command, lambda stage: script_command(stage.morning.day, stage.environment, stage.folder)),
    "Soda Core": partial(_command, lambda stage: framework_command("soda", stage.morning.day, stage.environment)),
    "Great Expectations": partial(
        _command, lambda stage: framework_command("expectations", stage.morning.day, stage.environment)
    ),
    "dbt source freshness": partial(_command, lambda stage: dbt_command(stage.morning.at, *_own(stage, "dbt"))),
    "Elementary": partial(_command, lambda stage: elementary_command(stage.morning.at, *_own(stage, "elementary"))),
    "this monitor": _ours,
}

# How each says that something is wrong. Without these words it says that all is well, or by its exit status nothing.
_TROUBLE = {
    "the script": r"^message: ",
    "Soda Core": r"games with fewer than",
    "Great Expectations": r"games with fewer than",
    "dbt source freshness": r"ERROR STALE",
    "Elementary": r"\bFAIL \d",
    "this monitor": r"^row: (MISSING_DATA|PARTIAL_DATA|NO_PREDICTIONS|SCHEDULE_UNKNOWN)",
}
_PHASE = r"Phase [34]|" + "|".join(table.partition(".")[2] for table in (PHASE3, PHASE4, sample.PREDICTIONS))
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".replace(" ", "|")
_DATES = rf"\d{{4}}-\d{{2}}-\d{{2}}|(?:{_MONTHS}) \d{{1,2}}\b"
_TO_DO = r"\b(?:curl|gcloud|bq) |https?://(?!127\.0\.0\.1/bigquery)"


def verdict(name: str, answer: Answer) -> str:
    """Whether a contestant says that all is fine, or that there is trouble; or that it could not find out."""
    if re.search(_TROUBLE[name], answer.output, re.MULTILINE):
        return TROUBLE
    return NO_VERDICT if answer.status else FINE


def says(morning: Morning, name: str, answer: Answer, again: Answer | None) -> dict[str, str | bool | None]:
    """What can be read in an answer, and whether the same question asked again gets another answer."""
    said = verdict(name, answer)
    codes = set(re.findall(r"\b[A-Z]{3}\b", answer.output.replace("_", " ")))
    of_the_day = {str(morning.day), f"{morning.day:%b} {morning.day.day}"}
    return {
        "verdict": said,
        "right": said == morning.right,
        "games": bool(morning.teams) and morning.teams <= codes,
        "phase": re.search(_PHASE, answer.output) is not None,
        "since": bool(set(re.findall(_DATES, answer.output)) - of_the_day),
        "to_do": re.search(_TO_DO, answer.output) is not None,
        "news": None if again is None else _timeless(again.output) != _timeless(answer.output),
    }


def _timeless(output: str) -> str:
    """Without what differs whenever a question is asked: times, durations, and dbt's note that it has no cache yet."""
    output = re.sub(r".*Unable to do partial parsing.*\n", "", output)
    return re.sub(r"\d+:\d+(:\d+)?(\.\d+)?|\d+\.\d+ ?s\b|\d+\.\d+ seconds", "", output)


_SIGNS = {True: "yes", False: "no", None: ""}
_DETAILS = {
    "games": "which games",
    "phase": "which phase",
    "since": "since when",
    "to_do": "what to do",
    "news": "whether it is news",
}
_LONGEST = 30
"""Lines of an answer that are shown."""


def table() -> str:
    """bench/mornings.json as Markdown: who was right, who said what of the bad morning, and in which words."""
    kept = json.loads(KEPT.read_text())
    names = dict.fromkeys(row["contestant"] for row in kept)
    by_name = {(row["contestant"], row["name"]): row for row in kept}
    bad = {name: by_name[name, MORNINGS[0].name] for name in names}
    right = _markdown(
        ["contestant", *(f"{morning.name} ({morning.right})" for morning in MORNINGS)],
        [[name, *(_right(by_name[name, morning.name]["says"]) for morning in MORNINGS)] for name in names],
    )
    details = _markdown(
        ["contestant", *_DETAILS.values()],
        [[name, *(_SIGNS[row["says"][detail]] for detail in _DETAILS)] for name, row in bad.items()],
    )
    return "\n\n".join([right, details, *(_quoted(name, row) for name, row in bad.items())])


def _quoted(name: str, row: Mapping[str, Any]) -> str:
    return f"{name}, exit status {row['status']}:\n\n````text\n{_shown(row['output'])}\n````"


def _right(said: Mapping[str, Any]) -> str:
    return "right" if said["right"] else f"**{said['verdict']}**"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def _shown(output: str) -> str:
    """An answer as it was, but for the middle of a long one."""
    lines = output.splitlines()
    if len(lines) <= _LONGEST:
        return output
    half = _LONGEST // 2
    return "\n".join([*lines[:half], f"… {len(lines) - 2 * half} lines left out …", *lines[-half:]])


if __name__ == "__main__":
    main()
