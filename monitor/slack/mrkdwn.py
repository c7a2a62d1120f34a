"""Pieces of a message in Slack's mrkdwn: escaped data, lists that fit, links, commands and the blocks that hold them.

https://docs.slack.dev/messaging/formatting-message-text
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from urllib.parse import quote

from slack_sdk.models.blocks import ContextBlock, MarkdownTextObject, SectionBlock

# Slack's model of a section refuses more than 3,000 characters. Three of ours hold text of any length, and a message
# may have 12,000 in all.
_SECTION_CHARACTERS = 2_600
_LINE_CHARACTERS = 200
_URL_CHARACTERS = ":/?#[]@!$&'()*+,;=%~"


def section(text: str) -> SectionBlock:
    """A paragraph of a message."""
    return SectionBlock(text=_mrkdwn(text))


def context(text: str) -> ContextBlock:
    """A line in small print."""
    return ContextBlock(elements=[_mrkdwn(text)])


def _mrkdwn(text: str) -> MarkdownTextObject:
    # Verbatim: Slack must not turn addresses, channel names and mentions that come from data into links.
    # https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    return MarkdownTextObject(text=text, verbatim=True)


def link(url: str, label: str) -> str:
    """A link. What could end it early is percent-encoded."""
    return f"<{escape(quote(url, safe=_URL_CHARACTERS), len(url) * 9)}|{label}>"


def code(*lines: str) -> str:
    """Lines to copy, in a block of their own."""
    return f"```{'\n'.join(escape(line, 1_500) for line in lines)}```"


def escape(text: str, most: int = _LINE_CHARACTERS) -> str:
    """One piece of data as Slack shows it literally, on one line, at most `most` characters long when escaped."""
    entities = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    pieces = [entities.get(character, character) for character in " ".join(text.split())]
    lengths = list(accumulate(map(len, pieces)))
    if not lengths or lengths[-1] <= most:
        return "".join(pieces)
    return "".join(pieces[: bisect_right(lengths, most - 1)]) + "…"


def fit(lines: Sequence[str], most: int) -> str:
    """The lines that fit, and how many more there are."""
    kept: list[str] = []
    for line in lines[:most]:
        if sum(len(each) + 1 for each in kept) + len(line) > _SECTION_CHARACTERS:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    return "\n".join([*kept, f"+{left} more"] if left else kept)


def listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = [f"+{len(names) - most} more"] if len(names) > most else []
    return " · ".join([*names[:most], *more])
