"""Parses and validates requests, from a query string, a JSON body or a command line.

Anything invalid raises RequestError with a message for the caller; nothing is guessed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import IO, Annotated, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from monitor.core.alerts import Notify
from monitor.core.dates import DateRange, league_date, season_of
from monitor.settings import Settings

MAX_DAYS = 400
MAX_CALENDAR_DAYS = 4_020
"""Eleven years. A date in the calendar costs little."""
MAX_BODY_BYTES = 10_000
FIRST_GAME = date(1946, 11, 1)
"""The league's first game. No date before it can have one."""

_SCHEDULER_ZONE = ZoneInfo("America/New_York")
_RELATIVE = {"yesterday": -1, "today": 0, "tomorrow": 1}


class Trigger(StrEnum):
    """Who asked for a run. The values are a contract."""

    SCHEDULER = "scheduler"
    MANUAL = "manual"
    BACKFILL = "backfill"
    CLI = "cli"


class RequestError(Exception):
    """The request is invalid. The message tells the caller what is wrong and what is valid."""


def _parse_date(value: object, info: ValidationInfo) -> date:
    today: date = (info.context or {})["today"]
    if isinstance(value, str) and value in _RELATIVE:
        return today + timedelta(days=_RELATIVE[value])
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError(f"must be a date like {today}, or today, yesterday or tomorrow; got {_shown(value)}")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"is not a valid date: {value}") from None
    last = today + timedelta(days=MAX_DAYS)
    if not FIRST_GAME <= day <= last:
        raise ValueError(f"must be between {FIRST_GAME}, the league's first game, and {last}; got {value}")
    return day


def _parse_flag(value: object) -> bool:
    # bool("false") is True, so only these two words are accepted.
    flags = {"true": True, "false": False, True: True, False: False}
    word = value.lower() if isinstance(value, str) else value
    if not isinstance(word, str | bool) or word not in flags:
        raise ValueError(f"must be true or false; got {_shown(value)}")
    return flags[word]


def _parse_notify(value: object) -> object:
    if value not in list(Notify):
        raise ValueError(f"must be auto, always or never; got {_shown(value)}")
    return value


LeagueDate = Annotated[date, BeforeValidator(_parse_date)]
Flag = Annotated[bool, BeforeValidator(_parse_flag)]


class DatesRequest(BaseModel):
    """A request that may have a range of dates, both ends included."""

    # Built on first use: a cold start that answers /health or one check does not build the others.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    max_days: ClassVar[int] = MAX_DAYS

    start: LeagueDate | None = Field(None, description="First date of a range, included.")
    end: LeagueDate | None = Field(None, description=f"Last date, included; at most {MAX_DAYS} days in all.")

    @model_validator(mode="after")
    def _range_makes_sense(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end go together: give both, or date for one day")
        if self.start and self.end:
            if self.start > self.end:
                raise ValueError(f"start {self.start} is after end {self.end}")
            if (days := len(DateRange(self.start, self.end))) > self.max_days:
                raise ValueError(f"{self.start} to {self.end} is {days} days; the maximum is {self.max_days}")
        return self


class HistoryRequest(DatesRequest):
    """Which dates of the history to read; the last 30 days by default."""

    def days(self, today: date) -> DateRange:
        """The dates to read."""
        if self.start and self.end:
            return DateRange(self.start, self.end)
        return DateRange(today - timedelta(days=29), today)


class DashboardRequest(DatesRequest):
    """What the dashboard shows: one day in detail and a calendar, by default of that day's season."""

    max_days: ClassVar[int] = MAX_CALENDAR_DAYS

    end: LeagueDate | None = Field(None, description=f"Last date, included; at most {MAX_CALENDAR_DAYS} days in all.")
    day: LeagueDate | None = Field(
        None, description="The day shown first; by default today, or the range's date that is nearest to it."
    )

    def days(self, today: date) -> DateRange:
        """The dates to show in the calendar."""
        if self.start and self.end:
            return DateRange(self.start, self.end)
        return season_of(self.day or today)

    def shown(self, today: date) -> date:
        """The day to show first."""
        days = self.days(today)
        return self.day or max(days.first, min(today, days.last))


class CheckRequest(DatesRequest):
    """Which dates to check, and what to do with the verdicts."""

    date: LeagueDate | None = Field(None, description="The league date; today in the league's zone if not given.")
    dry_run: Flag = Field(default=False, description="Judge only: write no row, post nothing.")
    notify: Annotated[Notify, BeforeValidator(_parse_notify)] = Field(
        Notify.AUTO, description="auto: tell what is news; always: post the state whatever it is; never: post nothing."
    )

    @model_validator(mode="after")
    def _one_way_to_name_dates(self) -> Self:
        if self.date and self.start:
            raise ValueError("date cannot be combined with start and end: give one date or a range")
        return self

    @property
    def is_range(self) -> bool:
        """Whether a range was asked for, even of one day."""
        return self.start is not None

    def days(self, today: date) -> DateRange:  # type: ignore[valid-type]  # the field `date` hides the class here
        """The dates to judge."""
        if self.start and self.end:
            return DateRange(self.start, self.end)
        return DateRange(self.date or today, self.date or today)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was requested, by whom, and when. `now` is timezone-aware."""

    settings: Settings
    request: CheckRequest
    run_id: str
    trigger: Trigger
    now: datetime

    @property
    def today(self) -> date:
        """The league date of `now`."""
        return league_date(self.now, self.settings.league_timezone)

    @property
    def days(self) -> DateRange:
        """The dates to judge."""
        return self.request.days(self.today)

    @property
    def scheduler_time(self) -> str:
        """The time of day by which Cloud Scheduler calls, in New York; ops/completed_runs.json counts runs by it."""
        return f"{self.now.astimezone(_SCHEDULER_ZONE):%H:%M}"


def parse_request[R: DatesRequest](
    model: type[R], query: Mapping[str, Sequence[str]], body: IO[bytes] | None = None, *, today: date
) -> R:
    """Parse a request from query parameters (name → all its values) and a JSON body. Raises RequestError."""
    given: dict[str, Any] = {**_read_body(body)} if body else {}
    for name, values in query.items():
        if len(values) > 1 or name in given:
            raise RequestError(f"{name} is given more than once")
        given[name] = values[0]
    try:
        return model.model_validate(given, context={"today": today})
    except ValidationError as error:
        raise RequestError("; ".join(_describe(e, model) for e in error.errors())) from None


def _read_body(body: IO[bytes]) -> dict[str, Any]:
    # One byte over the limit is enough to see that the body is too large.
    text = body.read(MAX_BODY_BYTES + 1)
    if not text.strip():
        return {}
    if len(text) > MAX_BODY_BYTES:
        raise RequestError(f"the body is larger than {MAX_BODY_BYTES:,} bytes; a request needs fewer than 200")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError(
            'the body is not JSON; send {"date": "2026-01-18"}, or no body and ?date=2026-01-18 in the URL'
        ) from None
    if not isinstance(given, dict):
        raise RequestError('the body is not a JSON object; send one like {"date": "2026-01-18"}')
    return given


def _describe(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"unknown parameter {_shown(name)}; valid parameters: {', '.join(model.model_fields)}"
    return f"{name} {error['msg'].removeprefix('Value error, ')}".strip()


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - long enough to recognise
