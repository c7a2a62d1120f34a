"""The history as one HTML page: reads the rows, has each panel build its context, and renders the template.

No script, and nothing is fetched: the page's one style sheet is allowed by its hash. All data is escaped (Jinja2).
"""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader

from monitor.bigquery.client import Client
from monitor.bigquery.history import NoHistoryError, read_queries, split_history
from monitor.core.dates import DateRange, league_date, season_of
from monitor.core.verdict import Status
from monitor.core.words import NONE, against, both_clocks, clock, day_name
from monitor.request import DashboardRequest
from monitor.settings import Settings
from monitor.web.panels import answer, calendar, day, early, incidents, often, runs, sources, start
from monitor.web.states import KINDS, NOT_RUN, STATES, alert_words, date_state, game_state
from monitor.web.view import Row, View

_FOLDER = Path(__file__).parent


def page(client: Client, settings: Settings, asked: DashboardRequest, *, now: datetime) -> tuple[str, dict[str, str]]:
    """The page that was asked for, and the headers to send with it. Raises WarehouseError."""
    today = league_date(now, settings.league_timezone)
    shown, days = asked.shown(today), asked.days(today)
    of_the_day = dict.fromkeys(("checks", "history"), DateRange(shown, shown))
    of_the_calendar = dict.fromkeys(("calendar", "incidents", "sources"), days)
    # Recent runs show whether the monitor is alive, so they are read even when another season is on the page.
    recent = DateRange(min(days.first, today - timedelta(days=30)), max(days.last, today + timedelta(days=1)))
    asked_for = {**of_the_day, **of_the_calendar, "runs": recent}
    try:
        rows = read_queries(client, settings, asked_for)
    except NoHistoryError:
        # The page then says how to create the history.
        rows = {query: [] for query in asked_for}
    rows["history"], readiness = split_history(rows["history"])
    return render(View(now, today, shown, days, **rows, readiness=readiness), settings)


def render(view: View, settings: Settings) -> tuple[str, dict[str, str]]:
    """The page with these rows. Pure but for reading the templates."""
    return _page("dashboard.html", _context(view, settings))


def refusal(title: str, detail: str, run_id: str) -> tuple[str, dict[str, str]]:
    """The page of a request that was not understood or could not be answered."""
    return _page("refusal.html", {"title": title, "detail": detail, "run_id": run_id})


def _page(name: str, context: dict[str, Any]) -> tuple[str, dict[str, str]]:
    environment, style = _templates()
    html = environment.get_template(name).render(context, style=style)
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
def _templates() -> tuple[Environment, str]:
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["dash"] = lambda value: NONE if value is None or value == "" else value
    environment.globals |= {
        "NONE": NONE,
        "kinds": KINDS,
        "error_state": STATES[Status.ERROR],
        "date_state": date_state,
        "game_state": game_state,
        "alert_words": alert_words,
        "against": against,
        "day_name": day_name,
        "seconds": lambda milliseconds: NONE if milliseconds is None else f"{milliseconds / 1000:.1f} s",
    }
    return environment, (_FOLDER / "dashboard.css").read_text()


def _context(view: View, settings: Settings) -> dict[str, Any]:
    """What the template names: each panel's context by the panel's name, and what panels share."""
    zone = settings.league_timezone
    view = replace(view, calendar=[row for row in view.calendar if _has_come(row, view.today)])
    return {
        "view": view,
        "empty": not view.calendar and not view.history,
        "link": partial(_link, view.days),
        "as_of": f"{day_name(view.today)}, {both_clocks(view.now, zone, view.today)}",
        "clock": partial(clock, zone=zone),
        "utc": partial(clock, zone=UTC),
        "start": start.context(view, settings),
        "answer": answer.context(view, settings),
        "often": often.context(view, settings),
        "day": day.context(view, settings),
        "calendar": calendar.context(view, settings),
        "incidents": incidents.context(view, settings),
        "early": early.context(view, settings),
        "sources": sources.context(view, settings),
        "runs": runs.context(view, settings),
        "version": settings.monitor_version,
        "looker": _looker_link(settings),
    }


def _has_come(row: Row, today: date) -> bool:
    # Only dates up to today can be NOT_RUN. The query goes by BigQuery's clock, which may be ahead of this one.
    return bool(row["status"] != NOT_RUN or row["check_date"] <= today)


def _link(days: DateRange, day: date) -> str:
    """The page of a day: with these dates around it if it is one of them and they are fewer than a season's."""
    kept = {"start": days.first, "end": days.last} if day in days and len(days) < len(season_of(day)) else {}
    return f"?{urlencode({**kept, 'day': day})}"


def _looker_link(settings: Settings) -> str:
    """Opens a new report on the calendar: https://developers.google.com/looker-studio/integrate/linking-api."""
    parameters = {
        "c.mode": "edit",
        "ds.connector": "bigQuery",
        "ds.type": "TABLE",
        "ds.projectId": settings.gcp_project_id,
        "ds.datasetId": settings.monitoring_dataset,
        "ds.tableId": "data_availability_calendar",
    }
    return f"https://lookerstudio.google.com/reporting/create?{urlencode(parameters)}"
