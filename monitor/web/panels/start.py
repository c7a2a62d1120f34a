"""What to do first: the commands that check a day or a range. The whole page while the history is empty."""

from datetime import date, timedelta
from typing import Any

from monitor.core.dates import DateRange
from monitor.core.words import AUTHORIZATION
from monitor.request import MAX_DAYS
from monitor.settings import Settings
from monitor.web.view import View


def context(view: View, settings: Settings) -> dict[str, Any]:
    """What start.html shows."""
    return {"check_day": check_commands(view, settings), "check_range": backfill_commands(view, settings)}


def check_commands(view: View, settings: Settings) -> list[str]:
    """How to check the day, over HTTP and from a shell."""
    return _commands(settings, f"date={view.day}", f"check --date {view.day}")


def backfill_commands(view: View, settings: Settings) -> list[str]:
    """How to check the calendar's dates so far, over HTTP and from a shell."""
    days = backfill_range(view.days, view.today)
    return _commands(
        settings, f"start={days.first}&end={days.last}", f"backfill --start {days.first} --end {days.last}"
    )


def backfill_range(days: DateRange, today: date) -> DateRange:
    """The newest of these dates, up to today, that one backfill can check."""
    last = max(days.first, min(days.last, today))
    return DateRange(max(days.first, last - timedelta(days=MAX_DAYS - 1)), last)


def _commands(settings: Settings, query: str, command: str) -> list[str]:
    host = settings.monitor_url or "$MONITOR_URL"
    return [f'curl -sS {AUTHORIZATION} "{host}/?{query}"', f"python -m monitor {command}"]
