"""Tables fit the terminal, use colour only where it shows, and print data as data."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.cli.tables import Screen, history_text, table
from monitor.core.dates import DateRange

EASTERN = ZoneInfo("America/New_York")
PLAIN, COLOUR = Screen(40, colour=False), Screen(40, colour=True)


def test_the_last_column_is_wrapped_at_the_edge() -> None:
    reason = "nothing in player_composite_factors; not in Phase 3"
    assert table(["GAME", "NOTE"], [["ORL@MEM", reason], ["BKN@CHI", "ready"]], PLAIN).splitlines() == [
        "GAME     NOTE",
        "ORL@MEM  nothing in",
        "         player_composite_factors; not",
        "         in Phase 3",
        "BKN@CHI  ready",
    ]


def test_colour_changes_no_column() -> None:
    rows = [["ORL@MEM", "MISSING", "x"], ["BKN@CHI", "OK", "y"], ["NOP@HOU", "NO_GAMES", "z"]]
    coloured = table(["GAME", "STATUS", "NOTE"], rows, COLOUR)
    plain = coloured.replace("\x1b[31m", "").replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert "\x1b[31mMISSING\x1b[0m " in coloured
    assert plain == table(["GAME", "STATUS", "NOTE"], rows, PLAIN)


def test_a_code_from_a_table_cannot_command_the_terminal() -> None:
    shown = table(["GAME", "NOTE"], [["\x1b[2J@MEM", "a\x07 b\n c"]], COLOUR)
    assert shown.splitlines()[1] == "�[2J@MEM  a� b� c"


def day(number: int, outcome: str | None, ready: str | None, left: int | None) -> dict[str, Any]:
    """A row of the view data_availability_calendar."""
    at = datetime.fromisoformat(f"2026-01-{number:02}T{ready}:00-05:00").astimezone(UTC) if ready else None
    return {
        "check_date": date(2026, 1, number),
        "status": "OK" if outcome else "NO_GAMES",
        "scheduled_games": 6 if outcome else 0,
        "phase4_ready": 6 if outcome else 0,
        "due_at": datetime(2026, 1, number, 13, tzinfo=UTC),
        "ready_at": at,
        "ready_minutes_before_predictions": left,
        "outcome": outcome,
    }


def test_the_history_has_each_dates_outcome_and_times_and_the_usual_ones() -> None:
    late = [day(9, "late", "10:15", 165), day(10, "missed", "13:30", -30), day(11, None, None, None)]
    on_time = [day(number, "on_time", f"07:{number:02}", 350) for number in range(1, 9)]
    shown = history_text(
        [*on_time, *late], DateRange(date(2026, 1, 1), date(2026, 1, 11)), EASTERN, Screen(80, colour=False)
    )
    assert shown.splitlines()[-7:] == [
        "2026-01-09  OK        6 of 6  8:00 AM  10:15 AM  2 h 45 min    late",
        "2026-01-10  OK        6 of 6  8:00 AM  1:30 PM   30 min after  missed",
        "2026-01-11  NO_GAMES          —        —         —             —",
        "",
        "8 on_time, 1 late, 1 missed",
        "Half of the last 10 were ready by 7:05 AM, nine of ten by 10:15 AM.",
        "Times are in the zone America/New_York. The time left is until predictions start.",
    ]
    assert max(map(len, shown.splitlines()[:-1])) <= 80


def test_a_history_without_rows_says_so() -> None:
    days = DateRange(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=29))
    assert history_text([], days, EASTERN, PLAIN) == "No date from 2026-01-01 to 2026-01-30 was ever checked."
