"""What a caller asks for becomes a checked request. What a bad one is answered is in integration/test_door.py."""

from io import BytesIO

import pytest

from monitor.request import CheckRequest, parse_request
from tests.conftest import day

TODAY = day("2026-01-18")


@pytest.mark.parametrize(
    ("query", "body", "asked"),
    [
        ({}, b"", "2026-01-18"),  # what the scheduler sends
        ({}, b"{}", "2026-01-18"),
        ({"date": ["today"]}, b"", "2026-01-18"),
        ({"date": ["yesterday"]}, b"", "2026-01-17"),
        ({}, b'{"date": "tomorrow"}', "2026-01-19"),
        ({"date": ["2026-01-15"]}, b'{"dry_run": true}', "2026-01-15"),
    ],
)
def test_a_date_is_given_or_is_today(query: dict[str, list[str]], body: bytes, asked: str) -> None:
    days = parse_request(CheckRequest, query, BytesIO(body), today=TODAY).days(TODAY)
    assert (days.first, days.last) == (day(asked), day(asked))
