"""Converts Slack's text formats to safe HTML: mrkdwn with styles, links and mentions, or plain text with emoji.

Everything else is escaped. Line breaks are kept as they are, so the page must preserve white space.
"""

import html
import re
from collections.abc import Callable

from markupsafe import Markup

# https://docs.slack.dev/messaging/formatting-message-text
CODE = r"```\n?(?P<pre>.+?)\n?```\n?|`(?P<code>[^`\n]+)`"
REFERENCE = r"<(?P<target>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>"
MARKS = {"*": "strong", "_": "em", "~": "del"}
EMOJI = {
    "arrow_down": "⬇️",
    "arrow_up": "⬆️",
    "basketball": "🏀",
    "bell": "🔔",
    "calendar": "📅",
    "fire": "🔥",
    "grey_question": "❔",
    "heavy_check_mark": "✔️",
    "hourglass_flowing_sand": "⏳",
    "information_source": "ℹ️",  # noqa: RUF001 -- this is the character Slack draws
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "large_orange_circle": "🟠",
    "large_yellow_circle": "🟡",
    "no_entry": "⛔",
    "question": "❓",
    "red_circle": "🔴",
    "rotating_light": "🚨",
    "stopwatch": "⏱️",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "white_circle": "⚪",
    "x": "❌",
}


def mrkdwn(text: str) -> Markup:
    # Finished pieces are kept outside the text, so that no later step changes them. A private-use character marks the
    # place of each, and is removed from the text first.
    pieces: list[str] = []

    def finished(piece: str) -> str:
        pieces.append(piece)
        return f"\ue000{len(pieces) - 1}\ue001"

    text = re.sub("[\ue000\ue001]", "\ufffd", text)
    text = re.sub(CODE, lambda found: finished(_code(found)), text, flags=re.DOTALL)
    text = re.sub(REFERENCE, lambda found: _reference(found, finished), text)
    text = _marked(plain(text))
    return Markup(re.sub("\ue000(\\d+)\ue001", lambda found: pieces[int(found[1])], text))  # noqa: S704 -- all escaped


def plain(text: str) -> Markup:
    return Markup(re.sub(r":([a-z0-9_+-]+):", _emoji, _escaped(text)))  # noqa: S704 -- escaped in the same line


def _escaped(text: str) -> str:
    # Slack decodes these three entities and no others.
    return html.escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _emoji(found: re.Match[str]) -> str:
    return EMOJI.get(found[1], found[0])


def _marked(text: str) -> str:
    for mark, tag in MARKS.items():
        sign = re.escape(mark)
        # As in Slack, a mark only counts at the edge of a word: snake_case and 2*3*4 stay as they are.
        opening, inside, closing = (
            rf"(?<![^\W_])(?<!{sign})",
            rf"[^\s{sign}]|[^\s{sign}][^\n{sign}]*[^\s{sign}]",
            r"(?![^\W_])",
        )
        text = re.sub(rf"{opening}{sign}({inside}){sign}{closing}(?!{sign})", rf"<{tag}>\1</{tag}>", text)
    return text


def _code(found: re.Match[str]) -> str:
    tag = "pre" if found["pre"] else "code"
    return f"<{tag}>{_escaped(found[tag])}</{tag}>"


def _reference(found: re.Match[str], finished: Callable[[str], str]) -> str:
    target, label = found["target"], found["label"]
    if re.match(r"https?://|mailto:", target):
        text = label or finished(_escaped(target.removeprefix("mailto:")))
        return finished(f'<a href="{_escaped(target)}" rel="noreferrer">') + text + finished("</a>")
    if target in {"!channel", "!here", "!everyone"}:
        return finished(f'<span class="mention">@{target[1:]}</span>')
    if target.startswith("!date^") and label:
        return label
    if target.startswith(("@", "#", "!subteam^")):
        sign = "#" if target.startswith("#") else "@"
        name = label or target.removeprefix("!subteam^").lstrip("@#")
        return finished(f'<span class="mention">{sign}{_escaped(name).removeprefix("@")}</span>')
    return found[0]
