"""Decides whether a verdict is worth a message. The answer is a named reason, which is logged and stored.

It depends on its arguments alone: the verdict, the date's earlier checks, the moment, and the operator's policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from monitor.core.coverage import GameStatus
from monitor.core.dates import Silence
from monitor.core.games import Teams
from monitor.core.verdict import DateVerdict, Status

TROUBLE = frozenset({Status.MISSING_DATA, Status.PARTIAL_DATA, Status.SCHEDULE_UNKNOWN, Status.ERROR})
"""The statuses that need attention."""

_GAP = {Status.MISSING_DATA, Status.PARTIAL_DATA}
ALL_CLEAR = frozenset({Status.OK, Status.NO_GAMES})
"""The statuses that close an alert, unless a game without data merely dropped off the schedule."""

# How bad a game's status is. UNKNOWN is left out: it is neither better nor worse than anything.
_RANK: dict[str, int] = {
    GameStatus.READY: 0,
    GameStatus.EXCLUDED: 0,
    GameStatus.PARTIAL: 1,
    GameStatus.MISSING: 2,
}


class Notify(StrEnum):
    """What the caller asked for: a message if there is news, a message in any case, or no message."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Channel(StrEnum):
    """How messages reach Slack. A webhook can only post; a bot edits its first message and replies in its thread."""

    WEBHOOK = "webhook"
    BOT = "bot"


class Reason(StrEnum):
    """Why a message is sent, or why none is."""

    NEW_GAP = "NEW_GAP"
    WORSENED = "WORSENED"
    IMPROVED = "IMPROVED"
    DEADLINE = "DEADLINE"
    RESOLVED = "RESOLVED"
    REQUESTED = "REQUESTED"
    NOT_RECORDED = "NOT_RECORDED"
    ALL_GOOD = "ALL_GOOD"
    UNCHANGED = "UNCHANGED"
    EXPECTED_GAP = "EXPECTED_GAP"
    PAST_DATE = "PAST_DATE"
    SILENCED = "SILENCED"
    NO_CHANNEL = "NO_CHANNEL"


LOUD = frozenset(
    {Reason.NEW_GAP, Reason.WORSENED, Reason.DEADLINE, Reason.RESOLVED, Reason.REQUESTED, Reason.NOT_RECORDED}
)
"""The reasons for a message that the whole channel sees. IMPROVED is only ever a bot's reply in a thread."""


class AlertStatus(StrEnum):
    """What became of the alert. The words are a contract."""

    SENT = "sent"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Thread:
    """A bot's first message: the channel's id and the message's timestamp, which together identify it in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Check:
    """An earlier check of a date, from its history row. Rows older than the monitor have only a time and a status."""

    time: datetime
    status: str
    games: Mapping[Teams, str] = field(default_factory=dict)
    reason: str | None = None
    alert_status: str | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When a date is judged. All times are timezone-aware.

    `today` is the league date of `now`; `day_start` and `predictions_start` are those of the date being judged.
    """

    now: datetime
    today: date
    day_start: datetime
    predictions_start: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """Which messages the operator and the caller want. `backfill`: the request is for a range of dates."""

    deadline_warning: timedelta = timedelta(minutes=120)
    silences: Sequence[Silence] = ()
    channel: Channel | None = None
    notify: Notify = Notify.AUTO
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a message is sent or not, and what it needs besides the verdict.

    `opened` is when the incident was first seen, `closed` when the date was first seen complete again. `before` is the
    status in the last message. `worse` lists the games that regressed since that message, each with its best status so
    far, or None if it was not listed. `gone` lists the games without data that are no longer on any schedule, as
    DAL-MIL. `thread` is the open alert's.
    """

    reason: Reason
    opened: datetime | None = None
    closed: datetime | None = None
    before: str | None = None
    worse: tuple[tuple[str, str | None], ...] = ()
    gone: tuple[str, ...] = ()
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What became of a decision. `error` says why a message was not delivered."""

    reason: Reason
    status: AlertStatus
    error: str | None = None
    thread: Thread | None = None


def decide(verdict: DateVerdict, history: Sequence[Check], moment: Moment, policy: Policy) -> Decision:
    """Decide whether to send a message about this verdict. `history` has the date's earlier checks, oldest first."""
    now = moment.now
    warn_from = moment.predictions_start - policy.deadline_warning
    # A message sent within the warning window has already said how little time is left.
    warn = warn_from < now < moment.predictions_start and not any(
        _was_loud(check) and check.time > warn_from for check in history
    )
    news = _news(verdict, history, warn=warn, day_start=moment.day_start if now >= moment.day_start else None)
    trouble = verdict.status in TROUBLE
    worth_sending = trouble or news.reason in LOUD
    # Backfills only record: there is nothing to do about a past gap. The end of a gap is news whatever the date.
    past_date = policy.backfill or (trouble and verdict.day < moment.today)
    silenced = any(verdict.day in silence.days and now < silence.until for silence in policy.silences)
    reason = news.reason
    # A range that cannot be judged is an error for its caller, not a message per date.
    if policy.notify is Notify.ALWAYS and not (policy.backfill and verdict.status is Status.ERROR):
        reason = reason if reason in LOUD and not (past_date or silenced) else Reason.REQUESTED
    elif worth_sending and past_date:
        reason = Reason.PAST_DATE
    elif worth_sending and silenced:
        reason = Reason.SILENCED
    if policy.channel is None and reason in LOUD | {Reason.IMPROVED}:
        reason = Reason.NO_CHANNEL
    closed = None if trouble else _complete_since(history) or now
    return replace(news, reason=reason, opened=_incident_start(history) or now, closed=closed)


def _news(verdict: DateVerdict, history: Sequence[Check], *, warn: bool, day_start: datetime | None) -> Decision:
    """What has changed since the last message.

    `warn`: the deadline is near and no message has said so. `day_start` is set once the verdict's date has begun.
    """
    since = since_last_alert(history)
    if not since:
        no_alert = {
            Status.EXPECTED_GAP: Reason.EXPECTED_GAP,
            Status.OK: Reason.ALL_GOOD,
            Status.NO_GAMES: Reason.ALL_GOOD,
        }
        return Decision(no_alert.get(verdict.status, Reason.NEW_GAP))
    alerted = since[0]
    both_gaps = {alerted.status, verdict.status} <= _GAP
    worse = _worse(verdict, since) if both_gaps else ()
    gone = _gone(verdict, since) if verdict.status in ALL_CLEAR else ()
    trouble = verdict.status in TROUBLE
    if verdict.status is Status.EXPECTED_GAP and alerted.status in _GAP:
        reason = Reason.EXPECTED_GAP
    elif not trouble and not gone:
        reason = Reason.RESOLVED
    elif worse or (trouble and alerted.status != verdict.status and not both_gaps):
        reason = Reason.WORSENED
    elif warn:
        reason = Reason.DEADLINE
    # An alert sent the evening before, when nothing was due yet, is repeated in the morning.
    elif trouble and day_start and alerted.time < day_start:
        reason = Reason.NEW_GAP
    else:
        reason = Reason.IMPROVED if both_gaps and _better(verdict, since) else Reason.UNCHANGED
    thread = [check.thread for check in since if check.thread]
    return Decision(reason, before=alerted.status, worse=worse, gone=gone, thread=thread[-1] if thread else None)


def since_last_alert(history: Sequence[Check]) -> Sequence[Check]:
    """The checks since the open alert's last message to the channel, inclusive; empty if no alert is open.

    A message about an expected gap does not close an alert: its readers are still waiting for the end.
    """
    loud = [number for number, check in enumerate(history) if _was_loud(check) and not _was_declared(check)]
    since = history[loud[-1] :] if loud else ()
    return since if since and since[0].status in TROUBLE else ()


def _was_loud(check: Check) -> bool:
    return check.alert_status == AlertStatus.SENT and check.reason in LOUD


def _was_declared(check: Check) -> bool:
    return check.status == Status.EXPECTED_GAP and check.reason == Reason.REQUESTED


def _worse(verdict: DateVerdict, since: Sequence[Check]) -> tuple[tuple[str, str | None], ...]:
    """The games that are worse than their best status since the last message, or not ready and not listed in it."""
    listed = since[0].games
    worse: list[tuple[str, str | None]] = []
    for judged in verdict.games:
        teams, rank = judged.game.teams, _RANK.get(judged.status, 0)
        states = [check.games[teams] for check in since if check.games.get(teams) in _RANK]
        best = min(states, key=_RANK.__getitem__, default=listed.get(teams))
        best_rank = _RANK.get(best or "", 0)
        if rank > (best_rank if teams in listed else 0):
            worse.append((judged.game.matchup, best if best_rank < rank else None))
    return tuple(worse)


def _better(verdict: DateVerdict, since: Sequence[Check]) -> bool:
    """Whether a game has improved since it was last shown in a message or in a check that needed none."""
    shown: dict[Teams, str] = {}
    for check in since:
        if check.alert_status in {AlertStatus.SENT, AlertStatus.NOT_NEEDED}:
            shown |= check.games
    return any(
        _RANK.get(judged.status, 2) < _RANK.get(shown.get(judged.game.teams, ""), 0)
        for judged in (*verdict.games, *verdict.excluded)
    )


def _gone(verdict: DateVerdict, since: Sequence[Check]) -> tuple[str, ...]:
    """The games last seen without data that are no longer on any schedule. That is not an all-clear."""
    last: dict[Teams, str] = {}
    for check in since:
        last |= {teams: status for teams, status in check.games.items() if status in _RANK}
    listed = {judged.game.teams for judged in (*verdict.games, *verdict.excluded)}
    return tuple(
        sorted("-".join(sorted(teams)) for teams, status in last.items() if _RANK[status] and teams not in listed)
    )


def _incident_start(history: Sequence[Check]) -> datetime | None:
    """When the incident that is still open after these checks was first seen.

    A recovery that was never announced does not end the incident: to its readers it stayed open.
    """
    start, alerted = None, False
    for check in history:
        loud = _was_loud(check)
        if check.status in TROUBLE and check.reason != Reason.PAST_DATE:
            start = start or check.time
        elif (loud and not _was_declared(check)) or (check.status in ALL_CLEAR and not alerted):
            start = None
        if loud and not _was_declared(check):
            alerted = check.status in TROUBLE
    return start


def _complete_since(history: Sequence[Check]) -> datetime | None:
    """When the date was first seen complete, if every later check agrees."""
    start = None
    for check in history:
        complete = check.status in ALL_CLEAR and not left_the_schedule(check.status, check.reason)
        start = (start or check.time) if complete else None
    return start


def left_the_schedule(status: str | None, reason: str | None) -> bool:
    """Whether a row looks complete only because a game without data dropped off the schedule."""
    return status in ALL_CLEAR and reason in {Reason.UNCHANGED, Reason.DEADLINE}


def outcome_without_post(reason: Reason, *, channel: Channel | None, muted: bool) -> AlertStatus | None:
    """The alert's status if nothing is posted, else None. `muted`: a dry run, or notify=never."""
    quiet = {Reason.ALL_GOOD, Reason.EXPECTED_GAP, Reason.UNCHANGED}
    if reason in quiet or (reason is Reason.IMPROVED and channel is Channel.WEBHOOK):
        return AlertStatus.NOT_NEEDED
    if muted or reason in {Reason.PAST_DATE, Reason.SILENCED, Reason.NO_CHANNEL}:
        return AlertStatus.SUPPRESSED
    return None


def fingerprint(verdict: DateVerdict) -> str:
    """Sixteen hex digits that change when the date's status or a game's status does."""
    games = sorted(f"{'-'.join(sorted(game.game.teams))}={game.status}" for game in verdict.games)
    return sha256("\n".join([verdict.status, *games]).encode()).hexdigest()[:16]
