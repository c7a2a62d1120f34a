"""The history table: made, completed and compared, never rewritten."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from google.cloud import bigquery

from monitor.bigquery.schema import (
    HISTORY,
    SchemaError,
    apply_schema,
    drift,
    merged,
    missing,
    schema_drift,
    wanted_columns,
)
from monitor.settings import Settings
from tests.conftest import Platform

# The contract of the history row. The first five are the user's own, which a dashboard already expects.
FIVE = {
    "check_date": "DATE",
    "check_time": "TIMESTAMP",
    "scheduled_games": "INTEGER",
    "phase4_ready": "INTEGER",
    "status": "STRING",
}
STRINGS = ["STRING"]
CONTRACT = {
    **FIVE,
    "run_id": "STRING",
    "trigger": "STRING",
    "missing_games": "INTEGER",
    "partial_games": "INTEGER",
    "excluded_games": "INTEGER",
    "games": [
        {
            "matchup": "STRING",
            "away": "STRING",
            "home": "STRING",
            "tipoff": "TIMESTAMP",
            "status": "STRING",
            "reason": "STRING",
            "sources": STRINGS,
            "game_ids": STRINGS,
            "phase3_players": "INTEGER",
            "phase4_players": "INTEGER",
            "missing_from": STRINGS,
        }
    ],
    "warnings": STRINGS,
    "sources": [
        {"name": "STRING", "kind": "STRING", "rows": "INTEGER", "refreshed_at": "TIMESTAMP", "error": "STRING"}
    ],
    "phase3_latest": "DATE",
    "phase4_latest": "DATE",
    "stalled_phase": "STRING",
    "alert_reason": "STRING",
    "alert_status": "STRING",
    "alert_fingerprint": "STRING",
    "slack_channel": "STRING",
    "slack_ts": "STRING",
    "error": "STRING",
    "duration_ms": "INTEGER",
    "bytes_processed": "INTEGER",
    "monitor_version": "STRING",
}

type Columns = Sequence[Mapping[str, Any]]


def shape(columns: Columns) -> dict[str, Any]:
    """Columns in the contract's notation: a list is an array, a dict a record."""
    kinds = {column["name"]: shape(column["fields"]) if "fields" in column else column["type"] for column in columns}
    return {c["name"]: [kinds[c["name"]]] if c.get("mode") == "REPEATED" else kinds[c["name"]] for c in columns}


def column(name: str, type_: str, mode: str = "NULLABLE", fields: Columns | None = None) -> dict[str, Any]:
    return {"name": name, "type": type_, "mode": mode, **({} if fields is None else {"fields": fields})}


def history(platform: Platform) -> bigquery.Table:
    return platform.client.get_table(f"{platform.settings.monitoring_dataset}.{HISTORY}")


def applied(platform: Platform) -> list[str]:
    """What is done to the table."""
    return [done for done in apply_schema(platform.client, platform.settings) if "view " not in done]


def drifted(platform: Platform, settings: Settings | None = None) -> list[str]:
    """How the table differs."""
    found = schema_drift(platform.client, settings or platform.settings)
    return [difference for difference in found if not difference.startswith("view ")]


class TestContract:
    def test_the_file_is_the_contract(self) -> None:
        assert shape(wanted_columns()) == CONTRACT

    def test_the_users_five_come_first_and_the_order_is_fixed(self) -> None:
        assert [column["name"] for column in wanted_columns()] == list(CONTRACT)
        assert list(CONTRACT)[:5] == list(FIVE)

    def test_every_column_is_nullable_and_described(self) -> None:
        """BigQuery adds no REQUIRED column to a table that exists."""
        records = [field for column in wanted_columns() for field in column.get("fields", ())]
        for each in (*wanted_columns(), *records):
            assert each["mode"] in {"NULLABLE", "REPEATED"}
            assert each["description"].endswith(".")


class TestApply:
    def test_where_nothing_is_the_table_is_made(self, empty_project: Platform) -> None:
        assert drifted(empty_project) == ["table nba_monitoring.data_availability_checks does not exist"]
        assert applied(empty_project) == [f"created {history(empty_project).full_table_id.replace(':', '.')}"]

        table = history(empty_project)
        assert shape([field.to_api_repr() for field in table.schema]) == CONTRACT
        assert table.time_partitioning.field == "check_date"
        assert table.time_partitioning.type_ == "DAY"
        assert table.time_partitioning.expiration_ms is None
        assert drifted(empty_project) == []

    def test_a_second_time_does_nothing(self, empty_project: Platform) -> None:
        applied(empty_project)
        before = history(empty_project).etag
        assert applied(empty_project) == []
        assert history(empty_project).etag == before

    def test_the_dataset_is_the_settings_and_may_exist(self, empty_project: Platform) -> None:
        empty_project.environment["MONITORING_DATASET"] = "elsewhere"
        empty_project.client.create_dataset("elsewhere")
        applied(empty_project)
        assert drifted(empty_project) == []
        assert [each.dataset_id for each in empty_project.client.list_datasets()] == ["elsewhere"]

    @pytest.mark.parametrize("mode", ["NULLABLE", "REQUIRED"])
    def test_the_users_five_get_the_others_behind_them(self, empty_project: Platform, mode: str) -> None:
        """All rows are kept, and the five as they are, descriptions included; only a count may become NULL."""
        counts = ["scheduled_games", "phase4_ready"] if mode == "REQUIRED" else []
        five = [column(name, type_, mode) for name, type_ in FIVE.items()]
        five[4]["description"] = "The user's own words."
        table = empty_project.create_history(five)
        rows = [
            {"check_date": "2026-01-17", "check_time": "2026-01-17T13:00:00Z", "scheduled_games": 9, "phase4_ready": 9},
            {"check_date": "2026-01-18", "check_time": "2026-01-18T13:00:00Z", "scheduled_games": 6, "phase4_ready": 0},
        ]
        rows = [{**row, "status": "MISSING_DATA"} for row in rows]
        empty_project.client.load_table_from_json(
            rows, table, job_config=bigquery.LoadJobConfig(autodetect=False)
        ).result()
        assert len(drifted(empty_project)) == len(CONTRACT) - 5 + len(counts)

        done = applied(empty_project)

        assert [sentence.split()[:2] for sentence in done] == [
            *(["added", name] for name in list(CONTRACT)[5:]),
            *(["made", name] for name in counts),
        ]
        after = history(empty_project).schema
        assert [field.name for field in after] == list(CONTRACT)
        assert [(field.field_type, field.mode) for field in after[:5]] == [
            (type_, "NULLABLE" if name in counts else mode) for name, type_ in FIVE.items()
        ]
        assert after[4].description == "The user's own words."
        assert [(str(row["check_date"]), row["scheduled_games"], row["run_id"]) for row in empty_project.history()] == [
            ("2026-01-17", 9, None),
            ("2026-01-18", 6, None),
        ]
        assert drifted(empty_project) == []
        assert applied(empty_project) == []

    def test_fields_missing_in_a_record_are_added(
        self, empty_project: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As an older version of the monitor has left its own table, with a field that only somebody else knows.

        BigQuery adds fields at the end of a record
        (https://cloud.google.com/bigquery/docs/managing-table-schemas#add_a_nested_column_to_a_record_column). The
        emulator takes the request and adds none, so what is looked at here is the schema that is sent.
        """
        older = wanted_columns()
        games = next(each for each in older if each["name"] == "games")
        games["fields"] = [field for field in games["fields"] if field["name"] not in {"reason", "missing_from"}]
        games["fields"].append(column("ticket", "STRING"))
        empty_project.create_history(older)
        sent: list[bigquery.Table] = []
        monkeypatch.setattr(empty_project.client, "update_table", lambda table, fields, **_: sent.append(table))
        gone = ["games.reason STRING", "games.missing_from STRING"]
        assert drifted(empty_project) == [f"column {what} is missing" for what in gone]

        assert applied(empty_project) == [f"added {what}" for what in gone]

        (table,) = sent
        assert drift(wanted_columns(), [field.to_api_repr() for field in table.schema]) == []
        assert [field.name for field in table.schema] == list(CONTRACT)
        fields = next(field.fields for field in table.schema if field.name == "games")
        assert [field.name for field in fields] == [
            *(field["name"] for field in games["fields"]),
            "reason",
            "missing_from",
        ]

    @pytest.mark.parametrize(
        ("columns", "problem"),
        [
            pytest.param(
                [column("check_date", "DATE"), column("phase4_ready", "STRING")],
                "column phase4_ready is STRING, should be INTEGER",
                id="one of the user's five",
            ),
            pytest.param(
                [column("check_date", "DATE"), column("warnings", "STRING")],
                "column warnings is STRING, should be ARRAY of STRING",
                id="one string, not many",
            ),
            pytest.param(
                [
                    column("check_date", "DATE"),
                    column("games", "RECORD", "REPEATED", [column("phase3_players", "FLOAT")]),
                ],
                "column games.phase3_players is FLOAT, should be INTEGER",
                id="a field of a record",
            ),
        ],
    )
    def test_a_column_of_another_type_is_for_a_person_to_decide(
        self, empty_project: Platform, columns: Columns, problem: str
    ) -> None:
        before = empty_project.create_history(columns)
        assert problem in drifted(empty_project)
        with pytest.raises(SchemaError) as raised:
            applied(empty_project)
        assert str(raised.value) == problem
        assert history(empty_project).schema == before.schema

    def test_a_column_of_nobody_is_named_and_kept(self, empty_project: Platform) -> None:
        empty_project.create_history([column("check_date", "DATE"), column("ticket", "STRING")])
        applied(empty_project)
        assert [field.name for field in history(empty_project).schema][:2] == ["check_date", "ticket"]
        assert drifted(empty_project) == ["unexpected column ticket"]
        assert applied(empty_project) == []

    @pytest.mark.parametrize(
        ("partition", "sentence"),
        [
            # A table's partition cannot be changed, so there is nothing to apply: a person has to copy it.
            pytest.param(None, "the table is partitioned by None, should be by check_date", id="by nothing"),
            pytest.param(
                "phase3_latest", "the table is partitioned by phase3_latest, should be by check_date", id="other"
            ),
        ],
    )
    def test_another_partition_is_named(self, empty_project: Platform, partition: str | None, sentence: str) -> None:
        empty_project.create_history(wanted_columns(), partition)
        assert drifted(empty_project) == [sentence]
        assert applied(empty_project) == []


# Wanted, present, what is missing, the whole drift.
COMPARED = [
    pytest.param([column("a", "STRING")], [column("a", "STRING")], [], [], id="alike"),
    pytest.param([column("a", "STRING")], [], ["a STRING"], ["column a STRING is missing"], id="missing"),
    pytest.param([], [column("a", "STRING")], [], ["unexpected column a"], id="unexpected"),
    # DDL and newer tools say INT64, the API gives INTEGER back: the same type.
    pytest.param([column("a", "INTEGER")], [column("a", "INT64")], [], [], id="INT64 is INTEGER"),
    pytest.param([column("a", "INT64")], [column("a", "INTEGER")], [], [], id="INTEGER is INT64"),
    pytest.param([column("a", "FLOAT64")], [column("a", "FLOAT")], [], [], id="FLOAT64 is FLOAT"),
    pytest.param([column("a", "BOOL")], [column("a", "BOOLEAN")], [], [], id="BOOL is BOOLEAN"),
    pytest.param(
        [column("a", "RECORD", fields=[column("b", "STRING")])],
        [column("a", "STRUCT", fields=[column("b", "STRING")])],
        [],
        [],
        id="STRUCT is RECORD",
    ),
    pytest.param(
        [column("a", "INTEGER")],
        [column("a", "NUMERIC")],
        [],
        ["column a is NUMERIC, should be INTEGER"],
        id="NUMERIC is not INTEGER",
    ),
    pytest.param(
        [column("a", "STRING", "REPEATED")],
        [column("a", "STRING")],
        [],
        ["column a is STRING, should be ARRAY of STRING"],
        id="one is not many",
    ),
    pytest.param(
        [column("a", "STRING")],
        [column("a", "STRING", "REPEATED")],
        [],
        ["column a is ARRAY of STRING, should be STRING"],
        id="many are not one",
    ),
    # BigQuery leaves the mode out where it is NULLABLE; REQUIRED is the owner's choice, but for the two counts.
    pytest.param([column("a", "STRING")], [{"name": "a", "type": "STRING"}], [], [], id="no mode is NULLABLE"),
    pytest.param([column("a", "STRING")], [column("a", "STRING", "REQUIRED")], [], [], id="REQUIRED is no drift"),
    pytest.param(
        [column("phase4_ready", "INTEGER")],
        [column("phase4_ready", "INTEGER", "REQUIRED")],
        [],
        ["column phase4_ready is REQUIRED, but must be NULLABLE: a failed check writes NULL"],
        id="a count that must not be NULL",
    ),
    pytest.param(
        [column("a", "RECORD", "REPEATED", [column("b", "STRING"), column("c", "INTEGER")])],
        [column("a", "RECORD", "REPEATED", [column("b", "DATE")])],
        ["a.c INTEGER"],
        ["column a.c INTEGER is missing", "column a.b is DATE, should be STRING"],
        id="within a record",
    ),
    pytest.param(
        [column("a", "RECORD", "REPEATED", [column("b", "STRING")])],
        [column("a", "STRING")],
        ["a.b STRING"],
        ["column a.b STRING is missing", "column a is STRING, should be ARRAY of RECORD"],
        id="no record at all",
    ),
    pytest.param(
        [column("a", "RECORD", fields=[column("b", "RECORD", fields=[column("c", "DATE")])])],
        [column("a", "RECORD", fields=[column("b", "RECORD", fields=[])])],
        ["a.b.c DATE"],
        ["column a.b.c DATE is missing"],
        id="a record within a record",
    ),
]


class TestComparing:
    @pytest.mark.parametrize(("wanted", "present", "gone", "sentences"), COMPARED)
    def test_drift_and_missing(self, wanted: Columns, present: Columns, gone: list[str], sentences: list[str]) -> None:
        assert missing(wanted, present) == gone
        assert drift(wanted, present) == sentences

    @pytest.mark.parametrize(("wanted", "present", "gone", "sentences"), COMPARED)
    def test_merging_completes_or_refuses(
        self, wanted: Columns, present: Columns, gone: list[str], sentences: list[str]
    ) -> None:
        """After it nothing is missing, whatever was there is there, in its place; another type is never merged."""
        retyped = [sentence for sentence in sentences if "should be" in sentence]
        if retyped:
            with pytest.raises(SchemaError, match=retyped[0]):
                merged(wanted, present)
            return
        both = merged(wanted, present)
        assert missing(wanted, both) == []
        assert [each["name"] for each in both][: len(present)] == [each["name"] for each in present]
        assert missing(present, both) == []
        assert [{**each, "fields": None, "mode": None} for each in both[: len(present)]] == [
            {**each, "fields": None, "mode": None} for each in present
        ]

    def test_merging_keeps_what_only_the_table_knows(self) -> None:
        """A policy tag or a mode is the owner's; it would be lost by sending the wanted column instead."""
        present = [{**column("a", "STRING", "REQUIRED"), "policyTags": {"names": ["t"]}}, column("x", "DATE")]
        both = merged([column("b", "DATE"), column("a", "STRING")], present)
        assert both == [*present, column("b", "DATE")]


VIEWS = [f"data_availability_{name}" for name in ("latest", "calendar", "gaps", "incidents", "sources")]


class TestViews:
    """What the views show is in test_views.py."""

    def test_they_are_made_with_the_table_in_their_own_dataset_alone(self, empty_project: Platform) -> None:
        empty_project.environment["MONITORING_DATASET"] = "elsewhere"
        settings = empty_project.settings
        done = apply_schema(empty_project.client, settings)
        assert done[1:] == [f"created view {name}" for name in VIEWS]
        for name in VIEWS:
            query = empty_project.client.get_table(f"elsewhere.{name}").view_query
            assert set(re.findall(r"`([^`]+)\.data_availability_\w+`", query)) == {"test.elsewhere"}
            assert "@" not in query  # a view has no parameters
        assert apply_schema(empty_project.client, settings) == []
        assert schema_drift(empty_project.client, settings) == []

    def test_one_that_is_missing_or_has_another_query_is_named_and_mended(self, empty_project: Platform) -> None:
        apply_schema(empty_project.client, empty_project.settings)
        empty_project.client.delete_table("nba_monitoring.data_availability_gaps")
        empty_project.environment["PREDICTIONS_AT"] = "17:00"  # the operator's, of which the views speak
        settings = empty_project.settings
        assert schema_drift(empty_project.client, settings) == [
            "view data_availability_gaps is missing",
            "view data_availability_calendar has a different query",
            "view data_availability_incidents has a different query",
        ]
        assert apply_schema(empty_project.client, settings) == [
            "updated view data_availability_calendar",
            "created view data_availability_gaps",
            "updated view data_availability_incidents",
        ]
        assert schema_drift(empty_project.client, settings) == []

    def test_a_column_that_is_added_to_the_table_is_shown_by_the_view_of_all(self, empty_project: Platform) -> None:
        apply_schema(empty_project.client, empty_project.settings)
        name = f"nba_monitoring.{HISTORY}"
        empty_project.client.query_and_wait(f"ALTER TABLE {name} DROP COLUMN monitor_version")
        done = apply_schema(empty_project.client, empty_project.settings)
        assert done == ["added monitor_version STRING", "updated view data_availability_latest"]

    def test_a_table_of_a_views_name_is_left_alone(self, empty_project: Platform) -> None:
        empty_project.create_history(wanted_columns())
        empty_project.client.query_and_wait("CREATE TABLE nba_monitoring.data_availability_latest (a INT64)")
        with pytest.raises(SchemaError, match="data_availability_latest is a table, but should be a view: rename it"):
            apply_schema(empty_project.client, empty_project.settings)
        assert empty_project.client.get_table("nba_monitoring.data_availability_latest").table_type == "TABLE"
