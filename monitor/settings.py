"""Reads the settings from the environment, once, at boot.

Each field is the environment variable of the same name in capitals. A missing or malformed variable raises
SettingsError with a one-line message that names it and never repeats a secret.
"""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator

from monitor import __version__
from monitor.core.alerts import Channel
from monitor.core.coverage import Rules
from monitor.core.dates import (
    Deadlines,
    ExpectedGap,
    OffSeason,
    Silence,
    parse_expected_gaps,
    parse_off_season,
    parse_silences,
)
from monitor.core.sources import Kind

SCHEMAS = Path(__file__).parent.parent / "schemas"


class SettingsError(Exception):
    """A setting is missing or malformed. The message is one line for the person who deploys."""


def _names(kind: Kind, least: int = 1) -> BeforeValidator:
    def parse(text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        known = sorted(path.stem for path in (SCHEMAS / "sources" / kind).glob("*.sql"))
        unknown = [name for name in names if name not in known]
        if unknown or len(names) < least:
            raise ValueError(f"must name at least one of {', '.join(known)}; got {text!r}")
        return names

    return BeforeValidator(parse)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone, such as America/New_York") from None


def _hours(text: str) -> timedelta:
    try:
        age = timedelta(hours=float(text))
    except (ValueError, OverflowError):
        age = timedelta()
    if age <= timedelta():
        raise ValueError(f"{text!r} is not a number of hours, such as 48")
    return age


def _minutes(text: str) -> timedelta:
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII):
        raise ValueError(f"{text!r} is not a whole number of minutes, such as 120")
    return timedelta(minutes=int(text))


def _clock(text: str) -> time:
    padded = text.zfill(len("18:00"))  # 8:00 will do
    try:
        clock = time.fromisoformat(padded)
    except ValueError:
        clock = None
    # ISO 8601 also allows "18", "1800", seconds and an offset.
    if clock is None or padded != f"{clock:%H:%M}":
        raise ValueError(f"{text!r} is not a time of day, such as 18:00")
    return clock


def _host(text: str) -> str:
    if not re.fullmatch(r"https?://[\w.:-]+/?", text):
        raise ValueError(f"{text!r} is not a URL such as http://127.0.0.1:9050")
    return text.rstrip("/")


def _bot_token(text: str) -> str:
    # The value is a secret, so the message leaves it out. https://docs.slack.dev/authentication/tokens#bot
    if not re.fullmatch(r"xoxb-[\w-]+", text, re.ASCII):
        raise ValueError("is not a bot token, which starts with xoxb-; correct it or unset it")
    return text


def _url(text: str) -> str:
    # A webhook's URL is a secret, so the message leaves it out.
    local = text.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
    if not (text.startswith("https://") or local) or any(c.isspace() for c in text):
        raise ValueError("is not an https:// URL; correct it or unset it")
    return text.rstrip("/")


def _mention(text: str) -> str:
    # Slack mentions by ID; a handle stays text. https://docs.slack.dev/messaging/formatting-message-text#mentioning-users
    name = re.sub(r"^<(?:@|!subteam\^|!)(\w+)>$", r"\1", text)
    if not re.fullmatch(r"here|channel|everyone|[SUW][A-Z0-9]+", name, re.ASCII):
        raise ValueError(f"{text!r} is not the ID of a user or a user group, such as S0123ABCD, nor here or channel")
    sign = {"U": "@", "W": "@", "S": "!subteam^"}.get(name[0], "!")
    return f"<{sign}{name}>"


# Slack refuses a message with a link or a command that is too long.
Url = Annotated[str, BeforeValidator(_url), Field(max_length=500)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]


class Settings(BaseModel):
    """The operator's settings."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    gcp_project_id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.:-]*$")]
    monitoring_dataset: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")] = "nba_monitoring"
    bigquery_emulator_host: Annotated[str, BeforeValidator(_host)] | None = None

    schedule_sources: Annotated[tuple[str, ...], _names(Kind.SCHEDULE)] = ("espn", "nbac")
    phase3_source: Annotated[tuple[str, ...], _names(Kind.CONTEXT), Field(max_length=1)] = (
        "upcoming_player_game_context",
    )
    phase4_sources: Annotated[tuple[str, ...], _names(Kind.COVERAGE)] = ("player_composite_factors",)
    predictions_source: Annotated[tuple[str, ...], _names(Kind.PREDICTIONS, least=0), Field(max_length=1)] = (
        "player_prop_predictions",
    )
    schedule_authority: str = Rules.authority

    min_players_per_team: Annotated[int, Field(ge=1)] = Rules.min_players_per_team
    min_coverage: Annotated[Decimal, Field(ge=0, le=1)] = Rules.min_coverage
    schedule_max_age: Annotated[timedelta, BeforeValidator(_hours)] = Rules.schedule_max_age
    off_season: Annotated[OffSeason, BeforeValidator(parse_off_season)] = Rules.off_season
    expected_gaps: Annotated[tuple[ExpectedGap, ...], BeforeValidator(parse_expected_gaps)] = ()

    league_timezone: Zone = ZoneInfo("America/New_York")
    phase4_due_at: Annotated[time, BeforeValidator(_clock)] = time(8)
    predictions_at: Annotated[time, BeforeValidator(_clock)] = time(18)
    predictions_timezone: Zone = ZoneInfo("UTC")
    predictions_grace: Annotated[timedelta, BeforeValidator(_minutes)] = timedelta(minutes=30)
    deadline_warning: Annotated[timedelta, BeforeValidator(_minutes)] = timedelta(minutes=120)

    slack_webhook_url: Annotated[SecretStr, BeforeValidator(_url)] | None = None
    slack_bot_token: Annotated[SecretStr, BeforeValidator(_bot_token)] | None = None
    slack_channel: Annotated[str, Field(pattern=r"^(#?[\w.-]+)$")] | None = None
    slack_api_url: Url = "https://slack.com/api"
    slack_mention: Annotated[str, BeforeValidator(_mention)] | None = None
    silences: Annotated[tuple[Silence, ...], BeforeValidator(parse_silences)] = ()
    heartbeat_url: Annotated[SecretStr, BeforeValidator(_url)] | None = None
    monitor_url: Url | None = None
    phase3_url: Url | None = None
    phase4_url: Url | None = None
    dashboard_url: Url | None = None
    runbook_url: Url | None = None
    monitor_version: str = __version__

    @model_validator(mode="after")
    def _bot_has_a_channel(self) -> Self:
        if (self.slack_bot_token is None) != (self.slack_channel is None):
            raise ValueError("SLACK_BOT_TOKEN and SLACK_CHANNEL go together: set both, or only SLACK_WEBHOOK_URL")
        return self

    @model_validator(mode="after")
    def _authority_is_a_source(self) -> Self:
        if self.schedule_authority not in self.schedule_sources:
            sources = ",".join(self.schedule_sources)
            raise ValueError(
                f"SCHEDULE_AUTHORITY={self.schedule_authority} is not one of SCHEDULE_SOURCES={sources}: "
                "name one of them, the schedule whose silence proves that there are no games"
            )
        return self

    @model_validator(mode="after")
    def _due_before_predictions(self) -> Self:
        # Each month has its own offset from UTC, by either clock.
        if any(
            self.deadlines.due_at(day) > self.deadlines.predictions_at(day)
            for day in (date(2026, month, 15) for month in range(1, 13))
        ):
            due, start = f"{self.phase4_due_at:%H:%M}", f"{self.predictions_at:%H:%M}"
            raise ValueError(
                f"PHASE4_DUE_AT={due} {self.league_timezone.key} is after the start of predictions at "
                f"{start} {self.predictions_timezone.key}: alerts would come too late"
            )
        return self

    @property
    def channel(self) -> Channel | None:
        """How messages reach Slack. A bot can do more than a webhook, so it is used if both are set."""
        if self.slack_bot_token:
            return Channel.BOT
        return Channel.WEBHOOK if self.slack_webhook_url else None

    @property
    def deadlines(self) -> Deadlines:
        """By when a date's data has to be there."""
        return Deadlines(
            self.league_timezone,
            self.phase4_due_at,
            self.predictions_at,
            self.predictions_timezone,
            self.predictions_grace,
        )

    @property
    def rules(self) -> Rules:
        """The thresholds that the verdict depends on."""
        return Rules(
            self.deadlines,
            self.schedule_authority,
            self.min_players_per_team,
            self.min_coverage,
            self.schedule_max_age,
            self.off_season,
            self.expected_gaps,
        )


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings. Raises SettingsError with one line that names every variable that is wrong."""
    given: dict[str, Any] = {
        name: environment[name.upper()] for name in Settings.model_fields if name.upper() in environment
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problems = [": ".join([*(str(name).upper() for name in e["loc"][:1]), _describe(e)]) for e in error.errors()]
        raise SettingsError("; ".join(problems)) from None


def _describe(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "is required but not set"
    return str(error["msg"]).removeprefix("Value error, ")
