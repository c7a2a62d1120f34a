"""Decides which files an ignore file leaves out: .dockerignore, .gcloudignore and .gitignore."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from posixpath import join, normpath


def docker_kept(files: Iterable[str], text: str) -> Iterator[str]:
    """The files that a .dockerignore keeps: the last pattern that matches a file or a folder above it decides."""
    lines = [line.strip() for line in text.splitlines()]
    rules = [
        (line.startswith("!"), pattern(normpath(join("/", line.lstrip("!").strip())).lstrip("/")))
        for line in lines
        if line and not line.startswith("#")
    ]
    for file in files:
        folders = list(_folders(file))
        is_kept = True
        for keeps, glob in rules:
            if keeps != is_kept and any(glob.match(path) for path in folders):
                is_kept = keeps
        if is_kept:
            yield file


def git_kept(files: Iterable[str], texts: Mapping[str, str], name: str) -> Iterator[str]:
    """The files that gcloud uploads by this ignore file, whose patterns are git's. It may include another."""
    rules = list(_git_rules(texts, name))
    for file in files:
        if not _is_ignored(file, rules):
            yield file


def _is_ignored(file: str, rules: list[tuple[bool, bool, re.Pattern[str]]]) -> bool:
    # What is in a folder that is left out cannot be taken back.
    for path in _folders(file):
        is_ignored = False
        for ignores, only_folders, glob in rules:
            if ignores != is_ignored and (path != file or not only_folders) and glob.match(path):
                is_ignored = ignores
        if is_ignored:
            return True
    return False


def _git_rules(texts: Mapping[str, str], name: str) -> Iterator[tuple[bool, bool, re.Pattern[str]]]:
    for line in texts.get(name, "").splitlines():
        text = line.rstrip()
        if text.startswith("#!include:") and (other := text[len("#!include:") :].strip()) != name:
            yield from _git_rules({key: value for key, value in texts.items() if key != name}, other)
        elif text and not text.startswith("#"):
            ignores = not text.startswith("!")
            text = text.lstrip("!")
            # Without a slash before its end, a pattern fits at any depth.
            anchored = "/" in text.rstrip("/")
            yield ignores, text.endswith("/"), pattern(text.strip("/") if anchored else f"**/{text.strip('/')}")


def read_ignore_files(folder: Path) -> dict[str, str]:
    """The texts of the ignore files of a folder."""
    names = (".dockerignore", ".gcloudignore", ".gitignore")
    return {name: read_text(folder / name) for name in names if (folder / name).is_file()}


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 if it starts as one. Raises OSError."""
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return data.decode(encoding, errors="replace")


def _folders(file: str) -> Iterator[str]:
    return accumulate(file.split("/"), "{}/{}".format)


def pattern(text: str) -> re.Pattern[str]:
    """A glob: * and ? end at a slash, ** does not, and a set may be negated by ^ or by !."""
    out, index = "", 0
    while index < len(text):
        char = text[index]
        if text.startswith("**/", index):
            out, index = f"{out}(?:.*/)?", index + 3
        elif text.startswith("**", index):
            out, index = f"{out}.*", index + 2
        elif char == "[" and (end := text.find("]", index + 2)) > 0:
            inner = text[index + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out += f"[^{inner[1:]}]" if inner[0] in "^!" else f"[{inner}]"
            index = end + 1
        else:
            if char == "\\" and index + 1 < len(text):
                index += 1
                char = text[index]
                out += re.escape(char)
            else:
                out += {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char))
            index += 1
    try:
        return re.compile(rf"{out}\Z", re.DOTALL)
    except re.error:  # such as the set [z-a]
        return re.compile(rf"{re.escape(text)}\Z")
