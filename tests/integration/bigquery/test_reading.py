"""Reading the sources: each is a job of its own with limits of its own, and a broken one does not blind the check."""

import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest

from local import sample
from local.platform import TABLES, create_tables
from monitor.bigquery.client import MAX_BYTES_BILLED, QUERY_SECONDS, Client, WarehouseError, connect
from monitor.bigquery.history import append_rows, read_query
from monitor.bigquery.schema import apply_schema, schema_drift
from monitor.bigquery.sources import read_sources
from monitor.core.dates import DateRange
from monitor.core.sources import Readings
from monitor.request import CheckRequest, Run, Trigger
from monitor.settings import SCHEMAS, load_settings
from tests.conftest import Platform, day

DATE = DateRange(day("2026-01-18"), day("2026-01-18"))
ESPN, NBAC = "nba_raw.espn_scoreboard", "nba_raw.nbac_schedule"
UPCG, PCF = "nba_analytics.upcoming_player_game_context", "nba_precompute.player_composite_factors"
DEFAULT = ("espn", "nbac", "upcoming_player_game_context", "player_composite_factors")

# A URL, a host, a port or a path of the API: no part of an error that people are shown.
ADDRESS = re.compile(r"://|127\.0\.0\.1|localhost|/bigquery/|port=")


def read(platform: Platform, days: DateRange = DATE, run_id: str = "run") -> Readings:
    return read_sources(platform.client, replace(platform.run(days), run_id=run_id))


def errors(readings: Readings) -> dict[str, str]:
    return {reading.source: reading.error for reading in readings.all if reading.error is not None}


class TestIsolation:
    @pytest.mark.parametrize(
        ("table", "column", "instead", "broken"),
        [
            pytest.param(ESPN, None, None, {"espn": "espn_scoreboard"}, id="a table is missing"),
            pytest.param(PCF, None, None, {"player_composite_factors": "nba_precompute"}, id="a dataset is missing"),
            # Phase 4's players get their teams from it. Schedules are read all the same.
            pytest.param(
                UPCG,
                None,
                None,
                {"upcoming_player_game_context": "nba_analytics", "player_composite_factors": "nba_analytics"},
                id="Phase 3 is missing",
            ),
            pytest.param(ESPN, "home_team_abbr STRING, ", "", {"espn": "home_team_abbr"}, id="a column is missing"),
            pytest.param(
                NBAC,
                "home_team_score INT64",
                "home_team_score STRING",
                {"nbac": "COALESCE"},
                id="a column has another type, which the query does not bear",
            ),
            pytest.param(
                ESPN,
                "away_team_abbr STRING",
                "away_team_abbr INT64",
                {"espn": "column away is INTEGER, should be STRING"},
                id="a column has another type, which the query bears",
            ),
            pytest.param(
                NBAC,
                "processed_at TIMESTAMP",
                "processed_at STRING",
                {"nbac": "column refreshed_at is STRING, should be TIMESTAMP"},
                id="a moment is a string",
            ),
        ],
    )
    def test_what_is_broken_says_so_and_the_rest_is_read(
        self,
        empty_project: Platform,
        table: str,
        column: str | None,
        instead: str | None,
        broken: dict[str, str],
    ) -> None:
        tables = {name: TABLES[name] for name in (ESPN, NBAC, UPCG, PCF)}
        if column is None or instead is None:
            del tables[table]
        else:
            assert column in TABLES[table].columns
            changed = TABLES[table].columns.replace(column, instead)
            tables[table] = type(TABLES[table])(changed, TABLES[table].partition, TABLES[table].filter_required)
        create_tables(empty_project.client, tables)
        row = {"game_date": "2026-01-18", "game_id": "20260118_ORL_MEM"}
        player = {**row, "player_lookup": "a"}
        rows = {ESPN: [row], NBAC: [row], UPCG: [player], PCF: [player]}
        empty_project.load({name: rows[name] for name in tables})

        readings = read(empty_project)

        assert tuple(reading.source for reading in readings.all) == DEFAULT
        found = errors(readings)
        assert found.keys() == broken.keys()
        for source, named in broken.items():
            assert named in found[source]
            assert not ADDRESS.search(found[source])
            assert "\n" not in found[source]
        assert {reading.source: len(reading.rows) for reading in readings.all} == {
            source: 0 if source in broken else 1 for source in DEFAULT
        }

    def test_nothing_is_there(self, empty_project: Platform) -> None:
        assert errors(read(empty_project)).keys() == set(DEFAULT)

    def test_an_integer_id_is_read_as_a_string(self, empty_project: Platform) -> None:
        """Nobody has written down how balldontlie's table is laid out; its own ids are integers."""
        table = TABLES["nba_raw.bdl_games"]
        integers = type(table)(table.columns.replace("game_id STRING", "game_id INT64"))
        create_tables(empty_project.client, {"nba_raw.bdl_games": integers})
        empty_project.load({"nba_raw.bdl_games": [{"game_id": 18447001, "game_date": "2026-01-18"}]})
        empty_project.environment |= {"SCHEDULE_SOURCES": "bdl", "SCHEDULE_AUTHORITY": "bdl"}
        (reading,) = read(empty_project).schedule
        assert [row.game_id for row in reading.rows] == ["18447001"]


# The seven columns of a schedule, of no table.
COLUMNS = {
    "game_date": "DATE '2026-01-18'",
    "game_id": "'1'",
    "away": "'ORL'",
    "home": "'MEM'",
    "state": "'final'",
    "tipoff": "CAST(NULL AS TIMESTAMP)",
    "refreshed_at": "TIMESTAMP '2026-01-18 11:00:00+00'",
}


def select(columns: dict[str, str]) -> str:
    return "SELECT " + ", ".join(f"{value} AS {name}" for name, value in columns.items())


class TestContract:
    @pytest.mark.parametrize(
        ("sql", "error"),
        [
            pytest.param(select(COLUMNS), None, id="as it should be"),
            pytest.param(select(dict(reversed(COLUMNS.items()))), None, id="the order does not matter"),
            pytest.param(
                select({name: COLUMNS[name] for name in COLUMNS if name != "state"}),
                "column state is absent, should be STRING",
                id="a column is missing",
            ),
            pytest.param(
                select({**COLUMNS, "arena": "'FedExForum'"}), "column arena is STRING, should be absent", id="one more"
            ),
            pytest.param(
                select({**COLUMNS, "tipoff": "DATETIME '2026-01-18 12:00:00'", "game_id": "1"}),
                "column game_id is INTEGER, should be STRING; column tipoff is DATETIME, should be TIMESTAMP",
                id="other types",
            ),
            pytest.param(
                select({**COLUMNS, "game_date": "CAST(NULL AS DATE)"}), "a row has no game_date", id="a row of no date"
            ),
            pytest.param("SELECT FROM WHERE", "BadRequest: ", id="no SQL"),
        ],
    )
    def test_a_query_gives_just_the_contracts_columns(
        self,
        empty_project: Platform,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        sql: str,
        error: str | None,
    ) -> None:
        shutil.copytree(SCHEMAS, tmp_path, dirs_exist_ok=True)
        (tmp_path / "sources" / "schedule" / "espn.sql").write_text(sql)
        monkeypatch.setattr("monitor.bigquery.sources.SCHEMAS", tmp_path)
        espn = read(empty_project).schedule[0]
        if error is None:
            assert espn.error is None
            assert [(row.game_id, row.state) for row in espn.rows] == [("1", "final")]
        else:
            assert espn.error is not None
            assert espn.error.startswith(error)
            assert espn.rows == ()

    def test_a_row_without_a_count_is_an_error_too(
        self, empty_project: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        shutil.copytree(SCHEMAS, tmp_path, dirs_exist_ok=True)
        columns = {name: COLUMNS[name] for name in ("game_date", "game_id", "refreshed_at")}
        sql = select({**columns, "team": "'ORL'", "players": "CAST(NULL AS INT64)"})
        (tmp_path / "sources" / "coverage" / "player_composite_factors.sql").write_text(sql)
        monkeypatch.setattr("monitor.bigquery.sources.SCHEMAS", tmp_path)
        (reading,) = read(empty_project).coverage
        assert reading.rows == ()
        assert reading.error == "a row has no game_date or no players"


class TestJobs:
    def test_a_range_takes_as_many_jobs_as_a_date(self, platform: Platform) -> None:
        """Jobs are a constant, whatever the number of dates; each can be told apart in the bill.

        Predictions are asked for once they are due, so not in the morning of the date.
        """
        for days, sources in (
            (DATE, DEFAULT),
            (DATE.widened(before=199, after=0), (*DEFAULT, "player_prop_predictions")),
        ):
            run_id = uuid4().hex
            before = {job.job_id for job in platform.client.list_jobs()}
            assert errors(read(platform, days, run_id)) == {}
            jobs = [job for job in platform.client.list_jobs() if job.job_id not in before]
            assert sorted(job.labels["source"] for job in jobs) == sorted(sources)
            assert {job.labels["run_id"] for job in jobs} == {run_id}
            assert {job.labels["service"] for job in jobs} == {"data-availability-monitor"}

    def test_a_query_without_a_partition_filter_is_refused_here_too(self, platform: Platform) -> None:
        """That every source runs on the emulator shows its filter only because the emulator asks for one."""
        for name in (name for name, table in TABLES.items() if table.filter_required):
            with pytest.raises(BadRequest, match=TABLES[name].partition):
                platform.client.query_and_wait(f"SELECT COUNT(*) FROM {name}")  # noqa: S608 - the table's own name


class FakeAnswer:
    schema = ()

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class FakeClient:
    """Notes how it is asked and answers with no rows: the emulator has no costs and no slow queries to limit."""

    project = "fake"

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def query_and_wait(self, sql: str, **arguments: Any) -> FakeAnswer:
        self.asked.append({"sql": sql, **arguments})
        return FakeAnswer()


@pytest.fixture
def asked() -> Sequence[dict[str, Any]]:
    """How the sources and the history of a range are asked for."""
    fake = FakeClient()
    client = cast("Client", fake)
    sources = {"SCHEDULE_SOURCES": "espn,nbac,bdl", "PHASE4_SOURCES": "player_composite_factors,player_daily_cache"}
    settings = load_settings({"GCP_PROJECT_ID": "fake", **sources})
    days = DateRange(day("2026-01-10"), day("2026-01-18"))
    request = CheckRequest.model_construct(start=days.first, end=days.last)
    read_sources(client, Run(settings, request, "run", Trigger.MANUAL, sample.MORNING))
    read_query(client, settings, "checks", days)
    return fake.asked


class TestLimits:
    def test_every_query_is_limited_in_cost_and_time(self, asked: Sequence[dict[str, Any]]) -> None:
        assert len(asked) == 8
        for each in asked:
            config = each["job_config"]
            assert config.maximum_bytes_billed == MAX_BYTES_BILLED
            assert int(config.job_timeout_ms) == QUERY_SECONDS * 1000
            assert 0 < each["api_timeout"] <= each["wait_timeout"] <= QUERY_SECONDS
            # The client's own would go on for 10 minutes, and for 40 with jobs that it starts anew.
            assert 0 < each["retry"].timeout <= QUERY_SECONDS
            assert 0 < each["job_retry"].timeout <= QUERY_SECONDS
        # A limit that is wrong by a lot protects nobody, or stops a season from being read.
        assert 2**30 <= MAX_BYTES_BILLED <= 2**40

    def test_dates_travel_as_parameters(self, asked: Sequence[dict[str, Any]]) -> None:
        windows = {}
        for each in asked:
            parameters = {one.name: (one.type_, str(one.value)) for one in each["job_config"].query_parameters}
            assert {name: type_ for name, (type_, _) in parameters.items()} == {
                "start_date": "DATE",
                "end_date": "DATE",
            }
            windows[each["job_config"].labels["source"]] = tuple(value for _, value in parameters.values())
            assert "2026" not in re.sub(r"--.*", "", each["sql"])
        assert windows == {
            **dict.fromkeys(("espn", "nbac", "bdl"), ("2025-09-12", "2026-05-18")),
            **dict.fromkeys(
                (
                    "upcoming_player_game_context",
                    "player_composite_factors",
                    "player_daily_cache",
                    "player_prop_predictions",
                ),
                ("2025-12-27", "2026-01-18"),
            ),
            "checks": ("2026-01-10", "2026-01-18"),
        }

    def test_only_the_history_has_a_dataset_of_its_own(self, asked: Sequence[dict[str, Any]]) -> None:
        datasets = {each["job_config"].labels["source"]: each["job_config"].default_dataset for each in asked}
        assert str(datasets.pop("checks")) == "fake.nba_monitoring"
        assert set(datasets.values()) == {None}


class Answer(BaseHTTPRequestHandler):
    """Always the same answer, which the class's two names hold."""

    status = 200
    body = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def warehouse(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A BigQuery that refuses, hangs, or answers with a status and a body, and a monitor that waits only briefly."""
    for name, seconds in {"HTTP_SECONDS": 0.3, "RETRY_SECONDS": 0.3, "QUERY_SECONDS": 1}.items():
        monkeypatch.setattr(f"monitor.bigquery.client.{name}", seconds)
    how = request.param
    if isinstance(how, str):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            if how == "refuses":
                listener.close()
            yield _warehouse_at(port)
        return
    status, body = how
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Always", (Answer,), {"status": status, "body": body}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield _warehouse_at(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _warehouse_at(port: int) -> Platform:
    environment = {"GCP_PROJECT_ID": f"test-{uuid4().hex[:12]}", "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{port}"}
    return Platform(environment)


REFUSES = pytest.param("refuses", "Connection refused", id="nobody listens")
HANGS = pytest.param("hangs", "timed out", id="nobody answers")
SECRET = b'{"error": {"errors": [{"message": "Access Denied: see https://e.org/?token=xyz or ask", "reason": "x"}]}}'


class TestNoAnswer:
    @pytest.mark.parametrize(
        ("warehouse", "words"),
        [
            REFUSES,
            HANGS,
            pytest.param((503, b"busy"), "503", id="not now, for longer than it is tried again"),
            pytest.param((200, b'{"jobComplete": tr'), "Expecting value", id="half an answer"),
            pytest.param((200, b"<html>Sign in</html>"), "Expecting value", id="somebody else's answer"),
            # Permanent, and told at once: BigQuery's own sentence, without the addresses in it.
            pytest.param((403, SECRET), "Forbidden: Access Denied: see or ask", id="no right to read"),
        ],
        indirect=["warehouse"],
    )
    def test_every_source_says_so_in_time(self, warehouse: Platform, words: str) -> None:
        started = time.monotonic()
        found = errors(read(warehouse))
        assert time.monotonic() - started < 6
        assert found.keys() == set(DEFAULT)
        for error in found.values():
            assert words in error
            assert not ADDRESS.search(error)
            assert "token" not in error

    @pytest.mark.parametrize(("warehouse", "words"), [REFUSES, HANGS], indirect=["warehouse"])
    @pytest.mark.parametrize(
        "ask",
        [
            pytest.param(lambda client, settings: read_query(client, settings, "checks", DATE), id="read_query"),
            pytest.param(schema_drift, id="schema_drift"),
            pytest.param(apply_schema, id="apply_schema"),
        ],
    )
    def test_everything_else_is_an_error_in_time(
        self, warehouse: Platform, words: str, ask: Callable[..., object]
    ) -> None:
        started = time.monotonic()
        with pytest.raises(WarehouseError, match=words) as raised:
            ask(warehouse.client, warehouse.settings)
        assert time.monotonic() - started < 6
        assert not ADDRESS.search(str(raised.value))

    # An upload is tried three times, seconds apart, whatever the settings; hence once only.
    @pytest.mark.parametrize(("warehouse", "words"), [REFUSES], indirect=["warehouse"])
    def test_so_is_writing(self, warehouse: Platform, words: str) -> None:
        started = time.monotonic()
        with pytest.raises(WarehouseError, match=words) as raised:
            append_rows(warehouse.client, warehouse.settings, [{"check_date": "2026-01-18"}], "run")
        assert time.monotonic() - started < 15
        assert not ADDRESS.search(str(raised.value))

    def test_missing_credentials_are_an_error_in_words(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """At the first connection, not in the middle of a run."""
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))
        with pytest.raises(WarehouseError, match=r"^no credentials for BigQuery: "):
            connect(load_settings({"GCP_PROJECT_ID": "any"}))
