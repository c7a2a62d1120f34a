"""Decides whether a verdict is worth a message. The answer is a named reason, which is logged and stored.

It depends on its arguments alone: the verdict, the date's earlier checks, the moment, and the operator's policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from monitor.core.coverage import GameVerdict
from monitor.core.dates import Deadlines, Silence
from monitor.core.games import GameStatus, Teams
from monitor.core.history import Check, SeenGame, Thread
from monitor.core.verdict import DateVerdict, Status

TROUBLE = frozenset(
    {Status.MISSING_DATA, Status.PARTIAL_DATA, Status.NO_PREDICTIONS, Status.SCHEDULE_UNKNOWN, Status.ERROR}
)
"""The statuses that need somebody's attention."""

GAP = frozenset({Status.MISSING_DATA, Status.PARTIAL_DATA})
"""The statuses of a date whose Phase 4 data is incomplete."""

ALL_CLEAR = frozenset({Status.OK, Status.NO_GAMES})
"""The statuses that close an alert."""

FLAP = timedelta(hours=2)
"""A failure that returns within this time of the last "monitor failed" is the same failure."""

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
    NOT_DUE = "NOT_DUE"
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
class Moment:
    """When a date is judged: `now`, `today` as the league's date of it, and the deadlines."""

    now: datetime
    today: date
    deadlines: Deadlines


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

    `opened` is when the incident was first seen, `closed` when the date was first seen whole after it. `before` is the
    status in the last message. `worse` has the games that regressed since, each with the best status it had, None where
    it was not listed. `overdue` has the games whose predictions are overdue, as no message has said. `fates` has what
    became of each game that a message of the alert named. `thread` is that of the open alert.
    """

    reason: Reason
    opened: datetime | None = None
    closed: datetime | None = None
    before: str | None = None
    worse: tuple[tuple[str, str | None], ...] = ()
    overdue: tuple[str, ...] = ()
    fates: tuple[tuple[str, str], ...] = ()
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
    news = _news(verdict, history, moment, policy)
    trouble = verdict.status in TROUBLE
    worth_sending = news.reason in LOUD or (trouble and news.reason is not Reason.NOT_DUE)
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
    closed = None if trouble else _complete_since(history) or now
    return replace(news, reason=reason, opened=_incident_start(history) or now, closed=closed)


def _news(verdict: DateVerdict, history: Sequence[Check], moment: Moment, policy: Policy) -> Decision:
    """What is new about the verdict to the people who read the messages."""
    alert = open_alert(history)
    messages = [check for check in alert if _is_loud(check) and check.status in TROUBLE]
    if verdict.status is Status.ERROR and _flaps(history, messages, moment.now):
        unchanged = Reason.NOT_DUE if verdict.day > moment.today else Reason.UNCHANGED
        return Decision(unchanged, thread=_thread(alert))
    if not messages:
        return Decision(_first(verdict, moment))
    # After a failure, what is known is compared with what was known before it.
    known = [check for check in messages if check.status != Status.ERROR]
    last = known[-1] if known and verdict.status is not Status.ERROR else messages[-1]
    since = [check for check in alert[alert.index(last) :] if check is last or check.status != Status.ERROR]
    failed_again = verdict.status is Status.ERROR and history[-1].status != Status.ERROR
    same_kind = _kind(last.status) == _kind(verdict.status) and not failed_again
    worse = _worse(verdict, since) if same_kind else ()
    overdue = _overdue(verdict, alert, moment)
    if verdict.status not in TROUBLE:
        reason = _end(verdict, messages)
    elif _not_due(verdict, moment):
        reason = Reason.NOT_DUE
    elif worse or overdue or not same_kind:
        reason = Reason.WORSENED
    elif _deadline_is_near(history, verdict, moment, policy):
        reason = Reason.DEADLINE
    # An alert that somebody asked for the evening before is repeated in the morning.
    elif messages[-1].time < moment.deadlines.starts_at(verdict.day) <= moment.now:
        reason = Reason.NEW_GAP
    else:
        reason = Reason.IMPROVED if same_kind and _better(verdict, since) else Reason.UNCHANGED
    return Decision(
        reason,
        before=messages[-1].status,
        worse=worse,
        overdue=overdue,
        fates=_fates(verdict, messages) if reason is Reason.RESOLVED else (),
        thread=_thread(alert),
    )


def open_alert(history: Sequence[Check]) -> Sequence[Check]:
    """The checks from the first message of the open alert on; empty where no alert is open."""
    ends = [number for number, check in enumerate(history) if _closes(check)]
    after = history[ends[-1] + 1 :] if ends else history
    start = next((number for number, c in enumerate(after) if _is_loud(c) and c.status in TROUBLE), len(after))
    return after[start:]


def _is_loud(check: Check) -> bool:
    return check.alert_status == AlertStatus.SENT and check.reason in LOUD


def _closes(check: Check) -> bool:
    """Whether this check told the people who were alerted that it is over.

    A message about a declared gap, or about data that is not due, was asked for and closes nothing.
    """
    return _is_loud(check) and (check.status in ALL_CLEAR or check.reason == Reason.RESOLVED)


def _kind(status: str) -> str:
    return "gap" if status in GAP else status


def _first(verdict: DateVerdict, moment: Moment) -> Reason:
    """The reason where no alert is open."""
    if _not_due(verdict, moment):
        return Reason.NOT_DUE
    if verdict.status in TROUBLE:
        return Reason.NEW_GAP
    return Reason.EXPECTED_GAP if verdict.status is Status.EXPECTED_GAP else Reason.ALL_GOOD


def _not_due(verdict: DateVerdict, moment: Moment) -> bool:
    """Whether nobody has to act yet, whatever is missing."""
    if verdict.status is Status.ERROR:
        return verdict.day > moment.today
    suspect = verdict.status is Status.SCHEDULE_UNKNOWN and not moment.deadlines.is_due(verdict.day, moment.now)
    return suspect or verdict.status is Status.PENDING


def _flaps(history: Sequence[Check], messages: Sequence[Check], now: datetime) -> bool:
    """Whether a failure is the one that was reported last, back after a while in which the warehouse answered."""
    reported = [check for check in history if _is_loud(check) and check.status == Status.ERROR]
    goes_on = bool(messages) and messages[-1].status == history[-1].status == Status.ERROR
    return bool(reported) and not goes_on and now - reported[-1].time <= FLAP


def _end(verdict: DateVerdict, messages: Sequence[Check]) -> Reason:
    """The reason where nothing is wrong any more, as far as that is known."""
    failures_only = all(check.status == Status.ERROR for check in messages)
    if verdict.status is Status.PENDING and not failures_only:
        return Reason.NOT_DUE
    told = {_kind(check.status) for check in messages}
    if verdict.status is Status.EXPECTED_GAP and told & {"gap", Status.NO_PREDICTIONS}:
        return Reason.EXPECTED_GAP
    unpredicted = any(seen.predictions == 0 for check in messages for seen in check.games.values())
    if verdict.predictions_error and unpredicted:
        return Reason.UNCHANGED
    return Reason.RESOLVED


def _deadline_is_near(history: Sequence[Check], verdict: DateVerdict, moment: Moment, policy: Policy) -> bool:
    """Whether predictions start soon, and no message has said so."""
    start = moment.deadlines.predictions_at(verdict.day).astimezone(UTC)
    warn_from = start - policy.deadline_warning
    return warn_from < moment.now < start and not any(_is_loud(c) and c.time > warn_from for c in history)


def _worse(verdict: DateVerdict, since: Sequence[Check]) -> tuple[tuple[str, str | None], ...]:
    """The games that are worse than their best status since the last message, or not ready and not listed in it."""
    listed = since[0].games
    worse: list[tuple[str, str | None]] = []
    for judged in verdict.games:
        teams, rank = judged.game.teams, _RANK.get(judged.status, 0)
        states = [seen.status for check in since if (seen := check.games.get(teams)) and seen.status in _RANK]
        best = min(states, key=_RANK.__getitem__, default=listed[teams].status if teams in listed else None)
        best_rank = _RANK.get(best or "", 0)
        if rank > (best_rank if teams in listed else 0):
            worse.append((judged.game.matchup, best if best_rank < rank else None))
    return tuple(worse)


def _overdue(verdict: DateVerdict, alert: Sequence[Check], moment: Moment) -> tuple[str, ...]:
    """The games without a prediction that no message has named since predictions were due."""
    due_at = moment.deadlines.predictions_due_at(verdict.day)
    named = {
        teams
        for check in alert
        if _is_loud(check) and check.time >= due_at
        for teams, seen in check.games.items()
        if seen.status != GameStatus.READY or seen.predictions == 0
    }
    return tuple(
        judged.game.matchup for judged in verdict.games if judged.predictions == 0 and judged.game.teams not in named
    )


def _better(verdict: DateVerdict, since: Sequence[Check]) -> bool:
    """Whether a game is better than in the last row that was sent, or that needed no message."""
    shown: dict[Teams, SeenGame] = {}
    for check in since:
        if check.alert_status in {AlertStatus.SENT, AlertStatus.NOT_NEEDED}:
            shown |= check.games
    return any(
        _badness(judged.status, judged.predictions) < _badness(seen.status, seen.predictions)
        for judged in (*verdict.games, *verdict.excluded)
        if (seen := shown.get(judged.game.teams))
        and judged.status in _RANK
        and not (seen.predictions == 0 and judged.predictions is None)
    )


def _badness(status: str, predictions: int | None) -> tuple[int, bool]:
    return _RANK.get(status, 0), predictions == 0


def _fates(verdict: DateVerdict, messages: Sequence[Check]) -> tuple[tuple[str, str], ...]:
    """What became of each game that a message named as not ready, or as not predicted."""
    named: dict[Teams, str] = {}
    for check in messages:
        named |= {
            teams: seen.matchup
            for teams, seen in check.games.items()
            if _RANK.get(seen.status, 0) or (seen.predictions == 0 and seen.status != GameStatus.EXCLUDED)
        }
    now = {judged.game.teams: judged for judged in (*verdict.games, *verdict.excluded)}
    return tuple((matchup, _fate(now.get(teams))) for teams, matchup in named.items())


def _fate(judged: GameVerdict | None) -> str:
    if judged is None:
        return "no longer listed"
    if judged.status is GameStatus.EXCLUDED:
        return judged.reason or "not expected"
    return {GameStatus.READY: "ready"}.get(judged.status, "not ready yet")


def _thread(alert: Sequence[Check]) -> Thread | None:
    return next((check.thread for check in reversed(alert) if check.thread), None)


def _incident_start(history: Sequence[Check]) -> datetime | None:
    """When the incident that is still open after these checks was first seen.

    A recovery that was never announced does not end the incident: to its readers it stayed open.
    """
    start, alerted = None, False
    for check in history:
        if _closes(check):
            start, alerted = None, False
        elif check.status in TROUBLE and check.reason not in {Reason.PAST_DATE, Reason.NOT_DUE}:
            start, alerted = start or check.time, alerted or _is_loud(check)
        elif check.status in ALL_CLEAR and not alerted:
            start = None
    return start


def _complete_since(history: Sequence[Check]) -> datetime | None:
    """When the date was first seen complete, if every later check agrees."""
    start = None
    for check in history:
        start = (start or check.time) if check.status in ALL_CLEAR else None
    return start


def outcome_without_post(reason: Reason, *, channel: Channel | None, muted: bool) -> AlertStatus | None:
    """The alert's status if nothing is to be posted, else None. `muted`: a dry run, or notify=never."""
    quiet = {Reason.ALL_GOOD, Reason.EXPECTED_GAP, Reason.UNCHANGED, Reason.NOT_DUE}
    if reason in quiet or (reason is Reason.IMPROVED and channel is Channel.WEBHOOK):
        return AlertStatus.NOT_NEEDED
    if muted or reason in {Reason.PAST_DATE, Reason.SILENCED, Reason.NO_CHANNEL}:
        return AlertStatus.SUPPRESSED
    return None


def fingerprint(verdict: DateVerdict) -> str:
    """Sixteen hex digits that change when the date's status or a game's status does."""
    games = sorted(f"{'-'.join(sorted(game.game.teams))}={game.status}" for game in verdict.games)
    return sha256("\n".join([verdict.status, *games]).encode()).hexdigest()[:16]
