"""What the tests here have in common: the sample, and docs/reliability.md.

`--sample` runs one representative of each class of the proof: one case of each parametrized test, a few cells of the
fault matrix, and one in eleven of the worlds and requests that a test makes for itself (the fixture `share`).
Tests marked `whole` have no such part.
"""

from collections import defaultdict
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

ONE_IN = 11

HEADING = """# What is promised, and what holds it

Each line is a test in `tests/proof` with the figures of its last run, written by `make reliability` on {day}. The
parts are real: the client library, the local BigQuery, the Slack inbox, sockets and processes.

| promise | held by | figures |
|---|---|---|
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reliability", metavar="FILE", help="write the promises that were held, with figures, here")


def pytest_configure(config: pytest.Config) -> None:
    page = config.getoption("--reliability", default=None)  # the option is not known where a folder above this is named
    if page and config.getoption("--sample"):
        raise pytest.UsageError("--reliability shows the figures of all the proof: leave out --sample")
    if page and not hasattr(config, "workerinput"):  # of several processes, the one that hears of all the tests
        config.pluginmanager.register(Reliability(Path(page)))


# The sample.


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--sample"):
        proof = [item for item in items if Path(__file__).parent in item.path.parents]
        left_out = [item for item in proof if is_another_case(item) or item.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def is_another_case(item: pytest.Item) -> bool:
    """Whether it is not the first case of its test. Cases without fixtures take no time, and count as first."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    callspec = item.callspec
    needs = set(item.fixturenames) - set(callspec.params) - {"request"}
    return bool(needs) and any(callspec.indices.values())


@pytest.fixture(scope="session")
def share(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """How many of so many examples to try: all of them, or one in ONE_IN for the sample, at least one."""
    sample = request.config.getoption("--sample")
    return lambda number: max(1, number // ONE_IN) if sample else number


# The page.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the report of a test carry its promise, from whichever process runs it."""
    report = yield
    if promise := item.get_closest_marker("promise"):
        report.user_properties.append(("promise", promise.args[0]))
    return report


class Reliability:
    """A line for each promise that was held, with its figures, and what needs a table of its own."""

    def __init__(self, page: Path) -> None:
        self.page = page
        self.held: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self.tables: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        given = [(name, str(value)) for name, value in report.user_properties]
        if report.when == "call" and report.passed and "promise" in dict(given):
            path, _, test = report.nodeid.partition("::")
            held_by = f"`{Path(path).name}::{test.partition('[')[0]}`"
            figures = "; ".join(value for name, value in given if name == "figure")
            self.held[held_by, dict(given)["promise"]].append(figures)
            self.tables += [value for name, value in given if name == "table"]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.OK:
            # By module: which of them is done first is chance.
            held = sorted(self.held.items(), key=lambda line: line[0][0].partition("::")[0])
            lines = [
                f"| {promise} | {held_by} | {cases[0] if len(cases) == 1 else f'{len(cases)} cases'} |\n"
                for (held_by, promise), cases in held
            ]
            text = HEADING.format(day=datetime.now(UTC).date()) + "".join(lines + self.tables)
            self.page.write_text(text)
