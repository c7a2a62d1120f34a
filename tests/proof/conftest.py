"""What the tests here promise, with their figures, becomes docs/reliability.md, when `make reliability` asks for it."""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local import sample
from local.emulator import bigquery_emulator
from local.platform import create_tables
from monitor.warehouse import apply_schema
from tests.conftest import Platform

HEADING = """# What is promised, and what holds it

Each line is a test of `tests/proof` with its last figures, written by `make reliability` on {day}. The parts are
real: the client library, the local BigQuery, Slack's inbox, sockets and processes.

| promise | held by | figures |
|---|---|---|
"""


@pytest.fixture(scope="module")
def alone() -> Iterator[Platform]:
    """The bad week and an empty history, in a BigQuery of its own, since many jobs slow one down for good."""
    with bigquery_emulator() as url:
        platform = Platform({"GCP_PROJECT_ID": "test", "BIGQUERY_EMULATOR_HOST": url})
        create_tables(platform.client)
        platform.load(sample.bad_week())
        apply_schema(platform.client, platform.settings)
        yield platform


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reliability", metavar="FILE", help="try every fault, and write the promises with figures here")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(text): what the users are promised, and this test holds")
    config.addinivalue_line("markers", "slow: left out of `make quick`")
    config.stash[_LINES] = {}


_LINES = pytest.StashKey[dict[tuple[str, str], list[str]]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the line of a promise that was held."""
    report = yield
    promise = item.get_closest_marker("promise")
    if promise and report.when == "call" and report.passed:
        held_by = f"`{item.path.name}::{item.name.partition('[')[0]}`"
        figures = item.config.stash[_LINES].setdefault((promise.args[0], held_by), [])
        figures += [str(value) for name, value in report.user_properties if name == "figure"]
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    page = session.config.getoption("--reliability", default=None)
    if page and exitstatus == 0:
        held = session.config.stash[_LINES].items()
        lines = [f"| {promise} | {held_by} | {'; '.join(figures)} |\n" for (promise, held_by), figures in held]
        Path(page).write_text(HEADING.format(day=datetime.now(UTC).date()) + "".join(lines))
