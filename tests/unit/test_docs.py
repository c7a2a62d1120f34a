"""The docs say what the code does: every setting, status, address, parameter, source and target, and no other."""

import ast
import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import functions_framework
import pytest

from local.emulator import ROOT
from monitor.core.alerts import Reason
from monitor.core.verdict import Status
from monitor.request import CheckRequest
from monitor.settings import Settings, load_settings
from tests.unit.test_layout import ALLOWED

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted((ROOT / "ops").rglob("*.md"))]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    return (DOCS / name).read_text()


def first_cells(text: str) -> list[str]:
    """The code words in the first cell of every table row."""
    return [
        word for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for word in re.findall(r"`([^`]+)`", row)
    ]


def test_every_setting_is_in_the_table() -> None:
    assert first_cells(page("settings.md")) == [name.upper() for name in Settings.model_fields]


def test_the_defaults_are_the_settings_own() -> None:
    given = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]+)` \|", page("settings.md"), re.MULTILINE))
    project = {"GCP_PROJECT_ID": "nba"}
    assert load_settings({**project, **given}) == load_settings(project)
    assert len(given) == 18


def test_every_status_is_in_the_table() -> None:
    assert first_cells(page("alerts.md").split("\n## Alerts\n")[0]) == list(Status)


def test_every_reason_is_in_the_table() -> None:
    assert set(first_cells(page("alerts.md").split("\n## Alerts\n")[1])) == set(Reason)


def test_every_parameter_is_in_the_table() -> None:
    assert set(first_cells(page("http.md").split("| endpoint")[0])) == set(CheckRequest.model_fields)


def test_every_address_is_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCP_PROJECT_ID", "nba")
    functions_framework.create_app("check_data_availability", str(ROOT / "main.py"))
    words = first_cells(page("http.md").split("| endpoint")[1])
    assert [word for word in words if word.startswith("/")] == list(sys.modules["main"]._ROUTES)  # noqa: SLF001 - the table to agree with


def test_every_promise_is_listed_with_its_test() -> None:
    """The figures are those of the run that wrote the page; that it lists what is held today is seen here."""
    promised = {
        f"| {mark.args[0].value} | `{path.name}::{node.name}`"  # type: ignore[attr-defined]  # a constant
        for path in (ROOT / "tests" / "proof").glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.promise"
    }
    lines = page("reliability.md").split("## The fault matrix")[0].splitlines()
    assert {line.rpartition(" | ")[0] for line in lines if "::" in line} == promised
    assert len(promised) > 10


def test_every_option_of_a_deploy_is_in_the_table_and_in_its_help() -> None:
    script = (ROOT / "deploy.sh").read_text()
    options = set(re.findall(r"^    (--[a-z-]+)\) ", script, re.MULTILINE))
    assert len(options) == 7
    assert set(first_cells(page("deploy.md"))) == options
    assert set(re.findall(r"^  (--[a-z-]+) ", script, re.MULTILINE)) == options


def test_the_runbook_has_every_status_and_every_alert() -> None:
    runbook = (ROOT / "ops" / "runbook.md").read_text()
    assert first_cells(runbook) == list(Status)
    headings = re.findall(r"^## (.*)", runbook, re.MULTILINE)
    policies = [json.loads(path.read_text()) for path in (ROOT / "ops" / "alert_policies").glob("*.json")]
    assert {policy["displayName"] for policy in policies} == {h for h in headings if ":" in h}
    # Each policy's own text leads to its part of the runbook.
    for policy in policies:
        assert f'ops/runbook.md, "{policy["displayName"]}".' in policy["documentation"]["content"]


def test_every_shipped_source_is_named() -> None:
    for query in (ROOT / "schemas" / "sources").rglob("*.sql"):
        assert f"{query.stem}" in page("settings.md"), query


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [path.read_text() for path in PAGES]
    code = "\n".join(block for text in texts for block in FENCED.findall(text))
    named = {*re.findall(r"^make ([a-z]+)", code, re.MULTILINE), *re.findall(r"`make ([a-z]+)", "".join(texts))}
    assert {"demo", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    """A relative link leads to a file, and to a heading in it. An external link is well formed; nothing is fetched."""
    prose = FENCED.sub("", path.read_text())
    for link in re.findall(r"\]\(([^)]*)\)|src=\"([^\"]*)\"", prose):
        target = next(filter(None, link), "")
        url = urlsplit(target)
        if url.scheme:
            assert url.scheme == "https", target
            assert re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]+", url.netloc), target
            assert not re.search(r"[\s<>]|[.,;]$", target), target
            continue
        assert target, f"{path}: an empty link"
        other = path.parent / url.path if url.path else path
        assert other.exists(), target
        assert not url.fragment or url.fragment in anchors(other), target


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings.

    https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
    """
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)", FENCED.sub("", path.read_text()), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(f"{slug}-1" if slug in found else slug)
    return found


def test_the_contributing_page_is_short_and_names_what_exists() -> None:
    contributing = page("contributing.md")
    assert len(contributing.splitlines()) <= 80
    paths = re.findall(r"`((?:bench|docs|local|monitor|ops|schemas|tests)/[\w./]*|\w+\.(?:py|sh|md))`", contributing)
    assert len(paths) > 40
    assert [path for path in paths if not (ROOT / path).exists()] == []
    arrows = re.findall(r"^  (\w+)(?:\[.*\])? --> (\w+)", contributing, re.MULTILINE)
    imports = {part: allowed for part, (allowed, _vendors) in ALLOWED.items()}
    assert len(arrows) > 10
    assert [(part, other) for part, other in arrows if other not in imports[part.replace("cli", "__main__")]] == []
