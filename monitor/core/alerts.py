"""Whether a verdict is told, as a named reason that is logged and stored.

A decision from its arguments alone: the verdict, the earlier checks of its date as the history holds them, and `now`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from monitor.core.dates import Silence
from monitor.core.games import Teams
from monitor.core.verdict import DateVerdict, GameStatus, Status

TROUBLE = frozenset({Status.MISSING_DATA, Status.PARTIAL_DATA, Status.SCHEDULE_UNKNOWN, Status.ERROR})
"""The statuses that somebody has to know of."""

_GAP = {Status.MISSING_DATA, Status.PARTIAL_DATA}
WHOLE = frozenset({Status.OK, Status.NO_GAMES})
"""The statuses that nobody has to know of, unless a game without data only left the schedule."""

# How bad a game's state is. One that is unknown is neither better nor worse than anything.
_RANK: dict[str, int] = {
    GameStatus.READY: 0,
    GameStatus.EXCLUDED: 0,
    GameStatus.PARTIAL: 1,
    GameStatus.MISSING: 2,
}


class Notify(StrEnum):
    """What the caller asked for: as the reasons say, the state whatever it is, or nothing."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Channel(StrEnum):
    """How Slack is reached. A webhook can only post; a bot edits its first message and threads what changed."""

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
"""The reasons for a message that everybody in the channel sees. IMPROVED is told by a bot alone, in its thread."""


class AlertStatus(StrEnum):
    """What became of the alert. The words are a contract."""

    SENT = "sent"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Thread:
    """A bot's first message, by the channel's id and the message's timestamp, which Slack makes its name."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class PastCheck:
    """An earlier check of a date, in the words of its row; a row older than the monitor has a time and a status."""

    time: datetime
    status: str
    games: Mapping[Teams, str] = field(default_factory=dict)
    reason: str | None = None
    alert_status: str | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a verdict is told or is not, and what a message needs besides the verdict.

    `opened` is when the trouble was first seen and `closed` when the date was first seen whole after it; `before` the
    status that the last message told; `worse` the games that lost ground since, each with the best state that it had,
    None where it was not listed; `gone` the games that had no data and that no schedule lists any more, as DAL-MIL;
    `thread` the open alert's.
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
    """What became of a decision. `error` says why a post failed."""

    reason: Reason
    status: AlertStatus
    error: str | None = None
    thread: Thread | None = None


def decide(
    verdict: DateVerdict,
    past: Sequence[PastCheck],
    *,
    now: datetime,
    today: date,
    day_start: datetime,
    predictions_start: datetime,
    deadline_warning: timedelta,
    silences: Sequence[Silence],
    backfill: bool,
    notify: Notify,
    channel: Channel | None,
) -> Decision:
    """Why this verdict is told, or is not.

    `past` are the earlier checks of the date, oldest first; `today` is the league's date, and `day_start` when that of
    the verdict begins; a range of dates is a backfill.
    """
    warn_from = predictions_start - deadline_warning
    # A message inside the deadline's window has already said how little time is left.
    warn = warn_from < now < predictions_start and not any(
        _was_loud(check) and check.time > warn_from for check in past
    )
    news = _news(verdict, past, warn=warn, day_start=day_start if now >= day_start else None)
    trouble = verdict.status in TROUBLE
    to_tell = trouble or news.reason in LOUD
    # Backfills record, they do not shout: nobody can act on them this morning. A gap's end is told on any day.
    past_date = backfill or (trouble and verdict.day < today)
    silenced = any(verdict.day in silence.days and now < silence.until for silence in silences)
    reason = news.reason
    # A range that cannot be judged is its caller's error, not a message per date.
    if notify is Notify.ALWAYS and not (backfill and verdict.status is Status.ERROR):
        reason = reason if reason in LOUD and not (past_date or silenced) else Reason.REQUESTED
    elif to_tell and past_date:
        reason = Reason.PAST_DATE
    elif to_tell and silenced:
        reason = Reason.SILENCED
    if channel is None and reason in LOUD | {Reason.IMPROVED}:
        reason = Reason.NO_CHANNEL
    closed = None if trouble else _whole_since(past) or now
    return replace(news, reason=reason, opened=_trouble_since(past) or now, closed=closed)


def _news(verdict: DateVerdict, past: Sequence[PastCheck], *, warn: bool, day_start: datetime | None) -> Decision:
    """What is new about the verdict to those who read the messages.

    `warn`: the deadline is near and nobody has said so. `day_start` is set once the verdict's date has begun.
    """
    since = last_told(past)
    if not since:
        untold = {
            Status.EXPECTED_GAP: Reason.EXPECTED_GAP,
            Status.OK: Reason.ALL_GOOD,
            Status.NO_GAMES: Reason.ALL_GOOD,
        }
        return Decision(untold.get(verdict.status, Reason.NEW_GAP))
    told = since[0]
    both_gaps = {told.status, verdict.status} <= _GAP
    worse = _worse(verdict, since) if both_gaps else ()
    gone = _gone(verdict, since) if verdict.status in WHOLE else ()
    trouble = verdict.status in TROUBLE
    if verdict.status is Status.EXPECTED_GAP and told.status in _GAP:
        reason = Reason.EXPECTED_GAP
    elif not trouble and not gone:
        reason = Reason.RESOLVED
    elif worse or (trouble and told.status != verdict.status and not both_gaps):
        reason = Reason.WORSENED
    elif warn:
        reason = Reason.DEADLINE
    # Who was told the evening before, when nothing was due yet, is told again in the morning, when it is.
    elif trouble and day_start and told.time < day_start:
        reason = Reason.NEW_GAP
    else:
        reason = Reason.IMPROVED if both_gaps and _better(verdict, since) else Reason.UNCHANGED
    thread = [check.thread for check in since if check.thread]
    return Decision(reason, before=told.status, worse=worse, gone=gone, thread=thread[-1] if thread else None)


def last_told(past: Sequence[PastCheck]) -> Sequence[PastCheck]:
    """The checks from the last message of the open alert on that everybody saw; empty where no alert is open.

    A declared gap that was asked for does not close an alert: those who were alerted wait for its end.
    """
    loud = [number for number, check in enumerate(past) if _was_loud(check) and not _was_declared(check)]
    since = past[loud[-1] :] if loud else ()
    return since if since and since[0].status in TROUBLE else ()


def _was_loud(check: PastCheck) -> bool:
    return check.alert_status == AlertStatus.SENT and check.reason in LOUD


def _was_declared(check: PastCheck) -> bool:
    return check.status == Status.EXPECTED_GAP and check.reason == Reason.REQUESTED


def _worse(verdict: DateVerdict, since: Sequence[PastCheck]) -> tuple[tuple[str, str | None], ...]:
    """The games that are worse than the best state they had, or not ready and not listed in the last message."""
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


def _better(verdict: DateVerdict, since: Sequence[PastCheck]) -> bool:
    """Whether a game is better than it was when its state was last shown, or needed no showing."""
    shown: dict[Teams, str] = {}
    for check in since:
        if check.alert_status in {AlertStatus.SENT, AlertStatus.NOT_NEEDED}:
            shown |= check.games
    return any(
        _RANK.get(judged.status, 2) < _RANK.get(shown.get(judged.game.teams, ""), 0)
        for judged in (*verdict.games, *verdict.excluded)
    )


def _gone(verdict: DateVerdict, since: Sequence[PastCheck]) -> tuple[str, ...]:
    """The games that had no data when they were last seen, and that no schedule lists any more: not an all-clear."""
    last: dict[Teams, str] = {}
    for check in since:
        last |= {teams: status for teams, status in check.games.items() if status in _RANK}
    listed = {judged.game.teams for judged in (*verdict.games, *verdict.excluded)}
    return tuple(
        sorted("-".join(sorted(teams)) for teams, status in last.items() if _RANK[status] and teams not in listed)
    )


def _trouble_since(past: Sequence[PastCheck]) -> datetime | None:
    """When the trouble that is open after these checks was first seen.

    A date that was seen whole for a while, without a word to those who were alerted, was open to them all the time.
    """
    since, alerted = None, False
    for check in past:
        loud = _was_loud(check)
        if check.status in TROUBLE and check.reason != Reason.PAST_DATE:
            since = since or check.time
        elif (loud and not _was_declared(check)) or (check.status in WHOLE and not alerted):
            since = None
        if loud and not _was_declared(check):
            alerted = check.status in TROUBLE
    return since


def _whole_since(past: Sequence[PastCheck]) -> datetime | None:
    """When the date was first seen whole, if it has been since the last check that says otherwise."""
    since = None
    for check in past:
        whole = check.status in WHOLE and not left_the_schedule(check.status, check.reason)
        since = (since or check.time) if whole else None
    return since


def left_the_schedule(status: str | None, reason: str | None) -> bool:
    """Whether a check's row says that the date looked whole only because a game without data was on no schedule."""
    return status in WHOLE and reason in {Reason.UNCHANGED, Reason.DEADLINE}


def outcome_without_post(reason: Reason, *, channel: Channel | None, muted: bool) -> AlertStatus | None:
    """The alert's status where nothing is posted, None where a message is due. `muted`: a dry run, or notify=never."""
    quiet = {Reason.ALL_GOOD, Reason.EXPECTED_GAP, Reason.UNCHANGED}
    if reason in quiet or (reason is Reason.IMPROVED and channel is Channel.WEBHOOK):
        return AlertStatus.NOT_NEEDED
    if muted or reason in {Reason.PAST_DATE, Reason.SILENCED, Reason.NO_CHANNEL}:
        return AlertStatus.SUPPRESSED
    return None


def fingerprint(verdict: DateVerdict) -> str:
    """Sixteen hex digits that stay the same while the status and every game's state do."""
    games = sorted(f"{'-'.join(sorted(game.game.teams))}={game.status}" for game in verdict.games)
    return sha256("\n".join([verdict.status, *games]).encode()).hexdigest()[:16]
