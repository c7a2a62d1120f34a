"""Whatever fails, at whatever step, once or for good: no false all-clear, no row and no alert lost, nothing twice.

Each cell is one morning's run of the real function, whose BigQuery, Slack and heartbeat are the real local ones behind
a proxy that fails at one step in one way, and then one more run without the fault, as the scheduler's next attempt is.
The client's own time limits are shortened, so that a cell takes seconds.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched, product
from threading import Lock
from time import perf_counter
from typing import Any

import functions_framework
import pytest
import time_machine
from flask.testing import FlaskClient
from google.cloud import bigquery

from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.inbox import serve as serve_inbox
from local.platform import create_tables
from monitor.bigquery.schema import HISTORY, apply_schema, wanted_columns
from tests.conftest import Platform, body_of
from tests.proof.proxy import FAULTS, Answer, Proxy, serve

SENTINELS = {
    "SLACK_WEBHOOK_URL": "/services/T0/B0/sentinel-webhook",
    "SLACK_BOT_TOKEN": "xoxb-sentinel-token",
    "HEARTBEAT_URL": "/heartbeat/sentinel-heartbeat",
}
LIMITS = {
    "monitor.bigquery.client.HTTP_SECONDS": 6,
    "monitor.bigquery.client.RETRY_SECONDS": 6,
    "monitor.bigquery.client.QUERY_SECONDS": 10,
    "monitor.bigquery.client.POLL_SECONDS": 0.1,
    "monitor.slack.client.CALL_SECONDS": 1,
    "monitor.slack.client.MOST_WAIT_SECONDS": 1,
    "monitor.slack.client.DELIVERY_SECONDS": 5,
}
# A run reads the sources and the memory side by side, posts, and writes: each at most once to its limit, and a bit.
LONGEST_SECONDS = 10 + 6 + 5 + 6 + 10 + 6 + 3

BATCH = 40  # as many cells as one emulator answers before it gets slow
AT_ONCE = 6

_BOOTING = Lock()

pytestmark = pytest.mark.timeout(900)  # the first test waits for all the cells

REQUIRED = ("read upcoming_player_game_context", "read player_composite_factors")
READS = ("read espn", "read nbac", *REQUIRED, "read history")
# Everything but the reading of sources is tried on the morning that has something to tell.
BY_WEBHOOK = ("read history", "load", "poll", "webhook")
BY_BOT = ("chat.postMessage", "chat.update", "reply")


@dataclass(frozen=True)
class Cell:
    """One fault at one step, and what came of it."""

    step: str
    fault: str
    always: bool
    whole: bool = False  # the truth: every game of the morning has its data
    status: int = 0
    body: Mapping[str, Any] | None = None
    rows: Sequence[Mapping[str, Any]] = ()
    messages: Sequence[str] = ()
    seconds: float = 0
    met: int = 0
    again: int = 0  # the status of the next attempt
    messages_again: Sequence[str] = ()
    told: str = ""  # all that anybody could read of it

    def __str__(self) -> str:
        often = "every time" if self.always else "once"
        return (
            f"{self.step}: {self.fault} {often} → {self.status}, {len(self.rows)} rows, {len(self.messages)} messages"
        )


def cells() -> list[Cell]:
    times = (False, True)
    return [
        *(Cell(*at, whole=True) for at in product(READS, FAULTS, times)),
        *(Cell(*at) for at in product((*BY_WEBHOOK, *BY_BOT), FAULTS, times)),
    ]


def run(platform: Platform, recorded: dict[str, Answer], number: int, cell: Cell) -> Cell:
    """The morning's run with the fault, and the next one without."""
    dataset = f"cell_{number}"
    project = platform.client.project
    with ExitStack() as stack:
        inbox = stack.enter_context(serve_inbox())
        bigquery_url = platform.environment["BIGQUERY_EMULATOR_HOST"]
        proxy = stack.enter_context(serve(Proxy(bigquery_url, inbox.url, recorded=recorded)))
        Platform({**platform.environment, "MONITORING_DATASET": dataset}).create_history(wanted_columns())
        stack.callback(platform.client.delete_dataset, dataset, delete_contents=True)
        client = boot(proxy, project, dataset, by_bot=cell.step in BY_BOT)
        path = "/"
        if cell.step in {"chat.update", "reply"}:  # which follow upon a first message
            client.post("/")
            path = "/?notify=always"
        before = len(inbox.messages)
        proxy.met.clear()
        proxy.step, proxy.fault, proxy.always = cell.step, cell.fault, cell.always

        started = perf_counter()
        response = client.post(path, headers={"X-CloudScheduler": "true"})
        seconds = perf_counter() - started
        rows = history(platform, dataset, body_of(response)["run_id"])
        messages = [message.text for message in inbox.messages[before:]]
        told = response.text + json.dumps(rows, default=str)
        proxy.mend()
        again = response
        if response.status_code != 200:
            again = client.post(path, headers={"X-CloudScheduler": "true"})
        told += again.text + str(inbox.messages)
        return replace(
            cell,
            status=response.status_code,
            body=body_of(response),
            rows=rows,
            messages=messages,
            seconds=seconds,
            met=proxy.met[cell.step],
            again=again.status_code,
            messages_again=[message.text for message in inbox.messages[before:]],
            told=told,
        )


def boot(proxy: Proxy, project: str, dataset: str, *, by_bot: bool) -> FlaskClient:
    slack = {"SLACK_WEBHOOK_URL": proxy.url + SENTINELS["SLACK_WEBHOOK_URL"]}
    if by_bot:
        bot = {"SLACK_CHANNEL": "#alerts", "SLACK_API_URL": f"{proxy.url}/api"}
        slack = {"SLACK_BOT_TOKEN": SENTINELS["SLACK_BOT_TOKEN"], **bot}
    settings = {
        "GCP_PROJECT_ID": project,
        "BIGQUERY_EMULATOR_HOST": proxy.url,
        "MONITORING_DATASET": dataset,
        "HEARTBEAT_URL": proxy.url + SENTINELS["HEARTBEAT_URL"],
        **slack,
    }
    # The function reads its settings from the environment of the whole process.
    with _BOOTING, pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        app = functions_framework.create_app("check_data_availability", str(ROOT / "main.py"))
    client: FlaskClient = app.test_client()
    return client


def history(platform: Platform, dataset: str, run_id: str) -> list[dict[str, Any]]:
    sql = f"SELECT * FROM {dataset}.{HISTORY} WHERE run_id = @run AND check_date > '2020-01-01'"  # noqa: S608 - a test's own
    parameter = bigquery.ScalarQueryParameter("run", "STRING", run_id)
    config = bigquery.QueryJobConfig(query_parameters=[parameter])
    return [dict(row) for row in platform.client.query_and_wait(sql, job_config=config)]


@contextmanager
def bad_week() -> Iterator[Platform]:
    """The bad week and an empty history, in a BigQuery of its own."""
    with bigquery_emulator() as url:
        platform = Platform({"GCP_PROJECT_ID": "test", "BIGQUERY_EMULATOR_HOST": url})
        create_tables(platform.client)
        platform.load(sample.bad_week())
        apply_schema(platform.client, platform.settings)
        yield platform


@pytest.fixture(scope="module")
def matrix(request: pytest.FixtureRequest) -> list[Cell]:
    """All cells, run; and what they have written to the log is in the last one's `told`."""
    log = io.StringIO()
    done: list[Cell] = []
    # One in eleven still meets every step, and every fault.
    tried = cells()[:: request.config.getoption("--one-fault-in", default=1)]
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(log):
        for name, seconds in LIMITS.items():
            patch.setattr(name, seconds)
        for whole, day in ((True, 17), (False, 18)):
            with time_machine.travel(sample.MORNING.replace(day=day), tick=True):
                for batch in batched((cell for cell in tried if cell.whole == whole), BATCH, strict=False):
                    # What waits the longest goes first, so that the rest is done meanwhile.
                    patient = sorted(batch, key=lambda cell: (cell.fault == "hang", cell.always), reverse=True)
                    with bad_week() as platform, ThreadPoolExecutor(AT_ONCE) as threads:
                        done += threads.map(partial(run, platform, {}), range(len(patient)), patient)
    return [*done[:-1], replace(done[-1], told=done[-1].told + log.getvalue())]


def broken(matrix: Sequence[Cell], promise: Callable[[Cell], bool]) -> list[str]:
    """The cells that do not keep a promise, for a person to read."""
    return [str(cell) for cell in matrix if not promise(cell)]


TABLE = """
## The fault matrix

One run per line, with the fault; then, where it was not answered 200, the next attempt without it. The client's time
limits are shortened for it, and six runs at a time share the machine.

| step | fault | answer | row | messages | seconds | next attempt |
|---|---|---|---|---|---|---|
"""


def line(cell: Cell) -> str:
    """A cell as a line of the table."""
    often = "every time" if cell.always else "once"
    row = cell.rows[0]["status"] if cell.rows else "none"
    following = "" if cell.status == 200 else cell.again
    return (
        f"| {cell.step} | {cell.fault} {often} | {cell.status} | {row} | {len(cell.messages)} "
        f"| {cell.seconds:.1f} | {following} |\n"
    )


@pytest.mark.promise("Each fault is tried at each step, once and every time, and the run meets it")
def test_every_fault_is_met(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    assert broken(matrix, lambda cell: cell.met > 0) == []
    statuses = Counter(cell.status for cell in matrix)
    figures = ", ".join(f"{count} answered {status}" for status, count in sorted(statuses.items()))
    record_property("figure", f"{len(matrix)} cells: {figures}")
    record_property("table", TABLE + "".join(sorted(map(line, matrix))))


@pytest.mark.promise("Never OK or NO_GAMES when something required is not known")
def test_no_false_all_clear(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    def unknown(cell: Cell) -> bool:
        return any(source["error"] and f"read {source['name']}" in REQUIRED for source in cell.rows[0]["sources"])

    judged = [cell for cell in matrix if cell.rows]
    assert broken(judged, lambda cell: cell.rows[0]["status"] not in {"OK", "NO_GAMES"} or not unknown(cell)) == []
    # Nor does a failed part pass for a finding: what is judged is the truth, or that it is not known.
    truth = {True: {"OK", "ERROR"}, False: {"MISSING_DATA", "ERROR"}}
    assert broken(judged, lambda cell: cell.rows[0]["status"] in truth[cell.whole]) == []
    assert broken(judged, lambda cell: cell.rows[0]["status"] != "ERROR" or cell.status == 503) == []
    for_good = [cell for cell in judged if cell.step in REQUIRED and cell.always and cell.fault != "slow"]
    assert broken(for_good, lambda cell: cell.rows[0]["status"] == "ERROR") == []
    record_property("figure", f"{len(for_good)} cells with a required source that cannot be read: all ERROR")


@pytest.mark.promise("No row is lost without an answer that is not 2xx, and none is written twice for a run")
def test_rows(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    assert broken(matrix, lambda cell: len(cell.rows) == 1 or cell.status == 503) == []
    assert broken(matrix, lambda cell: len(cell.rows) <= 1) == []
    record_property("figure", f"{sum(not cell.rows for cell in matrix)} runs without a row, all answered 503")


@pytest.mark.promise("No alert is lost: it was delivered, or the caller knows and the next attempt delivers it")
def test_alerts(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    gaps = [cell for cell in matrix if not cell.whole]
    assert broken(gaps, lambda cell: bool(cell.messages) or cell.status in {502, 503}) == []
    assert broken(gaps, lambda cell: bool(cell.messages_again)) == []
    # A message may be repeated where its answer was lost on the way, and nowhere else.
    repeated = [cell for cell in gaps if len(cell.messages) > 1]
    assert broken(repeated, lambda cell: cell.fault in {"drop after", "half a body", "hang"}) == []
    record_property("figure", f"{len(repeated)} of {len(gaps)} runs repeated a message whose answer was lost")


@pytest.mark.promise("The next attempt, without the fault, does all there is to do")
def test_the_next_attempt(matrix: list[Cell]) -> None:
    assert broken(matrix, lambda cell: cell.again == 200) == []


@pytest.mark.promise("Every cell is answered in time, with a document that says what happened")
def test_answers(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    assert broken(matrix, lambda cell: cell.status in {200, 502, 503}) == []
    failed = [cell for cell in matrix if cell.status != 200]
    assert broken(failed, lambda cell: bool(cell.body and cell.body["detail"])) == []
    assert broken(matrix, lambda cell: cell.seconds < LONGEST_SECONDS) == []
    slowest = max(matrix, key=lambda cell: cell.seconds)
    record_property("figure", f"with shortened limits the slowest took {slowest.seconds:.0f} s: {slowest}")


@pytest.mark.promise("No secret is in any answer, row, message or line of the log")
def test_secrets(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    assert broken(matrix, lambda cell: "sentinel" not in cell.told) == []
    record_property("figure", f"{sum(len(cell.told) for cell in matrix) / 1e6:.1f} MB of text looked through")
