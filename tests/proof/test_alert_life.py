"""An alert's life from end to end, over HTTP, with the emulator's history and a real Slack inbox.

By bot; what a webhook makes of the same morning is in test_dashboard_queries.py, whose history it writes.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import time_machine
from flask.testing import FlaskClient

from local import sample
from local.inbox import Inbox
from local.morning import ALL, CALLS, Call, happen
from tests.conftest import Door, Platform, alerts, ask, body_of, bot, header, headers

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
    (check,) = body_of(response)["checks"]
    assert check["alert"]["reason"] == call.reason, call


GAP, WORSE, DEADLINE, RESOLVED = STORY = [
    "🔴 NBA Sun Jan 18: 6 of 6 games have no Phase 4 data",
    "🔴 NBA Sun Jan 18, regressed: 4 of 6 games have no Phase 4 data",
    "⏰ NBA Sun Jan 18, 1 h 45 min left: 2 of 6 games have no Phase 4 data",
    "🟢 NBA Sun Jan 18, resolved: Phase 4 data is complete for 6 games",
]


@pytest.mark.whole
def test_by_bot_the_morning_is_one_message_that_is_edited_and_its_thread(
    bad_week: Platform, inbox: Inbox, door: Door
) -> None:
    client = door(bad_week.environment, **bot(inbox))
    # Calls that bring nothing new are quiet by either way; by webhook all are made.
    for call in CALLS:
        if call.reason not in {"UNCHANGED", "ALL_GOOD"} or call.phase3:
            make(client, bad_week, call)
    first, *replies = alerts(inbox)
    # Edited at every change, so that it ends in the resolved state.
    changes = [call.reason for call in CALLS if call.reason not in {"NEW_GAP", "UNCHANGED", "ALL_GOOD"}]
    assert (first.edited, header(first)) == (len(changes), RESOLVED)
    assert first.earlier[0]["blocks"][0]["text"]["text"] == GAP
    # What to run is its first reply, and only that.
    assert [message for message in inbox.messages if message not in [first, *replies]] == [inbox.messages[1]]
    assert (inbox.messages[1].thread_ts, inbox.messages[1].broadcast) == (first.ts, False)
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
    found, improved, resolved = (call for call in CALLS if call.clock in {"08:00:00", "08:45:00", "11:45:00"})
    make(client, bad_week, found)
    inbox.delete(inbox.messages[0].ts)
    make(client, bad_week, replace(improved, phase3=ALL))
    make(client, bad_week, replace(resolved, phase4="NOP@HOU CHA@DEN TOR@LAL POR@SAC"))
    first, reply = alerts(inbox)
    assert (first.kind, header(first)) == ("update", RESOLVED)
    assert reply.thread_ts == first.ts


@pytest.mark.whole
def test_identical_requests_at_once_are_one_alert(season: Platform, inbox: Inbox, door: Door) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    # Half an hour before predictions start, when even the deadline could be told.
    with (
        time_machine.travel(sample.MORNING.replace(hour=12, minute=30), tick=True),
        ThreadPoolExecutor(max_workers=6) as threads,
    ):
        answers = list(threads.map(lambda _: client.application.test_client().get("/"), range(6)))
    reasons = [body_of(answer)["checks"][0]["alert"]["reason"] for answer in answers]
    assert sorted(reasons) == ["NEW_GAP", *["UNCHANGED"] * 5]
    assert len(inbox.messages) == 1
    rows = season.history()
    assert (len(rows), rows[0]["alert_reason"]) == (6, "NEW_GAP")  # the history's times are in the order of its runs
    assert len({row["run_id"] for row in rows}) == 6


# Every call is the same check, whatever the one before it found.


@pytest.mark.usefixtures("morning")
def test_a_call_makes_up_for_an_end_that_nobody_heard_of(bad_week: Platform, inbox: Inbox, door: Door) -> None:
    client = door(bad_week.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    ask(client)
    matchups = [game["matchup"] for game in bad_week.history()[0]["games"]]
    bad_week.load(sample.arrivals(phase3=matchups, phase4=matchups))
    # The date's newest row is OK, but those who were alerted do not know it.
    assert ask(client, "/?notify=never")["alert"] == {"reason": "RESOLVED", "status": "suppressed"}
    assert ask(client)["alert"] == {"reason": "RESOLVED", "status": "sent"}
    assert ask(client)["alert"] == {"reason": "ALL_GOOD", "status": "not_needed"}
    assert headers(inbox) == [GAP, RESOLVED]


def test_a_game_that_is_added_after_all_was_ready_is_news(bad_week: Platform, inbox: Inbox, door: Door) -> None:
    client = door(bad_week.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    morning = sample.MORNING.replace(day=sample.ALL_READY.day)
    with time_machine.travel(morning, tick=False):
        assert ask(client)["alert"] == {"reason": "ALL_GOOD", "status": "not_needed"}
    added = {"game_id": "0022509999", "game_date": str(sample.ALL_READY), "game_status": 1}
    teams = {"away_team_tricode": "AAA", "home_team_tricode": "BBB"}
    bad_week.load({"nba_raw.nbac_schedule": [{**added, **teams, "processed_at": f"{sample.ALL_READY}T15:00:00Z"}]})
    with time_machine.travel(morning.replace(hour=10, minute=15), tick=False):
        check = ask(client)
    assert (check["status"], check["alert"]) == ("MISSING_DATA", {"reason": "NEW_GAP", "status": "sent"})
    assert "AAA@BBB" in str(inbox.messages[0].blocks)


@pytest.mark.usefixtures("morning")
def test_a_silenced_date_is_recorded_and_not_told(season: Platform, inbox: Inbox, door: Door) -> None:
    silenced = "2026-01-17/2026-01-18@2026-01-18T15:00Z=Phase 3 is being reloaded"
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url, SILENCES=silenced)
    assert ask(client)["alert"] == {"reason": "SILENCED", "status": "suppressed"}
    assert inbox.messages == []
    with time_machine.travel(sample.MORNING.replace(hour=10), tick=True):  # 15:00 UTC
        assert ask(client)["alert"] == {"reason": "NEW_GAP", "status": "sent"}
