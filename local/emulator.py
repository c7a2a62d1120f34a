"""Runs a BigQuery API on this machine: the local-bigquery server, in its own environment, as a context manager.

It listens on 127.0.0.1, needs no account and downloads nothing: DuckDB's extensions are installed as packages.
"""

import fcntl
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv-emulator" / "bin"
START_SECONDS = 60

_IMPORT_EXTENSIONS = """
from duckdb_extensions import import_extension
for name in ("icu", "ducklake", "spatial"):
    import_extension(name)
"""

# As `local-bigquery` serves, but with a fifth less processor time for a check: DuckDB tries to import pandas for every
# parameter of every query, and shares small queries out to threads that then wait for each other.
_SERVE = """
import sys
sys.modules["pandas"] = None
from local_bigquery.cli import main
from local_bigquery.engine.database import connection
connection().execute("SET threads = 1")
main(sys.argv[1:])
"""


class EmulatorError(Exception):
    """The emulator did not start. The message has the end of its log."""


@contextmanager
def bigquery_emulator() -> Iterator[str]:
    """Start an empty BigQuery on a free port, and yield its URL. Raises EmulatorError."""
    home = ROOT / ".local" / "emulator"
    environment = {**os.environ, "HOME": str(home)}
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel tests each start one
        if not (home / ".duckdb").exists():
            subprocess.run([BIN / "python", "-c", _IMPORT_EXTENSIONS], env=environment, check=True)
    with TemporaryDirectory(prefix="bigquery-") as data, Path(data, "log").open("w+") as log:
        server = subprocess.Popen(
            [BIN / "python", "-c", _SERVE, "--host", "127.0.0.1", "--port=0", "--grpc-port=0"],
            env={**environment, "DATA_DIR": data},
            stdout=log,
            stderr=log,
        )
        try:
            yield _wait_until_ready(server, Path(log.name))
        finally:
            server.terminate()
            server.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        address = re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())
        if address and _answers(f"{address[1]}/bigquery/v2/projects/any/datasets"):
            return address[1]
        time.sleep(0.05)
    raise EmulatorError(f"the BigQuery emulator did not start:\n{log.read_text()[-2000:]}")


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - an address on this machine
            return bool(answer.status == 200)  # noqa: PLR2004 - the status that means ready
    except URLError:
        return False
