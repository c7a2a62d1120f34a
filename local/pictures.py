"""The README's pictures of messages, made from what the monitor posts: `make pictures`, with a Chromium on the path.

The bad morning is lived through twice, by webhook and by bot, in the emulator and the Slack inbox.
"""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

import time_machine
from google.cloud import bigquery
from playwright.sync_api import Browser, sync_playwright

from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.inbox import Inbox, serve
from local.morning import CALLS, happen
from local.platform import create_tables, load
from monitor.check import CheckFailedError, run_check
from monitor.core.dates import league_date
from monitor.history import Trigger
from monitor.request import CheckRequest, parse_request
from monitor.settings import Settings, load_settings
from monitor.warehouse import apply_schema, connect

IMAGES = ROOT / "docs" / "images"
PHONE_WIDTH = 390
QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> None:
    """Make every picture anew."""
    with bigquery_emulator() as warehouse, serve() as inbox, sync_playwright() as playwright:
        hosts = {f"{name}_URL": f"https://{name.lower()}.example.com" for name in ("MONITOR", "PHASE3", "PHASE4")}
        local = {"BIGQUERY_EMULATOR_HOST": warehouse, **hosts}
        webhook = {**local, "SLACK_WEBHOOK_URL": inbox.webhook_url}
        bot = {
            **local,
            "SLACK_BOT_TOKEN": "xoxb-demo",
            "SLACK_CHANNEL": "C0ALERTS01",
            "SLACK_API_URL": f"{inbox.url}/api",
        }
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        _live_through_the_morning("webhook", webhook)
        _take(browser, inbox, ["gap", "setback", "deadline", "resolved"])
        _check_what_cannot_be_known("broken", webhook)
        _take(browser, inbox, ["failed", "suspect"])
        _live_through_the_morning("bot", bot)
        _take(browser, inbox, ["thread"])
        browser.close()


def _platform(project: str, environment: Mapping[str, str]) -> tuple[Settings, bigquery.Client]:
    settings = load_settings({"GCP_PROJECT_ID": project, **environment})
    client = connect(settings)
    create_tables(client)
    apply_schema(client, settings)
    return settings, client


def _check(settings: Settings, client: bigquery.Client, now: datetime) -> None:
    request = parse_request(CheckRequest, {}, b"", today=league_date(now, settings.league_timezone))
    # The inbox writes the same time above the message.
    with time_machine.travel(now, tick=False), suppress(CheckFailedError):
        run_check(lambda: client, settings, request, run_id=uuid4().hex, trigger=Trigger.SCHEDULER, now=now)


def _live_through_the_morning(project: str, environment: Mapping[str, str]) -> None:
    settings, client = _platform(project, environment)
    load(client, sample.bad_week())
    for call in CALLS:
        happen(client, call)
        _check(settings, client, call.at)


def _check_what_cannot_be_known(project: str, environment: Mapping[str, str]) -> None:
    """Without Phase 4's table; then, on another day, with it and without any schedule."""
    settings, client = _platform(project, environment)
    load(client, sample.bad_week())
    client.query_and_wait("ALTER TABLE nba_precompute.player_composite_factors RENAME TO hidden")
    _check(settings, client, sample.MORNING)
    client.query_and_wait("ALTER TABLE nba_precompute.hidden RENAME TO player_composite_factors")
    _check(settings, client, sample.MORNING.replace(month=3))


def _take(browser: Browser, inbox: Inbox, names: Sequence[str]) -> None:
    """One picture per conversation, as a phone shows it; the inbox is empty then."""
    page = browser.new_page(viewport={"width": PHONE_WIDTH, "height": 844})
    page.goto(inbox.url)
    page.add_style_tag(content="body { padding: 0 } body > * { padding: 8px 14px } details { display: none }")
    conversations = page.locator("body > section").all()
    for conversation, name in zip(conversations, names, strict=True):
        conversation.screenshot(path=IMAGES / f"{name}.png")
    inbox.clear()
    page.close()


if __name__ == "__main__":
    main()
