"""The monitor from a shell: the same check and answer as over HTTP, and the history table's schema.

Answers go to standard output, logs to standard error. Exit status 0: done; 1: it could not be done, or the schema has
drifted; 2: the request or a setting is wrong.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from os import environ
from typing import Any
from uuid import uuid4

from monitor.check import CheckError, run_check
from monitor.core.dates import league_date
from monitor.history import Trigger
from monitor.logs import log_context
from monitor.request import CheckRequest, RequestError, parse_request
from monitor.schema import SchemaError
from monitor.settings import Settings, SettingsError, load_settings
from monitor.warehouse import WarehouseError, apply_schema, connect, schema_drift


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(environ)
        if options.command == "check":
            return _check(settings, options)
        return _schema(settings, options.action)
    except (RequestError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    except (CheckError, WarehouseError, SchemaError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m monitor", description=__doc__.partition("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="judge a date as the function does, and print its answer")
    for name, field in CheckRequest.model_fields.items():
        flag: dict[str, Any] = {"action": "store_const", "const": "true"} if field.annotation is bool else {}
        check.add_argument(f"--{name.replace('_', '-')}", dest=name, help=field.description, **flag)
    schema = commands.add_parser("schema", help="compare or create the history table")
    schema.add_argument("action", choices=["diff", "apply"], help="diff names drift; apply adds what is missing")
    return parser


def _check(settings: Settings, options: argparse.Namespace) -> int:
    now, run_id = datetime.now(UTC), uuid4().hex
    given = {name: [value] for name in CheckRequest.model_fields if (value := getattr(options, name)) is not None}
    request = parse_request(CheckRequest, given, b"", today=league_date(now, settings.league_timezone))
    with log_context(run_id=run_id):
        answer = run_check(partial(connect, settings), settings, request, run_id=run_id, trigger=Trigger.CLI, now=now)
    print(json.dumps(answer, indent=2))
    return 0


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
