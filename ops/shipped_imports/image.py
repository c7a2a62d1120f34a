"""What ships: which file of the repository is at each path, and the folders where imports look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import basename, dirname, join

from ops.shipped_imports.findings import Finding
from ops.shipped_imports.requirements import Requirements
from ops.shipped_imports.start import Start

EMPTY = "<made by a script>"  # in place of the file of the repository


@dataclass(frozen=True)
class Layout:
    """Paths have no leading slash."""

    files: Mapping[str, str]
    search: Sequence[str] = ("",)
    verb: str = "uploaded"

    @cached_property
    def origins(self) -> Mapping[str, set[str]]:
        """Each folder, with the folders of the repository that its files came from."""
        origins: dict[str, set[str]] = {}
        for path, file in self.files.items():
            folder, origin, alike = (path, file, True) if path.endswith(".py") else ("", "", False)
            while folder:
                last = folder.rpartition("/")[2] == origin.rpartition("/")[2]
                folder, origin = folder.rpartition("/")[0], origin.rpartition("/")[0]
                alike = alike and (last or folder == path.rpartition("/")[0])
                known = origins.get(folder)
                if known is not None and (not alike or origin in known):
                    break  # an earlier file of this folder has led through all above it
                origins.setdefault(folder, set()).update({origin} if alike else ())
        return origins

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[str]]:
        """The files of each module by the last part of its name."""
        names: dict[str, list[str]] = {}
        for file in self.files:
            stem = basename(file)[: -len(".py")]
            names.setdefault(basename(dirname(file)) if stem == "__init__" else stem, []).append(file)
        return names

    def find(self, name: str, folders: Sequence[str]) -> tuple[str, list[str]]:
        """The file of a module, and the folders of its submodules.

        As in Python, folders without `__init__.py` count only if no folder has the module, and then all do.
        """
        spaces = []
        for path in (join(folder, name) for folder in folders):
            if package := self.files.get(f"{path}/__init__.py"):
                return package, [path]
            if module := self.files.get(f"{path}.py"):
                return module, []
            if path in self.origins:
                spaces.append(path)
        return "", spaces


@dataclass(frozen=True)
class Image:
    """A container image or an uploaded folder: its files, what it starts and what is installed in it."""

    layout: Layout
    starts: Sequence[Start]
    requirements: Requirements
    version: tuple[int, int] | None = None
    notes: Sequence[str] = field(default_factory=list)
    absent: Sequence[Finding] = ()  # files that the build itself needs and that are not there
    homes: Sequence[str] = ()  # folders of the repository that have what is started, if it did not ship


def is_within(path: str, folder: str) -> bool:
    """Whether a path is in a folder, at any depth."""
    return not folder or path.startswith(f"{folder}/")
