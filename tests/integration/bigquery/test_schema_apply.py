"""The history table: made, completed and compared, never rewritten."""

import re

import pytest
from google.cloud import bigquery

from monitor.bigquery.schema import (
    HISTORY,
    SchemaError,
    apply_schema,
    drift,
    schema_drift,
    wanted_columns,
)
from tests.conftest import Platform
from tests.unit.bigquery.test_schema import CONTRACT, FIVE, Columns, column, shape


def history(platform: Platform) -> bigquery.Table:
    return platform.client.get_table(f"{platform.settings.monitoring_dataset}.{HISTORY}")


def applied(platform: Platform) -> list[str]:
    return apply_schema(platform.client, platform.settings)


def drifted(platform: Platform) -> list[str]:
    return schema_drift(platform.client, platform.settings)


class TestApply:
    """The table alone: its views, which take most of the time, are TestViews'."""

    @pytest.fixture(autouse=True)
    def no_views(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("monitor.bigquery.schema.wanted_views", lambda _settings: {})

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


VIEWS = [
    f"data_availability_{name}" for name in ("latest", "dates", "calendar", "gaps", "incidents", "readiness", "sources")
]


SECOND_EDITION = ["due_at", "predictions_at", "ready_at", "predicted_games", "predictions_latest"]

# Rows that a monitor of the first edition wrote, and what they make of their dates. It had no clock but its own.
FIRST_EDITION = [
    # First checked on a later day.
    ("2026-01-11", "2026-01-12T13:00:00Z", "OK", "unknown"),
    # No games.
    ("2026-01-12", "2026-01-12T13:00:00Z", "NO_GAMES", None),
    # Jan 13 was never checked.
    # Last seen short before predictions started.
    ("2026-01-14", "2026-01-14T13:00:00Z", "MISSING_DATA", "unknown"),
    # First seen ready after predictions had started.
    ("2026-01-15", "2026-01-15T13:00:00Z", "MISSING_DATA", "missed"),
    ("2026-01-15", "2026-01-15T18:30:00Z", "OK", "missed"),
    # First seen ready before predictions started.
    ("2026-01-16", "2026-01-16T13:00:00Z", "PARTIAL_DATA", "late"),
    ("2026-01-16", "2026-01-16T16:30:00Z", "OK", "late"),
    # Ready at the morning's check, which the scheduler began some seconds after eight.
    ("2026-01-17", "2026-01-17T13:00:20Z", "OK", "on_time"),
    # As above, and it regressed later.
    ("2026-01-18", "2026-01-18T13:00:20Z", "OK", "missed"),
    ("2026-01-18", "2026-01-18T14:00:00Z", "MISSING_DATA", "missed"),
    ("2026-01-18", "2026-01-18T18:30:00Z", "MISSING_DATA", "missed"),
]


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
            "view data_availability_dates has a different query",
            "view data_availability_calendar has a different query",
        ]
        assert apply_schema(empty_project.client, settings) == [
            "updated view data_availability_dates",
            "updated view data_availability_calendar",
            "created view data_availability_gaps",
        ]
        assert schema_drift(empty_project.client, settings) == []

    def test_a_column_that_is_added_to_the_table_is_shown_by_the_view_of_all(self, empty_project: Platform) -> None:
        apply_schema(empty_project.client, empty_project.settings)
        name = f"nba_monitoring.{HISTORY}"
        empty_project.client.query_and_wait(f"ALTER TABLE {name} DROP COLUMN monitor_version")
        done = apply_schema(empty_project.client, empty_project.settings)
        assert done == ["added monitor_version STRING", "updated view data_availability_latest"]

    def test_a_history_of_the_first_edition_becomes_one_of_the_second(self, empty_project: Platform) -> None:
        """New columns and a new view; no row is lost or rewritten, and an old row shows its outcome where it is known.

        The emulator adds no field to a record, which TestApply looks at, so the games have all theirs here.
        """
        first_edition = [each for each in wanted_columns() if each["name"] not in SECOND_EDITION]
        table = empty_project.create_history(first_edition)
        rows = [{"check_date": day, "check_time": time, "status": status} for day, time, status, _ in FIRST_EDITION]
        columns = bigquery.LoadJobConfig(autodetect=False)
        empty_project.client.load_table_from_json(rows, table, job_config=columns).result()
        before = empty_project.history()

        done = apply_schema(empty_project.client, empty_project.settings)

        assert [sentence.split()[1] for sentence in done if sentence.startswith("added")] == SECOND_EDITION
        assert "created view data_availability_readiness" in done
        unknown = dict.fromkeys(SECOND_EDITION)
        assert empty_project.history() == [{**row, **unknown} for row in before]
        sql = (
            "SELECT check_date, outcome FROM nba_monitoring.data_availability_readiness "
            "WHERE check_date <= DATE '2026-01-18'"
        )
        given = {str(row["check_date"]): row["outcome"] for row in empty_project.client.query_and_wait(sql)}
        assert given == {"2026-01-13": "not_run", **{day: outcome for day, _, _, outcome in FIRST_EDITION}}

    def test_a_table_of_a_views_name_is_left_alone(self, empty_project: Platform) -> None:
        empty_project.create_history(wanted_columns())
        empty_project.client.query_and_wait("CREATE TABLE nba_monitoring.data_availability_latest (a INT64)")
        with pytest.raises(SchemaError, match="data_availability_latest is a table, but should be a view: rename it"):
            apply_schema(empty_project.client, empty_project.settings)
        assert empty_project.client.get_table("nba_monitoring.data_availability_latest").table_type == "TABLE"
