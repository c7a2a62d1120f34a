"""Lists the reasons why Slack would reject a message; none means that it would accept it.

A reason starts with Slack's error (`no_text`, `invalid_blocks`, …). A type that the inbox cannot draw is rejected as
unknown, so that it never first appears in a real channel.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MOST_BLOCKS = 50  # https://docs.slack.dev/reference/block-kit/blocks
MOST_TEXT = 40_000  # https://docs.slack.dev/reference/methods/chat.postMessage#truncating
MOST_MARKDOWN = 12_000  # of all blocks together: https://docs.slack.dev/reference/block-kit/blocks/markdown-block
# Undocumented. Measured by users: all text plus about 100 characters per block must stay below it:
# https://github.com/slackapi/bolt-js/issues/2509 and https://github.com/slackapi/bolt-js/issues/2867
MOST_CHARACTERS = 13_200
CHARACTERS_PER_BLOCK = 100

type Rule = String | Items | Keys | Kinds | None  # None: anything is accepted
type Kinds = Mapping[str, Rule]  # an object whose `type` selects the rule


@dataclass(frozen=True)
class String:
    longest: int
    pattern: str = ""


@dataclass(frozen=True)
class Items:
    of: Rule
    most: int
    least: int = 1


@dataclass(frozen=True)
class Keys:
    """An object with only these keys, of which at least one of `either` must be present."""

    required: Mapping[str, Rule] = field(default_factory=dict)
    optional: Mapping[str, Rule] = field(default_factory=dict)
    either: tuple[str, ...] = ()


def _plain(longest: int) -> Kinds:  # https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    return {"plain_text": Keys({"text": String(longest)}, {"emoji": None})}


def _text(longest: int) -> Kinds:
    return {**_plain(longest), "mrkdwn": Keys({"text": String(longest)}, {"verbatim": None})}


URL = String(3000, pattern=r"(https?://|mailto:)\S+")
LEAF_TEXT = String(MOST_TEXT)  # only the limit for the whole message is documented
PICTURE: Kinds = {"image_url": URL, "slack_file": None}
IMAGE = Keys({"alt_text": String(2000)}, PICTURE, either=tuple(PICTURE))
BUTTON_OPTIONS: Kinds = {  # https://docs.slack.dev/reference/block-kit/block-elements/button-element
    "accessibility_label": String(75),
    "action_id": String(255),
    "confirm": None,
    "style": String(255, pattern="primary|danger"),
    "url": URL,
    "value": String(2000),
}
BUTTON = Keys({"text": _plain(75)}, BUTTON_OPTIONS)
LEAVES: Kinds = {  # https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    "text": Keys({"text": LEAF_TEXT}, {"style": None}),
    "link": Keys({"url": URL}, {"text": LEAF_TEXT, "style": None, "unsafe": None}),
    "emoji": Keys({"name": String(255)}, dict.fromkeys(("unicode", "skin_tone", "style"))),
    **dict.fromkeys(("broadcast", "channel", "color", "date", "team", "user", "usergroup")),
}
RICH_LINE: Kinds = {"elements": Items(LEAVES, MOST_TEXT, least=0)}  # may be empty: slackapi/python-slack-sdk#1576
RICH_LIST: Kinds = {
    "elements": Items({"rich_text_section": Keys(RICH_LINE)}, MOST_TEXT, least=0),
    "style": String(255, pattern="bullet|ordered"),
}
RICH_TEXT: Kinds = {
    "rich_text_section": Keys(RICH_LINE),
    "rich_text_quote": Keys(RICH_LINE, {"border": None}),
    "rich_text_preformatted": Keys(RICH_LINE, {"border": None, "language": None}),
    "rich_text_list": Keys(RICH_LIST, dict.fromkeys(("indent", "offset", "border"))),
}
ANY: Kinds = {"block_id": String(255)}
SECTION_PARTS: Kinds = {"text": _text(3000), "fields": Items(_text(2000), 10)}
SECTION_OPTIONS: Kinds = {**ANY, **SECTION_PARTS, "accessory": {"button": BUTTON, "image": IMAGE}, "expand": None}
BLOCKS: Kinds = {  # each at https://docs.slack.dev/reference/block-kit/blocks/<type>-block
    "actions": Keys({"elements": Items({"button": BUTTON}, 25)}, ANY),
    "context": Keys({"elements": Items({**_text(3000), "image": IMAGE}, 10)}, ANY),
    "divider": Keys({}, ANY),
    "header": Keys({"text": _plain(150)}, ANY),
    "image": Keys(IMAGE.required, {**ANY, **PICTURE, "title": _plain(2000)}, IMAGE.either),
    "markdown": Keys({"text": String(MOST_MARKDOWN)}, ANY),
    "rich_text": Keys({"elements": Items(RICH_TEXT, MOST_TEXT)}, ANY),
    "section": Keys({}, SECTION_OPTIONS, either=tuple(SECTION_PARTS)),
}


def refusals(message: Mapping[str, object]) -> list[str]:
    text, blocks = message.get("text"), message.get("blocks")
    if not (text or blocks or message.get("attachments")):
        return ["no_text"]
    if text and not isinstance(text, str):
        return [_refusal("invalid_arguments: must provide a string", "/text")]
    if isinstance(text, str) and len(text) > MOST_TEXT:
        return [_refusal(f"msg_too_long: must be less than {MOST_TEXT + 1} characters", "/text")]
    return _block_refusals(blocks) if blocks else []  # an update removes the blocks with an empty list


def _block_refusals(blocks: object) -> list[str]:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return [_refusal("invalid_blocks_format: must be a list of objects", "/blocks")]
    reasons = [*_check(Items(BLOCKS, MOST_BLOCKS), blocks, "/blocks")]
    if sum(len(str(block.get("text"))) for block in blocks if block.get("type") == "markdown") > MOST_MARKDOWN:
        reasons.append(_refusal(f"all markdown must be less than {MOST_MARKDOWN + 1} characters", "/blocks"))
    if reasons:
        return [f"invalid_blocks: {reason}" for reason in reasons]
    size = sum(len(text) for text in _texts(blocks)) + CHARACTERS_PER_BLOCK * len(blocks)
    if size > MOST_CHARACTERS:
        return [_refusal(f"msg_blocks_too_long: about {size} of {MOST_CHARACTERS} characters", "/blocks")]
    return []


def _check(rule: Rule, value: object, at: str) -> Iterator[str]:
    match rule:
        case String():
            yield from _check_string(rule, value, at)
        case Items():
            yield from _check_items(rule, value, at)
        case Keys():
            yield from _check_keys(rule, value, at)
        case Mapping():
            kind = value.get("type") if isinstance(value, dict) else None
            if isinstance(kind, str) and kind in rule:
                yield from _check(rule[kind], value, at)
            else:
                yield _refusal(f"unsupported type: {kind}", f"{at}/type")


def _check_string(rule: String, value: object, at: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _refusal("must provide a string", at)
    elif not value:
        yield _refusal("must be more than 0 characters", at)
    elif len(value) > rule.longest:
        yield _refusal(f"must be less than {rule.longest + 1} characters", at)
    elif rule.pattern and not re.fullmatch(rule.pattern, value):
        yield _refusal(f"must match pattern {rule.pattern}", at)


def _check_items(rule: Items, value: object, at: str) -> Iterator[str]:
    items = value if isinstance(value, list) else []
    if len(items) < rule.least:
        yield _refusal(f"must provide at least {rule.least} items", at)
    if len(items) > rule.most:
        yield _refusal(f"no more than {rule.most} items allowed", at)
    for index, item in enumerate(items):
        yield from _check(rule.of, item, f"{at}/{index}")
    for name in ("block_id", "action_id"):
        given = Counter(str(item[name]) for item in items if isinstance(item, dict) and name in item)
        yield from (_refusal(f'`{name}` "{twice}" already exists', at) for twice, count in given.items() if count > 1)


def _check_keys(rule: Keys, value: object, at: str) -> Iterator[str]:
    given: Mapping[str, object] = value if isinstance(value, dict) else {}
    known = {"type": None, **rule.required, **rule.optional}
    if rule.either and not given.keys() & set(rule.either):
        yield _refusal("must define either " + " or ".join(f"`{key}`" for key in rule.either), at)
    yield from (_refusal(f"missing required field: {key}", at) for key in rule.required if key not in given)
    for key, part in given.items():
        if key in known:
            yield from _check(known[key], part, f"{at}/{key}")
        else:
            yield _refusal(f"invalid additional property: {key}", at)


def _refusal(reason: str, at: str) -> str:
    return f"{reason} [json-pointer:{at}]"


def _texts(value: object) -> Iterator[str]:
    parts: Iterable[object] = value if isinstance(value, list) else ()
    if isinstance(value, dict):
        parts = value.values()
        if isinstance(value.get("text"), str):
            yield value["text"]
    for part in parts:
        yield from _texts(part)
