"""League dates and ranges, as tables."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.core.dates import (
    DateRange,
    ExpectedGap,
    OffSeason,
    Silence,
    league_date,
    parse_expected_gaps,
    parse_off_season,
    parse_silences,
)

EASTERN = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-01-18T13:00+00:00", "2026-01-18"),  # the scheduler's 8 AM
        ("2026-01-19T04:59+00:00", "2026-01-18"),  # 11:59 PM Eastern; the UTC date is tomorrow
        ("2026-01-19T05:00+00:00", "2026-01-19"),  # midnight
        ("2026-03-08T04:59+00:00", "2026-03-07"),  # the night before summer time begins: still five hours
        ("2026-03-09T03:59+00:00", "2026-03-08"),  # the night after: four
        ("2025-11-02T04:30+00:00", "2025-11-02"),  # summer time ends later this night: four
        ("2025-11-03T04:30+00:00", "2025-11-02"),  # the night after: five
        ("2024-02-29T12:00+00:00", "2024-02-29"),  # a leap day
    ],
)
def test_league_date(moment: str, day: str) -> None:
    assert str(league_date(datetime.fromisoformat(moment), EASTERN)) == day


def test_a_range_includes_both_ends() -> None:
    days = DateRange(date(2024, 2, 28), date(2024, 3, 1))
    assert [str(day) for day in days] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert len(days) == 3
    assert date(2024, 2, 28) in days
    assert date(2024, 3, 1) in days
    assert date(2024, 3, 2) not in days


def test_expected_gaps_are_ranges_with_a_reason() -> None:
    assert parse_expected_gaps(" 2025-10-21/2025-11-03=bootstrap , 2026-02-13=all=star ") == (
        ExpectedGap(DateRange(date(2025, 10, 21), date(2025, 11, 3)), "bootstrap"),
        ExpectedGap(DateRange(date(2026, 2, 13), date(2026, 2, 13)), "all=star"),
    )
    assert parse_expected_gaps("") == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("bootstrap", "is not of the form"),
        ("2025-10-21/2025-11-31=bootstrap", "is not of the form"),  # no such date
        ("2025-11-03/2025-10-21=bootstrap", "ends before it starts"),
        ("2025-10-21/2025-11-03", "gives no reason"),  # a gap must be explained
    ],
)
def test_a_malformed_gap_says_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_expected_gaps(text)


def test_silences_are_ranges_with_an_end_and_a_reason() -> None:
    text = " 2026-01-18@2026-01-18T18:00Z=reload, 2026-02-13/2026-02-18@2026-02-19T08:00-05:00=maintenance "
    assert parse_silences(text) == (
        Silence(DateRange(date(2026, 1, 18), date(2026, 1, 18)), datetime(2026, 1, 18, 18, tzinfo=UTC), "reload"),
        Silence(DateRange(date(2026, 2, 13), date(2026, 2, 18)), datetime(2026, 2, 19, 13, tzinfo=UTC), "maintenance"),
    )
    assert parse_silences("") == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-01-18=reload", "is not of the form"),  # a silence without an end is a monitor switched off
        ("2026-01-18@tonight=reload", "is not of the form"),
        ("2026-01-18@2026-01-18T18:00=reload", "has no UTC offset"),  # six in New York, or in UTC?
        ("2026-01-19/2026-01-18@2026-01-18T18:00Z=reload", "ends before it starts"),
        ("2026-01-18@2026-01-18T18:00Z", "gives no reason"),
    ],
)
def test_a_malformed_silence_says_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_silences(text)


def test_an_off_season_may_span_the_new_year() -> None:
    southern = parse_off_season("11-15/02-29")
    assert southern == OffSeason((11, 15), (2, 29))
    assert date(2025, 12, 31) in southern
    assert date(2026, 1, 1) in southern
    assert date(2026, 3, 1) not in southern


@pytest.mark.parametrize("text", ["", "06-25", "06-25/10-01/11-01", "06-31/10-01", "June/October"])
def test_a_malformed_off_season_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not of the form 06-25/10-01"):
        parse_off_season(text)
