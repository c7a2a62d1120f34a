"""A season in one go: the jobs of a single date, the rows that its dates give one by one, all of them or none."""

from collections import Counter
from typing import Any

import pytest
from google.cloud import bigquery

from local import sample
from monitor.bigquery.schema import HISTORY, apply_schema, wanted_columns
from tests.conftest import Door, Platform, ask, body_of, problem

SEASON = f"start={sample.SEASON.first}&end={sample.SEASON.last}"
WHOLE_SEASON = len(sample.SEASON)
# What tells one run from another.
OF_THE_RUN = {"check_time", "run_id", "trigger", "duration_ms", "bytes_processed", "alert_reason", "alert_status"}


pytestmark = pytest.mark.usefixtures("morning")


# One for each source, one that reads what earlier checks found, and one that writes the rows.
JOBS = ["espn", "history", "nbac", "player_composite_factors", "upcoming_player_game_context", "write"]


def jobs(platform: Platform) -> Counter[str]:
    """The monitor's own jobs so far, by what each is for."""
    return Counter(
        str(job.labels.get("source") or ("write" if isinstance(job, bigquery.LoadJob) else "unnamed"))
        for job in platform.client.list_jobs()
        if job.labels.get("service")
    )


@pytest.mark.parametrize(
    ("query", "rows", "names"),
    [
        ("", 1, JOBS),  # today, whose predictions are not due at 8 AM
        ("date=2026-01-17", 1, [*JOBS, "player_prop_predictions"]),
        (SEASON, WHOLE_SEASON, [*JOBS, "player_prop_predictions"]),
    ],
)
def test_the_jobs_of_a_run_are_the_same_for_any_number_of_dates(
    season: Platform, loaded_season: Platform, door: Door, query: str, rows: int, names: list[str]
) -> None:
    client = door(loaded_season.environment)  # without the season's proxy, which saves jobs
    before = jobs(season)
    assert len(body_of(client.get(f"/?{query}"))["checks"]) == rows
    assert jobs(season) - before == Counter(names)
    assert len(season.history()) == rows


@pytest.mark.whole
def test_the_rows_are_those_that_the_dates_give_one_by_one(season: Platform, door: Door) -> None:
    client = door(season.environment, EXPECTED_GAPS="2025-10-21/2025-11-03=bootstrap")
    in_one_go = {check["check_date"]: check for check in body_of(client.get(f"/?{SEASON}"))["checks"]}
    assert len(in_one_go) == WHOLE_SEASON
    for day in (
        sample.SEASON.first,
        sample.OFF_DAY,
        sample.POSTPONED,
        sample.ONE_TEAM_ONLY,
        sample.ONE_SOURCE,
        sample.BAD_DAY,
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
    apply_schema(platform.client, platform.settings)
    try:
        client = door(platform.environment)
        ask(client, "/?date=2026-01-15")
        assert len(platform.history()) == 1  # one such date alone is written
        problem(client.get("/?start=2026-01-10&end=2026-01-17"), 503)
        assert len(platform.history()) == 1
    finally:
        platform.client.delete_dataset("half", delete_contents=True)
