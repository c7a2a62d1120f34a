"""Follows imports from the entries through the files that ship, and through the repository for those that do not.

Each missing module is reported once: with the shortest chain that imports it at start-up or, if there is none, with the
shortest that imports it when a function is called.
"""

import heapq
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from posixpath import basename, dirname, join

from ops.shipped_imports import CannotTell
from ops.shipped_imports.requirements import Installed
from ops.shipped_imports.source import Import, Source, Step, read


@dataclass(frozen=True)
class Layout:
    """Which file of the repository is at each path (no leading slash), and the folders where imports look."""

    files: Mapping[str, str]
    search: Sequence[str] = ("",)
    verb: str = "uploaded"

    @cached_property
    def origins(self) -> Mapping[str, set[str]]:
        """Each folder, with the folders of the repository that its files came from."""
        origins: dict[str, set[str]] = defaultdict(set)
        for path, file in self.files.items():
            folder, origin, alike = path, file, True
            while folder:
                folder, origin = dirname(folder), dirname(origin)
                origins[folder].update({origin} if alike else ())
                alike = alike and basename(folder) == basename(origin)
        return origins

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


def is_within(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


@dataclass(frozen=True)
class Module:
    """What an import needs: a file of the repository, a namespace package (no file), or an installed module."""

    name: str
    file: str = ""
    problem: str = ""  # why it will be missing
    doubtful: bool = False  # whether that is uncertain
    provider: str = ""  # the distribution that has it
    folders: Sequence[str] = ()  # where its submodules are in the image
    homes: Sequence[str] = ()  # where they are in the repository

    @property
    def fails(self) -> bool:
        """Whether its import raises. A package without its `__init__.py` can still be imported, as an empty one."""
        return bool(self.problem and not self.folders)

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if basename(self.file) == "__init__.py" else self.name.rpartition(".")[0]


@dataclass(frozen=True)
class Report:
    """What is missing, what is undecided, and how much was followed."""

    missing: list[str]
    doubts: list[str]
    modules: int = 0
    packages: int = 0


@dataclass(frozen=True)
class Graph:
    """The modules of a repository as they are in an image, each found and read once."""

    root: Path
    repository: Layout
    image: Layout
    installed: Installed
    entries: Sequence[str]
    modules: dict[str, Module] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    @cached_property
    def shipped(self) -> dict[str, str]:
        """The path in the image of each file of the repository."""
        return {file: path for path, file in self.image.files.items()}

    def follow(self) -> Report:
        """Follow the imports of the entries, which are files of the repository, and of everything they import."""
        needs: dict[tuple[str, str], Module] = {}
        queue: list[tuple[bool, int, list[str], tuple[str, str], str]] = []
        missing: list[tuple[bool, str]] = []
        done: set[tuple[str, str]] = set()

        def add(need: Module, chain: list[str], function: str) -> None:
            key = need.name, need.file
            needs[key] = need
            # Imports at start-up come before those in functions; then shorter chains come first.
            heapq.heappush(queue, (bool(function), len(chain), chain, key, function))

        for entry in self.entries:
            for module in self._entry(entry):
                add(module, [], "")
        while queue:
            waits, _, chain, key, function = heapq.heappop(queue)
            if key in done:
                continue
            done.add(key)
            need = needs[key]
            if need.problem:
                line = " → ".join([*chain, f"{need.file or need.name}: {need.problem}"])
                line += f" (imported when {function}() is called)" if function else ""
                if need.doubtful:
                    self.doubts.append(line)
                else:
                    missing.append((waits, line))
            for imported, found in self._required(need, self._source(need).steps):
                add(found, [*chain, f"{need.file}:{imported.line}"], function or imported.function)
        packages = {needs[key].provider for key in done} - {""}
        return Report([line for _, line in sorted(missing)], self.doubts, len(self.sources), len(packages))

    def _entry(self, file: str) -> Iterator[Module]:
        """The packages that contain an entry, and the entry under its name in the image."""
        if file not in self.shipped:
            state = f"not {self.image.verb}" if file in self.repository.files else "not a Python file in the repository"
            raise CannotTell(f"{file} is {state}: give the file that starts the service, relative to the root")
        paths = [path for path, source in self.image.files.items() if source == file]
        inside = [(len(folder), path) for path in paths for folder in self.image.search if is_within(path, folder)]
        if not inside:
            search = ", ".join(f"/{folder}" for folder in self.image.search)
            raise CannotTell(f"{file} is at /{paths[0]}, where no import looks ({search}): see WORKDIR and PYTHONPATH")
        length, path = max(inside)
        name = path[length:].lstrip("/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        entry = Module(name, file)
        yield from self._chain(entry.package, entry) if entry.package else ()
        yield entry

    def _source(self, module: Module) -> Source:
        if not module.file:
            return Source()
        if module.file not in self.sources:
            is_entry = module.file in self.entries
            try:
                self.sources[module.file] = read(self.root / module.file, module.package, is_entry=is_entry)
            except (OSError, SyntaxError) as error:
                self.doubts.append(f"{module.file} cannot be read, so its imports are unknown: {error}")
                self.sources[module.file] = Source()
        return self.sources[module.file]

    def _required(self, module: Module, steps: Iterable[Step]) -> Iterator[tuple[Import, Module]]:
        """The needs of a module's imports, except those whose failure it handles."""
        for step in steps:
            if isinstance(step, Import):
                yield from ((step, need) for need in self._needs(module, step))
                continue
            tried = list(self._required(module, step.body))
            failed = any(need.fails for _, need in tried)
            yield from ((imported, need) for imported, need in tried if step.gives_up or not need.fails)
            yield from self._required(module, step.fallback if failed else step.success)

    def _needs(self, importer: Module, imported: Import) -> Iterator[Module]:
        """What one import needs: modules of the repository, outermost first, or one from outside."""
        name, attribute = imported.module, imported.name
        if name.startswith("."):
            problem = f"goes above the top package, if this module's name there is {importer.name}"
            yield Module(name, problem=problem, doubtful=True)
            return
        full = name if attribute in {None, "*"} else f"{name}.{attribute}"
        top = name.partition(".")[0]
        if not self.image.find(top, self.image.search)[0]:
            if top in sys.stdlib_module_names:
                return
            if provider := self.installed.provider(full):
                yield Module(full, provider=provider)
                return
        found = self._chain(name, importer)
        is_whole = len(found) > name.count(".")
        if is_whole and attribute:
            source = self._source(found[-1])
            names = source.exported if attribute == "*" else [attribute]
            inner = [self._inside(found[-1], each) for each in names if each not in source.attributes]
            # A namespace package has only modules to import.
            is_whole = bool(found[-1].file or any(inner))
            found += filter(None, inner)
        yield from (module for module in found if module.file)
        if is_whole and (found[-1].file or found[-1].folders):
            return
        if any(module.file for module in found[:1]):
            yield Module(full, problem=f"not {self.image.verb}" if is_whole else "not in the repository")
        else:
            name = full if found else self.installed.telling(full)
            doubt = self.installed.doubt
            yield Module(name, problem=doubt or "no requirement provides it", doubtful=bool(doubt))

    def _chain(self, name: str, importer: Module) -> list[Module]:
        """The modules that run when a name is imported, outermost first, as far as they exist.

        One that does not ship is looked up beside its importer, then where the image's files come from, then anywhere.
        """
        home = dirname(importer.file)
        for _ in filter(None, importer.package.split(".")):
            home = dirname(home)
        found = self._path(name, [home, *self._origins(self.image.search)])
        if len(found) <= name.count("."):
            tail = f"/{name.replace('.', '/')}"
            others = self.repository.files.keys() - self.shipped
            strays = [file for file in others if f"/{file}".endswith((f"{tail}.py", f"{tail}/__init__.py"))]
            if strays:
                stray = min(strays, key=lambda file: (file.count("/"), file))
                found = self._path(name, [f"/{stray}".rpartition(tail)[0].lstrip("/")])
        return found

    def _path(self, name: str, homes: Sequence[str]) -> list[Module]:
        path = [Module("", folders=self.image.search, homes=homes)]
        for part in name.split("."):
            if not (module := self._inside(path[-1], part)):
                break
            path.append(module)
        return path[1:]

    def _inside(self, package: Module, part: str) -> Module | None:
        """The module of that name in a package."""
        name = f"{package.name}.{part}".lstrip(".")
        if name in self.modules:
            return self.modules[name]
        file, folders = self.image.find(part, package.folders)
        original, homes = self.repository.find(part, package.homes)
        homes = [*self._origins(folders), *homes]
        if file or original:
            problem = "" if file else f"not {self.image.verb}"
            if not file and original in self.shipped:
                problem = f"{self.image.verb} to /{self.shipped[original]}, where this import does not look"
            # A package whose __init__.py does not ship was not meant to be a namespace package.
            self.modules[name] = Module(name, file or original, problem, folders=folders, homes=homes)
            return self.modules[name]
        return Module(name, folders=folders, homes=homes) if homes else None

    def _origins(self, folders: Iterable[str]) -> list[str]:
        return [origin for folder in folders for origin in sorted(self.image.origins.get(folder, ()))]
