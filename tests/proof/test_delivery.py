"""A Slack that fails, on an alert's first post and on its second: no alert is lost, and at most one is repeated.

The second post is the deadline's: a message by webhook, an edit and a reply by bot. Where the caller got a 502 it calls
again, as the scheduler does. What Slack's own retries mend, and the words of each error, are in test_slack.py.
"""

import pytest
import time_machine

from local import sample
from local.inbox import Answer, Inbox
from tests.conftest import Door, Platform, alerts, ask, bot, problem, webhook
from tests.integration.test_slack import refusal

EIGHT = sample.MORNING
HALF_PAST_ELEVEN = sample.MORNING.replace(hour=11, minute=30)
FINE = Answer()  # the inbox's own

FAULTS = {
    "429": ([Answer(429, "", {"Retry-After": "60"})], 502, 1),
    "500": ([Answer(500, "")] * 2, 502, 1),
    "404": ([Answer(404, "no_service")], 502, 1),
    "ok: false": ([refusal("internal_error")], 502, 1),
    "hang": ([Answer(504, delay=2)], 502, 1),
    "hang after taking it": ([Answer(delay=2)], 502, 2),
    "dropped connection": ([Answer(drop=True)] * 2, 502, 1),
    "dropped after taking it": ([Answer(drop=True, accept=True)], 200, 2),
}
POSTS = {
    "webhook's first": (webhook, EIGHT, []),
    "webhook's second": (webhook, HALF_PAST_ELEVEN, []),
    "bot's first": (bot, EIGHT, []),
    "bot's edit": (bot, HALF_PAST_ELEVEN, []),
    "bot's reply": (bot, HALF_PAST_ELEVEN, [FINE]),
}


@pytest.mark.promise("A Slack that fails, on any post of an alert, loses none and repeats at most one")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("post", POSTS)
def test_what_was_sent_what_the_row_says_and_what_the_caller_gets(
    season: Platform, inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch, post: str, fault: str
) -> None:
    monkeypatch.setattr("monitor.slack.client.CALL_SECONDS", 0.5)
    channel, when, before = POSTS[post]
    answers, status, messages = FAULTS[fault]
    if post == "bot's edit":
        messages = 1  # made twice, it changes nothing
    client = door(season.environment, **channel(inbox))
    reason = "NEW_GAP"
    if when == HALF_PAST_ELEVEN:
        reason = "DEADLINE"
        with time_machine.travel(EIGHT, tick=True):
            ask(client)
    earlier = len(alerts(inbox))
    inbox.answer_next(*before, *answers)
    with time_machine.travel(when, tick=True):
        if status == 502:
            body = problem(client.get("/"), 502)
            assert body["checks"][0]["alert"] == {"reason": reason, "status": "failed"}
            row = season.history()[-1]
            assert (row["status"], row["alert_reason"], row["alert_status"]) == ("MISSING_DATA", reason, "failed")
            assert row["error"] in body["detail"]
        assert ask(client)["alert"] == {"reason": reason, "status": "sent"}
        assert ask(client)["alert"] == {"reason": "UNCHANGED", "status": "not_needed"}
    assert len(alerts(inbox)) - earlier == messages
    if post in {"bot's edit", "bot's reply"}:
        assert "1 h 30 min left" in inbox.messages[0].text  # the first message says how it stands


def test_a_message_that_was_deleted_and_cannot_be_posted_anew_is_posted_by_the_next_run(
    season: Platform, inbox: Inbox, door: Door
) -> None:
    client = door(season.environment, **bot(inbox))
    with time_machine.travel(EIGHT, tick=True):
        ask(client)
    inbox.answer_next(refusal("message_not_found"), *[Answer(500, "")] * 2)
    with time_machine.travel(HALF_PAST_ELEVEN, tick=True):
        problem(client.get("/"), 502)
        inbox.delete(inbox.messages[0].ts)
        ask(client)
    (message,) = alerts(inbox)
    assert season.history()[-1]["slack_ts"] == message.ts  # what comes next goes there
