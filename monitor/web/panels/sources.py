"""How reliable each source is: on how many dates it had rows, had none or could not be read, in all and by week."""

from datetime import date
from itertools import groupby
from typing import Any

from monitor.core.sources import Kind
from monitor.core.words import NONE
from monitor.settings import Settings
from monitor.web.states import KINDS
from monitor.web.view import Row, Rows, View

MOST_WEEKS = 8

_COUNTS = ("dates", "dates_seen", "dates_empty", "dates_failed", "games_not_listed")


def context(view: View, _settings: Settings) -> dict[str, Any]:
    """What sources.html shows."""
    mondays, weeks = by_week(view.sources)
    return {"totals": totals(view.sources), "mondays": mondays, "weeks": weeks}


def totals(rows: Rows) -> list[dict[str, Any]]:
    """Each source's counts, summed over its weeks: schedules first, then Phase 3, then Phase 4."""
    summed = []
    for (kind, name), weeks in _by_source(rows):
        counts: dict[str, Any] = {count: sum(row[count] or 0 for row in weeks) for count in _COUNTS}
        # Only a schedule lists games.
        listed = {} if kind == Kind.SCHEDULE else {"games_not_listed": NONE}
        summed.append({"kind": KINDS.get(kind, kind), "name": name, **counts, **listed})
    return summed


def by_week(rows: Rows) -> tuple[list[date], list[tuple[str, list[str]]]]:
    """The newest weeks, each by its Monday, and what each source had in them."""
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
    problems = [f"{row[f'dates_{what}']} {what}" for what in ("empty", "failed") if row[f"dates_{what}"]]
    return ", ".join([f"{row['dates_seen']} of {row['dates']}", *problems])
