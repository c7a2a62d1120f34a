"""BigQuery, asked and written to within limits: a client, a query over a range of dates, a load of rows.

A failure is one of FAILURES, or a WarehouseError whose message is safe to show: it has no addresses and no secrets.
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
# One query, its retries included; the sources run side by side, so a check waits for them once.
QUERY_SECONDS = 60
RETRY_SECONDS = 30
HTTP_SECONDS = 20
POLL_SECONDS = 0.5

_LABELS = {"service": "data-availability-monitor"}

# As BigQuery's errors begin, and as the connection's name the host and the path.
_ADDRESS = re.compile(
    r"(?:(?:GET|POST|PUT|PATCH|DELETE) )?https?://\S+\s*|HTTPS?Connection(?:Pool)?\(host=[^)]*\): | with url: \S+"
)

# What the client raises when the warehouse does not answer, or not sensibly: its API errors, its credentials', the
# connection's (requests' errors are OSErrors), a wait that ends, and half an answer.
FAILURES = (GoogleAPIError, GoogleAuthError, OSError, TimeoutError, ValueError)


APPLY = "if its table or columns are missing, run `python -m monitor schema apply`"
"""What to do where BigQuery finds no table or refuses a column."""


class WarehouseError(Exception):
    """BigQuery did not do what was asked. The message says what and what to do, without addresses or secrets."""


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
        raise WarehouseError(f"there are no credentials for BigQuery: {explain(error)}") from error


def query(
    client: bigquery.Client, sql: str, days: DateRange, labels: Mapping[str, str], dataset: str | None = None
) -> RowIterator:
    """Run a query with @start_date and @end_date; unqualified tables are those of `dataset`. Raises FAILURES."""
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
    """Append all rows in one load job: all or nothing, and once however often it is sent under the same `job_id`.

    BigQuery refuses a job id that it has seen (https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid).
    Raises FAILURES.
    """
    config = bigquery.LoadJobConfig(
        # Neither a schema nor a guess: the table's own columns decide, and a row that does not fit them is an error.
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
        # Sent before, and the answer was lost on the way: what counts is how that job ends.
        location = client.get_dataset(dataset, **limits()).location
        job = client.get_job(job_id, location=location, **limits())  # type: ignore[assignment]  # a load job's id
    _wait_for(job)


def _wait_for(job: bigquery.LoadJob) -> None:
    """Until the job is done, and raise what it failed of. Its own `result` would wait 128 s for one lost answer."""
    until = monotonic() + QUERY_SECONDS
    while not job.done(**limits()):
        if monotonic() > until:
            raise TimeoutError(f"the load job was not done within {QUERY_SECONDS} seconds")
        sleep(POLL_SECONDS)
    job.result()


def limits() -> dict[str, Any]:
    """How long one call may take, for the methods of the client that take `retry` and `timeout`."""
    return {"retry": _retry(), "timeout": HTTP_SECONDS}


def _retry() -> Retry:
    """The client's own retries, which would go on for ten minutes."""
    return DEFAULT_RETRY.with_timeout(RETRY_SECONDS)


def explain(error: Exception) -> str:
    """What went wrong, in one line without addresses."""
    while isinstance(error, RetryError) and isinstance(error.cause, Exception):
        error = error.cause
    errors = getattr(error, "errors", None)
    told = errors[0].get("message") if errors and isinstance(errors[0], dict) else None
    text = told or str(error)
    line = _ADDRESS.sub("", text.strip().partition("\n")[0])
    return f"{type(error).__name__}: {line[:300]}" if not isinstance(error, WarehouseError) else line[:300]
