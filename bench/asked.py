"""What a check and a page ask of BigQuery: they run with a client that keeps the queries and answers with no rows."""

from dataclasses import dataclass
from datetime import date
from typing import cast

from google.cloud import bigquery

from local import sample
from monitor.bigquery.history import read_checks
from monitor.bigquery.sources import read_sources
from monitor.core.dates import DateRange
from monitor.request import CheckRequest, DashboardRequest, Run, Trigger
from monitor.settings import Settings
from monitor.web import dashboard


@dataclass(frozen=True, order=True)
class Asked:
    """A query by its name, and its @start_date and @end_date."""

    name: str
    sql: str
    first: date
    last: date

    @property
    def days(self) -> DateRange:
        return DateRange(self.first, self.last)


class _NoRows(tuple[()]):
    """An answer without rows or columns."""

    __slots__ = ()
    schema = ()


class _Client:
    def __init__(self, settings: Settings) -> None:
        self.project = settings.gcp_project_id
        self.asked: list[Asked] = []

    def query_and_wait(self, sql: str, *, job_config: bigquery.QueryJobConfig, **_limits: object) -> _NoRows:
        first, last = (parameter.value for parameter in job_config.query_parameters)
        self.asked.append(Asked(job_config.labels["source"], sql, first, last))
        return _NoRows()


def by_a_check(settings: Settings) -> list[Asked]:
    """The queries of a check of the bad day: its sources and its history."""
    client = _Client(settings)
    request = CheckRequest.model_validate({}, context={"today": sample.BAD_DAY})
    run = Run(settings, request, "bench", Trigger.MANUAL, sample.MORNING)
    read_sources(cast("bigquery.Client", client), run)
    read_checks(cast("bigquery.Client", client), settings, run.days)
    return sorted(client.asked)


def by_a_page(settings: Settings, days: DateRange) -> list[Asked]:
    """The queries of the dashboard of these days."""
    client = _Client(settings)
    dashboard.page(cast("bigquery.Client", client), settings, page_of(days), now=sample.MORNING)
    return sorted(client.asked)


def page_of(days: DateRange) -> DashboardRequest:
    """The request for the dashboard of these days."""
    given = {"start": f"{days.first}", "end": f"{days.last}"}
    return DashboardRequest.model_validate(given, context={"today": sample.BAD_DAY})
