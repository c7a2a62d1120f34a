"""An alert's life from end to end, over HTTP, with the emulator's history as its memory and a real Slack inbox."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from flask.testing import FlaskClient

from local import sample
from local.inbox import Inbox
from local.morning import CALLS, Call, happen
from tests.conftest import Door, Platform, ask, body_of, bot, header, headers, lines

FROM_SCHEDULER = {"X-CloudScheduler": "true"}


@pytest.fixture
def bad_week(platform: Platform) -> Platform:
    """The platform at 8 AM on the bad morning."""
    platform.load(sample.bad_week())
    return platform


def make(client: FlaskClient, platform: Platform, call: Call) -> None:
    """Let the morning go on to this call, make it, and see that it says why it told or did not."""
    happen(platform.client, call)
    with time_machine.travel(call.at, tick=False):
        response = client.get(call.path, headers=FROM_SCHEDULER if call.scheduler else {})
    assert response.status_code == 200, response.text
    reasons = [check["alert"]["reason"] for check in body_of(response)["checks"]]
    assert reasons == ([call.reason] if call.reason else []), call


GAP, WORSE, DEADLINE, RESOLVED = STORY = [
    "🔴 NBA Sun Jan 18: 6 of 6 games have no Phase 4 data",
    "🔴 NBA Sun Jan 18, regressed: 4 of 6 games have no Phase 4 data",
    "⏰ NBA Sun Jan 18, 1 h 30 min left: 2 of 6 games have no Phase 4 data",
    "🟢 NBA Sun Jan 18, resolved: Phase 4 data is complete for 6 games",
]


def test_by_webhook_the_morning_is_four_messages(bad_week: Platform, inbox: Inbox, door: Door) -> None:
    client = door(bad_week.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    for call in CALLS:
        make(client, bad_week, call)
    assert headers(inbox) == STORY
    worse, resolved = inbox.messages[1], inbox.messages[3]
    assert "*BKN@CHI* was ready" in str(worse.blocks)
    assert "Open for *4 h*, from 8:00 AM EST to 12:00 PM EST. That is *1 h before* predictions start" in resolved.text
    # The row of every call says why, but for the follow-up that found nothing open and wrote none.
    assert [row["alert_reason"] for row in bad_week.history()] == [call.reason for call in CALLS if call.reason]
    assert inbox.refused == []


def test_by_bot_the_morning_is_one_message_that_is_edited_and_its_thread(
    bad_week: Platform, inbox: Inbox, door: Door
) -> None:
    client = door(bad_week.environment, **bot(inbox))
    for call in CALLS:
        make(client, bad_week, call)
    first, *replies = inbox.messages
    # Edited at every change, so that it ends in the resolved state.
    changes = [call.reason for call in CALLS if call.reason not in {"NEW_GAP", "UNCHANGED", None}]
    assert (first.edited, header(first)) == (len(changes), RESOLVED)
    assert first.earlier[0]["blocks"][0]["text"]["text"] == GAP
    # Its thread tells the same story; what nobody has to hear of now is not shown in the channel.
    assert {reply.thread_ts for reply in replies} == {first.ts}
    assert [header(reply) for reply in replies if reply.broadcast] == [WORSE, DEADLINE, RESOLVED]
    assert [header(reply).split(": ")[1] for reply in replies if not reply.broadcast] == [
        f"{games} of 6 games have no Phase 4 data" for games in (4, 3, 3, 2)
    ]
    rows = [row for row in bad_week.history() if row["alert_status"] == "sent"]
    assert [row["alert_reason"] for row in rows] == ["NEW_GAP", *changes]
    assert {(row["slack_channel"], row["slack_ts"]) for row in rows} == {(first.channel, first.ts)}
    assert inbox.refused == []


def test_a_deleted_first_message_is_posted_anew_and_carries_on(bad_week: Platform, inbox: Inbox, door: Door) -> None:
    client = door(bad_week.environment, **bot(inbox))
    for call in CALLS[:4]:
        make(client, bad_week, call)
    inbox.delete(inbox.messages[0].ts)
    for call in CALLS[4:]:
        make(client, bad_week, call)
    first, *replies = inbox.messages
    assert (first.kind, header(first)) == ("update", RESOLVED)
    assert {reply.thread_ts for reply in replies} == {first.ts}


def test_twenty_identical_requests_at_once_are_one_alert(season: Platform, inbox: Inbox, door: Door) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    # Half an hour before predictions start, when even the deadline could be told.
    with (
        time_machine.travel(sample.MORNING.replace(hour=12, minute=30), tick=True),
        ThreadPoolExecutor(max_workers=20) as threads,
    ):
        answers = list(threads.map(lambda _: client.application.test_client().get("/"), range(20)))
    reasons = [body_of(answer)["checks"][0]["alert"]["reason"] for answer in answers]
    assert sorted(reasons) == ["NEW_GAP", *["UNCHANGED"] * 19]
    assert len(inbox.messages) == 1
    rows = season.history()
    assert (len(rows), rows[0]["alert_reason"]) == (20, "NEW_GAP")  # the history's times are in the order of its runs
    assert len({row["run_id"] for row in rows}) == 20


# The follow-up.


@pytest.mark.usefixtures("morning")
def test_a_follow_up_with_nothing_open_reads_the_history_and_nothing_else(
    season: Platform, inbox: Inbox, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    ask(client, "/?date=2026-01-17")
    before = {job.job_id for job in season.client.list_jobs()}
    rows = len(season.history())
    own = {job.job_id for job in season.client.list_jobs()} - before  # the test's own look at the history
    answer = body_of(client.get("/?follow_up=true&date=2026-01-17"))
    assert answer["checks"] == []
    new = [job for job in season.client.list_jobs() if job.job_id not in before | own]
    assert [job.labels.get("source") for job in new] == ["history"]
    assert len(season.history()) == rows
    assert lines(capsys.readouterr().err)[-1]["event"] == "follow_up_skipped"


@pytest.mark.usefixtures("morning")
def test_a_follow_up_makes_up_for_an_end_that_nobody_heard_of(bad_week: Platform, inbox: Inbox, door: Door) -> None:
    client = door(bad_week.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    ask(client)
    matchups = [game["matchup"] for game in bad_week.history()[0]["games"]]
    bad_week.load(sample.arrivals(phase3=matchups, phase4=matchups))
    # The date's newest row is OK, but those who were alerted do not know it.
    assert ask(client, "/?notify=never")["alert"] == {"reason": "RESOLVED", "status": "suppressed"}
    assert ask(client, "/?follow_up=true")["alert"] == {"reason": "RESOLVED", "status": "sent"}
    assert body_of(client.get("/?follow_up=true"))["checks"] == []
    assert headers(inbox) == [GAP, RESOLVED]


@pytest.mark.usefixtures("morning")
def test_a_silenced_date_is_recorded_and_not_told(season: Platform, inbox: Inbox, door: Door) -> None:
    silenced = "2026-01-17/2026-01-18@2026-01-18T15:00Z=Phase 3 is being reloaded"
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url, SILENCES=silenced)
    assert ask(client)["alert"] == {"reason": "SILENCED", "status": "suppressed"}
    assert inbox.messages == []
    with time_machine.travel(sample.MORNING.replace(hour=10), tick=True):  # 15:00 UTC
        assert ask(client)["alert"] == {"reason": "NEW_GAP", "status": "sent"}
