"""Turns a verdict into a Slack message: what is wrong or has changed, time left, the likely cause, what to do next.

Pure. The message fits Slack's limits whatever the data (at most 10 blocks and 12,000 characters), and everything that
comes from data is escaped: https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

import json
import shlex
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from slack_sdk.models.blocks import (
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from monitor.core.alerts import GAP, TROUBLE, Decision, Reason
from monitor.core.coverage import GameVerdict, Phase
from monitor.core.dates import league_date
from monitor.core.games import GameStatus
from monitor.core.readiness import Readiness, advice, usual
from monitor.core.sources import Kind
from monitor.core.verdict import DateVerdict, Status
from monitor.request import Run
from monitor.settings import Settings
from monitor.words import AUTHORIZATION, PHASES, clock, duration

PROCESSED = "player_composite_factors"
"""The Phase 4 table that the suggested command fills. Which processors fill the others is unknown."""

MOST_GAMES = 15
MOST_WARNINGS = 8

# Slack's model of a section refuses more than 3,000 characters. Three of ours hold text of any length, and a message
# may have 12,000 in all.
_SECTION_CHARACTERS = 2_600
_LINE_CHARACTERS = 200
_HEADER_CHARACTERS = HeaderBlock.text_max_length

_MARK = {
    GameStatus.READY: "🟢",
    GameStatus.PARTIAL: "🟠",
    GameStatus.MISSING: "🔴",
    GameStatus.UNKNOWN: "⚫",
    GameStatus.EXCLUDED: "⚪",
}
_DATE_MARK = {
    Status.OK: "🟢",
    Status.NO_GAMES: "⚪",
    Status.EXPECTED_GAP: "⚪",
    Status.PENDING: "⚪",
    Status.PARTIAL_DATA: "🟠",
    Status.MISSING_DATA: "🔴",
    Status.NO_PREDICTIONS: "🔴",
    Status.SCHEDULE_UNKNOWN: "🟣",
    Status.ERROR: "⚫",
}
_TURN_MARK = {Reason.DEADLINE: "⏰", Reason.NOT_RECORDED: "⚫"}
_MEANING = {
    Status.MISSING_DATA: "No predictions can be made without it.",
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
_WORST_FIRST = [GameStatus.MISSING, GameStatus.PARTIAL, GameStatus.UNKNOWN, GameStatus.READY]


def compose(verdict: DateVerdict, decision: Decision, readiness: Sequence[Readiness], run: Run) -> dict[str, Any]:
    """The message as `text`, for notifications and screen readers, and `blocks`.

    `readiness` has the game dates before this one, from which follows what is usual.
    """
    settings, now = run.settings, run.now
    start = settings.deadlines.predictions_at(verdict.day)
    title = f"NBA {_day(verdict, now)}{_turn(decision, start - now)}"
    mark = _TURN_MARK.get(decision.reason, _DATE_MARK[verdict.status])
    header = f"{mark} {title}: {_headline(verdict, decision)}"[:_HEADER_CHARACTERS]
    impact = _impact(verdict, decision, settings, now)
    sections = [
        "\n".join(filter(None, (impact, _change(decision, settings, now), _usually(verdict, readiness, settings)))),
        _counts(verdict),
        _hint(verdict),
        _games(verdict, settings),
        _warnings(verdict),
        _next_steps(verdict, decision, settings),
    ]
    blocks = [
        HeaderBlock(text=PlainTextObject(text=header)),
        *(SectionBlock(text=_mrkdwn(text)) for text in sections if text),
        ContextBlock(elements=[_mrkdwn(_footer(verdict, settings, run.run_id, now))]),
    ]
    return {"text": f"{header}. {impact}", "blocks": [block.to_dict() for block in blocks]}


def reply_of(message: dict[str, Any]) -> dict[str, Any]:
    """The header, impact and footer of a message, to reply under a first message that shows the rest."""
    header, impact, *_, footer = message["blocks"]
    return {"text": message["text"], "blocks": [header, impact, footer]}


def _mrkdwn(text: str) -> MarkdownTextObject:
    # Verbatim: Slack must not turn addresses, channel names and mentions that come from data into links.
    # https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    return MarkdownTextObject(text=text, verbatim=True)


def _turn(decision: Decision, left: timedelta) -> str:
    """What has changed since the last message, for the header."""
    return {
        Reason.WORSENED: ", regressed" if decision.worse else "",
        Reason.IMPROVED: ", improving",
        Reason.DEADLINE: f", {duration(left)} left",
        Reason.RESOLVED: ", resolved",
    }.get(decision.reason, "")


def _change(decision: Decision, settings: Settings, now: datetime) -> str:
    """What is different from the last message."""
    if decision.worse:
        lines = [
            f"• *{_escape(matchup, 24)}* {f'was {_escape(best.lower(), 24)}' if best else 'is new on the schedule'}"
            for matchup, best in decision.worse
        ]
        return "*Regressed:*\n" + _fit(lines, MOST_GAMES)
    if decision.overdue:
        return f"*Predictions are overdue for* {_escape(', '.join(decision.overdue), 1_000)}."
    if decision.reason is Reason.WORSENED:
        return f"The last message said {decision.before}."
    if decision.fates:
        return _fit([f"• *{_escape(matchup, 24)}* {_escape(fate)}" for matchup, fate in decision.fates], MOST_GAMES)
    if decision.reason is Reason.DEADLINE and decision.opened:
        return f"Open since {_clock(decision.opened, settings, now)}, {duration(now - decision.opened)} ago."
    return ""


def _usually(verdict: DateVerdict, readiness: Sequence[Readiness], settings: Settings) -> str:
    """By when the data is usually there, for a gap; and how to be spared alerts that close by themselves."""
    if verdict.status in GAP and (known := usual(readiness, settings.league_timezone)) and known.half:
        most = f", nine of ten by {known.most:%-I:%M %p}" if known.most else ""
        return f"Usually ready by {known.half:%-I:%M %p}{most} ({settings.league_timezone.key})."
    advised = advice(readiness, settings.league_timezone) if verdict.status not in TROUBLE else None
    return f"{advised}." if advised else ""


def _headline(verdict: DateVerdict, decision: Decision) -> str:
    if decision.reason is Reason.NOT_RECORDED:
        return f"monitor failed, verdict {verdict.status} not recorded"
    expected = len(verdict.games)
    if verdict.status is Status.OK and decision.reason is Reason.RESOLVED and decision.before == Status.NO_PREDICTIONS:
        predicted = sum(bool(game.predictions) for game in verdict.games)
        return f"{predicted} of {_plural(expected, 'game')} {_have(predicted)} predictions"
    missing, partial = verdict.count(GameStatus.MISSING), verdict.count(GameStatus.PARTIAL)
    unpredicted = sum(game.predictions == 0 for game in verdict.games)
    more = f", {partial} more incomplete" if partial else ""
    required = {source.name for source in verdict.sources if source.kind is Kind.COVERAGE}
    absent = sorted({source for game in verdict.games for source in game.missing_from})
    what = f"no data in {' or '.join(absent)}"
    if all(required == set(game.missing_from) for game in verdict.games if game.missing_from):
        what = "no Phase 4 data"
    elif len(absent) > 2:  # noqa: PLR2004 - more names than a header has room for
        what = f"no data in some of {len(absent)} Phase 4 sources"
    return {
        Status.MISSING_DATA: f"{missing} of {_plural(expected, 'game')} {_have(missing)} {what}{more}",
        Status.PARTIAL_DATA: f"{partial} of {_plural(expected, 'game')} {_have(partial)} incomplete Phase 4 data",
        Status.NO_PREDICTIONS: f"{unpredicted} of {_plural(expected, 'game')} {_have(unpredicted)} no predictions",
        Status.SCHEDULE_UNKNOWN: f"schedule suspect, {_suspicion(verdict)}",
        Status.ERROR: "monitor failed, data status unknown",
        Status.PENDING: f"{missing + partial} of {_plural(expected, 'game')} not ready, and not due yet",
        Status.OK: f"Phase 4 data is complete for {_plural(expected, 'game')}",
        Status.EXPECTED_GAP: f"{missing + partial} of {_plural(expected, 'game')} not ready, an expected gap",
        Status.NO_GAMES: "no games",
    }[verdict.status]


def _suspicion(verdict: DateVerdict) -> str:
    if verdict.games:
        return "there may be more games"
    return "no games listed" + (", but Phase 3 or 4 has players" if verdict.strays else "")


def _impact(verdict: DateVerdict, decision: Decision, settings: Settings, now: datetime) -> str:
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
        return f"{meaning} Predictions start at {when}, in *{duration(left)}*."
    return f"{meaning} Predictions started at {when}, *{duration(-left)} ago*."


def _resolution(verdict: DateVerdict, decision: Decision, settings: Settings, now: datetime) -> str:
    """How long the incident was open, and how long before or after the start of predictions it ended."""
    opened, closed = (moment or now for moment in (decision.opened, decision.closed))
    start, end = (_clock(moment, settings, now) for moment in (opened, closed))
    left = settings.deadlines.predictions_at(verdict.day) - closed
    when = _predictions_start(verdict, settings)
    if verdict.status is Status.PENDING:
        due = _clock(settings.deadlines.due_at(verdict.day), settings, now)
        ready = f"{verdict.count(GameStatus.READY)} of {_plural(len(verdict.games), 'game')} ready"
        return f"Data status was unknown for *{duration(closed - opened)}*. {ready}; Phase 4 is due at {due}."
    span = f"{_WAS_OPEN.get(decision.before or '', 'Open')} for *{duration(closed - opened)}*, from {start} to {end}."
    if left >= timedelta(0):
        return f"{span} That is *{duration(left)} before* predictions start at {when}. No action needed."
    late = f"{span} That is *{duration(-left)} after* predictions started at {when}"
    nothing_to_check = verdict.status is Status.NO_GAMES or decision.before == Status.NO_PREDICTIONS
    return f"{late}." if nothing_to_check else f"{late}: check them for missing games."


def _predictions_start(verdict: DateVerdict, settings: Settings) -> str:
    start = settings.deadlines.predictions_at(verdict.day)
    local = start.astimezone(settings.league_timezone)
    if local.tzname() == start.tzname():
        return f"{start:%H:%M %Z}"
    other_date = f"{local:%a }" if local.date() != start.date() else ""
    return f"{start:%H:%M %Z} ({other_date}{local:%-I:%M %p %Z})"


def _clock(moment: datetime, settings: Settings, now: datetime) -> str:
    return clock(moment, league_date(now, settings.league_timezone), settings.league_timezone)


def _counts(verdict: DateVerdict) -> str:
    if all(source.error for source in verdict.sources if source.kind is Kind.SCHEDULE):
        return "*Games:* unknown, no schedule could be read"
    states = [f"{verdict.count(state)} {state.lower()}" for state in _WORST_FIRST if verdict.count(state)]
    if verdict.excluded:
        states.append(f"{len(verdict.excluded)} excluded")
    listed = [
        f"{record.name} could not be read"
        if record.error
        else f"{record.name} {sum(record.name in game.game.sources for game in (*verdict.games, *verdict.excluded))}"
        for record in verdict.sources
        if record.kind is Kind.SCHEDULE
    ]
    return f"*Games:* {' · '.join(states) or 'none'}\n*Listed by:* {_escape(' · '.join(listed))}"


def _hint(verdict: DateVerdict) -> str:
    if verdict.error:
        return f"*What failed:* {_escape(verdict.error, 1_000)}"
    if verdict.status not in TROUBLE:
        return ""
    unread = {source.kind for source in verdict.sources if source.error}
    phase3 = verdict.phase3_latest or ("could not be read" if Kind.CONTEXT in unread else "none in 14 days")
    latest = f"Latest date with data: Phase 3 {phase3}, Phase 4 {verdict.phase4_latest or 'none in 14 days'}."
    stalled = verdict.stalled_phase
    return f"*Likely cause:* {PHASES[stalled]} stalled. {latest}" if stalled else latest


def _games(verdict: DateVerdict, settings: Settings) -> str:
    by_state = sorted(verdict.games, key=lambda game: _WORST_FIRST.index(game.status))
    several = sum(source.kind is Kind.COVERAGE for source in verdict.sources) > 1
    lines = [_game_line(game, settings, several=several) for game in (*by_state, *verdict.excluded)]
    return _fit(lines, MOST_GAMES)


def _game_line(verdict: GameVerdict, settings: Settings, *, several: bool) -> str:
    """With `several` required Phase 4 sources the line names those that lack the game."""
    tipoff = verdict.game.tipoff
    when = f" {tipoff.astimezone(settings.league_timezone):%-I:%M %p %Z}" if tipoff else ""
    expected = f" of {verdict.phase3_players}" if verdict.phase3_players else ""
    players = f"{verdict.phase4_players}{expected} players"
    what = {
        GameStatus.READY: [players],
        GameStatus.PARTIAL: [players, *verdict.findings],
        GameStatus.MISSING: [
            "not in Phase 3" if verdict.phase3_players == 0 else players,
            *(verdict.findings if several else ()),
        ],
    }.get(verdict.status, verdict.findings)
    details = _escape("; ".join(what))
    return f"{_MARK[verdict.status]} *{_escape(verdict.game.matchup, 24)}*{when} · {verdict.status.lower()} · {details}"


def _warnings(verdict: DateVerdict) -> str:
    # What made the check fail is said above.
    lines = [f"• {_escape(warning)}" for warning in verdict.warnings if warning not in (verdict.error or "")]
    return "*Also noticed*\n" + _fit(lines, MOST_WARNINGS) if lines else ""


def _next_steps(verdict: DateVerdict, decision: Decision, settings: Settings) -> str:
    """What to do, in order, each with its command if the host is configured."""
    if verdict.status not in TROUBLE and decision.reason is not Reason.NOT_RECORDED:
        return ""
    day, stalled = str(verdict.day), verdict.stalled_phase
    steps = []
    if decision.reason is Reason.NOT_RECORDED:
        steps.append(
            "Check that the history table can be written and has its columns\n```python -m monitor schema diff```"
        )
    elif verdict.status is Status.ERROR and verdict.sources:
        steps.append("Check that BigQuery answers, and that the tables named above exist and can be read")
    elif verdict.status is Status.ERROR:
        steps.append("Read the function's log of this run")
    if verdict.status is Status.SCHEDULE_UNKNOWN:
        names = [source.name for source in verdict.sources if source.kind is Kind.SCHEDULE]
        steps.append(f"Check that the schedule was loaded: {_escape(', '.join(names))}")
    if stalled is Phase.PHASE_3:
        phase3 = {"start_date": day, "end_date": day, "processors": ["UpcomingPlayerGameContextProcessor"]}
        command = _post(settings.phase3_url, "process-date-range", {**phase3, "backfill_mode": True})
        steps.append(f"Run Phase 3{command}")
    if stalled:
        phase4 = {"analysis_date": day, "processors": ["PlayerCompositeFactorsProcessor"]}
        command = _post(
            settings.phase4_url, "process-date", {**phase4, "strict_mode": False, "skip_dependency_check": True}
        )
        short = sorted({source for game in verdict.games for source in game.short_in})
        if PROCESSED not in short:
            command = ""
        steps.append(
            f"Run Phase 4 for {', '.join(short)}. It answers 200 even when a processor fails: "
            f"read `results[].status`{command}"
        )
    again = _post(settings.monitor_url, "", {"date": day}) or f"\n```python -m monitor check --date {day}```"
    steps.append(f"Check again{again}")
    return "*Next*\n" + "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _post(host: str | None, path: str, body: dict[str, Any]) -> str:
    if host is None:
        return ""
    command = (
        f"curl -sS -X POST {AUTHORIZATION} "
        f"-H 'Content-Type: application/json' -d '{json.dumps(body)}' {shlex.quote(f'{host}/{path}')}"
    )
    return f"\n```{_escape(command, 800)}```"


def _footer(verdict: DateVerdict, settings: Settings, run_id: str, now: datetime) -> str:
    project, dataset = settings.gcp_project_id, settings.monitoring_dataset
    table = f"p={project}&d={dataset}&t=data_availability_checks&page=table"
    link = f"https://console.cloud.google.com/bigquery?project={project}&{table}"
    local = now.astimezone(settings.league_timezone)
    return f"{verdict.status} · {local:%b %-d, %-I:%M %p %Z} · run {run_id} · <{_escape(link, 500)}|history>"


def _day(verdict: DateVerdict, now: datetime) -> str:
    return f"{verdict.day:%a %b %-d}" + (f", {verdict.day.year}" if verdict.day.year != now.year else "")


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _fit(lines: Sequence[str], most: int) -> str:
    """The lines that fit, and how many more there are."""
    kept: list[str] = []
    for line in lines[:most]:
        if sum(len(each) + 1 for each in kept) + len(line) > _SECTION_CHARACTERS:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    return "\n".join([*kept, f"+{left} more"] if left else kept)


def _escape(text: str, most: int = _LINE_CHARACTERS) -> str:
    """One piece of data as Slack shows it literally, on one line, at most `most` characters long when escaped."""
    entities = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    pieces = [entities.get(character, character) for character in " ".join(text.split())]
    lengths = list(accumulate(map(len, pieces)))
    if not lengths or lengths[-1] <= most:
        return "".join(pieces)
    return "".join(pieces[: bisect_right(lengths, most - 1)]) + "…"
