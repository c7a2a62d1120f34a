"""Runs the Cloud Function in its own process, served by the functions framework on a free local port.

Its clock can be set, because the monitor's decisions depend on the time of day, and a request can bring its own time.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from os import environ
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import functions_framework
import time_machine
from werkzeug.serving import make_server

from local.emulator import ROOT

START_SECONDS = 30
CLOCK = "X-Clock"
"""The header of a request that is to be answered as at this time, for replays: `X-Clock: 2026-01-18T11:15-05:00`."""


class FunctionError(Exception):
    """The function did not boot. The message is its log."""


@contextmanager
def function(settings: Mapping[str, str], log: Path, *, at: datetime | None = None) -> Iterator[str]:
    """Boot the function with these settings, and its clock set to `at` if given, and yield its URL.

    Raises FunctionError if it does not boot.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "local.function", str(port), *([at.isoformat()] if at else [])]
    own = {"MONITOR_URL": url, "DASHBOARD_URL": f"{url}/dashboard"}
    with log.open("w") as lines:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**inherited(), **own, **settings}, stdout=lines, stderr=lines
        )
    try:
        _wait_until_listening(process, port, log)
        yield url
    finally:
        process.terminate()
        process.wait()


def inherited() -> dict[str, str]:
    """The part of this process's environment that a child needs, without any settings of the monitor."""
    return {name: value for name, value in environ.items() if name in {"PATH", "HOME", "LANG"}}


def free_port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return int(unused.getsockname()[1])


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise FunctionError(log.read_text())


def main(port: str, *at: str) -> None:
    """Serve until terminated."""
    for moment in at:
        time_machine.travel(datetime.fromisoformat(moment), tick=True).start()
    app = functions_framework.create_app("check_data_availability", str(ROOT / "main.py"))
    make_server("127.0.0.1", int(port), _at_its_own_time(app), threaded=True).serve_forever()


def _at_its_own_time(app: WSGIApplication) -> WSGIApplication:
    def answer(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        moment = environment.get(f"HTTP_{CLOCK.upper().replace('-', '_')}")
        with time_machine.travel(datetime.fromisoformat(moment), tick=True) if moment else nullcontext():
            return list(app(environment, start_response))

    return answer


if __name__ == "__main__":
    main(*sys.argv[1:])
