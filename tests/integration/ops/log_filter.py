"""The part of Cloud Logging's query language that the alert policies use, evaluated on one log entry.

https://cloud.google.com/logging/docs/view/logging-query-language. Whatever else is in a filter is a SyntaxError.
"""

import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<word>AND\b|OR\b|NOT\b|\(|\)) | (?P<field>[A-Za-z]\w*(?:\.\w+)*)\s*(?P<operator>=~|>=|=|:)\s*
    (?P<value>"(?:[^"\\]|\\.)*"|[\w.]+))""",
    re.VERBOSE,
)


def matches(text: str, entry: dict[str, Any]) -> bool:
    """Whether the filter lets this entry, in the form of the API's LogEntry, through."""
    tokens = []
    while text.strip():
        token = _TOKEN.match(text)
        if not token:
            raise SyntaxError(text)
        tokens.append(token)
        text = text[token.end() :]
    value = _either(tokens, entry)
    if tokens:
        raise SyntaxError(tokens[0][0])
    return value


def _either(tokens: list[re.Match[str]], entry: dict[str, Any]) -> bool:
    return any(_joined("OR", _both, tokens, entry))


def _both(tokens: list[re.Match[str]], entry: dict[str, Any]) -> bool:
    return all(_joined("AND", _one, tokens, entry))


def _joined(word: str, part: Callable[..., bool], tokens: list[re.Match[str]], entry: dict[str, Any]) -> list[bool]:
    """The values of the parts that this word joins, each of which takes its tokens away."""
    values = [part(tokens, entry)]
    while tokens and tokens[0]["word"] == word:
        tokens.pop(0)
        values.append(part(tokens, entry))
    return values


def _one(tokens: list[re.Match[str]], entry: dict[str, Any]) -> bool:
    token = tokens.pop(0)
    if token["word"] == "NOT":
        return not _one(tokens, entry)
    if token["word"] == "(":
        value = _either(tokens, entry)
        assert tokens.pop(0)["word"] == ")"
        return value
    return _compared(token["operator"], _found(token["field"], entry), token["value"])


def _found(path: str, entry: Any) -> Any:
    for name in path.split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


def _compared(operator: str, found: Any, wanted: str) -> bool:
    """A field that is not there is neither equal, nor more, nor like anything."""
    if found is None:
        return False
    text = str(found).lower() if isinstance(found, bool) else str(found)
    wanted = re.sub(r"\\(.)", r"\1", wanted[1:-1]) if wanted[0] == '"' else wanted
    match operator:
        case "=":
            return text.lower() == wanted.lower()  # equality does not look at case
        case ":":
            return wanted.lower() in text.lower()
        case "=~":
            return bool(re.search(wanted, text))
        case _:
            return float(text) >= float(wanted)
