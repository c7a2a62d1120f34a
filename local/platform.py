"""The platform's tables, reduced to what the monitor reads: columns, partition, and whether a filter on it is required.

Rows can be loaded into a real or emulated BigQuery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud import bigquery

type Rows = Mapping[str, Sequence[dict[str, Any]]]
"""Rows to load, by table name."""


@dataclass(frozen=True)
class Table:
    """A table of the platform. `columns` has `name TYPE` pairs as in DDL."""

    columns: str
    partition: str = "game_date"
    filter_required: bool = False

    @property
    def types(self) -> dict[str, str]:
        """The type of each column, by name."""
        return dict(column.split() for column in self.columns.split(", "))


TABLES = {
    "nba_raw.espn_scoreboard": Table(
        "game_id STRING, espn_game_id STRING, game_date DATE, season_year INT64, home_team_abbr STRING, "
        "away_team_abbr STRING, game_status STRING, is_completed BOOL, scheduled_start_time TIMESTAMP, "
        "scrape_timestamp TIMESTAMP, processed_at TIMESTAMP",
        filter_required=True,
    ),
    "nba_raw.nbac_schedule": Table(
        "game_id STRING, game_code STRING, game_date DATE, game_date_est TIMESTAMP, game_status INT64, "
        "home_team_tricode STRING, away_team_tricode STRING, home_team_score INT64, away_team_score INT64, "
        "is_regular_season BOOL, is_playoffs BOOL, is_all_star BOOL, is_emirates_cup BOOL, processed_at TIMESTAMP",
        filter_required=True,
    ),
    "nba_raw.bdl_games": Table(
        "game_id STRING, game_date DATE, home_team_abbr STRING, away_team_abbr STRING, status STRING, "
        "processed_at TIMESTAMP",
    ),
    "nba_analytics.upcoming_player_game_context": Table(
        "player_lookup STRING, game_id STRING, game_date DATE, team_abbr STRING, opponent_team_abbr STRING, "
        "processed_at TIMESTAMP",
        filter_required=True,
    ),
    "nba_precompute.player_composite_factors": Table(
        "player_lookup STRING, universal_player_id STRING, game_date DATE, game_id STRING, analysis_date DATE, "
        "is_production_ready BOOL, early_season_flag BOOL, created_at TIMESTAMP, processed_at TIMESTAMP",
    ),
    "nba_precompute.player_daily_cache": Table("player_lookup STRING, cache_date DATE", "cache_date", True),
    "nba_predictions.ml_feature_store_v2": Table(
        "player_lookup STRING, game_id STRING, game_date DATE, opponent_team_abbr STRING, is_home BOOL",
        filter_required=True,
    ),
    "nba_predictions.player_prop_predictions": Table(
        "prediction_id STRING, system_id STRING, player_lookup STRING, game_id STRING, game_date DATE, "
        "prediction_version INT64, is_active BOOL, invalidation_reason STRING, prediction_made_before_game BOOL, "
        "created_at TIMESTAMP, updated_at TIMESTAMP",
        filter_required=True,
    ),
}


def create_tables(client: bigquery.Client, tables: Mapping[str, Table] = TABLES) -> None:
    """Create these tables of the platform, empty."""
    for dataset in {name.partition(".")[0] for name in tables}:
        client.create_dataset(dataset, exists_ok=True)
    for name, table in tables.items():
        columns = [bigquery.SchemaField(*column) for column in table.types.items()]
        created = bigquery.Table(f"{client.project}.{name}", columns)
        created.time_partitioning = bigquery.TimePartitioning(field=table.partition)
        created.require_partition_filter = table.filter_required
        client.create_table(created)


def load(client: bigquery.Client, rows: Rows) -> None:
    """Append rows to the platform's tables."""
    config = bigquery.LoadJobConfig(autodetect=False, source_format="NEWLINE_DELIMITED_JSON")
    jobs = [
        client.load_table_from_json(given, f"{client.project}.{name}", job_config=config)
        for name, given in rows.items()
        if given
    ]
    for job in jobs:
        job.result()
