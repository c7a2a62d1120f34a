"""The function's door, through the functions framework: addresses, answers, errors, rows, messages and log lines."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from local import sample
from local.inbox import Inbox
from monitor.bigquery.schema import apply_schema, wanted_columns
from monitor.settings import SCHEMAS, Settings
from tests.conftest import NOBODY, Door, Platform, ask, body_of, lines, problem

pytestmark = pytest.mark.usefixtures("morning")


# The bad morning, and what the design promises of it.


def test_the_bad_morning(season: Platform, inbox: Inbox, door: Door) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    check = ask(client, headers={"X-CloudScheduler": "true"})
    assert (check["check_date"], check["status"]) == ("2026-01-18", "MISSING_DATA")
    assert check["trigger"] == "scheduler"
    assert (check["scheduled_games"], check["phase4_ready"], check["missing_games"]) == (6, 0, 6)
    assert {game["matchup"] for game in check["games"]} == set(
        "ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC".split()
    )
    assert (check["stalled_phase"], check["phase3_latest"], check["phase4_latest"]) == (
        "phase3",
        "2026-01-17",
        "2026-01-17",
    )
    assert check["alert"] == {"reason": "NEW_GAP", "status": "sent"}
    # The answer's check is the row, column by column.
    assert list(check) == [*(column["name"] for column in wanted_columns()), "alert"]
    (row,) = season.history()
    assert {name: _json(value) for name, value in row.items()} == {k: v for k, v in check.items() if k != "alert"}
    (message,) = inbox.messages
    assert "NBA Sun Jan 18: 6 of 6 games have no Phase 4 data" in message.text
    assert inbox.refused == []


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=lambda moment: moment.isoformat()))


# Day, status, games expected and ready, and a warning.
SAMPLE: list[tuple[date, str, int, int, str | None]] = [
    (sample.ALL_READY, "OK", 9, 9, None),
    (sample.PARTLY_READY, "MISSING_DATA", 8, 7, None),  # the counts of 2026-01-29
    (sample.ONE_TEAM_ONLY, "PARTIAL_DATA", 3, 2, None),  # TOR@POR without a player from POR
    (sample.ONE_SOURCE, "OK", 11, 11, "espn lists no games on 2026-01-16, unlike nbac (11)"),
    (sample.TWO_FORMS_OF_ID, "OK", 6, 6, None),
    (sample.POSTPONED, "OK", 5, 5, "MIA@CHI is moved to 2026-01-29 (nbac), but espn shows it scheduled: not expected"),
    (sample.OFF_DAY, "NO_GAMES", 0, 0, None),
    (sample.CUP_FINAL, "OK", 1, 1, None),
    (sample.ALL_STAR, "NO_GAMES", 0, 0, None),  # by its exhibition rows, which are told as excluded
    (sample.BOOTSTRAP.first, "EXPECTED_GAP", 9, 0, "expected gap 2025-10-21 to 2025-11-03: bootstrap"),
]


def test_the_sample_season(season: Platform, door: Door) -> None:
    # As one range; test_backfill.py has that a date alone gives the same row.
    response = door(season.environment, EXPECTED_GAPS="2025-10-21/2025-11-03=bootstrap").get(
        f"/?start={sample.SEASON.first}&end={sample.SEASON.last}&dry_run=true"
    )
    checks = {check["check_date"]: check for check in body_of(response)["checks"]}
    assert len(checks) == len(sample.SEASON)
    for day, status, games, ready, warned in SAMPLE:
        check = checks[str(day)]
        assert (check["status"], check["scheduled_games"], check["phase4_ready"]) == (status, games, ready), day
        assert warned is None or warned in check["warnings"]


def test_with_an_empty_espn_scoreboard_nba_coms_games_are_expected(platform: Platform, door: Door) -> None:
    platform.load(sample.bad_week("nba_raw.espn_scoreboard"))
    check = ask(door(platform.environment))
    assert (check["status"], check["scheduled_games"]) == ("MISSING_DATA", 6)
    assert any("espn is empty" in warning for warning in check["warnings"])


def test_with_both_schedules_empty_nothing_is_known(platform: Platform, inbox: Inbox, door: Door) -> None:
    platform.load(sample.bad_week("nba_raw.espn_scoreboard", "nba_raw.nbac_schedule"))
    check = ask(door(platform.environment, SLACK_WEBHOOK_URL=inbox.webhook_url))
    assert (check["status"], check["scheduled_games"]) == ("SCHEDULE_UNKNOWN", 0)
    assert "schedule suspect" in inbox.messages[0].text


BREAKS = {
    "missing as a table": "DROP TABLE nba_precompute.player_composite_factors",
    "failing": "ALTER TABLE nba_precompute.player_composite_factors DROP COLUMN processed_at",
}


@pytest.mark.parametrize("statement", [pytest.param(sql, id=how) for how, sql in BREAKS.items()])
def test_a_required_source_that_fails_is_an_error_and_never_a_gap(
    platform: Platform, inbox: Inbox, door: Door, statement: str
) -> None:
    platform.load(sample.bad_week())
    platform.client.query_and_wait(statement)
    body = problem(door(platform.environment, SLACK_WEBHOOK_URL=inbox.webhook_url).get("/"), 503)
    assert "player_composite_factors could not be read" in body["detail"]
    assert "not an all-clear" in body["detail"]
    (row,) = platform.history()
    assert (row["status"], row["scheduled_games"], row["phase4_ready"]) == ("ERROR", 6, None)
    assert row["run_id"] == body["run_id"]
    assert "player_composite_factors" in row["error"]
    (message,) = inbox.messages
    assert "monitor failed" in message.text


def test_a_source_that_fails_beside_another_does_not_blind_the_check(platform: Platform, door: Door) -> None:
    platform.load(sample.bad_week())
    platform.client.query_and_wait("DROP TABLE nba_raw.espn_scoreboard")
    check = ask(door(platform.environment))
    assert (check["status"], check["scheduled_games"]) == ("MISSING_DATA", 6)
    (espn,) = [source for source in check["sources"] if source["name"] == "espn"]
    assert "espn_scoreboard" in espn["error"]
    assert espn["rows"] is None


# What is asked for.


@pytest.mark.parametrize(
    ("query", "body", "sentence"),
    [
        ("date=2026-02-30", b"", "date is not a valid date: 2026-02-30"),
        ("date=18.01.2026", b"", "date must be a date like 2026-01-18, or today, yesterday or tomorrow"),
        ("date=20260118", b"", "date must be a date like"),
        ("date=", b"", "date must be a date like"),
        ("date=0001-01-01", b"", "date must be between 1946-11-01"),
        ("date=9999-12-31", b"", "date must be between 1946-11-01"),
        ("date=2026-01-18&start=2026-01-01&end=2026-01-02", b"", "date cannot be combined with start and end"),
        ("start=2026-01-02&end=2026-01-01", b"", "start 2026-01-02 is after end 2026-01-01"),
        ("start=2026-01-01", b"", "start and end go together"),
        ("end=2026-01-01", b"", "start and end go together"),
        ("start=2024-12-01&end=2026-01-05", b"", "is 401 days; the maximum is 400"),
        ("follow_up=true", b"", "unknown parameter 'follow_up'; valid parameters: start, end, date, dry_run, notify"),
        ("day=2026-01-18", b"", "unknown parameter 'day'; valid parameters:"),
        ("date=2026-01-18&date=2026-01-19", b"", "date is given more than once"),
        ("date=2026-01-18", b'{"date": "2026-01-18"}', "date is given more than once"),
        ("dry_run=maybe", b"", "dry_run must be true or false; got 'maybe'"),
        ("dry_run", b"", "dry_run must be true or false"),
        ("notify=loudly", b"", "notify must be auto, always or never; got 'loudly'"),
        ("", b"date=2026-01-18", "the body is not JSON"),  # what `curl -d` sends without being told otherwise
        ("", b"\xff\xfe", "the body is not JSON"),
        ("", b"[" * 9_000, "the body is not JSON"),
        ("", b'["2026-01-18"]', "the body is not a JSON object"),
        ("", b'{"date": 20260118}', "date must be a date like"),
        ("", b'{"date": ["2026-01-18"]}', "date must be a date like"),
        ("", b'{"dry_run": 1}', "dry_run must be true or false; got 1"),
        ("", b'{"notify": {}}', "notify must be auto, always or never"),
        ("", b'{"date": "' + b"9" * 2_000_000 + b'"}', "the body is larger than 10,000 bytes"),
    ],
)
def test_bad_input_is_a_sentence_and_touches_nothing(
    inbox: Inbox, door: Door, query: str, body: bytes, sentence: str
) -> None:
    # The warehouse is one that nobody answers: a check that went further than the request would be a 503.
    settings = {"GCP_PROJECT_ID": "nobody", "BIGQUERY_EMULATOR_HOST": NOBODY, "SLACK_WEBHOOK_URL": inbox.webhook_url}
    found = problem(door(settings).post(f"/?{query}", data=body), 400)
    assert sentence in found["detail"]
    assert len(found["detail"]) < 300
    assert inbox.messages == []


def test_dates_are_asked_for_in_the_address_or_the_body(season: Platform, door: Door) -> None:
    client = door(season.environment)
    for query, body, day in (
        ("date=yesterday&dry_run=TRUE", b"{}", "2026-01-17"),
        ("", b'{"date": "2026-01-15", "dry_run": true, "notify": "never"}', "2026-01-15"),
    ):
        response = client.post(f"/check-data-availability?{query}", data=body)
        assert response.status_code == 200
        assert [check["check_date"] for check in body_of(response)["checks"]] == [day]
    assert season.history() == []


def test_in_the_evening_today_is_still_the_leagues_date(season: Platform, door: Door) -> None:
    with time_machine.travel(datetime.fromisoformat("2026-01-19T02:00+00:00")):
        assert ask(door(season.environment))["check_date"] == "2026-01-18"


def test_a_dry_run_writes_and_posts_nothing(season: Platform, inbox: Inbox, door: Door) -> None:
    check = ask(door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url), "/?dry_run=true&notify=always")
    assert check["trigger"] == "manual"
    assert check["alert"] == {"reason": "NEW_GAP", "status": "suppressed"}
    assert (season.history(), inbox.messages) == ([], [])


@pytest.mark.parametrize(
    ("query", "alert", "messages"),
    [
        ("date=2026-01-15&notify=always", {"reason": "REQUESTED", "status": "sent"}, 1),
        ("date=2026-01-17&notify=always", {"reason": "REQUESTED", "status": "sent"}, 1),  # all ready
        ("date=2026-01-17", {"reason": "ALL_GOOD", "status": "not_needed"}, 0),
        ("notify=never", {"reason": "NEW_GAP", "status": "suppressed"}, 0),
    ],
)
def test_notify(season: Platform, inbox: Inbox, door: Door, query: str, alert: dict[str, str], messages: int) -> None:
    check = ask(door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url), f"/?{query}")
    assert check["alert"] == alert
    assert len(inbox.messages) == messages
    (row,) = season.history()
    assert (row["alert_reason"], row["alert_status"]) == (alert["reason"], alert["status"])


def test_a_range_is_one_run_with_a_row_for_every_date(season: Platform, inbox: Inbox, door: Door) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    response = client.get("/?start=2026-01-08&end=2026-01-17")
    assert {check["trigger"] for check in body_of(response)["checks"]} == {"backfill"}
    assert [check["check_date"] for check in body_of(response)["checks"]] == [
        f"2026-01-{day:02}" for day in range(8, 18)
    ]
    rows = season.history()
    assert len(rows) == 10
    assert {row["run_id"] for row in rows} == {body_of(response)["run_id"]}
    assert inbox.messages == []


# What goes wrong on the way out.


def test_a_row_that_cannot_be_written_is_a_503_after_the_alert(
    loaded_season: Platform, inbox: Inbox, door: Door
) -> None:
    # No history table at all: the alert goes out first, so that a crash can repeat one but never lose one.
    settings = {**loaded_season.environment, "MONITORING_DATASET": "nowhere"}
    body = problem(door(settings, SLACK_WEBHOOK_URL=inbox.webhook_url).get("/"), 503)
    assert "run `python -m monitor schema apply`" in body["detail"]
    assert body["checks"][0]["alert"]["status"] == "sent"
    assert len(inbox.messages) == 1


def test_a_bug_is_a_500_whose_trace_is_in_the_log_alone(
    door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = door({"GCP_PROJECT_ID": "nobody"})

    def broken(*_given: Any, **_named: Any) -> None:
        raise ZeroDivisionError("the secret of the bug")

    monkeypatch.setattr("monitor.web.door.run_check", broken)
    monkeypatch.setattr("monitor.web.door._client", lambda _settings: None)
    body = problem(client.get("/"), 500)
    assert "secret" not in json.dumps(body)
    (_booted, line) = lines(capsys.readouterr().err)
    assert (line["severity"], line["run_id"]) == ("CRITICAL", body["run_id"])
    assert "the secret of the bug" in line["stack_trace"]
    # A person's browser gets a page.
    monkeypatch.setattr("monitor.web.dashboard.page", broken)
    page = client.get("/dashboard")
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "A bug in the monitor. Search the log for this run&#39;s id." in page.text
    assert lines(capsys.readouterr().err)[0]["run_id"] in page.text
    assert "secret" not in page.text


# The other addresses.


def test_health_needs_nobody(door: Door) -> None:
    client = door({"GCP_PROJECT_ID": "nobody", "BIGQUERY_EMULATOR_HOST": NOBODY})
    assert body_of(client.get("/health")) == {"status": "alive", "version": "0.1.0"}
    # A deploy says which commit it is.
    client = door({"GCP_PROJECT_ID": "nobody"}, MONITOR_VERSION="0123456789ab")
    assert body_of(client.get("/health"))["version"] == "0123456789ab"


def test_history_is_what_the_views_show(season: Platform, inbox: Inbox, door: Door) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    for day in ("2026-01-17", "2026-01-15", "2026-01-17", "2026-01-18"):
        ask(client, f"/?date={day}")
    body = body_of(client.get("/history?start=2026-01-10&end=2026-01-18"))
    assert (body["start"], body["end"]) == ("2026-01-10", "2026-01-18")
    assert [check["check_date"] for check in body["checks"]] == ["2026-01-15", "2026-01-17", "2026-01-18"]
    assert body["checks"][1]["run_id"] == season.history()[2]["run_id"]
    assert [(row["check_date"], row["status"], row["checks"]) for row in body["calendar"]] == [
        ("2026-01-15", "MISSING_DATA", 1),
        ("2026-01-16", "NOT_RUN", 0),
        ("2026-01-17", "OK", 2),
        ("2026-01-18", "MISSING_DATA", 1),
    ]
    assert [(row["check_date"], row["alerts_sent"]) for row in body["incidents"]] == [
        ("2026-01-18", 1),
        ("2026-01-15", 0),
    ]
    assert len(body["gaps"]) == 7
    assert {row["name"] for row in body["sources"]} >= {"espn", "nbac", "player_composite_factors"}
    # Without a range: the last 30 days.
    assert body_of(client.get("/history"))["start"] == "2025-12-20"
    assert "unknown parameter 'date'" in problem(client.get("/history?date=today"), 400)["detail"]


def test_the_dashboard_shows_the_same_rows_to_a_person(season: Platform, door: Door) -> None:
    client = door(season.environment)
    empty = client.get("/dashboard")
    assert "No checks on record for" in empty.text
    for day in ("2026-01-15", "2026-01-18"):
        ask(client, f"/?date={day}")
    response = client.get("/dashboard?start=2026-01-10&end=2026-01-18")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Today, Sun Jan 18, 2026" in response.text
    assert "6 of 6 games not ready" in response.text
    assert 'aria-label="Jan 15: missing, 7 of 8 ready, checked later"' in response.text
    # A range without today has its own newest verdict.
    older = client.get("/dashboard?start=2026-01-10&end=2026-01-15").text
    assert "1 of 8 games not ready" in older
    assert "MIA@CHI" in older
    # Of an earlier season nothing is known, but of the monitor it is.
    with time_machine.travel(sample.MORNING + timedelta(seconds=330), tick=False):
        # Nor is anything known of days ahead.
        unknown = [
            client.get(f"/dashboard?{days}").text for days in ("day=2025-01-18", "start=2026-03-01&end=2026-03-07")
        ]
    for html in unknown:
        assert "Get started" in html
        assert "5 min ago" in html
        assert "No run for" not in html


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("day=foo", "day must be a date like 2026-01-18, or today, yesterday or tomorrow; got &#39;foo&#39;"),
        ("date=today", "unknown parameter &#39;date&#39;"),
        ("day=<script>", "got &#39;&lt;script&gt;&#39;"),
    ],
)
def test_an_error_on_the_page_is_a_page(
    door: Door, capsys: pytest.CaptureFixture[str], query: str, detail: str
) -> None:
    response = door({"GCP_PROJECT_ID": "nobody"}).get(f"/dashboard?{query}")
    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert detail in response.text
    # The page and the log name the same run.
    logged = lines(capsys.readouterr().err)[-1]
    assert (logged["event"], logged["status"]) == ("request_failed", 400)
    assert logged["run_id"] in response.text


def test_what_browsers_and_crawlers_ask_for_is_answered_quietly(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    """The framework answers these two with an HTML page of its own unless it is told not to."""
    client = door({"GCP_PROJECT_ID": "nobody"})
    capsys.readouterr()
    icon, robots = client.get("/favicon.ico"), client.get("/robots.txt")
    assert (icon.status_code, icon.mimetype) == (200, "image/svg+xml")
    assert icon.text.startswith("<svg ")
    assert (robots.status_code, robots.mimetype, robots.text) == (200, "text/plain", "User-agent: *\nDisallow: /\n")
    assert capsys.readouterr().err == ""


def test_a_table_of_the_users_five_columns_is_shown_after_schema_apply(empty_project: Platform, door: Door) -> None:
    client = empty_project.client
    client.create_dataset("nba_monitoring")
    client.query_and_wait(
        "CREATE TABLE nba_monitoring.data_availability_checks "
        "(check_date DATE, check_time TIMESTAMP, scheduled_games INT64, phase4_ready INT64, status STRING)"
    )
    client.query_and_wait(
        "INSERT INTO nba_monitoring.data_availability_checks "
        "VALUES (DATE '2026-01-17', TIMESTAMP '2026-01-17 13:00:00+00', 9, 9, 'OK')"
    )
    asked = door(empty_project.environment)
    assert "run `python -m monitor schema apply`" in problem(asked.get("/history"), 503)["detail"]
    # Who sets the monitor up sees on the page what to do first.
    assert "python -m monitor schema apply" in asked.get("/dashboard").text
    apply_schema(client, empty_project.settings)
    assert body_of(asked.get("/history"))["checks"][0]["scheduled_games"] == 9
    assert "9 of 9" in asked.get("/dashboard?day=2026-01-17").text


def test_data_is_text_on_the_dashboard(platform: Platform, door: Door) -> None:
    script = "<script>alert(1)</script>"
    listed = [{"game_id": "1", "game_date": "2026-01-18", "away_team_abbr": script, "home_team_abbr": '"><b>'}]
    platform.load({"nba_raw.espn_scoreboard": [{**listed[0], "game_status": "scheduled"}]})
    client = door(platform.environment)
    ask(client)
    page = client.get("/dashboard").text
    assert "&lt;SCRIPT&gt;ALERT(1)" in page
    assert "<script" not in page.lower()
    assert "<b>" not in page.lower()


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nothing", 404, None),
        ("GET", "/health/", 404, None),
        ("DELETE", "/", 405, "GET, POST"),
        ("PUT", "/check-data-availability", 405, "GET, POST"),
        ("POST", "/history", 405, "GET"),
        ("POST", "/health", 405, "GET"),
        ("POST", "/favicon.ico", 405, "GET"),
        ("GET", "/favicon.png", 404, None),
    ],
)
def test_unknown_addresses_and_methods(door: Door, method: str, path: str, status: int, allow: str | None) -> None:
    response = door({"GCP_PROJECT_ID": "nobody"}).open(path, method=method)
    problem(response, status)
    assert response.headers.get("Allow") == allow


def test_the_contract_is_served(door: Door) -> None:
    """tests/unit/test_contract.py holds it to the code."""
    served = body_of(door({"GCP_PROJECT_ID": "nobody"}).get("/openapi.json"))
    assert served == json.loads((SCHEMAS / "openapi.json").read_text())


# What is logged.


def test_booting_is_told_with_every_setting_and_no_secret(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    secrets = {
        "SLACK_WEBHOOK_URL": "https://hooks.example.com/T0/sentinel",
        "SLACK_BOT_TOKEN": "xoxb-sentinel",
        "HEARTBEAT_URL": "https://example.com/sentinel",
    }
    given = {"SLACK_CHANNEL": "#alerts", "EXPECTED_GAPS": "2025-10-21/2025-11-03=start"}
    door({"GCP_PROJECT_ID": "nobody"}, **given, **secrets)
    text = capsys.readouterr().err
    (booted,) = lines(text)
    assert (booted["event"], booted["severity"], booted["version"]) == ("booted", "INFO", "0.1.0")
    assert 0 <= booted["import_ms"] < 60_000
    assert {name.upper() for name in booted["settings"]} == {name.upper() for name in Settings.model_fields}
    assert booted["settings"]["gcp_project_id"] == "nobody"
    assert booted["settings"]["league_timezone"] == "America/New_York"
    assert booted["settings"]["expected_gaps"][0]["reason"] == "start"
    assert "sentinel" not in text


def test_one_json_line_per_date_and_one_per_run(
    season: Platform, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    response = door(season.environment).get(
        "/?start=2026-01-17&end=2026-01-18", headers={"X-Cloud-Trace-Context": "105445aa7843bc8bf206b120001000/1;o=1"}
    )
    _booted, whole, gap, run = lines(capsys.readouterr().err)
    assert [line["event"] for line in (whole, gap, run)] == ["date_judged", "date_judged", "run_completed"]
    assert [line["severity"] for line in (whole, gap, run)] == ["INFO", "WARNING", "INFO"]
    assert gap["message"] == "2026-01-18 MISSING_DATA: 0 of 6 games ready; alert PAST_DATE suppressed"
    for line in (whole, gap, run):
        assert line["run_id"] == body_of(response)["run_id"]
        assert line["logging.googleapis.com/trace"] == ("projects/test-season/traces/105445aa7843bc8bf206b120001000")


def test_thousands_of_warnings_leave_a_line_that_the_log_keeps(
    platform: Platform, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"game_date": "2026-01-18", "game_status": 1, "processed_at": "2026-01-18T12:00:00Z"}
    platform.load(
        {
            "nba_raw.nbac_schedule": [
                {**row, "game_id": f"00225{n:05}", "away_team_tricode": f"A{n}", "home_team_tricode": f"B{n}"}
                for n in range(2_000)
            ]
        }
    )
    check = ask(door(platform.environment), "/?date=2026-01-18&notify=never")
    text = capsys.readouterr().err
    judged = next(line for line in lines(text) if line["event"] == "date_judged")
    assert len(check["warnings"]) > 4_000
    assert judged["warnings"] == check["warnings"][:50]
    assert judged["warning_count"] == len(check["warnings"])
    assert max(map(len, text.splitlines())) < 256_000  # https://cloud.google.com/logging/quotas


def test_a_trace_header_that_is_none_is_left_out(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    door({"GCP_PROJECT_ID": "nobody"}).get("/?day=1", headers={"X-Cloud-Trace-Context": '"},{"a'})
    (_booted, line) = lines(capsys.readouterr().err)
    assert "logging.googleapis.com/trace" not in line
