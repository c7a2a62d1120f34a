"""A monitor that cannot do its work says so: to the caller, to Slack once, to the history and to the heartbeat."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine

from local import sample
from local.inbox import Answer, Inbox
from monitor.bigquery.client import WarehouseError
from monitor.bigquery.schema import apply_schema, wanted_columns
from tests.conftest import NOBODY, Door, Platform, ask, body_of, bot, headers, lines, problem

FAILED = "⚫ NBA Sun Jan 18: monitor failed, data status unknown"


pytestmark = pytest.mark.usefixtures("morning")


def words(inbox: Inbox) -> str:
    return str([message.blocks for message in inbox.messages])


# Told once, or told anyway.


def test_the_same_failure_is_told_once_and_its_end_is_told(platform: Platform, inbox: Inbox, door: Door) -> None:
    platform.load(sample.bad_week())
    platform.client.query_and_wait("ALTER TABLE nba_precompute.player_composite_factors RENAME TO hidden")
    client = door(platform.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    for _ in range(3):  # the scheduler's first attempt and its retries
        assert "player_composite_factors could not be read" in problem(client.get("/"), 503)["detail"]
    assert [(row["status"], row["alert_reason"]) for row in platform.history()] == [
        ("ERROR", "NEW_GAP"),
        ("ERROR", "UNCHANGED"),
        ("ERROR", "UNCHANGED"),
    ]
    platform.client.query_and_wait("ALTER TABLE nba_precompute.hidden RENAME TO player_composite_factors")
    # What is known now is news again: the data is missing.
    assert ask(client)["alert"] == {"reason": "WORSENED", "status": "sent"}
    assert headers(inbox) == [FAILED, "🔴 NBA Sun Jan 18: 6 of 6 games have no Phase 4 data"]
    assert "The last message said ERROR." in words(inbox)


def test_without_a_warehouse_nobody_knows_what_was_told_and_it_is_told_anyway(
    inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.bigquery.client.RETRY_SECONDS", 0.2)
    client = door(
        {"GCP_PROJECT_ID": "nobody", "BIGQUERY_EMULATOR_HOST": NOBODY, "SLACK_WEBHOOK_URL": inbox.webhook_url}
    )
    for _ in range(2):
        body = problem(client.get("/"), 503)
        assert body["checks"][0]["status"] == "ERROR"
        # Both are said: the row that is lost, and that nothing is known of the data.
        assert "could not be written" in body["detail"]
        assert "This is not an all-clear" in body["detail"]
        assert "http" not in body["detail"]
    assert headers(inbox) == [FAILED] * 2
    assert "what was sent before is unknown, so this may be a repetition" in words(inbox)
    assert problem(client.get("/history"), 503)["detail"].startswith("the history could not be read")
    page = client.get("/dashboard")
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert "the history could not be read" in page.text


def test_missing_credentials_are_told(inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    body = problem(door({"GCP_PROJECT_ID": "nobody", "SLACK_WEBHOOK_URL": inbox.webhook_url}).get("/"), 503)
    assert "no credentials for BigQuery" in body["detail"]
    assert headers(inbox) == [FAILED]
    assert "no credentials for BigQuery" in words(inbox)


def test_a_memory_that_cannot_be_read_hides_no_gap(
    season: Platform, inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_given: Any) -> None:
        raise WarehouseError("the history could not be read: Forbidden")

    monkeypatch.setattr("monitor.check.read_checks", forbidden)
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    body = problem(client.get("/"), 503)
    assert "what was sent before is unknown: the history could not be read: Forbidden" in body["detail"]
    assert headers(inbox) == ["🔴 NBA Sun Jan 18: 6 of 6 games have no Phase 4 data"]
    # Whether there was an alert that ends now is not known either: not an error of the data, but of the run.
    body = problem(client.get("/?date=2026-01-17"), 503)
    assert (body["checks"][0]["status"], body["checks"][0]["alert"]["reason"]) == ("OK", "ALL_GOOD")
    assert len(inbox.messages) == 1
    # A dry run would not have told it.
    assert ask(client, "/?date=2026-01-17&dry_run=true")["status"] == "OK"
    assert [row["status"] for row in season.history()] == ["MISSING_DATA", "OK"]


def test_a_range_that_cannot_be_judged_covers_nothing_that_was_known(
    platform: Platform, inbox: Inbox, door: Door
) -> None:
    platform.load(sample.bad_week())
    client = door(platform.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    ask(client, "/?date=2026-01-17")
    before = body_of(client.get("/history"))
    assert [check["status"] for check in before["checks"]] == ["OK"]
    for table in (
        "nba_raw.nbac_schedule",  # the schedule's authority
        "nba_analytics.upcoming_player_game_context",  # Phase 3
        "nba_precompute.player_composite_factors",  # a required source
    ):
        dataset, _, name = table.partition(".")
        platform.client.query_and_wait(f"ALTER TABLE {table} RENAME TO hidden")
        body = problem(client.get("/?start=2026-01-16&end=2026-01-17"), 503)
        platform.client.query_and_wait(f"ALTER TABLE {dataset}.hidden RENAME TO {name}")
        assert "could not be read" in body["detail"], table
        assert "checks" not in body
    assert body_of(client.get("/history")) == before
    assert inbox.messages == []


def test_a_range_is_judged_without_a_schedule_that_is_not_the_authority(platform: Platform, door: Door) -> None:
    platform.load(sample.bad_week())
    platform.client.query_and_wait("ALTER TABLE nba_raw.espn_scoreboard RENAME TO hidden")
    client = door(platform.environment)
    checks = body_of(client.get("/?start=2026-01-16&end=2026-01-17"))["checks"]
    assert [check["status"] for check in checks] == ["OK", "OK"]


@pytest.fixture
def unwritable(season: Platform) -> Iterator[Platform]:
    """A history that can be read, and takes no row of the monitor's: somebody's column wants a value in each."""
    platform = Platform({**season.environment, "MONITORING_DATASET": "unwritable"})
    platform.create_history([*wanted_columns(), {"name": "theirs", "type": "STRING", "mode": "REQUIRED"}])
    apply_schema(platform.client, platform.settings)
    yield platform
    platform.client.delete_dataset("unwritable", delete_contents=True)


def test_a_row_that_cannot_be_written_is_told_where_nothing_else_was(
    unwritable: Platform, inbox: Inbox, door: Door
) -> None:
    client = door(unwritable.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    with time_machine.travel(sample.MORNING.replace(day=17), tick=True):  # all is well with the data
        body = problem(client.get("/"), 503)
    assert "the history row could not be written" in body["detail"]
    assert headers(inbox) == ["⚫ NBA Sat Jan 17: monitor failed, verdict OK not recorded"]
    assert "the history row could not be written" in words(inbox)
    inbox.clear()
    # A gap has just been told: one message is enough.
    problem(client.get("/"), 503)
    assert headers(inbox) == ["🔴 NBA Sun Jan 18: 6 of 6 games have no Phase 4 data"]
    inbox.clear()
    # Nobody waits for these.
    for query in ("date=2026-01-15", "notify=never", "start=2026-01-17&end=2026-01-18"):
        problem(client.get(f"/?{query}"), 503)
    assert inbox.messages == []


def test_a_slack_that_has_just_failed_is_not_asked_about_the_row(
    unwritable: Platform, inbox: Inbox, door: Door
) -> None:
    inbox.answer_next(Answer(404, "no_service"))
    problem(door(unwritable.environment, SLACK_WEBHOOK_URL=inbox.webhook_url).get("/"), 503)
    assert inbox.messages == []  # the second message would have arrived


def test_by_bot_a_quiet_improvement_is_no_word_of_a_row_that_is_not_written(
    platform: Platform, inbox: Inbox, door: Door
) -> None:
    platform.load(sample.bad_week())
    client = door(platform.environment, **bot(inbox))
    ask(client)
    platform.load(sample.arrivals(phase3=["ORL@MEM"], phase4=["ORL@MEM"]))
    platform.client.query_and_wait("ALTER TABLE nba_monitoring.data_availability_checks DROP COLUMN monitor_version")
    problem(client.get("/"), 503)
    assert headers(inbox)[0] == "⚫ NBA Sun Jan 18: monitor failed, verdict MISSING_DATA not recorded"


def test_after_slack_has_failed_a_range_does_not_try_on(season: Platform, inbox: Inbox, door: Door) -> None:
    inbox.answer_next(Answer(404, "no_service"))
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    body = problem(client.get("/?start=2026-01-13&end=2026-01-15&notify=always"), 502)
    assert [check["alert"]["status"] for check in body["checks"]] == ["failed"] * 3
    assert inbox.messages == []
    assert [row["alert_status"] for row in season.history()] == ["failed"] * 3


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any, **_named: Any) -> None:
        raise ZeroDivisionError("the secret of the bug")

    monkeypatch.setattr("monitor.check.judge", broken)


@pytest.mark.usefixtures("bug")
def test_a_bug_is_told_once_and_recorded(
    season: Platform, inbox: Inbox, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    run_ids = [problem(client.get("/"), 500)["run_id"] for _ in range(2)]
    assert headers(inbox) == [FAILED]
    assert f"a bug in the monitor, ZeroDivisionError; see the log of run {run_ids[0]}" in words(inbox)
    rows = season.history()
    assert [(row["status"], row["alert_reason"], row["run_id"]) for row in rows] == [
        ("ERROR", "NEW_GAP", run_ids[0]),
        ("ERROR", "UNCHANGED", run_ids[1]),
    ]
    assert "secret" not in words(inbox) + str(rows)
    traces = [line for line in lines(capsys.readouterr().err) if line["event"] == "bug"]
    assert ["the secret of the bug" in line["stack_trace"] for line in traces] == [True, True]


def test_a_bug_in_writing_the_row_repeats_no_message(
    season: Platform, inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_given: Any) -> None:
        raise ZeroDivisionError("the secret of the bug")

    monkeypatch.setattr("monitor.check.append_rows", broken)
    body = problem(door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url).get("/"), 503)
    assert "could not be written: a bug in the monitor, ZeroDivisionError" in body["detail"]
    assert body["checks"][0]["status"] == "MISSING_DATA"
    assert headers(inbox) == ["🔴 NBA Sun Jan 18: 6 of 6 games have no Phase 4 data"]
    assert "the secret of the bug" in next(
        line["stack_trace"] for line in lines(capsys.readouterr().err) if line["event"] == "bug"
    )


def test_a_bug_in_reading_what_was_told_is_told(
    season: Platform, inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> None:
        raise KeyError("check_date")

    monkeypatch.setattr("monitor.check.read_checks", broken)
    problem(door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url).get("/"), 500)
    assert headers(inbox) == [FAILED]
    assert "a bug in the monitor, KeyError" in words(inbox)


def test_a_bug_on_the_way_to_slack_leaves_each_trace_in_the_log(
    season: Platform, inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_given: Any, **_named: Any) -> None:
        raise KeyError("games")

    monkeypatch.setattr("monitor.slack.notify.compose", broken)
    problem(door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url).get("/"), 500)
    traces = [line for line in lines(capsys.readouterr().err) if line["event"] == "bug"]
    assert [line["message"] for line in traces] == [
        # The findings, then the history alone, then nothing: each time the message is the part that fails.
        "a bug: data status unknown",
        "a bug: data status unknown",
        "a bug: data status unknown",
    ]


# The heartbeat.


class Heartbeat(HTTPServer):
    """Something outside that notices a run that never came: the addresses that were called, in their order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Beat)
        self.beats: list[str] = []
        self.status = 200
        self.closing = threading.Event()
        self.delay = 0.0

    @property
    def settings(self) -> dict[str, str]:
        return {"HEARTBEAT_URL": f"http://127.0.0.1:{self.server_port}/secret-uuid"}


class _Beat(BaseHTTPRequestHandler):
    server: Heartbeat

    def do_GET(self) -> None:
        self.server.beats.append(self.path)
        self.server.closing.wait(self.server.delay)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        pass


@pytest.fixture
def heartbeat() -> Iterator[Heartbeat]:
    with Heartbeat() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


DONE, FAIL = "/secret-uuid", "/secret-uuid/fail"


@pytest.mark.parametrize(
    ("query", "headers", "status", "beats"),
    [
        ("", {}, 200, [DONE]),  # a gap that was found, sent and recorded
        ("start=2026-01-17&end=2026-01-18", {}, 200, [DONE]),  # today is among the dates
        ("date=2026-01-17", {"X-CloudScheduler": "true"}, 200, [DONE]),  # a scheduler that asks about another date
        # A question about another day must not hide a morning run that never came.
        ("date=2025-12-02", {}, 200, []),
        ("start=2026-01-16&end=2026-01-17", {}, 200, []),
        ("dry_run=true", {}, 200, []),  # it left nothing, so it proves nothing
        ("date=18.01.2026", {}, 400, []),
    ],
)
def test_a_run_of_the_scheduler_or_of_today_is_heard(
    season: Platform,
    inbox: Inbox,
    door: Door,
    heartbeat: Heartbeat,
    query: str,
    headers: dict[str, str],
    status: int,
    beats: list[str],
) -> None:
    client = door(season.environment, **heartbeat.settings, SLACK_WEBHOOK_URL=inbox.webhook_url)
    assert client.get(f"/?{query}", headers=headers).status_code == status
    assert heartbeat.beats == beats


def test_an_alert_that_is_not_delivered_is_a_failed_run(
    season: Platform, inbox: Inbox, door: Door, heartbeat: Heartbeat
) -> None:
    inbox.answer_next(Answer(404, "no_service"))
    client = door(
        season.environment,
        HEARTBEAT_URL=f"{heartbeat.settings['HEARTBEAT_URL']}?create=1",  # a query is kept
        SLACK_WEBHOOK_URL=inbox.webhook_url,
    )
    problem(client.get("/"), 502)
    ask(client)
    assert heartbeat.beats == [f"{FAIL}?create=1", f"{DONE}?create=1"]


def test_a_check_that_failed_is_a_failed_run(door: Door, heartbeat: Heartbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.bigquery.client.RETRY_SECONDS", 0.2)
    client = door({"GCP_PROJECT_ID": "nobody", "BIGQUERY_EMULATOR_HOST": NOBODY}, **heartbeat.settings)
    problem(client.get("/"), 503)
    assert heartbeat.beats == [FAIL]


@pytest.mark.usefixtures("bug")
def test_a_bug_in_a_range_is_its_callers_alone_and_a_failed_run(
    season: Platform, inbox: Inbox, door: Door, heartbeat: Heartbeat
) -> None:
    client = door(season.environment, **heartbeat.settings, SLACK_WEBHOOK_URL=inbox.webhook_url)
    problem(client.get("/?start=2026-01-10&end=2026-01-18&notify=always"), 500)
    assert inbox.messages == []
    assert season.history() == []
    assert heartbeat.beats == [FAIL]


@pytest.mark.parametrize("fault", ["answers 500", "hangs", "is gone"])
def test_a_heartbeat_that_fails_fails_no_run(
    season: Platform,
    door: Door,
    heartbeat: Heartbeat,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    monkeypatch.setattr("monitor.heartbeat.SECONDS", 0.3)
    settings = {"HEARTBEAT_URL": f"{NOBODY}/secret-uuid"} if fault == "is gone" else heartbeat.settings
    heartbeat.status = 500 if fault == "answers 500" else 200
    heartbeat.delay = 30 if fault == "hangs" else 0
    response = door(season.environment, **settings).get("/")
    assert response.status_code == 200
    logged = lines(capsys.readouterr().err)
    assert [line["severity"] for line in logged if line["event"] == "heartbeat_failed"] == ["WARNING"]
    assert "secret-uuid" not in str(logged) + str(body_of(response))
