"""The contract of the history's columns, and how a table's columns differ from them and are completed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from monitor.bigquery.schema import SchemaError, drift, merged, missing, wanted_columns

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
            "ready_at": "TIMESTAMP",
            "predictions": "INTEGER",
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
    "due_at": "TIMESTAMP",
    "predictions_at": "TIMESTAMP",
    "ready_at": "TIMESTAMP",
    "predicted_games": "INTEGER",
    "predictions_latest": "DATE",
}

type Columns = Sequence[Mapping[str, Any]]


def shape(columns: Columns) -> dict[str, Any]:
    """Columns in the contract's notation: a list is an array, a dict a record."""
    kinds = {column["name"]: shape(column["fields"]) if "fields" in column else column["type"] for column in columns}
    return {c["name"]: [kinds[c["name"]]] if c.get("mode") == "REPEATED" else kinds[c["name"]] for c in columns}


def column(name: str, type_: str, mode: str = "NULLABLE", fields: Columns | None = None) -> dict[str, Any]:
    return {"name": name, "type": type_, "mode": mode, **({} if fields is None else {"fields": fields})}


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
