"""Times the contestants from the outside, as a person would run them: seconds to an answer.

They share one emulator with the sample season, and one Slack inbox.
"""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.error import URLError
from urllib.request import urlopen

from google.cloud import bigquery

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
OURS, FLOOR = ROOT / "main.py", CONTESTANTS / "floor" / "main.py"
DAY = sample.BAD_DAY
CHECK = f"/?date={DAY}&notify=always"
DATES = DateRange(sample.SEASON.first, sample.SEASON.first + timedelta(days=169))
"""The season's first 170 dates."""
FULL_DAY = sample.OFF_DAY
"""An off-day of the sample season that gets fifteen games."""
LONGEST_SECONDS = 300


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
def arena(port: int = 0) -> Iterator[Arena]:
    """A fresh arena, with its emulator on this port: an emulator slows down with every job it runs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        url = stack.enter_context(bigquery_emulator(port))
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
    api = here.environment["BIGQUERY_EMULATOR_HOST"]
    account = {"CLOUDSDK_AUTH_ACCESS_TOKEN": "none", "CLOUDSDK_CONFIG": str(here.folder), "BIGQUERY_API": api}
    return _run([CONTESTANTS / "script" / "check.sh", str(DAY)], {**here.environment, **account})


def framework(name: str, here: Arena) -> float:
    """`soda` or `expectations`, in its own environment. It has to find the gap."""
    python, checker = ROOT / f".venv-{name}" / "bin" / "python", CONTESTANTS / name / "check.py"
    return _run([python, checker, str(DAY)], here.environment, status=1)


def _run(command: list[str | Path], environment: Mapping[str, str], status: int = 0) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != status:
        raise ContestantError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
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
