"""Reads a Dockerfile: which files a stage has, what is installed in it, what it starts and where Python looks.

The instructions work as in https://docs.docker.com/reference/dockerfile/. RUN counts for what it installs. What is not
understood becomes a note, and the rest is read.
"""

from __future__ import annotations

import json
import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import basename, join, normpath

from ops.shipped_imports import CannotTell
from ops.shipped_imports.findings import Finding
from ops.shipped_imports.ignored import docker_kept, pattern, read_text
from ops.shipped_imports.image import EMPTY, Image, Layout, is_within
from ops.shipped_imports.installs import add_installs, mounts
from ops.shipped_imports.requirements import Requirements
from ops.shipped_imports.shell import expand, words
from ops.shipped_imports.start import Container, Start, starts

_HEREDOC = re.compile(r"(?<!<)<<-?([\"']?)([A-Za-z_]\w*)\1")
_COPY_FLAGS = {"--from", "--chown", "--chmod", "--link", "--checksum", "--keep-git-dir", "--exclude", "--parents"}
_OTHERS = {"EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME"}
# Where the packages of a project end up; no path of an image starts so.
SITE = "<site-packages>"
# Folders that every image has, so that a file copied to one goes into it.
_FOLDERS = set("tmp opt srv root home usr usr/src usr/bin usr/local usr/local/bin var etc mnt bin run".split())
# Images with nothing installed for Python but what their Dockerfile installs.
_BARE = re.compile(
    r"(?:(?:docker\.io|mirror\.gcr\.io|public\.ecr\.aws/docker)/)?(?:library/)?"
    r"(?:python|pypy|debian|ubuntu|alpine|scratch|buildpack-deps)(?:[:@]|$)"
    r"|(?:[\w.]+/)?(?:lambda/python|astral-sh/uv)(?:[:@]|$)"
)


@dataclass
class _Stage:
    """A stage as its instructions have made it so far. Paths have no leading slash."""

    requirements: Requirements
    files: dict[str, str] = field(default_factory=dict)
    workdir: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    # Dockerfiles often prepend to it; base images leave it empty.
    environment: dict[str, str] = field(default_factory=lambda: {"PYTHONPATH": ""})
    commands: dict[str, tuple[str, str]] = field(default_factory=dict)
    version: tuple[int, int] | None = None
    unknown_base: str = ""  # why more may be in it than its instructions put there
    copied_to: str = ""  # the folder of its last COPY

    @property
    def variables(self) -> dict[str, str]:
        return {**self.arguments, **self.environment}

    def expand(self, text: str) -> str:
        return expand(text, self.variables)

    def path(self, text: str, base: str | None = None) -> str:
        """A path in the image, relative to the base, by default the working directory."""
        path = normpath(join("/", self.workdir if base is None else base, self.expand(text))).lstrip("/")
        return "" if path == "." else path


class DockerfileReader:
    """Reads one Dockerfile for a build context."""

    def __init__(self, dockerfile: Path, root: Path, context: Mapping[str, str]) -> None:
        """The context maps paths in it to files under the root."""
        self.dockerfile = dockerfile
        self.root = root
        self.context = context
        self.notes: list[str] = []
        self.lost = 0  # sources that are not in the context
        self.stages: dict[str, _Stage] = {"": _Stage(Requirements(context.get), dict(context))}
        self.absent: list[Finding] = []
        self.expected: list[str] = []  # where what is not in the context would go
        self.ordered = sorted(context)
        self.count = 0

    def image(self, target: str = "") -> Image:
        """The image of a stage, by default the last."""
        stage = before = _Stage(Requirements(lambda _: None))
        for where, word, rest in _instructions(self.dockerfile):
            try:
                if word == "FROM":
                    stage = self._from(where, before.expand(rest))
                elif word in {"COPY", "ADD"}:
                    self._copy(stage, rest, where)
                elif word == "RUN":
                    self._run(stage, rest, where)
                elif word not in _OTHERS and not self._set(stage, before.arguments, word, rest, where):
                    self.notes.append(f"{where}: {word} is not understood")
            except (ValueError, IndexError):  # noqa: PERF203 - one line must not stop the next
                self.notes.append(f"{where}: {word} {rest.splitlines()[0] if rest else ''} is not understood")
        if target and target.lower() not in self.stages:
            raise CannotTell(f"{self.dockerfile} has no stage {target}")
        return self._finished(self.stages[target.lower()] if target else stage)

    def _finished(self, stage: _Stage) -> Image:
        found: list[str] = []
        where = str(self.dockerfile)
        for word in ("ENTRYPOINT", "CMD"):
            if word in stage.commands:
                text, where = stage.commands[word]
                found.append(text)
        requirements = stage.requirements
        if stage.unknown_base:
            requirements.unknown.append(stage.unknown_base)
            # Such a base image often sets the folder that it serves from.
            stage.workdir = stage.workdir or stage.copied_to
        projects = [project for project in stage.requirements.projects if project]
        container = Container(
            lambda path: self._text(stage.files, path), stage.variables, stage.workdir, [*projects, ""], where
        )
        command = " ".join(found)
        started = tuple(starts(command, container)) if found else ()
        if "LAMBDA_TASK_ROOT" in stage.environment and re.fullmatch(r"[\w.]+\.\w+", command):
            started = (Start(where, command.rpartition(".")[0], folders=(stage.workdir,)),)
        folders = [folder for start in started for folder in start.folders] or ([] if started else [stage.workdir])
        entries = filter(None, stage.expand(stage.environment["PYTHONPATH"]).split(":"))
        search = [stage.path(folder, "") for folder in folders] + [stage.path(folder) for folder in entries] + [SITE]
        layout = Layout(stage.files, tuple(dict.fromkeys(search)), "copied")
        self.absent += self._forgotten(stage)
        return Image(layout, started, stage.requirements, stage.version, self.notes, absent=self.absent)

    def _forgotten(self, stage: _Stage) -> Iterator[Finding]:
        """What the build reads and no COPY brings, though the build context has it."""
        home = os.path.relpath(self.dockerfile.parent, self.root).replace(os.sep, "/")
        for line, absolute in stage.requirements.absent:
            path = absolute.lstrip("/")
            if any(is_within(f"{path}/", each) for each in self.expected):
                continue
            inner = path[len(stage.workdir) :].lstrip("/") if is_within(path, stage.workdir) else path
            ends = (path, inner, path.partition("/")[2])
            files = (self.context.get(normpath(join(folder, end))) for folder in ("", home) for end in ends)
            yield from [Finding((line,), file, "not copied") for file in files if file][:1]

    def _from(self, where: str, rest: str) -> _Stage:
        base, *alias = (part for part in rest.split() if not part.startswith("--"))
        known = self.stages.get(base.lower()) if base else None
        stage = _Stage(Requirements(lambda _: None))
        if known:
            stage = _Stage(
                Requirements(stage.requirements.read), dict(known.files), known.workdir, {}, dict(known.environment),
                dict(known.commands), known.version, known.unknown_base, known.copied_to,
            )  # fmt: skip
            _merge(stage.requirements, known.requirements)
        elif found := re.search(r"(?:python|pypy):?(\d)\.(\d+)", base):
            stage.version = int(found[1]), int(found[2])
        if not known and not _BARE.match(base):
            stage.unknown_base = f"{where}: what {base} brings is not known"
        if "lambda/python" in base:
            stage.workdir = "var/task"
            stage.environment["LAMBDA_TASK_ROOT"] = "/var/task"
        stage.requirements.read = lambda path: self._text(stage.files, path)
        self.stages[str(self.count)] = stage
        self.count += 1
        if alias:
            self.stages[alias[-1].lower()] = stage
        return stage

    def _text(self, files: Mapping[str, str], path: str) -> str | None:
        file = files.get(normpath(join("/", path)).lstrip("/"))
        try:
            return read_text(self.root / file) if file else None
        except (OSError, ValueError):
            return None

    def _run(self, stage: _Stage, rest: str, where: str) -> None:
        text = " ".join(_exec(rest) or [rest])
        files = dict(stage.files)
        for origin, source, at in mounts(rest):
            mounted = self.stages.get(stage.expand(origin).lower())
            folder = stage.path(source, "")
            inside = {
                path: file for path, file in (mounted.files if mounted else {}).items() if is_within(f"{path}/", folder)
            }
            for path, file in inside.items():
                files[join(stage.path(at), path[len(folder) :].lstrip("/")).rstrip("/")] = file
            if origin and mounted and not inside:  # made by that stage, such as wheels
                _merge(stage.requirements, mounted.requirements)
        read, stage.requirements.read = stage.requirements.read, lambda path: self._text(files, path)
        before = len(stage.requirements.projects)
        text = re.sub(r"--(?:mount|network|security)=\S+", "", text)
        add_installs(stage.expand(text), where, stage.workdir, stage.requirements)
        stage.requirements.read = read
        for project in stage.requirements.projects[before:]:
            _install(stage, project, files)

    def _set(self, stage: _Stage, defaults: Mapping[str, str], word: str, rest: str, where: str) -> bool:
        """Follow an instruction that sets something. Whether there is one of that name."""
        if word == "ARG":
            for name, given, value in (part.partition("=") for part in words(rest)):
                known = {name: stage.expand(value)} if given else defaults
                stage.arguments.update({name: known[name]} if name in known else {})
        elif word == "ENV":
            first, *more = words(rest)
            pairs = [part.partition("=")[::2] for part in words(rest)] if "=" in first else [(first, " ".join(more))]
            stage.environment.update({name: stage.expand(value) for name, value in pairs})
        elif word == "WORKDIR":
            stage.workdir = stage.path(" ".join(words(rest)))
        elif word in {"CMD", "ENTRYPOINT"}:
            listed = _exec(rest)
            quoted = (
                None
                if listed is None
                else " ".join(f"'{each}'" if re.search(r"[\s;&|]", each) else each for each in listed)
            )
            stage.commands[word] = (rest if quoted is None else quoted, where)
            if word == "ENTRYPOINT":  # it resets the command of the base image
                stage.commands.pop("CMD", None)
        else:
            return False
        return True

    def _copy(self, stage: _Stage, rest: str, where: str) -> None:
        origin = self.stages[""]
        keeps_parents, left_out = False, []
        while rest.startswith("--"):
            flag, _, rest = rest.partition(" ")
            rest = rest.lstrip()
            name, _, value = flag.partition("=")
            if name not in _COPY_FLAGS:
                self.notes.append(f"{where}: {name} is not known here, and is left out")
            if name == "--from":  # files from another image are not from this repository
                origin = self.stages.get(stage.expand(value).lower(), _Stage(Requirements(lambda _: None)))
            keeps_parents |= name == "--parents"
            left_out += [pattern(value)] if name == "--exclude" else []
        first = rest.partition("\n")[0]
        *sources, last = _exec(first) or words(first)
        target = stage.path(last)
        # A file goes into an existing folder, with or without a trailing slash.
        is_folder = last.endswith("/") or target in {stage.workdir, *_FOLDERS}
        is_folder = is_folder or any(is_within(path, target) for path in stage.files)
        for source in sources:
            if re.match(r"<<|git@|\w+://", source):
                # Written in the Dockerfile, or fetched.
                stage.files.update({target: EMPTY} if target.endswith(".py") else {})
                continue
            text = stage.path(source, "")
            matched = list(self._matched(origin, text))
            stage.copied_to = target if is_folder or len(matched) > 1 else stage.copied_to
            for path, selected in matched:
                if not any(each.match(path) or each.match(basename(path)) for each in left_out):
                    inner = path[len(selected) :].lstrip("/") or (basename(path) if is_folder else "")
                    inner = path if keeps_parents else inner
                    stage.files[join(target, inner).rstrip("/")] = origin.files[path]
            if not matched:
                self._lost(stage, origin, text, where)
                self.expected.append(target)

    def _matched(self, origin: _Stage, text: str) -> Iterator[tuple[str, str]]:
        """The paths that a source selects, each with the part of it that the source names."""
        if re.search(r"[*?\[\\]", text):
            glob, depth = pattern(text), len(text.split("/"))
            parts = ((path, "/".join(path.split("/")[:depth])) for path in list(origin.files))
            yield from ((path, selected) for path, selected in parts if glob.match(selected))
            return
        if text in origin.files:
            yield text, text
        # A context has thousands of files, and a Dockerfile names a few folders of it.
        paths = self.ordered if origin is self.stages[""] else sorted(origin.files)
        folder = f"{text}/" if text else ""
        for path in paths[bisect_left(paths, folder) :]:
            if not path.startswith(folder):
                break
            yield path, text

    def _lost(self, stage: _Stage, origin: _Stage, text: str, where: str) -> None:
        """A source that no file matches."""
        if origin is not self.stages[""]:
            # No COPY created it, so a RUN did: assume that pip installed it.
            _merge(stage.requirements, origin.requirements)
            stage.files.update({path: file for path, file in origin.files.items() if is_within(path, SITE)})
        elif "$" in text:
            self.notes.append(f"{where}: {text} has a variable without a value, so what this copies is not known")
        elif text and not re.search(r"[*?\[]", text):
            self.lost += 1
            self.notes.append(f"{where}: {text} is not in the build context: it must be made before the build")


def _merge(into: Requirements, other: Requirements) -> None:
    into.names |= other.names
    into.constrained |= other.constrained
    into.is_locked |= other.is_locked
    into.absent += [each for each in other.absent if each not in into.absent]
    into.unknown += [each for each in other.unknown if each not in into.unknown]
    into.projects += [each for each in other.projects if each not in into.projects]


def _install(stage: _Stage, project: str, files: Mapping[str, str]) -> None:
    """Put the packages of a project where imports look: those in its src folder, or else in itself."""
    source = join(project, "src")
    source = source if any(is_within(path, source) for path in files) else project
    for path, file in files.items():
        if is_within(path, source) and not is_within(path, SITE):
            stage.files[join(SITE, path[len(source) :].lstrip("/"))] = file


def kept_in_context(dockerfile: Path, root: Path, context: Mapping[str, str]) -> dict[str, str]:
    """The files of a build context that its ignore file keeps. Paths in the context map to files under the root."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    try:
        ignored = read_text(own) if own.is_file() else read_text(root / context[".dockerignore"])
    except (OSError, KeyError):
        ignored = ""
    return {path: context[path] for path in docker_kept(context, ignored)}


def _exec(text: str) -> list[str] | None:
    """The words of an instruction in JSON, or nothing."""
    try:
        listed = json.loads(text) if text.lstrip().startswith("[") else None
    except ValueError:
        return None
    return [str(word) for word in listed] if isinstance(listed, list) else None


def _instructions(dockerfile: Path) -> Iterator[tuple[str, str, str]]:
    """Each instruction: its file and line, its name in capitals, and its arguments with continuation lines joined."""
    try:
        text = read_text(dockerfile)
    except OSError as error:
        raise CannotTell(f"{dockerfile} cannot be read: {error.strerror}") from None
    escape = "`" if re.search(r"\A(?:#[^\n]*\n)*#\s*escape\s*=\s*`", text, re.IGNORECASE) else "\\"
    lines = enumerate(text.splitlines(), 1)
    for number, line in lines:
        whole = _code(line)
        while whole.endswith(escape):
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
