"""Reads the platform's sources in parallel, one query and one job each.

A source that fails or breaks the column contract becomes a reading with an error. Nothing here raises.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from typing import get_args, get_type_hints

from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from monitor.bigquery.client import FAILURES, WarehouseError, explain, query
from monitor.core.dates import DateRange
from monitor.core.sources import (
    EVIDENCE_DAYS,
    RESCHEDULE_DAYS,
    Kind,
    PlayerRow,
    Reading,
    Readings,
    ScheduleRow,
)
from monitor.settings import SCHEMAS, Settings

_TYPES: dict[type, str] = {date: "DATE", datetime: "TIMESTAMP", str: "STRING", int: "INTEGER"}


def read_sources(client: bigquery.Client, settings: Settings, days: DateRange, run_id: str) -> Readings:
    """Read all sources, over enough days around the range to judge each of its dates."""
    before = days.widened(before=EVIDENCE_DAYS, after=0)
    around = days.widened(before=EVIDENCE_DAYS, after=RESCHEDULE_DAYS)
    read_schedule = partial(_read_source, client, Kind.SCHEDULE, ScheduleRow, around, run_id)
    read_context = partial(_read_source, client, Kind.CONTEXT, PlayerRow, before, run_id)
    read_coverage = partial(_read_source, client, Kind.COVERAGE, PlayerRow, before, run_id)
    names = [*settings.schedule_sources, *settings.phase3_source, *settings.phase4_sources]
    with ThreadPoolExecutor(max_workers=len(names), thread_name_prefix="source") as threads:
        schedule = threads.map(read_schedule, settings.schedule_sources)
        context = threads.map(read_context, settings.phase3_source)
        coverage = threads.map(read_coverage, settings.phase4_sources)
        return Readings(tuple(schedule), next(context), tuple(coverage))


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
    rows = tuple(row_type(**{name: row[name] for name in expected}) for row in answer)
    if any(getattr(row, name) is None for row in rows for name in required):
        raise WarehouseError(f"a row has no {' or no '.join(required)}")
    return rows
