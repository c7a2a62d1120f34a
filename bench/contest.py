"""Times the contestants from the outside, as a person would run them: seconds to an answer.

They share one emulator with the sample season, and one Slack inbox.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.error import URLError
from urllib.request import urlopen

from google.cloud import bigquery

from bench import duckdb_file
from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.function import free_port, inherited
from local.inbox import serve
from local.platform import create_tables, load
from monitor.bigquery.client import connect
from monitor.bigquery.schema import apply_schema
from monitor.core.dates import DateRange
from monitor.settings import Settings, load_settings

SHIPPED, CONTESTANTS = ROOT / ".venv-shipped", ROOT / "bench" / "contestants"
DBT = ROOT / ".venv-dbt" / "bin"
OURS, FLOOR = ROOT / "main.py", CONTESTANTS / "floor" / "main.py"
DAY = sample.BAD_DAY
CHECK = f"/?date={DAY}&notify=always"
DATES = DateRange(sample.SEASON.first, sample.SEASON.first + timedelta(days=169))
"""The season's first 170 dates."""
FULL_DAY = sample.OFF_DAY
"""An off-day of the sample season that gets fifteen games."""
LONGEST_SECONDS = 300

type Command = tuple[Sequence[str | Path], Mapping[str, str]]
"""The words of a command, and its environment."""


class ContestantError(Exception):
    """A contestant did not start or did not find the gap. The message is its output."""


@dataclass(frozen=True)
class Arena:
    """One emulator and one inbox, the environment that points to them, and a scratch folder."""

    environment: Mapping[str, str]
    folder: Path

    @property
    def settings(self) -> Settings:
        return load_settings(self.environment)

    def client(self) -> bigquery.Client:
        return connect(self.settings)


@contextmanager
def arena() -> Iterator[Arena]:
    """A fresh arena: an emulator slows down with every job it runs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        url = stack.enter_context(bigquery_emulator())
        inbox = stack.enter_context(serve())
        made = Arena({**settings_of(url), "SLACK_WEBHOOK_URL": inbox.webhook_url}, folder)
        create_tables(made.client())
        for rows in (sample.season(), sample.full_slate(FULL_DAY)):
            load(made.client(), rows)
        apply_schema(made.client(), made.settings)
        yield made


def settings_of(url: str) -> dict[str, str]:
    """The environment of a function that uses this emulator."""
    return {**inherited(), "GCP_PROJECT_ID": "bench", "BIGQUERY_EMULATOR_HOST": url}


def script(here: Arena) -> float:
    """The bash script: two counts, an insert, a message."""
    return _run(script_command(DAY, here.environment, here.folder))


def script_command(day: date, environment: Mapping[str, str], folder: Path) -> Command:
    """The bash script about a date. Google's command keeps its configuration in this folder."""
    account = {"CLOUDSDK_AUTH_ACCESS_TOKEN": "none", "CLOUDSDK_CONFIG": str(folder)}
    api = {"BIGQUERY_API": environment["BIGQUERY_EMULATOR_HOST"]}
    return [CONTESTANTS / "script" / "check.sh", str(day)], {**environment, **account, **api}


def framework(name: str, here: Arena) -> float:
    """`soda` or `expectations`, in its own environment. It has to find the gap."""
    return _run(framework_command(name, DAY, here.environment), status=1)


def framework_command(name: str, day: date, environment: Mapping[str, str]) -> Command:
    """`soda` or `expectations` about a date."""
    return [ROOT / f".venv-{name}" / "bin" / "python", CONTESTANTS / name / "check.py", str(day)], environment


def on_duckdb(name: str, here: Arena) -> float:
    """`soda` or `expectations` on the same rows in DuckDB, in its own process."""
    return _run(framework_command(name, DAY, _with_duckdb(_season(here))), status=1)


def dbt(here: Arena) -> float:
    """`dbt source freshness` on DuckDB. It has to find a stale table."""
    return _run(dbt_command(sample.MORNING, _season(here), here.folder / "dbt"), status=1)


def elementary(here: Arena) -> float:
    """Elementary's `data_freshness_sla` on DuckDB. It has to find a stale table; `fetch_elementary` comes first."""
    return _run(elementary_command(sample.MORNING, _season(here), here.folder / "elementary"), status=1)


def dbt_command(at: datetime, warehouse: Path, folder: Path) -> Command:
    """`dbt source freshness` at this time. The predictions are asked about once they are due."""
    due = datetime.combine(at.date(), time_of_day(18, 30), UTC)
    words = ["source", "freshness", *([] if at >= due else ["--exclude", "source:nba_predictions"])]
    return _dbt_command("dbt", at, words, folder), _with_duckdb(warehouse)


def elementary_command(at: datetime, warehouse: Path, folder: Path) -> Command:
    """`dbt test` with Elementary's test at this time."""
    return _dbt_command("elementary", at, ["test"], folder), _with_duckdb(warehouse)


def _dbt_command(project: str, at: datetime, words: Sequence[str], folder: Path) -> list[str | Path]:
    about = json.dumps({"game_date": str(at.date())})
    places: list[str | Path] = ["--project-dir", CONTESTANTS / project, "--profiles-dir", CONTESTANTS / "dbt"]
    asked: list[str | Path] = [DBT / "python", CONTESTANTS / "dbt" / "check.py", at.isoformat(), *words]
    return [*asked, *places, "--target-path", folder, "--log-path", folder, "--vars", about]


def fetch_elementary() -> bool:
    """Whether Elementary could be fetched from its repository; if not, one line says so."""
    project: list[str | Path] = ["--project-dir", CONTESTANTS / "elementary", "--profiles-dir", CONTESTANTS / "dbt"]
    quiet: list[str | Path] = ["--quiet", "--log-path", ROOT / ".local", "--vars", json.dumps({"game_date": str(DAY)})]
    # Git's own settings, such as another place for a repository, come from this process's environment.
    done = subprocess.run(
        [DBT / "dbt", "deps", *project, *quiet],
        env={**os.environ, "DUCKDB_FILE": ":memory:"},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        print("Elementary is left out: dbt deps could not fetch it; see .local/dbt.log", file=sys.stderr)
    return done.returncode == 0


def _season(here: Arena) -> Path:
    """The sample season as a DuckDB file, written when it is first asked for."""
    file = here.folder / "season.duckdb"
    if not file.exists():
        duckdb_file.write(file, sample.season())
    return file


def _with_duckdb(warehouse: Path) -> dict[str, str]:
    return {**inherited(), "DUCKDB_FILE": str(warehouse)}


def _run(command: Command, status: int = 0) -> float:
    words, environment = command
    started = time.perf_counter()
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != status:
        raise ContestantError(f"{words[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return seconds


@dataclass(frozen=True)
class Function:
    """A running function, and the seconds from process start to its first answer."""

    url: str
    pid: int
    seconds: float

    def get(self, path: str) -> float:
        """Seconds until the answer, which must be a 200."""
        started = time.perf_counter()
        with urlopen(self.url + path, timeout=LONGEST_SECONDS) as answer:  # noqa: S310 - an address on this machine
            answer.read()
        return time.perf_counter() - started

    def resident_megabytes(self) -> float:
        """The total of its processes: the framework runs gunicorn, with an arbiter and a worker."""
        show = ["ps", "-o", "rss=", "-p", f"{self.pid}", "--ppid", f"{self.pid}"]
        shown = subprocess.run(show, capture_output=True, text=True, check=True)
        return sum(map(int, shown.stdout.split())) / 1024


@contextmanager
def function(source: Path, environment: Mapping[str, str], path: str) -> Iterator[Function]:
    """Serve the function in this file with the framework's command, and request the path until it answers."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    serving: list[str | Path] = [
        SHIPPED / "bin" / "functions-framework",
        "--source",
        source,
        "--target",
        "check_data_availability",
    ]
    with TemporaryFile() as log:
        started = time.perf_counter()
        process = subprocess.Popen([*serving, "--port", f"{port}"], cwd=ROOT, env=environment, stdout=log, stderr=log)
        function = Function(url, process.pid, 0)
        try:
            while True:
                try:
                    function.get(path)
                    break
                except URLError:  # not listening yet
                    if process.poll() is not None or time.perf_counter() - started > LONGEST_SECONDS:
                        log.seek(0)
                        raise ContestantError(log.read().decode()) from None
                    time.sleep(0.005)
            yield replace(function, seconds=time.perf_counter() - started)
        finally:
            process.terminate()
            process.wait()
