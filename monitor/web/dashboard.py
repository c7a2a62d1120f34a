"""The history as one HTML page: a day's verdict, a calendar, incidents, how early, sources and runs, by eye or ear.

No script, and nothing is fetched: the page's one style is allowed by its hash. All data is escaped (Jinja2).
"""

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

from monitor.bigquery.client import Client
from monitor.bigquery.history import NoHistoryError, read_queries
from monitor.core.dates import DateRange, league_date, season_of
from monitor.request import DashboardRequest
from monitor.settings import Settings
from monitor.web import panels
from monitor.web.panels import KINDS, Row, View
from monitor.words import NONE, against, both_clocks, clock, day_name, duration

MOST_INCIDENTS = 50
MOST_BARS = 30
MOST_RUNS = 10

_FOLDER = Path(__file__).parent / "templates"


def page(client: Client, settings: Settings, asked: DashboardRequest, *, now: datetime) -> tuple[str, dict[str, str]]:
    """The page that was asked for, and the headers to send with it. Raises WarehouseError."""
    today = league_date(now, settings.league_timezone)
    day, days = asked.shown(today), asked.days(today)
    # The day's newest row and all its checks; the rest over the whole calendar.
    alone = dict.fromkeys(("checks", "history"), DateRange(day, day))
    over_all = dict.fromkeys(("calendar", "incidents", "sources"), days)
    # Whether the monitor is alive is a matter of these days, whatever season is looked at.
    lately = DateRange(min(days.first, today - timedelta(days=30)), max(days.last, today + timedelta(days=1)))
    asked_for = {**alone, **over_all, "runs": lately}
    try:
        rows = read_queries(client, settings, asked_for)
    except NoHistoryError:
        # Who sets the monitor up sees what to do first.
        rows = {query: [] for query in asked_for}
    return render(View(now, today, day, days, **rows), settings)


def render(view: View, settings: Settings) -> tuple[str, dict[str, str]]:
    """The page on these rows. Pure but for the template."""
    template, style = _template()
    html = template.render(_context(view, settings), style=style)
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


@cache
def _template() -> tuple[Template, str]:
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["dash"] = lambda value: NONE if value is None or value == "" else value
    return environment.get_template("dashboard.html"), (_FOLDER / "dashboard.css").read_text()


def _context(view: View, settings: Settings) -> dict[str, Any]:
    """What the template names."""
    zone = settings.league_timezone
    calendar = [row for row in view.calendar if _has_come(row, view.today)]
    check = view.checks[0] if view.checks else None
    incident = next((row for row in view.incidents if row["check_date"] == view.day), None)
    games = sorted((check and check["games"]) or (), key=panels.how_bad)
    early = [row for row in calendar if row["ready_minutes_before_predictions"] is not None][-MOST_BARS:]
    first_steps = panels.backfill_range(view.days, view.today)
    return {
        "view": view,
        "version": settings.monitor_version,
        "clock": partial(clock, zone=zone),
        "utc": partial(clock, zone=UTC),
        "date_state": panels.date_state,
        "game_state": panels.game_state,
        "alert": panels.alert_words,
        "span": duration,
        "against": against,
        "day_name": day_name,
        "kinds": KINDS,
        "one_day": timedelta(days=1),
        "as_of": f"{day_name(view.today)}, {both_clocks(view.now, zone, view.today)}",
        "silence": panels.silence(view.runs, view.now),
        "check": check,
        "state": panels.date_state(check["status"] if check else "NOT_RUN"),
        "headline": panels.headline(check),
        "facts": panels.facts(view, settings, check, incident),
        # Of another season's calendar it would say nothing.
        "last_ready": panels.last_ready(calendar, view.day) if view.day in view.days else None,
        "games": [game for game in games if game["status"] != "EXCLUDED"],
        "excluded": [game for game in games if game["status"] == "EXCLUDED"],
        "warnings": panels.warnings_of(check) if check else [],
        "ask_day": panels.ask_commands(settings, f"date={view.day}", f"check --date {view.day}"),
        "ask_range": panels.ask_commands(
            settings,
            f"start={first_steps.first}&end={first_steps.last}",
            f"backfill --start {first_steps.first} --end {first_steps.last}",
        ),
        "empty": not calendar and not view.history,
        "seasons": panels.by_season(calendar),
        "season_before": season_of(view.days.first - timedelta(days=1)),
        "legend": panels.legend(calendar),
        "own_day": sum(bool(row["checked_that_day"]) for row in calendar),
        "checked": sum(row["status"] != "NOT_RUN" for row in calendar),
        "dates": len(calendar),
        "incidents": view.incidents[:MOST_INCIDENTS],
        "incidents_left": max(0, len(view.incidents) - MOST_INCIDENTS),
        "ended": partial(panels.ended, zone=zone, today=view.today),
        "lasted": partial(panels.lasted, now=view.now, today=view.today),
        "early": early,
        "early_summary": panels.early_summary(early),
        "never_ready": panels.never_ready(calendar),
        "chart": panels.chart(early) if early else None,
        "predictions": f"{settings.predictions_at:%H:%M} {settings.predictions_start(view.day):%Z}",
        "totals": panels.source_totals(view.sources),
        "weeks": panels.source_weeks(view.sources),
        "runs": view.runs[:MOST_RUNS],
        "looker": panels.looker_link(settings),
    }


def _has_come(row: Row, today: date) -> bool:
    # A date that is still to come has not been forgotten. The query goes by BigQuery's clock, the page by its own.
    return bool(row["status"] != "NOT_RUN" or row["check_date"] <= today)
