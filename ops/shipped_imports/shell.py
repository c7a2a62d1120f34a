"""Splits shell text into commands, well enough to see what is installed and started. Nothing is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

# A name, a name in braces with a default or another operator, or two dollars.
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+?=])([^}]*))?\})")
_KEYWORDS = {
    "then",
    "do",
    "else",
    "if",
    "elif",
    "while",
    "until",
    "{",
    "}",
    "!",
    "exec",
    "command",
    "time",
    "sudo",
    "nohup",
}


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace variables by their values. One without a value stays."""

    def value(found: re.Match[str]) -> str:
        known, other, default = variables.get(found[1] or found[2]), found[3] or "", found[4] or ""
        if "+" in other:
            return default if known else ""
        if known or (known is not None and not other.startswith(":")):
            return known
        return default if other and "?" not in other else found[0]

    return _VARIABLE.sub(value, text)


def words(text: str) -> list[str]:
    """The words of one command, also where a quote is left open."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.replace('"', " ").replace("'", " ").split()


def commands(text: str) -> Iterator[list[str]]:
    """Each command of a script, as words, without what comes before the program: exec, VARIABLE=value, then."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(re.sub(r"(^|\s)#.*", "", line), posix=True, punctuation_chars="();<>|&")
        lexer.commenters, lexer.whitespace_split = "", True
        try:
            tokens = list(lexer)
        except ValueError:
            tokens = words(line)
        command: list[str] = []
        skips = False
        for token in tokens:
            if skips:
                skips = False
            elif token and not token.strip("();<>|&"):
                if "<" in token or ">" in token:
                    skips = True  # the file, or the number of a stream
                    if command[-1:] and command[-1].isdigit():
                        command.pop()
                else:
                    yield from _stripped(command)
                    command = []
            else:
                command.append(token)
        yield from _stripped(command)


def _stripped(command: list[str]) -> Iterator[list[str]]:
    while command and (command[0] in _KEYWORDS or re.match(r"\w+=", command[0])):
        command = command[1:]
    if command:
        yield command
