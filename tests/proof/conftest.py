"""What the tests here promise, with their figures, becomes docs/reliability.md, when `make reliability` asks for it."""

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

HEADING = """# What is promised, and what holds it

Each line is a test of `tests/proof` with its last figures, written by `make reliability` on {day}. The parts are
real: the client library, the local BigQuery, Slack's inbox, sockets and processes.

| promise | held by | figures |
|---|---|---|
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reliability", metavar="FILE", help="write the promises that were held, with figures, here")
    parser.addoption("--one-fault-in", metavar="N", type=int, help="try only so many faults of the matrix")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(text): what the users are promised, and this test holds")
    config.addinivalue_line("markers", "slow: left out of `make quick`")
    config.stash[_LINES] = {}
    config.stash[_TABLES] = []


_LINES = pytest.StashKey[dict[tuple[str, str], list[str]]]()
_TABLES = pytest.StashKey[list[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the line of a promise that was held, with its figures, and what needs a table of its own."""
    report = yield
    promise = item.get_closest_marker("promise")
    if promise and report.when == "call" and report.passed:
        held_by = f"`{item.path.name}::{item.name.partition('[')[0]}`"
        given = [(name, str(value)) for name, value in report.user_properties]
        cases = item.config.stash[_LINES].setdefault((promise.args[0], held_by), [])
        cases.append("; ".join(value for name, value in given if name == "figure"))
        item.config.stash[_TABLES] += [value for name, value in given if name == "table"]
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    page = session.config.getoption("--reliability", default=None)
    if page and exitstatus == 0:
        held = session.config.stash[_LINES].items()
        lines = [
            f"| {promise} | {held_by} | {cases[0] if len(cases) == 1 else f'{len(cases)} cases'} |\n"
            for (promise, held_by), cases in held
        ]
        text = HEADING.format(day=datetime.now(UTC).date()) + "".join(lines + session.config.stash[_TABLES])
        Path(page).write_text(text)
