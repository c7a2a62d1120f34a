"""Messages on a phone, as the inbox draws them 390 px wide. Skipped if Chromium is not on the path."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, sync_playwright

from local.inbox import Inbox
from local.pictures import PHONE_WIDTH, QUIET
from monitor.core.games import TEAMS
from monitor.request import CheckRequest, Run, Trigger
from monitor.settings import load_settings
from monitor.slack.client import deliver
from monitor.slack.message import compose
from tests.conftest import bot, webhook
from tests.unit.core.world import NOW, World, game, teams
from tests.unit.test_message import HABIT, HOSTS, KINDS, LATER, NEW, STORY, story, verdict_of

CHROMIUM = shutil.which("chromium")
SCREEN = 700
"""What a phone shows of a conversation at once, in pixels."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path, so no browser shows the messages")

BAD_MORNING = [game(each) for each in ("ORL@MEM", "BKN@CHI", "NOP@HOU", "CHA@DEN", "TOR@LAL", "POR@SAC")]
# As many games as a date can have, with every cause.
TEAMS_OF_A_FULL_DATE = zip(sorted(TEAMS)[:15], sorted(TEAMS)[15:], strict=True)
FULL_DATE = [game(f"{away}@{home}") for away, home in TEAMS_OF_A_FULL_DATE]
WHOLE = [row for each in FULL_DATE[4:] for row in teams(f"{each.away}@{each.home}", 13, 13)]
SOME = [row._replace(players=4) if index % 5 == 0 else row for index, row in enumerate(WHOLE[8:])]
WORLDS = {
    **KINDS,
    "the bad morning": World(BAD_MORNING, BAD_MORNING),
    "fifteen games": World(FULL_DATE, FULL_DATE, phase3=WHOLE, phase4=SOME),
}
SETTINGS = {
    "GCP_PROJECT_ID": "nba-props",
    **HOSTS,
    "DASHBOARD_URL": "https://monitor.example.com/dashboard",
    "RUNBOOK_URL": "https://wiki.example.com/nba",
    "SLACK_MENTION": "S0123ABCD",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)


def post(settings: Mapping[str, str]) -> list[str]:
    """Post a message of every kind, and of every turn of a story; their names in that order."""
    loaded = load_settings(settings)
    told = [(name, verdict_of(world), NEW, NOW) for name, world in WORLDS.items()]
    told += [(turn, *story(turn), LATER) for turn in STORY]
    for _, verdict, decision, now in told:
        run = Run(loaded, CheckRequest.model_validate({}), uuid4().hex, Trigger.SCHEDULER, now)
        deliver(loaded, compose(verdict, decision, HABIT, run), thread=None, broadcast=True)
    return [name for name, *_ in told]


def height(message: Locator) -> float:
    """How tall a message is, without the commands at its end."""
    box = message.bounding_box()
    assert box is not None
    commands = message.locator(".section:has(pre)").first.bounding_box() if message.locator("pre").count() else None
    return commands["y"] - box["y"] if commands else box["height"]


@pytest.mark.parametrize("means", [webhook, bot])
def test_every_message_fits_on_one_screen(browser: Browser, inbox: Inbox, means: Callable[..., dict[str, str]]) -> None:
    names = post({**SETTINGS, **means(inbox)})
    page = browser.new_page(viewport={"width": PHONE_WIDTH, "height": 844})
    page.goto(inbox.url)
    first = page.locator("body > section > article").all()
    heights = dict(zip(names, map(height, first), strict=True))
    assert {name: tall for name, tall in heights.items() if tall > SCREEN} == {}
    # The usual one leaves room: a phone shows the sender's picture beside it, and has another font.
    assert heights["the bad morning"] < SCREEN - 100
    # Nothing has to be moved sideways, least of all a command.
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
    assert inbox.refused == []
    page.close()
