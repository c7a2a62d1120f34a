"""The header of a message: the date, what has changed since the last message, and what is wrong."""

from datetime import date, datetime, timedelta

from slack_sdk.models.blocks import HeaderBlock

from monitor.core.alerts import Decision, Reason
from monitor.core.games import GameStatus
from monitor.core.sources import Kind
from monitor.core.verdict import DateVerdict, Status
from monitor.core.words import duration

_HEADER_CHARACTERS = HeaderBlock.text_max_length

_MARK = {
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


def headline(verdict: DateVerdict, decision: Decision, now: datetime, left: timedelta) -> str:
    """The header, within Slack's limit. `left` is the time until predictions start."""
    mark = _TURN_MARK.get(decision.reason, _MARK[verdict.status])
    turn = _turn(decision, left)
    return f"{mark} NBA {day_words(verdict.day, now)}{turn}: {_wrong(verdict, decision)}"[:_HEADER_CHARACTERS]


def day_words(day: date, now: datetime) -> str:
    """`Sun Jan 18`, with the year if it is another."""
    return f"{day:%a %b %-d}" + (f", {day.year}" if day.year != now.year else "")


def plural(number: int, noun: str) -> str:
    """`1 game`, `2 games`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _turn(decision: Decision, left: timedelta) -> str:
    """What has changed since the last message, for the header."""
    return {
        Reason.WORSENED: ", regressed" if decision.worse else "",
        Reason.IMPROVED: ", improving",
        Reason.DEADLINE: f", {duration(left)} left",
        Reason.RESOLVED: ", resolved",
    }.get(decision.reason, "")


def _wrong(verdict: DateVerdict, decision: Decision) -> str:
    if decision.reason is Reason.NOT_RECORDED:
        return f"monitor failed, verdict {verdict.status} not recorded"
    expected = len(verdict.games)
    if verdict.status is Status.OK and decision.reason is Reason.RESOLVED and decision.before == Status.NO_PREDICTIONS:
        predicted = sum(bool(game.predictions) for game in verdict.games)
        return f"{predicted} of {plural(expected, 'game')} {_have(predicted)} predictions"
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
        Status.MISSING_DATA: f"{missing} of {plural(expected, 'game')} {_have(missing)} {what}{more}",
        Status.PARTIAL_DATA: f"{partial} of {plural(expected, 'game')} {_have(partial)} incomplete Phase 4 data",
        Status.NO_PREDICTIONS: f"{unpredicted} of {plural(expected, 'game')} {_have(unpredicted)} no predictions",
        Status.SCHEDULE_UNKNOWN: f"schedule suspect, {_suspicion(verdict)}",
        Status.ERROR: "monitor failed, data status unknown",
        Status.PENDING: f"{missing + partial} of {plural(expected, 'game')} not ready, and not due yet",
        Status.OK: f"Phase 4 data is complete for {plural(expected, 'game')}",
        Status.EXPECTED_GAP: f"{missing + partial} of {plural(expected, 'game')} not ready, an expected gap",
        Status.NO_GAMES: "no games",
    }[verdict.status]


def _suspicion(verdict: DateVerdict) -> str:
    if verdict.games:
        return "there may be more games"
    return "no games listed" + (", but Phase 3 or 4 has players" if verdict.strays else "")


def _have(number: int) -> str:
    return "has" if number == 1 else "have"
