"""The house stays in order: imports run one way, the core is pure, and each vendor has one package."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = [ROOT / "main.py", *sorted((ROOT / "monitor").rglob("*.py"))]

# What each part may import: of the monitor, and of what is installed. A part is a package or a module of monitor.
CORE = {"core"}
EDGE = {*CORE, "settings", "logs"}
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "core": (set(), set()),
    "logs": (set(), set()),
    "boot": ({"logs"}, set()),
    "settings": (CORE, {"pydantic"}),
    "request": ({*CORE, "settings"}, {"pydantic"}),
    "heartbeat": (EDGE, set()),
    "bigquery": ({*EDGE, "request"}, {"google"}),
    "slack": ({*EDGE, "request"}, {"slack_sdk"}),
    "check": ({*EDGE, "request", "heartbeat", "bigquery", "slack"}, set()),
    "web": ({*EDGE, "request", "bigquery", "check"}, {"flask", "jinja2"}),
    "cli": ({*EDGE, "request", "bigquery", "check", "web"}, {"flask"}),
    "__main__": ({"cli"}, set()),
    "main": ({"settings", "boot", "web"}, {"flask", "functions_framework"}),
}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def part_of(name: str) -> str:
    """The package or module of monitor that a module belongs to; empty for monitor itself."""
    return name.removeprefix("monitor").removeprefix(".").partition(".")[0] if name != "main" else name


def imports_of(path: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it leads"
            own = {f"{node.module}.{alias.name}" for alias in node.names} & {name_of(p) for p in SHIPPED}
            found |= own or {str(node.module)}
    return found


def own_imports(path: Path) -> set[str]:
    return {name for name in imports_of(path) if name.split(".")[0] in {"main", "monitor"}}


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_a_part_imports_what_it_may_and_nothing_else(path: Path) -> None:
    part = part_of(name_of(path))
    neighbours, vendors = ALLOWED.get(part, (set(), set()))
    assert {part_of(name) for name in own_imports(path)} - neighbours - {part, ""} == set()
    installed = {name.split(".")[0] for name in imports_of(path)} - sys.stdlib_module_names - {"main", "monitor"}
    assert installed - vendors == set()


def test_nothing_imports_in_a_circle() -> None:
    imports = {name_of(path): own_imports(path) for path in SHIPPED}
    while leaves := {name for name, needed in imports.items() if not needed & imports.keys() - {name}}:
        imports = {name: needed for name, needed in imports.items() if name not in leaves}
    assert imports == {}


@pytest.mark.parametrize("path", sorted((ROOT / "monitor" / "core").glob("*.py")), ids=name_of)
def test_the_core_is_pure(path: Path) -> None:
    allowed = "bisect collections collections.abc dataclasses datetime decimal enum functools hashlib math re typing"
    assert {name for name in imports_of(path) if not name.startswith("monitor.core")} <= set(allowed.split())
    # The one clock within the allowed modules.
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    assert not calls & {"datetime.now", "datetime.utcnow", "date.today", "datetime.today", "open"}


def test_every_module_opens_with_its_contract() -> None:
    silent = [name_of(path) for path in SHIPPED if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_no_two_test_modules_have_one_name() -> None:
    # Pytest collects only one of them.
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_files_stay_small_and_rooms_few() -> None:
    lines = {name_of(path): len(path.read_text().splitlines()) for path in SHIPPED}
    assert {name: count for name, count in lines.items() if count > 400} == {}
    assert lines["main"] < 100
    assert lines["monitor.check"] < 220
    rooms = {part_of(name_of(path)) for path in SHIPPED} - {"", "main"}
    assert len(rooms) <= 12
