"""Turns a verdict into Slack messages: what is wrong or has changed, time left, the likely cause, what to do next.

Pure. Each message fits Slack's limits whatever the data (at most 10 blocks and 12,000 characters), and without its
commands a phone's screen. Everything that comes from data is escaped:
https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from slack_sdk.models.blocks import Block, HeaderBlock, PlainTextObject

from monitor.core.alerts import GAP, TROUBLE, Channel, Decision, Reason
from monitor.core.dates import league_date
from monitor.core.games import GameStatus
from monitor.core.readiness import Readiness, advice, usual
from monitor.core.sources import Kind
from monitor.core.verdict import DateVerdict, Status
from monitor.core.words import PHASES, both_clocks, clock, duration
from monitor.request import Run
from monitor.settings import Settings
from monitor.slack.commands import commands, next_step
from monitor.slack.games import MOST_GAMES, games_text
from monitor.slack.headline import day_words, headline, plural
from monitor.slack.mrkdwn import context, escape, fit, link, listed, section

MOST_WARNINGS = 3
RUN_ID_CHARACTERS = 8
# On a phone about ten lines and four. The log has the rest.
_ERROR_CHARACTERS, _WARNING_CHARACTERS = 400, 160

CRITICAL = frozenset({Status.MISSING_DATA, Status.NO_PREDICTIONS})
"""The statuses for which SLACK_MENTION is called."""

_MEANING = {
    Status.MISSING_DATA: "Games without data get none.",
    Status.PARTIAL_DATA: "Predictions will miss players.",
    Status.NO_PREDICTIONS: "The Phase 4 data is there, so predictions were possible.",
    Status.SCHEDULE_UNKNOWN: "Predictions may be missing for games that nobody lists. This is *not* an all-clear.",
    Status.ERROR: "The data may or may not be there. This is *not* an all-clear.",
}
_WAS_OPEN: dict[str, str] = {
    Status.NO_PREDICTIONS: "Predictions were missing",
    Status.ERROR: "Data status was unknown",
    Status.SCHEDULE_UNKNOWN: "The schedule was suspect",
}
_NOT_RECORDED = (
    "The verdict below is not in the history. Until this is fixed the history has a hole, and the monitor cannot "
    "tell which alerts it has sent."
)

type Message = dict[str, Any]
"""`text`, for notifications and screen readers, and `blocks`, as both of Slack's interfaces take them."""


@dataclass(frozen=True, slots=True)
class Messages:
    """What to post. By webhook `first` is all, and ends with the commands.

    By bot `commands` is the first reply under it. Where the bot has posted `first` before, it edits it, and replies
    with `change`.
    """

    first: Message
    change: Message
    commands: Message | None = None


def compose(verdict: DateVerdict, decision: Decision, readiness: Sequence[Readiness], run: Run) -> Messages:
    """The messages about a verdict. `readiness` has the game dates before this one, which say what is usual."""
    settings, now = run.settings, run.now
    header = headline(verdict, decision, now, settings.deadlines.predictions_at(verdict.day) - now)
    impact = _impact(verdict, decision, settings, now)
    changed = _change(verdict, decision, settings, now)
    mention = _mention(verdict, decision, settings)
    about = [
        _lines(impact, changed, _usually(verdict, readiness, settings)),
        _cause(verdict, decision, settings),
        # What became of the games has been said.
        "" if decision.fates else games_text(verdict),
        _warnings(verdict),
        _lines(_links(verdict, run), mention),
    ]
    footer = _footer(verdict, settings, run.run_id, now)
    text = f"{header}. {impact}"
    to_do = commands(verdict, decision, settings)
    by_bot = settings.channel is Channel.BOT
    # The commands under a first message of another kind are for what was wrong then.
    again = to_do if decision.before and decision.before != verdict.status else []
    return Messages(
        _message(text, header, about, footer, [] if by_bot else to_do),
        _message(text, header, [_lines(impact, changed), mention], footer, again),
        {"text": f"Commands for NBA {day_words(verdict.day, now)}", "blocks": [section(one).to_dict() for one in to_do]}
        if by_bot and to_do
        else None,
    )


def _message(text: str, header: str, about: Sequence[str], footer: str, to_do: Sequence[str]) -> Message:
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=header)),
        *(section(paragraph) for paragraph in about if paragraph),
        context(footer),
        *(section(command) for command in to_do),
    ]
    return {"text": text, "blocks": [block.to_dict() for block in blocks]}


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def _impact(verdict: DateVerdict, decision: Decision, settings: Settings, now: datetime) -> str:
    """How long is left until predictions start, and what that means."""
    if decision.reason is Reason.RESOLVED:
        return _resolution(verdict, decision, settings, now)
    if decision.reason is Reason.NOT_RECORDED:
        meaning = _NOT_RECORDED
    elif verdict.status in TROUBLE:
        meaning = _MEANING[verdict.status]
    else:
        return "No action needed."
    left = settings.deadlines.predictions_at(verdict.day) - now
    when = _predictions_start(verdict, settings)
    if left >= timedelta(0):
        return f"Predictions start in *{duration(left)}*, at {when}. {meaning}"
    return f"Predictions started *{duration(-left)} ago*, at {when}. {meaning}"


def _resolution(verdict: DateVerdict, decision: Decision, settings: Settings, now: datetime) -> str:
    """How long the incident was open, and how long before or after the start of predictions it ended."""
    opened, closed = (moment or now for moment in (decision.opened, decision.closed))
    start, end = (_clock(moment, settings, now) for moment in (opened, closed))
    left = settings.deadlines.predictions_at(verdict.day) - closed
    when = _predictions_start(verdict, settings)
    if verdict.status is Status.PENDING:
        due = _clock(settings.deadlines.due_at(verdict.day), settings, now)
        ready = f"{verdict.count(GameStatus.READY)} of {plural(len(verdict.games), 'game')} ready"
        return f"Data status was unknown for *{duration(closed - opened)}*. {ready}; Phase 4 is due at {due}."
    span = f"{_WAS_OPEN.get(decision.before or '', 'Open')} for *{duration(closed - opened)}*, from {start} to {end}."
    if left >= timedelta(0):
        return f"{span} That is *{duration(left)} before* predictions start at {when}. No action needed."
    late = f"{span} That is *{duration(-left)} after* predictions started at {when}"
    nothing_to_check = verdict.status is Status.NO_GAMES or decision.before == Status.NO_PREDICTIONS
    return f"{late}." if nothing_to_check else f"{late}: check them for missing games."


def _predictions_start(verdict: DateVerdict, settings: Settings) -> str:
    return both_clocks(settings.deadlines.predictions_at(verdict.day), settings.league_timezone, verdict.day)


def _clock(moment: datetime, settings: Settings, now: datetime) -> str:
    return clock(moment, league_date(now, settings.league_timezone), settings.league_timezone)


def _change(verdict: DateVerdict, decision: Decision, settings: Settings, now: datetime) -> str:
    """What is different from the last message."""
    if decision.worse:
        return "*Regressed*\n" + _grouped(
            (f"was {best.lower()}" if best else "new on the schedule", matchup) for matchup, best in decision.worse
        )
    if decision.overdue:
        all_of_them = 1 < len(decision.overdue) == len(verdict.games)
        names = listed([escape(matchup, 24) for matchup in decision.overdue], MOST_GAMES)
        return f"*Predictions are overdue for* {f'all {len(decision.overdue)} games' if all_of_them else names}."
    if decision.reason is Reason.WORSENED:
        return f"The last message said {decision.before}."
    if decision.fates:
        return _grouped((fate, matchup) for matchup, fate in decision.fates)
    if decision.reason is Reason.DEADLINE and decision.opened:
        return f"Open since {_clock(decision.opened, settings, now)}, {duration(now - decision.opened)} ago."
    return ""


def _grouped(said: Iterable[tuple[str, str]]) -> str:
    """A line for all the games of which the same is said."""
    games: dict[str, list[str]] = {}
    for what, matchup in said:
        games.setdefault(what, []).append(f"*{escape(matchup, 24)}*")
    return fit([f"• {listed(names, MOST_GAMES)} {escape(what)}" for what, names in games.items()], MOST_GAMES)


def _usually(verdict: DateVerdict, readiness: Sequence[Readiness], settings: Settings) -> str:
    """By when the data is usually there, for a gap; and how to be spared alerts that close by themselves."""
    if verdict.status in GAP and (known := usual(readiness, settings.league_timezone)) and known.half:
        most = f", nine of ten by {known.most:%-I:%M %p}" if known.most and known.most != known.half else ""
        return f"Usually ready by {known.half:%-I:%M %p}{most}."
    advised = advice(readiness, settings.league_timezone) if verdict.status not in TROUBLE else None
    return f"{advised}." if advised else ""


def _cause(verdict: DateVerdict, decision: Decision, settings: Settings) -> str:
    """What failed or stalled, how far the data goes, and what to do."""
    lines = [f"*What failed:* {escape(verdict.error, _ERROR_CHARACTERS)}" if verdict.error else ""]
    if verdict.status is Status.SCHEDULE_UNKNOWN:
        lines.append(f"*Listed by:* {_listed_by(verdict)}")
    if verdict.status in TROUBLE - {Status.ERROR}:
        stalled = verdict.stalled_phase
        lines += [f"*Likely cause:* {PHASES[stalled]} stalled." if stalled else "", _latest(verdict)]
    if step := next_step(verdict, decision):
        lines.append(f"*Next:* {step}{' (commands in the thread)' if settings.channel is Channel.BOT else ''}.")
    return _lines(*lines)


def _listed_by(verdict: DateVerdict) -> str:
    """How many games each schedule lists."""
    return " · ".join(
        f"{escape(record.name)} "
        + (
            "could not be read"
            if record.error
            else str(sum(record.name in game.game.sources for game in (*verdict.games, *verdict.excluded)))
        )
        for record in verdict.sources
        if record.kind is Kind.SCHEDULE
    )


def _latest(verdict: DateVerdict) -> str:
    """The latest date with data of each phase, and of the predictions where they are due."""
    latest = {
        Kind.CONTEXT: ("Phase 3", verdict.phase3_latest),
        Kind.COVERAGE: ("Phase 4", verdict.phase4_latest),
        Kind.PREDICTIONS: ("predictions", verdict.predictions_latest),
    }
    kinds = {source.kind for source in verdict.sources}
    unread = {source.kind for source in verdict.sources if source.error}

    def words(kind: Kind, day: date | None) -> str:
        if day is None:
            return "could not be read" if kind in unread else "none in 14 days"
        return f"{day:%b %-d}" + (f", {day.year}" if day.year != verdict.day.year else "")

    found = [f"{name} {words(kind, day)}" for kind, (name, day) in latest.items() if kind in kinds]
    return f"*Latest data:* {' · '.join(found)}"


def _warnings(verdict: DateVerdict) -> str:
    # What made the check fail is said above.
    news = [warning for warning in verdict.warnings if warning not in (verdict.error or "")]
    lines = [f"• {escape(warning, _WARNING_CHARACTERS)}" for warning in news]
    return "*Also noticed*\n" + fit(lines, MOST_WARNINGS) if lines else ""


def _links(verdict: DateVerdict, run: Run) -> str:
    settings, project = run.settings, run.settings.gcp_project_id
    table = f"p={project}&d={settings.monitoring_dataset}&t=data_availability_checks&page=table"
    # A query with a time of its own is not limited to the last hour:
    # https://cloud.google.com/logging/docs/view/building-queries
    since = run.now.astimezone(UTC) - timedelta(minutes=1)
    logged = f'jsonPayload.run_id="{run.run_id}"\ntimestamp>="{since:%Y-%m-%dT%H:%M:%SZ}"'
    links = {
        "Dashboard": settings.dashboard_url and _of_day(settings.dashboard_url, verdict.day),
        "Runbook": settings.runbook_url,
        "Log": f"https://console.cloud.google.com/logs/query;query={quote(logged, safe='')}?project={project}",
        "History": f"https://console.cloud.google.com/bigquery?project={project}&{table}",
    }
    return " · ".join(link(url, label) for label, url in links.items() if url)


def _of_day(url: str, day: date) -> str:
    return f"{url}{'&' if '?' in url else '?'}day={day}"


def _mention(verdict: DateVerdict, decision: Decision, settings: Settings) -> str:
    """Whom to call about what is critical, unless it gets better or is about the monitor itself."""
    called = verdict.status in CRITICAL and decision.reason not in {Reason.IMPROVED, Reason.NOT_RECORDED}
    return f"On call: {settings.slack_mention}" if called and settings.slack_mention else ""


def _footer(verdict: DateVerdict, settings: Settings, run_id: str, now: datetime) -> str:
    local = now.astimezone(settings.league_timezone)
    return f"{verdict.status} · {local:%b %-d, %-I:%M %p %Z} · run {run_id[:RUN_ID_CHARACTERS]}"
