"""Connects to BigQuery, queries a range of dates and loads rows, all within time and cost limits.

Errors are FAILURES, or WarehouseError, whose message is safe to show: it has no URLs and no secrets.
"""

import re
from collections.abc import Mapping, Sequence
from time import monotonic, sleep
from typing import Any

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Conflict, GoogleAPIError, RetryError
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY, DEFAULT_RETRY
from google.cloud.bigquery.table import RowIterator

from monitor.core.dates import DateRange
from monitor.settings import Settings

type Client = bigquery.Client

# Well above a season of every table here, well below a whole table read by mistake: about 6 US cents on demand.
MAX_BYTES_BILLED = 10 * 2**30
# One query with its retries. The sources run in parallel, so a check waits only once.
QUERY_SECONDS = 60
RETRY_SECONDS = 30
HTTP_SECONDS = 20
POLL_SECONDS = 0.5

_LABELS = {"service": "data-availability-monitor"}

# BigQuery's errors start with a method and URL; connection errors name the host and path.
_ADDRESS = re.compile(
    r"(?:(?:GET|POST|PUT|PATCH|DELETE) )?https?://\S+\s*|HTTPS?Connection(?:Pool)?\(host=[^)]*\): | with url: \S+"
)

# What the client raises if BigQuery does not answer properly: API, credential and connection errors (those of requests
# are OSErrors), timeouts, and truncated answers.
FAILURES = (GoogleAPIError, GoogleAuthError, OSError, TimeoutError, ValueError)


APPLY = "if its table or columns are missing, run `python -m monitor schema apply`"
"""What to do if BigQuery finds no table or rejects a column."""


class WarehouseError(Exception):
    """A BigQuery call failed. The message says which and what to do, without URLs or secrets."""


def connect(settings: Settings) -> bigquery.Client:
    """A client for the project, or for the emulator, which takes no credentials. Raises WarehouseError."""
    if settings.bigquery_emulator_host:
        return bigquery.Client(
            settings.gcp_project_id,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # google.auth has partial types
            client_options=ClientOptions(api_endpoint=settings.bigquery_emulator_host),
        )
    try:
        return bigquery.Client(settings.gcp_project_id)
    except GoogleAuthError as error:
        raise WarehouseError(f"no credentials for BigQuery: {explain(error)}") from error


def query(
    client: bigquery.Client, sql: str, days: DateRange, labels: Mapping[str, str], dataset: str | None = None
) -> RowIterator:
    """Run a query with @start_date and @end_date. Unqualified tables are in `dataset`. Raises FAILURES."""
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


def load(
    client: bigquery.Client, rows: Sequence[dict[str, Any]], dataset: str, table: str, job_id: str, run_id: str
) -> None:
    """Append the rows in one load job: all or none, and only once however often it is sent with the same `job_id`.

    BigQuery rejects a job id that it has seen (https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid).
    Raises FAILURES.
    """
    config = bigquery.LoadJobConfig(
        # No schema and no detection: the table's own columns apply, and a row that does not match them is an error.
        autodetect=False,
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        labels={**_LABELS, "run_id": run_id},
    )
    try:
        job = client.load_table_from_json(
            rows,
            f"{client.project}.{dataset}.{table}",
            job_id=job_id,
            job_config=config,
            num_retries=2,
            timeout=HTTP_SECONDS,
        )
    except Conflict:
        # An earlier attempt got through but its answer was lost. What counts is how that job ends.
        location = client.get_dataset(dataset, **limits()).location
        job = client.get_job(job_id, location=location, **limits())  # type: ignore[assignment]  # a load job's id
    _wait_for(job)


def _wait_for(job: bigquery.LoadJob) -> None:
    """Wait for the job; raise its error if it failed. Its own `result` would wait 128 s for one lost answer."""
    until = monotonic() + QUERY_SECONDS
    while not job.done(**limits()):
        if monotonic() > until:
            raise TimeoutError(f"the load job did not finish within {QUERY_SECONDS} seconds")
        sleep(POLL_SECONDS)
    job.result()


def limits() -> dict[str, Any]:
    """The limits on one call, for client methods that take `retry` and `timeout`."""
    return {"retry": _retry(), "timeout": HTTP_SECONDS}


def _retry() -> Retry:
    """The client's own retries, which would otherwise go on for ten minutes."""
    return DEFAULT_RETRY.with_timeout(RETRY_SECONDS)


def explain(error: Exception) -> str:
    """What went wrong, in one line without URLs."""
    while isinstance(error, RetryError) and isinstance(error.cause, Exception):
        error = error.cause
    errors = getattr(error, "errors", None)
    detail = errors[0].get("message") if errors and isinstance(errors[0], dict) else None
    text = detail or str(error)
    line = _ADDRESS.sub("", text.strip().partition("\n")[0])
    return f"{type(error).__name__}: {line[:300]}" if not isinstance(error, WarehouseError) else line[:300]
