"""`monitor check | backfill | history | schema`: the function's answers from a shell.

A terminal gets a table. A pipe, and `--json`, get the JSON of the HTTP API. Everything else goes to standard error.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from enum import IntEnum
from functools import partial
from http import HTTPStatus
from shutil import get_terminal_size
from traceback import format_exc
from typing import Any
from uuid import uuid4

from flask import Response

from monitor.bigquery.client import connect
from monitor.bigquery.history import VIEWS, read_queries
from monitor.bigquery.schema import SchemaError, apply_schema, schema_drift
from monitor.check import Failure, run_check
from monitor.cli.tables import Screen, check_text, history_text, range_text
from monitor.core.alerts import TROUBLE
from monitor.core.dates import league_date
from monitor.logs import Severity, log, log_context, watched
from monitor.request import CheckRequest, DatesRequest, HistoryRequest, Run, Trigger, parse_request
from monitor.settings import Settings, SettingsError, load_settings
from monitor.web.answers import found, problem
from monitor.web.outcomes import BUG, REFUSALS, checked, refused

HINT = (
    "To try the monitor without Google Cloud, run `make demo` and copy the exports that it prints:\n"
    "  export GCP_PROJECT_ID=demo BIGQUERY_EMULATOR_HOST=http://127.0.0.1:…"
)


class Exit(IntEnum):
    """The exit status. The numbers are a contract."""

    FINE = 0
    GAP = 1  # of a schema: it differs
    NOT_UNDERSTOOD = 2
    NOT_KNOWN = 3  # or not delivered, not recorded, not applied


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    # A schema has no place in the HTTP API, so its commands print the same lines for a program.
    options.json = options.command != "schema" and (options.json or not sys.stdout.isatty())
    run_id = uuid4().hex
    with nullcontext() if options.verbose else watched(_progress(options)), log_context(run_id=run_id):
        try:
            return _COMMANDS[options.command](load_settings(os.environ), options, run_id)
        except KeyboardInterrupt:
            return 130  # as a shell has it: 128 and the number of the signal
        except SettingsError as error:
            _complain(f"{error}\n{HINT}" if "not set" in str(error) else str(error))
            return Exit.NOT_UNDERSTOOD
        except SchemaError as error:
            _complain(str(error))
            return Exit.NOT_KNOWN
        except tuple(REFUSALS) as error:
            return _failed(refused(error, run_id), str(error), options)
        except Exception as error:  # noqa: BLE001 - Python's own exit status after a bug is 1, which means a gap here
            log("bug", "a bug: the command was not run", Severity.CRITICAL, stack_trace=format_exc())
            detail = f"A bug in the monitor, {type(error).__name__}: {error}. Add -v to see where."
            return _failed(problem(HTTPStatus.INTERNAL_SERVER_ERROR, BUG, run_id), detail, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="monitor",
        description="Is the data there for every game? Settings are environment variables.",
        epilog="Exit status: 0 nothing is wrong; 1 a gap, or the schema differs; 2 not understood; "
        "3 not known, not recorded or not delivered.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, request, text in (
        ("check", CheckRequest, "check a date or a range, record the result and send what is news"),
        ("backfill", CheckRequest, "check and record a range, and show the dates with gaps"),
        ("history", HistoryRequest, "show the recorded dates, by default the last 30"),
    ):
        command = commands.add_parser(name, help=text, description=_sentence(text), allow_abbrev=False)
        _add_parameters(command, request, all_dates=name != "backfill")
        command.add_argument("--json", action="store_true", help="Print the JSON of the HTTP API, as in a pipe.")
    text = "compare the history table and its views with schemas/, or create what is missing"
    schema = commands.add_parser("schema", help=text, description=_sentence(text), allow_abbrev=False)
    schema.add_argument("action", choices=["diff", "apply"], help="diff: list differences; apply: add what is missing")
    for command in commands.choices.values():
        command.add_argument("-v", "--verbose", action="store_true", help="Log each step to standard error.")
    return parser


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _add_parameters(command: argparse.ArgumentParser, request: type[DatesRequest], *, all_dates: bool) -> None:
    """An option for each parameter of the HTTP API. A backfill has no `date`, and needs both ends of its range."""
    for name, field in request.model_fields.items():
        if name == "date" and not all_dates:
            continue
        flag: dict[str, Any] = {"action": "store_const", "const": "true"} if field.annotation is bool else {}
        required = name in {"start", "end"} and not all_dates
        command.add_argument(
            f"--{name.replace('_', '-')}", dest=name, help=field.description, required=required, **flag
        )


def _check(settings: Settings, options: argparse.Namespace, run_id: str) -> Exit:
    now = datetime.now(UTC)
    request = _parse(CheckRequest, options, settings, now)
    outcome = run_check(partial(connect, settings), Run(settings, request, run_id, Trigger.CLI, now))
    if options.json:
        _print(checked(outcome).get_data(as_text=True))
    elif request.is_range and outcome.checks:
        _print(range_text(outcome, _screen(), only_gaps=options.command == "backfill"))
    elif outcome.checks:
        _print(check_text(outcome, _screen()))
    if outcome.failure:
        _complain(f"{outcome.detail}. Add -v to see it" if outcome.failure is Failure.BUG else outcome.detail)
        return Exit.NOT_KNOWN
    return Exit.GAP if any(check["status"] in TROUBLE for check in outcome.checks) else Exit.FINE


def _history(settings: Settings, options: argparse.Namespace, _run_id: str) -> Exit:
    now = datetime.now(UTC)
    request = _parse(HistoryRequest, options, settings, now)
    days = request.days(league_date(now, settings.league_timezone))
    queries = VIEWS if options.json else ("calendar",)
    rows = read_queries(connect(settings), settings, dict.fromkeys(queries, days))
    if options.json:
        _print(found({"start": days.first, "end": days.last, **rows}).get_data(as_text=True))
    else:
        _print(history_text(rows["calendar"], days, settings.league_timezone, _screen()))
    return Exit.FINE


def _schema(settings: Settings, options: argparse.Namespace, _run_id: str) -> Exit:
    client = connect(settings)
    if options.action == "apply":
        _print("\n".join(apply_schema(client, settings)) or "nothing to do")
        return Exit.FINE
    differences = schema_drift(client, settings)
    _print("\n".join(differences) or "no drift")
    return Exit.GAP if differences else Exit.FINE


def _parse[R: (CheckRequest, HistoryRequest)](
    model: type[R], options: argparse.Namespace, settings: Settings, now: datetime
) -> R:
    given = {name: [value] for name in model.model_fields if (value := getattr(options, name, None)) is not None}
    return parse_request(model, given, today=league_date(now, settings.league_timezone))


def _failed(response: Response, detail: str, options: argparse.Namespace) -> Exit:
    """Say why; a program gets the problem document too."""
    if options.json:
        _print(response.get_data(as_text=True))
    _complain(detail)
    return Exit.NOT_UNDERSTOOD if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else Exit.NOT_KNOWN


def _screen() -> Screen:
    # https://no-color.org
    return Screen(
        get_terminal_size().columns,
        colour=not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb",
    )


def _progress(options: argparse.Namespace) -> Callable[[str], None]:
    if options.command == "backfill" and sys.stderr.isatty():
        return lambda step: _complain(f"{step} …")
    return lambda _step: None


def _print(text: str) -> None:
    try:
        print(text.rstrip("\n"), flush=True)
    except BrokenPipeError:
        # The reader has seen enough. Python would flush once more at its end, and fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


_COMMANDS: dict[str, Callable[[Settings, argparse.Namespace, str], Exit]] = {
    "check": _check,
    "backfill": _check,
    "history": _history,
    "schema": _schema,
}
