"""Reads what deploy scripts put beside a function: `cp -r shared "$PACKAGE/"`, then `gcloud functions deploy`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename, join, normpath

from ops.shipped_imports.ignored import read_text
from ops.shipped_imports.image import EMPTY
from ops.shipped_imports.shell import commands

_SCRIPT = re.compile(r"\.(?:sh|ya?ml|bash)$|(?:^|/)Makefile$")
_DEPLOYS = re.compile(r"(?:functions|run)\s+deploy")
_GENERIC = re.compile(r"cp\s[^\n]*\$\{?\w+\}?/main\.py")


@dataclass(frozen=True)
class DeployScript:
    """A script that copies folders of the repository into a package and deploys it."""

    name: str
    text: str
    copies: Sequence[
        tuple[str, str]
    ]  # a path in the package, and the file or folder of the repository that it comes from
    is_generic: bool  # packages whichever function a variable names
    version: tuple[int, int] | None = None


def deploy_scripts(root: Path, files: Iterable[str]) -> Iterator[DeployScript]:
    """The scripts of a repository that deploy functions."""
    known = set(files)
    folders = {file[:index] for file in known for index in range(len(file)) if file[index] == "/"}
    for file in sorted(known):
        if _SCRIPT.search(file):
            try:
                text = read_text(root / file)
            except OSError:
                continue
            if "deploy" in text and _DEPLOYS.search(text):
                text = re.sub(r"^\s*#.*", "", text, flags=re.MULTILINE)
                found = re.search(r"\bpython3(\d\d)\b", text)
                version = (3, int(found[1])) if found else None
                yield DeployScript(
                    file, text, list(_copies(text, known | folders)), bool(_GENERIC.search(text)), version
                )


def added_to(folder: str, scripts: Iterable[DeployScript], folders: Iterable[str]) -> list[DeployScript]:
    """The scripts that package one of these function folders: those that name it, or name none and take a variable."""
    others = list(folders)
    return [
        script
        for script in scripts
        if _names(script, folder) or (script.is_generic and not any(_names(script, other) for other in others))
    ]


def _names(script: DeployScript, folder: str) -> bool:
    name = basename(folder)
    named = rf"(?<![\w/-]){re.escape(folder)}(?![\w-])|/{re.escape(name)}(?![\w/-])"
    return name in script.text and bool(re.search(named, script.text))


def _copies(text: str, known: set[str]) -> Iterator[tuple[str, str]]:
    plain = re.sub(r"\$+\{(\w+)\}", r"$\1", text).replace("$$", "$")
    packages = {each.strip("\"'").rstrip("/") for each in re.findall(r"--source[= ]+(\S+)", plain)}
    lines = re.findall(r"^[^\n]*\b(?:cp|rsync|touch)\s[^\n]*", plain.replace("\\\n", " "), re.MULTILINE)
    for words in commands("\n".join(lines)):
        if words[0] == "touch" and words[-1].endswith(".py"):
            package = next((each for each in packages if words[-1].startswith(f"{each}/")), "")
            yield from [(words[-1][len(package) + 1 :], EMPTY)] if package else []
        if words[0] not in {"cp", "rsync"} or len(words) < 3:  # noqa: PLR2004 - the command, a source and a target
            continue
        *sources, target = [word for word in words[1:] if not word.startswith("-")][:8] or [""]
        package = next((each for each in packages if target == each or target.startswith(f"{each}/")), None)
        if package is None:
            continue
        inner = target[len(package) :].strip("/")
        for source in sources:
            path = _in_repository(source, known)
            if path:
                # Into a folder with a slash or the package itself, or under a new name.
                renamed = (
                    inner
                    and not target.endswith("/")
                    and not source.endswith(("/", "/*", "/."))
                    and "." in basename(inner)
                )
                contents = source.endswith(("/*", "/.")) or (words[0] == "rsync" and source.endswith("/"))
                yield (inner if renamed or contents else join(inner, basename(path))), path


def _in_repository(source: str, known: set[str]) -> str:
    """The file or folder that a source names, whatever variable stands for the root of the repository."""
    path = re.sub(r"^\$\w+/", "", source)
    path = normpath(re.sub(r"/(?:\*|\.)$", "", path)).rstrip("/")
    return path if path in known else ""
