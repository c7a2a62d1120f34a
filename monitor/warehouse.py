"""BigQuery: the sources are read side by side, the history is read and appended, its schema compared and applied.

The only module that imports google.cloud. A source that fails is a reading with an error; any other failure is a
WarehouseError whose message is safe to show.
"""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic, sleep
from typing import Any

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, Conflict, GoogleAPIError, NotFound, RetryError
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY, DEFAULT_RETRY
from google.cloud.bigquery.table import RowIterator

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
from monitor.schema import (
    HISTORY,
    LATEST,
    PARTITION,
    SchemaError,
    drift,
    merged,
    missing,
    too_strict,
    wanted_columns,
    wanted_views,
)
from monitor.settings import SCHEMAS, Settings

type Client = bigquery.Client

HISTORY_PARTS = ("checks", "calendar", "incidents", "gaps", "sources")
"""What the history is asked for, each by the query of its name in schemas/queries."""

# Well above a season of every table here, well below a whole table read by mistake: about 6 US cents on demand.
MAX_BYTES_BILLED = 10 * 2**30
# One query, its retries included; the sources run side by side, so a check waits for them once.
QUERY_SECONDS = 60
RETRY_SECONDS = 30
HTTP_SECONDS = 20
POLL_SECONDS = 0.5

_APPLY = "if its table or columns are missing, run `python -m monitor schema apply`"
_LABELS = {"service": "data-availability-monitor"}

_COLUMNS = {
    ScheduleRow: {
        "game_date": "DATE",
        "game_id": "STRING",
        "away": "STRING",
        "home": "STRING",
        "state": "STRING",
        "tipoff": "TIMESTAMP",
        "refreshed_at": "TIMESTAMP",
    },
    PlayerRow: {
        "game_date": "DATE",
        "game_id": "STRING",
        "team": "STRING",
        "players": "INTEGER",
        "refreshed_at": "TIMESTAMP",
    },
}

# As BigQuery's errors begin, and as the connection's name the host and the path.
_ADDRESS = re.compile(
    r"(?:(?:GET|POST|PUT|PATCH|DELETE) )?https?://\S+\s*|HTTPS?Connection(?:Pool)?\(host=[^)]*\): | with url: \S+"
)

# What the client raises when the warehouse does not answer, or not sensibly: its API errors, its credentials', the
# connection's (requests' errors are OSErrors), a wait that ends, and half an answer.
_FAILURES = (GoogleAPIError, GoogleAuthError, OSError, TimeoutError, ValueError)


class WarehouseError(Exception):
    """BigQuery did not do what was asked. The message says what and what to do, without addresses or secrets."""


class NoHistoryError(WarehouseError):
    """The history table or one of its views is not there."""


def connect(settings: Settings) -> bigquery.Client:
    """A client of the project, or of the emulator, which knows no credentials. Raises WarehouseError."""
    if settings.bigquery_emulator_host:
        return bigquery.Client(
            settings.gcp_project_id,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # google.auth has partial types
            client_options=ClientOptions(api_endpoint=settings.bigquery_emulator_host),
        )
    try:
        return bigquery.Client(settings.gcp_project_id)
    except GoogleAuthError as error:
        raise WarehouseError(f"there are no credentials for BigQuery: {_explain(error)}") from error


def read_sources(client: bigquery.Client, settings: Settings, days: DateRange, run_id: str) -> Readings:
    """One job per source, side by side, over a window that holds the evidence for every date of the range."""
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
        answer = _query(client, sql, window, {"source": name, "run_id": run_id})
        rows = _rows(answer, row_type)
    except (*_FAILURES, WarehouseError) as error:
        return Reading(name, kind, error=_explain(error))
    return Reading(name, kind, rows, bytes_processed=answer.total_bytes_processed or 0)


def _query(
    client: bigquery.Client, sql: str, days: DateRange, labels: Mapping[str, str], dataset: str | None = None
) -> RowIterator:
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("start_date", "DATE", days.first),
            bigquery.ScalarQueryParameter("end_date", "DATE", days.last),
        ],
        maximum_bytes_billed=MAX_BYTES_BILLED,
        job_timeout_ms=QUERY_SECONDS * 1000,
        labels={**_LABELS, **labels},
    )
    if dataset:
        config.default_dataset = f"{client.project}.{dataset}"
    return client.query_and_wait(
        sql,
        job_config=config,
        api_timeout=HTTP_SECONDS,
        wait_timeout=QUERY_SECONDS,
        retry=_retry(),
        job_retry=DEFAULT_JOB_RETRY.with_timeout(RETRY_SECONDS),
    )


def _rows[Row: (ScheduleRow, PlayerRow)](answer: RowIterator, row_type: type[Row]) -> tuple[Row, ...]:
    """Raises WarehouseError unless the query keeps to the columns of the source contract."""
    expected: dict[str, str] = _COLUMNS[row_type]
    given: dict[str, str] = {field.name: field.field_type for field in answer.schema}
    problems = [
        f"column {name} is {given.get(name, 'absent')}, should be {expected.get(name, 'absent')}"
        for name in dict.fromkeys([*expected, *given])
        if given.get(name) != expected.get(name)
    ]
    if problems:
        raise WarehouseError("; ".join(problems))
    rows = tuple(row_type(**{name: row[name] for name in expected}) for row in answer)
    if any(row.game_date is None or (isinstance(row, PlayerRow) and row.players is None) for row in rows):
        raise WarehouseError("a row has no game_date or no players")
    return rows


def read_own(client: bigquery.Client, settings: Settings, query: str, days: DateRange) -> list[dict[str, Any]]:
    """The rows of schemas/queries/<query>.sql, which asks the monitor's own history. Raises WarehouseError."""
    sql = (SCHEMAS / "queries" / f"{query}.sql").read_text()
    try:
        return [dict(row) for row in _query(client, sql, days, {"source": query}, settings.monitoring_dataset)]
    except NotFound as error:
        raise NoHistoryError(f"there is no history yet ({_explain(error)}); {_APPLY}") from error
    except _FAILURES as error:
        advice = f"; {_APPLY}" if isinstance(error, BadRequest) else ""
        raise WarehouseError(f"the history could not be read: {_explain(error)}{advice}") from error


def read_history(client: bigquery.Client, settings: Settings, days: DateRange) -> dict[str, list[dict[str, Any]]]:
    """All that the views show of these dates, by the names of the queries. Raises WarehouseError."""
    return read_side_by_side(client, settings, dict.fromkeys(HISTORY_PARTS, days))


def read_side_by_side(
    client: bigquery.Client, settings: Settings, queries: Mapping[str, DateRange]
) -> dict[str, list[dict[str, Any]]]:
    """What `read_own` gives for each of these queries over its dates, a job each. Raises WarehouseError."""
    with ThreadPoolExecutor(max_workers=len(queries), thread_name_prefix="history") as threads:
        reading = {query: threads.submit(read_own, client, settings, query, days) for query, days in queries.items()}
        return {query: rows.result() for query, rows in reading.items()}


def append_history(client: bigquery.Client, settings: Settings, rows: Sequence[dict[str, Any]], run_id: str) -> None:
    """Append all rows of a run in one load job: all or nothing, and once however often it is sent.

    The job's id is made from the run's, so a repeated request is refused by BigQuery as a duplicate
    (https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid). Raises WarehouseError.
    """
    job_id = f"data-availability-{run_id}"
    table = f"{client.project}.{settings.monitoring_dataset}.{HISTORY}"
    config = bigquery.LoadJobConfig(
        # Neither a schema nor a guess: the table's own columns decide, and a row that does not fit them is an error.
        autodetect=False,
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        labels={**_LABELS, "run_id": run_id},
    )
    try:
        try:
            job = client.load_table_from_json(
                rows, table, job_id=job_id, job_config=config, num_retries=2, timeout=HTTP_SECONDS
            )
        except Conflict:
            # Sent before, and the answer was lost on the way: what counts is how that job ends.
            location = client.get_dataset(settings.monitoring_dataset, retry=_retry(), timeout=HTTP_SECONDS).location
            job = client.get_job(job_id, location=location, retry=_retry(), timeout=HTTP_SECONDS)  # type: ignore[assignment]  # a load job's id
        _wait_for(job)
    except _FAILURES as error:
        advice = f"; {_APPLY}" if isinstance(error, NotFound | BadRequest) else ""
        raise WarehouseError(f"the history row could not be written: {_explain(error)}{advice}") from error


def _wait_for(job: bigquery.LoadJob) -> None:
    """Until the job is done, and raise what it failed of. Its own `result` would wait 128 s for one lost answer."""
    until = monotonic() + QUERY_SECONDS
    while not job.done(retry=_retry(), timeout=HTTP_SECONDS):
        if monotonic() > until:
            raise TimeoutError(f"the load job was not done within {QUERY_SECONDS} seconds")
        sleep(POLL_SECONDS)
    job.result()


def schema_drift(client: bigquery.Client, settings: Settings) -> list[str]:
    """How the history table and its views differ from schemas; empty where they do not. Raises WarehouseError."""
    try:
        table = _get(client, settings, HISTORY)
        if table is None:
            return [f"table {settings.monitoring_dataset}.{HISTORY} does not exist"]
        views = {name: (_get(client, settings, name), query) for name, query in wanted_views(settings).items()}
    except _FAILURES as error:
        raise WarehouseError(f"the history table could not be looked at: {_explain(error)}") from error
    partition = table.time_partitioning.field if table.time_partitioning else None
    return [
        *drift(wanted_columns(), [field.to_api_repr() for field in table.schema]),
        *([] if partition == PARTITION else [f"the table is partitioned by {partition}, should be by {PARTITION}"]),
        *(f"view {name} is missing" for name, (view, _) in views.items() if view is None),
        *(
            f"view {name} has another query"
            for name, (view, query) in views.items()
            if view and view.view_query != query
        ),
    ]


def apply_schema(client: bigquery.Client, settings: Settings) -> list[str]:
    """Create the dataset, table, columns and views that are missing; drop no column and rewrite no row.

    A view holds no data: one whose query differs gets the query of schemas/views. Returns what was done. Raises
    WarehouseError, and SchemaError where a column has another type or a view's name is a table's.
    """
    try:
        done = _apply_table(client, settings)
        return [*done, *_apply_views(client, settings, stale={LATEST} if done else set())]
    except _FAILURES as error:
        raise WarehouseError(f"the schema could not be applied: {_explain(error)}") from error


def _apply_table(client: bigquery.Client, settings: Settings) -> list[str]:
    name = _full_name(settings, HISTORY)
    columns = wanted_columns()
    table = _get(client, settings, HISTORY)
    if table is None:
        client.create_dataset(settings.monitoring_dataset, exists_ok=True, retry=_retry(), timeout=HTTP_SECONDS)
        table = bigquery.Table(name, [bigquery.SchemaField.from_api_repr(column) for column in columns])
        table.time_partitioning = bigquery.TimePartitioning(field=PARTITION)
        client.create_table(table, retry=_retry(), timeout=HTTP_SECONDS)
        return [f"created {name}"]
    present = [field.to_api_repr() for field in table.schema]
    done = [
        *(f"added {what}" for what in missing(columns, present)),
        *(f"made {name} NULLABLE" for name in too_strict(present)),
    ]
    if done:
        table.schema = [bigquery.SchemaField.from_api_repr(column) for column in merged(columns, present)]
        client.update_table(table, ["schema"], retry=_retry(), timeout=HTTP_SECONDS)
    return done


def _apply_views(client: bigquery.Client, settings: Settings, stale: set[str]) -> list[str]:
    """`stale` views get their query anew: a view of all columns keeps to those that there were when it was given it."""
    done = []
    for name, query in wanted_views(settings).items():
        view = _get(client, settings, name)
        if view is None:
            view = bigquery.Table(_full_name(settings, name))
            view.view_query = query
            client.create_table(view, retry=_retry(), timeout=HTTP_SECONDS)
            done.append(f"created view {name}")
        elif view.view_query is None:
            raise SchemaError(f"{name} is a table, and should be a view: rename it, then apply again")
        elif view.view_query != query or name in stale:
            view.view_query = query
            client.update_table(view, ["view_query"], retry=_retry(), timeout=HTTP_SECONDS)
            done.append(f"gave view {name} its query")
    return done


def _get(client: bigquery.Client, settings: Settings, name: str) -> bigquery.Table | None:
    try:
        return client.get_table(_full_name(settings, name), retry=_retry(), timeout=HTTP_SECONDS)
    except NotFound:
        return None


def _full_name(settings: Settings, name: str) -> str:
    return f"{settings.gcp_project_id}.{settings.monitoring_dataset}.{name}"


def _retry() -> Retry:
    """The client's own retries, which would go on for ten minutes."""
    return DEFAULT_RETRY.with_timeout(RETRY_SECONDS)


def _explain(error: Exception) -> str:
    """What went wrong, in one line without addresses."""
    while isinstance(error, RetryError) and isinstance(error.cause, Exception):
        error = error.cause
    errors = getattr(error, "errors", None)
    told = errors[0].get("message") if errors and isinstance(errors[0], dict) else None
    text = told or str(error)
    line = _ADDRESS.sub("", text.strip().partition("\n")[0])
    return f"{type(error).__name__}: {line[:300]}" if not isinstance(error, WarehouseError) else line[:300]
