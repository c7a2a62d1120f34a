"""The dashboard on hand-made rows: what it says in each case, that data stays text, and that ten years are fast."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor import __version__
from monitor.bigquery.schema import wanted_columns
from monitor.core import words
from monitor.core.alerts import AlertStatus
from monitor.core.dates import DateRange, season_of
from monitor.core.games import GameStatus
from monitor.core.readiness import Readiness
from monitor.core.sources import Kind
from monitor.core.verdict import Status
from monitor.request import Trigger
from monitor.settings import load_settings
from monitor.web.dashboard import render
from monitor.web.panels.day import slack_words
from monitor.web.panels.early import MOST_MARKS, chart
from monitor.web.panels.incidents import MOST_INCIDENTS, cause_of
from monitor.web.panels.often import not_counted, score
from monitor.web.panels.runs import silence
from monitor.web.panels.start import backfill_range
from monitor.web.states import (
    CALENDAR,
    GAME_STATES,
    KINDS,
    NOT_RUN,
    OTHER,
    OUTCOMES,
    STATES,
    alert_words,
    trigger_words,
)
from monitor.web.view import View
from tests.conftest import at, day

SETTINGS = load_settings({"GCP_PROJECT_ID": "my-project"})
EASTERN = ZoneInfo("America/New_York")
TODAY = day("2026-01-18")
NOW = at("2026-01-18 15:15")
SEASON = DateRange(day("2025-10-01"), day("2026-09-30"))
DAY = timedelta(days=1)

# Rows with every column of their query, each None until a test says more.
COLUMNS = {
    "calendar": "check_date status scheduled_games phase4_ready missing_games partial_games stalled_phase check_time "
    "checks checked_that_day first_ready_time ready_minutes_before_predictions outcome due_at predictions_at ready_at",
    "checks": " ".join(column["name"] for column in wanted_columns()),
    "history": "check_date check_time status alert_reason alert_status slack_channel slack_ts games",
    "incidents": "check_date statuses most_games_not_ready stalled_phase detected_at alerted_at resolved_at "
    "resolved_minutes_before_predictions alerts_sent outcome",
    "sources": "week kind name dates dates_seen dates_empty dates_failed games_not_listed",
    "runs": "run_id triggered_by check_time dates dates_unknown alerts_sent alerts_failed duration_ms monitor_version",
    "game": "matchup away home tipoff status reason sources game_ids phase3_players phase4_players missing_from "
    "ready_at predictions",
    "source": "name kind rows refreshed_at error",
}


def row(of: str, **given: Any) -> dict[str, Any]:
    columns = dict.fromkeys(COLUMNS[of].split())
    assert given.keys() <= columns.keys()
    return columns | given


def view(**given: Any) -> View:
    parts: dict[str, Any] = dict.fromkeys(("calendar", "checks", "history", "incidents", "sources", "runs"), ())
    parts |= {"now": NOW, "today": TODAY, "day": TODAY, "days": SEASON}
    return View(**(parts | given))


def checked(**given: Any) -> View:
    """A view of today with one check of it, which has these columns."""
    check = {"check_date": TODAY, "check_time": at("2026-01-18 13:00"), "status": "OK"} | given
    shared = {name: value for name, value in check.items() if name in COLUMNS["history"].split()}
    date_row = row("calendar", check_date=TODAY, status=check["status"])
    return view(calendar=[date_row], checks=[row("checks", **check)], history=[row("history", **shared)])


class _Text(HTMLParser):
    """What a person reads, with one space between words; and the attributes that a screen reader speaks."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.silent = tag in {"style", "title"}
        self.words += [value for name, value in attrs if name == "aria-label" and value]

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


def parsed(html: str) -> _Text:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return parser


def text(shown: View) -> str:
    return " ".join(" ".join(parsed(render(shown, SETTINGS)[0]).words).split())


def section(shown: View, title: str) -> str:
    """The text of one section, from its heading on."""
    html = render(shown, SETTINGS)[0]
    (found,) = (part for part in html.split("<section ") if re.search(rf"<h2[^>]*>{title}", part))
    return " ".join(" ".join(parsed(f"<section {found}").words).split())


# States.


def test_every_status_has_a_state_of_its_own() -> None:
    assert set(STATES) == {*Status, NOT_RUN}
    assert set(GAME_STATES) == set(GameStatus)
    assert set(KINDS) == set(Kind)
    for part in ("symbol", "word", "css"):  # no state depends on one of them alone
        assert len({getattr(state, part) for state in CALENDAR}) == len(CALENDAR) == 14


GAP_CHECK = {"scheduled_games": 6, "phase4_ready": 0, "stalled_phase": "phase3"}


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        # The bad morning: since when, how much, why, and how long is left.
        (
            {"status": "MISSING_DATA", **GAP_CHECK},
            "✗ Missing since 8:00 AM EST · 6 of 6 games not ready · Phase 3 has not run · predictions in 2 h 45 min",
        ),
        # Some games came: the phase has run, and not to the end.
        (
            {"status": "MISSING_DATA", **GAP_CHECK, "phase4_ready": 2, "stalled_phase": "phase4"},
            "✗ Missing since 8:00 AM EST · 4 of 6 games not ready · Phase 4 is not complete · predictions in",
        ),
        (
            {"status": "PARTIAL_DATA", "scheduled_games": 8, "phase4_ready": 7},
            "◐ Incomplete since 8:00 AM EST · 1 of 8 games not ready · predictions in",
        ),
        (
            {"status": "PENDING", "scheduled_games": 6, "phase4_ready": 2, "due_at": at("2026-01-18 16:00")},
            "◔ Not due until 11:00 AM EST · 2 of 6 games ready · predictions in",
        ),
        # Nobody has looked since the data was due, so the answer from before is none.
        (
            {"status": "PENDING", "scheduled_games": 6, "phase4_ready": 2, "due_at": at("2026-01-18 13:30")},
            "◌ Not checked since data was due at 8:30 AM EST · last check at 8:00 AM EST: 2 of 6 games ready · pred",
        ),
        (
            {"status": "NO_PREDICTIONS", "scheduled_games": 6, "phase4_ready": 6, "predicted_games": 4},
            "⊘ Predictions missing since 8:00 AM EST · 2 of 6 games have none · Phase 4 data is there",
        ),
        # Zero of zero ready would read as an all-clear, and predictions without games are nobody's concern.
        ({"status": "NO_GAMES", "scheduled_games": 0, "phase4_ready": 0}, "— No games, so no data is expected On"),
        (
            {"status": "SCHEDULE_UNKNOWN", "scheduled_games": 0, "phase4_ready": 0},
            "? Schedule suspect since 8:00 AM EST · there may be more games: not an all-clear · pred",
        ),
        (
            {"status": "EXPECTED_GAP", "scheduled_games": 11, "phase4_ready": 0},
            "○ Data is missing during a declared gap · 0 of 11 games ready On",
        ),
        # The schedule was read, Phase 4 was not.
        (
            {"status": "ERROR", "scheduled_games": 6},
            "! The monitor failed since 8:00 AM EST: data status unknown · predictions in",
        ),
        # A later version's status, or none: shown as it is.
        (
            {"status": "HALF_TIME", "scheduled_games": 6, "phase4_ready": 3},
            "‽ Unknown status: HALF_TIME · 3 of 6 games ready",
        ),
        ({"status": None}, "‽ Unknown status: no status"),
        # The old script took 0 scheduled and 0 ready for an all-clear.
        (
            {"status": "OK", "scheduled_games": 0, "phase4_ready": 0},
            "• Recorded as OK, but its counts do not confirm it · pred",
        ),
        (
            {"status": "OK", "scheduled_games": 6, "phase4_ready": 4},
            "• Recorded as OK, but its counts do not confirm it: 4 of 6 games ready",
        ),
    ],
)
def test_the_answer_is_one_sentence(given: dict[str, Any], answer: str) -> None:
    # The next section follows: the sentence says this and no more.
    symbol, _, sentence = answer.partition(" ")
    assert f"{symbol} Today, Sun Jan 18, 2026 {sentence}" in text(checked(**given))


@pytest.mark.parametrize(
    ("outcome", "ready", "answer"),
    [
        (
            "on_time",
            "12:02",
            "✓ Today, Sun Jan 18, 2026 On time: 9 of 9 games ready since 7:02 AM EST · predictions in 2 h 45 min",
        ),
        ("late", "14:40", "◷ Today, Sun Jan 18, 2026 Late: 9 of 9 games ready since 9:40 AM EST, due at 8:00 AM EST"),
        (
            "missed",
            "18:40",
            "⊗ Today, Sun Jan 18, 2026 Missed: 9 of 9 games ready since 1:40 PM EST, after predictions started",
        ),
        # A backfill finds the data and not when it came.
        ("unknown", "14:40", "• Today, Sun Jan 18, 2026 9 of 9 games ready, but nobody knows since when"),
    ],
)
def test_a_ready_day_says_how_it_stood_against_its_deadline(outcome: str, ready: str, answer: str) -> None:
    known = Readiness(TODAY, outcome, at(f"2026-01-18 {ready}"), at("2026-01-18 18:00"))
    assert answer in text(replace(checked(scheduled_games=9, phase4_ready=9), readiness=[known]))


def seen(*checks: tuple[str, str]) -> View:
    """A view of today whose history has these times and statuses."""
    history = [row("history", check_time=at(f"2026-01-18 {when}"), status=status) for when, status in checks]
    return replace(checked(status=checks[-1][1], **GAP_CHECK), history=history)


@pytest.mark.parametrize(
    ("outcome", "status", "badge"),
    [
        # The data was there at eight, and a quarter of an hour later nobody knows.
        ("on_time", "ERROR", "!"),
        ("on_time", "SCHEDULE_UNKNOWN", "?"),
        ("late", "MISSING_DATA", "✗"),
        # A date that was missed says so already.
        ("missed", "MISSING_DATA", "⊗"),
    ],
)
def test_data_that_was_there_is_no_all_clear_if_it_is_not_known_now(outcome: str, status: str, badge: str) -> None:
    known = Readiness(TODAY, outcome, at("2026-01-18 12:00"), at("2026-01-18 18:00"))
    assert f"{badge} Today" in text(replace(seen(("13:00", "OK"), ("13:15", status)), readiness=[known]))


@pytest.mark.parametrize(
    ("checks", "since"),
    [
        ([("12:00", "PENDING"), ("13:00", "MISSING_DATA"), ("14:00", "PARTIAL_DATA")], "Incomplete since 8:00 AM EST"),
        # A gap that closed and opened again began the second time.
        ([("13:00", "MISSING_DATA"), ("13:30", "OK"), ("14:00", "MISSING_DATA")], "Missing since 9:00 AM EST"),
        # A check that failed says nothing about the gap.
        ([("13:00", "MISSING_DATA"), ("13:30", "ERROR"), ("14:00", "MISSING_DATA")], "Missing since 8:00 AM EST"),
        # What was known before the failure may still be true.
        (
            [("13:00", "MISSING_DATA"), ("13:30", "ERROR")],
            "The monitor failed since 8:30 AM EST: data status unknown · before that, at 8:00 AM EST: missing",
        ),
    ],
)
def test_since_when_goes_by_the_checks(checks: list[tuple[str, str]], since: str) -> None:
    assert since in text(seen(*checks))


@pytest.mark.parametrize(
    ("shown", "now", "answer"),
    [
        # Tomorrow is not "not run".
        ("2026-01-19", "2026-01-18 15:15", "Not checked yet: data is due at 8:00 AM EST Newest"),
        ("2026-01-18", "2026-01-18 12:15", "Not checked yet: data is due at 8:00 AM EST · predictions in"),
        (
            "2026-01-18",
            "2026-01-18 15:15",
            "Not run: data was due at 8:00 AM EST, and no check is on record · predictions in 2 h 45 min",
        ),
        ("2026-01-12", "2026-01-18 15:15", "No check on record for this date"),
    ],
)
def test_a_day_without_a_check_has_an_answer_too(shown: str, now: str, answer: str) -> None:
    before = row("calendar", check_date=day("2026-01-11"), status="OK", outcome="on_time")
    told = text(view(calendar=[before], day=day(shown), now=at(now)))
    assert answer in told
    # The newest verdict is on the page all the same.
    assert "Newest verdict before: Sun Jan 11, 2026 ✓ on time" in told


def test_a_past_gap_was_found_and_is_not_said_to_last() -> None:
    past = replace(checked(status="MISSING_DATA", **GAP_CHECK), today=day("2026-02-01"), now=at("2026-02-01 15:00"))
    told = text(past)
    assert "Missing when last checked, 8:00 AM EST · 6 of 6 games not ready · Phase 3 had not run On time" in told


@pytest.mark.parametrize(
    ("given", "line"),
    [
        # No data was due the evening before, so that check is not this morning's verdict.
        ({"check_time": at("2026-01-17 23:00")}, "(before the date itself, and not since)"),
        # A phase that could not be read is not empty.
        (
            {
                "phase4_latest": day("2026-01-17"),
                "sources": [row("source", name="upcoming", kind="context", error="Forbidden")],
            },
            "Phase 3 could not be read, Phase 4 Sat Jan 17",
        ),
    ],
)
def test_the_day_claims_no_more_than_is_known(given: dict[str, Any], line: str) -> None:
    assert line in section(checked(**{"status": "OK", "scheduled_games": 6, "phase4_ready": 6, **given}), "Details")


@pytest.mark.parametrize(
    ("status", "outcome", "label"),
    [
        ("OK", "on_time", "on time"),
        # Ready forty minutes after predictions started is no plain tick.
        ("OK", "late", "late"),
        ("OK", "missed", "missed"),
        # Missing at the last check of the day, and so when predictions started.
        ("MISSING_DATA", "missed", "missed"),
        # A failure at noon does not change that data was there at eight.
        ("ERROR", "on_time", "on time"),
        # Data was there, and predictions are not.
        ("NO_PREDICTIONS", "on_time", "no predictions"),
        # Until there is an outcome: what is known.
        ("MISSING_DATA", "pending", "missing"),
        ("ERROR", "unknown", "error"),
        ("OK", "unknown", "ready, time unknown"),
        ("NO_GAMES", None, "no games"),
        ("EXPECTED_GAP", None, "expected gap"),
        ("NOT_RUN", "not_run", "not run"),
        ("PENDING", "unknown", "not checked since"),
    ],
)
def test_a_cell_shows_the_outcome_and_not_the_last_state(status: str, outcome: str | None, label: str) -> None:
    shown = row(
        "calendar",
        check_date=TODAY,
        status=status,
        outcome=outcome,
        checked_that_day=True,
        due_at=at("2026-01-18 13:00"),
    )
    assert f'aria-label="Jan 18: {label}"' in render(view(calendar=[shown]), SETTINGS)[0]


def test_before_it_is_due_today_is_not_called_not_run() -> None:
    shown = row("calendar", check_date=TODAY, status="NOT_RUN", due_at=at("2026-01-18 16:00"))
    assert 'aria-label="Jan 18: pending"' in render(view(calendar=[shown]), SETTINGS)[0]


HABIT = [
    Readiness(
        TODAY - timedelta(days=n),
        "late",
        at("2026-01-18 16:05") - timedelta(days=n),
        at("2026-01-18 18:00"),
        alerts_sent=2,
    )
    for n in range(1, 11)
]


def test_how_early_data_usually_is_and_which_due_time_would_spare_alerts() -> None:
    shown = text(view(calendar=early(("on_time", "12:00")), readiness=HABIT))
    assert "Usually ready by 11:05 AM, nine of ten by 11:05 AM." in shown
    assert "PHASE4_DUE_AT=11:15 would have spared 20 messages." in shown
    few = text(view(calendar=early(("on_time", "12:00")), readiness=HABIT[:4]))
    assert "Usually" not in few
    assert "PHASE4_DUE_AT" not in few


def test_a_date_checked_only_later_looks_different_from_one_checked_in_time() -> None:
    rows = [
        row("calendar", check_date=TODAY - timedelta(days=1), status="OK", checked_that_day=False),
        row("calendar", check_date=TODAY, status="NOT_RUN", checked_that_day=False),
    ]
    html = render(view(calendar=rows), SETTINGS)[0]
    assert (
        '<td class="r later"><a href=?day=2026-01-17 aria-label="Jan 17: ready, time unknown, checked later">' in html
    )
    assert '<td class="x"><a href=?day=2026-01-18 aria-label="Jan 18: not run"' in html
    assert "1 of 2 dates checked, 0 of them on the day itself." in text(view(calendar=rows))
    # Today's check may come yet.
    assert "never checked" not in text(view(calendar=rows))
    assert "No incidents on these dates. 1 date was never checked." in text(view(calendar=rows, today=TODAY + DAY))


def test_an_incident_seen_resolved_on_a_later_day_has_no_duration() -> None:
    found = row(
        "incidents",
        check_date=TODAY,
        statuses="MISSING_DATA",
        detected_at=at("2026-01-18 13:00"),
        resolved_at=at("2026-03-15 13:00"),
    )
    shown = text(replace(checked(status="OK"), incidents=[found]))
    assert "resolved by Mar 15, 9:00 AM EDT (Mar 15, 13:00 UTC), the next check" in shown
    assert "days" not in shown.split("Incidents Incidents")[1].split("Not ready: the most")[0]


def test_a_time_out_of_range_is_a_dash() -> None:
    assert words.clock(datetime(1, 1, 1, tzinfo=UTC), TODAY, EASTERN) == "—"


def test_the_calendar_has_every_state_with_its_word_and_count() -> None:
    statuses = [*STATES, "HALF_TIME"]
    days = [TODAY - timedelta(days=n) for n in range(len(statuses))][::-1]
    rows = [
        row("calendar", check_date=each, status=status, scheduled_games=6, phase4_ready=2, checked_that_day=True)
        for each, status in zip(days, statuses, strict=True)
    ]
    html = render(view(calendar=rows, day=days[-1]), SETTINGS)[0]
    assert '<td class="m"><a href=?day=2026-01-11 aria-label="Jan 11: missing, 2 of 6 ready">✗</a>' in html
    assert '<td class="u"><a href=?day=2026-01-18 aria-label="Jan 18: HALF_TIME, 2 of 6 ready" aria-current' in html
    shown = section(view(calendar=rows), "Calendar")
    for state in (*STATES.values(), OTHER):
        if state not in {STATES[Status.OK], STATES[Status.PENDING]}:  # no outcome is known of either
            assert f"{state.symbol} {state.word} 1" in shown
    assert "• ready, time unknown 1" in shown
    assert "◌ not checked since 1" in shown
    assert "on time" not in shown.split("Each cell")[0]  # only what occurs is in the legend


@pytest.mark.parametrize(
    ("status", "ahead", "cells"),
    [
        ("NOT_RUN", 0, 1),  # this morning's check has not run yet
        ("NOT_RUN", 1, 0),  # BigQuery's clock is ahead: a future date has not been missed
        ("OK", 1, 1),  # a date may be checked ahead
    ],
)
def test_only_dates_up_to_today_can_be_not_run(status: str, ahead: int, cells: int) -> None:
    ready = row("calendar", check_date=TODAY - timedelta(days=2), status="OK")
    date_row = row("calendar", check_date=TODAY + timedelta(days=ahead), status=status)
    assert section(view(calendar=[ready, date_row]), "Calendar").count("Jan 1") - 1 == cells


def test_the_calendar_is_a_table_per_season_with_a_row_per_month() -> None:
    rows = [
        row("calendar", check_date=each, status="OK", checked_that_day=True)
        for each in DateRange(day("2025-09-29"), day("2025-11-02"))
    ]
    both = DateRange(day("2024-10-01"), SEASON.last)
    shown = section(view(calendar=rows, days=both), "Calendar")
    headings = ("2025-26 season", "Oct 2025", "Nov 2025", "2024-25 season", "Sep 2025")
    places = [shown.index(part) for part in headings]
    assert places == sorted(places)
    # The season starts on Oct 1, the first cell of its row; Sep 29 has 28 empty cells before it.
    html = render(view(calendar=rows, days=both), SETTINGS)[0]
    assert '<th scope="row">Oct 2025<td class="r"><a href=?day=2025-10-01' in html
    assert f'<th scope="row">Sep 2025{"<td>" * 28}<td class="r"><a href=?day=2025-09-29' in html


# The day.


def test_the_day_has_every_detail() -> None:
    games = [
        row("game", matchup="NOP@HOU", status="READY", phase3_players=34, phase4_players=34, sources=["espn", "nbac"]),
        row(
            "game",
            matchup="BKN@CHI",
            status="MISSING",
            tipoff=at("2026-01-19 00:30"),
            phase3_players=34,
            phase4_players=0,
            reason="in Phase 3: run Phase 4",
        ),
        row("game", matchup="MIA@DAL", status="EXCLUDED", reason="postponed (nbac)"),
    ]
    sources = [
        row("source", name="espn", kind="schedule", rows=6, refreshed_at=at("2026-01-18 11:30")),
        row("source", name="bdl", kind="schedule", error="timed out"),
    ]
    shown = checked(
        status="MISSING_DATA",
        scheduled_games=2,
        phase4_ready=1,
        trigger="scheduler",
        games=games,
        sources=sources,
        warnings=["espn is stale", "bdl could not be read"],
        error="bdl could not be read",
        stalled_phase="phase4",
        phase3_latest=TODAY,
        run_id="run1",
    )
    history = [
        row(
            "history",
            check_time=at("2026-01-18 13:00"),
            status="MISSING_DATA",
            alert_reason="NEW_GAP",
            alert_status="sent",
        ),
        row(
            "history",
            check_time=at("2026-01-18 15:10"),
            status="MISSING_DATA",
            alert_reason="UNCHANGED",
            alert_status="not_needed",
        ),
    ]
    incident = row("incidents", check_date=TODAY, statuses="MISSING_DATA", detected_at=at("2026-01-18 13:00"))
    before = row("calendar", check_date=day("2026-01-16"), status="OK")
    told = section(
        replace(shown, history=history, incidents=[incident], calendar=[before, *shown.calendar]),
        "Details",
    )
    for sentence in (
        "Checked 8:00 AM EST (13:00 UTC), 2 h 15 min ago, by the scheduler",
        "Slack sent 8:00 AM EST (13:00 UTC): new gap",  # the message, not the newest check
        "Data due 8:00 AM EST (13:00 UTC)",
        "Predictions 1:00 PM EST (18:00 UTC)",
        "Incident detected 8:00 AM EST (13:00 UTC); 2 h 15 min so far",
        "Likely cause Phase 4 stalled",
        "Latest data Phase 3 Sun Jan 18, Phase 4 none in 14 days",
        "Last ready Fri Jan 16, 2026",  # the problem began after it
        "Error: bdl could not be read",
        "BKN@CHI ✗ missing 7:30 PM EST 34 0 in Phase 3: run Phase 4 —",
        "NOP@HOU ✓ ready — 34 34 — espn, nbac",
        "Excluded games — excluded MIA@DAL : postponed (nbac)",
        "Warnings espn is stale Source status",  # the other warning is the error above
        "espn Schedule 6 6:30 AM EST none",
        "bdl Schedule — — ! error timed out",
        "8:00 AM EST ✗ missing ✉ sent: new gap 13:00 UTC",
        "10:10 AM EST ✗ missing not needed: unchanged 15:10 UTC",
        "Run run1",
    ):
        assert sentence in told
    assert told.index("BKN@CHI") < told.index("NOP@HOU")  # the worst first


@pytest.mark.parametrize(
    ("alerts", "sentence"),
    [
        ([("NEW_GAP", "sent"), ("UNCHANGED", "not_needed")], "sent 8:00 AM EST (13:00 UTC): new gap"),
        ([("NEW_GAP", "sent"), ("WORSENED", "failed")], "last alert not delivered"),
        ([("PAST_DATE", "suppressed")], "not sent: past date"),
        ([("ALL_GOOD", "not_needed")], "not sent: all good"),
        ([(None, None)], "not sent: no alert on record"),  # a row older than the monitor
        # The message said that all was well. No message has mentioned the incident since.
        ([("REQUESTED", "sent", "OK"), ("SILENCED", "suppressed")], "not sent: silenced"),
        # A later check that had no message to send does not make up for the failure.
        ([("NEW_GAP", "failed"), ("NEW_GAP", "suppressed")], "last alert not delivered"),
        # A bot's reply that only its thread shows does not count.
        ([("NEW_GAP", "sent"), ("IMPROVED", "sent")], "sent 8:00 AM EST (13:00 UTC): new gap"),
        ([("NEW_GAP", "sent"), ("RESOLVED", "sent", "OK")], "sent 9:00 AM EST (14:00 UTC): resolved"),
        # The first message of an incident names its kind: a failure is no gap.
        ([("NEW_GAP", "sent", "ERROR")], "sent 8:00 AM EST (13:00 UTC): monitor failed"),
        ([("NEW_GAP", "sent", "SCHEDULE_UNKNOWN")], "sent 8:00 AM EST (13:00 UTC): schedule suspect"),
        ([("NEW_GAP", "sent", "NO_PREDICTIONS")], "sent 8:00 AM EST (13:00 UTC): no predictions"),
    ],
)
def test_whether_slack_knows(alerts: list[tuple[str | None, ...]], sentence: str) -> None:
    history = [
        row(
            "history",
            check_time=at(f"2026-01-18 {13 + n}:00"),
            alert_reason=reason,
            alert_status=status,
            status=(*found, "MISSING_DATA")[0],
        )
        for n, (reason, status, *found) in enumerate(alerts)
    ]
    assert slack_words(history, EASTERN, TODAY) == sentence


def test_every_alert_status_has_words() -> None:
    for status in AlertStatus:
        assert alert_words(row("history", alert_status=status)) not in {status, "—"}


def test_every_trigger_has_words() -> None:
    assert [trigger_words(trigger) for trigger in Trigger] == [
        "by the scheduler",
        "manually",
        "by a backfill",
        "from the command line",
    ]


def test_the_days_around_are_links() -> None:
    html = render(replace(checked(), day=day("2025-12-31")), SETTINGS)[0]
    for link in ("2025-12-30", "2026-01-01", str(TODAY)):
        assert f'<a href="?day={link}">' in html


def test_a_day_without_a_check_says_so_and_how_to_check_it() -> None:
    never = replace(checked(), day=day("2026-01-10"), checks=[], history=[])
    assert "□ Sat Jan 10, 2026 No check on record for this date" in text(never)
    told = section(never, "Details")
    assert '"$MONITOR_URL/?date=2026-01-10"' in told
    assert "python -m monitor check --date 2026-01-10" in told
    # If the monitor knows its own URL, the command has it.
    at_home = load_settings({"GCP_PROJECT_ID": "p", "MONITOR_URL": "https://monitor.example.com"})
    assert '"https://monitor.example.com/?date=2026-01-10"' in unescape(render(never, at_home)[0])


def test_an_empty_history_says_what_to_do_first() -> None:
    shown = text(view())
    assert "No checks on record for 2025-10-01 to 2026-09-30" in shown
    assert "python -m monitor schema apply" in shown
    assert '"$MONITOR_URL/?start=2025-10-01&end=2026-01-18"' in shown
    assert "python -m monitor backfill --start 2025-10-01 --end 2026-01-18" in shown
    assert "Calendar" not in shown
    assert "No run for" not in shown  # there was never a run that could be missed


def test_the_suggested_backfill_is_within_the_limit() -> None:
    ten_years = DateRange(day("2016-10-01"), day("2026-09-30"))
    assert backfill_range(ten_years, TODAY) == DateRange(day("2024-12-15"), TODAY)
    assert len(backfill_range(ten_years, TODAY)) == 400
    to_come = DateRange(day("2026-10-01"), day("2027-02-01"))
    assert backfill_range(to_come, TODAY) == DateRange(to_come.first, to_come.first)


def test_rows_older_than_the_monitor_are_shown() -> None:
    # Rows with only the user's five columns, and rows with NULL in every column.
    columns = {"check_time": at("2026-01-18 13:00"), "scheduled_games": 9, "phase4_ready": 9, "status": "OK"}
    assert "• Today, Sun Jan 18, 2026 9 of 9 games ready, but nobody knows since when" in text(checked(**columns))
    assert "Checked 8:00 AM EST (13:00 UTC), 2 h 15 min ago Slack not sent: no alert on record" in text(
        checked(**columns)
    )
    assert "No runs on record" in text(checked(**columns))
    assert "at an unknown time" in text(checked(**dict.fromkeys(columns)))
    of_nothing = [row("incidents", check_date=TODAY)], [row("sources", week=TODAY)], [row("runs", run_id="x", dates=1)]
    incidents, sources, runs = of_nothing
    assert text(replace(checked(**dict.fromkeys(columns)), incidents=incidents, sources=sources, runs=runs))


# Incidents.


def test_an_incident_has_its_times() -> None:
    times = {"detected_at": at("2026-01-15 13:00"), "alerted_at": at("2026-01-15 13:01")}
    over = row(
        "incidents",
        check_date=day("2026-01-15"),
        statuses="MISSING_DATA, PARTIAL_DATA",
        most_games_not_ready=4,
        stalled_phase="phase4",
        resolved_at=at("2026-01-16 05:30"),
        resolved_minutes_before_predictions=-690,
        **times,
    )
    forgotten = row("incidents", check_date=day("2026-01-14"), statuses="ERROR", detected_at=at("2026-01-14 13:00"))
    open_still = row(
        "incidents", check_date=TODAY, statuses="NEW_WORD", detected_at=at("2026-01-18 13:00"), most_games_not_ready=6
    )
    shown = section(replace(checked(), incidents=[open_still, over, forgotten]), "Incidents")
    assert (
        "Sun Jan 18, 2026 ‽ NEW_WORD another status 6 8:00 AM EST none on record not yet 2 h 15 min so far —" in shown
    )
    assert (
        "Thu Jan 15, 2026 ✗ missing ◐ partial Phase 4 stalled 4 8:00 AM EST 8:01 AM EST Jan 16, 12:30 AM EST "
        "16 h 30 min 11 h 30 min after" in shown
    )
    # No later check, so its end and duration are unknown.
    assert "Wed Jan 14, 2026 ! error monitor failed — 8:00 AM EST none on record unknown — —" in shown
    ended = replace(checked(), day=over["check_date"], incidents=[over])
    assert (
        "detected 8:00 AM EST (13:00 UTC); resolved Jan 16, 12:30 AM EST (Jan 16, 05:30 UTC), "
        "11 h 30 min after predictions start; duration 16 h 30 min" in section(ended, "Details")
    )


def test_only_the_newest_incidents_are_shown() -> None:
    many = [row("incidents", check_date=TODAY - timedelta(days=n), statuses="ERROR") for n in range(60)]
    shown = section(replace(checked(), incidents=many), "Incidents")
    assert shown.count("! error") == MOST_INCIDENTS
    assert "10 more in data_availability_incidents" in shown


# How early.


def early(*given: tuple[str, str | None]) -> list[dict[str, Any]]:
    """The days up to today with these outcomes and times in UTC, each due at 13:00 with predictions at 18:00."""
    rows = []
    for n, (outcome, ready) in enumerate(reversed(given)):
        each = TODAY - timedelta(days=n)
        times = {name: at(f"{each} {when}") for name, when in (("due_at", "13:00"), ("predictions_at", "18:00"))}
        ready_at = at(f"{each} {ready}") if ready else None
        rows.append(row("calendar", check_date=each, status="OK", outcome=outcome, ready_at=ready_at, **times))
    return rows[::-1]


def test_how_early_is_a_mark_a_day_against_its_deadlines() -> None:
    rows = early(("on_time", "12:02"), ("late", "14:40"), ("missed", "18:40"), ("missed", None), ("unknown", "14:40"))
    html = render(view(calendar=rows), SETTINGS)[0]
    for mark, label in (
        ("o", "Wed Jan 14, 2026: on time, ready at 7:02 AM EST"),
        ("l", "Thu Jan 15, 2026: late, ready at 9:40 AM EST"),
        ("k", "Fri Jan 16, 2026: missed, ready at 1:40 PM EST"),
        ("k", "Sat Jan 17, 2026: missed, not seen ready"),
    ):
        assert re.search(rf'<use href="#mark-{mark}" [^>]+><title>{label}</title>', html)
    assert "<title>Sun Jan 18" not in html  # its time is not known
    drawn = chart(rows[:4], EASTERN)
    (due,), (predictions,) = drawn.due, drawn.predictions
    on_time, late, missed, never = drawn.marks
    assert never.y < missed.y < predictions.y < late.y < due.y < on_time.y  # later is higher
    # In two columns of the table, for whoever cannot see the chart.
    assert "Thu Jan 15, 2026 ◷ late 9:40 AM EST 8:00 AM EST" in section(view(calendar=rows), "How early")


def test_a_deadline_that_moved_is_drawn_where_it_was() -> None:
    rows = early(*[("on_time", "12:00")] * 4)
    for each in rows[:2]:
        each["due_at"] += timedelta(hours=3)
    before, after = chart(rows, EASTERN).due
    assert (before.x1, before.x2, after.x1, after.x2) == (0, 50, 50, 100)
    assert before.y < after.y


@pytest.mark.parametrize(
    "ready",
    [
        ["2026-01-18 13:00"],
        ["2026-01-18 13:00"] * 70,  # more than there is room for
        ["2024-12-15 13:00", "2027-12-15 13:00"],  # a clock gone wrong
    ],
)
def test_every_mark_is_inside_the_chart(ready: list[str]) -> None:
    rows = early(*[("on_time", "12:00")] * len(ready))
    for each, moment in zip(rows, ready, strict=True):
        each["ready_at"] = at(moment)
    drawn = chart(rows[-MOST_MARKS:], EASTERN)
    for mark in drawn.marks:
        assert 0 < mark.x < 100
        assert 0 <= mark.y <= drawn.height
    assert 2 <= len(drawn.hours) <= 8
    assert render(view(calendar=rows), SETTINGS)[0].count("<title>") == 1 + min(len(rows), MOST_MARKS)


def test_without_history_the_chart_says_what_it_will_show() -> None:
    told = section(view(calendar=early(("unknown", "12:00"))), "How early")
    assert "Each one that is checked on the day itself gets a mark here: when its data was ready" in told
    assert "when it was due (8:00 AM EST) and when predictions started (1:00 PM EST)" in told


# How often.


def outcomes(*given: str | None, **more: Any) -> list[dict[str, Any]]:
    given_dates = [TODAY - timedelta(days=n) for n in range(len(given))]
    return [
        row("calendar", check_date=each, status="OK", outcome=outcome, **{"checked_that_day": True} | more)
        for each, outcome in zip(given_dates, given, strict=True)
    ]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            ["on_time"] * 29 + ["late"] * 3 + ["missed"] * 3 + [None, "unknown"],
            "On time 29 of the last 35 game days; 3 late; 3 missed",
        ),
        (["on_time"], "On time 1 of the last 1 game day"),
        (["unknown", None, "pending", "not_run"], ""),
    ],
)
def test_how_often_data_is_on_time(given: list[str | None], sentence: str) -> None:
    assert score(outcomes(*given), to_date=True) == sentence


def test_what_is_not_counted_is_said() -> None:
    # Off-days and today are not missing from the count.
    rows = [*outcomes("unknown", "unknown", None), *outcomes("unknown", "unknown", checked_that_day=False)]
    rows += [row("calendar", check_date=day("2026-01-10"), status="NOT_RUN", outcome="not_run")]
    rows += [row("calendar", check_date=day("2026-01-11"), status="NO_GAMES")]
    told = "1 first checked on a later day, 1 not checked again before predictions started, 1 never checked"
    assert not_counted(rows, TODAY) == told
    assert f"Not counted: {told}." in section(view(calendar=rows), "On time")


def test_a_range_is_chosen_with_one_click() -> None:
    html = unescape(render(view(calendar=outcomes("on_time")), SETTINGS)[0])
    assert '<a href="?start=2026-01-12&end=2026-01-18">7 days</a>' in html
    assert '<a href="?start=2025-12-20&end=2026-01-18">30 days</a>' in html
    assert '<a href="?day=2026-01-18" aria-current="true">Season</a>' in html
    # Of an earlier day, the days up to it.
    older = unescape(render(view(calendar=outcomes("on_time"), day=day("2025-12-31")), SETTINGS)[0])
    assert '<a href="?start=2025-12-25&end=2025-12-31">7 days</a>' in older


def test_a_click_on_a_date_keeps_the_range() -> None:
    # 2026-01-12 to 2026-01-18, of which the first is shown.
    week = DateRange(day("2026-01-12"), TODAY)
    html = unescape(render(view(calendar=outcomes("late", "on_time"), day=week.first, days=week), SETTINGS)[0])
    assert "<a href=?start=2026-01-12&end=2026-01-18&day=2026-01-18 aria-label" in html
    assert '<a href="?start=2026-01-12&end=2026-01-18&day=2026-01-13">Next day →</a>' in html
    # A date outside the range has its season around it, as has one of a range of several seasons (the test above).
    assert '<a href="?day=2026-01-11">← Previous day</a>' in html


def test_a_range_is_not_titled_a_season() -> None:
    week = DateRange(day("2026-01-12"), TODAY)
    shown = section(view(calendar=outcomes("on_time", "late"), days=week), "Calendar")
    assert "2026-01-12 to 2026-01-18 Calendar" in shown
    assert "2025-26 season" not in shown


@pytest.mark.parametrize(
    ("statuses", "phase", "cause"),
    [
        ("MISSING_DATA, PARTIAL_DATA", "phase3", "Phase 3 stalled"),
        ("PARTIAL_DATA", "phase4", "Phase 4 stalled"),
        # The data that was missing goes before what else went wrong that day.
        ("ERROR, MISSING_DATA", "phase4", "Phase 4 stalled"),
        ("MISSING_DATA", None, "data missing, cause unknown"),  # a row older than the monitor
        ("ERROR, NO_PREDICTIONS", None, "no predictions"),
        ("SCHEDULE_UNKNOWN", None, "schedule suspect"),
        ("ERROR", None, "monitor failed"),
        (None, None, "late, and no check saw it"),
        ("HALF_TIME", None, "another status"),
    ],
)
def test_an_incident_has_a_cause(statuses: str | None, phase: str | None, cause: str) -> None:
    assert cause_of(row("incidents", check_date=TODAY, statuses=statuses, stalled_phase=phase)) == cause


def test_incidents_are_counted_by_cause() -> None:
    found = [row("incidents", check_date=TODAY, statuses=each) for each in ("ERROR", "SCHEDULE_UNKNOWN", "ERROR")]
    told = section(view(calendar=outcomes("on_time"), incidents=found), "On time")
    assert "3 incidents , by cause: 2 monitor failed 1 schedule suspect" in told


# Sources and runs.


@pytest.mark.parametrize(
    ("runs", "line"),
    [
        # A manual run an hour ago does not show that the scheduler works: it has been silent for six days.
        ([("manual", 1), ("scheduler", 144)], "No scheduled run for 6 days."),
        ([("manual", 1)], ""),  # there was never a scheduler
        ([("manual", 144)], "No run for 6 days."),
        ([], "No run in the last 30 days."),  # every run on record is older
    ],
)
def test_whether_the_monitor_is_alive(runs: list[tuple[str, int]], line: str) -> None:
    rows = [row("runs", triggered_by=who, check_time=NOW - timedelta(hours=hours)) for who, hours in runs]
    assert silence(rows, NOW) == line


def test_source_reliability_is_summed_and_shown_by_week() -> None:
    counts = {"dates": 7, "dates_seen": 7, "dates_empty": 0, "dates_failed": 0, "games_not_listed": 1}
    mondays = [day("2026-01-12") - timedelta(weeks=n) for n in range(10)]
    rows = [row("sources", week=monday, kind="schedule", name="espn", **counts) for monday in mondays]
    rows[0] |= {"dates_seen": 4, "dates_empty": 1, "dates_failed": 2}
    rows.append(row("sources", week=mondays[0], kind="coverage", name="factors", **counts))
    shown = section(replace(checked(), sources=rows[::-1]), "Source reliability")
    assert "espn Schedule 70 67 1 2 10" in shown
    assert "factors Phase 4 7 7 0 0 —" in shown  # a coverage source lists no games
    assert "week of Nov 24 Dec 1" in shown  # eight of ten
    assert "7 of 7 4 of 7, 1 empty, 2 failed" in shown
    assert "factors — — — — — — — 7 of 7" in shown


@pytest.mark.parametrize(
    ("hours", "line"),
    [
        (25.9, None),  # this morning's run is a little late
        (26.1, "! No scheduled run for 26 h 6 min."),
        (75, "! No scheduled run for 3 days."),
    ],
)
def test_a_silent_monitor_is_reported_at_the_top(hours: float, line: str | None) -> None:
    run = row(
        "runs",
        run_id="run1",
        triggered_by="scheduler",
        check_time=NOW - timedelta(hours=hours),
        dates=1,
        dates_unknown=0,
        alerts_sent=1,
        alerts_failed=0,
        duration_ms=1234,
        monitor_version="0.0.9",
    )
    shown = text(replace(checked(), runs=[run]))
    assert ("No scheduled run" in shown) is bool(line)
    if line:
        assert shown.index(line) < shown.index("Today, Sun Jan 18")
    assert "by the scheduler Duration 1.2 s for 1 date Alerts 1 sent, 0 not delivered Version 0.0.9" in shown


# Times.


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-01-18 13:00", "8:00 AM EST (13:00 UTC)"),
        ("2026-01-19 01:00", "8:00 PM EST (Jan 19, 01:00 UTC)"),  # another date in UTC
        ("2026-01-19 13:00", "Jan 19, 8:00 AM EST (Jan 19, 13:00 UTC)"),
        ("2027-07-01 12:00", "Jul 1, 2027, 8:00 AM EDT (Jul 1, 2027, 12:00 UTC)"),
    ],
)
def test_a_time_has_its_zone_and_any_other_date(moment: str, shown: str) -> None:
    assert words.both_clocks(at(moment), EASTERN, TODAY) == shown


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (-3, "0 min"),  # two machines' clocks
        (59, "59 min"),
        (60, "1 h"),
        (2879, "47 h 59 min"),
        (2880, "2 days"),
    ],
)
def test_a_duration_is_short(minutes: int, shown: str) -> None:
    assert words.duration(timedelta(minutes=minutes)) == shown


def test_a_season_starts_in_october() -> None:
    assert season_of(day("2026-09-30")) == SEASON
    assert season_of(day("2026-10-01")).first == day("2026-10-01")


# Hostile data.

HOSTILE = [
    '"><b>bold</b>',  # markup that ends an attribute
    "<script>alert(1)</script>",
    "' onmouseover=alert(1) x='",
    "javascript:alert(1)//{{ 7*7 }}",
    "x" * 5_000,
    "\u202egnp.exe",  # from here on, right to left
    "</style></title></table>",
    "",
]


def hostile(word: str) -> View:
    """Today with this text in every column that holds text."""
    game = row("game", **dict.fromkeys(("matchup", "away", "home", "status", "reason"), word))
    game |= {name: [word] for name in ("sources", "game_ids", "missing_from")}
    texts = [column["name"] for column in wanted_columns() if column["type"] == "STRING"]
    sources = [row("source", name=word, kind=word, error=word)]
    check: dict[str, Any] = {
        **dict.fromkeys(texts, word),
        "games": [game, game | {"status": "EXCLUDED"}],
        "sources": sources,
    }
    shown = checked(**check | {"warnings": [f"{word} again"]})
    counts = dict.fromkeys(("dates", "dates_seen", "dates_empty", "dates_failed", "games_not_listed"), 1)
    return replace(
        shown,
        incidents=[row("incidents", check_date=TODAY, statuses=word, stalled_phase=word, detected_at=NOW)],
        sources=[row("sources", week=TODAY, kind=word, name=word, **counts)],
        runs=[
            row("runs", run_id=word, triggered_by=word, monitor_version=word, dates=1, check_time=NOW, duration_ms=1)
        ],
    )


@pytest.mark.parametrize("word", HOSTILE, ids=lambda word: repr(word[:20]))
def test_data_is_always_text(word: str) -> None:
    harmless = parsed(render(hostile("harmless"), SETTINGS)[0])
    html = render(hostile(word), SETTINGS)[0]
    found = parsed(html)
    assert found.tags == harmless.tags
    assert found.attributes == harmless.attributes
    whole = " ".join(found.words)
    # The places that show a text in full: the game (twice, two columns each), its sources, the error, a warning.
    assert whole.count(word) >= 10
    assert len(html) < 500_000


def test_a_status_of_any_length_leaves_the_calendar_small() -> None:
    rows = [row("calendar", check_date=each, status="x" * 5_000) for each in SEASON if each <= TODAY]
    assert len(render(view(calendar=rows), SETTINGS)[0]) < 40_000


def test_nothing_is_fetched_and_nothing_runs() -> None:
    html, headers = render(hostile("harmless"), SETTINGS)
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    found = parsed(html)
    assert not found.tags & {"script", "link", "img", "iframe", "form", "object"}
    assert not {name for name in found.attributes if name.startswith("on")} | (found.attributes & {"style", "src"})
    assert html.startswith("<!doctype html>")
    # The only other host is in a link.
    assert set(re.findall(r"https?://[\w.]+", html)) == {"https://lookerstudio.google.com"}


def test_the_footer_has_the_version_and_a_link_to_looker_studio() -> None:
    html = unescape(render(checked(), load_settings({"GCP_PROJECT_ID": "acme.com:nba"}))[0])
    assert f"Data availability monitor {__version__}" in html
    assert (
        "https://lookerstudio.google.com/reporting/create?c.mode=edit&ds.connector=bigQuery&ds.type=TABLE"
        "&ds.projectId=acme.com%3Anba&ds.datasetId=nba_monitoring&ds.tableId=data_availability_calendar"
    ) in html


def ten_years() -> View:
    days = DateRange(day("2016-01-19"), TODAY)
    statuses = ["OK"] * 5 + list(STATES)
    calendar = [
        row(
            "calendar",
            check_date=each,
            status=statuses[n % len(statuses)],
            scheduled_games=11,
            phase4_ready=10,
            checked_that_day=False,  # as after a backfill: the longest cells
            outcome=list(OUTCOMES)[n % 3],
            ready_at=at(f"{each} 12:00"),
            due_at=at(f"{each} 13:00"),
            predictions_at=at(f"{each} 18:00"),
        )
        for n, each in enumerate(days)
    ]
    times = {"detected_at": at("2020-01-18 13:00"), "alerted_at": at("2020-01-18 13:00"), "resolved_at": NOW}
    incidents = [row("incidents", check_date=each, statuses="MISSING_DATA", **times) for each in list(days)[:700]]
    counts = dict.fromkeys(("dates", "dates_seen", "dates_empty", "dates_failed", "games_not_listed"), 1)
    sources = [
        row("sources", week=TODAY - timedelta(weeks=n // 5), kind="schedule", name=f"source{n % 5}", **counts)
        for n in range(500)
    ]
    games = [row("game", matchup=f"AAA@BB{n}", status="MISSING", reason="nothing in Phase 4") for n in range(15)]
    day_view = checked(status="MISSING_DATA", games=games)
    return replace(day_view, days=days, calendar=calendar, incidents=incidents[::-1], sources=sources)


def test_ten_years_are_small_and_fast() -> None:
    shown = ten_years()
    assert len(shown.calendar) >= 3_650
    render(checked(), SETTINGS)  # loads the templates
    # The fastest of three, as timeit advises, in the processor's time: the rest is other load on the machine.
    seconds = []
    for _ in range(3):
        started = process_time()
        html, _ = render(shown, SETTINGS)
        seconds.append(process_time() - started)
    assert min(seconds) < 0.1
    assert len(html.encode()) < 500_000
