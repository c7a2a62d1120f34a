"""Run a check as over HTTP, backfill a range of dates, or manage the history table.

Results go to standard output, logs to standard error. Exit status: 0 success; 1 failure, or the schema has drifted;
2 invalid request or setting.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from os import environ
from time import perf_counter
from typing import Any
from uuid import uuid4

from monitor.bigquery.client import WarehouseError, connect
from monitor.bigquery.schema import SchemaError, apply_schema, schema_drift
from monitor.check import Outcome, run_check
from monitor.core.alerts import TROUBLE
from monitor.core.dates import league_date
from monitor.logs import log_context, watched
from monitor.request import CheckRequest, RequestError, Run, Trigger, parse_request
from monitor.settings import Settings, SettingsError, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(environ)
        if options.command == "schema":
            return _schema(settings, options.action)
        return _backfill(settings, options) if options.command == "backfill" else _check(settings, options)
    except (RequestError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    except (WarehouseError, SchemaError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m monitor", description=__doc__.partition("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check a date, or a range, and print the result as JSON")
    backfill = commands.add_parser("backfill", help="check and record a range of dates, and print a summary")
    for name, field in CheckRequest.model_fields.items():
        flag: dict[str, Any] = {"action": "store_const", "const": "true"} if field.annotation is bool else {}
        option = f"--{name.replace('_', '-')}"
        check.add_argument(option, dest=name, help=field.description, **flag)
        if name != "date":
            backfill.add_argument(option, dest=name, help=field.description, required=name in {"start", "end"}, **flag)
    schema = commands.add_parser("schema", help="compare or create the history table and its views")
    schema.add_argument("action", choices=["diff", "apply"], help="diff: list differences; apply: add what is missing")
    return parser


def _check(settings: Settings, options: argparse.Namespace) -> int:
    outcome = _outcome(settings, options)
    if not outcome.failure:
        advice = {"advice": outcome.advice} if outcome.advice else {}
        run = outcome.run
        print(json.dumps({"run_id": run.run_id, "trigger": run.trigger, "checks": outcome.checks, **advice}, indent=2))
    return _exit_status(outcome)


def _exit_status(outcome: Outcome) -> int:
    if outcome.failure:
        print(outcome.detail or f"A bug in the monitor; see the log of run {outcome.run.run_id}.", file=sys.stderr)
    return 1 if outcome.failure else 0


def _backfill(settings: Settings, options: argparse.Namespace) -> int:
    started = perf_counter()
    # A terminal shows the steps; a log file gets the log lines.
    watching = watched(lambda step: print(f"{step} …", file=sys.stderr)) if sys.stderr.isatty() else nullcontext()
    with watching:
        outcome = _outcome(settings, options)
    if outcome.failure:
        return _exit_status(outcome)
    checks = outcome.checks
    done = "checked, not recorded" if options.dry_run else "recorded"
    print(f"{len(checks)} dates {done} in {perf_counter() - started:.1f} s, run {outcome.run.run_id}\n")
    unread = {source["name"]: source["error"] for check in checks for source in check["sources"] if source["error"]}
    for name, error in unread.items():
        print(f"  {name} could not be read: {error}")
    for status, dates in Counter(check["status"] for check in checks).most_common():
        print(f"  {status:16} {dates:>4}")
    for check in checks:
        if check["status"] in TROUBLE:
            ready = f"{check['phase4_ready']} of {check['scheduled_games']} games ready"
            print(f"\n  {check['check_date']}  {check['status']:16} {ready}", end="")
    print()
    return 0


def _outcome(settings: Settings, options: argparse.Namespace) -> Outcome:
    now, run_id = datetime.now(UTC), uuid4().hex
    given = {name: [value] for name in CheckRequest.model_fields if (value := getattr(options, name, None)) is not None}
    request = parse_request(CheckRequest, given, today=league_date(now, settings.league_timezone))
    with log_context(run_id=run_id):
        return run_check(partial(connect, settings), Run(settings, request, run_id, Trigger.CLI, now))


def _schema(settings: Settings, action: str) -> int:
    client = connect(settings)
    if action == "apply":
        print("\n".join(apply_schema(client, settings)) or "nothing to do")
        return 0
    found = schema_drift(client, settings)
    print("\n".join(found) or "no drift")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
