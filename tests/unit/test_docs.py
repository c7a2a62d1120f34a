"""The docs say what the code does: every setting, status, address, parameter, source and target, and no other.

Every link between pages leads somewhere, and the figures are those of the code.
"""

import ast
import json
import re
import tomllib
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.emulator import ROOT
from monitor.bigquery.history import VIEWS
from monitor.bigquery.sources import columns
from monitor.core.alerts import FLAP, TROUBLE, AlertStatus, Notify, Reason
from monitor.core.readiness import RECENT_GAPS
from monitor.core.sources import EVIDENCE_DAYS, Kind, PlayerRow, ScheduleRow
from monitor.core.verdict import Status
from monitor.request import (
    FIRST_GAME,
    MAX_BODY_BYTES,
    MAX_CALENDAR_DAYS,
    MAX_DAYS,
    CheckRequest,
    DashboardRequest,
    DatesRequest,
    HistoryRequest,
    RequestError,
    parse_request,
)
from monitor.settings import Settings, SettingsError, load_settings
from monitor.web import door
from monitor.web.answers import problem
from tests.unit.test_layout import ALLOWED

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted((ROOT / "ops").rglob("*.md"))]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    return (DOCS / name).read_text()


def section(name: str, title: str) -> str:
    return page(name).split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of each table row whose first cell begins with a code word."""
    return [line.strip("| ").split(" | ") for line in re.findall(r"^\| `.*", text, re.MULTILINE)]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def first_cells(text: str) -> list[str]:
    return [word for row in rows(text) for word in words(row[0])]


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 130
    pages = {*DOCS.glob("*.md"), ROOT / "ops" / "runbook.md", ROOT / "CHANGELOG.md"}
    assert {path for path in pages if f"({path.relative_to(ROOT)}" not in readme} == set()


def test_the_figures_of_the_readme() -> None:
    readme = " ".join((ROOT / "README.md").read_text().split())
    deadlines, bad_day = load_settings({"GCP_PROJECT_ID": "nba"}).deadlines, date(2026, 1, 18)
    assert f"Every morning at {deadlines.due_at(bad_day):%-H:%M} in New York" in readme
    assert "at 8:00 in New York (13:00 UTC), five hours before predictions start" in readme
    assert deadlines.predictions_at(bad_day) - deadlines.due_at(bad_day) == timedelta(hours=5)
    # As on the page that is tested against a replay of the day.
    told = "came to light at 20:50 UTC, almost three hours after the predictions should have been made"
    assert all(told in " ".join(text.split()) for text in (readme, page("the-day.md")))
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["python_version"]
    assert f"runs on Python {python}:" in readme


def test_the_figures_of_the_alerts() -> None:
    text = " ".join(page("alerts.md").split())
    assert (timedelta(hours=2), 14, 10) == (FLAP, EVIDENCE_DAYS, RECENT_GAPS)
    assert all(figure in text for figure in ("within two hours", "within 14 days", "the last ten gaps"))


def test_every_setting_is_in_the_table() -> None:
    tables = page("settings.md").split("\n## When a setting is wrong\n")[0]
    assert first_cells(tables) == [name.upper() for name in Settings.model_fields]


def test_the_defaults_are_the_settings_own() -> None:
    given = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]+)` \|", page("settings.md"), re.MULTILINE))
    project = {"GCP_PROJECT_ID": "nba"}
    assert load_settings({**project, **given}) == load_settings(project)
    assert len(given) == 18


@pytest.mark.parametrize(
    ("wrong", "line"),
    re.findall(r"^\| (none|`.*?`) \| (.*) \|$", section("settings.md", "When a setting is wrong"), re.MULTILINE),
)
def test_a_wrong_setting_is_told_as_the_page_says(wrong: str, line: str) -> None:
    given = dict(word.split("=") for word in words(wrong))
    with pytest.raises(SettingsError) as error:
        load_settings({"GCP_PROJECT_ID": "nba", **given} if given else {})
    assert str(error.value) == line


def test_every_status_is_in_the_table() -> None:
    assert first_cells(section("alerts.md", "Statuses")) == list(Status)


def test_every_reason_and_every_alert_status_is_in_the_table() -> None:
    reasons, alert_statuses = section("alerts.md", "Reasons").split("| alert status |")
    assert set(first_cells(reasons)) == set(Reason)
    assert first_cells(alert_statuses) == list(AlertStatus)


def test_the_incidents_are_those_that_the_alerts_know() -> None:
    answers = {words(status)[0]: incident for status, _when, incident in rows(section("alerts.md", "Statuses"))}
    assert {status for status, incident in answers.items() if incident.startswith("yes")} == TROUBLE


def test_every_parameter_is_in_the_table() -> None:
    models: dict[str, type[DatesRequest]] = {
        "check": CheckRequest,
        "history": HistoryRequest,
        "dashboard": DashboardRequest,
    }
    listed: dict[str, set[str]] = {endpoint: set() for endpoint in models}
    for names, endpoints, values, _meaning in rows(section("http.md", "Parameters")):
        for endpoint in endpoints.split(", "):
            listed[endpoint].update(words(names))
        if names == "`notify`":
            assert words(values) == list(Notify)
    assert listed == {endpoint: set(model.model_fields) for endpoint, model in models.items()}


def test_the_limits_of_a_request() -> None:
    text = section("http.md", "Parameters")
    assert f"at most {MAX_DAYS} days, for the dashboard {MAX_CALENDAR_DAYS:,}" in text
    assert f"{FIRST_GAME},\nthe league's first game, and the latest is {MAX_DAYS} days from today" in text
    assert f"at most {MAX_BODY_BYTES:,} bytes" in text
    today = date(2026, 1, 18)
    assert f"covers the last {len(HistoryRequest.model_validate({}).days(today))} days" in text


def test_every_address_is_in_the_table() -> None:
    routes = door._ROUTES  # noqa: SLF001 - the table to agree with
    listed = {}
    for endpoint, _returns in rows(section("http.md", "Endpoints")):
        methods = [word for word in words(endpoint) if not word.startswith("/")]
        listed.update({word: methods for word in words(endpoint) if word.startswith("/")})
    assert listed == {path: list(methods) for path, methods in routes.items()}


def test_the_views_that_history_returns_are_named() -> None:
    (history,) = (returns for first, returns in rows(section("http.md", "Endpoints")) if "`/history`" in first)
    assert tuple(words(history)[1:]) == VIEWS


def test_every_http_status_is_in_the_table() -> None:
    answers = "".join((ROOT / "monitor" / "web" / f"{name}.py").read_text() for name in ("door", "answers", "outcomes"))
    used = {str(HTTPStatus[name].value) for name in re.findall(r"HTTPStatus\.([A-Z_]+)", answers)}
    assert first_cells(section("http.md", "Answers")) == sorted(used)


def test_the_example_of_an_error_is_one() -> None:
    (block,) = re.findall(r"^```json\n(.*?)^```$", page("http.md"), re.MULTILINE | re.DOTALL)
    example = json.loads(block)
    with pytest.raises(RequestError) as error:
        parse_request(CheckRequest, {"date": ["foo"]}, today=date(2026, 1, 18))
    assert problem(HTTPStatus.BAD_REQUEST, str(error.value), example["run_id"]).get_json() == example


def test_every_shipped_source_is_listed_with_what_it_reads() -> None:
    shipped = {path.stem: path for path in (ROOT / "schemas" / "sources").rglob("*.sql")}
    listed = rows(section("sources.md", "What ships"))
    assert {words(row[0])[0] for row in listed} == set(shipped)
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    phase3 = "nba_analytics.upcoming_player_game_context"
    for name, kind, settings, reads in listed:
        (source,) = words(name)
        assert kind.split(":")[0] == shipped[source].parent.name
        naming = {
            setting
            for setting, value in defaults.items()
            if value == source or (isinstance(value, tuple) and source in value)
        }
        assert set(words(settings)) == naming, source
        tables = {*words(reads), *({phase3} if "Phase 3" in reads else set())}
        assert tables == set(re.findall(r"\bnba_\w+\.\w+", shipped[source].read_text())), source


def test_every_column_of_a_source_is_in_the_table() -> None:
    listed: dict[str, dict[str, str]] = {kind: {} for kind in Kind}
    for names, of, kinds, _meaning in rows(section("sources.md", "The columns")):
        for kind in Kind if kinds == "all" else kinds.split(", "):
            listed[kind].update(dict.fromkeys(words(names), of))
    assert listed == {kind: columns(ScheduleRow if kind is Kind.SCHEDULE else PlayerRow) for kind in Kind}


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
    assert len(options) == 10
    assert set(first_cells(page("deploy.md"))) == options
    assert set(re.findall(r"^  (--[a-z-]+) ", script, re.MULTILINE)) == options
    calls = [call for path in PAGES for call in re.findall(r"\./deploy\.sh( --[^`\n]*)", path.read_text())]
    assert {option for call in calls for option in re.findall(r"--[a-z-]+", call)} <= options


def test_the_runbook_has_every_status_and_every_alert() -> None:
    runbook = (ROOT / "ops" / "runbook.md").read_text()
    assert first_cells(runbook) == list(Status)
    headings = re.findall(r"^## (.*)", runbook, re.MULTILINE)
    policies = [json.loads(path.read_text()) for path in (ROOT / "ops" / "alert_policies").glob("*.json")]
    assert {policy["displayName"] for policy in policies} == {h for h in headings if ":" in h}
    # Each policy's own text leads to its part of the runbook.
    for policy in policies:
        assert f'ops/runbook.md, "{policy["displayName"]}".' in policy["documentation"]["content"]


def test_whoever_reads_the_page_gets_the_roles_that_the_proxy_needs() -> None:
    """It looks the address up, with run.services.get, before it calls, with run.routes.invoke."""
    for text in ((ROOT / "ops" / "runbook.md").read_text(), page("deploy.md")):
        assert "for role in roles/run.invoker roles/run.viewer; do" in text
    assert "cloud-run-proxy" in page("deploy.md")


def test_every_shipped_source_is_named_in_the_settings() -> None:
    named = {name for word in words(section("settings.md", "Sources")) for name in word.split(",")}
    assert {query.stem for query in (ROOT / "schemas" / "sources").rglob("*.sql")} <= named


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
    for name, path in re.findall(r"`(\w+)` in\s+`([\w./]+)`", contributing):
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text()), (name, path)
    arrows = re.findall(r"^  (\w+)(?:\[.*\])? --> (\w+)", contributing, re.MULTILINE)
    imports = {part: allowed for part, (allowed, _vendors) in ALLOWED.items()}
    assert len(arrows) > 10
    assert [(part, other) for part, other in arrows if other not in imports[part]] == []
