"""The dashboard in a real browser, served by the real function over a socket, with a history that the monitor wrote.

Skipped if Chromium is not on the path.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from local import sample
from local.function import function
from local.pictures import PHONE_WIDTH, QUIET
from local.platform import TABLES, create_tables
from monitor.bigquery.schema import apply_schema
from monitor.web.dashboard import render
from monitor.web.states import STATES
from tests.conftest import Platform
from tests.unit.web.test_dashboard import HOSTILE, SETTINGS, hostile

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path, so no browser looks at the page")

HOSTILE_PAGE = "http://hostile.example.com/dashboard"  # answered in the browser: no request leaves it
NOW = sample.MORNING + timedelta(minutes=15)
PAGES = ["full", "empty", "hostile"]

type Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def history(loaded_season: Platform) -> Iterator[Platform]:
    """The season up to the bad morning, with each state."""
    gaps = f"{sample.BOOTSTRAP.first}/{sample.BOOTSTRAP.last}=bootstrap"
    mine = {"MONITORING_DATASET": "dashboard", "EXPECTED_GAPS": gaps}
    platform = Platform({**loaded_season.environment, **mine})
    apply_schema(platform.client, platform.settings)
    earlier = sample.MORNING - timedelta(hours=1)
    platform.check(earlier, start="2025-10-21", end="2025-12-09")
    platform.check(earlier, start="2025-12-11", end=str(sample.ALL_READY))  # Dec 10 is never checked
    platform.check(earlier, date="2026-04-20")  # past the schedule's end
    table = "nba_precompute.player_composite_factors"
    platform.client.query_and_wait(f"ALTER TABLE {table} RENAME TO hidden")
    platform.check(earlier + timedelta(minutes=30), date="2025-12-12")
    platform.client.query_and_wait("ALTER TABLE nba_precompute.hidden RENAME TO player_composite_factors")
    platform.check(earlier, date="2026-01-19")  # tomorrow, which is not due
    # Predictions for the day before Jan 12, and none for it.
    platform.client.query_and_wait(f"ALTER TABLE {sample.PREDICTIONS} RENAME TO hidden")
    create_tables(platform.client, {sample.PREDICTIONS: TABLES[sample.PREDICTIONS]})
    others = [row for row in sample.season()[sample.PREDICTIONS] if row["game_date"] == "2026-01-11"]
    platform.load({sample.PREDICTIONS: others})
    platform.check(earlier + timedelta(minutes=30), date="2026-01-12")
    platform.client.query_and_wait(f"DROP TABLE {sample.PREDICTIONS}")
    platform.client.query_and_wait("ALTER TABLE nba_predictions.hidden RENAME TO player_prop_predictions")
    platform.check(sample.MORNING)
    yield platform
    platform.client.delete_dataset("dashboard", delete_contents=True)


@pytest.fixture(scope="module")
def no_history(loaded_season: Platform) -> Iterator[Platform]:
    platform = Platform({**loaded_season.environment, "MONITORING_DATASET": "no_history"})
    apply_schema(platform.client, platform.settings)
    yield platform
    platform.client.delete_dataset("no_history", delete_contents=True)


@pytest.fixture(scope="module")
def addresses(
    history: Platform, no_history: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The URL of each of PAGES."""
    logs = tmp_path_factory.mktemp("function")
    with (
        function(history.environment, logs / "full.log", at=NOW) as full,
        function(no_history.environment, logs / "empty.log", at=NOW) as empty,
    ):
        yield {"full": f"{full}/dashboard", "empty": f"{empty}/dashboard", "hostile": HOSTILE_PAGE}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


def _answer(route: Route) -> None:
    html, headers = render(hostile(" ".join(HOSTILE)), SETTINGS)
    route.fulfill(body=html, headers=headers, content_type="text/html; charset=utf-8")


@contextmanager
def looking(
    browser: Browser, address: str, *, width: int = 1100, scheme: Scheme = "light", **context: Any
) -> Iterator[Page]:
    """The page in a window. Any request to another host, console message, error or dialog fails the test."""
    window = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, **context)
    window.route(HOSTILE_PAGE, _answer)
    page = window.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(address)
    yield page
    own = address.partition("/dashboard")[0]
    assert [url for url in requests if not url.startswith(f"{own}/dashboard")] == []
    assert complaints == []
    window.close()


def test_each_state_can_be_seen(browser: Browser, addresses: dict[str, str]) -> None:
    with looking(browser, addresses["full"]) as page:
        for state in STATES.values():
            cell = page.locator(f".calendar a[aria-label*=': {state.word}']").first
            expect(cell).to_be_visible()
            expect(cell).to_have_text(state.symbol)
            in_legend = re.compile(rf"^\s*{re.escape(state.symbol)}\s*{state.word}\s*[1-9]\d*\s*$")
            expect(page.locator(".legend li").filter(has_text=in_legend)).to_be_visible()
        expect(page.locator(".headline")).to_have_text("✗ missing Data is missing: 0 of 6 games ready")


def test_a_date_is_one_click_away(browser: Browser, addresses: dict[str, str]) -> None:
    with looking(browser, addresses["full"]) as page:
        page.get_by_role("link", name="Jan 15: missing, 7 of 8 ready").click()
        expect(page.get_by_role("heading", level=2).first).to_have_text("Thu Jan 15, 2026")
        expect(page.get_by_role("row").filter(has_text="MIA@CHI").first).to_contain_text("missing")
        expect(page.locator("[aria-current]")).to_have_attribute("href", "?day=2026-01-15")
        page.get_by_role("link", name="Previous day").click()
        expect(page.get_by_role("heading", level=2).first).to_have_text("Wed Jan 14, 2026")
        page.get_by_role("link", name="Today").click()
        expect(page.get_by_role("heading", level=2).first).to_have_text("Today, Sun Jan 18, 2026")
        # A date that was never checked.
        page.get_by_role("link", name="Dec 10: not run").click()
        expect(page.locator(".headline")).to_contain_text("not run No check on record for this date")
        expect(page.get_by_text("python -m monitor check --date 2025-12-10")).to_be_visible()
        page.get_by_role("link", name="Previous season").click()
        expect(page.locator("main")).to_contain_text("No checks on record for")


def test_hovering_over_a_date_shows_what_a_screen_reader_says(browser: Browser, addresses: dict[str, str]) -> None:
    with looking(browser, addresses["full"]) as page:
        page.get_by_role("link", name="Jan 15: missing, 7 of 8 ready, checked later").hover()
        shown = page.evaluate("getComputedStyle(document.querySelector('.calendar a:hover'), '::after').content")
        assert shown == '"Jan 15: missing, 7 of 8 ready, checked later"'


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_the_page_scrolls_only_down(browser: Browser, addresses: dict[str, str], name: str) -> None:
    with looking(browser, addresses[name], width=PHONE_WIDTH) as page:
        for details in page.locator("details:not([open]) summary").all():
            details.click()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
        # Anything wider scrolls in a box of its own, which the keyboard reaches.
        wide = "box => box.scrollWidth <= box.clientWidth || box.tabIndex === 0"
        assert all(box.evaluate(wide) for box in page.locator(".box").all())


def test_dark_is_dark_and_light_is_light(browser: Browser, addresses: dict[str, str]) -> None:
    brightness: dict[str, tuple[int, int]] = {}
    schemes: list[Scheme] = ["light", "dark"]
    for scheme in schemes:
        with looking(browser, addresses["full"], scheme=scheme) as page:
            style = page.evaluate(
                "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
            )
            text, back = (sum(map(int, re.findall(r"\d+", colour)[:3])) // 3 for colour in style)
            brightness[scheme] = text, back
    assert brightness["light"] == (33, 255)
    assert brightness["dark"] == (233, 20)


def test_without_scripts_everything_is_there(browser: Browser, addresses: dict[str, str]) -> None:
    with looking(browser, addresses["full"], java_script_enabled=False) as page:
        expect(page.locator(".headline")).to_contain_text("0 of 6 games ready")
        page.get_by_text("Check again").click()
        expect(page.get_by_text("python -m monitor check --date 2026-01-18")).to_be_visible()
        page.get_by_role("link", name="Jan 15: missing").click()
        expect(page.locator(".headline")).to_contain_text("7 of 8 games ready")


def test_headings_are_in_order_and_sections_have_names(browser: Browser, addresses: dict[str, str]) -> None:
    with looking(browser, addresses["full"]) as page:
        levels = [int(level) for level in page.eval_on_selector_all("h1,h2,h3", "all => all.map(h => h.tagName[1])")]
        assert (levels[0], levels.count(1)) == (1, 1)
        assert all(after - before <= 1 for before, after in pairwise(levels))
        for name in ("Today", "Calendar", "Incidents", "How early", "Source reliability", "Monitor runs"):
            expect(page.get_by_role("region", name=name)).to_be_visible()
        for role in ("banner", "main", "contentinfo"):
            expect(page.get_by_role(role)).to_have_count(1)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1100, "light"),
        (PHONE_WIDTH, "light"),
        (1100, "dark"),
    ],
)
def test_axe_finds_nothing_serious(
    browser: Browser, addresses: dict[str, str], name: str, width: int, scheme: Scheme
) -> None:
    # Axe is a script, which the page's own policy blocks.
    with looking(browser, addresses[name], width=width, scheme=scheme, bypass_csp=True) as page:
        for details in page.locator("details:not([open]) summary").all():
            details.click()
        found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
        serious = [each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}]
        assert serious == [], found.generate_report()
