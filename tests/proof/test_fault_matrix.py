"""Whatever fails, at whatever step, once or for good: no false all-clear, no row and no alert lost, nothing twice.

Each cell is one run of the real function, whose BigQuery, Slack and heartbeat are the real local ones behind a proxy
that fails at one step in one way, and then one more run without the fault, as the scheduler's next attempt is.
The client's own time limits are shortened, so that a cell takes seconds.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import batched, groupby, product
from queue import SimpleQueue
from threading import Lock
from time import perf_counter
from typing import Any

import functions_framework
import pytest
import time_machine
from flask.testing import FlaskClient

from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.inbox import serve as serve_inbox
from local.platform import create_tables
from monitor.bigquery.schema import HISTORY, apply_schema
from tests.conftest import Platform, alerts, body_of
from tests.proxy import FAULTS, Answer, Proxy, serve

SENTINELS = {
    "SLACK_WEBHOOK_URL": "/services/T0/B0/sentinel-webhook",
    "SLACK_BOT_TOKEN": "xoxb-sentinel-token",
    "HEARTBEAT_URL": "/heartbeat/sentinel-heartbeat",
}
LIMITS = {
    "monitor.bigquery.client.HTTP_SECONDS": 8,
    "monitor.bigquery.client.RETRY_SECONDS": 8,
    "monitor.bigquery.client.QUERY_SECONDS": 10,
    "monitor.bigquery.client.POLL_SECONDS": 0.1,
    "monitor.slack.client.CALL_SECONDS": 1,
    "monitor.slack.client.MOST_WAIT_SECONDS": 1,
    "monitor.slack.client.DELIVERY_SECONDS": 5,
}
# A run reads the sources and the history side by side, posts, and writes: each at most once to its limit, and a bit.
LONGEST_SECONDS = 10 + 8 + 5 + 8 + 10 + 8 + 3

BATCH = 96  # as many cells as one emulator answers before a new one is quicker
AT_ONCE = 4

_BOOTING = Lock()

pytestmark = pytest.mark.timeout(900)  # the first test waits for all the cells

REQUIRED = ("read upcoming_player_game_context", "read player_composite_factors")
AUTHORITY, PREDICTIONS = "read nbac", "read player_prop_predictions"
READS = ("read espn", AUTHORITY, *REQUIRED, PREDICTIONS, "read history")
# Everything but the reading of sources is tried on the morning that has something to tell.
BY_WEBHOOK = ("read history", "load", "poll", "webhook")
BY_BOT = ("chat.postMessage", "commands", "chat.update", "reply")

# The truth, and when it is asked for: everything is there once predictions have run; Phase 4 is missing at eight; there
# are no predictions, and an alert says so.
WHOLE, GAP, UNPREDICTED = "OK", "MISSING_DATA", "NO_PREDICTIONS"
ASKED_AT = {
    WHOLE: datetime(2026, 1, 17, 18, 45, tzinfo=UTC),
    GAP: sample.MORNING,
    UNPREDICTED: datetime(2026, 1, 16, 18, 45, tzinfo=UTC),
}


@dataclass(frozen=True)
class Cell:
    """One fault at one step, and what came of it."""

    step: str
    fault: str
    always: bool
    truth: str = GAP  # the status of the date, if nothing fails
    status: int = 0
    body: Mapping[str, Any] | None = None
    rows: Sequence[Mapping[str, Any]] = ()
    messages: Sequence[str] = ()
    seconds: float = 0
    met: int = 0
    again: int = 0  # the status of the next attempt, and why it failed
    detail_again: str | None = None
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
        *(Cell(*at, truth=WHOLE) for at in product(READS, FAULTS, times)),
        *(Cell(*at) for at in product((*BY_WEBHOOK, *BY_BOT), FAULTS, times)),
        *(Cell(*at, truth=UNPREDICTED) for at in product([PREDICTIONS], FAULTS, times)),
    ]


def a_few() -> list[Cell]:
    """Cells of different steps, each with another fault."""
    steps = [[*of_step] for _, of_step in groupby(cells(), lambda cell: (cell.step, cell.truth))]
    return [of_step[number * 7 % len(of_step)] for number, of_step in enumerate(steps)][::3]


def run(platform: Platform, recorded: dict[str, Answer], cell: Cell) -> Cell:
    """The run with the fault, and the next one without."""
    bigquery_url = platform.environment["BIGQUERY_EMULATOR_HOST"]
    with serve_inbox() as inbox, serve(Proxy(bigquery_url, inbox.url, recorded=recorded)) as proxy:
        client = boot(proxy, platform, by_bot=cell.step in BY_BOT)
        path = "/"
        if cell.truth == UNPREDICTED:
            client.post("/")
        if cell.step in {"chat.update", "reply"}:  # which follow upon a first message
            client.post("/")
            path = "/?notify=always"
        before = len(alerts(inbox))
        proxy.met.clear()
        proxy.step, proxy.fault, proxy.always = cell.step, cell.fault, cell.always

        started = perf_counter()
        response = client.post(path, headers={"X-CloudScheduler": "true"})
        seconds = perf_counter() - started
        rows = [row for row in history(platform) if row["run_id"] == body_of(response)["run_id"]]
        messages = [message.text for message in alerts(inbox)[before:]]
        told = response.text + json.dumps(rows, default=str)
        proxy.mend()
        again = response
        if response.status_code != 200 or cell.truth == UNPREDICTED:
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
            detail_again=body_of(again).get("detail"),
            messages_again=[message.text for message in alerts(inbox)[before:]],
            told=told,
        )


def boot(proxy: Proxy, platform: Platform, *, by_bot: bool) -> FlaskClient:
    slack = {"SLACK_WEBHOOK_URL": proxy.url + SENTINELS["SLACK_WEBHOOK_URL"]}
    if by_bot:
        bot = {"SLACK_CHANNEL": "#alerts", "SLACK_API_URL": f"{proxy.url}/api"}
        slack = {"SLACK_BOT_TOKEN": SENTINELS["SLACK_BOT_TOKEN"], **bot}
    settings = {
        **platform.environment,
        "BIGQUERY_EMULATOR_HOST": proxy.url,
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


def history(platform: Platform) -> list[dict[str, Any]]:
    """All rows of the cell: read as they are, which is quicker than a query."""
    table = f"{platform.client.project}.{platform.settings.monitoring_dataset}.{HISTORY}"
    return [dict(row) for row in platform.client.list_rows(table)]


@contextmanager
def bad_week() -> Iterator[SimpleQueue[Platform]]:
    """The bad week in a BigQuery of its own, with as many empty histories as cells run at once."""
    with bigquery_emulator() as url:
        settings = {"GCP_PROJECT_ID": "test", "BIGQUERY_EMULATOR_HOST": url}
        histories: SimpleQueue[Platform] = SimpleQueue()
        for number in range(AT_ONCE):
            platform = Platform({**settings, "MONITORING_DATASET": f"history_{number}"})
            apply_schema(platform.client, platform.settings)
            histories.put(platform)
        create_tables(platform.client)
        rows = sample.bad_week()
        predictions = rows[sample.PREDICTIONS]
        day = str(ASKED_AT[UNPREDICTED].date())
        platform.load({**rows, sample.PREDICTIONS: [row for row in predictions if row["game_date"] != day]})
        yield histories


def run_all(some: Sequence[Cell]) -> Iterator[Cell]:
    """Run these cells, a few at once, in a BigQuery of their own."""
    with bad_week() as histories, ThreadPoolExecutor(AT_ONCE) as threads:
        for truth, of_day in groupby(some, lambda cell: cell.truth):
            # What waits the longest goes first, so that the rest is done meanwhile.
            patient = sorted(of_day, key=lambda cell: (cell.fault == "hang", cell.always), reverse=True)
            recorded: dict[str, Answer] = {}
            with time_machine.travel(ASKED_AT[truth], tick=True):
                # One without a fault records the sources: asked by all at once, they outlast the shortened limits.
                run_in_turn(histories, recorded, Cell("", "", always=False, truth=truth))
                yield from threads.map(partial(run_in_turn, histories, recorded), patient)


def run_in_turn(histories: SimpleQueue[Platform], recorded: dict[str, Answer], cell: Cell) -> Cell:
    """Run a cell with a history that is free, and leave it empty."""
    platform = histories.get()
    try:
        return run(platform, recorded, cell)
    finally:
        platform.client.query_and_wait(f"TRUNCATE TABLE {platform.settings.monitoring_dataset}.{HISTORY}")
        histories.put(platform)


@pytest.fixture(scope="module")
def matrix(request: pytest.FixtureRequest) -> list[Cell]:
    """All cells, or the sample's, run; and what they have written to the log is in the last one's `told`."""
    tried = a_few() if request.config.getoption("--sample") else cells()
    log = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(log):
        for name, seconds in LIMITS.items():
            patch.setattr(name, seconds)
        # In production each function is a process. Here they would wait for each other's runs.
        patch.setattr("monitor.web.door._RUNS", nullcontext())
        done = [cell for batch in batched(tried, BATCH, strict=False) for cell in run_all(batch)]
    return [*done[:-1], replace(done[-1], told=done[-1].told + log.getvalue())]


def broken(matrix: Sequence[Cell], promise: Callable[[Cell], bool]) -> list[str]:
    """The cells that do not keep a promise, for a person to read."""
    return [str(cell) for cell in matrix if not promise(cell)]


TABLE = """
## The fault matrix

One run per line, with the fault; then, where it was not answered 200, the next attempt without it. The client's time
limits are shortened for it, and four runs at a time share the machine.

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


def unread(cell: Cell) -> set[str]:
    """The steps whose source the row says could not be read."""
    return {f"read {source['name']}" for source in cell.rows[0]["sources"] if source["error"]}


def status_wanted(cell: Cell) -> str:
    """What is judged is the truth, or that it is not known: a failed part never passes for a finding."""
    if unread(cell) & {*REQUIRED}:
        return "ERROR"
    if AUTHORITY in unread(cell) and cell.truth == WHOLE:
        return "SCHEDULE_UNKNOWN"
    # The verdict on Phase 4, which stands.
    return WHOLE if cell.truth == UNPREDICTED and unread(cell) else cell.truth


@pytest.mark.promise("Never OK or NO_GAMES when something required, or the schedule's authority, is not known")
def test_no_false_all_clear(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    judged = [cell for cell in matrix if cell.rows]
    assert broken(judged, lambda cell: cell.rows[0]["status"] == status_wanted(cell)) == []
    assert broken(judged, lambda cell: cell.rows[0]["status"] != "ERROR" or cell.status == 503) == []
    # A source that fails for good has a row and a message all the same.
    for_good = [cell for cell in matrix if cell.always and cell.fault != "slow"]
    required = [cell for cell in for_good if cell.step in REQUIRED]
    authority = [cell for cell in for_good if cell.step == AUTHORITY]
    for failed, status in ((required, "ERROR"), (authority, "SCHEDULE_UNKNOWN")):
        assert broken(failed, lambda cell: len(cell.rows) == len(cell.messages) == 1) == []
        assert {cell.rows[0]["status"] for cell in failed} <= {status}
    figure = f"{len(required)} cells with a required source that cannot be read: all ERROR"
    record_property("figure", f"{figure}; {len(authority)} with the authority: all SCHEDULE_UNKNOWN")


@pytest.mark.promise("Predictions that cannot be read are a warning, and close no alert of missing ones")
def test_predictions(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    asked = [cell for cell in matrix if cell.step == PREDICTIONS]
    assert broken(asked, lambda cell: cell.status == 200) == []
    unknown = [cell for cell in asked if unread(cell)]
    for_good = [cell for cell in asked if cell.always and cell.fault != "slow"]
    assert broken(for_good, lambda cell: cell in unknown) == []
    warned = "player_prop_predictions could not be read"
    assert broken(unknown, lambda cell: any(warned in warning for warning in cell.rows[0]["warnings"])) == []
    assert broken(unknown, lambda cell: cell.rows[0]["predicted_games"] is None) == []
    # The alert was sent before, and nobody hears that it is over, or hears it a second time.
    assert broken(asked, lambda cell: cell.messages == cell.messages_again == []) == []
    record_property("figure", f"{len(unknown)} of {len(asked)} cells could not read them")


@pytest.mark.promise("No row is lost without an answer that is not 2xx, and none is written twice for a run")
def test_rows(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    assert broken(matrix, lambda cell: len(cell.rows) == 1 or cell.status == 503) == []
    assert broken(matrix, lambda cell: len(cell.rows) <= 1) == []
    record_property("figure", f"{sum(not cell.rows for cell in matrix)} runs without a row, all answered 503")


@pytest.mark.promise("No alert is lost: it was delivered, or the caller knows and the next attempt delivers it")
def test_alerts(matrix: list[Cell], record_property: Callable[[str, object], None]) -> None:
    gaps = [cell for cell in matrix if cell.truth == GAP]
    assert broken(gaps, lambda cell: bool(cell.messages) or cell.status in {502, 503}) == []
    assert broken(gaps, lambda cell: bool(cell.messages_again)) == []
    # Without its commands an alert is delivered all the same.
    commands = [cell for cell in gaps if cell.step == "commands"]
    assert broken(commands, lambda cell: cell.status != 502 and len(cell.messages) == 1) == []
    # A message may be repeated where its answer was lost on the way, and nowhere else.
    repeated = [cell for cell in gaps if len(cell.messages) > 1]
    assert broken(repeated, lambda cell: cell.fault in {"drop after", "half a body", "hang"}) == []
    record_property("figure", f"{len(repeated)} of {len(gaps)} runs repeated a message whose answer was lost")


@pytest.mark.promise("The next attempt, without the fault, does all there is to do")
def test_the_next_attempt(matrix: list[Cell]) -> None:
    assert [f"{cell}, then {cell.again}: {cell.detail_again}" for cell in matrix if cell.again != 200] == []


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
