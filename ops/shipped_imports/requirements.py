"""Reads what is installed: requirement lines and files, pyproject.toml, setup.cfg and setup.py, and lock files.

It collects the names of distributions. What it does not understand becomes a note.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

_NAME = re.compile(r"([a-z0-9][\w.-]*)\s*(?:\[[^]]*\]\s*)?(?:$|[@<>=!~;(,]|--)", re.IGNORECASE | re.ASCII)
# Of several the first counts.
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")


@dataclass
class Requirements:
    """The distributions that are named, and what limits that knowledge."""

    read: Callable[[str], str | None]  # the text of a file by its path, if there is one
    names: set[str] = field(default_factory=set)
    constrained: set[str] = field(default_factory=set)  # installed only if something else requires them
    projects: list[str] = field(default_factory=list)  # folders that are installed as packages
    is_locked: bool = False  # every dependency is named
    unknown: list[str] = field(default_factory=list)  # why there may be more
    absent: list[tuple[str, str]] = field(default_factory=list)  # files that are read and not there, and where

    def add(self, text: str, where: str, folder: str) -> None:
        """Add one line, which stands at a place and is relative to a folder."""
        text = text.strip()
        if not text:
            return
        if other := re.match(r"(?:-r|--requirements?)[\s=]*(.+)", text):
            self.add_file(normpath(join(folder, other[1].strip("\"'"))), where)
        elif other := re.match(r"(?:-c|--constraints?)[\s=]*(.+)", text):
            self._constrain(normpath(join(folder, other[1].strip("\"'"))), where)
        elif found := re.search(r"#egg=([\w.-]+)", text):
            self.names.add(canonical(found[1]))
        elif wheel := re.search(r"([\w.]+)-\d[^/\s]*\.(?:whl|tar\.gz|zip)", text):
            self.names.add(canonical(wheel[1]))
        elif local := re.match(r"(?:(?:-e|--editable)[\s=]*)?\"?((?:file:|\.|/)[^\[;\s\"]*)", text):
            self.add_project(normpath(join(folder, local[1].replace("file:", "").replace("//", "/"))), where)
        elif found := _NAME.match(re.sub(r"^(?:-e|--editable)\s*", "", text)):
            self.names.add(canonical(found[1]))
        elif not re.match(r"-(?!e|-editable|-hash)", text):
            self.unknown.append(f"{where}: what {text.split()[0]} installs is not known: write it as «name @ URL»")

    def add_file(self, path: str, where: str) -> None:
        """Add a file of requirements, once."""
        text = self.read(path)
        if text is None:
            self.unknown.append(f"{where}: {path} is not there")
            self.absent.append((where, path))
            return
        # pip-compile and uv say where each line comes from, so the file has all dependencies. So it is with hashes.
        self.is_locked |= bool(re.search(r"^\s*# via|--hash=", text, re.MULTILINE))
        read, self.read = self.read, lambda other: None if other == path else read(other)
        for line, requirement in _lines(text):
            self.add(requirement, f"{path}:{line}", dirname(path))
        self.read = read

    def _constrain(self, path: str, where: str) -> None:
        inner = Requirements(self.read)
        inner.add_file(path, where)
        self.constrained |= inner.names

    def add_project(self, folder: str, where: str, *, uses_lock: bool = False, installs_it: bool = True) -> None:
        """Add what a folder with a project requires, and the project itself. Poetry and uv use its lock file."""
        metadata = {
            name: self.read(join(folder, name)) for name in ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")
        }
        if not any(text is not None for text in metadata.values()):
            if "*" not in folder or not self.names:  # wheels that an earlier stage has built
                self.unknown.append(f"{where}: {folder or '.'} has no project to install")
                self.absent += [(where, join(folder, name)) for name in ("pyproject.toml", "setup.py")]
            return
        if installs_it:
            self.projects.append(folder)
        for lock in _LOCKS if uses_lock else ():
            if (text := self.read(join(folder, lock))) is not None:
                self.names |= {canonical(name) for name in _locked(text)}
                self.is_locked = True
                return
        names = [
            *_pyproject(metadata["pyproject.toml"] or ""),
            *_setup_cfg(metadata["setup.cfg"] or ""),
            *_setup_py(metadata["setup.py"] or ""),
            *(_tables(metadata["Pipfile"] or "").get("packages", {})),
        ]
        self.names |= {canonical(found[1]) for name in names if (found := _NAME.match(name))}
        if "dynamic" in (metadata["pyproject.toml"] or "") and not names:
            self.unknown.append(f"{where}: the dependencies of {folder or '.'} are computed")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a requirements file with continued ones joined, and the number of the first."""
    whole, start = "", 1
    for number, line in enumerate([*text.splitlines(), ""], 2):
        whole += re.sub(r"(^|\s)#.*", "", line)
        if whole.endswith("\\"):
            whole = f"{whole[:-1]} "
            continue
        yield start, whole.strip()
        whole, start = "", number


def _locked(text: str) -> list[str]:
    if text.lstrip().startswith("{"):  # Pipfile.lock is JSON
        return re.findall(r'^\s{8}"([\w.-]+)": \{', text, re.MULTILINE)
    # uv lists the project itself too, with a source on the disk.
    packages = [
        each for each in text.split("[[package]]") if not re.search(r"source = \{ (?:virtual|editable|dir)", each)
    ]
    return [found[1] for each in packages if (found := re.search(r'^name = "([^"]+)"', each, re.MULTILINE))]


def _pyproject(text: str) -> list[str]:
    tables = _tables(text)
    poetry = [name for name in tables.get("tool.poetry.dependencies", {}) if name != "python"]
    return [*_strings(tables.get("project", {}).get("dependencies", "")), *poetry]


def _tables(text: str) -> dict[str, dict[str, str]]:
    """The values of a TOML file as written, by table and key. Python 3.9 has no parser of its own."""
    tables: dict[str, dict[str, str]] = {}
    table: dict[str, str] = {}
    key, is_open = "", False
    for line in text.splitlines():
        bare = re.sub(r"(^|\s)#[^\"']*$", "", line)
        if is_open:
            table[key] += f"\n{bare}"
        elif header := re.match(r"\[+\s*([^\]]+?)\s*\]", bare):
            table = tables.setdefault(header[1].replace('"', ""), {})
            continue
        elif pair := re.match(r"\s*[\"']?([\w.-]+)[\"']?\s*=\s*(.*)", bare):
            key = pair[1]
            table[key] = pair[2]
        else:
            continue
        outside = re.sub(r"\"[^\"]*\"|'[^']*'", "", table[key])
        is_open = outside.count("[") > outside.count("]")
    return tables


def scripts(text: str) -> dict[str, str]:
    """The commands that a pyproject.toml defines, and the module that each starts."""
    tables = _tables(text)
    pairs = {**tables.get("project.scripts", {}), **tables.get("tool.poetry.scripts", {})}
    return {name: "".join(_strings(value)[:1]).partition(":")[0] for name, value in pairs.items()}


def _strings(text: str) -> list[str]:
    return [first or second for first, second in re.findall(r"\"([^\"]*)\"|'([^']*)'", text)]


def _setup_cfg(text: str) -> list[str]:
    found = re.search(r"^install_requires\s*=((?:[^\n]*)(?:\n[ \t]+[^\n]*|\n\s*(?=\n))*)", text, re.MULTILINE)
    return [line.strip() for line in found[1].splitlines()] if found else []


def _setup_py(text: str) -> list[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    # The list is often assigned to a name first, so that every list of that name counts.
    wanted = {"install_requires"}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in wanted and isinstance(node.value, ast.Name):
            wanted.add(node.value.id)
    names = []
    for node in ast.walk(tree):
        value = None
        if (isinstance(node, ast.keyword) and node.arg in wanted) or (
            isinstance(node, ast.Assign) and any(getattr(target, "id", "") in wanted for target in node.targets)
        ):
            value = node.value
        if isinstance(value, (ast.List, ast.Tuple)):
            names += [
                each.value for each in value.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
    return names


def canonical(name: str) -> str:
    """The one spelling of a distribution's name.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()
