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
"""The statuses that need somebody's attention."""

_GAP = {Status.MISSING_DATA, Status.PARTIAL_DATA}
WHOLE = frozenset({Status.OK, Status.NO_GAMES})
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
    """An earlier check of a date, as its history row has it. A row older than the monitor has only time and status."""

    time: datetime
    status: str
    games: Mapping[Teams, str] = field(default_factory=dict)
    reason: str | None = None
    alert_status: str | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When a date is judged. Every time is aware.

    `today` is the league date of `now`; `day_start` and `predictions_start` belong to the date that is judged.
    """

    now: datetime
    today: date
    day_start: datetime
    predictions_start: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator and the caller want to hear. `backfill`: a range of dates was asked for."""

    deadline_warning: timedelta = timedelta(minutes=120)
    silences: Sequence[Silence] = ()
    channel: Channel | None = None
    notify: Notify = Notify.AUTO
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a verdict is sent or not, and what a message needs besides the verdict.

    `opened` is when the incident was first seen, `closed` when the date was first seen whole after it. `before` is the
    status in the last message. `worse` has the games that regressed since, each with the best status it had, None where
    it was not listed. `gone` has the games without data that no schedule lists any more, as DAL-MIL. `thread` is that
    of the open alert.
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
    """Why this verdict is sent, or is not. `history` has the date's earlier checks, oldest first."""
    now = moment.now
    warn_from = moment.predictions_start - policy.deadline_warning
    # A message inside the deadline's window has already said how little time is left.
    warn = warn_from < now < moment.predictions_start and not any(
        _was_loud(check) and check.time > warn_from for check in history
    )
    news = _news(verdict, history, warn=warn, day_start=moment.day_start if now >= moment.day_start else None)
    trouble = verdict.status in TROUBLE
    worth_sending = trouble or news.reason in LOUD
    # Backfills record quietly: nobody can act on a past gap this morning. The end of a gap is news on any day.
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
    closed = None if trouble else _whole_since(history) or now
    return replace(news, reason=reason, opened=_trouble_since(history) or now, closed=closed)


def _news(verdict: DateVerdict, history: Sequence[Check], *, warn: bool, day_start: datetime | None) -> Decision:
    """What is new about the verdict to the people who read the messages.

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
    gone = _gone(verdict, since) if verdict.status in WHOLE else ()
    trouble = verdict.status in TROUBLE
    if verdict.status is Status.EXPECTED_GAP and alerted.status in _GAP:
        reason = Reason.EXPECTED_GAP
    elif not trouble and not gone:
        reason = Reason.RESOLVED
    elif worse or (trouble and alerted.status != verdict.status and not both_gaps):
        reason = Reason.WORSENED
    elif warn:
        reason = Reason.DEADLINE
    # An alert of the evening before, when nothing was due yet, is repeated in the morning, when it is.
    elif trouble and day_start and alerted.time < day_start:
        reason = Reason.NEW_GAP
    else:
        reason = Reason.IMPROVED if both_gaps and _better(verdict, since) else Reason.UNCHANGED
    thread = [check.thread for check in since if check.thread]
    return Decision(reason, before=alerted.status, worse=worse, gone=gone, thread=thread[-1] if thread else None)


def since_last_alert(history: Sequence[Check]) -> Sequence[Check]:
    """The checks from the open alert's last loud message on; empty where no alert is open.

    A message about a declared gap closes no alert: the people who were alerted still wait for the end.
    """
    loud = [number for number, check in enumerate(history) if _was_loud(check) and not _was_declared(check)]
    since = history[loud[-1] :] if loud else ()
    return since if since and since[0].status in TROUBLE else ()


def _was_loud(check: Check) -> bool:
    return check.alert_status == AlertStatus.SENT and check.reason in LOUD


def _was_declared(check: Check) -> bool:
    return check.status == Status.EXPECTED_GAP and check.reason == Reason.REQUESTED


def _worse(verdict: DateVerdict, since: Sequence[Check]) -> tuple[tuple[str, str | None], ...]:
    """The games that are worse than their best status since the last message, or are not ready and were not in it."""
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
    """Whether a game is better than in the last row that was sent, or that needed no message."""
    shown: dict[Teams, str] = {}
    for check in since:
        if check.alert_status in {AlertStatus.SENT, AlertStatus.NOT_NEEDED}:
            shown |= check.games
    return any(
        _RANK.get(judged.status, 2) < _RANK.get(shown.get(judged.game.teams, ""), 0)
        for judged in (*verdict.games, *verdict.excluded)
    )


def _gone(verdict: DateVerdict, since: Sequence[Check]) -> tuple[str, ...]:
    """The games that had no data when last seen and that no schedule lists any more. This is not an all-clear."""
    last: dict[Teams, str] = {}
    for check in since:
        last |= {teams: status for teams, status in check.games.items() if status in _RANK}
    listed = {judged.game.teams for judged in (*verdict.games, *verdict.excluded)}
    return tuple(
        sorted("-".join(sorted(teams)) for teams, status in last.items() if _RANK[status] and teams not in listed)
    )


def _trouble_since(history: Sequence[Check]) -> datetime | None:
    """When the incident that is open after these checks was first seen.

    A date that was whole for a while without a message stays one incident: to its readers it was open all the time.
    """
    since, alerted = None, False
    for check in history:
        loud = _was_loud(check)
        if check.status in TROUBLE and check.reason != Reason.PAST_DATE:
            since = since or check.time
        elif (loud and not _was_declared(check)) or (check.status in WHOLE and not alerted):
            since = None
        if loud and not _was_declared(check):
            alerted = check.status in TROUBLE
    return since


def _whole_since(history: Sequence[Check]) -> datetime | None:
    """When the date was first seen whole, if every check since agrees."""
    since = None
    for check in history:
        whole = check.status in WHOLE and not left_the_schedule(check.status, check.reason)
        since = (since or check.time) if whole else None
    return since


def left_the_schedule(status: str | None, reason: str | None) -> bool:
    """Whether a row looks whole only because a game without data had dropped off the schedule."""
    return status in WHOLE and reason in {Reason.UNCHANGED, Reason.DEADLINE}


def outcome_without_post(reason: Reason, *, channel: Channel | None, muted: bool) -> AlertStatus | None:
    """The alert's status if nothing is to be posted, else None. `muted`: a dry run, or notify=never."""
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
