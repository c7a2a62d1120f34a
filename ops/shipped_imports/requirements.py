"""Lists what the requirements install: the modules of each distribution they name, and of its dependencies.

If this interpreter has a distribution, its modules are known. Otherwise only its name is, which often matches the
import: slack-sdk has slack_sdk, google-cloud-bigquery has google.cloud.bigquery.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import accumulate
from pathlib import Path

from ops.shipped_imports import CannotTell

type Line = tuple[str, str]  # its place, and its text

_REQUIREMENT = re.compile(r"([a-z0-9][\w.-]*)\s*(?:\[[^]]*\]\s*)?(?:$|[@<>=!~;(]|--)", re.IGNORECASE | re.ASCII)
# What images upgrade before they install the rest; often not installed where this runs.
_INSTALLERS = {"pip": "pip", "setuptools": "setuptools", "pkg_resources": "setuptools", "wheel": "wheel", "uv": "uv"}
# Shared by the distributions of one vendor, so no single one provides them. Listed in case none is installed.
_SHARED = {"google", "google.cloud"}


@dataclass(frozen=True)
class Installed:
    """Which distribution provides each module."""

    modules: dict[str, str]
    spaces: dict[str, str]  # namespace packages
    absent: set[str]  # distributions not installed in this interpreter
    doubt: str = ""  # why this may not be all

    def provider(self, module: str) -> str:
        """The distribution that provides this module, if any."""
        for prefix in _prefixes(module):
            if prefix in self.modules:
                return self.modules[prefix]
            if _canonical(prefix) in self.absent:
                return _canonical(prefix)
        return self.spaces.get(module, "")

    def telling(self, module: str) -> str:
        """The part of a module's name that identifies its distribution: `flask`, but `google.cloud.bigquery`."""
        return next((prefix for prefix in _prefixes(module) if prefix not in {*_SHARED, *self.spaces}), module)


def named_in(path: Path, asked_by: str) -> set[str]:
    """The distributions that a requirements file names."""
    try:
        physical = path.read_text().splitlines()
    except OSError:
        raise CannotTell(f"{asked_by}: {path} does not exist: see --requirements") from None
    lines: list[Line] = []
    text, start = "", 1
    for number, line in enumerate([*physical, ""], 2):
        text += re.sub(r"(^|\s)#.*", "", line)
        if text.endswith("\\"):
            text = f"{text[:-1]} "
            continue
        lines.append((f"{path}:{start}", text.strip()))
        text, start = "", number
    return named(lines, path.parent)


def named(lines: Iterable[Line], folder: Path) -> set[str]:
    """The distributions that requirement lines name. Raises CannotTell for a line that names none."""
    names = set()
    for where, line in lines:
        if other := re.match(r"(?:-r|--requirement)[\s=]*(.+)", line):
            names |= named_in(folder / other[1], where)
        elif found := re.search(r"#egg=([\w.-]+)", line) or _REQUIREMENT.match(line):
            names.add(_canonical(found[1]))
        elif re.match(r"-e|--editable|--hash|[^-]", line):
            raise CannotTell(f"{where}: {line.split()[0]!r} names no distribution: write it as «name @ URL»")
    return names


def installed(names: Iterable[str], doubt: str) -> Installed:
    """What these distributions and their dependencies provide. A doubt says why there may be more."""
    asked = set(names)
    modules = {module: name for module, name in _INSTALLERS.items() if name in asked}
    absent, done = set[str](), set[str]()
    pending = [(name, False) for name in asked - set(modules.values())]
    while pending:
        name, conditional = pending.pop()
        if name in done:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            absent |= set() if conditional else {name}
            continue
        done.add(name)
        modules |= dict.fromkeys(_modules(distribution), name)
        # With a marker it may be for another platform or version, so it counts only if it is installed here.
        pending += [
            (_canonical(found[1]), ";" in text)
            for text in distribution.requires or ()
            if (found := _REQUIREMENT.match(text)) and not re.search(r";.*\bextra\b", text)
        ]
    spaces = {prefix: modules[name] for name in modules for prefix in _prefixes(name) if prefix not in modules}
    if absent:
        doubt = f"it may come with {', '.join(sorted(absent))}, not installed here: run this where that is installed"
    return Installed(modules, spaces, absent, doubt)


def _modules(distribution: metadata.Distribution) -> Iterator[str]:
    # Written by older distributions that share a package and each have an __init__.py for it.
    shared = {*_SHARED, *(distribution.read_text("namespace_packages.txt") or "").split()}
    for file in distribution.files or ():
        if file.suffix in {".py", ".so", ".pyd"} and ".." not in file.parts:
            module = ".".join([*file.parts[:-1], file.name.partition(".")[0]]).removesuffix(".__init__")
            if module not in shared:
                yield module


def _prefixes(module: str) -> Iterator[str]:
    return accumulate(module.split("."), "{}.{}".format)


def _canonical(name: str) -> str:
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    return re.sub(r"[-_.]+", "-", name).lower()
