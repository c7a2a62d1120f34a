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
_WHOLE = {Status.OK, Status.NO_GAMES}

# How bad a game's state is. A game that is unknown beside gaps that are known lacks only what would call it ready.
_RANK: dict[str, int] = {
    GameStatus.READY: 0,
    GameStatus.EXCLUDED: 0,
    GameStatus.UNKNOWN: 0,
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
    fingerprint: str | None = None
    reason: str | None = None
    alert_status: str | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a verdict is told or is not, and what a message needs besides the verdict.

    `opened` is when the trouble was first seen and `closed` when the date was first seen whole after it; `before` the
    status that the last message told; `worse` the games that lost ground since, each with the best state that it had,
    None where it was not listed; `thread` the open alert's.
    """

    reason: Reason
    opened: datetime | None = None
    closed: datetime | None = None
    before: str | None = None
    worse: tuple[tuple[str, str | None], ...] = ()
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
    predictions_start: datetime,
    deadline_warning: timedelta,
    silences: Sequence[Silence],
    backfill: bool,
    notify: Notify,
    channel: Channel | None,
) -> Decision:
    """Why this verdict is told, or is not.

    `past` are the earlier checks of the date, oldest first; `today` is the league's date; a range of dates is a
    backfill.
    """
    in_window = predictions_start - deadline_warning < now < predictions_start
    news = _news(verdict, past, warn_since=predictions_start - deadline_warning if in_window else None)
    trouble = verdict.status in TROUBLE
    to_tell = trouble or news.reason is Reason.RESOLVED
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


def _news(verdict: DateVerdict, past: Sequence[PastCheck], *, warn_since: datetime | None) -> Decision:
    """What is new about the verdict to those who read the messages. `warn_since`: where the deadline's window began."""
    sent = [number for number, check in enumerate(past) if check.alert_status == AlertStatus.SENT]
    since = past[sent[-1] :] if sent else []
    told = since[0] if since and since[0].status in TROUBLE else None
    if verdict.status is Status.EXPECTED_GAP:
        return Decision(Reason.EXPECTED_GAP)
    if told is None:
        return Decision(Reason.NEW_GAP if verdict.status in TROUBLE else Reason.ALL_GOOD)
    worse = _worse(verdict, since) if told.status in _GAP else ()
    if verdict.status not in TROUBLE:
        reason = Reason.RESOLVED
    elif worse or (told.status != verdict.status and not {told.status, verdict.status} <= _GAP):
        reason = Reason.WORSENED
    # A message inside the window has already said how little time is left.
    elif warn_since and not any(_was_loud(check) and check.time > warn_since for check in past):
        reason = Reason.DEADLINE
    else:
        shown = [check for check in since if check.alert_status in {AlertStatus.SENT, AlertStatus.NOT_NEEDED}][-1]
        changed = verdict.status in _GAP and shown.fingerprint != fingerprint(verdict)
        reason = Reason.IMPROVED if changed else Reason.UNCHANGED
    return Decision(reason, before=told.status, worse=worse, thread=told.thread)


def _was_loud(check: PastCheck) -> bool:
    return check.alert_status == AlertStatus.SENT and check.reason in LOUD


def _worse(verdict: DateVerdict, since: Sequence[PastCheck]) -> tuple[tuple[str, str | None], ...]:
    """The games that are worse than the best state they had, or that the last alert did not list."""
    told, known = since[0].games, [check.games for check in since if check.status != Status.ERROR]
    worse: list[tuple[str, str | None]] = []
    for judged in verdict.games:
        teams = judged.game.teams
        best = min((games[teams] for games in known if games.get(teams) in _RANK), key=_RANK.__getitem__, default=None)
        if _RANK[judged.status] > (_RANK[best] if best and teams in told else 0):
            worse.append((judged.game.matchup, best if teams in told else None))
    return tuple(worse)


def _trouble_since(past: Sequence[PastCheck]) -> datetime | None:
    """When the trouble that is open after these checks was first seen."""
    since = None
    for check in past:
        if check.status in TROUBLE and check.reason != Reason.PAST_DATE:
            since = since or check.time
        # A date that was seen whole without anybody's being told is still open to those who were alerted.
        elif check.alert_status in {AlertStatus.SENT, AlertStatus.NOT_NEEDED, None}:
            since = None
    return since


def _whole_since(past: Sequence[PastCheck]) -> datetime | None:
    """When the date was first seen whole, if it has been since the last check that says otherwise."""
    since = None
    for check in past:
        since = (since or check.time) if check.status in _WHOLE else None
    return since


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
