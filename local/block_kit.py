"""Lists the reasons why Slack would reject a message; none means that it would accept it.

A reason starts with Slack's error (`no_text`, `invalid_blocks`, …). The limits of a block are those of slack_sdk's
models. Here is what they let pass. A block that the inbox cannot draw is rejected as unknown, so that it never first
appears in a real channel.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

MOST_BLOCKS = 50  # https://docs.slack.dev/reference/block-kit/blocks
MOST_TEXT = 40_000  # https://docs.slack.dev/reference/methods/chat.postMessage#truncating
# Undocumented. Measured by users: all text plus about 100 characters per block must stay below it:
# https://github.com/slackapi/bolt-js/issues/2509 and https://github.com/slackapi/bolt-js/issues/2867
MOST_CHARACTERS = 13_200
CHARACTERS_PER_BLOCK = 100

CONTENT = {"header": "text", "section": "text", "context": "elements"}
"""The blocks that the inbox draws, and the key that has their text."""


def refusals(message: Mapping[str, Any]) -> list[str]:
    text, blocks = message.get("text"), message.get("blocks")
    if not (text or blocks or message.get("attachments")):
        return ["no_text"]
    if text and not isinstance(text, str):
        return [_refusal("invalid_arguments: must provide a string", "/text")]
    if text and len(text) > MOST_TEXT:
        return [_refusal(f"msg_too_long: must be less than {MOST_TEXT + 1} characters", "/text")]
    return _block_refusals(blocks) if blocks else []  # an update removes the blocks with an empty list


def _block_refusals(blocks: object) -> list[str]:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return [_refusal("invalid_blocks_format: must be a list of objects", "/blocks")]
    if len(blocks) > MOST_BLOCKS:
        return [_refusal(f"invalid_blocks: no more than {MOST_BLOCKS} items allowed", "/blocks")]
    found = [(reason, f"/blocks/{number}") for number, block in enumerate(blocks) if (reason := _wrong_with(block))]
    if found:
        return [_refusal(f"invalid_blocks: {reason}", at) for reason, at in found]
    size = sum(len(text) for text in _texts(blocks)) + CHARACTERS_PER_BLOCK * len(blocks)
    if size > MOST_CHARACTERS:
        return [_refusal(f"msg_blocks_too_long: about {size} of {MOST_CHARACTERS} characters", "/blocks")]
    return []


def _wrong_with(block: Mapping[str, Any]) -> str | None:
    kind = str(block.get("type"))
    if kind not in CONTENT:
        return f"unsupported type: {kind}"
    if unknown := sorted(block.keys() - {"type", CONTENT[kind]}):
        return f"invalid additional property: {', '.join(unknown)}"
    content = block.get(CONTENT[kind])
    texts = content if isinstance(content, list) else [content]
    types = ("plain_text",) if kind == "header" else ("plain_text", "mrkdwn")
    if not all(isinstance(text, dict) and text.get("type") in types for text in texts):
        return f"{CONTENT[kind]} must be {' or '.join(types)}"
    try:
        built = Block.parse(dict(block))
        sent = built.to_dict() if built else None
    except (SlackObjectFormationError, TypeError) as error:
        return str(error)
    # The models leave out what is empty, which Slack refuses.
    return None if sent == block else f"must not be empty, and would be sent as {sent}"


def _refusal(reason: str, at: str) -> str:
    return f"{reason} [json-pointer:{at}]"


def _texts(value: object) -> Iterator[str]:
    """All text within the blocks."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
