"""Demo on this machine: the function, a BigQuery emulator and a Slack inbox, at 8 AM on a bad morning.

The season before it is in the history. Runs until Ctrl-C; with --once it shows the morning alone, and exits.
"""

import argparse
import json
import shlex
import signal
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import time_machine
from google.cloud import bigquery

from local import sample, season
from local.emulator import ROOT, EmulatorError, bigquery_emulator
from local.function import CLOCK, FunctionError, function
from local.inbox import Inbox, serve
from local.platform import create_tables, load
from monitor.bigquery.client import connect
from monitor.bigquery.schema import apply_schema
from monitor.settings import load_settings

PROJECT = "demo"


def main() -> int:
    """Run the demo; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="show the bad morning without the season, and exit")
    options = parser.parse_args()
    log = ROOT / ".local" / "function.log"
    log.parent.mkdir(exist_ok=True)
    # On SIGTERM too, stop the servers that this started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Starting a BigQuery emulator and a Slack inbox on this machine …", flush=True)
    try:
        with suppress(KeyboardInterrupt), bigquery_emulator() as warehouse, serve() as inbox:
            environment = {
                "GCP_PROJECT_ID": PROJECT,
                "BIGQUERY_EMULATOR_HOST": warehouse,
                "SLACK_WEBHOOK_URL": inbox.webhook_url,
                "PHASE3_URL": "https://phase3.example.com",
                "PHASE4_URL": "https://phase4.example.com",
                "EXPECTED_GAPS": f"{sample.BOOTSTRAP.first}/{sample.BOOTSTRAP.last}=bootstrap",
            }
            with ThreadPoolExecutor(1) as thread:
                # The function boots in a process of its own meanwhile.
                seeding = thread.submit(_seed, environment, whole_season=not options.once)
                with function(environment, log, at=sample.MORNING) as url:
                    client = seeding.result()
                    if not options.once:
                        _replay(client, url)
                    # The inbox runs in this process, so this is its clock.
                    with time_machine.travel(sample.MORNING, tick=True):
                        _show(client, url, inbox)
                        if not options.once:
                            _stay(url, inbox, environment)
    except HTTPError as error:
        print(f"{error}: {error.read().decode()}", file=sys.stderr)
        return 1
    except (EmulatorError, FunctionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _seed(environment: dict[str, str], *, whole_season: bool) -> bigquery.Client:
    settings = load_settings(environment)
    client = connect(settings)
    create_tables(client)
    load(client, season.until_the_first_morning() if whole_season else sample.season())
    apply_schema(client, settings)
    return client


def _replay(client: bigquery.Client, url: str) -> None:
    """Call the function as it was called until the day before."""
    print(f"Recording the season until {sample.ALL_READY:%B %-d}, morning by morning ", end="", flush=True)
    for at, path in season.calls(client):
        with time_machine.travel(at, tick=True):
            _call(url, path, at)
        print(".", end="", flush=True)
    print()


def _call(url: str, path: str, at: datetime) -> dict[str, object]:
    request = Request(f"{url}{path}", headers={CLOCK: at.isoformat(), "X-CloudScheduler": "true"})  # noqa: S310 - the function
    with urlopen(request) as answer:  # noqa: S310 - the same
        answered: dict[str, object] = json.load(answer)
        return answered


def _show(client: bigquery.Client, url: str, inbox: Inbox) -> None:
    print(f"\nIt is {sample.MORNING:%A, %B %-d, %Y, %-I:%M %p} in New York. The scheduler calls {url}/", flush=True)
    _call(url, "/", sample.MORNING)

    print("\nThe row in nba_monitoring.data_availability_checks:\n")
    columns = "check_date, check_time, scheduled_games, phase4_ready, status, alert_reason, alert_status"
    sql = f"SELECT {columns} FROM nba_monitoring.data_availability_checks ORDER BY check_time DESC LIMIT 1"  # noqa: S608 - no data
    for row in client.query_and_wait(sql):
        print("\n".join(f"  {name:16} {value}" for name, value in row.items()))

    print("\nThe message in Slack:\n")
    print("\n".join(f"  | {line}" for line in inbox.messages[-1].lines()), flush=True)


def _stay(url: str, inbox: Inbox, environment: Mapping[str, str]) -> None:
    print("Running until Ctrl-C. The log is in .local/function.log. For a second shell:\n")
    print(f'  export PATH={shlex.quote(f"{ROOT}/.venv/bin")}:"$PATH" URL={url}')
    print(f"  export {' '.join(f'{name}={shlex.quote(value)}' for name, value in environment.items())}")
    print("\nTry next:\n")
    print(f"  {inbox.url}/#{inbox.messages[-1].ts}   the message, as Slack shows it")
    print(f"  {url}/dashboard   the season on one page")
    print(f"  monitor history --start {season.FIRST_MORNING} --end {sample.ALL_READY}   # when the data was ready")
    print(f"  monitor check --date {sample.ONE_TEAM_ONLY} --dry-run   # a game with players of only one team")
    print(
        f'  curl "$URL/?date={sample.PARTLY_READY}&notify=always"   # one of eight games without data: a message',
        flush=True,
    )
    threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
