"""What an import needs, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import basename


@dataclass(frozen=True)
class Module:
    """What an import needs: a file of the repository, a namespace package (no file), or an installed module."""

    name: str
    file: str = ""
    problem: str = ""  # why it will be missing
    remark: str = ""  # why it is only worth a note
    provider: str = ""  # the distribution that has it
    folders: Sequence[str] = ()  # where its submodules are in the image
    homes: Sequence[str] = ()  # where they are in the repository
    is_stray: bool = False  # found by its name alone
    is_caught: bool = False  # its failure is caught, and yet told
    is_open: bool = False  # nothing tells whether anything provides it

    @property
    def fails(self) -> bool:
        """Whether its import raises. A package without its `__init__.py` can still be imported, as an empty one."""
        return bool(self.problem and not self.folders and not self.is_caught)

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if basename(self.file) == "__init__.py" else self.name.rpartition(".")[0]


@dataclass(frozen=True)
class Finding:
    """A module that is missing, and the imports that lead to it, each as file:line."""

    chain: tuple[str, ...]
    module: str
    problem: str

    def __str__(self) -> str:
        return " → ".join([*self.chain, f"{self.module}: {self.problem}"])


@dataclass(frozen=True)
class Reached:
    """A module that is imported: its name, its file if it has one, who provides it, who requires it."""

    name: str
    file: str
    provider: str
    required_by: str
    at_start: bool
    problem: str = ""


@dataclass(frozen=True)
class Report:
    """What is missing, what is worth a note, and all that was reached."""

    missing: Sequence[Finding] = ()
    notes: Sequence[str] = ()
    reached: Sequence[Reached] = ()
    edges: frozenset[tuple[str, str]] = frozenset()

    @property
    def modules(self) -> int:
        """How many files of the repository were followed."""
        return len({each.file for each in self.reached if each.file and not each.problem})

    @property
    def packages(self) -> int:
        """How many distributions are imported."""
        return len({each.provider for each in self.reached if each.provider})
