"""The bad morning on this machine: BigQuery, Slack and the function, and what each of them shows at 8 AM.

Stays up for more requests until Ctrl-C; with --once it ends after showing.
"""

import argparse
import json
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlencode

from google.cloud import bigquery

from local import sample
from local.emulator import ROOT, EmulatorError, bigquery_emulator
from local.function import FunctionError, function
from local.inbox import Inbox, Message, serve
from local.platform import create_tables, load
from monitor.settings import load_settings
from monitor.warehouse import apply_schema, connect

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
    print("Starting a BigQuery emulator and a Slack inbox on this machine …", flush=True)
    try:
        with bigquery_emulator() as warehouse, serve() as inbox:
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
    answer = _curl(f"{url}/?{urlencode({'date': str(sample.BAD_DAY)})}")
    (check,) = json.loads(answer)["checks"]
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


def _curl(url: str) -> str:
    command = ["curl", "-sS", url]
    print(f"$ {shlex.join(command)}\n", flush=True)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _lines(message: Message) -> Iterator[str]:
    for block in message.blocks:
        texts = [block["text"]] if "text" in block else block["elements"]
        for text in texts:
            yield from str(text["text"]).splitlines()
        yield ""


def _stay(url: str, inbox: Inbox, warehouse: str) -> None:
    print("\nUp until Ctrl-C. More to ask:\n")
    for day, what in MORE.items():
        print(f"  curl '{url}/?date={day}'  # {what}")
    print(f"  curl '{url}/history?start=2026-01-01&end=2026-01-18'")
    print(
        f"\nThe Slack inbox: {inbox.url}   BigQuery: {warehouse}   The function's log: .local/function.log", flush=True
    )
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
