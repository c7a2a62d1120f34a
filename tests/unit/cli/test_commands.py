"""What the command line says, and the exit status that a script sees, without a warehouse."""

import argparse
import ast
import re
import subprocess
import sys
from os import environ
from pathlib import Path

import pytest

from local.emulator import ROOT
from monitor.check import Outcome
from monitor.cli.commands import Exit, _parser
from monitor.core.verdict import Status
from monitor.request import Run
from tests.conftest import NOBODY
from tests.shell import run

PAGE = (ROOT / "docs" / "cli.md").read_text()
SETTINGS = {"GCP_PROJECT_ID": "nba", "BIGQUERY_EMULATOR_HOST": NOBODY}
MAIN = ROOT / "monitor" / "__main__.py"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.OK, 0),
        (Status.NO_GAMES, 0),
        (Status.PENDING, 0),
        (Status.EXPECTED_GAP, 0),
        (Status.MISSING_DATA, 1),
        (Status.PARTIAL_DATA, 1),
        (Status.NO_PREDICTIONS, 1),
        (Status.SCHEDULE_UNKNOWN, 1),
    ],
)
@pytest.mark.parametrize("arguments", ["check", "backfill --start 2026-01-17 --end 2026-01-18"])
def test_the_exit_status_tells_a_gap(
    monkeypatch: pytest.MonkeyPatch, arguments: str, status: Status, code: int
) -> None:
    def judged(_connect: object, run: Run) -> Outcome:
        return Outcome(run, [{"status": Status.OK}, {"status": status}])

    monkeypatch.setattr("monitor.cli.commands.run_check", judged)
    assert run(SETTINGS, *arguments.split()).code == code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("check --date 2026-02-30", "date is not a valid date: 2026-02-30"),
        ("history --start 2026-01-13", "start and end go together: give both, or date for one day"),
        ("backfill --start 2026-01-13", "the following arguments are required: --end"),
        ("check --dat today", "unrecognized arguments: --dat today"),  # nothing is guessed
        ("", "the following arguments are required: command"),
    ],
)
def test_what_is_not_understood_is_2_with_a_sentence(arguments: str, said: str) -> None:
    ran = run(SETTINGS, *arguments.split(), terminal=True)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].rpartition("error: ")[2] == said


def test_a_program_gets_the_problem_document_of_what_is_not_understood() -> None:
    ran = run(SETTINGS, "check", "--date", "2026-02-30")
    assert ran.code == 2
    assert (ran.answer["status"], ran.answer["detail"]) == (400, "date is not a valid date: 2026-02-30")


def test_a_missing_setting_gets_a_hint_that_names_the_demos() -> None:
    ran = run({}, "check", terminal=True)
    first, *hint = ran.err.splitlines()
    assert (ran.code, first) == (2, "GCP_PROJECT_ID: is required but not set")
    assert "make demo" in hint[0]
    assert "BIGQUERY_EMULATOR_HOST" in hint[1]


def test_a_malformed_setting_gets_none() -> None:
    ran = run({**SETTINGS, "MIN_COVERAGE": "80"}, "check")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("MIN_COVERAGE: ")
    assert len(ran.err.splitlines()) == 1


def test_a_bug_is_3_since_1_would_mean_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.commands.read_queries", {}.pop)
    ran = run(SETTINGS, "history", terminal=True)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("A bug in the monitor, TypeError: ")


def test_an_interrupted_command_ends_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.cli.commands.read_queries", interrupted)
    ran = run(SETTINGS, "history", terminal=True)
    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_a_closed_pipe_is_no_error() -> None:
    """As of `monitor … | true`: no trace, and the exit status is that of the command."""
    command = [sys.executable, "-m", "monitor", "check", "--date", "2026-02-30"]
    shell = {"PATH": environ["PATH"], **SETTINGS}
    with subprocess.Popen(command, cwd=ROOT, env=shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        ran.stdout.close()
        assert ran.stderr is not None
        assert ran.stderr.read() == b"date is not a valid date: 2026-02-30\n"
    assert ran.returncode == 2


# The Python that runs it.


def test_a_python_that_is_too_old_is_told_so_in_one_line() -> None:
    ast.parse(MAIN.read_text(), feature_version=(3, 7))
    versions = Path(environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    old = [*versions.glob("3.[6-9]*/bin/python"), *versions.glob("3.1[0-2]*/bin/python"), *_on_the_path()]
    for python in old:
        ran = subprocess.run([python, "-m", "monitor"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert re.fullmatch(r"monitor needs Python 3\.13; this is 3\.\d+\.\d+\S*\n", ran.stderr)


def _on_the_path() -> list[Path]:
    names = [Path("/usr/bin", f"python3.{minor}") for minor in range(6, 13)]
    return [name for name in names if name.exists()]


def test_a_python_without_the_packages_is_told_what_to_use() -> None:
    ran = subprocess.run([sys.executable, "-S", "-m", "monitor"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(r"monitor cannot start: No module named '\w+'; use \.venv/bin/monitor, .*\n", ran.stderr)


# The page.


def first_cells(heading: str) -> list[str]:
    table = PAGE.split(f"| {heading} |")[1].split("\n\n")[0]
    return [
        word for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for word in re.findall("`([^`]+)`", row)
    ]


def test_every_command_option_and_exit_status_is_on_the_page() -> None:
    (commands,) = [action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 - argparse has no other way to list them
    assert first_cells("command") == list(commands.choices)
    options = {
        option
        for command in commands.choices.values()
        for action in command._actions  # noqa: SLF001 - the same
        for option in action.option_strings
    }
    assert set(first_cells("option")) == options - {"-h", "--help"}
    assert list(map(int, first_cells("exit status"))) == list(Exit)
