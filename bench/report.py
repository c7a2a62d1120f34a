"""Writes the results, bench/results.json and bench/run.json, and from them docs/performance.md and its plot.

`python -m bench.report` rewrites the page from the last run, for example after its text has changed.
"""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench import mornings
from bench.marks import MARKS
from bench.queries import Read, of_a_check, of_a_page, reads
from local.emulator import ROOT

BENCH = ROOT / "bench"
RESULTS, RUN, PAGE, PLOT = (
    BENCH / "results.json",
    BENCH / "run.json",
    ROOT / "docs" / "performance.md",
    ROOT / "docs" / "images" / "performance.svg",
)
CONTESTANTS = {
    "script": "the script",
    "expectations": "Great Expectations",
    "expectations_duckdb": "Great Expectations, DuckDB",
    "elementary": "Elementary, DuckDB",
    "dbt": "dbt source freshness, DuckDB",
    "soda": "Soda Core",
    "soda_duckdb": "Soda Core, DuckDB",
    "cold": "this monitor, cold",
    "warm": "this monitor, warm",
}
"""The wall times of a check in the plot."""
OTHERS = {
    "soda-core": ".venv-soda",
    "great-expectations": ".venv-expectations",
    "dbt-core": ".venv-dbt",
    "dbt-duckdb": ".venv-dbt",
}

# On-demand pricing, with the minimum billed per table in a query. https://cloud.google.com/bigquery/pricing
MEGABYTES_PER_TABLE, DOLLARS_PER_TEBIBYTE, FREE_TEBIBYTES_A_MONTH = 10, 6.25, 1
FOLLOW_UPS = 12
"""Per day: the deploy's second job runs every half hour from 8:00 to 13:30; this leaves out the morning's run."""


def write(samples: Mapping[str, Sequence[float]], seconds: float) -> None:
    """Store a run and write its page."""
    bills = {"a check": [*map(asdict, of_a_check())], "a page": [*map(asdict, of_a_page())]}
    run = {"minutes": round(seconds / 60), "bills": bills, "samples": _rounded(samples)}
    RESULTS.write_text(_json([mark.result(samples) for mark in MARKS]))
    RUN.write_text(_json({**_machine(), **run}))
    write_page()


def write_page() -> None:
    """Write the page and plot of the last run."""
    for path, text in page().items():
        path.write_text(text)


def page() -> dict[Path, str]:
    """The page and plot of the last run, by path."""
    results, last = json.loads(RESULTS.read_text()), json.loads(RUN.read_text())
    medians = {name: median(figures) for name, figures in last["samples"].items()}
    templates = Environment(
        loader=FileSystemLoader(BENCH),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown and a plot of our own figures
    )
    bars = [
        {"name": name, "seconds": medians[key], "ours": key in {"cold", "warm"}}
        for key, name in CONTESTANTS.items()
        if key in medians  # Elementary comes from a repository that may be out of reach
    ]
    bars.sort(key=itemgetter("seconds"), reverse=True)
    read = list(reads())
    rounds = len(last["samples"]["warm"])
    plot = {"bars": bars, "longest": max(bar["seconds"] for bar in bars), "rounds": rounds}
    text = {
        "results": results,
        "run": last,
        "medians": medians,
        "mornings": mornings.table(),
        "cost": _cost(read),
    }
    return {
        PAGE: templates.get_template("performance.md.j2").render(text),
        PLOT: templates.get_template("plot.svg.j2").render(plot),
    }


def _machine() -> dict[str, Any]:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = model[1] if model else platform.processor()
    return {
        "date": str(datetime.now(UTC).date()),
        "machine": f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": {
            "python": platform.python_version(),
            **{
                name: version(name)
                for name in ("google-cloud-bigquery", "functions-framework", "slack-sdk", "pydantic")
            },
            **{name: _version(name, folder) for name, folder in OTHERS.items()},
            "local-bigquery": _version("local-bigquery", ".venv-emulator"),
            "bq": _output("bq", "version").split()[-1],
        },
    }


def _version(name: str, folder: str) -> str:
    ask = f"import importlib.metadata; print(importlib.metadata.version({name!r}))"
    return _output(ROOT / folder / "bin" / "python", "-c", ask)


def _output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _cost(queries: Sequence[Read]) -> dict[str, float]:
    """The cost of a year with the default sources. Load jobs are free."""
    tables = {read.query: len(read.columns) for read in queries}
    sources = (
        "schedule/espn",
        "schedule/nbac",
        "context/upcoming_player_game_context",
        "coverage/player_composite_factors",
    )
    check = sum(tables[f"sources/{name}.sql"] for name in sources) + 1  # the history, of which a view is a part
    # A follow-up reads the history, and the sources only if an incident is open: in the worst case, every time.
    per_year = 365 * (1 + FOLLOW_UPS) * check * MEGABYTES_PER_TABLE / 2**20
    return {
        "tables": check,
        "megabytes": check * MEGABYTES_PER_TABLE,
        "follow_ups": FOLLOW_UPS,
        "tebibytes": per_year,
        "dollars": per_year * DOLLARS_PER_TEBIBYTE,
        "free": 12 * FREE_TEBIBYTES_A_MONTH,
        "price": DOLLARS_PER_TEBIBYTE,
    }


def _rounded(samples: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {name: [round(figure, 4) for figure in figures] for name, figures in samples.items()}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_page()
