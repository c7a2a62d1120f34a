"""Finds what the RUN lines of a Dockerfile install: pip, uv, poetry, pipenv, pdm and setup.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import join, normpath

from ops.shipped_imports.requirements import Requirements
from ops.shipped_imports.shell import commands

# pip's and uv's options that take a value, so that the value is not mistaken for a package.
_VALUED = set(
    "-t --target --prefix --root -p --python --cache-dir -i --index-url --extra-index-url -f --find-links "
    "--trusted-host --proxy --cert --platform --only-binary --no-binary --timeout --retries --progress-bar --log "
    "--index --default-index --python-version --implementation --abi --config-settings -C --global-option "
    "--upgrade-strategy --src --group -w --wheel-dir -d --dest --index-strategy --link-mode --exists-action "
    "--keyring-provider --no-build-isolation-package --extra".split()
)
_OWN = {"-r": "-r", "--requirement": "-r", "--requirements": "-r", "-e": "-e", "--editable": "-e", "-c": "-c"}
_OWN |= {"--constraint": "-c", "--constraints": "-c"}
_CONDA = {"conda", "mamba", "micromamba"}


def add_installs(script: str, where: str, workdir: str, found: Requirements) -> None:
    """Add what the commands of a script install."""
    for command in commands(script):
        if command[0] == "cd" and command[1:]:
            workdir = normpath(join("/", workdir, command[-1])).lstrip("/")
            continue
        words = [word.rpartition("/")[2] if "pip" in word or "python" in word else word for word in command]
        for index, word in enumerate(words):
            verb = next((each for each in words[index + 1 :] if each in {"install", "wheel", "download"}), "")
            if verb and re.fullmatch(r"pip[\d.]*", word):
                _pip(command[words.index(verb, index + 1) + 1 :], where, workdir, found)
                break
        else:
            _project(words, where, workdir, found)


def _project(words: Sequence[str], where: str, workdir: str, found: Requirements) -> None:
    tool, rest = words[0].rpartition("/")[2], list(words[1:])
    verb = next((word for word in rest if not word.startswith("-")), "")
    if (tool, verb) in {("poetry", "install"), ("uv", "sync"), ("pdm", "install"), ("pdm", "sync")}:
        skips = {"--no-root", "--no-install-project", "--no-self", "--no-project", "--no-install-workspace"}
        found.add_project(workdir, where, uses_lock=True, installs_it=not skips & set(rest))
    elif tool == "pipenv" and verb in {"install", "sync"}:
        found.add_project(workdir, where, uses_lock="--skip-lock" not in rest, installs_it=False)
    elif "setup.py" in rest and {"install", "develop"} & set(rest):
        found.add_project(workdir, where)
    elif tool in _CONDA and {"install", "create", "update"} & set(rest):
        found.unknown.append(f"{where}: what {tool} installs is not read")


def _pip(arguments: Sequence[str], where: str, workdir: str, found: Requirements) -> None:
    pending = iter(arguments)
    for word in pending:
        option, has_value, value = word.partition("=")
        if option in _OWN:
            found.add(f"{_OWN[option]} {value if has_value else next(pending, '')}", where, workdir)
        elif short := re.fullmatch(r"-\w*([rec])(.*)", word):
            found.add(f"-{short[1]} {short[2] or next(pending, '')}", where, workdir)
        elif word in _VALUED:
            next(pending, None)
        elif not word.startswith("-") and word not in {"||", "true"}:
            found.add(word, where, workdir)


def mounts(text: str) -> Iterator[tuple[str, str, str]]:
    """The bind mounts of a RUN line: the stage they come from, if any, what they mount, and where."""
    for options in re.findall(r"--mount=(\S+)", text):
        pairs = {part.partition("=")[0]: part.partition("=")[2] for part in options.split(",")}
        if pairs.get("type", "bind") == "bind":
            source = pairs.get("source") or pairs.get("src") or "."
            target = pairs.get("target") or pairs.get("dst") or pairs.get("destination") or source
            yield pairs.get("from", ""), source, target
