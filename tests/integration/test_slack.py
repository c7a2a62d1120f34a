"""A message on its way to Slack: what its own retries mend, what is an error and with which words, and what arrives."""

import json
from collections.abc import Mapping, Sequence
from time import perf_counter, sleep
from typing import Any

import pytest

from local.inbox import Answer, Inbox
from monitor.core.history import Thread
from monitor.logs import log_context
from monitor.settings import Settings, load_settings
from monitor.slack.client import DeliveryError, deliver
from monitor.slack.message import Message, Messages
from tests.conftest import bot, lines, webhook

MESSAGE = {"text": "a gap", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "a gap"}}]}
COMMANDS = {"text": "commands", "blocks": MESSAGE["blocks"]}
REPLY = {"text": "worse", "blocks": []}
SECRETS = ("not-a-secret", "xoxb-")
LOST = "Slack did not answer"
STRANGER = "Slack's address answered 200, but not as Slack does; call again"


def settings_of(environment: Mapping[str, str]) -> Settings:
    return load_settings({"GCP_PROJECT_ID": "nba", **environment})


def send(
    settings: Settings, thread: Thread | None = None, *, broadcast: bool = True, commands: Message | None = None
) -> Thread | None:
    return deliver(settings, Messages(MESSAGE, REPLY, commands), thread=thread, broadcast=broadcast)


def refusal(error: str) -> Answer:
    return Answer(200, json.dumps({"ok": False, "error": error}))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.slack.client.CALL_SECONDS", 0.3)


# How Slack answers, what is told of it, or None where its own retries deliver the message, and how often it arrived.
EITHER = [
    ([Answer(429, "", {"Retry-After": "1"})], None, 1),
    ([Answer(429, "", {"Retry-After": "3600"})], "Slack answered 429; call again", 0),  # longer than a run may take
    ([Answer(429, "", {"Retry-After": "soon"})], "Slack answered 429; call again", 0),
    ([Answer(429, "")] * 2, "Slack answered 429; call again", 0),
    ([Answer(500, "")], None, 1),
    ([Answer(500, "")] * 2, "Slack answered 500; call again", 0),
    ([Answer(502, "")], "Slack answered 502; call again", 0),
    ([Answer(drop=True)], None, 1),
    ([Answer(drop=True)] * 2, LOST, 0),
    ([Answer(504, delay=1)], LOST, 0),
    # The answer is lost on the way, and the message is there: what is tried again arrives twice.
    ([Answer(delay=1)], LOST, 1),
    ([Answer(drop=True, accept=True)], None, 2),
    # A proxy on the way may quote the address or the token, which are the secrets.
    ([Answer(403, "blocked: /services/T0LOCAL/B0LOCAL/not-a-secret xoxb-not-a-secret")], "Slack answered 403;", 0),
]
BY_WEBHOOK = [
    *EITHER,
    ([Answer(404, "no_service")], "Slack answered 404 no_service; this webhook will not work again", 0),
    ([Answer(403, "action_prohibited")], "Slack answered 403 action_prohibited; this webhook will not work again", 0),
    ([Answer(410, "channel_is_archived")], "Slack answered 410 channel_is_archived; this webhook will not", 0),
    ([Answer(400, "invalid_payload")], "Slack answered 400 invalid_payload; call again", 0),
    ([Answer(200, "<html>maintenance</html>")], "Slack answered 200; call again", 0),
    ([Answer(200, "")], "Slack answered 200; call again", 0),
]
BY_BOT = [
    *EITHER,
    ([Answer(404, "")], "Slack answered 404; call again", 0),
    ([refusal("internal_error")], "Slack answered 200 internal_error; call again", 0),
    ([refusal("invalid_auth")], "Slack answered 200 invalid_auth; this token will not work again", 0),
    ([refusal("missing_scope")], "Slack answered 200 missing_scope; give the bot the scope chat:write", 0),
    ([refusal("not_in_channel")], "Slack answered 200 not_in_channel; set SLACK_CHANNEL to a channel that", 0),
    ([Answer(200, '{"ok": true}')], STRANGER, 0),
    ([Answer(200, "[]")], STRANGER, 0),
    ([Answer(200, "[1]")], LOST, 0),
    ([Answer(200, "<html>maintenance</html>")], STRANGER, 0),
    ([Answer(200, '{"ok": tr')], LOST, 0),  # half an answer
]


@pytest.mark.parametrize(
    ("channel", "answers", "says", "arrived"),
    [*((webhook, *case) for case in BY_WEBHOOK), *((bot, *case) for case in BY_BOT)],
)
def test_a_first_message(
    inbox: Inbox,
    capfd: pytest.CaptureFixture[str],
    channel: Any,
    answers: Sequence[Answer],
    says: str | None,
    arrived: int,
) -> None:
    inbox.answer_next(*answers)
    told = ""
    if says is None:
        send(settings_of(channel(inbox)))
    else:
        with pytest.raises(DeliveryError) as error:
            send(settings_of(channel(inbox)))
        told = str(error.value)
        assert told.startswith(says)
    assert len(inbox.messages) == arrived
    # Neither in the words nor in what the library logs.
    assert not [secret for secret in SECRETS if secret in told + "".join(capfd.readouterr())]


def test_a_bot_edits_its_first_message_and_replies(inbox: Inbox) -> None:
    settings = settings_of(bot(inbox))
    thread = send(settings)
    assert thread is not None
    assert send(settings, thread) == thread
    assert send(settings, thread, broadcast=False) == thread
    first, *replies = inbox.messages
    assert (first.channel, first.ts, first.edited) == (thread.channel, thread.ts, 2)
    assert [(reply.text, reply.thread_ts, reply.broadcast) for reply in replies] == [
        ("worse", first.ts, True),
        ("worse", first.ts, False),
    ]


def test_a_bots_commands_are_the_first_reply(inbox: Inbox) -> None:
    settings = settings_of(bot(inbox))
    thread = send(settings, commands=COMMANDS)
    assert send(settings, thread, commands=COMMANDS) == thread
    first, *replies = inbox.messages
    assert {reply.thread_ts for reply in replies} == {first.ts}
    assert [(reply.text, reply.broadcast) for reply in replies] == [("commands", False), ("worse", True)]
    # Where the first message is gone, the thread begins anew.
    inbox.delete(first.ts)
    assert send(settings, thread, commands=COMMANDS) != thread
    *_, anew, commands = inbox.messages
    assert (anew.thread_ts, commands.thread_ts, commands.text) == (None, anew.ts, "commands")


@pytest.mark.parametrize(
    "answers",
    [
        # A channel may not allow threads: an error would repeat the alert every half hour.
        [refusal("restricted_action_non_threadable_channel")],
        [Answer(500, "")] * 2,
        [Answer(504, delay=1)],
    ],
)
def test_an_alert_is_delivered_though_its_commands_are_not(
    inbox: Inbox, capsys: pytest.CaptureFixture[str], answers: Sequence[Answer]
) -> None:
    inbox.answer_next(Answer(), *answers)
    with log_context(run_id="4f1a"):
        thread = send(settings_of(bot(inbox)), commands=COMMANDS)
    assert [message.ts for message in inbox.messages] == [thread.ts if thread else None]
    (line,) = lines(capsys.readouterr().err)
    assert (line["event"], line["severity"], line["run_id"]) == ("commands_not_posted", "WARNING", "4f1a")


def test_a_webhook_has_no_thread(inbox: Inbox) -> None:
    # Not even where a bot began the alert, and was unset since.
    settings = settings_of(webhook(inbox))
    assert send(settings, Thread("C0ALERTS", "1768741200.000100")) is None
    assert [message.text for message in inbox.messages] == ["a gap"]


@pytest.mark.parametrize(
    "error",
    [
        "message_not_found",  # deleted
        "cant_update_message",  # another bot's, since the token was changed
        "edit_window_closed",
        "channel_not_found",
        "is_archived",  # and SLACK_CHANNEL names another channel now
    ],
)
def test_a_first_message_that_cannot_be_edited_is_posted_anew(inbox: Inbox, error: str) -> None:
    settings = settings_of(bot(inbox))
    thread = send(settings)
    inbox.answer_next(refusal(error))
    second = send(settings, thread)
    assert second is not None
    assert [(message.ts, message.edited, message.thread_ts) for message in inbox.messages[1:]] == [(second.ts, 0, None)]


@pytest.mark.parametrize("error", ["internal_error", "token_revoked"])
def test_an_edit_that_fails_otherwise_is_an_error_before_anything_is_repeated(inbox: Inbox, error: str) -> None:
    settings = settings_of(bot(inbox))
    thread = send(settings)
    inbox.answer_next(refusal(error))
    with pytest.raises(DeliveryError, match=error):
        send(settings, thread)
    assert len(inbox.messages) == 1


def test_after_the_delivery_is_given_up_no_retry_posts(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    # Seen: given up after one second, and accepted at 1.8 s, so that no row knew of the message.
    monkeypatch.setattr("monitor.slack.client.DELIVERY_SECONDS", 0.3)
    inbox.answer_next(Answer(429, "", {"Retry-After": "1"}))
    with pytest.raises(DeliveryError, match=r"Slack took longer than 0\.3 s; call again"):
        send(settings_of(webhook(inbox)))
    sleep(2.2)  # the handler waits for a second, and a bit at random
    assert inbox.messages == []


def test_an_answer_byte_by_byte_ends_too(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.slack.client.CALL_SECONDS", 5)  # which no single read exceeds
    monkeypatch.setattr("monitor.slack.client.DELIVERY_SECONDS", 0.3)
    inbox.answer_next(Answer(delay=2))
    started = perf_counter()
    # Both the delivery and its call end then: which is first is chance.
    with pytest.raises(
        DeliveryError, match=r"Slack (took longer than 0\.3 s|did not answer \(TimeoutError\)); call again"
    ):
        send(settings_of(webhook(inbox)))
    assert perf_counter() - started < 1
