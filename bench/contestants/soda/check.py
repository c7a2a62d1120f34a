"""Checks with Soda Core whether every game of a date has its Phase 4 players: check.py DATE.

Set GCP_PROJECT_ID and, for an emulator, BIGQUERY_EMULATOR_HOST; or DUCKDB_FILE, for the same tables in a file.
Prints one line and exits like Soda's own command: 0 if every game has its data, 1 if one does not, 3 on an error.
"""

import os
import sys
import traceback
import warnings
from pathlib import Path

os.environ["SODA_CORE_TELEMETRY_ENABLED"] = "false"  # read when Soda is imported

from soda_core.contracts import verify_contract_locally

FOLDER = Path(__file__).parent


def main(game_date: str) -> int:
    data_source = "data_source.yaml"
    if "DUCKDB_FILE" in os.environ:
        data_source = "duckdb.yaml"
        os.environ["GCP_PROJECT_ID"] = Path(os.environ["DUCKDB_FILE"]).stem  # DuckDB names a database like its file
    elif "BIGQUERY_EMULATOR_HOST" in os.environ:  # the emulator needs no account, but Soda does
        os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(FOLDER / "no_account.json")
    # Results this small come with the query response.
    warnings.filterwarnings("ignore", message="Cannot create BigQuery Storage client")
    session = verify_contract_locally(
        data_source_file_path=str(FOLDER / data_source),
        contract_file_path=str(FOLDER / "contract.yaml"),
        variables={"game_date": game_date},
    )
    if not (session.is_passed or session.is_failed):
        print(session.get_errors_str())
        return 3
    [contract] = session.contract_verification_results
    [enough_players] = contract.check_results
    found = enough_players.diagnostic_metric_values
    if session.is_passed:
        print(f"{game_date}: {found['check_rows_tested']} games, all with at least 10 players")
        return 0
    print(f"{game_date}: {found['failed_rows_count']} of {found['check_rows_tested']} games with fewer than 10 players")
    return 1


if __name__ == "__main__":
    try:
        status = main(*sys.argv[1:])
    except Exception:  # noqa: BLE001 - Python's own exit status for an error is 1, which means a gap here
        traceback.print_exc()
        status = 3
    sys.exit(status)
