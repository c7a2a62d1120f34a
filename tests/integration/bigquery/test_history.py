"""The history: rows are appended all or none and once, and the newest of each date is read."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from google.cloud import bigquery

from monitor.bigquery.client import WarehouseError
from monitor.bigquery.history import append_rows, read_query, split_history
from monitor.bigquery.schema import apply_schema
from monitor.core.dates import DateRange
from monitor.core.readiness import Readiness
from tests.conftest import Platform, at, day

APPLY = "run `python -m monitor schema apply`"
FIVE = {
    "check_date": "DATE",
    "check_time": "TIMESTAMP",
    "scheduled_games": "INT64",
    "phase4_ready": "INT64",
    "status": "STRING",
}


def row(check_date: str = "2026-01-18", check_time: str = "2026-01-18T13:00:00+00:00", **more: Any) -> dict[str, Any]:
    five = {"check_date": check_date, "check_time": check_time, "scheduled_games": 6, "phase4_ready": 0}
    return {**five, "status": "MISSING_DATA", **more}


def append(platform: Platform, *rows: dict[str, Any], run_id: str | None = None) -> None:
    """As a run of its own, unless a run id says otherwise."""
    append_rows(platform.client, platform.settings, rows, run_id or uuid4().hex)


def read(platform: Platform, first: str, last: str | None = None) -> list[dict[str, Any]]:
    return read_query(platform.client, platform.settings, "checks", DateRange(day(first), day(last or first)))


def loads(platform: Platform, run_id: str) -> list[bigquery.LoadJob]:
    return [
        job
        for job in platform.client.list_jobs()
        if isinstance(job, bigquery.LoadJob) and job.labels.get("run_id") == run_id
    ]


class TestAppend:
    def test_a_row_is_there_as_it_was_given(self, platform: Platform) -> None:
        game = {
            "matchup": "ORL@MEM",
            "away": "ORL",
            "home": "MEM",
            "tipoff": "2026-01-18T17:00:00+00:00",
            "status": "MISSING",
            "reason": None,
            "sources": ["espn", "nbac"],
            "game_ids": ["20260118_ORL_MEM", "0022500601"],
            "phase3_players": 0,
            "phase4_players": None,
            "missing_from": [],
            "ready_at": None,
            "predictions": None,
        }
        append(platform, row(run_id="run", games=[game], warnings=["a", "ü"], sources=[], phase3_latest="2026-01-17"))
        (given,) = platform.history()
        assert {name: given[name] for name in FIVE} == {
            "check_date": day("2026-01-18"),
            "check_time": datetime(2026, 1, 18, 13, tzinfo=UTC),
            "scheduled_games": 6,
            "phase4_ready": 0,
            "status": "MISSING_DATA",
        }
        assert given["games"] == [{**game, "tipoff": datetime(2026, 1, 18, 17, tzinfo=UTC)}]
        assert given["warnings"] == ["a", "ü"]
        assert given["phase3_latest"] == day("2026-01-17")
        # Not given: NULL, and an array without elements, which is all that BigQuery knows.
        assert given["error"] is None
        assert given["sources"] == []

    def test_all_rows_of_a_run_are_one_job(self, platform: Platform, run_id: str) -> None:
        """On 2026-01-26 the platform had used up its 1,500 load jobs a table and day with a write per record."""
        append(platform, *(row(str(each)) for each in DateRange(day("2025-01-01"), day("2026-02-04"))), run_id=run_id)
        assert len(platform.history()) == 400
        (job,) = loads(platform, run_id)
        assert job.job_id == f"data-availability-{run_id}"
        assert job.labels == {"service": "data-availability-monitor", "run_id": run_id}

    def test_a_run_sent_twice_is_written_once(self, platform: Platform, run_id: str) -> None:
        append(platform, row(), row("2026-01-19"), run_id=run_id)
        append(platform, row(), row("2026-01-19"), run_id=run_id)
        assert len(platform.history()) == 2
        assert len(loads(platform, run_id)) == 1

    def test_another_run_is_written_too(self, platform: Platform) -> None:
        append(platform, row())
        append(platform, row())
        assert len(platform.history()) == 2

    def test_a_run_whose_job_failed_does_not_pass_for_written_when_sent_again(
        self, platform: Platform, run_id: str
    ) -> None:
        for rows in ([row(nope=1)], [row()]):
            with pytest.raises(WarehouseError, match="could not be written: BadRequest"):
                append(platform, *rows, run_id=run_id)
        assert platform.history() == []

    @pytest.mark.parametrize(
        ("bad", "named"),
        [
            # What BigQuery would refuse, in the emulator's words, which differ from BigQuery's.
            pytest.param({"nope": 1}, "nope", id="a column that the table has not"),
            pytest.param({"phase4_ready": "six"}, "phase4_ready", id="a word for a number"),
            pytest.param({"check_date": "yesterday"}, "check_date", id="a word for a date"),
            pytest.param({"check_time": "8 AM"}, "check_time", id="a word for a moment"),
            pytest.param({"warnings": "one"}, "warnings", id="one for many"),
            pytest.param({"warnings": [None]}, "warnings", id="NULL in an array"),
            pytest.param({"games": [{"phase3_players": "many"}]}, "many", id="a word for a number in a record"),
        ],
    )
    def test_one_bad_row_and_nothing_is_written(self, platform: Platform, bad: dict[str, Any], named: str) -> None:
        with pytest.raises(WarehouseError, match=named) as raised:
            append(platform, row("2026-01-17"), row(**bad), row("2026-01-19"))
        assert str(raised.value).startswith("the history row could not be written: BadRequest: ")
        assert "http" not in str(raised.value)
        assert platform.history() == []

    @pytest.mark.parametrize("dataset_exists", [False, True])
    def test_a_missing_table_is_an_error_that_says_what_to_do(
        self, empty_project: Platform, *, dataset_exists: bool
    ) -> None:
        """A table made by a load would have guessed columns and no partition."""
        if dataset_exists:
            empty_project.client.create_dataset("nba_monitoring")
        with pytest.raises(WarehouseError) as raised:
            append(empty_project, row())
        assert "Not found: " in str(raised.value)
        assert APPLY in str(raised.value)
        made = [each.table_id for name in empty_project.client.list_datasets() for each in _tables(empty_project, name)]
        assert made == []

    def test_the_users_five_columns_need_schema_apply_first(self, empty_project: Platform) -> None:
        empty_project.create_history(
            {"name": column, "type": type_, "mode": "REQUIRED"} for column, type_ in FIVE.items()
        )
        append(empty_project, row("2026-01-17"))
        with pytest.raises(WarehouseError, match="run_id") as raised:
            append(empty_project, row(run_id="first"))
        assert APPLY in str(raised.value)
        assert len(empty_project.history()) == 1

        apply_schema(empty_project.client, empty_project.settings)
        # Of a check that failed the counts are NULL: the REQUIRED columns have become NULLABLE.
        append(empty_project, row(run_id="second", phase4_ready=None, scheduled_games=None, status="ERROR"))

        assert [(each["run_id"], each["phase4_ready"]) for each in empty_project.history()] == [
            (None, 0),
            ("second", None),
        ]


class TestRead:
    def test_the_newest_row_of_each_date_oldest_date_first(self, platform: Platform) -> None:
        append(
            platform,
            row("2026-01-18", "2026-01-18T15:00:00+00:00", status="OK"),
            row("2026-01-18", "2026-01-18T13:00:00+00:00"),
            row("2026-01-17", "2026-01-17T13:00:00+00:00", status="NO_GAMES"),
            # Written first, and of no known moment: the oldest.
            row("2026-01-17", status="ERROR") | {"check_time": None},
        )
        # A later job with an earlier check: what counts is when the check ran, not when its row came.
        append(platform, row("2026-01-18", "2026-01-18T14:59:59+00:00", status="PARTIAL_DATA"))
        given = read(platform, "2026-01-01", "2026-01-31")
        assert [(str(each["check_date"]), each["status"]) for each in given] == [
            ("2026-01-17", "NO_GAMES"),
            ("2026-01-18", "OK"),
        ]

    def test_the_range_is_inclusive(self, platform: Platform) -> None:
        append(platform, *(row(f"2026-01-{number}") for number in range(16, 21)))
        for first, last, dates in (
            ("2026-01-17", "2026-01-19", ["2026-01-17", "2026-01-18", "2026-01-19"]),
            ("2026-01-18", "2026-01-18", ["2026-01-18"]),
            # What is not there is not made up.
            ("2026-01-20", "2026-01-31", ["2026-01-20"]),
            ("2026-02-01", "2026-02-28", []),
        ):
            assert [str(each["check_date"]) for each in read(platform, first, last)] == dates

    def test_a_row_has_every_column(self, platform: Platform) -> None:
        append(platform, row())
        (given,) = read(platform, "2026-01-18")
        assert given == platform.history()[0]

    def history(
        self, platform: Platform, first: str, last: str | None = None
    ) -> tuple[list[dict[str, Any]], list[Readiness]]:
        days = DateRange(day(first), day(last or first))
        return split_history(read_query(platform.client, platform.settings, "history", days))

    def test_history_is_every_row_with_its_games(self, platform: Platform) -> None:
        games = [
            {
                "away": "ORL",
                "home": "MEM",
                "status": "MISSING",
                "sources": ["espn"],
                "game_ids": ["0022500601"],
                "tipoff": at("2026-01-18 17:00").isoformat(),
                "ready_at": at("2026-01-18 12:00").isoformat(),
                "predictions": 10,
            }
        ]
        sent = {"alert_status": "sent"}
        append(
            platform,
            row(check_time="2026-01-18T15:00:00+00:00", games=games, alert_status="failed", alert_reason="WORSENED"),
            row(check_time="2026-01-18T12:00:00+00:00", games=games, **sent, alert_reason="NEW_GAP", slack_ts="1.1"),
            row(check_time="2026-01-18T13:00:00+00:00", **sent, alert_reason="WORSENED", slack_ts="1.1"),
            row("2026-01-17", "2026-01-17T13:00:00+00:00", games=games, status="OK"),
            row("2026-01-19", "2026-01-18T13:00:00+00:00"),
        )
        given, _ = self.history(platform, "2026-01-17", "2026-01-18")
        assert [
            (each["check_date"].day, each["check_time"].hour, each["slack_ts"], len(each["games"])) for each in given
        ] == [(17, 13, None, 1), (18, 12, "1.1", 1), (18, 13, "1.1", 0), (18, 15, None, 1)]
        times = {"tipoff": at("2026-01-18 17:00"), "ready_at": at("2026-01-18 12:00")}
        assert given[-1]["games"][0].items() >= {**games[0], **times}.items()
        assert (given[-1]["alert_reason"], given[-1]["alert_status"]) == ("WORSENED", "failed")

    def test_history_has_the_game_dates_before_and_how_many_messages_each_took(self, platform: Platform) -> None:
        sent = {"alert_status": "sent"}
        append(
            platform,
            # Ten weeks before the range, and a day more.
            row("2025-11-08", "2025-11-08T13:00:00+00:00", status="OK"),
            row("2025-11-09", "2025-11-09T13:00:00+00:00", status="OK"),
            # Late, with two messages that the channel saw and one that only a thread did.
            row("2026-01-17", "2026-01-17T13:00:00+00:00", **sent, alert_reason="NEW_GAP"),
            row("2026-01-17", "2026-01-17T14:00:00+00:00", **sent, alert_reason="IMPROVED"),
            row("2026-01-17", "2026-01-17T15:00:00+00:00", status="OK", **sent, alert_reason="RESOLVED"),
            # No game, so no outcome.
            row("2026-01-16", "2026-01-16T13:00:00+00:00", status="NO_GAMES"),
        )
        checks, dates = self.history(platform, "2026-01-18")
        assert checks == []
        assert dates == [
            Readiness(day("2025-11-09"), "on_time", at("2025-11-09 13:00"), at("2025-11-09 18:00"), 0),
            Readiness(day("2026-01-17"), "late", at("2026-01-17 15:00"), at("2026-01-17 18:00"), 2),
        ]

    def test_a_missing_table_is_an_error_that_says_what_to_do(self, empty_project: Platform) -> None:
        with pytest.raises(WarehouseError, match=r"^there is no history yet ") as raised:
            read(empty_project, "2026-01-18")
        assert APPLY in str(raised.value)
        assert "http" not in str(raised.value)


def _tables(platform: Platform, dataset: bigquery.dataset.DatasetListItem) -> list[bigquery.table.TableListItem]:
    return list(platform.client.list_tables(dataset.dataset_id))
