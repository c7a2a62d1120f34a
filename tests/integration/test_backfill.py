"""A season in one go: the jobs of a single date, the rows that its dates give one by one, all of them or none."""

import os
import pty
import subprocess
import sys
from collections import Counter
from os import environ
from typing import Any

import pytest
from google.cloud import bigquery

from local import sample
from local.emulator import ROOT
from monitor.bigquery.schema import HISTORY, wanted_columns
from tests.conftest import Door, Platform, ask, body_of, problem

SEASON = f"start={sample.SEASON.first}&end={sample.SEASON.last}"
WHOLE_SEASON = len(sample.SEASON)
# What tells one run from another.
OF_THE_RUN = {"check_time", "run_id", "trigger", "duration_ms", "bytes_processed", "alert_reason", "alert_status"}


pytestmark = pytest.mark.usefixtures("morning")


def jobs(platform: Platform, run_id: str) -> Counter[str]:
    """The kinds of jobs of a run, and of the reading of its memory, which knows no run."""
    return Counter(
        str(job.labels.get("source") or type(job).__name__)
        for job in platform.client.list_jobs()
        if job.labels.get("run_id") == run_id
    )


def test_a_season_takes_the_jobs_of_a_single_date(season: Platform, door: Door) -> None:
    client = door(season.environment)

    def all_jobs() -> list[bigquery.QueryJob]:
        return [job for job in season.client.list_jobs() if job.labels.get("service")]

    counts = []
    for query in ("date=2026-01-17", SEASON):
        before = len(all_jobs())
        body = body_of(client.get(f"/?{query}"))
        counts.append((len(all_jobs()) - before, jobs(season, body["run_id"])))
    assert counts[0] == counts[1]
    # Two schedules, Phase 3, Phase 4 and the load job; the sixth reads what was told before.
    assert (counts[0][0], sum(counts[0][1].values())) == (6, 5)
    assert len(season.history()) == 1 + WHOLE_SEASON


def test_the_rows_are_those_that_the_dates_give_one_by_one(season: Platform, door: Door) -> None:
    client = door(season.environment, EXPECTED_GAPS="2025-10-21/2025-11-03=bootstrap")
    in_one_go = {check["check_date"]: check for check in body_of(client.get(f"/?{SEASON}"))["checks"]}
    assert len(in_one_go) == WHOLE_SEASON
    for day in (
        sample.SEASON.first,
        sample.BOOTSTRAP.last,
        sample.CUP_FINAL,
        sample.OFF_DAY,
        sample.POSTPONED,
        sample.TWO_FORMS_OF_ID,
        sample.ONE_TEAM_ONLY,
        sample.PARTLY_READY,
        sample.ONE_SOURCE,
        sample.ALL_READY,
        sample.BAD_DAY,
        sample.ALL_STAR,
        sample.SEASON.last,
    ):
        alone = ask(client, f"/?date={day}&notify=never")
        assert _of_the_date(in_one_go[str(day)]) == _of_the_date(alone)


def _of_the_date(check: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in check.items() if name not in OF_THE_RUN | {"alert"}}


def test_a_range_that_cannot_be_written_leaves_no_row(loaded_season: Platform, door: Door) -> None:
    # A table that takes the rows of dates in trouble, which name a phase, and refuses the others.
    platform = Platform({**loaded_season.environment, "MONITORING_DATASET": "half"})
    columns = [
        bigquery.SchemaField.from_api_repr(
            {**column, "mode": "REQUIRED" if column["name"] == "stalled_phase" else column["mode"]}
        )
        for column in wanted_columns()
    ]
    platform.client.create_dataset("half")
    platform.client.create_table(bigquery.Table(f"{platform.client.project}.half.{HISTORY}", columns))
    try:
        client = door(platform.environment)
        ask(client, "/?date=2026-01-15")
        assert len(platform.history()) == 1  # one such date alone is written
        problem(client.get("/?start=2026-01-10&end=2026-01-17"), 503)
        assert len(platform.history()) == 1
    finally:
        platform.client.delete_dataset("half", delete_contents=True)


# From a shell.


def command(platform: Platform) -> dict[str, Any]:
    arguments = ["backfill", "--start", "2026-01-13", "--end", "2026-01-17"]
    return {
        "args": [sys.executable, "-m", "monitor", *arguments],
        "cwd": ROOT,
        "env": {"PATH": environ["PATH"], **platform.environment},
        "stdout": subprocess.PIPE,
        "text": True,
    }


def test_it_says_what_was_found_and_logs_elsewhere(season: Platform) -> None:
    ran = subprocess.run(**command(season), stderr=subprocess.PIPE, check=True)
    first, *rest = ran.stdout.splitlines()
    assert first.startswith("5 dates recorded in ")
    assert [" ".join(line.split()) for line in rest if line] == [
        "OK 3",
        "PARTIAL_DATA 1",
        "MISSING_DATA 1",
        "2026-01-13 PARTIAL_DATA 2 of 3 games ready",
        "2026-01-15 MISSING_DATA 7 of 8 games ready",
    ]
    assert '"event": "run_completed"' in ran.stderr
    assert {row["trigger"] for row in season.history()} == {"backfill"}


def test_who_watches_sees_the_steps(season: Platform) -> None:
    screen, terminal = pty.openpty()
    subprocess.run(**command(season), stderr=terminal, check=True)
    os.close(terminal)
    shown = os.read(screen, 10_000).decode().split("\r\n")
    os.close(screen)
    assert shown == [
        "reading the sources for 2026-01-13 to 2026-01-17 …",
        "judging 5 dates …",
        "writing 5 rows …",
        "",
    ]


def test_a_range_needs_both_its_ends() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "monitor", "backfill", "--start", "2026-01-13"],
        cwd=ROOT,
        env={"PATH": environ["PATH"], "GCP_PROJECT_ID": "nba"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "the following arguments are required: --end" in ran.stderr
