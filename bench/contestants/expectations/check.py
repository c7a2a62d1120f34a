"""Checks with Great Expectations whether every game of a date has its Phase 4 players: check.py DATE.

Set GCP_PROJECT_ID and, for an emulator, BIGQUERY_EMULATOR_HOST; or DUCKDB_FILE, for the same tables in a file.
Prints one line and exits with 0 if every game has its data, 1 if one does not, 2 on an error.
"""

import os
import sys
import traceback
from datetime import date
from pathlib import Path
from string import Template

import duckdb
import great_expectations as gx
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context import AbstractDataContext

QUERY = Template(Path(__file__).with_name("players_per_game.sql").read_text(encoding="utf-8"))


def main(game_date: str) -> int:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = {"globally": False}
    suite = context.suites.add(gx.ExpectationSuite(name="Phase 4 is there"))
    suite.add_expectation(gx.expectations.ExpectColumnValuesToBeBetween(column="players", min_value=10))
    query = QUERY.substitute(game_date=date.fromisoformat(game_date))
    batches, given = (_duckdb if "DUCKDB_FILE" in os.environ else _bigquery)(context, query)
    validation = gx.ValidationDefinition(name="morning", data=batches, suite=suite)
    result = context.validation_definitions.add(validation).run(
        batch_parameters=given,
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["game_id"]},
    )

    [enough_players] = result.results
    if enough_players.exception_info.get("raised_exception", True):
        print(enough_players.exception_info)
        return 2
    games = enough_players.result["element_count"]
    if result.success:
        print(f"{game_date}: {games} games, all with at least 10 players")
        return 0
    short = [f"{row['game_id']} ({row['players']})" for row in enough_players.result["unexpected_index_list"]]
    print(f"{game_date}: {len(short)} of {games} games with fewer than 10 players: {', '.join(sorted(short))}")
    return 1


def _duckdb(context: AbstractDataContext, query: str) -> tuple[BatchDefinition, dict[str, object]]:
    # Great Expectations has no DuckDB of its own, so DuckDB answers the query and the answer is what is validated.
    with duckdb.connect(os.environ["DUCKDB_FILE"], read_only=True) as platform:
        players = platform.execute(query).df()
    asset = context.data_sources.add_pandas(name="platform").add_dataframe_asset(name="players per game")
    return asset.add_batch_definition_whole_dataframe(name="one date"), {"dataframe": players}


def _bigquery(context: AbstractDataContext, query: str) -> tuple[BatchDefinition, None]:
    account = None
    if "BIGQUERY_EMULATOR_HOST" in os.environ:
        account = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google.auth has partial types
    client = bigquery.Client(project=os.environ["GCP_PROJECT_ID"], credentials=account)
    platform = context.data_sources.add_bigquery(
        name="platform",
        connection_string=f"bigquery://{client.project}?user_supplied_client=True",
        # Results this small come with the query response.
        kwargs={"connect_args": {"client": client, "prefer_bqstorage_client": False}},
    )
    asset = platform.add_query_asset(name="players per game", query=query)
    return asset.add_batch_definition_whole_table(name="one date"), None


if __name__ == "__main__":
    try:
        status = main(*sys.argv[1:])
    except Exception:  # noqa: BLE001 - Python's own exit status for an error is 1, which means a gap here
        traceback.print_exc()
        status = 2
    sys.exit(status)
