"""The bad morning on this machine: BigQuery, Slack and the function, and what each of them shows at 8 AM.

Stays up for more requests until Ctrl-C; with --once it ends after showing.
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
    sample.ONE_SOURCE: "known to one schedule source only",
    sample.PARTLY_READY: "one game of eight without data",
    sample.ONE_TEAM_ONLY: "a game with the players of one team only",
    sample.TWO_FORMS_OF_ID: "the same games under two forms of id",
    sample.POSTPONED: "a game postponed",
    sample.OFF_DAY: "an off-day",
    sample.ALL_STAR: "the All-Star weekend",
    sample.BOOTSTRAP.first: "the season's first day, a declared gap",
}


def main() -> int:
    """Run the demo; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="end after showing the bad morning")
    options = parser.parse_args()
    log = ROOT / ".local" / "function.log"
    log.parent.mkdir(exist_ok=True)
    # However it is stopped, the servers that it has started stop with it.
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
    print(f"The function's clock stands at {sample.MORNING:%A, %B %-d, %Y, %-I:%M %p} in New York.\n")
    print(f"$ curl '{url}/?date={sample.BAD_DAY}'\n", flush=True)
    with urlopen(f"{url}/?date={sample.BAD_DAY}") as answer:  # noqa: S310 - the function started above
        (check,) = json.load(answer)["checks"]
    print(f"  {check['status']}: {check['scheduled_games']} scheduled, {check['phase4_ready']} ready")
    for game in check["games"]:
        print(f"  {game['status']:8} {game['matchup']}  {game['reason']}")
    print(f"  stalled: {check['stalled_phase']}; latest data: Phase 3 {check['phase3_latest']}, ", end="")
    print(f"Phase 4 {check['phase4_latest']}")

    print("\nThe history, read back from nba_monitoring.data_availability_checks:\n")
    columns = "check_date, check_time, scheduled_games, phase4_ready, status, alert_reason, alert_status"
    rows = client.query_and_wait(f"SELECT {columns} FROM nba_monitoring.data_availability_checks")  # noqa: S608 - no data
    for row in rows:
        print("\n".join(f"  {name:16} {value}" for name, value in row.items()))

    print(f"\nSlack got {len(inbox.messages)} message:\n")
    for message in inbox.messages:
        print("\n".join(f"  | {line}" for line in _lines(message)))


def _lines(message: Message) -> Iterator[str]:
    for block in message.blocks:
        texts = [block["text"]] if "text" in block else block["elements"]
        for text in texts:
            yield from str(text["text"]).splitlines()
        yield ""


def _stay(url: str, inbox: Inbox, warehouse: str) -> None:
    print(
        "\nUp until Ctrl-C. More to ask; past dates are recorded in silence, unless notify=always asks for a message:\n"
    )
    print(f"  URL={url}")
    for day, what in MORE.items():
        print(f'  curl "$URL/?date={day}"  # {what}')
    print(f'  curl "$URL/?date={sample.ONE_TEAM_ONLY}&notify=always"  # told to Slack all the same')
    print('  curl "$URL/history?start=2026-01-01&end=2026-01-18"\n')
    print(f"The Slack inbox: {inbox.url}")
    print(f"The dashboard:   {url}/dashboard")
    print(f"BigQuery:        {warehouse}")
    print("The log:         .local/function.log", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
