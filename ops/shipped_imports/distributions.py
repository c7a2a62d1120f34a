"""Tells which distribution provides a module, as far as that can be told without installing anything.

The environment that was given knows the modules and the dependencies of what it has. For the rest there are names.txt
and the name itself: slack-sdk has slack_sdk, google-cloud-pubsub has google.cloud.pubsub_v1.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from itertools import accumulate
from pathlib import Path

from ops.shipped_imports import CannotTell
from ops.shipped_imports.ignored import read_text
from ops.shipped_imports.requirements import Requirements, canonical

_REQUIRED = re.compile(r"[a-z0-9][\w.-]*", re.IGNORECASE | re.ASCII)
# What images upgrade before they install the rest; often not installed where this runs.
_INSTALLERS = {"pip": "pip", "setuptools": "setuptools", "pkg_resources": "setuptools", "wheel": "wheel", "uv": "uv"}
# Shared by several distributions, so no single one provides them. Listed in case none is installed.
_SHARED = {
    "google",
    "google.cloud",
    "opentelemetry",
    "azure",
    "opentelemetry.exporter",
    "opentelemetry.instrumentation",
}


@dataclass(frozen=True)
class Installed:
    """Which distribution provides each module."""

    modules: dict[str, str]
    spaces: dict[str, str]  # namespace packages
    absent: Collection[str]  # distributions that the environment lacks
    constrained: Collection[str]
    is_locked: bool  # all dependencies are named
    unknown: Sequence[str] = field(default_factory=list)  # why there may be more

    def provider(self, module: str) -> str:
        """The distribution that provides this module, if any is known to."""
        for prefix in _prefixes(module):
            if prefix in self.modules:
                return self.modules[prefix]
        return self.spaces.get(module) or self._by_name(module, self.absent) or self._by_constraint(module)

    def is_missing(self, module: str) -> bool:
        """Whether it is certain that nothing provides a module."""
        if self.unknown:
            return False
        return not self.absent or (self.is_locked and bool(_listed(module)))

    def telling(self, module: str) -> str:
        """The part of a module's name that identifies its distribution: `flask`, but `google.cloud.bigquery`."""
        return next((prefix for prefix in _prefixes(module) if prefix not in {*_SHARED, *self.spaces}), module)

    def _by_constraint(self, module: str) -> str:
        return self._by_name(module, self.constrained) if self.absent or self.unknown else ""

    @staticmethod
    def _by_name(module: str, names: Collection[str]) -> str:
        listed = next((name for name in _listed(module) if name in names), "")
        if listed or not names:
            return listed
        plain = {name.replace("-", ""): name for name in names}
        for prefix in _prefixes(module):
            # google.cloud.secretmanager_v1 is google-cloud-secret-manager.
            bare = re.sub(r"_v\d\w*$", "", prefix).replace(".", "").replace("_", "").lower()
            for guess in (bare, f"python{bare}", f"{bare}python", f"py{bare}"):
                if guess in plain:
                    return plain[guess]
        return next((name for name in names if module in _SHARED and name.startswith(module.replace(".", "-"))), "")


def label(module: str) -> str:
    """A module with its distribution, where the two have different names."""
    listed = _listed(module)
    return f"{module} ({listed[0]})" if listed and listed[0] != module else module


def is_shared(module: str) -> bool:
    """Whether several distributions put modules into this package."""
    return module in _SHARED


def is_well_known(module: str) -> bool:
    """Whether a module belongs to a distribution of names.txt."""
    return bool(_listed(module))


def _listed(module: str) -> Sequence[str]:
    listed: Sequence[str] = ()
    for prefix in _prefixes(module):
        listed = _names().get(prefix, listed)
    return listed


@cache
def _names() -> dict[str, list[str]]:
    lines = read_text(Path(__file__).with_name("names.txt")).splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines if line and not line.startswith("#")}


def paths_of(python: str) -> list[str]:
    """Where another interpreter looks for what is installed."""
    command = [python, "-c", "import json, sys; print(json.dumps(sys.path))"]
    try:
        answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - as asked
        return [str(path) for path in json.loads(answer.stdout)]
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise CannotTell(f"--python {python} does not run: {error}") from None


def installed(found: Requirements, paths: Sequence[str] | None = None) -> Installed:
    """What these distributions and their dependencies provide, by the environment with these paths."""
    modules = {module: name for module, name in _INSTALLERS.items() if name in found.names}
    absent, done = set(), set[str]()
    pending = [(name, False) for name in found.names - set(modules.values())]
    while pending:
        name, is_conditional = pending.pop()
        if name in done:
            continue
        done.add(name)
        known = _distribution(name, tuple(sys.path if paths is None else paths))
        if known is None:
            # With a marker it may be for another platform or version, so it counts only if it is installed here.
            absent |= set() if is_conditional else {name}
            continue
        modules.update(dict.fromkeys(known[0], name))
        pending += known[1]
    spaces = {prefix: modules[name] for name in modules for prefix in _prefixes(name) if prefix not in modules}
    return Installed(modules, spaces, absent, found.constrained, found.is_locked, list(dict.fromkeys(found.unknown)))


@cache
def _distribution(name: str, paths: tuple[str, ...]) -> tuple[list[str], list[tuple[str, bool]]] | None:
    """The modules of a distribution, and what it requires: each name, and whether it has a condition."""
    context = metadata.DistributionFinder.Context(name=name, path=list(paths))
    distribution = next(iter(metadata.Distribution.discover(context=context)), None)
    if distribution is None:
        return None
    required = [
        (canonical(match[0]), ";" in text)
        for text in distribution.requires or ()
        if (match := _REQUIRED.match(text)) and not re.search(r";.*\bextra\b", text)
    ]
    return list(_modules(distribution)), required


def _modules(distribution: metadata.Distribution) -> Iterator[str]:
    # Written by older distributions that share a package and each have an __init__.py for it.
    shared = {*_SHARED, *(distribution.read_text("namespace_packages.txt") or "").split()}
    for file in distribution.files or ():
        if file.suffix in {".py", ".so", ".pyd"} and ".." not in file.parts:
            module = ".".join([*file.parts[:-1], file.name.partition(".")[0]])
            module = module.removesuffix(".__init__")
            if module not in shared:
                yield module


def _prefixes(module: str) -> Iterable[str]:
    return accumulate(module.split("."), "{}.{}".format)
