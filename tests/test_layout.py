"""The house stays in order: imports run one way, the core is pure, and each vendor's library has one door."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = [ROOT / "main.py", *sorted((ROOT / "monitor").rglob("*.py"))]

# From the outermost layer to the innermost. A module may import from its own line and from those below it.
LAYERS = [
    {"main", "monitor.__main__"},
    {"monitor.answers", "monitor.openapi", "monitor.dashboard"},
    {"monitor.panels"},
    {"monitor.check"},
    {"monitor.notify"},
    {"monitor.boot", "monitor.warehouse", "monitor.slack", "monitor.message", "monitor.heartbeat"},
    {"monitor.history", "monitor.schema", "monitor.request", "monitor.settings", "monitor.logs", "monitor.words"},
    {"monitor.core.alerts"},
    {"monitor.core.verdict"},
    {"monitor.core.schedule"},
    {"monitor.core.sources"},
    {"monitor.core.games", "monitor.core.dates"},
    {"monitor", "monitor.core"},
]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


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


def layer(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    own = [name for name in imports_of(path) if name.split(".")[0] in {"main", "monitor"}]
    assert [name for name in own if layer(name) < layer(name_of(path))] == []


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_each_vendor_has_one_door(path: Path) -> None:
    doors = {
        "google": {"monitor.warehouse"},
        "slack_sdk": {"monitor.slack"},
        "functions_framework": {"main"},
        "flask": {"main", "monitor.answers"},
        "jinja2": {"monitor.dashboard"},
        "pydantic": {"monitor.settings", "monitor.request", "monitor.openapi"},
    }
    vendors = {name.split(".")[0] for name in imports_of(path)} - sys.stdlib_module_names - {"main", "monitor"}
    assert {vendor for vendor in vendors if name_of(path) not in doors[vendor]} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "monitor" / "core").glob("*.py")), ids=name_of)
def test_the_core_is_pure(path: Path) -> None:
    allowed = {
        "bisect",
        "collections",
        "collections.abc",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "hashlib",
        "math",
        "re",
    }
    assert {name for name in imports_of(path) if not name.startswith("monitor.core")} <= allowed
    # The one clock within the allowed modules.
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    assert not calls & {"datetime.now", "datetime.utcnow", "date.today", "datetime.today", "open"}


def test_every_module_opens_with_its_contract() -> None:
    silent = [name_of(path) for path in SHIPPED if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_the_door_stays_small() -> None:
    assert len((ROOT / "main.py").read_text().splitlines()) < 100
