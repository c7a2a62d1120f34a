"""Makes the README's pictures of messages and the dashboard: `make pictures`, with Chromium on the path.

It replays the bad morning by webhook, by bot and at the end of a season, with the emulator and the Slack inbox.
"""

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import uuid4

import time_machine
from google.cloud import bigquery
from playwright.sync_api import Browser, Route, sync_playwright

from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.inbox import Inbox, serve
from local.morning import ALL, CALLS, happen
from local.platform import create_tables, load
from monitor.bigquery.client import connect
from monitor.bigquery.schema import apply_schema
from monitor.check import run_check
from monitor.core.dates import DateRange, league_date
from monitor.request import CheckRequest, DashboardRequest, Run, Trigger, parse_request
from monitor.settings import Settings, load_settings
from monitor.web import dashboard

IMAGES = ROOT / "docs" / "images"
PHONE_WIDTH = 390
# The season of the dashboard's pictures.
BACKFILLED_UNTIL = date(2025, 11, 16)
FIRST_MORNING = BACKFILLED_UNTIL + timedelta(days=1)
NO_TABLE = date(2025, 11, 19)
NO_SCHEDULE = date(2025, 11, 27)
NO_CHECK = date(2025, 12, 14)
LATE = {"2025-12-05": "10:15", "2025-12-19": "13:45", "2025-12-20": "10:45", "2026-01-06": "09:15"}
"""When late Phase 4 data arrived, by date."""
AS_OF = sample.MORNING.replace(hour=9, minute=5)

QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> None:
    """Make every picture."""
    with bigquery_emulator() as warehouse, serve() as inbox, sync_playwright() as playwright:
        hosts = {f"{name}_URL": f"https://{name.lower()}.example.com" for name in ("MONITOR", "PHASE3", "PHASE4")}
        links = {"DASHBOARD_URL": f"{hosts['MONITOR_URL']}/dashboard", "RUNBOOK_URL": "https://wiki.example.com/nba"}
        local = {"BIGQUERY_EMULATOR_HOST": warehouse, **hosts, **links, "SLACK_MENTION": "S0ONCALL"}
        webhook = {**local, "SLACK_WEBHOOK_URL": inbox.webhook_url}
        bot = {
            **local,
            "SLACK_BOT_TOKEN": "xoxb-demo",
            "SLACK_CHANNEL": "C0ALERTS01",
            "SLACK_API_URL": f"{inbox.url}/api",
        }
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        _replay_the_morning("webhook", webhook)
        _take(browser, inbox, ["gap", "setback", "deadline", "resolved"])
        _check_without_predictions("unpredicted", webhook)
        _take(browser, inbox, ["no-predictions"])
        _check_with_missing_tables("broken", webhook)
        _take(browser, inbox, ["failed", "suspect"])
        _replay_the_morning("bot", bot)
        _take(browser, inbox, ["thread"])
        settings, client = _replay_a_season("season", webhook)
        _take_dashboard(browser, settings, client)
        browser.close()


def _platform(project: str, environment: Mapping[str, str]) -> tuple[Settings, bigquery.Client]:
    settings = load_settings({"GCP_PROJECT_ID": project, **environment})
    client = connect(settings)
    create_tables(client)
    apply_schema(client, settings)
    return settings, client


def _check(settings: Settings, client: bigquery.Client, now: datetime, *, days: DateRange | None = None) -> None:
    given = {"start": [str(days.first)], "end": [str(days.last)]} if days else {}
    request = parse_request(CheckRequest, given, today=league_date(now, settings.league_timezone))
    # The inbox shows this time above the message.
    with time_machine.travel(now, tick=False):
        run_check(lambda: client, Run(settings, request, uuid4().hex, Trigger.SCHEDULER, now))


def _replay_the_morning(project: str, environment: Mapping[str, str]) -> None:
    settings, client = _platform(project, environment)
    load(client, sample.bad_week())
    for call in CALLS:
        happen(client, call)
        _check(settings, client, call.at)


def _check_without_predictions(project: str, environment: Mapping[str, str]) -> None:
    """Check when predictions are due, with all Phase 4 data and no prediction."""
    settings, client = _platform(project, environment)
    load(client, sample.bad_week())
    load(client, sample.arrivals(phase3=ALL.split(), phase4=ALL.split(), at=sample.MORNING.replace(hour=7)))
    _check(settings, client, sample.MORNING.replace(hour=13, minute=45))


def _check_with_missing_tables(project: str, environment: Mapping[str, str]) -> None:
    """Check without the Phase 4 table; then, on another day, with it but without any schedule."""
    settings, client = _platform(project, environment)
    load(client, sample.bad_week())
    client.query_and_wait("ALTER TABLE nba_precompute.player_composite_factors RENAME TO hidden")
    _check(settings, client, sample.MORNING)
    client.query_and_wait("ALTER TABLE nba_precompute.hidden RENAME TO player_composite_factors")
    _check(settings, client, sample.MORNING.replace(month=3))


def _replay_a_season(project: str, environment: Mapping[str, str]) -> tuple[Settings, bigquery.Client]:
    """Replay a season until 9:05 on the bad morning: a backfill of its start, then a check each morning.

    Some data is late, the schedule is missing once, a table is missing once, and one morning has no check.
    """
    gaps = f"{sample.BOOTSTRAP.first}/{sample.BOOTSTRAP.last}=bootstrap"
    settings, client = _platform(project, {**environment, "EXPECTED_GAPS": gaps})
    _check(settings, client, _morning(NO_SCHEDULE))
    season, phase4 = sample.season(), "nba_precompute.player_composite_factors"
    on_time = [row for row in season[phase4] if row["game_date"] not in LATE]
    load(client, {**season, phase4: on_time})
    _check(settings, client, _morning(FIRST_MORNING), days=DateRange(sample.SEASON.first, BACKFILLED_UNTIL))
    for day in DateRange(FIRST_MORNING, sample.ALL_READY):
        if day in {NO_SCHEDULE, NO_CHECK}:
            continue
        if day == NO_TABLE:
            client.query_and_wait(f"ALTER TABLE {phase4} RENAME TO hidden")
        _check(settings, client, _morning(day))
        if day == NO_TABLE:
            client.query_and_wait("ALTER TABLE nba_precompute.hidden RENAME TO player_composite_factors")
        if arrival := LATE.get(str(day)):
            now = datetime.combine(day, time.fromisoformat(arrival), sample.EASTERN)
            written = {"processed_at": now.isoformat()}
            load(client, {phase4: [{**row, **written} for row in season[phase4] if row["game_date"] == str(day)]})
            _check(settings, client, now)
    for call in CALLS:
        if call.at < AS_OF:
            happen(client, call)
            _check(settings, client, call.at)
    return settings, client


def _morning(day: date) -> datetime:
    return datetime.combine(day, sample.MORNING.time(), sample.EASTERN)


def _take_dashboard(browser: Browser, settings: Settings, client: bigquery.Client) -> None:
    """The page on a desktop in light mode, and on a phone in dark mode."""
    html, headers = dashboard.page(client, settings, DashboardRequest.model_validate({}), now=AS_OF)

    def answer(route: Route) -> None:
        route.fulfill(body=html, headers=headers, content_type="text/html; charset=utf-8")

    looks: Sequence[tuple[str, int, int, Literal["light", "dark"]]] = [
        ("dashboard", 1100, 1600, "light"),
        ("dashboard-phone", PHONE_WIDTH, 1130, "dark"),
    ]
    for name, width, height, scheme in looks:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.route("**/*", answer)
        page.goto("http://dashboard.example.com/dashboard")
        page.screenshot(path=IMAGES / f"{name}.png")
        page.close()


def _take(browser: Browser, inbox: Inbox, names: Sequence[str]) -> None:
    """Take one picture per conversation, as on a phone, then empty the inbox."""
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
