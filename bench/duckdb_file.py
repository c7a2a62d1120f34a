"""Writes rows of the platform's tables into a DuckDB file, for the contestants that are in their best place there."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.emulator import BIN
from local.platform import TABLES, Rows, Table

_EXECUTE = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(sys.stdin.read())"


def write(path: Path, rows: Rows) -> None:
    """Write these tables, each in the schema of its dataset.

    The emulator's environment does it: this one has no DuckDB, and the contestants' are newer, and read what an older
    one has written.
    """
    with TemporaryDirectory(prefix="duckdb-") as folder:
        sql = []
        for name, given in rows.items():
            table = TABLES[name]
            file = Path(folder, f"{name}.json")
            file.write_text("".join(json.dumps(_in_utc(row, table)) + "\n" for row in given))
            columns = ", ".join(f"{column}: '{kind}'" for column, kind in table.types.items())
            sql += [
                f"CREATE SCHEMA IF NOT EXISTS {name.partition('.')[0]}",
                f"CREATE TABLE {name} ({table.columns})",
                f"INSERT INTO {name} FROM read_json('{file}', format = 'newline_delimited', columns = {{{columns}}})",
            ]
        subprocess.run([BIN / "python", "-c", _EXECUTE, path], input=";\n".join(sql), text=True, check=True)


def _in_utc(row: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """A row with its times in UTC: a TIMESTAMP of DuckDB has no zone."""
    times = {name: datetime.fromisoformat(row[name]) for name, kind in table.types.items() if kind == "TIMESTAMP"}
    return {**row, **{name: f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}" for name, time in times.items()}}
