"""Real parts for the tests: a BigQuery emulator per process, cleaned after each test; an inbox and a door per test."""

import json
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

import functions_framework
import pytest
import time_machine
from flask.testing import FlaskClient
from google.cloud import bigquery
from werkzeug.test import TestResponse

from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.inbox import Inbox, Message, serve
from local.platform import TABLES, Rows, create_tables, load
from monitor.bigquery.client import connect
from monitor.bigquery.schema import HISTORY, PARTITION, apply_schema
from monitor.check import Outcome, run_check
from monitor.core.dates import DateRange, league_date
from monitor.request import CheckRequest, Run, Trigger, parse_request
from monitor.settings import Settings, load_settings
from tests.proxy import Answer, Proxy
from tests.proxy import serve as serve_proxy

type Door = Callable[..., FlaskClient]

# These take the longest, so they begin: whatever is begun last keeps one process busy, and leaves the other idle.
FIRST = (
    *("test_fault_matrix.py", "test_forty_mornings.py", "test_load.py"),
    *("test_deploy.py", "test_page.py", "test_door.py"),
)

# What some tests need and are skipped without, and the package that has it.
WANTED = {"chromium": "chromium fonts-noto-color-emoji", "promtool": "prometheus"}

OLD_SECONDS = 240  # after which a query takes a tenth longer than with a new emulator

NOBODY = "http://127.0.0.1:1"  # nothing listens there: whoever asks it fails


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

    def check(self, now: datetime, *, trigger: Trigger = Trigger.MANUAL, **parameters: str) -> Outcome:
        """Run one check as the function does, with these parameters in the query string."""
        settings = self.settings
        request = parse_request(
            CheckRequest,
            {name: [value] for name, value in parameters.items()},
            today=league_date(now, settings.league_timezone),
        )
        return run_check(lambda: self.client, Run(settings, request, uuid4().hex, trigger, now))

    def run(self, days: DateRange, now: datetime = sample.MORNING) -> Run:
        """A run that is asked for these dates."""
        request = CheckRequest.model_construct(start=days.first, end=days.last)
        return Run(self.settings, request, uuid4().hex, Trigger.MANUAL, now)

    def create_history(self, columns: Iterable[Mapping[str, Any]], partition: str | None = PARTITION) -> bigquery.Table:
        """The history table as somebody else has made it, in a dataset of its own."""
        self.client.create_dataset(self.settings.monitoring_dataset)
        name = f"{self.client.project}.{self.settings.monitoring_dataset}.{HISTORY}"
        table = bigquery.Table(name, [bigquery.SchemaField.from_api_repr(dict(column)) for column in columns])
        if partition:
            table.time_partitioning = bigquery.TimePartitioning(field=partition)
        return self.client.create_table(table)

    def delete_datasets(self) -> None:
        for dataset in self.client.list_datasets():
            self.client.delete_dataset(dataset.dataset_id, delete_contents=True)

    def history(self) -> Sequence[dict[str, Any]]:
        """Every row that was ever written, in the order of writing."""
        own = bigquery.QueryJobConfig(default_dataset=f"{self.client.project}.{self.settings.monitoring_dataset}")
        sql = "SELECT * FROM data_availability_checks ORDER BY check_time, check_date"
        return [dict(row) for row in self.client.query_and_wait(sql, job_config=own)]


def pytest_addoption(parser: pytest.Parser) -> None:
    # Known here, so that any folder may be named; what it means is in tests/proof/conftest.py.
    parser.addoption("--sample", action="store_true", help="of tests/proof, run one representative of each class")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in FIRST)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Say last what was not tested on this machine, and what to install."""
    yield
    if terminalreporter.stats.get("skipped"):
        for command, package in WANTED.items():
            if shutil.which(command) is None:
                terminalreporter.write_line(
                    f"{command} is not installed, so the tests that need it were skipped. "
                    f"To run them: sudo apt-get install {package}"
                )


@pytest.fixture(scope="session")
def newest_emulator() -> Iterator[Callable[[], str]]:
    """The address of this process's emulator. An old one is replaced first: it gets slower with every job."""
    with ExitStack() as running:
        url, started = "", 0.0

        def address() -> str:
            nonlocal url, started
            if not url or monotonic() - started > OLD_SECONDS:
                running.close()
                url, started = running.enter_context(bigquery_emulator()), monotonic()
            return url

        yield address


@pytest.fixture(scope="module")
def emulator(newest_emulator: Callable[[], str]) -> str:
    return newest_emulator()


@pytest.fixture
def empty_project(emulator: str) -> Iterator[Platform]:
    """A project without any table. Its jobs outlive a test, so a test tells its own by a run id of its own."""
    # The same for every test: each new project slows the emulator down for good.
    project = Platform({"GCP_PROJECT_ID": "test", "BIGQUERY_EMULATOR_HOST": emulator})
    yield project
    project.delete_datasets()


@pytest.fixture
def platform(emulator: str) -> Iterator[Platform]:
    """The platform's tables and the monitor's own, empty. Tests share them, and each is cleaned of what it did."""
    project = Platform({"GCP_PROJECT_ID": "test-platform", "BIGQUERY_EMULATOR_HOST": emulator})
    present = {dataset.dataset_id for dataset in project.client.list_datasets()}
    create_tables(project.client, {name: TABLES[name] for name in TABLES if name.partition(".")[0] not in present})
    if project.settings.monitoring_dataset not in present:
        apply_schema(project.client, project.settings)
    # The emulator's clock is the real one, whatever time the test is set in.
    hatch = time_machine.escape_hatch
    started = hatch.datetime.datetime.now(UTC) if hatch.is_travelling() else datetime.now(UTC)
    yield project
    clean(project.client, started)


def clean(client: bigquery.Client, since: datetime) -> None:
    """Empty the tables that jobs have written to since then, and delete the datasets whose tables they altered."""
    written, altered = set(), set()
    for job in client.list_jobs(min_creation_time=since):
        if isinstance(job, bigquery.LoadJob):
            written.add(job.destination)
        elif isinstance(job, bigquery.QueryJob) and job.ddl_target_table:
            altered.add(job.ddl_target_table.dataset_id)
        elif isinstance(job, bigquery.QueryJob) and job.num_dml_affected_rows:
            written.update(job.referenced_tables)
    for dataset in altered:
        client.delete_dataset(dataset, delete_contents=True)
    if full := [f"TRUNCATE TABLE {table}" for table in written if table.dataset_id not in altered]:
        client.query_and_wait("; ".join(full))


@pytest.fixture(scope="module")
def loaded_season(emulator: str) -> Platform:
    """The sample season and an empty history, in tables that no test may change."""
    platform = Platform(
        {"GCP_PROJECT_ID": "test-season", "BIGQUERY_EMULATOR_HOST": emulator, "MONITORING_DATASET": "history"}
    )
    if not list(platform.client.list_datasets(max_results=1)):
        create_tables(platform.client)
        platform.load(sample.season())
        apply_schema(platform.client, platform.settings)
    return platform


@pytest.fixture(scope="session")
def recorded() -> dict[str, Answer]:
    """What BigQuery answered of the season's sources, by the query."""
    return {}


@pytest.fixture
def season(loaded_season: Platform, recorded: dict[str, Answer]) -> Iterator[Platform]:
    """The sample season, with a history that the test may write rows to.

    Its sources never change, so a proxy asks the emulator for each of them once, and for all else each time.
    """
    with serve_proxy(Proxy(loaded_season.environment["BIGQUERY_EMULATOR_HOST"], recorded=recorded)) as proxy:
        yield Platform({**loaded_season.environment, "BIGQUERY_EMULATOR_HOST": proxy.url})
    loaded_season.client.query_and_wait("TRUNCATE TABLE history.data_availability_checks")


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serve() as running:
        yield running


@pytest.fixture
def morning() -> Iterator[None]:
    """The clock stands at eight on the bad morning when the test begins."""
    with time_machine.travel(sample.MORNING, tick=True):
        yield


def webhook(inbox: Inbox) -> dict[str, str]:
    """The settings that post to the inbox by webhook."""
    return {"SLACK_WEBHOOK_URL": inbox.webhook_url}


def bot(inbox: Inbox) -> dict[str, str]:
    """The settings that post to the inbox as a bot."""
    return {"SLACK_BOT_TOKEN": "xoxb-not-a-secret", "SLACK_CHANNEL": "#alerts", "SLACK_API_URL": f"{inbox.url}/api"}


def alerts(inbox: Inbox) -> list[Message]:
    """The messages without those that a bot adds to have the commands."""
    return [message for message in inbox.messages if not message.text.startswith("Commands for ")]


def headers(inbox: Inbox) -> list[str]:
    """What each alert in the inbox says first, in the order of their posting."""
    return [header(message) for message in alerts(inbox)]


def header(message: Message) -> str:
    return str(message.blocks[0]["text"]["text"])


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """Boot the function with these settings, as the framework does."""

    def boot(environment: Mapping[str, str], **more: str) -> FlaskClient:
        for name, value in {**environment, **more}.items():
            monkeypatch.setenv(name, value)
        app = functions_framework.create_app("check_data_availability", str(ROOT / "main.py"))
        client: FlaskClient = app.test_client()
        return client

    return boot


def ask(client: FlaskClient, path: str = "/", **given: Any) -> dict[str, Any]:
    """The one check of an answer that must be 200."""
    response = client.get(path, **given)
    assert response.status_code == 200, response.text
    (check,) = body_of(response)["checks"]
    return dict(check)


def body_of(response: TestResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.data)
    return body


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem document of an answer that must have this status."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body = body_of(response)
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert "Traceback" not in response.text
    return body


def lines(text: str) -> list[dict[str, Any]]:
    """The log lines of what was written to standard error."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def at(text: str) -> datetime:
    """A moment in UTC from `2026-01-18 13:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)
