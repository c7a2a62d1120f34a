"""Whether a verdict is told, as a table: what the history holds of the date, what is seen now → the reason.

A check is written as `8:00 MEM- CHI+ | NEW_GAP sent`: the hour in New York, each game by its home team with what was
found for it (+ ready, ~ partial, - missing, ? unknown, x excluded) or the date's status, the alert's reason and what
became of it. Predictions start at 13:00, and the deadline's warning is due from 11:00.
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
    """A verdict of the games that are written; a status alone has none, and one before the games overrules theirs."""
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
    found, _, told = line.partition(" | ")
    when, _, what = found.partition(" ")
    verdict = seen(what)
    games: dict[frozenset[str], str] = {
        judged.game.teams: judged.status for judged in (*verdict.games, *verdict.excluded)
    }
    reason, _, status = told.partition(" ")
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
        # Nothing was told yet: trouble is, whatever its kind, and what is well is not.
        ([], "8:00 MEM- CHI-", "NEW_GAP"),
        ([], "8:00 MEM~", "NEW_GAP"),
        ([], "8:00 SCHEDULE_UNKNOWN", "NEW_GAP"),
        ([], "8:00 ERROR", "NEW_GAP"),
        ([], "8:00 MEM+ CHI+", "ALL_GOOD"),
        ([], "8:00 NO_GAMES", "ALL_GOOD"),
        ([], "8:00 EXPECTED_GAP MEM-", "EXPECTED_GAP"),
        # 2026-01-26/27: 1,037 alerts. What was told is not told again.
        ([GAP], "8:30 MEM- CHI-", "UNCHANGED"),
        ([GAP, "8:30 MEM- CHI- | UNCHANGED not_needed"], "9:00 MEM- CHI-", "UNCHANGED"),
        # A failed post told nobody: an unchanged gap is posted now.
        (["8:00 MEM- CHI- | NEW_GAP failed"], "8:05 MEM- CHI-", "NEW_GAP"),
        ([GAP, "9:00 MEM- CHI- PHI- | WORSENED failed"], "9:05 MEM- CHI- PHI-", "WORSENED"),
        # Nor did a check that was to say nothing, or had nowhere to say it.
        (["7:00 MEM- CHI- | NEW_GAP suppressed"], "8:00 MEM- CHI-", "NEW_GAP"),
        (["7:00 MEM- CHI- | NO_CHANNEL suppressed"], "8:00 MEM- CHI-", "NEW_GAP"),
        # A range recorded the date weeks ago, as it records every date to come.
        (["7:00 MEM- CHI- | PAST_DATE suppressed"], "8:00 MEM- CHI-", "NEW_GAP"),
        # Partial recovery is quiet, in every step: one game of two, or part of a game.
        ([GAP], "8:30 MEM+ CHI-", "IMPROVED"),
        ([GAP], "8:30 MEM~ CHI-", "IMPROVED"),
        ([GAP, "8:30 MEM+ CHI- | IMPROVED not_needed"], "9:00 MEM+ CHI-", "UNCHANGED"),
        ([GAP, "8:30 MEM+ CHI- | IMPROVED sent"], "9:00 MEM+ CHI-", "UNCHANGED"),
        ([GAP, "8:30 MEM+ CHI- | IMPROVED sent"], "9:00 MEM+ CHI~", "IMPROVED"),
        # MISSING_DATA that becomes PARTIAL_DATA is a recovery, not another kind of trouble.
        ([GAP], "8:30 MEM~ CHI~", "IMPROVED"),
        # An edit that failed is made up for.
        ([GAP, "8:30 MEM+ CHI- | IMPROVED failed"], "9:00 MEM+ CHI-", "IMPROVED"),
        # A game that is called off needs no data any more.
        ([GAP], "8:30 MEMx CHI-", "IMPROVED"),
        # Worse: another game, a game that was ready, a game that was there in part.
        ([GAP], "8:30 MEM- CHI- PHI-", "WORSENED"),
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM- CHI-", "WORSENED"),
        (["8:00 MEM~ CHI~ | NEW_GAP sent"], "8:30 MEM~ CHI-", "WORSENED"),
        (["8:00 MEM- CHI? | NEW_GAP sent"], "8:30 MEM- CHI-", "WORSENED"),
        # One healed while another broke: as many games as before, and news all the same.
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM+ CHI-", "WORSENED"),
        # It healed and broke again: no worse than what was told, but worse than what was seen since.
        ([GAP, "8:30 MEM+ CHI- | IMPROVED not_needed"], "9:00 MEM- CHI-", "WORSENED"),
        ([GAP, "8:30 MEM+ CHI- | SILENCED suppressed"], "9:00 MEM- CHI-", "WORSENED"),
        ([GAP, "8:30 MEMx CHI- | IMPROVED not_needed"], "9:00 MEM- CHI-", "WORSENED"),
        # That was told, so it is no news the next time.
        (
            [GAP, "8:30 MEM+ CHI- | IMPROVED not_needed", "9:00 MEM- CHI- | WORSENED sent"],
            "9:30 MEM- CHI-",
            "UNCHANGED",
        ),
        # A game that a schedule lost for a while comes back as it was: no news, neither when it goes nor when it comes.
        ([GAP], "8:30 CHI-", "UNCHANGED"),
        ([GAP, "8:30 CHI- | UNCHANGED not_needed"], "9:00 MEM- CHI-", "UNCHANGED"),
        ([GAP, "8:30 CHI~ | IMPROVED sent"], "9:00 MEM- CHI~", "UNCHANGED"),
        # It comes back ready: the first message, which still shows it missing, has to be edited.
        ([GAP, "8:30 CHI- | UNCHANGED not_needed"], "9:00 MEM+ CHI-", "IMPROVED"),
        # More games that are ready make nothing better, and fewer nothing worse.
        ([GAP], "8:30 MEM- CHI- PHI+", "UNCHANGED"),
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM-", "UNCHANGED"),
        # While Phase 3 cannot be read, what would be ready is unknown: neither a recovery nor, afterwards, a setback.
        (["8:00 MEM- CHI~ | NEW_GAP sent"], "8:30 MEM- CHI?", "UNCHANGED"),
        (["8:00 MEM- CHI~ | NEW_GAP sent", "8:30 MEM- CHI? | UNCHANGED not_needed"], "9:00 MEM- CHI~", "UNCHANGED"),
        # A status of another kind is news with the same games, in both directions.
        ([GAP], "8:30 ERROR MEM? CHI?", "WORSENED"),
        (["8:00 ERROR MEM? CHI? | NEW_GAP sent"], "8:30 MEM- CHI-", "WORSENED"),
        (["8:00 SCHEDULE_UNKNOWN | NEW_GAP sent"], "10:30 MEM- CHI-", "WORSENED"),
        (["8:00 ERROR | NEW_GAP sent"], "8:30 SCHEDULE_UNKNOWN", "WORSENED"),
        # The same failure on the scheduler's retries is told once, whatever part of the slate could be read each time.
        (["8:00 ERROR | NEW_GAP sent"], "8:01 ERROR", "UNCHANGED"),
        (["8:00 ERROR MEM? CHI? | NEW_GAP sent"], "8:01 ERROR", "UNCHANGED"),
        (["8:00 ERROR | NEW_GAP sent"], "8:01 ERROR MEM? CHI?", "UNCHANGED"),
        (["8:00 SCHEDULE_UNKNOWN | NEW_GAP sent"], "8:30 SCHEDULE_UNKNOWN", "UNCHANGED"),
        # A failure of which nobody heard is not what the readers know.
        ([GAP, "8:30 ERROR MEM? CHI? | WORSENED failed"], "9:00 MEM- CHI-", "UNCHANGED"),
        # Whole again after an alert, and only then.
        ([GAP], "12:00 MEM+ CHI+", "RESOLVED"),
        ([GAP], "12:00 NO_GAMES MEMx CHIx", "RESOLVED"),
        (["8:00 ERROR | NEW_GAP sent"], "8:30 MEM+ CHI+", "RESOLVED"),
        (["8:00 MEM- CHI- | NEW_GAP failed"], "12:00 MEM+ CHI+", "ALL_GOOD"),
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED sent"], "12:30 MEM+ CHI+", "ALL_GOOD"),
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED failed"], "12:05 MEM+ CHI+", "RESOLVED"),
        # It broke again after it was resolved: a new alert, not a worse one.
        ([GAP, "9:00 MEM+ CHI+ | RESOLVED sent"], "9:30 MEM- CHI+", "NEW_GAP"),
        # Of the recovery nobody heard, so to the readers it is the same alert that got worse again.
        ([GAP, "9:00 MEM+ CHI+ | RESOLVED failed"], "9:30 MEM- CHI+", "WORSENED"),
        # Whole only because a game without data is on no schedule that could be read: that is no end, and before
        # predictions start somebody has to look.
        ([GAP], "9:00 MEM+", "UNCHANGED"),
        ([GAP], "9:00 NO_GAMES", "UNCHANGED"),
        ([GAP, "9:00 MEM+ | UNCHANGED not_needed"], "9:30 MEM+", "UNCHANGED"),
        ([GAP, "8:30 MEM- CHI+ | IMPROVED not_needed"], "9:00 MEM+", "RESOLVED"),  # it was ready when it was last seen
        ([GAP], "11:30 MEM+", "DEADLINE"),
        ([GAP, "11:30 MEM+ | DEADLINE sent"], "12:00 MEM+ CHI+", "ALL_GOOD"),
        # Declared since, it is told no more; its end is.
        ([GAP], "9:00 EXPECTED_GAP MEM- CHI-", "EXPECTED_GAP"),
        ([GAP, "9:00 EXPECTED_GAP MEM- CHI- | EXPECTED_GAP not_needed"], "12:00 MEM+ CHI+", "RESOLVED"),
        ([GAP, "9:00 EXPECTED_GAP MEM- CHI- | REQUESTED sent"], "12:00 MEM+ CHI+", "RESOLVED"),
        ([GAP, "9:00 EXPECTED_GAP MEM- CHI- | EXPECTED_GAP not_needed"], "9:30 MEM- CHI-", "UNCHANGED"),  # withdrawn
        # A declared gap does not explain a failure, so it is the failure's end; and the next one is news again.
        (["8:00 ERROR | NEW_GAP sent"], "9:00 EXPECTED_GAP MEM-", "RESOLVED"),
        (["8:00 ERROR | NEW_GAP sent", "9:00 EXPECTED_GAP MEM- | RESOLVED sent"], "9:30 ERROR", "NEW_GAP"),
        # Inside the deadline's window what is still open is raised once more, and only once.
        ([GAP], "11:00 MEM- CHI-", "UNCHANGED"),  # two hours are not less than two hours
        ([GAP], "11:01 MEM- CHI-", "DEADLINE"),
        ([GAP], "11:30 MEM+ CHI-", "DEADLINE"),  # better, but not whole
        ([GAP], "11:30 MEM- CHI- PHI-", "WORSENED"),  # which says how little time is left as well
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
        # The quiet edit of a bot warned nobody.
        ([GAP, "11:30 MEM+ CHI- | IMPROVED sent"], "12:00 MEM+ CHI-", "DEADLINE"),
        (["11:00 MEM- CHI- | NEW_GAP sent"], "11:30 MEM- CHI-", "DEADLINE"),  # not inside, by the same minute
        # A first alert inside the window has said how little time is left: identical requests remain one alert.
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
        # Tomorrow's trouble is told too: whoever asks for it in the evening wants to know.
        ([], TROUBLE, {"day": TOMORROW}, "NEW_GAP"),
        # Backfills record, they do not shout, unless asked.
        ([], TROUBLE, {"day": YESTERDAY}, "PAST_DATE"),
        ([], ERROR, {"day": YESTERDAY}, "PAST_DATE"),
        ([], OK, {"day": YESTERDAY}, "ALL_GOOD"),
        ([], TROUBLE, {"day": YESTERDAY, "notify": ALWAYS}, "REQUESTED"),
        ([GAP], "9:00 MEM- CHI- PHI-", {"day": YESTERDAY}, "PAST_DATE"),
        # Who was alerted of a date hears of its end, on whatever day that comes.
        ([GAP], "9:00 MEM+ CHI+", {"day": YESTERDAY}, "RESOLVED"),
        # A range is a backfill even where it holds today: one into the season's future would be a message per date.
        ([], TROUBLE, {"backfill": True}, "PAST_DATE"),
        ([GAP], "9:00 MEM+ CHI+", {"backfill": True}, "PAST_DATE"),
        ([], OK, {"backfill": True}, "ALL_GOOD"),
        ([], TROUBLE, {"backfill": True, "notify": ALWAYS}, "REQUESTED"),
        # A range that cannot be judged is one failure, and its caller's.
        ([], ERROR, {"backfill": True, "notify": ALWAYS}, "PAST_DATE"),
        # A silence covers its dates until its time: trouble and its end, and nothing else.
        ([], TROUBLE, SILENT, "SILENCED"),
        ([], ERROR, SILENT, "SILENCED"),
        ([GAP], "9:00 MEM+ CHI+", SILENT, "SILENCED"),
        ([GAP], "9:59 MEM- CHI-", SILENT, "SILENCED"),
        ([], OK, SILENT, "ALL_GOOD"),
        ([], TROUBLE, {**SILENT, "day": TOMORROW}, "SILENCED"),
        ([], TROUBLE, {**SILENT, "day": TOMORROW + timedelta(days=1)}, "NEW_GAP"),
        # When it ends, what it held back is told.
        (["8:00 MEM- CHI- | SILENCED suppressed"], "10:00 MEM- CHI-", SILENT, "NEW_GAP"),
        ([GAP, "9:00 MEM+ CHI+ | SILENCED suppressed"], "10:00 MEM+ CHI+", SILENT, "RESOLVED"),
        # Who asks is answered in spite of it.
        ([], TROUBLE, {**SILENT, "notify": ALWAYS}, "REQUESTED"),
        # Asked for, the state is told whatever was sent before; what is news anyway keeps its own reason.
        ([], OK, {"notify": ALWAYS}, "REQUESTED"),
        ([], TROUBLE, {"notify": ALWAYS}, "NEW_GAP"),
        ([GAP], "9:00 MEM- CHI-", {"notify": ALWAYS}, "REQUESTED"),
        ([GAP], "9:00 MEM+ CHI-", {"notify": ALWAYS}, "REQUESTED"),
        ([], "8:00 EXPECTED_GAP MEM-", {"notify": ALWAYS}, "REQUESTED"),
        # Having been asked for, it was told: the next check has nothing to add.
        ([GAP, "9:00 MEM+ CHI- | REQUESTED sent"], "9:30 MEM+ CHI-", {}, "UNCHANGED"),
        # Asked not to, the row has the reason all the same.
        ([], TROUBLE, {"notify": NEVER}, "NEW_GAP"),
        ([GAP], "9:00 MEM+ CHI+", {"notify": NEVER}, "RESOLVED"),
        # Nowhere to post: the row says so wherever a message was due, and only there.
        ([], TROUBLE, {"channel": None}, "NO_CHANNEL"),
        ([], OK, {"channel": None, "notify": ALWAYS}, "NO_CHANNEL"),
        ([GAP], "9:00 MEM+ CHI-", {"channel": None}, "NO_CHANNEL"),
        ([], OK, {"channel": None}, "ALL_GOOD"),
        ([], TROUBLE, {"channel": None, "day": YESTERDAY}, "PAST_DATE"),
        # No warning is wanted: the operator set it to 0 minutes.
        ([GAP], "12:59 MEM- CHI-", {"deadline_warning": timedelta(0)}, "UNCHANGED"),
    ],
)
def test_what_keeps_news_from_being_told(past: Sequence[str], now: str, given: dict[str, Any], reason: str) -> None:
    assert decided(past, now, **given).reason == reason


def test_who_was_told_the_evening_before_is_told_again_in_the_morning() -> None:
    # Somebody asked for tomorrow, when nothing of it was due; at eight it is, and the day's first check has to say so.
    evening = [replace(check(GAP), time=clock("19:00") - timedelta(days=1))]
    asked = {"predictions_start": clock("13:00"), "deadline_warning": 2 * HOUR}
    assert decide_now(evening, "8:00 MEM- CHI-", **asked).reason is Reason.NEW_GAP
    assert decide_now([*evening, check(GAP)], "8:30 MEM- CHI-", **asked).reason is Reason.UNCHANGED
    assert decide_now(evening, "8:00 MEM+ CHI+", **asked).reason is Reason.RESOLVED
    assert decide_now(evening, "8:00 MEM+", **asked).reason is Reason.UNCHANGED  # CHI left the schedule
    # Tomorrow is still tomorrow.
    again = {"now": clock("19:30") - timedelta(days=1), "today": YESTERDAY}
    assert decide_now(evening, "19:30 MEM- CHI-", **asked, **again).reason is Reason.UNCHANGED


def test_rows_of_before_the_monitor_told_nobody_and_open_nothing() -> None:
    # The user's own five columns: when they were written, and what was found.
    old = [Check(clock("6:00"), "MISSING_DATA"), Check(clock("7:00"), "OK")]
    assert decide_now(old, "8:00 MEM- CHI-").reason is Reason.NEW_GAP
    assert decide_now(old, "8:00 MEM- CHI-").opened == clock("8:00")
    assert decide_now([*old, Check(clock("7:30"), "MISSING_DATA")], "8:00 MEM- CHI-").opened == clock("7:30")
    # Between the monitor's own they say what was seen, and end nothing.
    found = decide_now([check(GAP), Check(clock("9:00"), "OK")], "9:30 MEM+ CHI+")
    assert (found.reason, found.opened, found.closed) == (Reason.RESOLVED, clock("8:00"), clock("9:00"))


def test_states_that_this_version_does_not_know_compare_with_nothing() -> None:
    later = replace(check(GAP), games={frozenset({"AWAYMEM", "MEM"}): "DELAYED"})
    assert decide_now([later], "8:30 MEM+").reason is Reason.RESOLVED
    assert decide_now([later, replace(later, alert_status="not_needed")], "8:30 MEM-").reason is Reason.WORSENED


# What a message needs besides the verdict.


@pytest.mark.parametrize(
    ("past", "now", "worse"),
    [
        (["8:00 MEM- CHI+ | NEW_GAP sent"], "8:30 MEM- CHI-", [("AWAYCHI@CHI", "READY")]),
        # The best that was seen, not the last.
        (
            [GAP, "8:30 MEM+ CHI- | IMPROVED not_needed", "9:00 MEM~ CHI- | WORSENED failed"],
            "9:30 MEM~ CHI-",
            [("AWAYMEM@MEM", "READY")],
        ),
        # A game that no message had.
        ([GAP], "8:30 MEM- CHI- PHI~", [("AWAYPHI@PHI", None)]),
        # A game that was ready for a while: it is Phase 4 to look at, not the schedule.
        ([GAP, "8:30 MEM- CHI- PHI+ | UNCHANGED not_needed"], "9:00 MEM- CHI- PHI-", [("AWAYPHI@PHI", "READY")]),
        ([GAP, "8:30 MEM- CHI- PHI- | WORSENED failed"], "9:00 MEM- CHI- PHI-", [("AWAYPHI@PHI", None)]),
        (["8:00 MEM- CHI? | NEW_GAP sent"], "8:30 MEM- CHI-", [("AWAYCHI@CHI", "UNKNOWN")]),
        # Of another kind: what the games were like before is not known.
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
        # Seen before it was told, because the post failed or was held back.
        (["8:00 MEM- CHI- | NEW_GAP failed", "8:05 MEM- CHI- | NEW_GAP sent"], "12:00 MEM+ CHI+", "8:00", "12:00"),
        (
            ["8:00 MEM- CHI- | SILENCED suppressed", "10:00 MEM- CHI- | NEW_GAP sent"],
            "12:00 MEM+ CHI+",
            "8:00",
            "12:00",
        ),
        # Whole since noon, told at half past.
        ([GAP, "12:00 MEM+ CHI+ | RESOLVED failed"], "12:30 MEM+ CHI+", "8:00", "12:00"),
        # An alert of the morning that was resolved is not this one; nor is a time when all was well.
        (
            [GAP, "9:00 MEM+ CHI+ | RESOLVED sent", "10:00 MEM- CHI+ | NEW_GAP sent"],
            "12:00 MEM+ CHI+",
            "10:00",
            "12:00",
        ),
        (["7:00 MEM- | NEW_GAP suppressed", "7:30 MEM+ | ALL_GOOD not_needed", GAP], "9:00 MEM+", "8:00", "9:00"),
        # A range looked at the date before anything was due.
        (["6:00 MEM- CHI- | PAST_DATE suppressed", GAP], "12:00 MEM+ CHI+", "8:00", "12:00"),
        # Whole for a moment of which nobody heard: to the readers one alert, from eight to noon.
        (
            [GAP, "9:00 MEM+ CHI+ | RESOLVED failed", "9:30 MEM- CHI+ | WORSENED sent"],
            "12:00 MEM+ CHI+",
            "8:00",
            "12:00",
        ),
        # A declaration, even one that was asked for, explains the gap and does not end it.
        ([GAP, "9:00 EXPECTED_GAP MEM- | EXPECTED_GAP not_needed"], "12:00 MEM+ CHI+", "8:00", "12:00"),
        ([GAP, "9:00 EXPECTED_GAP MEM- | REQUESTED sent"], "12:00 MEM+ CHI+", "8:00", "12:00"),
        (
            [GAP, "9:00 EXPECTED_GAP MEM- | EXPECTED_GAP not_needed", "9:30 MEM+ CHI+ | RESOLVED failed"],
            "10:00 MEM+ CHI+",
            "8:00",
            "9:30",
        ),
        # CHI had only left the schedule for a while.
        ([GAP, "9:00 MEM+ | UNCHANGED not_needed"], "9:30 MEM+ CHI+", "8:00", "9:30"),
        # After the end that was told, a gap of which nobody heard came and went.
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
    assert decided([GAP], "11:30 MEM-").gone == ()  # as long as there is a gap, that is the news


def test_only_an_open_alert_has_a_thread_to_go_on_with() -> None:
    assert decided([GAP], "8:30 MEM- CHI- PHI-").thread == THREAD
    assert decided([GAP], "8:30 MEM+ CHI+").thread == THREAD
    assert decided([GAP, "9:00 EXPECTED_GAP MEM- | REQUESTED sent"], "9:30 EXPECTED_GAP MEM-").thread == THREAD
    assert decided([GAP, "9:00 MEM+ CHI+ | RESOLVED sent"], "9:30 MEM- CHI-").thread is None


def test_the_newest_thread_is_the_one_to_go_on_with() -> None:
    # Its first message was deleted, and posted anew with a quiet improvement.
    second = Thread("C0ALERTS", "1768745000.000200")
    past = [
        check(GAP),
        check("9:00 MEM+ CHI- | IMPROVED sent", second),
        check("9:30 MEM+ CHI- | UNCHANGED not_needed", None),
    ]
    assert decide_now(past, "10:00 MEM- CHI-").thread == second


# What becomes of the alert where nothing is posted.


@pytest.mark.parametrize("channel", [*Channel, None])
def test_news_is_posted_and_the_rest_is_not(channel: Channel | None) -> None:
    def outcome(reason: Reason) -> AlertStatus | None:
        return outcome_without_post(reason, channel=channel, muted=False)

    assert {reason for reason in Reason if outcome(reason) is None} - {Reason.IMPROVED} == LOUD
    for nothing in (Reason.ALL_GOOD, Reason.EXPECTED_GAP, Reason.UNCHANGED):
        assert outcome(nothing) is AlertStatus.NOT_NEEDED
    for held_back in (Reason.PAST_DATE, Reason.SILENCED, Reason.NO_CHANNEL):
        assert outcome(held_back) is AlertStatus.SUPPRESSED


def test_an_improvement_is_for_a_thread_alone() -> None:
    assert outcome_without_post(Reason.IMPROVED, channel=Channel.WEBHOOK, muted=False) is AlertStatus.NOT_NEEDED
    assert outcome_without_post(Reason.IMPROVED, channel=Channel.BOT, muted=False) is None


def test_a_dry_run_posts_nothing_whatever_the_reason() -> None:
    for channel in (*Channel, None):
        assert None not in {outcome_without_post(reason, channel=channel, muted=True) for reason in Reason}


def test_the_fingerprint_changes_with_a_game_or_the_status_and_with_nothing_else() -> None:
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
