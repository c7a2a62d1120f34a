"""The monitor from a shell: the same answer as over HTTP on standard output, and an exit status for scripts."""

import json
import subprocess
import sys
from os import environ

from google.cloud import bigquery

from local import sample
from local.emulator import ROOT
from tests.conftest import Platform


def run(platform: Platform, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=ROOT,
        env={"PATH": environ["PATH"], **platform.environment, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_prints_the_answer_and_logs_elsewhere(season: Platform) -> None:
    ran = run(season, "check", "--date", str(sample.PARTLY_READY))
    assert ran.returncode == 0
    answer = json.loads(ran.stdout)
    assert (answer["trigger"], answer["checks"][0]["status"]) == ("cli", "MISSING_DATA")
    assert [json.loads(line)["event"] for line in ran.stderr.splitlines()] == ["date_judged", "run_completed"]
    (row,) = season.history()
    assert (row["trigger"], row["run_id"]) == ("cli", answer["run_id"])


def test_check_takes_what_the_address_takes(season: Platform) -> None:
    ran = run(season, "check", "--start", "2026-01-16", "--end", "2026-01-17", "--dry-run", "--notify", "never")
    answer = json.loads(ran.stdout)
    assert [check["status"] for check in answer["checks"]] == ["OK", "OK"]
    assert season.history() == []


def test_a_bad_date_is_a_sentence_and_exit_2(season: Platform) -> None:
    ran = run(season, "check", "--date", "2026-02-30")
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "date is not a valid date: 2026-02-30\n")


def test_a_bad_setting_is_a_sentence_and_exit_2(season: Platform) -> None:
    ran = run(season, "check", MIN_COVERAGE="80")
    assert ran.returncode == 2
    assert ran.stderr.startswith("MIN_COVERAGE: ")


def test_a_check_that_cannot_be_made_is_exit_1_and_says_so(empty_project: Platform) -> None:
    ran = run(empty_project, "check", "--date", "2026-01-17")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("For 2026-01-17 the history row could not be written: ")


def test_schema_diff_and_apply(empty_project: Platform) -> None:
    first = run(empty_project, "schema", "diff")
    assert (first.returncode, first.stdout) == (1, "table nba_monitoring.data_availability_checks does not exist\n")
    project = empty_project.client.project
    assert run(empty_project, "schema", "apply").stdout.splitlines() == [
        f"created {project}.nba_monitoring.data_availability_checks",
        *(
            f"created view data_availability_{name}"
            for name in ("latest", "readiness", "calendar", "gaps", "incidents", "sources")
        ),
    ]
    assert run(empty_project, "schema", "apply").stdout == "nothing to do\n"
    last = run(empty_project, "schema", "diff")
    assert (last.returncode, last.stdout) == (0, "no drift\n")


def test_a_column_of_another_type_is_exit_1_and_named(empty_project: Platform) -> None:
    empty_project.client.create_dataset("nba_monitoring")
    empty_project.client.create_table(
        bigquery.Table(
            f"{empty_project.client.project}.nba_monitoring.data_availability_checks",
            [bigquery.SchemaField("check_date", "STRING")],
        )
    )
    ran = run(empty_project, "schema", "apply")
    assert (ran.returncode, ran.stderr) == (1, "column check_date is STRING, should be DATE\n")
