"""The monitor from a shell: a table for a person, the HTTP API's JSON for a program, and an exit status for scripts.

docs/cli.md shows a session, which this runs. After a change of what a command prints, write the new one into the page:
`python -m tests.integration.test_cli`.
"""

import os
import pty
import re
import subprocess
from os import environ

import time_machine
from google.cloud import bigquery

from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.inbox import Answer, Inbox, serve
from local.platform import create_tables
from monitor.bigquery.schema import apply_schema
from monitor.request import Trigger
from tests.conftest import Platform, lines, webhook
from tests.shell import Ran, run

PAGE = ROOT / "docs" / "cli.md"
COMMAND = re.compile(
    r'^```console\n\$ ((?:env -u (\w+) )?monitor) ([^\n]*); echo "exit status \$\?"\n.*?^```$', re.MULTILINE | re.DOTALL
)
"""A command on the page: how it starts, the setting that it has not, its arguments. What it prints follows."""


# A program reads.


def test_a_pipe_gets_the_answer_of_the_http_api_and_no_log(season: Platform) -> None:
    ran = run(season.environment, "check", "--date", str(sample.PARTLY_READY))
    assert (ran.code, ran.err) == (1, "")
    (check,) = ran.answer["checks"]
    assert (ran.answer["trigger"], check["status"]) == ("cli", "MISSING_DATA")
    assert check["alert"] == {"reason": "PAST_DATE", "status": "suppressed"}
    (row,) = season.history()
    assert (row["trigger"], row["run_id"]) == ("cli", ran.answer["run_id"])


def test_a_log_is_for_who_asks(season: Platform) -> None:
    ran = run(season.environment, "check", "--date", "2026-01-17", "--dry-run", "-v", terminal=True)
    assert [line["event"] for line in lines(ran.err)] == ["date_judged", "run_completed"]
    assert season.history() == []


def test_a_backfill_and_the_history_are_the_http_apis_too(season: Platform) -> None:
    backfilled = run(season.environment, "backfill", "--start", "2026-01-16", "--end", "2026-01-17", "--json")
    assert backfilled.code == 0
    assert [check["status"] for check in backfilled.answer["checks"]] == ["OK", "OK"]
    assert {row["trigger"] for row in season.history()} == {"backfill"}
    history = run(season.environment, "history", "--start", "2026-01-16", "--end", "2026-01-17")
    assert list(history.answer) == ["start", "end", "checks", "calendar", "incidents", "gaps", "sources"]


# What is not known, or not delivered.


def test_what_cannot_be_known_is_3_and_no_all_clear(empty_project: Platform) -> None:
    ran = run(empty_project.environment, "check", "--date", "2026-01-17", terminal=True)
    assert ran.code == 3
    assert "ERROR" in ran.out
    assert "Recorded" not in ran.out
    assert ran.err.splitlines()[-1].startswith("For 2026-01-17 the history row could not be written: ")
    history = run(empty_project.environment, "history")
    assert (history.code, history.answer["status"]) == (3, 503)


def test_what_is_not_delivered_is_3_though_the_verdict_is_shown(season: Platform, inbox: Inbox) -> None:
    inbox.answer_next(Answer(status=404, body="no_team"))
    environment = {**season.environment, **webhook(inbox)}
    ran = run(environment, "check", "--date", "2026-01-17", "--notify", "always", terminal=True)
    assert ran.code == 3
    assert "OK, 9 of 9 games ready" in ran.out
    assert "Slack did not get it" in ran.err


# The schema.


def test_schema_diff_and_apply(empty_project: Platform) -> None:
    environment, project = empty_project.environment, empty_project.client.project
    missing = "table nba_monitoring.data_availability_checks does not exist\n"
    assert run(environment, "schema", "diff") == Ran(1, missing, "")
    assert run(environment, "schema", "apply").out.splitlines() == [
        f"created {project}.nba_monitoring.data_availability_checks",
        *(
            f"created view data_availability_{name}"
            for name in ("latest", "dates", "calendar", "gaps", "incidents", "readiness", "sources")
        ),
    ]
    assert run(environment, "schema", "apply").out == "nothing to do\n"
    assert run(environment, "schema", "diff") == Ran(0, "no drift\n", "")


def test_a_column_of_another_type_is_named_and_not_applied(empty_project: Platform) -> None:
    empty_project.client.create_dataset("nba_monitoring")
    empty_project.client.create_table(
        bigquery.Table(
            f"{empty_project.client.project}.nba_monitoring.data_availability_checks",
            [bigquery.SchemaField("check_date", "STRING")],
        )
    )
    ran = run(empty_project.environment, "schema", "apply")
    assert ran == Ran(3, "", "column check_date is STRING, should be DATE\n")


# How it is started.


def test_the_command_starts_from_any_folder_and_sees_a_real_terminal(season: Platform) -> None:
    screen, terminal = pty.openpty()
    ran = subprocess.run(
        [ROOT / ".venv" / "bin" / "monitor", "backfill", "--start", "2026-01-14", "--end", "2026-01-17"],
        cwd="/",
        env={"PATH": environ["PATH"], "TERM": "xterm", **season.environment},
        stdout=terminal,
        stderr=terminal,
        check=False,
    )
    os.close(terminal)
    shown = os.read(screen, 10_000).decode().replace("\r\n", "\n")
    os.close(screen)
    assert ran.returncode == 1
    steps, _, result = shown.partition("DATE ")
    assert steps.splitlines() == [
        "reading the sources for 2026-01-14 to 2026-01-17 …",
        "judging 4 dates …",
        "writing 4 rows …",
    ]
    assert "2026-01-15  \x1b[31mMISSING_DATA\x1b[0m  7 of 8  MIA@CHI missing" in result


# The page.


def test_the_page_shows_what_the_commands_print(season: Platform, inbox: Inbox) -> None:
    page = PAGE.read_text()
    assert page == _recorded(page, season, inbox)


def _recorded(page: str, platform: Platform, inbox: Inbox) -> str:
    """The page, with what its commands print at eight on the bad morning, a day after another check at eight."""
    environment = {**platform.environment, **webhook(inbox)}
    platform.check(sample.MORNING.replace(day=17), trigger=Trigger.SCHEDULER)

    def typed(command: re.Match[str]) -> str:
        start, unset, arguments = command.groups()
        given = {name: value for name, value in environment.items() if name != unset}
        ran = run(given, *arguments.split(), terminal=True)
        shown = re.sub(r"\brun [0-9a-f]{8}\b", "run 1f0c8a52", f"{ran.err}{ran.out}")
        return f'```console\n$ {start} {arguments}; echo "exit status $?"\n{shown}exit status {ran.code}\n```'

    with time_machine.travel(sample.MORNING, tick=False):
        return COMMAND.sub(typed, page)


def record() -> None:
    """Run the page's commands, and write what they print into it."""
    with bigquery_emulator() as warehouse, serve() as inbox:
        platform = Platform({"GCP_PROJECT_ID": "demo", "BIGQUERY_EMULATOR_HOST": warehouse})
        create_tables(platform.client)
        apply_schema(platform.client, platform.settings)
        platform.load(sample.season())
        PAGE.write_text(_recorded(PAGE.read_text(), platform, inbox))


if __name__ == "__main__":
    record()
