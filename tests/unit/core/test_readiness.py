"""How early data usually is, and which due time is advised, from the outcomes of the last game dates."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest

from monitor.core.readiness import Advice, Readiness, Usual, advice, usual
from tests.unit.core.world import EASTERN

FIRST = date(2026, 1, 1)


def dates(*told: str) -> list[Readiness]:
    """Game dates in a row, each as `late 11:05 2`: the outcome, when it was ready in New York, the messages sent."""
    return [_date(FIRST + timedelta(days=number), *line.split()) for number, line in enumerate(told)]


def _date(day: date, outcome: str, ready: str = "-", sent: str = "0") -> Readiness:
    ready_at = None if ready == "-" else datetime.combine(day, time.fromisoformat(ready), EASTERN)
    return Readiness(day, outcome, ready_at, datetime.combine(day, time(18), UTC), int(sent))


SEVEN = ["on_time 07:10"] * 3 + ["on_time 07:20", "late 07:40", "late 11:05", "missed"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # Half of seven are four; nine of ten are all seven, and one of them never came.
        (SEVEN, Usual(7, time(7, 20), None)),
        ([*SEVEN, *["on_time 07:00"] * 3], Usual(10, time(7, 10), time(11, 5))),
        # Six are too few to say.
        (SEVEN[:6], None),
        # What says nothing of a date's readiness is no date to count.
        ([*SEVEN[:6], "pending", "not_run", "unknown"], None),
        # Only the last 28 count: the weeks of the season's start do not stay for ever.
        (["late 12:00"] * 20 + ["on_time 07:30"] * 28, Usual(28, time(7, 30), time(7, 30))),
        # Where most never came there is nothing usual.
        (["missed"] * 6 + ["late 12:00"], Usual(7, None, None)),
    ],
)
def test_usual(told: Sequence[str], expected: Usual | None) -> None:
    assert usual(dates(*told), EASTERN) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # Phase 4 at 11:05 each day, told each morning at eight and told as resolved: the next quarter of an hour.
        (["late 11:05 2"] * 10, Advice(time(11, 15), 10, 10, 20)),
        # A quarter itself is not enough: the check of that minute would find the last rows missing.
        (["late 11:15 2"] * 10, Advice(time(11, 30), 10, 10, 20)),
        # The latest of them decides.
        (["late 11:05 2"] * 9 + ["late 11:50 3"], Advice(time(12, 0), 10, 10, 21)),
        # Three real gaps among ten: most closed by themselves.
        (["late 11:05 2"] * 7 + ["missed - 3"] * 3, Advice(time(11, 15), 7, 10, 14)),
        # Half is not most.
        (["late 11:05 2"] * 5 + ["missed - 3"] * 5, None),
        # Only the last ten gaps count, and dates that were on time are none.
        (["missed - 3"] * 10 + ["late 11:05 2", "on_time 07:00"] * 10, Advice(time(11, 15), 10, 10, 20)),
        # Four gaps are an accident, not a habit.
        (["late 11:05 2"] * 4, None),
        # Gaps of which nobody was told need no advice.
        (["late 11:05 0"] * 10, None),
        # A due time after predictions start, 13:00 here, would be refused.
        (["late 12:58 2"] * 10, Advice(time(13, 0), 10, 10, 20)),
        (["late 13:00 2"] * 10, None),
    ],
)
def test_advice(told: Sequence[str], expected: Advice | None) -> None:
    assert advice(dates(*told), EASTERN) == expected


def test_the_advice_in_words() -> None:
    assert str(advice(dates(*["late 11:05 2"] * 10), EASTERN)) == (
        "10 of the last 10 gaps closed by themselves before predictions started: "
        "PHASE4_DUE_AT=11:15 would have spared 20 messages"
    )
