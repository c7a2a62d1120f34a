"""The local Slack, over real sockets and with Slack's own client: what it takes, refuses, shows, and how it fails."""

import http.client
import json
import logging
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator

from local.inbox import Answer, Inbox, serve

SECTION = [{"type": "section", "text": {"type": "mrkdwn", "text": "a"}}]
EMPTY = [{"type": "context", "elements": []}]
AT_ONCE = FixedValueRetryIntervalCalculator(0.01)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serve() as inbox:
        yield inbox


@pytest.fixture
def webhook(inbox: Inbox) -> WebhookClient:
    return WebhookClient(inbox.webhook_url, timeout=5, retry_handlers=[])


@pytest.fixture
def bot(inbox: Inbox) -> WebClient:
    return WebClient("xoxb-1", base_url=inbox.url + "/api/", timeout=5, retry_handlers=[])


def fetch(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """Status and body, without the client's good manners."""
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 -- our own server
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 -- our own server
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def error_of(bot: WebClient, method: str, **payload: object) -> str:
    with pytest.raises(SlackApiError) as raised:
        bot.api_call(method, json=payload)
    assert raised.value.response.status_code == 200  # as with Slack, only the body tells
    return str(raised.value.response["error"])


# The incoming webhook


def test_a_webhook_answers_ok_and_the_message_is_kept(inbox: Inbox, webhook: WebhookClient) -> None:
    response = webhook.send(text="a", blocks=SECTION)
    assert (response.status_code, response.body) == (200, "ok")
    assert response.headers["Content-Type"].startswith("text/plain")
    [message] = inbox.messages
    assert (message.kind, message.text, message.blocks, message.edited) == ("webhook", "a", SECTION, 0)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param("text=a", "invalid_payload", id="not JSON"),
        pytest.param('["a"]', "invalid_payload", id="JSON, but no object"),
        pytest.param("{}", "no_text", id="an object that says nothing"),
        pytest.param(json.dumps({"text": "a", "blocks": EMPTY}), "invalid_blocks", id="an empty context"),
        pytest.param('{"text": "a", "thread_ts": "first"}', "invalid_thread_ts", id="a thread that is no timestamp"),
    ],
)
def test_a_webhook_refuses_with_400_and_one_word(inbox: Inbox, body: str, error: str) -> None:
    assert fetch(inbox.webhook_url, "POST", body.encode()) == (400, error)
    assert inbox.messages == []


def test_the_reasons_of_a_refusal_are_kept_and_logged(
    inbox: Inbox, webhook: WebhookClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack tells a webhook `invalid_blocks` and no more; here one can look up why."""
    with caplog.at_level(logging.WARNING):
        webhook.send(text="a", blocks=EMPTY)
    reason = "invalid_blocks: must not be empty, and would be sent as {'type': 'context'} [json-pointer:/blocks/0]"
    assert reason in caplog.text
    [refused] = json.loads(fetch(inbox.url + "/messages.json")[1])["refused"]
    assert (refused["kind"], refused["reasons"]) == ("webhook", [reason])
    assert refused["payload"] == {"text": "a", "blocks": EMPTY}


# The bot


def test_a_post_answers_with_the_channel_the_ts_and_the_message(inbox: Inbox, bot: WebClient) -> None:
    response = bot.chat_postMessage(channel="C012345678", text="a", blocks=SECTION)
    [message] = inbox.messages
    assert (message.kind, message.channel, message.ts) == ("post", "C012345678", response["ts"])
    assert response["channel"] == "C012345678"
    assert response["message"] == {"type": "message", "text": "a", "ts": message.ts, "blocks": SECTION}


def test_an_update_replaces_the_message_and_keeps_what_it_was(inbox: Inbox, bot: WebClient) -> None:
    first = bot.chat_postMessage(channel="C012345678", text="a", blocks=SECTION)
    for text in ("b", "c"):
        answer = bot.chat_update(channel="C012345678", ts=first["ts"], text=text, blocks=SECTION)
    [message] = inbox.messages
    assert answer["ts"] == message.ts == first["ts"]
    assert (message.kind, message.text, message.edited) == ("update", "c", 2)
    assert [earlier["text"] for earlier in message.earlier] == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        pytest.param({"text": "b"}, ("b", []), id="a text alone takes the blocks away"),
        pytest.param({"text": "b", "blocks": []}, ("b", []), id="so does an empty list"),
        pytest.param({"text": "b", "blocks": SECTION}, ("b", SECTION), id="blocks replace blocks"),
        pytest.param({"attachments": [{"text": "c"}]}, ("", SECTION), id="without text and blocks the blocks stay"),
    ],
)
def test_an_update_treats_blocks_as_slack_does(
    inbox: Inbox, bot: WebClient, changes: dict[str, Any], left: tuple[str, list[object]]
) -> None:
    first = bot.chat_postMessage(channel="C012345678", text="a", blocks=SECTION)
    bot.api_call("chat.update", json={"channel": "C012345678", "ts": first["ts"], **changes})
    assert (inbox.messages[0].text, inbox.messages[0].blocks) == left


@pytest.mark.parametrize(
    ("method", "payload", "error"),
    [
        pytest.param("chat.postMessage", {"text": "a"}, "channel_not_found", id="a post to no channel"),
        pytest.param("chat.postMessage", {"channel": "#a"}, "no_text", id="a post that says nothing"),
        pytest.param(
            "chat.postMessage",
            {"channel": "#a", "text": "a", "blocks": "[{"},
            "invalid_blocks_format",
            id="blocks cut short",
        ),
        pytest.param(
            "chat.postMessage",
            {"channel": "#a", "text": "a", "thread_ts": "0"},
            "invalid_thread_ts",
            id="a thread that is no timestamp",
        ),
        pytest.param(
            "chat.update",
            {"channel": "C012345678", "ts": "1.000001", "text": "b"},
            "message_not_found",
            id="an update of no message",
        ),
        pytest.param("chat.delete", {"channel": "C012345678"}, "unknown_method", id="a method it does not speak"),
    ],
)
def test_the_bot_is_told_slacks_own_error(bot: WebClient, method: str, payload: dict[str, Any], error: str) -> None:
    assert error_of(bot, method, **payload) == error


def test_a_channels_name_will_do_for_a_post_but_not_for_an_update(bot: WebClient) -> None:
    """Who means to edit a message must keep the channel that the answer gave."""
    first = bot.chat_postMessage(channel="#alerts", text="a")
    assert re.fullmatch(r"C[A-Z0-9]{8,}", first["channel"])
    assert error_of(bot, "chat.update", channel="#alerts", ts=first["ts"], text="b") == "channel_not_found"
    assert error_of(bot, "chat.update", channel="C999999999", ts=first["ts"], text="b") == "message_not_found"
    assert bot.chat_update(channel=first["channel"], ts=first["ts"], text="b")["ok"]


def test_an_update_may_not_be_as_long_as_a_post(bot: WebClient) -> None:
    first = bot.chat_postMessage(channel="C012345678", text="x" * 40_000)
    assert bot.chat_update(channel="C012345678", ts=first["ts"], text="x" * 4_000)["ok"]
    assert error_of(bot, "chat.update", channel="C012345678", ts=first["ts"], text="x" * 4_001) == "msg_too_long"


def test_the_bot_is_told_where_its_blocks_are_wrong(bot: WebClient) -> None:
    with pytest.raises(SlackApiError) as raised:
        bot.chat_postMessage(channel="#a", text="a", blocks=EMPTY)
    reason = "must not be empty, and would be sent as {'type': 'context'} [json-pointer:/blocks/0]"
    assert raised.value.response["error"] == "invalid_blocks"
    assert raised.value.response["errors"] == [reason]
    assert raised.value.response["response_metadata"] == {"messages": [f"[ERROR] {reason}"]}


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        pytest.param({}, "not_authed", id="no token"),
        pytest.param({"Authorization": "Basic xoxb-1"}, "not_authed", id="another scheme"),
        pytest.param({"Authorization": "Bearer hunter2"}, "invalid_auth", id="not a bot's token"),
    ],
)
def test_a_bot_needs_its_token(inbox: Inbox, headers: dict[str, str], error: str) -> None:
    body = b'{"channel": "C012345678", "text": "a"}'
    headers = headers | {"Content-Type": "application/json"}
    status, answer = fetch(inbox.url + "/api/chat.postMessage", "POST", body, **headers)
    assert (status, json.loads(answer)) == (200, {"ok": False, "error": error})
    assert inbox.messages == []


@pytest.mark.parametrize(("body", "error"), [(b"{", "invalid_json"), (b"[]", "json_not_object")])
def test_a_bot_needs_a_json_object(inbox: Inbox, body: bytes, error: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-1"}
    assert json.loads(fetch(inbox.url + "/api/chat.postMessage", "POST", body, **headers)[1])["error"] == error


def test_a_form_will_do_with_its_lists_as_json(inbox: Inbox, bot: WebClient) -> None:
    bot.api_call("chat.postMessage", params={"channel": "#a", "text": "a", "blocks": json.dumps(SECTION)})
    assert inbox.messages[0].blocks == SECTION


# Threads


def test_a_reply_is_in_its_thread(inbox: Inbox, bot: WebClient) -> None:
    first = bot.chat_postMessage(channel="#a", text="a")
    reply = bot.chat_postMessage(channel="#a", text="b", thread_ts=first["ts"], reply_broadcast=True)
    again = bot.chat_postMessage(channel="#a", text="c", thread_ts=reply["ts"])  # a reply to a reply: the same thread
    assert {reply["message"]["thread_ts"], again["message"]["thread_ts"]} == {first["ts"]}
    assert [message.broadcast for message in inbox.messages] == [False, True, False]


def test_a_reply_to_a_deleted_message_is_posted_outside_any_thread(inbox: Inbox, bot: WebClient) -> None:
    """Slack accepts it silently: only a `thread_ts` missing from the answer tells."""
    first = bot.chat_postMessage(channel="#a", text="a")
    assert fetch(f"{inbox.url}/messages/{first['ts']}", "DELETE") == (204, "")
    assert fetch(f"{inbox.url}/messages/{first['ts']}", "DELETE")[0] == 404
    reply = bot.chat_postMessage(channel="#a", text="b", thread_ts=first["ts"], reply_broadcast=True)
    assert "thread_ts" not in reply["message"]
    assert [(message.text, message.thread_ts, message.broadcast) for message in inbox.messages] == [("b", None, False)]


# Failures on demand


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        pytest.param(Answer(429, "rate_limited", {"Retry-After": "30"}), 429, "rate_limited", id="too many"),
        pytest.param(Answer(500, "rollup_error"), 500, "rollup_error", id="Slack is down"),
        pytest.param(Answer(404, "no_service"), 404, "no_service", id="the webhook was revoked"),
    ],
)
def test_a_webhook_fails_on_demand_once(
    inbox: Inbox, webhook: WebhookClient, answer: Answer, status: int, body: str
) -> None:
    inbox.answer_next(answer)
    response = webhook.send(text="a")
    assert (response.status_code, response.body) == (status, body)
    assert answer.headers.items() <= response.headers.items()
    assert inbox.messages == []
    assert webhook.send(text="a").status_code == 200


def test_a_bot_fails_on_demand(inbox: Inbox, bot: WebClient) -> None:
    inbox.answer_next(Answer(body='{"ok": false, "error": "is_archived"}'))
    assert error_of(bot, "chat.postMessage", channel="#a", text="a") == "is_archived"
    assert inbox.messages == []


def test_slacks_own_retries_get_through(inbox: Inbox, webhook: WebhookClient) -> None:
    webhook.retry_handlers = [  # the client counts all tries together, whatever the reason for each
        RateLimitErrorRetryHandler(max_retry_count=2),
        ServerErrorRetryHandler(max_retry_count=2, interval_calculator=AT_ONCE),
    ]
    inbox.answer_next(Answer(503), Answer(429, headers={"Retry-After": "0"}))
    assert webhook.send(text="a").body == "ok"
    assert len(inbox.messages) == 1


@pytest.mark.parametrize(
    ("accept", "kept"),
    [
        pytest.param(False, 1, id="lost on the way there"),
        pytest.param(True, 2, id="lost on the way back: the message comes twice"),
    ],
)
def test_a_dropped_connection_is_tried_again(inbox: Inbox, webhook: WebhookClient, *, accept: bool, kept: int) -> None:
    webhook.retry_handlers = [ConnectionErrorRetryHandler(interval_calculator=AT_ONCE)]
    inbox.answer_next(Answer(drop=True, accept=accept))
    assert webhook.send(text="a").status_code == 200
    assert len(inbox.messages) == kept


def test_a_dropped_connection_says_nothing(inbox: Inbox, webhook: WebhookClient) -> None:
    inbox.answer_next(Answer(drop=True))
    with pytest.raises(http.client.RemoteDisconnected):
        webhook.send(text="a")


def test_an_error_may_hide_that_the_message_counted(inbox: Inbox, webhook: WebhookClient) -> None:
    inbox.answer_next(Answer(500, accept=True))
    assert webhook.send(text="a").status_code == 500
    assert [message.text for message in inbox.messages] == ["a"]


def test_a_slow_answer_is_still_slacks_own(inbox: Inbox, bot: WebClient) -> None:
    inbox.answer_next(Answer(delay=0.05))
    assert bot.chat_postMessage(channel="#a", text="a")["ts"] == inbox.messages[0].ts


def test_a_hang_outlasts_the_client_and_not_the_inbox() -> None:
    with serve() as inbox:
        inbox.answer_next(Answer(delay=600))
        with pytest.raises(TimeoutError):
            WebhookClient(inbox.webhook_url, timeout=1, retry_handlers=[]).send(text="a")
    with pytest.raises(urllib.error.URLError, match="refused"):
        fetch(inbox.url)


# What it shows


def test_the_list_has_every_message_and_can_be_emptied(inbox: Inbox, bot: WebClient, webhook: WebhookClient) -> None:
    webhook.send(text="a")
    first = bot.chat_postMessage(channel="C012345678", text="b", blocks=SECTION)
    bot.chat_postMessage(channel="C012345678", text="c", thread_ts=first["ts"])
    bot.chat_update(channel="C012345678", ts=first["ts"], text="d", blocks=SECTION)
    listed = json.loads(fetch(inbox.url + "/messages.json")[1])["messages"]
    assert [(m["kind"], m["text"], m["edited"]) for m in listed] == [
        ("webhook", "a", 0),
        ("update", "d", 1),
        ("post", "c", 0),
    ]
    assert (listed[1]["channel"], listed[1]["ts"], listed[1]["blocks"]) == ("C012345678", first["ts"], SECTION)
    assert listed[2]["thread_ts"] == first["ts"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", m["received"]) for m in listed)
    assert fetch(inbox.url + "/messages.json", "DELETE") == (204, "")
    assert json.loads(fetch(inbox.url + "/messages.json")[1]) == {"messages": [], "refused": []}


def test_messages_that_come_at_once_all_count(inbox: Inbox, bot: WebClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        stamps = list(pool.map(lambda n: str(bot.chat_postMessage(channel="#a", text=str(n))["ts"]), range(24)))
    assert len(set(stamps)) == len(inbox.messages) == 24


@pytest.mark.parametrize(
    ("block", "drawn"),
    [
        pytest.param(
            {"type": "header", "text": {"type": "plain_text", "text": ":red_circle: *a*"}},
            "<h2>🔴 *a*</h2>",
            id="a header: plain and large",
        ),
        pytest.param(
            {"type": "section", "text": {"type": "mrkdwn", "text": "*a*\nb"}},
            '<div class="section"><strong>a</strong>\nb</div>',
            id="a section with its lines",
        ),
        pytest.param(
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "_a_"}]},
            '<div class="context"><p><em>a</em></p></div>',
            id="a context: small and grey",
        ),
        pytest.param(
            {"type": "section", "text": {"type": "mrkdwn", "text": "a\n```b\n&lt;c&gt;```"}},
            '<div class="section">a\n<pre>b\n&lt;c&gt;</pre></div>',
            id="a command to copy",
        ),
    ],
)
def test_the_page_draws_each_block(inbox: Inbox, webhook: WebhookClient, block: dict[str, Any], drawn: str) -> None:
    assert webhook.send(text="a", blocks=[block]).body == "ok"
    assert drawn in fetch(inbox.url)[1]


def test_the_page_shows_threads_edits_and_refusals(inbox: Inbox, bot: WebClient, webhook: WebhookClient) -> None:
    first = bot.chat_postMessage(channel="#a", text="first")
    webhook.send(text="between")
    bot.chat_postMessage(channel="#a", text="reply", thread_ts=first["ts"], reply_broadcast=True)
    bot.chat_update(channel=first["channel"], ts=first["ts"], text="edited text")
    webhook.send(text="refused", blocks=EMPTY)
    page = fetch(inbox.url)[1]
    order = [
        "edited text",
        "(edited)",
        '<div class="thread">',
        "also sent to the channel",
        "reply",
        "between",
        "Rejected",
    ]
    places = [page.index(part) for part in order]
    assert places == sorted(places)


def test_the_page_says_when_a_thread_lost_its_first_message(inbox: Inbox, bot: WebClient) -> None:
    first = bot.chat_postMessage(channel="#a", text="first")
    bot.chat_postMessage(channel="#a", text="orphan", thread_ts=first["ts"])
    fetch(f"{inbox.url}/messages/{first['ts']}", "DELETE")
    page = fetch(inbox.url)[1]
    assert "orphan" in page
    assert "reply to a deleted message" in page


def test_the_page_runs_no_script_and_fetches_nothing(inbox: Inbox, webhook: WebhookClient) -> None:
    webhook.send(text="<script>alert(1)</script> <!channel>")
    with urllib.request.urlopen(inbox.url) as response:  # noqa: S310 -- our own server
        page = response.read().decode()
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '<span class="mention">@channel</span>' in page
    assert not re.search(r"<(script|img|link|iframe)|@import|url\(", page)


def test_an_empty_page_says_where_to_post(inbox: Inbox) -> None:
    assert inbox.webhook_url in fetch(inbox.url)[1]
