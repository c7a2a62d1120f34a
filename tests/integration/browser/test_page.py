"""The dashboard in a real browser, as the real function answers it, with a history that the monitor wrote for the most.

The function answers each page once; the browser is given that answer, and only a click goes to the function again.
Skipped if Chromium is not on the path.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from local import sample
from local.function import function
from local.pictures import PHONE_WIDTH, QUIET
from monitor.bigquery.history import append_rows
from monitor.web.dashboard import render
from monitor.web.states import CALENDAR
from tests.conftest import Platform
from tests.unit.web.test_dashboard import HOSTILE, SETTINGS, hostile

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path, so no browser looks at the page")

ADDRESS = "http://page.example.com/dashboard"  # answered in the browser: no request leaves it
NOW = sample.MORNING + timedelta(minutes=15)
PAGES = {"full": "", "empty": "?day=2025-01-18", "refused": "?day=foo"}  # and one with hostile data

# Checks that the sample season has no reason for: date, time in UTC, status, and when the data was ready.
MORE = [
    ("2025-12-01", "2025-12-01 13:00", "OK", "2025-12-01 12:02"),
    ("2025-12-02", "2025-12-02 13:00", "MISSING_DATA", None),
    ("2025-12-02", "2025-12-02 15:30", "OK", "2025-12-02 15:10"),
    ("2025-12-03", "2025-12-03 13:00", "MISSING_DATA", None),
    ("2025-12-03", "2025-12-03 18:30", "MISSING_DATA", None),
    # Newer than the backfill: what they found is what is known.
    ("2025-12-12", "2026-01-18 12:30", "ERROR", None),
    ("2025-12-13", "2026-01-18 12:30", "SCHEDULE_UNKNOWN", None),
    ("2025-12-14", "2026-01-18 12:30", "PENDING", None),
    ("2026-01-12", "2026-01-18 12:30", "NO_PREDICTIONS", None),
    ("2026-01-19", "2026-01-18 12:30", "PENDING", None),  # tomorrow, which is not due
]

type Scheme = Literal["light", "dark"]


class Answer(NamedTuple):
    """What the function answered."""

    html: str
    headers: Mapping[str, str]


@pytest.fixture(scope="module")
def history(loaded_season: Platform) -> Iterator[Platform]:
    """The season up to the bad morning, with each state."""
    gaps = f"{sample.BOOTSTRAP.first}/{sample.BOOTSTRAP.last}=bootstrap"
    platform = Platform({**loaded_season.environment, "EXPECTED_GAPS": gaps})
    platform.check(sample.MORNING - timedelta(hours=1), start="2025-10-21", end="2026-01-16")  # Jan 17 is never checked
    append_rows(platform.client, platform.settings, [_row(*given) for given in MORE], "by-hand")
    platform.check(sample.MORNING)
    yield platform
    platform.client.query_and_wait("TRUNCATE TABLE history.data_availability_checks")


def _row(date: str, checked: str, status: str, ready: str | None) -> dict[str, Any]:
    counts = {"scheduled_games": 6, "phase4_ready": 6 if ready else 0}
    times = {"check_time": checked, "ready_at": ready, "due_at": f"{date} 13:00", "predictions_at": f"{date} 18:00"}
    return {"check_date": date, "status": status, "games": [], "warnings": [], "sources": [], **counts, **times}


@pytest.fixture(scope="module")
def address(history: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's URL, on a real socket."""
    log = tmp_path_factory.mktemp("function") / "log"
    with function(history.environment, log, at=NOW) as url:
        yield f"{url}/dashboard"


@pytest.fixture(scope="module")
def pages(address: str) -> dict[str, Answer]:
    """What the function answers for each of PAGES, and a page with hostile data."""
    return {
        **{name: _ask(f"{address}{query}") for name, query in PAGES.items()},
        "hostile": Answer(*render(hostile(" ".join(HOSTILE)), SETTINGS)),
    }


def _ask(url: str) -> Answer:
    try:
        with urlopen(url) as response:  # noqa: S310 - this machine's own
            return Answer(response.read().decode(), dict(response.headers))
    except HTTPError as error:
        return Answer(error.read().decode(), dict(error.headers))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@contextmanager
def looking(
    browser: Browser, shown: Answer | str, *, width: int = 1100, scheme: Scheme = "light", **context: Any
) -> Iterator[Page]:
    """The page in a window. Any request to another host, console message, error or dialog fails the test."""
    window = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, **context)
    address = shown if isinstance(shown, str) else ADDRESS

    def answer(route: Route) -> None:
        assert isinstance(shown, Answer)
        route.fulfill(body=shown.html, headers=dict(shown.headers), content_type="text/html; charset=utf-8")

    window.route(ADDRESS, answer)
    page = window.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(address)
    yield page
    assert [url for url in requests if not url.startswith(address)] == []
    assert complaints == []
    window.close()


def _open_all(page: Page) -> None:
    page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")


def test_the_answer_comes_first(browser: Browser, pages: dict[str, Answer]) -> None:
    """Half awake, with a phone: what is wrong, since when, why, and how long is left, without scrolling."""
    with looking(browser, pages["full"], width=PHONE_WIDTH) as page:
        expect(page.locator(".headline")).to_have_text(
            "Missing since 8:00 AM EST\u00a0· 6 of 6 games not ready\u00a0· Phase 3 has not run\u00a0· "
            "predictions in 4 h 45 min"
        )
        for part in (".headline", ".score", ".causes"):
            assert page.locator(part).evaluate("part => part.getBoundingClientRect().bottom") < 844


def test_each_state_can_be_seen(browser: Browser, pages: dict[str, Answer]) -> None:
    with looking(browser, pages["full"]) as page:
        for state in CALENDAR:
            cell = page.locator(f".calendar a[aria-label*=': {state.word}']").first
            expect(cell).to_be_visible()
            expect(cell).to_have_text(state.symbol)
            in_legend = re.compile(rf"^\s*{re.escape(state.symbol)}\s*{state.word}\s*[1-9]\d*\s*$")
            expect(page.locator("#calendar .legend li").filter(has_text=in_legend)).to_be_visible()


def test_each_outcome_has_a_mark_on_the_chart(browser: Browser, pages: dict[str, Answer]) -> None:
    with looking(browser, pages["full"]) as page:
        for shape in ("o", "l", "k"):
            box = page.locator(f".marks use[href='#mark-{shape}']").first.bounding_box()
            assert box is not None
            assert 5 <= box["width"] <= 20


def test_a_date_is_one_click_away(browser: Browser, address: str) -> None:
    with looking(browser, address) as page:
        page.get_by_role("link", name="Jan 15: missing, 7 of 8 ready").click()
        expect(page.get_by_role("heading", level=2).first).to_have_text("✗ Thu Jan 15, 2026")
        expect(page.get_by_role("row").filter(has_text="MIA@CHI").first).to_contain_text("missing")
        expect(page.locator(".calendar [aria-current]")).to_have_attribute("href", "?day=2026-01-15")
        # The last days up to this one.
        page.get_by_role("link", name="7 days").click()
        expect(page.get_by_role("heading", name="2026-01-09 to 2026-01-15")).to_be_visible()
        expect(page.locator(".headline")).to_contain_text("1 of 8 games not ready")


def test_hovering_over_a_date_shows_what_a_screen_reader_says(browser: Browser, pages: dict[str, Answer]) -> None:
    with looking(browser, pages["full"]) as page:
        page.get_by_role("link", name="Jan 15: missing, 7 of 8 ready, checked later").hover()
        shown = page.evaluate("getComputedStyle(document.querySelector('.calendar a:hover'), '::after').content")
        assert shown == '"Jan 15: missing, 7 of 8 ready, checked later"'


@pytest.mark.parametrize("name", [*PAGES, "hostile"])
def test_on_a_phone_only_the_calendar_scrolls_sideways(browser: Browser, pages: dict[str, Answer], name: str) -> None:
    with looking(browser, pages[name], width=PHONE_WIDTH) as page:
        _open_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
        wide = page.eval_on_selector_all(
            "body *",
            """all => all.filter(each => each.scrollWidth > each.clientWidth + 1
                && getComputedStyle(each).overflowX !== "visible").map(each => each.ariaLabel)""",
        )
        assert [label for label in wide if not label.startswith("Calendar")] == []
        # Nothing is cut off, and the keyboard reaches what scrolls.
        assert page.evaluate(
            """[...document.querySelectorAll("main *:not(.calendar *, .calendar)")].every(
                each => each.getBoundingClientRect().right <= innerWidth)"""
        )
        assert all(box.evaluate("box => box.tabIndex === 0") for box in page.locator(".box").all())


def test_dark_is_dark_and_light_is_light(browser: Browser, pages: dict[str, Answer]) -> None:
    brightness: dict[str, tuple[int, int]] = {}
    schemes: list[Scheme] = ["light", "dark"]
    for scheme in schemes:
        with looking(browser, pages["full"], scheme=scheme) as page:
            style = page.evaluate(
                "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
            )
            text, back = (sum(map(int, re.findall(r"\d+", colour)[:3])) // 3 for colour in style)
            brightness[scheme] = text, back
    assert brightness["light"] == (33, 255)
    assert brightness["dark"] == (233, 20)


def test_without_scripts_everything_is_there(browser: Browser, pages: dict[str, Answer]) -> None:
    with looking(browser, pages["full"], java_script_enabled=False) as page:
        expect(page.locator(".headline")).to_contain_text("6 of 6 games not ready")
        page.get_by_text("Check again").click()
        expect(page.get_by_text("python -m monitor check --date 2026-01-18")).to_be_visible()


def test_headings_are_in_order_and_sections_have_names(browser: Browser, pages: dict[str, Answer]) -> None:
    with looking(browser, pages["full"]) as page:
        levels = [int(level) for level in page.eval_on_selector_all("h1,h2,h3", "all => all.map(h => h.tagName[1])")]
        assert (levels[0], levels.count(1)) == (1, 1)
        assert all(after - before <= 1 for before, after in pairwise(levels))
        for name in (
            "Today",
            "On time",
            "Details",
            "Calendar",
            "Incidents",
            "How early",
            "Source reliability",
            "Monitor runs",
        ):
            expect(page.get_by_role("region", name=name)).to_be_visible()
        for role in ("banner", "main", "contentinfo"):
            expect(page.get_by_role(role)).to_have_count(1)


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("full", 1100, "light"),
        ("full", PHONE_WIDTH, "dark"),
        ("empty", PHONE_WIDTH, "light"),
        ("refused", PHONE_WIDTH, "light"),
        ("hostile", 1100, "light"),
    ],
)
def test_axe_finds_nothing_serious(
    browser: Browser, pages: dict[str, Answer], name: str, width: int, scheme: Scheme
) -> None:
    # Axe is a script, which the page's own policy blocks.
    with looking(browser, pages[name], width=width, scheme=scheme, bypass_csp=True) as page:
        _open_all(page)
        found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
        serious = [each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}]
        assert serious == [], found.generate_report()
