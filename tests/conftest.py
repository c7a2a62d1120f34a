"""Real parts for the tests: one BigQuery emulator for the run, emptied after each test, and a Slack inbox per test."""

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
    """A project of the emulator, with what the monitor is told of it."""

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
        return run_check(lambda: self.client, settings, request, run_id=uuid4().hex, trigger=trigger, now=now)

    def delete_datasets(self) -> None:
        for dataset in self.client.list_datasets():
            self.client.delete_dataset(dataset.dataset_id, delete_contents=True)

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
def empty_project(emulator: str) -> Iterator[Platform]:
    """A project without any table. Its jobs outlive a test, so a test tells its own by a run id of its own."""
    # The same for every test: each new project slows the emulator down for good.
    project = Platform({"GCP_PROJECT_ID": "test", "BIGQUERY_EMULATOR_HOST": emulator})
    yield project
    project.delete_datasets()


@pytest.fixture
def platform(empty_project: Platform) -> Platform:
    """The platform's tables and the monitor's own, empty."""
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
def season(loaded_season: Platform) -> Iterator[Platform]:
    """The sample season, with a history of the test's own."""
    platform = Platform({**loaded_season.environment, "MONITORING_DATASET": "history"})
    apply_schema(platform.client, platform.settings)
    yield platform
    platform.client.delete_dataset("history", delete_contents=True)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serve() as running:
        yield running


def at(text: str) -> datetime:
    """A moment in UTC from `2026-01-18 13:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)
