"""Whether a verdict is sent, as a table: the date's history and what is found now → the reason.

A check is written as `8:00 MEM- CHI+ | NEW_GAP sent`: the time in New York, each game by its home team and state
(+ ready, ~ partial, - missing, ? unknown, x excluded) or the date's status, then the alert's reason and status.
Predictions start at 13:00, and the deadline warning is due from 11:00.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.sample import EASTERN
from monitor.core.alerts import (
    LOUD,
    AlertStatus,
    Channel,
    Check,
    Decision,
    Moment,
    Notify,
    Policy,
    Reason,
    Thread,
    decide,
    fingerprint,
    outcome_without_post,
)
from monitor.core.coverage import GameStatus, GameVerdict
from monitor.core.dates import DateRange, Silence
from monitor.core.schedule import Game
from monitor.core.verdict import DateVerdict, Status
from tests.unit.core.world import TODAY, World, game, teams

STATE = {
    "+": GameStatus.READY,
    "~": GameStatus.PARTIAL,
    "-": GameStatus.MISSING,
    "?": GameStatus.UNKNOWN,
    "x": GameStatus.EXCLUDED,
}
THREAD = Thread("C0ALERTS", "1768741200.000100")
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
AUTO, ALWAYS, NEVER = Notify
HOUR = timedelta(hours=1)


def clock(text: str) -> datetime:
    return datetime.combine(TODAY, datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time(), EASTERN)


def seen(text: str) -> DateVerdict:
    """The verdict that the text describes. A status before the games replaces the one that follows from them."""
    words = text.split()
    games = tuple(
        GameVerdict(Game("AWAY" + word[:-1], word[:-1]), STATE[word[-1]]) for word in words if word not in list(Status)
    )
    found = {judged.status for judged in games}
    status = Status.OK
    if words[0] in list(Status):
        status = Status(words[0])
    elif found & {GameStatus.MISSING, GameStatus.PARTIAL}:
        status = Status.MISSING_DATA if GameStatus.MISSING in found else Status.PARTIAL_DATA
    return DateVerdict(
        TODAY,
        status,
        games=tuple(judged for judged in games if judged.status is not GameStatus.EXCLUDED),
        excluded=tuple(judged for judged in games if judged.status is GameStatus.EXCLUDED),
    )


def check(line: str, thread: Thread | None = THREAD) -> Check:
    found, _, alert = line.partition(" | ")
    when, _, what = found.partition(" ")
    verdict = seen(what)
    games: dict[frozenset[str], str] = {
        judged.game.teams: judged.status for judged in (*verdict.games, *verdict.excluded)
    }
    reason, _, status = alert.partition(" ")
    return Check(clock(when), verdict.status, games, reason, status, thread)


def decided(past: Sequence[str], now: str, **given: Any) -> Decision:
    return decide_now([check(line) for line in past], now, **given)


def decide_now(history: Sequence[Check], now: str, /, **given: Any) -> Decision:
    when, _, what = now.partition(" ")
    day = given.pop("day", TODAY)
    start_of_day = datetime.combine(day, datetime.min.time(), EASTERN)
    moment = Moment(clock(when), TODAY, start_of_day, predictions_start=clock("13:00"))
    policy = Policy(channel=Channel.WEBHOOK)
    changed = {name: value for name, value in given.items() if name in Moment.__annotations__}
    return decide(
        replace(seen(what), day=day),
        history,
        replace(moment, **changed),
        replace(policy, **{name: value for name, value in given.items() if name not in changed}),
    )


GAP = "8:00 MEM- CHI- | NEW_GAP sent"


@pytest.mark.parametrize(
    ("past", "now", "reason"),
    [
        # No alert yet: any trouble is sent, and a good date is not.
        ([], "8:00 MEM- CHI-", "NEW_GAP"),
        ([], "8:00 MEM~", "NEW_GAP"),
        ([], "8:00 SCHEDULE_UNKNOWN", "NEW_GAP"),
        ([], "8:00 ERROR", "NEW_GAP"),
        ([], "8:00 MEM+ CHI+", "ALL_GOOD"),
        ([], "8:00 NO_GAMES", "ALL_GOOD"),
        ([], "8:00 EXPECTED_GAP MEM-", "EXPECTED_GAP"),
        # 2026-01-26/27: 1,037 alerts. What was sent is not sent again.
        ([GAP], "8:30 MEM- CHI-", "UNCHANGED"),
        ([GAP, "8:30 MEM- CHI- | UNCHANGED not_needed"], "9:00 MEM- CHI-", "UNCHANGED"),
        # A failed post reached nobody, so an unchanged gap is posted now.
        (["8:00 MEM- CHI- | NEW_GAP failed"], "8:05 MEM- CHI-", "NEW_GAP"),
        ([GAP, "9:00 MEM- CHI- PHI- | WORSENED failed"], "9:05 MEM- CHI- PHI-", "WORSENED"),
        # Neither did a check that was muted, or had no channel.
        (["7:00 MEM- CHI- | NEW_GAP suppressed"], "8:00 MEM- CHI-", "NEW_GAP"),
        (["7:00 MEM- CHI- | NO_CHANNEL suppressed"], "8:00 MEM- CHI-", "NEW_GAP"),
        # A range request recorded the date weeks ago.
        (["7:00 MEM- CHI- | PAST_DATE suppressed"], "8:00 MEM- CHI-", "NEW_GAP"),
        # Partial recovery is quiet at every step: one game of two, or part of a game.
        ([GAP], "8:30 MEM+ CHI-", "IMPROVED"),
        ([GAP], "8:30 MEM~ CHI-", "IMPROVED"),
        ([GAP, "8:30 MEM+ CHI- | IMPROVED not_needed"], "9:00 MEM+ CHI-", "UNCHANGED"),
        ([GAP, "8:30 MEM+ CHI- | IMPROVED sent"], "9:00 MEM+ CHI-", "UNCHANGED"),
        ([GAP, "8:30 MEM+ CHI- | IMPROVED sent"], "9:00 MEM+ CHI~", "IMPROVED"),
        # MISSING_DATA that becomes PARTIAL_DATA is a recovery, not another kind of trouble.
        ([GAP], "8:30 MEM~ CHI~", "IMPROVED"),
        # A failed edit is made again.
        ([GAP, "8:30 MEM+ CHI- | IMPROVED failed"], "9:00 MEM+ CHI-", "IMPROVED"),
        # A game that is called off no longer needs data.
        ([GAP], "8:30 MEMx CHI-", "IMPROVED"),
        # Worse: another game, a game that was ready, a game that was partial.
        ([GAP], "8:30 MEM- CHI- PHI-", "WORSENED"),
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM- CHI-", "WORSENED"),
        (["8:00 MEM~ CHI~ | NEW_GAP sent"], "8:30 MEM~ CHI-", "WORSENED"),
        (["8:00 MEM- CHI? | NEW_GAP sent"], "8:30 MEM- CHI-", "WORSENED"),
        # One game recovered while another broke: the same count, but still news.
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM+ CHI-", "WORSENED"),
        # It recovered and broke again: no worse than the message said, but worse than what was seen since.
        ([GAP, "8:30 MEM+ CHI- | IMPROVED not_needed"], "9:00 MEM- CHI-", "WORSENED"),
        ([GAP, "8:30 MEM+ CHI- | SILENCED suppressed"], "9:00 MEM- CHI-", "WORSENED"),
        ([GAP, "8:30 MEMx CHI- | IMPROVED not_needed"], "9:00 MEM- CHI-", "WORSENED"),
        # That was sent, so next time it is not news.
        (
            [GAP, "8:30 MEM+ CHI- | IMPROVED not_needed", "9:00 MEM- CHI- | WORSENED sent"],
            "9:30 MEM- CHI-",
            "UNCHANGED",
        ),
        # A game drops off the schedule and comes back unchanged: not news either time.
        ([GAP], "8:30 CHI-", "UNCHANGED"),
        ([GAP, "8:30 CHI- | UNCHANGED not_needed"], "9:00 MEM- CHI-", "UNCHANGED"),
        ([GAP, "8:30 CHI~ | IMPROVED sent"], "9:00 MEM- CHI~", "UNCHANGED"),
        # It comes back ready: the first message still shows it missing and has to be edited.
        ([GAP, "8:30 CHI- | UNCHANGED not_needed"], "9:00 MEM+ CHI-", "IMPROVED"),
        # More ready games make nothing better, and fewer make nothing worse.
        ([GAP], "8:30 MEM- CHI- PHI+", "UNCHANGED"),
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM-", "UNCHANGED"),
        # While Phase 3 cannot be read a game is unknown: neither a recovery nor, afterwards, a regression.
        (["8:00 MEM- CHI~ | NEW_GAP sent"], "8:30 MEM- CHI?", "UNCHANGED"),
        (["8:00 MEM- CHI~ | NEW_GAP sent", "8:30 MEM- CHI? | UNCHANGED not_needed"], "9:00 MEM- CHI~", "UNCHANGED"),
        # A status of another kind is news with the same games, in both directions.
        ([GAP], "8:30 ERROR MEM? CHI?", "WORSENED"),
        (["8:00 ERROR MEM? CHI? | NEW_GAP sent"], "8:30 MEM- CHI-", "WORSENED"),
        (["8:00 SCHEDULE_UNKNOWN | NEW_GAP sent"], "10:30 MEM- CHI-", "WORSENED"),
        (["8:00 ERROR | NEW_GAP sent"], "8:30 SCHEDULE_UNKNOWN", "WORSENED"),
        # A failure that repeats on the scheduler's retries is sent once, however much of the slate could be read.
        (["8:00 ERROR | NEW_GAP sent"], "8:01 ERROR", "UNCHANGED"),
        (["8:00 ERROR MEM? CHI? | NEW_GAP sent"], "8:01 ERROR", "UNCHANGED"),
        (["8:00 ERROR | NEW_GAP sent"], "8:01 ERROR MEM? CHI?", "UNCHANGED"),
        (["8:00 SCHEDULE_UNKNOWN | NEW_GAP sent"], "8:30 SCHEDULE_UNKNOWN", "UNCHANGED"),
        # A failure that was never delivered does not count.
        ([GAP, "8:30 ERROR MEM? CHI? | WORSENED failed"], "9:00 MEM- CHI-", "UNCHANGED"),
        # RESOLVED needs an alert before it.
        ([GAP], "12:00 MEM+ CHI+", "RESOLVED"),
        ([GAP], "12:00 NO_GAMES MEMx CHIx", "RESOLVED"),
        (["8:00 ERROR | NEW_GAP sent"], "8:30 MEM+ CHI+", "RESOLVED"),
        (["8:00 MEM- CHI- | NEW_GAP failed"], "12:00 MEM+ CHI+", "ALL_GOOD"),
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED sent"], "12:30 MEM+ CHI+", "ALL_GOOD"),
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED failed"], "12:05 MEM+ CHI+", "RESOLVED"),
        # It broke again after it was resolved: a new alert, not a worse one.
        ([GAP, "9:00 MEM+ CHI+ | RESOLVED sent"], "9:30 MEM- CHI+", "NEW_GAP"),
        # The recovery was never delivered, so to the readers the same alert got worse again.
        ([GAP, "9:00 MEM+ CHI+ | RESOLVED failed"], "9:30 MEM- CHI+", "WORSENED"),
        # Complete only because a game without data dropped off the schedule: not resolved, and worth a look before
        # predictions start.
        ([GAP], "9:00 MEM+", "UNCHANGED"),
        ([GAP], "9:00 NO_GAMES", "UNCHANGED"),
        ([GAP, "9:00 MEM+ | UNCHANGED not_needed"], "9:30 MEM+", "UNCHANGED"),
        ([GAP, "8:30 MEM- CHI+ | IMPROVED not_needed"], "9:00 MEM+", "RESOLVED"),  # CHI was ready when last seen
        ([GAP], "11:30 MEM+", "DEADLINE"),
        ([GAP, "11:30 MEM+ | DEADLINE sent"], "12:00 MEM+ CHI+", "ALL_GOOD"),
        # The gap was declared after the alert: only its end is sent.
        ([GAP], "9:00 EXPECTED_GAP MEM- CHI-", "EXPECTED_GAP"),
        ([GAP, "9:00 EXPECTED_GAP MEM- CHI- | EXPECTED_GAP not_needed"], "12:00 MEM+ CHI+", "RESOLVED"),
        ([GAP, "9:00 EXPECTED_GAP MEM- CHI- | REQUESTED sent"], "12:00 MEM+ CHI+", "RESOLVED"),
        (
            [GAP, "9:00 EXPECTED_GAP MEM- CHI- | EXPECTED_GAP not_needed"],
            "9:30 MEM- CHI-",
            "UNCHANGED",
        ),  # no longer declared
        # An expected gap shows that the failure is over, so it resolves it; the next failure is news again.
        (["8:00 ERROR | NEW_GAP sent"], "9:00 EXPECTED_GAP MEM-", "RESOLVED"),
        (["8:00 ERROR | NEW_GAP sent", "9:00 EXPECTED_GAP MEM- | RESOLVED sent"], "9:30 ERROR", "NEW_GAP"),
        # Within the warning window an open alert is raised once more, and only once.
        ([GAP], "11:00 MEM- CHI-", "UNCHANGED"),  # exactly two hours is not less than two
        ([GAP], "11:01 MEM- CHI-", "DEADLINE"),
        ([GAP], "11:30 MEM+ CHI-", "DEADLINE"),  # better, but not complete
        ([GAP], "11:30 MEM- CHI- PHI-", "WORSENED"),  # also says how little time is left
        (["8:00 ERROR | NEW_GAP sent"], "11:30 ERROR", "DEADLINE"),
        (["8:00 SCHEDULE_UNKNOWN | NEW_GAP sent"], "11:30 SCHEDULE_UNKNOWN", "DEADLINE"),
        ([GAP, "11:30 MEM- CHI- | DEADLINE sent"], "12:00 MEM- CHI-", "UNCHANGED"),
        ([GAP, "11:30 MEM- CHI- | DEADLINE sent"], "12:00 MEM+ CHI-", "IMPROVED"),
        ([GAP, "11:30 MEM- CHI- | DEADLINE sent"], "12:00 MEM- CHI- PHI-", "WORSENED"),
        (
            [GAP, "11:30 MEM- CHI- | DEADLINE sent", "12:00 MEM+ CHI- | IMPROVED sent"],
            "12:30 MEM+ CHI-",
            "UNCHANGED",
        ),
        ([GAP, "11:30 MEM- CHI- | DEADLINE failed"], "11:31 MEM- CHI-", "DEADLINE"),
        # A bot's quiet edit warned nobody.
        ([GAP, "11:30 MEM+ CHI- | IMPROVED sent"], "12:00 MEM+ CHI-", "DEADLINE"),
        (
            ["11:00 MEM- CHI- | NEW_GAP sent"],
            "11:30 MEM- CHI-",
            "DEADLINE",
        ),  # sent exactly when the window opens: not within it
        # A first alert within the window has said how little time is left: identical requests stay one alert.
        (["11:30 MEM- CHI- | NEW_GAP sent"], "11:30 MEM- CHI-", "UNCHANGED"),
        (["11:30 MEM- CHI- | NEW_GAP sent"], "12:30 MEM- CHI-", "UNCHANGED"),
        # Predictions have started: it is too late to warn.
        ([GAP], "13:00 MEM- CHI-", "UNCHANGED"),
        ([GAP], "15:00 MEM- CHI-", "UNCHANGED"),
        ([GAP], "15:00 MEM+ CHI+", "RESOLVED"),
    ],
)
def test_what_is_new_since_the_last_alert(past: Sequence[str], now: str, reason: str) -> None:
    assert decided(past, now).reason == reason


OK, TROUBLE, ERROR = "8:00 MEM+ CHI+", "8:00 MEM- CHI-", "8:00 ERROR"
SILENT = {"silences": [Silence(DateRange(TODAY, TOMORROW), clock("10:00"), "reload")]}


@pytest.mark.parametrize(
    ("past", "now", "given", "reason"),
    [
        # Trouble tomorrow is sent too: whoever asks in the evening wants to know.
        ([], TROUBLE, {"day": TOMORROW}, "NEW_GAP"),
        # Backfills record without sending, unless asked to.
        ([], TROUBLE, {"day": YESTERDAY}, "PAST_DATE"),
        ([], ERROR, {"day": YESTERDAY}, "PAST_DATE"),
        ([], OK, {"day": YESTERDAY}, "ALL_GOOD"),
        ([], TROUBLE, {"day": YESTERDAY, "notify": ALWAYS}, "REQUESTED"),
        ([GAP], "9:00 MEM- CHI- PHI-", {"day": YESTERDAY}, "PAST_DATE"),
        # An alert is resolved whenever its end comes, even days later.
        ([GAP], "9:00 MEM+ CHI+", {"day": YESTERDAY}, "RESOLVED"),
        # A range is a backfill even if it includes today; otherwise future dates would each send a message.
        ([], TROUBLE, {"backfill": True}, "PAST_DATE"),
        ([GAP], "9:00 MEM+ CHI+", {"backfill": True}, "PAST_DATE"),
        ([], OK, {"backfill": True}, "ALL_GOOD"),
        ([], TROUBLE, {"backfill": True, "notify": ALWAYS}, "REQUESTED"),
        # A range that cannot be judged is one failure, for its caller.
        ([], ERROR, {"backfill": True, "notify": ALWAYS}, "PAST_DATE"),
        # A silence holds back trouble and its end, for its dates and until its time, and nothing else.
        ([], TROUBLE, SILENT, "SILENCED"),
        ([], ERROR, SILENT, "SILENCED"),
        ([GAP], "9:00 MEM+ CHI+", SILENT, "SILENCED"),
        ([GAP], "9:59 MEM- CHI-", SILENT, "SILENCED"),
        ([], OK, SILENT, "ALL_GOOD"),
        ([], TROUBLE, {**SILENT, "day": TOMORROW}, "SILENCED"),
        ([], TROUBLE, {**SILENT, "day": TOMORROW + timedelta(days=1)}, "NEW_GAP"),
        # When the silence ends, what it held back is sent.
        (["8:00 MEM- CHI- | SILENCED suppressed"], "10:00 MEM- CHI-", SILENT, "NEW_GAP"),
        ([GAP, "9:00 MEM+ CHI+ | SILENCED suppressed"], "10:00 MEM+ CHI+", SILENT, "RESOLVED"),
        # notify=always overrides a silence.
        ([], TROUBLE, {**SILENT, "notify": ALWAYS}, "REQUESTED"),
        # notify=always sends the state whatever was sent before; news keeps its own reason.
        ([], OK, {"notify": ALWAYS}, "REQUESTED"),
        ([], TROUBLE, {"notify": ALWAYS}, "NEW_GAP"),
        ([GAP], "9:00 MEM- CHI-", {"notify": ALWAYS}, "REQUESTED"),
        ([GAP], "9:00 MEM+ CHI-", {"notify": ALWAYS}, "REQUESTED"),
        ([], "8:00 EXPECTED_GAP MEM-", {"notify": ALWAYS}, "REQUESTED"),
        # A requested message counts as sent: the next check has nothing to add.
        ([GAP, "9:00 MEM+ CHI- | REQUESTED sent"], "9:30 MEM+ CHI-", {}, "UNCHANGED"),
        # With notify=never the row still has the reason.
        ([], TROUBLE, {"notify": NEVER}, "NEW_GAP"),
        ([GAP], "9:00 MEM+ CHI+", {"notify": NEVER}, "RESOLVED"),
        # No channel: the row says so if a message was due, and only then.
        ([], TROUBLE, {"channel": None}, "NO_CHANNEL"),
        ([], OK, {"channel": None, "notify": ALWAYS}, "NO_CHANNEL"),
        ([GAP], "9:00 MEM+ CHI-", {"channel": None}, "NO_CHANNEL"),
        ([], OK, {"channel": None}, "ALL_GOOD"),
        ([], TROUBLE, {"channel": None, "day": YESTERDAY}, "PAST_DATE"),
        # A deadline warning of 0 minutes turns it off.
        ([GAP], "12:59 MEM- CHI-", {"deadline_warning": timedelta(0)}, "UNCHANGED"),
    ],
)
def test_what_suppresses_or_forces_a_message(past: Sequence[str], now: str, given: dict[str, Any], reason: str) -> None:
    assert decided(past, now, **given).reason == reason


def test_an_alert_sent_the_evening_before_is_repeated_in_the_morning() -> None:
    # Someone asked about tomorrow before anything was due. At eight it is due, and the day's first check says so.
    evening = [replace(check(GAP), time=clock("19:00") - timedelta(days=1))]
    asked = {"predictions_start": clock("13:00"), "deadline_warning": 2 * HOUR}
    assert decide_now(evening, "8:00 MEM- CHI-", **asked).reason is Reason.NEW_GAP
    assert decide_now([*evening, check(GAP)], "8:30 MEM- CHI-", **asked).reason is Reason.UNCHANGED
    assert decide_now(evening, "8:00 MEM+ CHI+", **asked).reason is Reason.RESOLVED
    assert decide_now(evening, "8:00 MEM+", **asked).reason is Reason.UNCHANGED  # CHI left the schedule
    # Asked again that evening, when the date is still tomorrow.
    again = {"now": clock("19:30") - timedelta(days=1), "today": YESTERDAY}
    assert decide_now(evening, "19:30 MEM- CHI-", **asked, **again).reason is Reason.UNCHANGED


def test_rows_older_than_the_monitor_open_no_alert() -> None:
    # These rows have only the user's own five columns: a time and a status.
    old = [Check(clock("6:00"), "MISSING_DATA"), Check(clock("7:00"), "OK")]
    assert decide_now(old, "8:00 MEM- CHI-").reason is Reason.NEW_GAP
    assert decide_now(old, "8:00 MEM- CHI-").opened == clock("8:00")
    assert decide_now([*old, Check(clock("7:30"), "MISSING_DATA")], "8:00 MEM- CHI-").opened == clock("7:30")
    # Among the monitor's own rows they show what was seen, but resolve nothing.
    found = decide_now([check(GAP), Check(clock("9:00"), "OK")], "9:30 MEM+ CHI+")
    assert (found.reason, found.opened, found.closed) == (Reason.RESOLVED, clock("8:00"), clock("9:00"))


def test_unknown_states_are_not_compared() -> None:
    later = replace(check(GAP), games={frozenset({"AWAYMEM", "MEM"}): "DELAYED"})
    assert decide_now([later], "8:30 MEM+").reason is Reason.RESOLVED
    assert decide_now([later, replace(later, alert_status="not_needed")], "8:30 MEM-").reason is Reason.WORSENED


# What a message needs besides the verdict.


@pytest.mark.parametrize(
    ("past", "now", "worse"),
    [
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM- CHI-", [("AWAYCHI@CHI", "READY")]),
        # The best status that was seen, not the last.
        (
            [GAP, "8:30 MEM+ CHI- | IMPROVED not_needed", "9:00 MEM~ CHI- | WORSENED failed"],
            "9:30 MEM~ CHI-",
            [("AWAYMEM@MEM", "READY")],
        ),
        # A game that was in no message.
        ([GAP], "8:30 MEM- CHI- PHI~", [("AWAYPHI@PHI", None)]),
        # A game that was ready for a while: look at Phase 4, not at the schedule.
        ([GAP, "8:30 MEM- CHI- PHI+ | UNCHANGED not_needed"], "9:00 MEM- CHI- PHI-", [("AWAYPHI@PHI", "READY")]),
        ([GAP, "8:30 MEM- CHI- PHI- | WORSENED failed"], "9:00 MEM- CHI- PHI-", [("AWAYPHI@PHI", None)]),
        (["8:00 MEM- CHI? | NEW_GAP sent"], "8:30 MEM- CHI-", [("AWAYCHI@CHI", "UNKNOWN")]),
        # Of another kind: the games' earlier states are unknown.
        ([GAP], "8:30 ERROR MEM? CHI?", []),
        (["8:00 ERROR MEM? | NEW_GAP sent"], "8:30 MEM-", []),
    ],
)
def test_the_games_that_got_worse(past: Sequence[str], now: str, worse: list[tuple[str, str | None]]) -> None:
    found = decided(past, now)
    assert (found.reason, list(found.worse)) == (Reason.WORSENED, worse)


@pytest.mark.parametrize(
    ("past", "now", "opened", "closed"),
    [
        ([GAP, "8:30 MEM+ CHI- | IMPROVED sent"], "12:00 MEM+ CHI+", "8:00", "12:00"),
        # Seen before it was sent, because the post failed or was held back.
        (["8:00 MEM- CHI- | NEW_GAP failed", "8:05 MEM- CHI- | NEW_GAP sent"], "12:00 MEM+ CHI+", "8:00", "12:00"),
        (
            ["8:00 MEM- CHI- | SILENCED suppressed", "10:00 MEM- CHI- | NEW_GAP sent"],
            "12:00 MEM+ CHI+",
            "8:00",
            "12:00",
        ),
        # Complete at noon, sent at half past.
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED failed"], "12:30 MEM+ CHI+", "8:00", "12:00"),
        # Neither an earlier alert that was resolved nor a time when all was well counts.
        (
            [GAP, "9:00 MEM+ CHI+ | RESOLVED sent", "10:00 MEM- CHI+ | NEW_GAP sent"],
            "12:00 MEM+ CHI+",
            "10:00",
            "12:00",
        ),
        (["7:00 MEM- | NEW_GAP suppressed", "7:30 MEM+ | ALL_GOOD not_needed", GAP], "9:00 MEM+", "8:00", "9:00"),
        # A range request checked the date before anything was due.
        (["6:00 MEM- CHI- | PAST_DATE suppressed", GAP], "12:00 MEM+ CHI+", "8:00", "12:00"),
        # Complete for a moment that was never announced: to the readers one alert from eight to noon.
        (
            [GAP, "9:00 MEM+ CHI+ | RESOLVED failed", "9:30 MEM- CHI+ | WORSENED sent"],
            "12:00 MEM+ CHI+",
            "8:00",
            "12:00",
        ),
        # Declaring the gap, even in a requested message, explains it but does not end it.
        ([GAP, "9:00 EXPECTED_GAP MEM- | EXPECTED_GAP not_needed"], "12:00 MEM+ CHI+", "8:00", "12:00"),
        ([GAP, "9:00 EXPECTED_GAP MEM- | REQUESTED sent"], "12:00 MEM+ CHI+", "8:00", "12:00"),
        (
            [GAP, "9:00 EXPECTED_GAP MEM- | EXPECTED_GAP not_needed", "9:30 MEM+ CHI+ | RESOLVED failed"],
            "10:00 MEM+ CHI+",
            "8:00",
            "9:30",
        ),
        # CHI was only off the schedule for a while.
        ([GAP, "9:00 MEM+ | UNCHANGED not_needed"], "9:30 MEM+ CHI+", "8:00", "9:30"),
        # After the resolution, a gap that was never announced came and went.
        (
            [
                GAP,
                "9:00 MEM+ CHI+ | RESOLVED sent",
                "10:00 MEM- CHI+ | NEW_GAP suppressed",
                "10:30 MEM+ CHI+ | ALL_GOOD not_needed",
            ],
            "11:30 MEM- CHI-",
            "11:30",
            None,
        ),
        ([GAP], "11:30 MEM- CHI-", "8:00", None),
        ([], "8:00 MEM- CHI-", "8:00", None),
    ],
)
def test_how_long_a_gap_was_open(past: Sequence[str], now: str, opened: str, closed: str | None) -> None:
    found = decided(past, now)
    assert (found.opened, found.closed) == (clock(opened), clock(closed) if closed else None)


def test_the_games_that_left_the_schedule_without_data() -> None:
    assert decided([GAP], "11:30 MEM+").gone == ("AWAYCHI-CHI",)
    assert decided([GAP], "11:30 MEM+ CHIx").gone == ()
    assert decided([GAP], "11:30 MEM-").gone == ()  # while there is a gap, the gap is the news


def test_only_an_open_alert_has_a_thread_to_continue() -> None:
    assert decided([GAP], "8:30 MEM- CHI- PHI-").thread == THREAD
    assert decided([GAP], "8:30 MEM+ CHI+").thread == THREAD
    assert decided([GAP, "9:00 EXPECTED_GAP MEM- | REQUESTED sent"], "9:30 EXPECTED_GAP MEM-").thread == THREAD
    assert decided([GAP, "9:00 MEM+ CHI+ | RESOLVED sent"], "9:30 MEM- CHI-").thread is None


def test_the_newest_thread_is_continued() -> None:
    # The first message was deleted, and a quiet improvement posted a new one.
    second = Thread("C0ALERTS", "1768745000.000200")
    past = [
        check(GAP),
        check("9:00 MEM+ CHI- | IMPROVED sent", second),
        check("9:30 MEM+ CHI- | UNCHANGED not_needed", None),
    ]
    assert decide_now(past, "10:00 MEM- CHI-").thread == second


# The alert's status if nothing is posted.


@pytest.mark.parametrize("channel", [*Channel, None])
def test_news_is_posted_and_the_rest_is_not(channel: Channel | None) -> None:
    def outcome(reason: Reason) -> AlertStatus | None:
        return outcome_without_post(reason, channel=channel, muted=False)

    assert {reason for reason in Reason if outcome(reason) is None} - {Reason.IMPROVED} == LOUD
    for nothing in (Reason.ALL_GOOD, Reason.EXPECTED_GAP, Reason.UNCHANGED):
        assert outcome(nothing) is AlertStatus.NOT_NEEDED
    for held_back in (Reason.PAST_DATE, Reason.SILENCED, Reason.NO_CHANNEL):
        assert outcome(held_back) is AlertStatus.SUPPRESSED


def test_an_improvement_is_only_sent_by_bot() -> None:
    assert outcome_without_post(Reason.IMPROVED, channel=Channel.WEBHOOK, muted=False) is AlertStatus.NOT_NEEDED
    assert outcome_without_post(Reason.IMPROVED, channel=Channel.BOT, muted=False) is None


def test_a_dry_run_posts_nothing_whatever_the_reason() -> None:
    for channel in (*Channel, None):
        assert None not in {outcome_without_post(reason, channel=channel, muted=True) for reason in Reason}


def test_the_fingerprint_depends_only_on_the_status_and_the_games() -> None:
    gap = World(nbac=[game("GSW@SAC"), game("BOS@LAL")], phase4=teams("GSW@SAC", 9, 9))
    (first,) = gap.judge()
    (reordered,) = replace(gap, nbac=[game("BOS@LAL"), game("GSW@SAC")]).judge()
    (warned,) = replace(gap, espn="Timeout").judge()
    (healed,) = replace(gap, phase4=[*teams("GSW@SAC", 9, 9), *teams("BOS@LAL", 9, 9)]).judge()
    (reversed_,) = replace(gap, nbac=[game("SAC@GSW"), game("LAL@BOS")]).judge()
    (swapped,) = replace(gap, phase4=teams("BOS@LAL", 9, 9)).judge()
    same = fingerprint(first)
    assert fingerprint(reordered) == fingerprint(warned) == fingerprint(reversed_) == same
    assert len({same, fingerprint(healed), fingerprint(swapped), fingerprint(replace(first, status=Status.ERROR))}) == 4
