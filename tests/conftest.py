"""Real parts for the tests: one BigQuery emulator for the run with a project per test, and a Slack inbox per test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from google.cloud import bigquery

from local import sample
from local.emulator import bigquery_emulator
from local.inbox import Inbox, serve
from local.platform import Rows, create_tables, load
from monitor.check import run_check
from monitor.core.dates import league_date
from monitor.history import Trigger
from monitor.request import CheckRequest, parse_request
from monitor.settings import Settings, load_settings
from monitor.warehouse import apply_schema, connect


@dataclass
class Platform:
    """The platform's tables and the monitor's own, empty, in a project that no other test sees."""

    environment: dict[str, str]
    client: bigquery.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = connect(self.settings)

    @property
    def settings(self) -> Settings:
        return load_settings(self.environment)

    def load(self, rows: Rows) -> None:
        load(self.client, rows)

    def check(self, now: datetime, *, trigger: Trigger = Trigger.MANUAL, **parameters: str) -> dict[str, Any]:
        """Run one check as the function does, with these parameters in the query string."""
        settings = self.settings
        request = parse_request(
            CheckRequest,
            {name: [value] for name, value in parameters.items()},
            b"",
            today=league_date(now, settings.league_timezone),
        )
        return run_check(self.client, settings, request, run_id=uuid4().hex, trigger=trigger, now=now)

    def history(self) -> Sequence[dict[str, Any]]:
        """Every row that was ever written, in the order of writing."""
        own = bigquery.QueryJobConfig(default_dataset=f"{self.client.project}.{self.settings.monitoring_dataset}")
        sql = "SELECT * FROM data_availability_checks ORDER BY check_time, check_date"
        return [dict(row) for row in self.client.query_and_wait(sql, job_config=own)]


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    with bigquery_emulator() as url:
        yield url


@pytest.fixture
def empty_project(emulator: str) -> Platform:
    """A project without any table."""
    return Platform({"GCP_PROJECT_ID": f"test-{uuid4().hex[:12]}", "BIGQUERY_EMULATOR_HOST": emulator})


@pytest.fixture
def platform(empty_project: Platform) -> Platform:
    create_tables(empty_project.client)
    apply_schema(empty_project.client, empty_project.settings)
    return empty_project


@pytest.fixture(scope="session")
def loaded_season(emulator: str) -> Platform:
    """The sample season, in tables that no test may change."""
    platform = Platform({"GCP_PROJECT_ID": "test-season", "BIGQUERY_EMULATOR_HOST": emulator})
    create_tables(platform.client)
    platform.load(sample.season())
    return platform


@pytest.fixture
def season(loaded_season: Platform) -> Platform:
    """The sample season, with a history of the test's own."""
    platform = Platform({**loaded_season.environment, "MONITORING_DATASET": f"history_{uuid4().hex}"})
    apply_schema(platform.client, platform.settings)
    return platform


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serve() as running:
        yield running


def at(text: str) -> datetime:
    """A moment in UTC from `2026-01-18 13:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)
