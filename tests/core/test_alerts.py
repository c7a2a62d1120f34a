"""Whether a verdict is told, as a table: status and date, what was asked → the reason and what becomes of the alert."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitor.core.alerts import AlertStatus, Notify, Reason, decide, fingerprint, outcome_without_post
from monitor.core.verdict import DateVerdict, Status
from tests.core.world import TODAY, World, game, teams

AUTO, ALWAYS, NEVER = Notify
SENT = None
"""A message is due: what becomes of it is Slack's to say."""
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "day", "notify", "has_channel", "reason", "outcome"),
    [
        # Trouble today is told, whatever its kind.
        (Status.MISSING_DATA, TODAY, AUTO, True, Reason.NEW_GAP, SENT),
        (Status.PARTIAL_DATA, TODAY, AUTO, True, Reason.NEW_GAP, SENT),
        (Status.SCHEDULE_UNKNOWN, TODAY, AUTO, True, Reason.NEW_GAP, SENT),
        (Status.ERROR, TODAY, AUTO, True, Reason.NEW_GAP, SENT),
        # Tomorrow's too: whoever asks for it in the evening wants to know.
        (Status.MISSING_DATA, TOMORROW, AUTO, True, Reason.NEW_GAP, SENT),
        # What is well is not told.
        (Status.OK, TODAY, AUTO, True, Reason.ALL_GOOD, AlertStatus.NOT_NEEDED),
        (Status.NO_GAMES, TODAY, AUTO, True, Reason.ALL_GOOD, AlertStatus.NOT_NEEDED),
        (Status.EXPECTED_GAP, TODAY, AUTO, True, Reason.EXPECTED_GAP, AlertStatus.NOT_NEEDED),
        # Backfills record, they do not shout, unless asked.
        (Status.MISSING_DATA, YESTERDAY, AUTO, True, Reason.PAST_DATE, AlertStatus.SUPPRESSED),
        (Status.ERROR, YESTERDAY, AUTO, True, Reason.PAST_DATE, AlertStatus.SUPPRESSED),
        (Status.OK, YESTERDAY, AUTO, True, Reason.ALL_GOOD, AlertStatus.NOT_NEEDED),
        (Status.MISSING_DATA, YESTERDAY, ALWAYS, True, Reason.REQUESTED, SENT),
        # Asked for, even good news is told.
        (Status.OK, TODAY, ALWAYS, True, Reason.REQUESTED, SENT),
        (Status.MISSING_DATA, TODAY, ALWAYS, True, Reason.NEW_GAP, SENT),
        # Asked not to: the reason stands in the row, and nothing is sent.
        (Status.MISSING_DATA, TODAY, NEVER, True, Reason.NEW_GAP, AlertStatus.SUPPRESSED),
        (Status.OK, TODAY, NEVER, True, Reason.ALL_GOOD, AlertStatus.NOT_NEEDED),
        # Nowhere to post: the row says so wherever a message was due, and only there.
        (Status.MISSING_DATA, TODAY, AUTO, False, Reason.NO_CHANNEL, AlertStatus.SUPPRESSED),
        (Status.OK, TODAY, ALWAYS, False, Reason.NO_CHANNEL, AlertStatus.SUPPRESSED),
        (Status.MISSING_DATA, YESTERDAY, AUTO, False, Reason.PAST_DATE, AlertStatus.SUPPRESSED),
        (Status.OK, TODAY, AUTO, False, Reason.ALL_GOOD, AlertStatus.NOT_NEEDED),
    ],
)
def test_decision(
    status: Status, day: date, notify: Notify, *, has_channel: bool, reason: Reason, outcome: AlertStatus | None
) -> None:
    verdict = DateVerdict(day, status)
    assert decide(verdict, today=TODAY, backfill=False, notify=notify, has_channel=has_channel) is reason
    assert outcome_without_post(reason, muted=notify is NEVER) is outcome


@pytest.mark.parametrize(
    ("notify", "reason"),
    [
        (AUTO, Reason.PAST_DATE),  # or a range into the season's future would post a message per date
        (ALWAYS, Reason.REQUESTED),
    ],
)
def test_a_range_records_and_does_not_shout_even_of_today(notify: Notify, reason: Reason) -> None:
    verdict = DateVerdict(TODAY, Status.MISSING_DATA)
    assert decide(verdict, today=TODAY, backfill=True, notify=notify, has_channel=True) is reason


def test_a_dry_run_posts_nothing_whatever_the_reason() -> None:
    assert {outcome_without_post(reason, muted=True) for reason in Reason} == {
        AlertStatus.NOT_NEEDED,
        AlertStatus.SUPPRESSED,
    }


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
