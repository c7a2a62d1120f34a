"""Follows imports from what is started through the files that ship, and through the repository for those that do not.

Each missing module is reported once: with the shortest chain that imports it at start-up or, if there is none, with the
shortest that imports it when a function is called.
"""

from __future__ import annotations

import heapq
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from posixpath import basename, dirname, join, normpath

from ops.shipped_imports.distributions import Installed, is_shared, is_well_known, label
from ops.shipped_imports.findings import Finding, Module, Reached, Report
from ops.shipped_imports.image import EMPTY, Image, Layout, is_within
from ops.shipped_imports.paths import FILE
from ops.shipped_imports.source import Import, Source, Step, Version, read
from ops.shipped_imports.standard import standard_modules
from ops.shipped_imports.start import Start

_CAUGHT = "; the failure is caught, so it is not seen"
_NOWHERE = "not in the repository"
_MADE = re.compile(r"(?:^|\.)(?:_version|\w+_pb2(?:_grpc)?)$")  # by setuptools-scm and by protoc
_ROUNDS = 4  # a file on an added folder may add another


@dataclass
class Graph:
    """The modules of a repository as they are in an image, each found and read once."""

    root: Path
    repository: Layout
    image: Image
    installed: Installed
    sources: dict[tuple[str, str, bool, Version], Source] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)  # imports that an unknown distribution may provide
    added: dict[str, None] = field(default_factory=dict)  # to sys.path, by files
    mains: set[str] = field(default_factory=set)
    strays: set[str] = field(default_factory=set)  # top modules that are found by their name alone

    def __post_init__(self) -> None:
        self.layout = self.image.layout
        self.version = self.image.version or (sys.version_info[0], sys.version_info[1])
        self.standard = standard_modules(self.version[1])

    @cached_property
    def shipped(self) -> dict[str, str]:
        """The path in the image of each file of the repository."""
        return {file: path for path, file in self.layout.files.items()}

    def follow(self) -> Report:
        """Follow the imports of all that is started, and of everything they import."""
        for _ in range(_ROUNDS):
            report = self._round()
            search = tuple(dict.fromkeys([*self.image.layout.search, *self.added]))
            if search == tuple(self.layout.search):
                break
            # Files have added folders to sys.path. The origins do not depend on them.
            self.layout = replace(self.layout, search=search)
            self.modules.clear()
            self.notes.clear()
            self.open.clear()
        return report

    def _round(self) -> Report:
        needs: dict[tuple[str, str], Module] = {}
        queue: list[tuple[bool, bool, int, tuple[str, ...], tuple[str, str], str]] = []
        missing: dict[tuple[str, str], tuple[bool, Finding]] = {}
        reached: dict[tuple[str, str], Reached] = {}
        unguarded: set[tuple[str, str]] = set()
        unparsed: dict[str, str] = {}
        edges: set[tuple[str, str]] = set()

        def add(need: Module, chain: tuple[str, ...], function: str, *, guarded: bool) -> None:
            key = need.name, need.file
            needs[key] = need
            # Imports at start-up come before those in functions, then those whose failure is not caught; then shorter
            # chains come first.
            heapq.heappush(queue, (bool(function), guarded, len(chain), chain, key, function))

        for start in self.image.starts:
            for module in self._started(start):
                add(module, (start.where,) if module.problem and start.where else (), "", guarded=False)
        while queue:
            waits, guarded, _, chain, key, function = heapq.heappop(queue)
            # Once in a place where a failure is caught, and once where it is not.
            if key in unguarded or (guarded and key in reached):
                continue
            unguarded |= set() if guarded else {key}
            need = needs[key]
            by = chain[-1].rpartition(":")[0] if chain else "start"
            reached.setdefault(key, Reached(need.name, need.file, need.provider, by, not waits, need.problem))
            if need.problem and (need.file or need.is_caught or not guarded):
                when = f" (imported when {function}() is called)" if function else ""
                problem = need.problem + (_CAUGHT if guarded and not need.folders else "") + when
                missing.setdefault(key, (waits, Finding(chain, need.file or need.name, problem)))
            elif need.remark:
                self.notes[" → ".join([*chain, f"{need.file or need.name}: {need.remark}"])] = None
            elif need.is_open and not guarded:
                self.open.add(need.name)
            source = self._source(need)
            unparsed.update({need.file: source.unparsed} if source.unparsed else {})
            for imported, found, is_guarded in self._required(need, source.steps):
                edges.add((need.file, found.file or found.provider or found.name))
                place = (*chain, f"{need.file}:{imported.line}")
                add(found, place, function or imported.function, guarded=guarded or is_guarded)
        findings = [finding for _, finding in sorted(missing.values(), key=lambda each: (each[0], str(each[1])))]
        return Report(findings, list(self._all_notes(unparsed)), list(reached.values()), frozenset(edges))

    def _all_notes(self, unparsed: Mapping[str, str]) -> Iterator[str]:
        yield from self.notes
        if unparsed:
            file, why = min(unparsed.items())
            more = f" (and {len(unparsed) - 1} more)" if len(unparsed) > 1 else ""
            newer = ".".join(map(str, self.version)) if self.version > sys.version_info[:2] else ""
            advice = f"; run this with Python {newer}" if newer else ""
            yield f"{file}{more} cannot be parsed as a whole, so not all imports are followed: {why}{advice}"
        if self.open:
            names = ", ".join(sorted(map(label, self.open)))
            reason = "; ".join(self.installed.unknown) or "no requirement names them, but another may require them"
            yield f"not decided: {names}: {reason}"

    def _started(self, start: Start) -> Iterator[Module]:
        """The modules that a start imports first."""
        if start.module:
            found = [
                need for need in self._needs(Module("", ""), Import(0, start.module)) if need.file or need.provider
            ]
            main = f"{start.module}.__main__"
            if start.is_main and found and basename(found[-1].file) == "__init__.py":
                found = [*found, *self._needs(Module("", ""), Import(0, main))]
            self.mains |= {found[-1].file} if found and start.is_main else set()
            yield from found
            if not found and start.module.partition(".")[0] not in self.standard:
                self.notes[f"{start.where}: {start.module} is started, which is not in the repository"] = None
        elif file := self.layout.files.get(start.file):
            self.mains |= {file} if start.is_main else set()
            yield from self._entry(start.file, file)
        else:
            candidates = [
                join(home, basename(path))
                for path in (start.file, *start.others)
                for home in [*self._origins([dirname(path)]), *self._homes_of(dirname(path))]
            ]
            file = next((each for each in candidates if (self.root / each).is_file()), "")
            if file:
                is_python = file.endswith(".py")
                yield Module(file, file if is_python else "", f"not {self.layout.verb}")
            elif start.file.endswith(".py") and not start.others:
                self.notes[f"{start.where}: /{start.file} is started, which is not in the repository"] = None

    def _entry(self, path: str, file: str) -> Iterator[Module]:
        """The packages that contain an entry, and the entry under its name in the image."""
        length = max((len(folder) for folder in self.layout.search if is_within(path, folder)), default=0)
        name = path[length:].lstrip("/")
        name = name.removesuffix(".py")
        name = (name.removesuffix("/__init__")).replace("/", ".")
        entry = Module(name, file)
        yield from self._chain(entry.package, entry) if entry.package else ()
        yield entry

    def _source(self, module: Module) -> Source:
        if not module.file or module.file == EMPTY:
            return Source()
        is_main = module.file in self.mains
        key = module.file, module.package, is_main, self.version
        if key not in self.sources:
            try:
                self.sources[key] = read(self.root / module.file, module.package, self.version, is_main=is_main)
            except OSError as error:
                self.sources[key] = Source(unparsed=str(error.strerror))
        source = self.sources[key]
        for folder in source.folders:
            self._add_folder(folder, self.shipped.get(module.file, ""))
        return source

    def _add_folder(self, folder: str, path: str) -> None:
        """Let imports look in a folder that a file adds to sys.path, if anything is there."""
        place = normpath(join("/", folder.replace(FILE, f"/{path}") if folder.startswith(FILE) else folder)).lstrip("/")
        if place in self.layout.origins:
            self.added[place] = None

    def _required(self, module: Module, steps: Iterable[Step]) -> Iterator[tuple[Import, Module, bool]]:
        """The needs of a module's imports, except those whose failure it handles. Whether it would handle one."""
        for step in steps:
            if isinstance(step, Import):
                yield from ((step, need, False) for need in self._needs(module, step))
                continue
            tried = list(self._required(module, step.body))
            failed = any(need.fails for _, need, _ in tried)
            rest = list(self._required(module, step.fallback if failed else step.success))
            for imported, need, guarded in tried:
                if step.gives_up or not need.fails:
                    yield imported, need, guarded or not step.gives_up
                elif step.is_intended:
                    pass
                elif not rest and not need.is_stray and (need.file or (step.is_broad and need.problem == _NOWHERE)):
                    # The code goes on without what the repository has: most likely not on purpose.
                    yield imported, replace(need, is_caught=True), True
            yield from rest

    def _needs(self, importer: Module, imported: Import) -> Iterator[Module]:
        """What one import needs: modules of the repository, outermost first, or one from outside."""
        name, attribute = imported.module, imported.name
        if name.startswith("."):
            yield Module(name, problem=f"goes above the top package: this module's name there is {importer.name}")
            return
        full = name if attribute in {None, "*"} else f"{name}.{attribute}"
        top = name.partition(".")[0]
        if not self.layout.find(top, self.layout.search)[0]:
            if top in self.standard:
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
            # A package without a file, or with an empty one, has only modules to import.
            is_whole = bool((found[-1].file and not source.is_empty) or any(inner) or attribute == "*")
            name = name if is_whole else full
            found += filter(None, inner)
        yield from (module for module in found if module.file)
        if is_whole and (found[-1].file or found[-1].folders):
            return
        # Two folders of these names in the repository are its own, without any file too.
        if any(module.file for module in found) or (len(found) > 1 and not is_shared(top)):
            yield Module(full, problem=f"not {self.layout.verb}") if is_whole else self._elsewhere(name)
        else:
            name = full if found else self.installed.telling(full)
            if _MADE.search(name):
                yield Module(name, remark=f"{_NOWHERE}: it must be made during the build")
                return
            is_missing = self.installed.is_missing(name)
            yield Module(name, problem="no requirement provides it" if is_missing else "", is_open=not is_missing)

    def _elsewhere(self, name: str) -> Module:
        """A module that its package has not. Another folder of that name may have it, which is not looked into."""
        tail = f"/{name.replace('.', '/')}"
        files = self.repository.by_name.get(name.rpartition(".")[2], ())
        file = next((each for each in files if f"/{each}".endswith((f"{tail}.py", f"{tail}/__init__.py"))), "")
        if not file and _MADE.search(name):
            return Module(name, remark=f"{_NOWHERE}: it must be made during the build")
        return Module(name, file, self._state(name, "", file, ())[0] if file else _NOWHERE)

    def _chain(self, name: str, importer: Module) -> list[Module]:
        """The modules that run when a name is imported, outermost first, as far as they exist.

        One that does not ship is looked up beside its importer, then where the image's files come from, then anywhere.
        """
        home = dirname(importer.file)
        for _ in filter(None, importer.package.split(".")):
            home = dirname(home)
        homes = [*([home] if importer.file else ()), *self._origins(self.layout.search)]
        if not importer.file:
            homes += [home for folder in self.layout.search for home in self._homes_of(folder)]
        elif not is_well_known(name):
            homes.append("")
        found = self._path(name, homes)
        top = name.partition(".")[0]
        is_import = bool(importer.file)  # what is started is not looked for everywhere
        if is_import and len(found) <= name.count(".") and (stray := self._stray(name)) is not None:
            self.strays |= set() if found else {top}
            found = self._path(name, [stray])
        return [replace(module, is_stray=True) for module in found] if top in self.strays else found

    def _stray(self, name: str) -> str | None:
        """The folder that has a module of this name, wherever it is in the repository."""
        if is_well_known(name):
            return None
        tail = f"/{name.replace('.', '/')}"
        files = [file for file in self.repository.by_name.get(name.rpartition(".")[2], ()) if file not in self.shipped]
        strays = [file for file in files if f"/{file}".endswith((f"{tail}.py", f"{tail}/__init__.py"))]
        if not strays:
            return None
        stray = min(strays, key=lambda file: (file.count("/"), file))
        folder = f"/{stray}".rpartition(tail)[0].lstrip("/")
        # A module of a package is not meant by its name alone.
        return None if f"{folder}/__init__.py".lstrip("/") in self.repository.files else folder

    def _path(self, name: str, homes: Sequence[str]) -> list[Module]:
        path = [Module("", folders=self.layout.search, homes=homes)]
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
        file, folders = self.layout.find(part, package.folders)
        original, homes = self.repository.find(part, package.homes)
        homes = [*self._origins(folders), *homes]
        if file or original:
            self.modules[name] = Module(
                name, file or original, *self._state(name, file, original, folders), "", folders, homes
            )
            return self.modules[name]
        return Module(name, folders=folders, homes=homes) if homes else None

    def _state(self, name: str, file: str, original: str, folders: Sequence[str]) -> tuple[str, str]:
        """The problem of a module that is found, and a remark about it."""
        if file:
            return "", ""
        problem = f"not {self.layout.verb}"
        if original in self.shipped:
            path = self.shipped[original]
            problem = f"{self.layout.verb} to /{path}, where this import does not look"
            top, _, rest = name.partition(".")
            first = self.layout.find(top, self.layout.search)
            if rest and (first[0] or first[1]):
                problem += f": {top} is /{self.shipped.get(first[0], '') or first[1][0]}"
        if folders and basename(original) == "__init__.py" and self._source(Module(name, original)).is_empty:
            return "", f"{problem}, but it is empty: the package works without it"
        # A package whose __init__.py does not ship was not meant to be a namespace package.
        return problem, ""

    def _homes_of(self, folder: str) -> list[str]:
        """Where the files of a folder of the image would come from: folders whose last names are the same."""
        parts = folder.split("/")
        ends = ["/".join(parts[index:]) for index in range(len(parts) + 1)]
        return [join(home, end).rstrip("/") for end in ends for home in self.image.homes]

    def _origins(self, folders: Iterable[str]) -> list[str]:
        return [origin for folder in folders for origin in self._origins_of(folder)]

    def _origins_of(self, folder: str) -> list[str]:
        if not folder or folder in self.layout.origins:
            return sorted(self.layout.origins.get(folder, ()))
        # Nothing was copied there, so it would be the folder of this name beside what was.
        return [join(origin, basename(folder)) for origin in self._origins_of(dirname(folder))]
