"""The rows on the page, as the history's queries return them, and the moment at which the page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from monitor.core.dates import DateRange
from monitor.core.readiness import Readiness

type Row = Mapping[str, Any]
type Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. Each field of rows has the name of its query in schemas/queries.

    `day` is shown in detail; `days` are the dates of the calendar. `readiness` has the game dates up to today.
    """

    now: datetime
    today: date
    day: date
    days: DateRange
    calendar: Rows
    checks: Rows
    history: Rows
    incidents: Rows
    sources: Rows
    runs: Rows
    readiness: Sequence[Readiness] = ()
