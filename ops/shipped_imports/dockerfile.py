"""Reads a Dockerfile: which files its last stage has, where Python looks for modules, and what pip installs.

FROM, ARG, ENV, WORKDIR, COPY, ADD and the ignore file work as in https://docs.docker.com/reference/dockerfile/. CMD and
ENTRYPOINT only matter for the folder they start in, and RUN only for `pip install`.
"""

import json
import re
import shlex
from argparse import ArgumentError, ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from glob import translate
from itertools import accumulate, groupby
from pathlib import Path
from posixpath import basename, dirname, join, normpath

from ops.shipped_imports import CannotTell
from ops.shipped_imports.graph import Layout, is_within
from ops.shipped_imports.requirements import Line

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})")
_HEREDOC = re.compile(r"(?<!<)<<-?([\"']?)([A-Za-z_]\w*)\1")
_SCRIPT = re.compile(r"(?:^|[\s/])python[\d.]*(?:\s+-[^mc\s]\S*)*\s+([^\s-]\S*\.py)(?=\s|$)")
_OTHERS = {"EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME"}
_COPY_FLAGS = {"--from", "--chown", "--chmod", "--link", "--checksum", "--keep-git-dir"}

# Which of pip's options take a value, so that the value is not mistaken for a package.
_PIP = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
_PIP.add_argument("-r", "--requirement", "--requirements", dest="files", action="append", default=[])
_PIP.add_argument("-e", "--editable", dest="folders", action="append", default=[])
_PIP.add_argument("-q", "-U", "-v", action="store_true")
_PIP.add_argument("-c", "--constraint", "-t", "--target", "--prefix", "--root", "-p", "--python", "--cache-dir")
_PIP.add_argument("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host", "--proxy", "--cert")
_PIP.add_argument("--platform", "--only-binary", "--no-binary", "--timeout", "--retries", "--progress-bar", "--log")


@dataclass
class _Stage:
    """A stage as its instructions have made it so far. Paths have no leading slash."""

    files: dict[str, str] = field(default_factory=dict)
    workdir: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    # Dockerfiles often prepend to it; base images leave it empty.
    environment: dict[str, str] = field(default_factory=lambda: {"PYTHONPATH": ""})
    installs: list[Line] = field(default_factory=list)
    commands: dict[str, str] = field(default_factory=dict)

    def expand(self, text: str) -> str:
        """Replace variables by their values. One without a value stays."""

        def value(found: re.Match[str]) -> str:
            known = (self.arguments | self.environment).get(found[1] or found[2])
            return known or (found[3] if found[3] is not None else found[0] if known is None else "")

        return _VARIABLE.sub(value, text)

    def path(self, text: str, where: str, base: str | None = None) -> str:
        """A path in the image, relative to the base, by default the working directory."""
        text = self.expand(text)
        if "$" in text:
            raise CannotTell(f"{where}: {text} has a variable without a value: give it a default with ARG or ENV")
        return normpath(join("/", self.workdir if base is None else base, text)).lstrip("/")


def read_dockerfile(dockerfile: Path, root: Path, files: Sequence[str]) -> tuple[Layout, list[Line]]:
    """The image built from a build context's files, and the requirement lines that are installed in it."""
    stages = {"": _Stage(files={file: file for file in _not_ignored(files, dockerfile, root)})}
    stage = before = _Stage()
    for where, word, rest in _instructions(dockerfile):
        try:
            if word == "FROM":
                base, *alias = (part.lower() for part in before.expand(rest).split() if not part.startswith("--"))
                stage = deepcopy(stages.get(base, _Stage()))
                stages[str(sum(key.isdigit() for key in stages))] = stage
                stages |= {alias[-1]: stage} if alias else {}
            elif word in {"COPY", "ADD"}:
                _copy(stage, rest, where, root, stages)
            elif word == "RUN":
                stage.installs += _pip_installs(stage, rest, where)
            elif word not in _OTHERS:
                _set(stage, before.arguments, word, rest, where)
        except (ValueError, ArgumentError):
            raise CannotTell(f"{where}: {word} {rest} is not understood") from None
    return Layout(stage.files, _search(stage, str(dockerfile)), "copied"), stage.installs


def _set(stage: _Stage, defaults: Mapping[str, str], word: str, rest: str, where: str) -> None:
    words = _words(rest)
    if word == "ARG":
        for name, given, value in (part.partition("=") for part in words):
            known = {name: stage.expand(value)} if given else defaults
            stage.arguments |= {name: known[name]} if name in known else {}
    elif word == "ENV":
        first, *more = words
        pairs = [part.split("=", 1) for part in words] if "=" in first else [[first, " ".join(more)]]
        stage.environment |= {name: stage.expand(value) for name, value in pairs}
    elif word == "WORKDIR":
        stage.workdir = stage.path(" ".join(words), where)
    elif word in {"CMD", "ENTRYPOINT"}:
        stage.commands[word] = " ".join(words)
    else:
        raise ValueError(word)


def _instructions(dockerfile: Path) -> Iterator[tuple[str, str, str]]:
    """Each instruction: its file and line, its name in capitals, and its arguments with continuation lines joined."""
    try:
        text = dockerfile.read_text()
    except OSError as error:
        raise CannotTell(f"{dockerfile} cannot be read: {error.strerror}") from None
    if re.search(r"^#\s*escape\s*=\s*`", text, re.MULTILINE | re.IGNORECASE):
        raise CannotTell(f"{dockerfile}: an escape character other than the backslash is not supported")
    lines = enumerate(text.splitlines(), 1)
    for number, line in lines:
        whole = _code(line)
        while whole.endswith("\\"):
            # Comments and empty lines in between do not end the instruction.
            whole = whole[:-1] + next(filter(None, (_code(following) for _, following in lines)), "")
        word, rest = (*whole.split(maxsplit=1), "", "")[:2]
        if word.upper() in {"RUN", "COPY", "ADD"}:
            for _, delimiter in _HEREDOC.findall(rest):
                for _, following in lines:
                    if following.lstrip("\t") == delimiter:
                        break
                    rest += f"\n{following}"
        if word:
            yield f"{dockerfile}:{number}", word.upper(), rest


def _code(line: str) -> str:
    return "" if line.lstrip().startswith("#") else line.rstrip()


def _words(text: str) -> list[str]:
    return [str(word) for word in (json.loads(text) if text.startswith("[") else shlex.split(text))]


def _copy(stage: _Stage, rest: str, where: str, root: Path, stages: Mapping[str, _Stage]) -> None:
    origin = stages[""]
    while rest.startswith("--"):
        flag, rest = rest.split(maxsplit=1)
        name, _, value = flag.partition("=")
        if name not in _COPY_FLAGS:
            raise CannotTell(f"{where}: {name} is not supported, so what this copies is unknown")
        if name == "--from":  # files from another image are not from this repository
            origin = stages.get(stage.expand(value).lower(), _Stage())
    *sources, last = _words(rest.partition("\n")[0])
    target = stage.path(last, where)
    # A file goes into an existing folder, with or without a trailing slash.
    is_folder = last.endswith("/") or target == stage.workdir or any(is_within(path, target) for path in stage.files)
    for source in sources:
        if re.match(r"<<|git@|\w+://", source):
            continue  # written in the Dockerfile, or fetched
        pattern = stage.path(source, where, base="")
        glob, depth = _glob(pattern), len(pattern.split("/")) if pattern else 0
        is_found = False
        for path, file in origin.files.items():
            selected = "/".join(path.split("/")[:depth])
            if glob.match(selected):
                is_found = True
                inner = path[len(selected) :].lstrip("/") or (basename(path) if is_folder else "")
                stage.files[join(target, inner).rstrip("/")] = file
        if not is_found and origin is not stages[""]:
            # No COPY created it, so a RUN did: assume that pip installed it.
            stage.installs += origin.installs
        elif not is_found and not set(pattern) & set("*?[") and not (root / pattern).exists():
            raise CannotTell(f"{where}: {pattern} does not exist, so the image cannot be built")


def _glob(pattern: str) -> re.Pattern[str]:
    # Go's patterns negate a set with ^, Python's with !.
    return re.compile(translate(pattern.replace("[^", "[!"), recursive=True, include_hidden=True))


def _not_ignored(files: Sequence[str], dockerfile: Path, root: Path) -> Iterator[str]:
    """The files that the ignore file keeps in the build context: the last pattern that matches decides."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    ignore = own if own.exists() else root / ".dockerignore"
    lines = [line.strip() for line in ignore.read_text().splitlines()] if ignore.exists() else []
    rules = [
        (line.startswith("!"), _glob(normpath(join("/", line.lstrip("!").strip())).lstrip("/")))
        for line in lines
        if line and not line.startswith("#")
    ]
    for file in files:
        folders = list(accumulate(file.split("/"), "{}/{}".format))
        is_kept = True
        for keeps, glob in rules:
            if keeps != is_kept and any(glob.match(path) for path in folders):
                is_kept = keeps
        if is_kept:
            yield file


def _pip_installs(stage: _Stage, text: str, where: str) -> Iterator[Line]:
    """What each `pip install` in a RUN names, as lines of a requirements file relative to the root."""
    if not re.search(r"\bpip.*\binstall\b", text):
        return
    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words = _words(text) if text.startswith("[") else list(lexer)
    for _, group in groupby(words, lambda word: set(word) <= set("();<>|&")):
        command = list(group)
        verb = command.index("install") if "install" in command else 0
        if not any(re.fullmatch(r"(.*/)?pip[\d.]*", word) for word in command[:verb]):
            continue
        options, others = _PIP.parse_known_args(command[verb + 1 :])
        for file in options.files:
            path = stage.path(file, where)
            # An absolute path exists nowhere in the repository, so it is reported as missing.
            yield where, f"-r {stage.files.get(path, join('/', path))}"
        for folder in options.folders:
            yield where, f"-e {folder}"
        for package in others:
            if not package.startswith("-") and not package.isdigit():  # the 2 of 2>&1
                yield where, stage.expand(package)


def _search(stage: _Stage, where: str) -> tuple[str, ...]:
    """Where Python looks: the folder of the script that CMD starts, or the working directory; then PYTHONPATH."""
    command = " ".join(stage.commands[word] for word in ("ENTRYPOINT", "CMD") if word in stage.commands)
    start = "."
    if chdir := re.search(r"--chdir[=\s](\S+)", command):
        start = chdir[1]
    elif script := _SCRIPT.search(command):
        start = dirname(script[1]) or "."
    entries = filter(None, stage.environment["PYTHONPATH"].split(":"))
    return tuple(dict.fromkeys(stage.path(folder, where) for folder in (start, *entries)))
