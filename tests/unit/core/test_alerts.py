"""Whether a verdict is sent, as a table: the date's history, what is seen now → the reason.

A check is written as `8:00 MEM- CHI+ | NEW_GAP sent`: the hour in New York, each game by its home team with what was
found for it, or the date's status, the alert's reason and what became of it. A game is + ready, ~ partial, - missing,
? unknown, x excluded; once predictions are due, * ready and predicted, 0 ready without a prediction, = missing and
without one. Phase 4 is due at 8:00, the deadline's warning from 11:00, predictions start at 13:00 and are due at 13:30.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from local.sample import EASTERN
from monitor.core.alerts import (
    LOUD,
    AlertStatus,
    Channel,
    Decision,
    Moment,
    Notify,
    Policy,
    Reason,
    decide,
    fingerprint,
    outcome_without_post,
)
from monitor.core.coverage import GameVerdict
from monitor.core.dates import DateRange, Silence
from monitor.core.games import GameStatus
from monitor.core.history import Check, SeenGame, Thread
from monitor.core.schedule import Game
from monitor.core.verdict import DateVerdict, Status
from tests.unit.core import world
from tests.unit.core.world import TODAY, World, game, teams

STATE: dict[str, tuple[GameStatus, int | None]] = {
    "+": (GameStatus.READY, None),
    "~": (GameStatus.PARTIAL, None),
    "-": (GameStatus.MISSING, None),
    "?": (GameStatus.UNKNOWN, None),
    "x": (GameStatus.EXCLUDED, None),
    "*": (GameStatus.READY, 12),
    "0": (GameStatus.READY, 0),
    "=": (GameStatus.MISSING, 0),
}
THREAD = Thread("C0ALERTS", "1768741200.000100")
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
AUTO, ALWAYS, NEVER = Notify
DEADLINES = replace(world.DEADLINES, predictions=time(13), predictions_zone=EASTERN)
HOUR = timedelta(hours=1)


def clock(text: str) -> datetime:
    return datetime.combine(TODAY, datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time(), EASTERN)


def seen(text: str) -> DateVerdict:
    """The verdict that the text describes. A status before the games replaces the one that follows from them."""
    words = text.split()
    games = tuple(
        GameVerdict(Game("AWAY" + word[:-1], word[:-1]), STATE[word[-1]][0], predictions=STATE[word[-1]][1])
        for word in words
        if word not in list(Status)
    )
    found = {judged.status for judged in games}
    status = Status.OK
    if words[0] in list(Status):
        status = Status(words[0])
    elif found & {GameStatus.MISSING, GameStatus.PARTIAL}:
        status = Status.MISSING_DATA if GameStatus.MISSING in found else Status.PARTIAL_DATA
    elif any(judged.predictions == 0 for judged in games):
        status = Status.NO_PREDICTIONS
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
    games = {
        judged.game.teams: SeenGame(judged.game.away, judged.game.home, judged.status, predictions=judged.predictions)
        for judged in (*verdict.games, *verdict.excluded)
    }
    reason, _, status = alert.partition(" ")
    return Check(clock(when), verdict.status, games, reason, status, thread)


def decided(past: Sequence[str], now: str, **given: Any) -> Decision:
    return decide_now([check(line) for line in past], now, **given)


def decide_now(history: Sequence[Check], now: str, /, **given: Any) -> Decision:
    when, _, what = now.partition(" ")
    day, today = given.pop("day", TODAY), given.pop("today", TODAY)
    # What only a predictions source that could not be read leaves unknown.
    error = given.pop("predictions_error", None)
    moment = Moment(given.pop("now", clock(when)), today, DEADLINES)
    verdict = replace(seen(what), day=day, predictions_error=error)
    return decide(verdict, history, moment, replace(Policy(channel=Channel.WEBHOOK), **given))


GAP = "8:00 MEM- CHI- | NEW_GAP sent"
ALL_THREE = ("AWAYMEM@MEM", "AWAYCHI@CHI", "AWAYPHI@PHI")


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
        ([], "13:30 MEM* CHI0", "NEW_GAP"),
        # Before it is due nobody is disturbed: same-day Phase 4 runs at 11:00, and the schedule is loaded at ten.
        ([], "7:00 PENDING MEM- CHI-", "NOT_DUE"),
        ([], "7:00 SCHEDULE_UNKNOWN", "NOT_DUE"),
        (["7:00 SCHEDULE_UNKNOWN | NOT_DUE not_needed"], "7:59 SCHEDULE_UNKNOWN", "NEW_GAP"),  # due, less a minute
        (["7:00 PENDING MEM- CHI- | NOT_DUE not_needed"], "8:00 MEM- CHI-", "NEW_GAP"),
        ([], "7:00 ERROR", "NEW_GAP"),  # a monitor that cannot see is no gap that is not due
        # 2026-01-26/27: 1,037 alerts. What was told is not told again.
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
        # An alert of a failure ends with the first check that works and finds no trouble, even if nothing is due yet.
        (["7:00 ERROR | NEW_GAP sent"], "7:30 PENDING MEM-", "RESOLVED"),
        # An alert of a gap does not, as when the operator moves the due time.
        ([GAP], "8:30 PENDING MEM- CHI-", "NOT_DUE"),
        ([GAP, "8:30 PENDING MEM- CHI- | REQUESTED sent"], "12:00 MEM+ CHI+", "RESOLVED"),
        ([GAP, "8:30 ERROR | WORSENED sent"], "9:00 PENDING MEM- CHI-", "NOT_DUE"),
        # A warehouse that flaps is one trouble: the gap after a failure is compared with the gap before it.
        ([GAP, "8:15 ERROR | WORSENED sent"], "8:45 MEM- CHI-", "UNCHANGED"),
        ([GAP, "8:15 ERROR | WORSENED sent"], "8:45 MEM+ CHI-", "IMPROVED"),
        ([GAP, "8:15 ERROR | WORSENED sent"], "8:45 MEM- CHI- PHI-", "WORSENED"),
        ([GAP, "8:15 ERROR | WORSENED sent"], "8:45 MEM+ CHI+", "RESOLVED"),
        # And a failure that returns within two hours of the last message about one is the same failure.
        ([GAP, "8:15 ERROR | WORSENED sent", "8:45 MEM- CHI- | UNCHANGED not_needed"], "9:15 ERROR", "UNCHANGED"),
        ([GAP, "8:15 ERROR | WORSENED sent", "8:45 MEM- CHI- | UNCHANGED not_needed"], "10:16 ERROR", "WORSENED"),
        (["8:00 ERROR | NEW_GAP sent", "8:15 MEM- | WORSENED sent"], "10:00 ERROR", "UNCHANGED"),
        (["8:00 ERROR | NEW_GAP sent", "8:15 MEM- | WORSENED sent"], "10:01 ERROR", "WORSENED"),
        (["8:00 ERROR | NEW_GAP sent", "8:15 MEM+ | RESOLVED sent"], "8:45 ERROR", "UNCHANGED"),
        (["8:00 ERROR | NEW_GAP sent", "8:15 MEM+ | RESOLVED sent"], "10:01 ERROR", "NEW_GAP"),
        (
            [
                "8:00 ERROR | NEW_GAP sent",
                "8:15 MEM+ | RESOLVED sent",
                "8:45 ERROR | UNCHANGED not_needed",
            ],
            "9:15 MEM+",
            "ALL_GOOD",  # nobody was told of the second one
        ),
        # The coordinator is down at one: at half past, predictions are overdue.
        (["12:45 MEM+ CHI+ | ALL_GOOD not_needed"], "13:30 MEM0 CHI0", "NEW_GAP"),
        (["13:30 MEM0 CHI0 | NEW_GAP sent"], "14:00 MEM0 CHI0", "UNCHANGED"),
        (["13:30 MEM0 CHI0 | NEW_GAP sent"], "14:00 MEM* CHI0", "IMPROVED"),
        (["13:30 MEM* CHI0 | NEW_GAP sent"], "14:00 MEM0 CHI0", "WORSENED"),
        (["13:30 MEM0 CHI0 | NEW_GAP sent"], "14:00 MEM* CHI*", "RESOLVED"),
        # Another kind of trouble than a gap, in both directions.
        ([GAP], "13:30 MEM0 CHI0", "WORSENED"),
        (["13:30 MEM0 CHI0 | NEW_GAP sent"], "14:00 MEM0 CHI=", "WORSENED"),
        # While the gap is open, predictions that are overdue are news once.
        ([GAP, "13:00 MEM- CHI- | UNCHANGED not_needed"], "13:30 MEM= CHI=", "WORSENED"),
        ([GAP, "13:30 MEM= CHI= | WORSENED sent"], "14:00 MEM= CHI=", "UNCHANGED"),
        (["13:45 MEM= CHI= | NEW_GAP sent"], "14:00 MEM= CHI=", "UNCHANGED"),
        (["13:45 MEM= CHI= | REQUESTED sent"], "14:00 MEM= CHI=", "UNCHANGED"),
        ([GAP, "13:30 MEM= CHI= | WORSENED failed"], "13:31 MEM= CHI=", "WORSENED"),
        ([GAP, "13:30 MEM= CHI* | WORSENED sent"], "14:00 MEM= CHI0", "WORSENED"),  # CHI was named by no message
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED sent"], "12:30 MEM+ CHI+", "ALL_GOOD"),
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED failed"], "12:05 MEM+ CHI+", "RESOLVED"),
        # It broke again after it was resolved: a new alert, not a worse one.
        ([GAP, "9:00 MEM+ CHI+ | RESOLVED sent"], "9:30 MEM- CHI+", "NEW_GAP"),
        # The recovery was never delivered, so to the readers the same alert got worse again.
        ([GAP, "9:00 MEM+ CHI+ | RESOLVED failed"], "9:30 MEM- CHI+", "WORSENED"),
        # Declared since, it is told no more; its end is.
        ([GAP], "9:00 EXPECTED_GAP MEM- CHI-", "EXPECTED_GAP"),
        ([GAP, "8:15 ERROR | WORSENED sent"], "9:00 EXPECTED_GAP MEM- CHI-", "EXPECTED_GAP"),
        ([GAP, "9:00 EXPECTED_GAP MEM- CHI- | EXPECTED_GAP not_needed"], "12:00 MEM+ CHI+", "RESOLVED"),
        ([GAP, "9:00 EXPECTED_GAP MEM- CHI- | REQUESTED sent"], "12:00 MEM+ CHI+", "RESOLVED"),
        (
            [GAP, "9:00 EXPECTED_GAP MEM- CHI- | EXPECTED_GAP not_needed"],
            "9:30 MEM- CHI-",
            "UNCHANGED",
        ),  # no longer declared
        # An expected gap shows that the failure is over, so it resolves it; the next failure is news again.
        (["8:00 ERROR | NEW_GAP sent"], "9:00 EXPECTED_GAP MEM-", "RESOLVED"),
        (["8:00 ERROR | NEW_GAP sent", "9:00 EXPECTED_GAP MEM- | RESOLVED sent"], "11:30 ERROR", "NEW_GAP"),
        # Inside the deadline's window what is still open is raised once more, and only once.
        ([GAP], "11:00 MEM- CHI-", "UNCHANGED"),  # two hours are not less than two hours
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
SILENT: dict[str, Any] = {"silences": [Silence(DateRange(TODAY, TOMORROW), clock("10:00"), "reload")]}


@pytest.mark.parametrize(
    ("past", "now", "given", "reason"),
    [
        # A date in the future is never an incident, nor is a failure to judge it; asked for, its state is sent.
        ([], "8:00 PENDING MEM-", {"day": TOMORROW}, "NOT_DUE"),
        ([], "8:00 SCHEDULE_UNKNOWN", {"day": TOMORROW}, "NOT_DUE"),
        ([], ERROR, {"day": TOMORROW}, "NOT_DUE"),
        ([], ERROR, {"day": TOMORROW, "channel": None}, "NOT_DUE"),
        ([], "8:00 PENDING MEM-", {"day": TOMORROW, "notify": ALWAYS}, "REQUESTED"),
        # Whether predictions came is unknown: that closes no alert of missing ones, and does close one of a gap.
        (["13:30 MEM0 | NEW_GAP sent"], "14:00 MEM+", {"predictions_error": "Timeout"}, "UNCHANGED"),
        (["13:30 MEM= | NEW_GAP sent"], "14:00 MEM+", {"predictions_error": "Timeout"}, "UNCHANGED"),
        ([GAP], "14:00 MEM+ CHI+", {"predictions_error": "Timeout"}, "RESOLVED"),
        # Backfills record, they do not shout, unless asked.
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
        ([], "8:00 PENDING MEM-", SILENT, "NOT_DUE"),
        ([], TROUBLE, {"silences": [replace(SILENT["silences"][0], days=DateRange(TOMORROW, TOMORROW))]}, "NEW_GAP"),
        # When it ends, what it held back is told.
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


def test_an_alert_of_the_evening_before_is_repeated_in_the_morning() -> None:
    # Somebody asked for tomorrow, and the schedule was suspect; at eight it is due, and the first check has to say so.
    evening = [replace(check("8:00 SCHEDULE_UNKNOWN | REQUESTED sent"), time=clock("19:00") - timedelta(days=1))]
    assert decide_now(evening, "7:00 SCHEDULE_UNKNOWN").reason is Reason.NOT_DUE
    assert decide_now(evening, "8:00 SCHEDULE_UNKNOWN").reason is Reason.NEW_GAP
    morning = [*evening, check("8:00 SCHEDULE_UNKNOWN | NEW_GAP sent")]
    assert decide_now(morning, "8:30 SCHEDULE_UNKNOWN").reason is Reason.UNCHANGED
    assert decide_now(evening, "8:00 MEM+ CHI+").reason is Reason.RESOLVED


def test_rows_older_than_the_monitor_open_no_alert() -> None:
    # These rows have only the user's own five columns: a time and a status.
    old = [Check(clock("6:00"), "MISSING_DATA"), Check(clock("7:00"), "OK")]
    assert decide_now(old, "8:00 MEM- CHI-").reason is Reason.NEW_GAP
    assert decide_now(old, "8:00 MEM- CHI-").opened == clock("8:00")
    assert decide_now([*old, Check(clock("7:30"), "MISSING_DATA")], "8:00 MEM- CHI-").opened == clock("7:30")
    # Among the monitor's own rows they show what was seen, but resolve nothing.
    found = decide_now([check(GAP), Check(clock("9:00"), "OK")], "9:30 MEM+ CHI+")
    assert (found.reason, found.opened, found.closed) == (Reason.RESOLVED, clock("8:00"), clock("9:00"))


def test_states_that_this_version_does_not_know_compare_with_nothing() -> None:
    later = replace(check(GAP), games={frozenset({"AWAYMEM", "MEM"}): SeenGame("AWAYMEM", "MEM", "DELAYED")})
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
        # However often posting the resolution fails.
        (
            [GAP, "12:00 MEM+ CHI+ | RESOLVED failed", "12:30 MEM+ CHI+ | RESOLVED failed"],
            "12:45 MEM+ CHI+",
            "8:00",
            "12:00",
        ),
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
        # A suspect schedule that was not due yet is not the beginning.
        (
            ["7:00 SCHEDULE_UNKNOWN | NOT_DUE not_needed", "8:00 SCHEDULE_UNKNOWN | NEW_GAP sent"],
            "9:00 NO_GAMES",
            "8:00",
            "9:00",
        ),
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


@pytest.mark.parametrize(
    ("history", "now", "fates"),
    [
        # Each game that a message of the alert named, whatever became of it.
        ([GAP], "12:00 MEM+ CHIx", {"AWAYMEM@MEM": "ready", "AWAYCHI@CHI": "not expected"}),
        ([GAP, "8:30 MEM+ CHI- PHI- | WORSENED sent"], "12:00 MEM+ CHI+ PHI+", dict.fromkeys(ALL_THREE, "ready")),
        # A game that was ready all the time was not named.
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "12:00 MEM+ CHI+", {"AWAYMEM@MEM": "ready"}),
        (["13:30 MEM0 CHI* | NEW_GAP sent"], "14:00 MEM* CHI*", {"AWAYMEM@MEM": "ready"}),
        # After a failure, what is known now.
        (["7:00 ERROR MEM? | NEW_GAP sent"], "7:30 PENDING MEM-", {}),
    ],
)
def test_what_became_of_each_game(history: Sequence[str], now: str, fates: dict[str, str]) -> None:
    found = decided(history, now)
    assert (found.reason, dict(found.fates)) == (Reason.RESOLVED, fates)


def test_the_games_whose_predictions_are_overdue() -> None:
    assert decided([GAP], "13:30 MEM= CHI*").overdue == ("AWAYMEM@MEM",)
    assert decided(["13:30 MEM0 CHI* | NEW_GAP sent"], "14:00 MEM0 CHI0").overdue == ("AWAYCHI@CHI",)


@pytest.mark.parametrize("warned_from", ["2026-03-08T05:30", "2025-11-02T06:30"])
def test_the_warning_is_subtracted_in_utc(warned_from: str) -> None:
    """The clocks change at two in the morning: two hours before half past three are half past one by no wall clock."""
    start = datetime.fromisoformat(warned_from).replace(tzinfo=UTC)
    deadlines = replace(DEADLINES, phase4=time(0), predictions=time(3, 30))
    history = [replace(check(GAP), time=start - HOUR / 2)]
    verdict = replace(seen("MEM- CHI-"), day=start.date())

    def reason(now: datetime) -> Reason:
        return decide(verdict, history, Moment(now, start.date(), deadlines), Policy(channel=Channel.WEBHOOK)).reason

    assert reason(start) is Reason.UNCHANGED
    assert reason(start + timedelta(minutes=1)) is Reason.DEADLINE


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
    for nothing in (Reason.ALL_GOOD, Reason.EXPECTED_GAP, Reason.UNCHANGED, Reason.NOT_DUE):
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
