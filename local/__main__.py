"""Demo on this machine: the function, a BigQuery emulator and a Slack inbox, at 8 AM on a bad morning.

Keeps running for more requests until Ctrl-C; with --once it exits after the first.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

from google.cloud import bigquery

from local import sample
from local.emulator import ROOT, EmulatorError, bigquery_emulator
from local.function import FunctionError, function
from local.inbox import Inbox, Message, serve
from local.platform import create_tables, load
from monitor.bigquery.client import connect
from monitor.bigquery.schema import apply_schema
from monitor.settings import load_settings

PROJECT = "demo"
MORE = {
    sample.ALL_READY: "every game ready",
    sample.ONE_SOURCE: "games listed by only one schedule source",
    sample.PARTLY_READY: "one of eight games without data",
    sample.ONE_TEAM_ONLY: "a game with players of only one team",
    sample.TWO_FORMS_OF_ID: "the same games under two kinds of id",
    sample.POSTPONED: "a postponed game",
    sample.OFF_DAY: "an off-day",
    sample.ALL_STAR: "the All-Star game",
    sample.BOOTSTRAP.first: "the first day of the season, an expected gap",
}


def main() -> int:
    """Run the demo; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="exit after showing the bad morning")
    options = parser.parse_args()
    log = ROOT / ".local" / "function.log"
    log.parent.mkdir(exist_ok=True)
    # On SIGTERM too, stop the servers that this started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Starting a local BigQuery emulator and Slack inbox …", flush=True)
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
            client = _seed(environment)
            with function(environment, log, at=sample.MORNING) as url:
                _show(client, url, inbox)
                if not options.once:
                    _stay(url, inbox, warehouse)
    except HTTPError as error:
        print(f"{error}: {error.read().decode()}", file=sys.stderr)
        return 1
    except (EmulatorError, FunctionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _seed(environment: dict[str, str]) -> bigquery.Client:
    settings = load_settings(environment)
    client = connect(settings)
    create_tables(client)
    load(client, sample.season())
    apply_schema(client, settings)
    return client


def _show(client: bigquery.Client, url: str, inbox: Inbox) -> None:
    print(f"The function's clock is set to {sample.MORNING:%A, %B %-d, %Y, %-I:%M %p} in New York.\n")
    print(f"$ curl '{url}/?date={sample.BAD_DAY}'\n", flush=True)
    with urlopen(f"{url}/?date={sample.BAD_DAY}") as answer:  # noqa: S310 - the function started above
        (check,) = json.load(answer)["checks"]
    print(f"  {check['status']}: {check['scheduled_games']} scheduled, {check['phase4_ready']} ready")
    for game in check["games"]:
        print(f"  {game['status']:8} {game['matchup']}  {game['reason']}")
    print(f"  stalled phase: {check['stalled_phase']}; latest data: Phase 3 {check['phase3_latest']}, ", end="")
    print(f"Phase 4 {check['phase4_latest']}")

    print("\nThe row in nba_monitoring.data_availability_checks:\n")
    columns = "check_date, check_time, scheduled_games, phase4_ready, status, alert_reason, alert_status"
    rows = client.query_and_wait(f"SELECT {columns} FROM nba_monitoring.data_availability_checks")  # noqa: S608 - no data
    for row in rows:
        print("\n".join(f"  {name:16} {value}" for name, value in row.items()))

    print(f"\nMessages in Slack ({len(inbox.messages)}):\n")
    for message in inbox.messages:
        print("\n".join(f"  | {line}" for line in _lines(message)))


def _lines(message: Message) -> Iterator[str]:
    for block in message.blocks:
        texts = [block["text"]] if "text" in block else block["elements"]
        for text in texts:
            yield from str(text["text"]).splitlines()
        yield ""


def _stay(url: str, inbox: Inbox, warehouse: str) -> None:
    print("\nRunning until Ctrl-C. Try more dates. Past dates send no message unless you add notify=always:\n")
    print(f"  URL={url}")
    for day, what in MORE.items():
        print(f'  curl "$URL/?date={day}"  # {what}')
    print(f'  curl "$URL/?date={sample.ONE_TEAM_ONLY}&notify=always"  # with a message')
    print('  curl "$URL/history?start=2026-01-01&end=2026-01-18"\n')
    print(f"Slack inbox: {inbox.url}")
    print(f"Dashboard:   {url}/dashboard")
    print(f"BigQuery:    {warehouse}")
    print("Log:         .local/function.log", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
