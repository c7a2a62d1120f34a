"""Reads the platform's sources in parallel, one query and one job each.

A source that fails or breaks the column contract becomes a reading with an error. Nothing here raises.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from operator import attrgetter, itemgetter
from typing import get_args, get_type_hints

from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from monitor.bigquery.client import FAILURES, WarehouseError, explain, query
from monitor.core.dates import DateRange
from monitor.core.sources import (
    EVIDENCE_DAYS,
    MOVE_DAYS,
    Kind,
    PlayerRow,
    Reading,
    Readings,
    ScheduleRow,
)
from monitor.request import Run
from monitor.settings import SCHEMAS

_TYPES: dict[type, str] = {date: "DATE", datetime: "TIMESTAMP", str: "STRING", int: "INTEGER"}


def read_sources(client: bigquery.Client, run: Run) -> Readings:
    """One job per source, side by side, over a window that holds the evidence for every date of the run.

    Predictions are asked for only where a date of the run has them due.
    """
    settings, days = run.settings, run.days
    before = days.widened(before=EVIDENCE_DAYS, after=0)
    # A game that was moved here may have come from, or gone to, any date of this window.
    around = days.widened(before=MOVE_DAYS, after=MOVE_DAYS)
    due = run.now >= settings.deadlines.predictions_due_at(days.first)
    predictions_source = settings.predictions_source if due else ()
    names = [*settings.schedule_sources, *settings.phase3_source, *settings.phase4_sources, *predictions_source]
    with ThreadPoolExecutor(max_workers=len(names), thread_name_prefix="source") as threads:

        def read[Row: (ScheduleRow, PlayerRow)](
            kind: Kind, row_type: type[Row], window: DateRange, names: Sequence[str]
        ) -> Iterator[Reading[Row]]:
            return threads.map(partial(_read_source, client, kind, row_type, window, run.run_id), names)

        schedule = read(Kind.SCHEDULE, ScheduleRow, around, settings.schedule_sources)
        context = read(Kind.CONTEXT, PlayerRow, before, settings.phase3_source)
        coverage = read(Kind.COVERAGE, PlayerRow, before, settings.phase4_sources)
        predictions = read(Kind.PREDICTIONS, PlayerRow, before, predictions_source)
        return Readings(tuple(schedule), next(context), tuple(coverage), next(predictions, None))


def _read_source[Row: (ScheduleRow, PlayerRow)](
    client: bigquery.Client, kind: Kind, row_type: type[Row], window: DateRange, run_id: str, name: str
) -> Reading[Row]:
    sql = (SCHEMAS / "sources" / kind / f"{name}.sql").read_text()
    try:
        answer = query(client, sql, window, {"source": name, "run_id": run_id})
        rows = _rows(answer, row_type)
    except (*FAILURES, WarehouseError) as error:
        return Reading(name, kind, error=explain(error))
    return Reading(name, kind, rows, bytes_processed=answer.total_bytes_processed or 0)


def columns(row_type: type[ScheduleRow | PlayerRow]) -> dict[str, str]:
    """The columns that a source must select: the fields of its row, with their BigQuery types."""
    return {name: _TYPES[(*get_args(of), of)[0]] for name, of in get_type_hints(row_type).items()}


def _rows[Row: (ScheduleRow, PlayerRow)](answer: RowIterator, row_type: type[Row]) -> tuple[Row, ...]:
    """Raises WarehouseError if the query breaks the column contract."""
    expected: dict[str, str] = columns(row_type)
    required = [name for name, of in get_type_hints(row_type).items() if not get_args(of)]
    given: dict[str, str] = {field.name: field.field_type for field in answer.schema}
    problems = [
        f"column {name} is {given.get(name, 'absent')}, should be {expected.get(name, 'absent')}"
        for name in dict.fromkeys([*expected, *given])
        if given.get(name) != expected.get(name)
    ]
    if problems:
        raise WarehouseError("; ".join(problems))
    # All values of a row at once: one by one they take the client three times as long, and a season has thousands.
    in_order = itemgetter(*map(list(given).index, expected))
    rows = tuple(row_type._make(in_order(row[:])) for row in answer)
    if any(None in map(attrgetter(name), rows) for name in required):
        raise WarehouseError(f"a row has no {' or no '.join(required)}")
    return rows
