"""The same SQL and row with only the BigQuery client: the minimum for any monitor that uses it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from google.cloud import bigquery

from monitor.bigquery.schema import HISTORY
from monitor.core.dates import DateRange
from monitor.core.sources import EVIDENCE_DAYS, MOVE_DAYS
from monitor.settings import SCHEMAS, Settings


def check(client: bigquery.Client, settings: Settings, day: date, rows: Sequence[dict[str, Any]]) -> None:
    """Read the sources and the history side by side, and append these rows."""
    asking = _queries(client, settings, day)
    with ThreadPoolExecutor(5) as threads:
        for answer in threads.map(lambda asked: client.query_and_wait(asked[0], job_config=asked[1]), asking):
            list(answer)
    job = client.load_table_from_json(
        rows,
        f"{client.project}.{settings.monitoring_dataset}.{HISTORY}",
        job_config=bigquery.LoadJobConfig(autodetect=False, write_disposition="WRITE_APPEND"),
    )
    job.result()


def _queries(client: bigquery.Client, settings: Settings, day: date) -> Iterator[tuple[str, bigquery.QueryJobConfig]]:
    the_day = DateRange(day, day)
    before = the_day.widened(before=EVIDENCE_DAYS, after=0)
    around = the_day.widened(before=MOVE_DAYS, after=MOVE_DAYS)
    for name, days in (
        *((f"sources/schedule/{name}", around) for name in settings.schedule_sources),
        *((f"sources/context/{name}", before) for name in settings.phase3_source),
        *((f"sources/coverage/{name}", before) for name in settings.phase4_sources),
        ("queries/history", the_day),
    ):
        config = bigquery.QueryJobConfig(
            default_dataset=f"{client.project}.{settings.monitoring_dataset}",
            query_parameters=[
                bigquery.ScalarQueryParameter("start_date", "DATE", days.first),
                bigquery.ScalarQueryParameter("end_date", "DATE", days.last),
            ],
        )
        yield (SCHEMAS / f"{name}.sql").read_text(), config
