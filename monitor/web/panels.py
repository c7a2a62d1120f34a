"""What each part of the dashboard says: the day, the calendar, how early, the sources, and what to do first.

Pure functions from rows of the history's queries to words, cells and bars; the page puts them together.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from itertools import groupby, takewhile
from math import ceil, floor
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode

from monitor.core.alerts import LOUD, TROUBLE, left_the_schedule
from monitor.core.dates import DateRange, league_date, season_of
from monitor.core.sources import EVIDENCE_DAYS
from monitor.core.verdict import Status
from monitor.request import MAX_DAYS, Trigger
from monitor.settings import Settings
from monitor.words import AUTHORIZATION, NONE, PHASES, against, both_clocks, clock, day_name, duration

MOST_WEEKS = 8
MOST_SILENCE = timedelta(hours=26)
"""A day between two mornings, and time for the second to be late."""

_CHART_HEIGHT, _CHART_MARGIN = 180, 14
_LONGEST_WORD = 40

type Row = Mapping[str, Any]
type Rows = Sequence[Row]


class State(NamedTuple):
    """How a status is shown: by a symbol and a word, and by the colours of its class in dashboard.css."""

    symbol: str
    word: str
    css: str
    sentence: str = "A status that this page does not know"


STATES = {
    "OK": State("✓", "ready", "o", "All data is there"),
    "PARTIAL_DATA": State("◐", "partial", "p", "Data is incomplete"),
    "MISSING_DATA": State("✗", "missing", "m", "Data is missing"),
    "NO_GAMES": State("—", "no games", "n", "No games, so no data is due"),
    "SCHEDULE_UNKNOWN": State(
        "?", "schedule unknown", "s", "No games are listed and nothing shows an off-day: this is not an all-clear"
    ),
    "EXPECTED_GAP": State("○", "expected gap", "g", "Data is missing, as declared"),
    "ERROR": State("!", "error", "e", "The monitor failed: nobody knows whether the data is there"),
    "NOT_RUN": State("□", "not run", "x", "No check of this date is on record"),
}
"""A date's states, in the order of the legend."""

GAME_STATES = {
    "MISSING": STATES["MISSING_DATA"],
    "PARTIAL": STATES["PARTIAL_DATA"],
    "UNKNOWN": State("?", "unknown", "s"),
    "READY": STATES["OK"],
    "EXCLUDED": State("—", "excluded", "n"),
}
"""A game's states, worst first."""

_OTHER = State("‽", "other", "u")
_ALERTS = {
    "sent": "✉ told",
    "failed": "! not delivered",
    "not_needed": "nothing to tell",
    "suppressed": "held back",
}
KINDS = {"schedule": "Schedule", "context": "Phase 3", "coverage": "Phase 4"}


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. The rows are those of the queries of the same names in schemas/queries."""

    now: datetime
    today: date
    day: date
    days: DateRange
    calendar: Rows
    checks: Rows
    history: Rows
    incidents: Rows
    sources: Rows
    runs: Rows


# States and sentences.


def date_state(status: str | None) -> State:
    """How a date's status is shown. A word that is not known is shown as it is, not too long."""
    return STATES.get(status or "") or _OTHER._replace(word=_short(status))


def game_state(status: str | None) -> State:
    """The same for a game's status."""
    return GAME_STATES.get(status or "") or _OTHER._replace(word=_short(status))


def _short(status: str | None) -> str:
    word = status or "no status"
    return word if len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_WORD]}…"


def how_bad(game: Row) -> int:
    order = list(GAME_STATES)
    return order.index(game["status"]) if game["status"] in order else order.index("UNKNOWN")


def alert_words(check: Row) -> str:
    """What became of a check's alert, and why: `✉ told: new gap`."""
    known = [_ALERTS.get(check["alert_status"], check["alert_status"]), _words(check["alert_reason"])]
    return ": ".join(filter(None, known)) or NONE


def _words(reason: str | None) -> str:
    return (reason or "").replace("_", " ").lower()


def ready_of(row: Row, noun: str = "") -> str:
    """`0 of 6 ready`; nothing where no game was expected, or nobody knows."""
    if not row["scheduled_games"] or row["phase4_ready"] is None:
        return ""
    return f"{row['phase4_ready']} of {row['scheduled_games']}{noun} ready"


def headline(check: Row | None) -> str:
    """The verdict in one line."""
    if check is None:
        return STATES["NOT_RUN"].sentence
    sentence = date_state(check["status"]).sentence
    if left_the_schedule(check["status"], check["alert_reason"]):
        return "A game without data left the schedule: this is not an all-clear"
    # A row of before the monitor may say OK of nothing at all.
    if check["status"] == Status.OK and not (
        check["phase4_ready"] and check["phase4_ready"] == check["scheduled_games"]
    ):
        sentence = "Recorded as OK, which its counts do not show"
    return ": ".join(filter(None, [sentence, ready_of(check, " games")]))


def warnings_of(check: Row) -> list[str]:
    """What else was noticed; what made the check fail is told as its error."""
    return [text for text in check["warnings"] or () if text not in (check["error"] or "")]


def facts(view: View, settings: Settings, check: Row | None, incident: Row | None) -> list[tuple[str, str]]:
    """What there is to know of the day besides its verdict, as terms and sentences."""
    zone, start = settings.league_timezone, settings.predictions_start(view.day)
    both = partial(both_clocks, zone=zone, day=view.day)
    found: list[tuple[str, str]] = []
    if check:
        early = " — before the day itself, and not since" if _only_before(view, zone) else ""
        when = f"{both(check['check_time'])}{_ago(check['check_time'], view.now)}{_by(check)}"
        found.append(("Checked", f"{when}{early}"))
        found.append(("Slack", told(view.history, zone, view.day)))
    if view.day >= view.today:
        left = start - view.now
        when = f"in {duration(left)}" if left >= timedelta() else f"{duration(-left)} ago"
        found.append(("Predictions", f"start{'ed' * (left < timedelta())} {both(start)}, {when}"))
    if incident:
        found.append(("Trouble", _trouble(incident, view, both)))
    if check and check["stalled_phase"]:
        phase = PHASES.get(check["stalled_phase"], check["stalled_phase"])
        found.append(("Stalled", f"probably {phase}"))
    if check and (check["phase3_latest"] or check["phase4_latest"]):
        unread = {source["kind"] for source in check["sources"] or () if source["error"]}
        latest = [f"{name} {_latest(check[column], kind, unread)}" for column, (name, kind) in _LATEST.items()]
        found.append(("Latest data", ", ".join(latest)))
    return found


def _only_before(view: View, zone: tzinfo) -> bool:
    """Whether every check of a date that has come is from an earlier one, when nothing was due yet."""
    times = [check["check_time"] for check in view.history if check["check_time"]]
    return view.day <= view.today and bool(times) and league_date(max(times), zone) < view.day


def _trouble(incident: Row, view: View, both: Callable[[datetime | None], str]) -> str:
    seen = f"first seen {both(incident['detected_at'])}"
    lasting = lasted(incident, view.now, view.today)
    if incident["resolved_at"]:
        if incident["resolved_minutes_before_predictions"] is None:
            return f"{seen}; over by {both(incident['resolved_at'])}, when it was next looked at"
        margin = against(incident["resolved_minutes_before_predictions"])
        return f"{seen}; over {both(incident['resolved_at'])}, {margin} predictions start; it lasted {lasting}"
    return f"{seen}; {'its end was never seen' if lasting == NONE else lasting}"


_LATEST = {"phase3_latest": ("Phase 3", "context"), "phase4_latest": ("Phase 4", "coverage")}


def _latest(day: date | None, kind: str, unread: set[str]) -> str:
    if day:
        return f"{day:%a %b %-d}"
    return "could not be read" if kind in unread else f"none in {EVIDENCE_DAYS} days"


def _ago(moment: datetime | None, now: datetime) -> str:
    return f", {duration(now - moment)} ago" if moment else ""


def _by(check: Row) -> str:
    return f", by {check['trigger']}" if check["trigger"] else ""


def told(history: Rows, zone: tzinfo, day: date) -> str:
    """Whether Slack knows of the day as it is: the last message, or why there was none."""
    # What was told before the present trouble, or before its end, is not news of it.
    trouble = bool(history) and history[-1]["status"] in TROUBLE
    since = list(takewhile(lambda check: (check["status"] in TROUBLE) == trouble, reversed(history)))
    tried = [check for check in since if check["alert_status"] in {"sent", "failed"} and check["alert_reason"] in LOUD]
    if tried and tried[0]["alert_status"] == "failed":
        return "the last alert could not be delivered"
    if tried:
        return f"told {both_clocks(tried[0]['check_time'], zone, day)}: {_words(tried[0]['alert_reason'])}"
    why = _words(history[-1]["alert_reason"]) if history else ""
    return f"not told: {why or 'no alert is on record'}"


def last_ready(calendar: Rows, day: date) -> date | None:
    """The last date before this one that had all its data: what is wrong began after it."""
    ready = [row["check_date"] for row in calendar if row["status"] == "OK" and row["check_date"] < day]
    return max(ready, default=None)


def silence(runs: Rows, now: datetime) -> str:
    """For how long the scheduler has sent no run, where that is too long; of runs by hand, where it never sent any."""
    times: dict[bool, list[datetime]] = {True: [], False: []}
    for run in runs:
        if run["check_time"]:
            times[run["triggered_by"] == Trigger.SCHEDULER].append(run["check_time"])
    who, latest = ("scheduled run", times[True]) if times[True] else ("run", times[False])
    if latest and now - max(latest) <= MOST_SILENCE:
        return ""
    return f"No {who} for {duration(now - max(latest))}." if latest else "No run in the last 30 days."


def ended(incident: Row, zone: tzinfo, today: date) -> str:
    """When an incident was over."""
    if incident["resolved_at"]:
        return clock(incident["resolved_at"], incident["check_date"], zone)
    return "not yet" if incident["check_date"] >= today else "never seen"


def lasted(incident: Row, now: datetime, today: date) -> str:
    """How long an incident lasted, or has lasted; of a past date without an end nobody knows."""
    found, over = incident["detected_at"], incident["resolved_at"]
    if found and over:
        seen_late = incident["resolved_minutes_before_predictions"] is None
        return NONE if seen_late else duration(over - found)
    return f"{duration(now - found)} so far" if found and incident["check_date"] >= today else NONE


# The calendar.


class Cell(NamedTuple):
    """A date of the calendar."""

    css: str
    day: str
    label: str
    symbol: str


def by_season(calendar: Rows) -> dict[str, dict[str, list[Cell | None]]]:
    """The newest season first, each of its months in order, with a cell per date; None for one without a row."""
    seasons: dict[str, dict[str, list[Cell | None]]] = {}
    for row in calendar:
        day = row["check_date"]
        months = seasons.setdefault(_season_name(season_of(day)), {})
        cells = months.setdefault(f"{day:%b %Y}", [None] * monthrange(day.year, day.month)[1])
        cells[day.day - 1] = _cell(row, day)
    return dict(reversed(seasons.items()))


def _cell(row: Row, day: date) -> Cell:
    state = date_state(row["status"])
    missed = "" if row["checked_that_day"] or row["status"] == "NOT_RUN" else "checked later"
    label = ", ".join(filter(None, [f"{day:%b %-d}: {state.word}", ready_of(row), missed]))
    return Cell(f"{state.css} later" if missed else state.css, str(day), label, state.symbol)


def _season_name(season: DateRange) -> str:
    return f"{season.first.year}-{season.last:%y}"


def legend(calendar: Rows) -> list[tuple[State, int]]:
    """Each state with its number of dates; others than the eight only where there are any."""
    counts = Counter(row["status"] for row in calendar)
    others = sum(count for status, count in counts.items() if status not in STATES)
    known = [(state, counts[status]) for status, state in STATES.items()]
    return [*known, *([(_OTHER, others)] if others else [])]


def backfill_range(days: DateRange, today: date) -> DateRange:
    """The dates of the calendar that a backfill can check in one go."""
    last = max(days.first, min(days.last, today))
    return DateRange(max(days.first, last - timedelta(days=MAX_DAYS - 1)), last)


# How early.


class Bar(NamedTuple):
    """A date in the chart: its place from the left and its width in per cent, its top and height in pixels."""

    x: float
    width: float
    y: float
    height: float
    css: str
    label: str


class Chart(NamedTuple):
    """Bars that rise above the start of predictions, or hang below it; and lines at whole hours."""

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    zero: float
    height: int = _CHART_HEIGHT


def chart(rows: Rows) -> Chart:
    """How early each date was ready, drawn."""
    minutes = [row["ready_minutes_before_predictions"] for row in rows]
    top, bottom = max(60, *minutes), min(0, *minutes)

    def height_of(minute: float) -> float:
        share: float = (top - minute) / (top - bottom)
        return round(_CHART_MARGIN + share * (_CHART_HEIGHT - 2 * _CHART_MARGIN), 1)

    zero, slot = height_of(0), 100 / len(rows)
    width = min(slot * 0.8, 6)
    bars = [
        Bar(
            x=round(slot * number + (slot - width) / 2, 2),
            width=round(width, 2),
            y=min(zero, height_of(minute)),
            height=max(2, round(abs(zero - height_of(minute)), 1)),
            css="early" if minute >= 0 else "late",
            label=f"{day_name(row['check_date'])}: {against(minute)}",
        )
        for number, (row, minute) in enumerate(zip(rows, minutes, strict=True))
    ]
    step = next((hours for hours in (1, 2, 3, 6, 12, 24, 48) if (top - bottom) <= 5 * 60 * hours), None)
    step = step or ceil((top - bottom) / (5 * 60))
    ticks = [
        (height_of(60 * step * number), f"{step * number} h")
        for number in range(ceil(bottom / 60 / step), floor(top / 60 / step) + 1)
    ]
    return Chart(bars, ticks, zero)


def never_ready(calendar: Rows) -> int:
    """The dates with games that were checked on their day, and on which nobody saw all the data."""
    return sum(
        bool(row["checked_that_day"])
        and row["ready_minutes_before_predictions"] is None
        and row["status"] not in {Status.NO_GAMES, Status.EXPECTED_GAP}
        for row in calendar
    )


def early_summary(rows: Rows) -> str:
    """The chart in a sentence or two."""
    if not rows:
        return ""
    minutes = [row["ready_minutes_before_predictions"] for row in rows]
    latest = min(rows, key=lambda row: row["ready_minutes_before_predictions"])
    return (
        f"Of {len(minutes)} dates that were seen ready, {sum(minute >= 0 for minute in minutes)} "
        "were so before predictions started; "
        f"the median {against(round(median(minutes)))}, the latest {against(min(minutes))} "
        f"({day_name(latest['check_date'])})."
    )


# The sources.

_COUNTS = ("dates", "dates_seen", "dates_empty", "dates_failed", "games_not_listed")


def source_totals(rows: Rows) -> list[dict[str, Any]]:
    """Each source's record, summed over its weeks: schedules first, then Phase 3, then Phase 4."""
    return [
        {"kind": kind, "name": name, **{count: sum(row[count] or 0 for row in weeks) for count in _COUNTS}}
        for (kind, name), weeks in _by_source(rows)
    ]


def source_weeks(rows: Rows) -> tuple[list[date], list[tuple[str, list[str]]]]:
    """The newest weeks, and for each source what it had in each of them."""
    mondays = sorted({row["week"] for row in rows})[-MOST_WEEKS:]
    table = []
    for (_, name), weeks in _by_source(rows):
        found = {row["week"]: row for row in weeks}
        table.append((name, [_week(found.get(monday)) for monday in mondays]))
    return mondays, table


def _by_source(rows: Rows) -> list[tuple[tuple[str, str], list[Row]]]:
    order = list(KINDS)

    def place(row: Row) -> tuple[int, str, str]:
        kind, name = row["kind"] or "", row["name"] or ""
        return order.index(kind) if kind in order else len(order), kind, name

    return [((kind, name), list(weeks)) for (_, kind, name), weeks in groupby(sorted(rows, key=place), key=place)]


def _week(row: Row | None) -> str:
    if row is None:
        return NONE
    wrong = [f"{row[f'dates_{what}']} {what}" for what in ("empty", "failed") if row[f"dates_{what}"]]
    return ", ".join([f"{row['dates_seen']} of {row['dates']}", *wrong])


# What to do, and where to go on.


def ask_commands(settings: Settings, query: str, command: str) -> list[str]:
    """How to have something checked: over HTTP and from a shell."""
    host = settings.monitor_url or "$MONITOR_URL"
    return [f'curl -sS {AUTHORIZATION} "{host}/?{query}"', f"python -m monitor {command}"]


def looker_link(settings: Settings) -> str:
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
