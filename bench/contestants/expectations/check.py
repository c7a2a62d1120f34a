"""Checks with Great Expectations whether every game of a date has its Phase 4 players: check.py DATE.

Set GCP_PROJECT_ID and, for an emulator, BIGQUERY_EMULATOR_HOST.
Prints one line and exits with 0 if every game has its data, 1 if one does not, 2 on an error.
"""

import os
import sys
import traceback
from datetime import date
from pathlib import Path
from string import Template

import great_expectations as gx
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

QUERY = Template(Path(__file__).with_name("players_per_game.sql").read_text(encoding="utf-8"))


def main(game_date: str) -> int:
    account = None
    if "BIGQUERY_EMULATOR_HOST" in os.environ:
        account = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google.auth has partial types
    client = bigquery.Client(project=os.environ["GCP_PROJECT_ID"], credentials=account)

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = {"globally": False}
    suite = context.suites.add(gx.ExpectationSuite(name="Phase 4 is there"))
    suite.add_expectation(gx.expectations.ExpectColumnValuesToBeBetween(column="players", min_value=10))
    platform = context.data_sources.add_bigquery(
        name="platform",
        connection_string=f"bigquery://{client.project}?user_supplied_client=True",
        # Results this small come with the query response.
        kwargs={"connect_args": {"client": client, "prefer_bqstorage_client": False}},
    )
    query = QUERY.substitute(game_date=date.fromisoformat(game_date))
    asset = platform.add_query_asset(name="players per game", query=query)
    batches = asset.add_batch_definition_whole_table(name="one date")
    validation = gx.ValidationDefinition(name="morning", data=batches, suite=suite)
    result = context.validation_definitions.add(validation).run(
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


if __name__ == "__main__":
    try:
        status = main(*sys.argv[1:])
    except Exception:  # noqa: BLE001 - Python's own exit status for an error is 1, which means a gap here
        traceback.print_exc()
        status = 2
    sys.exit(status)
