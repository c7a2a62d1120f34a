"""What Slack takes and what it refuses, a case a row; each limit is tried at its last good value and one past it."""

from typing import Any

import pytest

from local.block_kit import refusals

type Block = dict[str, Any]


def mrkdwn(text: object = "a") -> Block:
    return {"type": "mrkdwn", "text": text}


def plain(text: str = "a") -> Block:
    return {"type": "plain_text", "text": text}


def header(text: object) -> Block:
    return {"type": "header", "text": text}


def section(text: object, **parts: object) -> Block:
    return {"type": "section", "text": text, **parts}


def context(*elements: object) -> Block:
    return {"type": "context", "elements": list(elements)}


ACCEPTED = [
    pytest.param([context(plain())] * 50, id="50 blocks"),
    pytest.param([header(plain("x" * 150))], id="a header of 150 characters"),
    pytest.param([header(plain(":x:") | {"emoji": True})], id="a header with emoji"),
    pytest.param([section(mrkdwn("x" * 3000))], id="a section of 3000 characters"),
    pytest.param([section(plain())], id="a section without marks"),
    pytest.param([section(mrkdwn() | {"verbatim": True})], id="verbatim"),
    pytest.param([context(*[mrkdwn(), plain()] * 5)], id="ten context elements"),
    pytest.param([section(mrkdwn("x" * 3000))] * 4, id="12,000 characters in four sections"),
    pytest.param([], id="no blocks but a text"),
]

REFUSED = [
    pytest.param([context(plain())] * 51, "no more than 50 items allowed", "", id="51 blocks"),
    pytest.param([{"type": "headers"}], "unsupported type: headers", "/0", id="an unknown block"),
    pytest.param([{"text": mrkdwn()}], "unsupported type: None", "/0", id="a block without a type"),
    # Slack takes it, and the inbox could not show it.
    pytest.param([{"type": "divider"}], "unsupported type: divider", "/0", id="a block that is not drawn"),
    pytest.param([section(mrkdwn(), texts=[])], "invalid additional property: texts", "/0", id="an unknown key"),
    pytest.param([section(mrkdwn(), fields=[mrkdwn()])], "invalid additional property: fields", "/0", id="not drawn"),
    pytest.param([header(mrkdwn())], "text must be plain_text", "/0", id="marks in a header"),
    pytest.param([header("a")], "text must be plain_text", "/0", id="a string for a text object"),
    pytest.param([{"type": "section"}], "text must be plain_text or mrkdwn", "/0", id="a section without text"),
    pytest.param(
        [section({"type": "markdown", "text": "a"})], "text must be plain_text or mrkdwn", "/0", id="markdown"
    ),
    pytest.param(
        [context({"type": "button", "text": plain()})], "elements must be plain_text or mrkdwn", "/0", id="a button"
    ),
    # What slack_sdk's models say.
    pytest.param([header(plain("x" * 151))], "text attribute cannot exceed 150 characters", "/0", id="a long header"),
    pytest.param([section(mrkdwn("x" * 3001))], "text attribute cannot exceed 3000 characters", "/0", id="long text"),
    pytest.param([context(*[plain()] * 11)], "elements attribute cannot exceed 10 elements", "/0", id="11 elements"),
    pytest.param([section(mrkdwn(5))], "object of type 'int' has no len()", "/0", id="a number for a text"),
    pytest.param(
        [section(mrkdwn() | {"emoji": True})],
        "MarkdownTextObject.__init__() got an unexpected keyword argument 'emoji'",
        "/0",
        id="emoji belongs to plain_text",
    ),
    # What they leave out, and Slack answers with 400: the alert is lost.
    pytest.param([context()], "must not be empty, and would be sent as {'type': 'context'}", "/0", id="no elements"),
    pytest.param(
        [header(plain()), section(mrkdwn(""))],
        "must not be empty, and would be sent as {'text': {'type': 'mrkdwn'}, 'type': 'section'}",
        "/1",
        id="an empty text",
    ),
]

OTHER_ERRORS = [
    pytest.param({}, "no_text", id="nothing at all"),
    pytest.param({"text": "", "blocks": [], "attachments": []}, "no_text", id="three kinds of nothing"),
    pytest.param({"text": "x" * 40_001}, "msg_too_long", id="a text of 40,001 characters"),
    pytest.param({"text": {"type": "mrkdwn"}}, "invalid_arguments", id="a text object for the text"),
    pytest.param({"blocks": {"type": "section"}}, "invalid_blocks_format", id="a block that is not in a list"),
    pytest.param({"blocks": ["section"]}, "invalid_blocks_format", id="a list of strings"),
    # Each block is within its limits, but all of them are not.
    pytest.param({"blocks": [section(mrkdwn("x" * 2700))] * 5}, "msg_blocks_too_long", id="13,500 characters"),
    pytest.param({"blocks": [section(mrkdwn("x" * 250))] * 40}, "msg_blocks_too_long", id="blocks weigh too"),
    pytest.param({"blocks": [context(plain("x" * 3000))] * 5}, "msg_blocks_too_long", id="and elements"),
]


@pytest.mark.parametrize("blocks", ACCEPTED)
def test_slack_accepts(blocks: list[Block]) -> None:
    assert refusals({"text": "a", "blocks": blocks}) == []


@pytest.mark.parametrize(("blocks", "reason", "at"), REFUSED)
def test_slack_refuses_with_a_reason_and_a_place(blocks: list[Block], reason: str, at: str) -> None:
    assert refusals({"text": "a", "blocks": blocks}) == [f"invalid_blocks: {reason} [json-pointer:/blocks{at}]"]


@pytest.mark.parametrize(("message", "error"), OTHER_ERRORS)
def test_slack_refuses_the_whole_message(message: dict[str, object], error: str) -> None:
    assert [reason.partition(":")[0] for reason in refusals(message)] == [error]


@pytest.mark.parametrize("message", [{"text": "x" * 40_000}, {"blocks": [context(plain())]}, {"attachments": [{}]}])
def test_a_text_blocks_or_attachments_each_are_enough(message: dict[str, object]) -> None:
    assert refusals(message) == []


def test_every_reason_is_given_at_once() -> None:
    assert len(refusals({"text": "a", "blocks": [section(""), context(), {"type": "headers"}]})) == 3
