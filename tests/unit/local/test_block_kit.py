"""What Slack takes and what it refuses, a case a row; each limit is tried at its last good value and one past it."""

from typing import Any

import pytest
from slack_sdk.models import blocks as sdk

from local.block_kit import refusals

type Block = dict[str, Any]


def mrkdwn(text: str = "a") -> Block:
    return {"type": "mrkdwn", "text": text}


def plain(text: str = "a") -> Block:
    return {"type": "plain_text", "text": text}


def section(**parts: object) -> Block:
    return {"type": "section", **parts}


def context(*elements: Block) -> Block:
    return {"type": "context", "elements": list(elements)}


def button(**parts: object) -> Block:
    return {"type": "button", "text": plain(), **parts}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def lines(kind: str, *leaves: Block, **parts: object) -> Block:
    return {"type": kind, "elements": list(leaves), **parts}


PICTURE = {"type": "image", "image_url": "https://e.org/a.png", "alt_text": "a"}
LINK = {"type": "link", "url": "https://e.org"}
LEAF = {"type": "text", "text": "a"}

ACCEPTED = [
    pytest.param([{"type": "divider"}] * 50, id="50 blocks"),
    pytest.param([{"type": "header", "text": plain("x" * 150)}], id="a header of 150 characters"),
    pytest.param([{"type": "header", "text": plain(":x:") | {"emoji": True}}], id="a header with emoji"),
    pytest.param([section(text=mrkdwn("x" * 3000))], id="a section of 3000 characters"),
    pytest.param([section(fields=[mrkdwn()] * 10)], id="ten fields and no text"),
    pytest.param([section(text=mrkdwn(), fields=[plain("x" * 2000)])], id="text and a field of 2000 characters"),
    pytest.param([section(text=mrkdwn() | {"verbatim": True}, expand=True)], id="verbatim and expand"),
    pytest.param([section(text=mrkdwn(), accessory=button()), section(text=mrkdwn(), accessory=PICTURE)], id="besides"),
    pytest.param([context(mrkdwn("x" * 3000), plain(), PICTURE)], id="a context of texts and a picture"),
    pytest.param([context(*[mrkdwn()] * 10)], id="ten context elements"),
    pytest.param([actions(*[button()] * 25)], id="25 buttons"),
    pytest.param([actions(button(url="https://e.org", value="v", action_id="a", style="danger"))], id="a full button"),
    # An action_id need only be unique among its neighbours.
    pytest.param([actions(button(action_id="a")), actions(button(action_id="a"))], id="an action_id in two blocks"),
    pytest.param([PICTURE | {"title": plain(), "block_id": "b"}], id="a picture with a title"),
    pytest.param([{"type": "markdown", "text": "x" * 12_000}], id="12,000 characters of markdown"),
    pytest.param(
        [rich(lines("rich_text_section", LEAF, LINK, {"type": "emoji", "name": "x"}), lines("rich_text_quote", LEAF))],
        id="rich text",
    ),
    pytest.param([rich(lines("rich_text_preformatted", LEAF, border=0))], id="preformatted"),
    pytest.param([rich(lines("rich_text_list", lines("rich_text_section", LEAF), style="bullet"))], id="a list"),
    pytest.param([rich(lines("rich_text_section"))], id="an empty line of rich text"),
    pytest.param([section(text=mrkdwn("x" * 3000))] * 4, id="12,000 characters in four sections"),
    pytest.param([], id="no blocks but a text"),
]

REFUSED = [
    pytest.param([{"type": "divider"}] * 51, "no more than 50 items allowed", "", id="51 blocks"),
    pytest.param([{"type": "headers"}], "unsupported type: headers", "/0/type", id="an unknown block"),
    pytest.param([{"text": mrkdwn()}], "unsupported type: None", "/0/type", id="a block without a type"),
    pytest.param(
        [{"type": "divider", "text": plain()}], "invalid additional property: text", "/0", id="a key too many"
    ),
    pytest.param(
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters",
        "/0/text/text",
        id="a long header",
    ),
    pytest.param(
        [{"type": "header", "text": mrkdwn()}], "unsupported type: mrkdwn", "/0/text/type", id="marks in a header"
    ),
    pytest.param(
        [{"type": "header", "text": "a"}], "unsupported type: None", "/0/text/type", id="a string for a text object"
    ),
    pytest.param([{"type": "header"}], "missing required field: text", "/0", id="a header without text"),
    pytest.param([section()], "must define either `text` or `fields`", "/0", id="an empty section"),
    # What happens when a list of details turns out empty: Slack answers 400, and the alert is lost.
    pytest.param([section(text=mrkdwn(), fields=[])], "must provide at least 1 items", "/0/fields", id="no fields"),
    pytest.param([section(fields=[mrkdwn()] * 11)], "no more than 10 items allowed", "/0/fields", id="11 fields"),
    pytest.param(
        [section(fields=[mrkdwn("x" * 2001)])],
        "must be less than 2001 characters",
        "/0/fields/0/text",
        id="a long field",
    ),
    pytest.param(
        [section(text=mrkdwn("x" * 3001))], "must be less than 3001 characters", "/0/text/text", id="a long section"
    ),
    pytest.param([section(text=mrkdwn(""))], "must be more than 0 characters", "/0/text/text", id="an empty text"),
    pytest.param(
        [section(text=mrkdwn() | {"text": 5})], "must provide a string", "/0/text/text", id="a number for a text"
    ),
    pytest.param(
        [section(text={"type": "markdown", "text": "a"})],
        "unsupported type: markdown",
        "/0/text/type",
        id="markdown for mrkdwn",
    ),
    pytest.param(
        [section(text=mrkdwn() | {"emoji": True})],
        "invalid additional property: emoji",
        "/0/text",
        id="emoji belongs to plain_text",
    ),
    pytest.param(
        [section(text=plain() | {"verbatim": True})],
        "invalid additional property: verbatim",
        "/0/text",
        id="verbatim belongs to mrkdwn",
    ),
    pytest.param([context()], "must provide at least 1 items", "/0/elements", id="an empty context"),
    pytest.param([context(*[mrkdwn()] * 11)], "no more than 10 items allowed", "/0/elements", id="11 context elements"),
    pytest.param([context(button())], "unsupported type: button", "/0/elements/0/type", id="a button in a context"),
    pytest.param(
        [context({"type": "image", "alt_text": "a"})],
        "must define either `image_url` or `slack_file`",
        "/0/elements/0",
        id="a picture without an address",
    ),
    pytest.param(
        [{"type": "image", "image_url": "https://e.org"}],
        "missing required field: alt_text",
        "/0",
        id="a picture without words",
    ),
    pytest.param(
        [PICTURE | {"image_url": "https://" + "x" * 2993}],
        "must be less than 3001 characters",
        "/0/image_url",
        id="a long address",
    ),
    pytest.param(
        [PICTURE | {"alt_text": "x" * 2001}], "must be less than 2001 characters", "/0/alt_text", id="long words"
    ),
    pytest.param([actions()], "must provide at least 1 items", "/0/elements", id="no buttons"),
    pytest.param([actions(*[button()] * 26)], "no more than 25 items allowed", "/0/elements", id="26 buttons"),
    pytest.param(
        [actions(button(text=plain("x" * 76)))],
        "must be less than 76 characters",
        "/0/elements/0/text/text",
        id="a long button",
    ),
    pytest.param(
        [actions(button(text=mrkdwn()))], "unsupported type: mrkdwn", "/0/elements/0/text/type", id="marks on a button"
    ),
    pytest.param(
        [actions(button(url="e.org"))],
        r"must match pattern (https?://|mailto:)\S+",
        "/0/elements/0/url",
        id="an address without its scheme",
    ),
    pytest.param(
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters",
        "/0/elements/0/value",
        id="a long value",
    ),
    pytest.param(
        [actions(button(action_id="x" * 256))],
        "must be less than 256 characters",
        "/0/elements/0/action_id",
        id="a long action_id",
    ),
    pytest.param(
        [actions(*[button(action_id="a")] * 2)],
        '`action_id` "a" already exists',
        "/0/elements",
        id="an action_id twice",
    ),
    pytest.param(
        [actions(button(style="blue"))],
        "must match pattern primary|danger",
        "/0/elements/0/style",
        id="a style of one's own",
    ),
    pytest.param(
        [{"type": "divider", "block_id": "x" * 256}],
        "must be less than 256 characters",
        "/0/block_id",
        id="a long block_id",
    ),
    pytest.param(
        [{"type": "divider", "block_id": "b"}] * 2, '`block_id` "b" already exists', "", id="a block_id twice"
    ),
    pytest.param(
        [{"type": "markdown", "text": "x" * 6001}] * 2,
        "all markdown must be less than 12001 characters",
        "",
        id="two long markdown blocks",
    ),
    pytest.param([rich()], "must provide at least 1 items", "/0/elements", id="an empty rich text"),
    pytest.param([rich(LEAF)], "unsupported type: text", "/0/elements/0/type", id="a leaf without its line"),
    pytest.param(
        [rich(lines("rich_text_section", {"type": "link"}))],
        "missing required field: url",
        "/0/elements/0/elements/0",
        id="a link to nowhere",
    ),
    pytest.param(
        [rich(lines("rich_text_section", LEAF | {"text": ""}))],
        "must be more than 0 characters",
        "/0/elements/0/elements/0/text",
        id="an empty leaf",
    ),
    pytest.param(
        [rich(lines("rich_text_list", LEAF, style="bullet"))],
        "unsupported type: text",
        "/0/elements/0/elements/0/type",
        id="a leaf in a list",
    ),
]

OTHER_ERRORS = [
    pytest.param({}, "no_text", id="nothing at all"),
    pytest.param({"text": "", "blocks": [], "attachments": []}, "no_text", id="three kinds of nothing"),
    pytest.param({"text": "x" * 40_001}, "msg_too_long", id="a text of 40,001 characters"),
    pytest.param({"text": {"type": "mrkdwn"}}, "invalid_arguments", id="a text object for the text"),
    pytest.param({"blocks": {"type": "divider"}}, "invalid_blocks_format", id="a block that is not in a list"),
    pytest.param({"blocks": ["divider"]}, "invalid_blocks_format", id="a list of strings"),
    # Each block is within its limits, but all of them are not.
    pytest.param({"blocks": [section(text=mrkdwn("x" * 2700))] * 5}, "msg_blocks_too_long", id="13,500 characters"),
    pytest.param({"blocks": [section(text=mrkdwn("x" * 250))] * 40}, "msg_blocks_too_long", id="blocks weigh too"),
]

MODELS = [
    pytest.param(sdk.SectionBlock(text="a", fields=["b"], accessory=sdk.ButtonElement(text="c")), id="section"),
    pytest.param(sdk.HeaderBlock(text="a", block_id="b"), id="header"),
    pytest.param(sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="a")]), id="context"),
    pytest.param(sdk.ActionsBlock(elements=[sdk.LinkButtonElement(text="a", url="https://e.org")]), id="actions"),
    pytest.param(sdk.ImageBlock(image_url="https://e.org/a.png", alt_text="a", title="b"), id="image"),
    pytest.param(sdk.MarkdownBlock(text="**a**"), id="markdown"),
    pytest.param(sdk.DividerBlock(), id="divider"),
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


@pytest.mark.parametrize("message", [{"text": "x" * 40_000}, {"blocks": [{"type": "divider"}]}, {"attachments": [{}]}])
def test_a_text_blocks_or_attachments_each_are_enough(message: dict[str, object]) -> None:
    assert refusals(message) == []


@pytest.mark.parametrize("block", MODELS)
def test_what_the_sdk_builds_is_accepted(block: sdk.Block) -> None:
    """The vendor's own models know the keys of a block: a second source for the table of rules."""
    assert refusals({"text": "a", "blocks": [block.to_dict()]}) == []


def test_every_reason_is_given_at_once() -> None:
    assert len(refusals({"text": "a", "blocks": [section(fields=[]), context(), {"type": "header"}]})) == 3
