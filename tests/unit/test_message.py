"""The Slack message: the words of each kind, and Slack's limits whatever the data."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.block_kit import refusals
from monitor.core.alerts import Decision, Reason
from monitor.core.readiness import Readiness
from monitor.core.sources import PlayerRow, ScheduleRow
from monitor.core.verdict import DateVerdict, Status
from monitor.request import CheckRequest, Run, Trigger
from monitor.settings import load_settings
from monitor.slack.message import CRITICAL, Messages, compose
from monitor.slack.mrkdwn import escape
from tests.unit.core.world import NOW, TODAY, World, game, team, teams

HOSTS = {
    "PHASE3_URL": "https://phase3.example.com",
    "PHASE4_URL": "https://phase4.example.com",
    "MONITOR_URL": "https://monitor.example.com",
}
BOT = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_CHANNEL": "#alerts"}
RUN_ID = "4f1a2b3c5d6e7f8091a2b3c4d5e6f708"

NEW = Decision(Reason.NEW_GAP)


def messages(
    verdict: DateVerdict,
    decision: Decision = NEW,
    *,
    now: datetime = NOW,
    hosts: Mapping[str, str] = HOSTS,
    readiness: Sequence[Readiness] = (),
) -> Messages:
    settings = load_settings({"GCP_PROJECT_ID": "nba", **hosts})
    run = Run(settings, CheckRequest.model_validate({}), RUN_ID, Trigger.SCHEDULER, now)
    return compose(verdict, decision, readiness, run)


def message(verdict: DateVerdict, decision: Decision = NEW, **given: Any) -> dict[str, Any]:
    """The first message, which by webhook is all."""
    return messages(verdict, decision, **given).first


def words(verdict: DateVerdict, decision: Decision = NEW, **given: Any) -> str:
    """All that a person reads, block by block."""
    return words_of(message(verdict, decision, **given))


def words_of(sent: dict[str, Any]) -> str:
    blocks = sent["blocks"]
    return "\n".join(
        text["text"] for block in blocks for text in ([block["text"]] if "text" in block else block["elements"])
    )


def verdict_of(world: World) -> DateVerdict:
    (verdict,) = world.judge()
    return verdict


LISTED = [game("TOR@POR", tipoff=datetime(2026, 1, 19, 3, 0, tzinfo=UTC)), game("BOS@IND")]
READY = [*teams("TOR@POR", 13, 13), *teams("BOS@IND", 13, 13)]
GAP = World(LISTED, LISTED, phase3=READY, phase4=teams("BOS@IND", 13, 13))
PARTIAL = replace(GAP, phase4=[team("TOR", 7, "20260118_TOR_POR"), *teams("BOS@IND", 13, 13)])
WHOLE = replace(GAP, phase4=READY)
KINDS = {
    "gap": GAP,
    "partial": PARTIAL,
    "schedule suspect": World(),
    "monitor failed": replace(GAP, phase4="Timeout: no answer in 60 s"),
    "whole": WHOLE,
    "no games": World(nbac=[game("TOR@POR", "postponed")]),
    "not due": replace(GAP, now=NOW - timedelta(hours=1)),
    "may be more": replace(WHOLE, nbac="Forbidden"),
    "stray": World(nbac=[game("BOS@IND", day=TODAY + timedelta(days=n)) for n in (-1, 1)], phase4=READY),
    "no predictions": replace(WHOLE, predictions=teams("BOS@IND", 5, 5), now=NOW + timedelta(hours=6)),
}


# The order is the design's: time, cause, games, links, whom to call, the run; then the commands.
def test_a_gap_says_what_why_and_what_next() -> None:
    more = {"DASHBOARD_URL": "https://m.example.com/dashboard", "RUNBOOK_URL": "https://wiki.example.com/nba"}
    assert words(verdict_of(GAP), hosts={**HOSTS, **more, "SLACK_MENTION": "S0123ABCD"}, readiness=HABIT).split(
        "\n"
    ) == [
        "🔴 NBA Sun Jan 18: 1 of 2 games has no Phase 4 data",
        "Predictions start in *5 h*, at 1:00 PM EST (18:00 UTC). Games without data get none.",
        "Usually ready by 11:05 AM, nine of ten by 11:10 AM.",
        "*Likely cause:* Phase 4 stalled.",
        "*Latest data:* Phase 3 Jan 18 · Phase 4 Jan 18",
        "*Next:* run Phase 4.",
        "🔴 *1 missing*, none in Phase 4: TOR@POR",
        "🟢 *1 ready*: BOS@IND",
        (
            "<https://m.example.com/dashboard?day=2026-01-18|Dashboard> · <https://wiki.example.com/nba|Runbook> · "
            "<https://console.cloud.google.com/logs/query;query="
            f"jsonPayload.run_id%3D%22{RUN_ID}%22%0Atimestamp%3E%3D%222026-01-18T12%3A59%3A00Z%22?project=nba|Log> · "
            "<https://console.cloud.google.com/bigquery?project=nba&amp;p=nba&amp;d=nba_monitoring"
            "&amp;t=data_availability_checks&amp;page=table|History>"
        ),
        "On call: <!subteam^S0123ABCD>",
        "MISSING_DATA · Jan 18, 8:00 AM EST · run 4f1a2b3c",
        "*Run Phase 4*, and read `results[].status`: a 200 can hide a failure",
        "```TOKEN=$(gcloud auth print-identity-token)",
        (
            "curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '"
            '{"analysis_date": "2026-01-18", "processors": ["PlayerCompositeFactorsProcessor"], '
            '"strict_mode": false, "skip_dependency_check": true}'
            "' https://phase4.example.com/process-date```"
        ),
        "*Check again*",
        "```curl -H \"Authorization: Bearer $TOKEN\" 'https://monitor.example.com/?date=2026-01-18'```",
    ]


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("gap", "🔴 NBA Sun Jan 18: 1 of 2 games has no Phase 4 data"),
        ("partial", "🟠 NBA Sun Jan 18: 1 of 2 games has incomplete Phase 4 data"),
        ("schedule suspect", "🟣 NBA Sun Jan 18: schedule suspect, no games listed"),
        ("may be more", "🟣 NBA Sun Jan 18: schedule suspect, there may be more games"),
        # One stray row on an off-day is told as such.
        ("stray", "🟣 NBA Sun Jan 18: schedule suspect, no games listed, but Phase 3 or 4 has players"),
        ("not due", "⚪ NBA Sun Jan 18: 1 of 2 games not ready, and not due yet"),
        ("no predictions", "🔴 NBA Sun Jan 18: 1 of 2 games has no predictions"),
        ("monitor failed", "⚫ NBA Sun Jan 18: monitor failed, data status unknown"),
        ("whole", "🟢 NBA Sun Jan 18: Phase 4 data is complete for 2 games"),
        ("no games", "⚪ NBA Sun Jan 18: no games"),
    ],
)
def test_every_kind_has_a_header_of_its_own(kind: str, header: str) -> None:
    sent = message(verdict_of(KINDS[kind]))
    assert sent["blocks"][0] == {"type": "header", "text": {"type": "plain_text", "text": header}}
    # What a phone's notification shows, and a screen reader says.
    assert sent["text"].startswith(header)


# How an alert goes on, at 11:30 AM.
LATER = NOW + timedelta(hours=3, minutes=30)
FATES = (("TOR@POR", "postponed (nbac)"), ("BOS@IND", "ready"))
STORY = {
    "worse": (
        GAP,
        Decision(Reason.WORSENED, before="MISSING_DATA", worse=(("TOR@POR", "READY"), ("BOS@IND", None))),
    ),
    "another kind": (replace(GAP, phase4="Timeout"), Decision(Reason.WORSENED, before="MISSING_DATA")),
    "better": (GAP, Decision(Reason.IMPROVED, before="MISSING_DATA")),
    "deadline": (GAP, Decision(Reason.DEADLINE, opened=NOW, before="MISSING_DATA")),
    "deadline of an old gap": (GAP, Decision(Reason.DEADLINE, opened=NOW - timedelta(days=1))),
    "resolved": (WHOLE, Decision(Reason.RESOLVED, opened=NOW, closed=LATER)),
    "resolved too late": (WHOLE, Decision(Reason.RESOLVED, opened=NOW, closed=NOW + timedelta(hours=7))),
    "resolved by a postponement": (KINDS["no games"], Decision(Reason.RESOLVED, opened=NOW, closed=LATER, fates=FATES)),
    "seen again": (WHOLE, Decision(Reason.RESOLVED, opened=NOW, closed=LATER, before="ERROR")),
    "an off-day after all": (
        KINDS["no games"],
        Decision(Reason.RESOLVED, opened=NOW, closed=NOW + timedelta(hours=7), before="SCHEDULE_UNKNOWN"),
    ),
    "overdue": (GAP, Decision(Reason.WORSENED, before="MISSING_DATA", overdue=("TOR@POR",))),
    "works again, not due": (KINDS["not due"], Decision(Reason.RESOLVED, opened=NOW, closed=LATER, before="ERROR")),
    "asked for": (WHOLE, Decision(Reason.REQUESTED)),
    "not recorded": (WHOLE, Decision(Reason.NOT_RECORDED)),
}


@pytest.mark.parametrize(
    ("turn", "header", "change"),
    [
        (
            "worse",
            "🔴 NBA Sun Jan 18, regressed: 1 of 2 games has no Phase 4 data",
            "*Regressed*\n• *TOR@POR* was ready\n• *BOS@IND* new on the schedule",
        ),
        (
            "another kind",
            "⚫ NBA Sun Jan 18: monitor failed, data status unknown",
            "The last message said MISSING_DATA.",
        ),
        ("better", "🔴 NBA Sun Jan 18, improving: 1 of 2 games has no Phase 4 data", "in *1 h 30 min*"),
        (
            "deadline",
            "⏰ NBA Sun Jan 18, 1 h 30 min left: 1 of 2 games has no Phase 4 data",
            "Open since 8:00 AM EST, 3 h 30 min ago.",
        ),
        (
            "deadline of an old gap",
            "⏰ NBA Sun Jan 18, 1 h 30 min left: 1 of 2 games has no Phase 4 data",
            "Open since Jan 17, 8:00 AM EST, 27 h 30 min ago.",
        ),
        (
            "resolved",
            "🟢 NBA Sun Jan 18, resolved: Phase 4 data is complete for 2 games",
            (
                "Open for *3 h 30 min*, from 8:00 AM EST to 11:30 AM EST. "
                "That is *1 h 30 min before* predictions start at 1:00 PM EST (18:00 UTC). No action needed."
            ),
        ),
        (
            "resolved too late",
            "🟢 NBA Sun Jan 18, resolved: Phase 4 data is complete for 2 games",
            "That is *2 h after* predictions started at 1:00 PM EST (18:00 UTC): check them for missing games.",
        ),
        # A gap that ended because its game was called off says so.
        (
            "resolved by a postponement",
            "⚪ NBA Sun Jan 18, resolved: no games",
            "• *TOR@POR* postponed (nbac)\n• *BOS@IND* ready",
        ),
        (
            "works again, not due",
            "⚪ NBA Sun Jan 18, resolved: 1 of 2 games not ready, and not due yet",
            "Phase 4 is due at 8:00 AM EST",
        ),
        (
            "overdue",
            "🔴 NBA Sun Jan 18: 1 of 2 games has no Phase 4 data",
            "*Predictions are overdue for* TOR@POR.",
        ),
        # The data may have been there all the time: only the monitor was blind.
        (
            "seen again",
            "🟢 NBA Sun Jan 18, resolved: Phase 4 data is complete for 2 games",
            "Data status was unknown for *3 h 30 min*, from 8:00 AM EST to 11:30 AM EST.",
        ),
        (
            "an off-day after all",
            "⚪ NBA Sun Jan 18, resolved: no games",
            "to 3:00 PM EST. That is *2 h after* predictions started at 1:00 PM EST (18:00 UTC).\n",
        ),
        ("asked for", "🟢 NBA Sun Jan 18: Phase 4 data is complete for 2 games", "No action needed."),
        (
            "not recorded",
            "⚫ NBA Sun Jan 18: monitor failed, verdict OK not recorded",
            "*What failed:* the history row could not be written: Forbidden",
        ),
    ],
)
def test_every_turn_of_the_story_has_its_own_words(turn: str, header: str, change: str) -> None:
    world, decision = STORY[turn]
    verdict = verdict_of(world)
    if decision.reason is Reason.NOT_RECORDED:
        verdict = replace(verdict, error="the history row could not be written: Forbidden")
    sent = message(verdict, decision, now=LATER)
    assert sent["blocks"][0]["text"]["text"] == header
    assert sent["text"].startswith(header)
    assert change in words_of(sent)
    assert refusals(sent) == []


HABIT = [
    Readiness(TODAY - timedelta(days=n), "late", NOW - timedelta(days=n) + timedelta(hours=3, minutes=late), None, 2)
    for n, late in enumerate([5] * 8 + [10] * 2, 1)
]


def test_a_gap_says_when_the_data_is_usually_there() -> None:
    assert "\nUsually ready by 11:05 AM, nine of ten by 11:10 AM.\n" in words(verdict_of(GAP), readiness=HABIT)
    # One time is said once, and too few dates say nothing.
    assert "\nUsually ready by 11:05 AM.\n" in words(verdict_of(GAP), readiness=HABIT[:8])
    assert "Usually" not in words(verdict_of(GAP), readiness=HABIT[:6])


def test_the_end_of_a_gap_says_how_to_be_spared_the_next() -> None:
    advised = "PHASE4_DUE_AT=11:15 would have spared 20 messages."
    assert advised in words(*story("resolved"), now=LATER, readiness=HABIT)
    assert advised not in words(verdict_of(GAP), readiness=HABIT)


def test_a_resolved_date_has_no_commands_and_a_row_that_is_missing_has() -> None:
    assert "```" not in words(*story("resolved"), now=LATER)
    assert "*Next:*" not in words(*story("resolved"), now=LATER)
    assert "```python -m monitor schema diff```" in words(*story("not recorded"), now=LATER)


def test_a_bug_leads_to_the_log_and_not_to_the_tables() -> None:
    text = words(
        DateVerdict(TODAY, Status.ERROR, error="a bug in the monitor, KeyError; the log of run 4f1a says where")
    )
    assert "*What failed:* a bug in the monitor, KeyError" in text
    assert "*Next:* read the log of this run." in text


def by_bot(verdict: DateVerdict, decision: Decision = NEW, **given: Any) -> Messages:
    return messages(verdict, decision, hosts={**HOSTS, **BOT, "SLACK_MENTION": "U0123ABCD"}, **given)


def test_by_bot_the_commands_are_a_message_of_their_own() -> None:
    # All that are needed, since a webhook's next message would bring the next one, and a bot's edit would not.
    found = by_bot(verdict_of(replace(GAP, phase3=[])))
    assert "```" not in words_of(found.first)
    assert "*Next:* run Phase 3, then Phase 4 (commands in the thread)." in words_of(found.first)
    assert found.commands is not None
    assert found.commands["text"] == "Commands for NBA Sun Jan 18"
    assert refusals(found.commands) == []
    names = [block["text"]["text"].split("\n")[0] for block in found.commands["blocks"]]
    assert [re.sub(",.*", "", name) for name in names] == ["*Run Phase 3*", "*Run Phase 4*", "*Check again*"]
    # A header of 90 characters thrice would hide what differs.
    assert words_of(found.commands).count("gcloud auth print-identity-token") == 1
    # Each begins and ends its own block, to be copied alone.
    assert all(re.fullmatch(r".+\n```[^`]+```", block["text"]["text"]) for block in found.commands["blocks"])
    assert by_bot(*story("resolved"), now=LATER).commands is None


def test_a_reply_in_the_thread_is_the_messages_head() -> None:
    # The first message above it has the games, and its first reply the commands.
    found = by_bot(*story("worse"), now=LATER)
    assert found.change["text"] == found.first["text"]
    assert [block["type"] for block in found.change["blocks"]] == ["header", "section", "section", "context"]
    assert "*TOR@POR* was ready" in words_of(found.change)
    # An edit calls nobody, so the reply does.
    assert "On call: <@U0123ABCD>" in words_of(found.change)
    assert "curl" not in words_of(found.change)
    # What was wrong is another thing now, and so are the commands.
    verdict, decision = story("worse")
    changed = by_bot(verdict, replace(decision, before="ERROR"), now=LATER).change
    assert "process-date" in words_of(changed)
    assert refusals(changed) == []


def test_the_mention_is_for_what_is_critical() -> None:
    # As the design's table of statuses has it: "yes, critical". A partial gap is a warning; a suspect schedule and a
    # failed monitor are neither, and nobody is to be woken by something that got better or was resolved.
    called = {kind for kind, world in KINDS.items() if "<@U0123ABCD>" in words_of(by_bot(verdict_of(world)).first)}
    assert called == {"gap", "no predictions"}
    assert {verdict_of(KINDS[kind]).status for kind in called} == CRITICAL
    called = {turn for turn in STORY if "<@U0123ABCD>" in words_of(by_bot(*story(turn), now=LATER).first)}
    assert called == {"worse", "deadline", "deadline of an old gap", "overdue"}


def test_links_are_those_that_are_configured_and_survive_what_is_in_them() -> None:
    assert re.findall(r"\|(\w+)>", words(verdict_of(GAP))) == ["Log", "History"]
    odd = {"DASHBOARD_URL": "https://e.org/d?x=1|2", "RUNBOOK_URL": "https://e.org/a>b#c"}
    text = words(verdict_of(GAP), hosts=odd)
    assert "<https://e.org/d?x=1%7C2&amp;day=2026-01-18|Dashboard> · <https://e.org/a%3Eb#c|Runbook> · " in text


def story(turn: str) -> tuple[DateVerdict, Decision]:
    world, decision = STORY[turn]
    return verdict_of(world), decision


def test_every_kind_is_taken_by_slack() -> None:
    for kind, world in KINDS.items():
        assert refusals(message(verdict_of(world))) == [], kind


PIECES = [
    # A partial game says how many of how many, and who is short.
    ("partial", "🟠 *1 partial*, too few players in Phase 4: TOR@POR 7 of 26 players (TOR 7 of 13, POR 0 of 13)"),
    ("schedule suspect", "This is *not* an all-clear."),
    ("schedule suspect", "• espn is empty: no rows from 2026-01-04 to 2026-05-18"),
    ("schedule suspect", "*Listed by:* espn 0 · nbac 0"),
    ("may be more", "*Listed by:* espn 2 · nbac could not be read"),
    ("may be more", "🟢 *All 2 ready*: TOR@POR · BOS@IND"),
    ("monitor failed", "*What failed:* player_composite_factors could not be read: Timeout: no answer in 60 s"),
    ("monitor failed", "This is *not* an all-clear"),
    ("monitor failed", "⚫ *All 2 unknown*, Phase 4 could not be read: TOR@POR · BOS@IND"),
    ("monitor failed", "*Next:* check that BigQuery answers, and that the tables named above exist"),
    ("schedule suspect", "*Next:* check that the schedule was loaded: espn, nbac."),
    ("no predictions", "*Latest data:* Phase 3 Jan 18 · Phase 4 Jan 18 · predictions Jan 18"),
    ("no predictions", "🔴 *1 ready*, no predictions: TOR@POR\n🟢 *1 ready*: BOS@IND"),
    ("no predictions", "*Next:* start the prediction run."),
    ("no games", "⚪ *1 excluded*, postponed (nbac): TOR@POR"),
    ("whole", "No action needed."),
]


@pytest.mark.parametrize(("kind", "piece"), PIECES)
def test_each_kind_says_what_a_person_needs(kind: str, piece: str) -> None:
    assert piece in words(verdict_of(KINDS[kind]))


@pytest.mark.parametrize(
    ("world", "commands"),
    [
        # Not in Phase 3: by webhook only what is needed first, then the check.
        (replace(GAP, phase3=[]), ["phase3.example.com/process-date-range", "monitor.example.com/"]),
        (GAP, ["phase4.example.com/process-date", "monitor.example.com/"]),
        # Nothing to run, but to look and to check again.
        (World(), ["monitor.example.com/"]),
        (World(phase4="Timeout"), ["monitor.example.com/"]),
    ],
)
def test_the_commands_are_those_of_the_phase_that_stalled(world: World, commands: list[str]) -> None:
    found = words(verdict_of(world)).split("```")[1::2]
    assert len(found) == len(commands)
    assert all(host in line for host, line in zip(commands, found, strict=True))


def test_without_hosts_the_message_shows_how_to_check_again() -> None:
    text = words(verdict_of(GAP), hosts={})
    assert "```python -m monitor check --date 2026-01-18```" in text
    assert "curl" not in text


@pytest.mark.parametrize(
    ("later", "left"),
    [
        (timedelta(0), "Predictions start in *5 h*, at 1:00 PM EST (18:00 UTC)."),
        (timedelta(hours=4, minutes=15), "in *45 min*"),
        (timedelta(hours=5), "in *0 min*"),
        (timedelta(hours=6), "Predictions started *1 h ago*, at 1:00 PM EST (18:00 UTC)."),
        (timedelta(days=10), "*9 days ago*"),
    ],
)
def test_the_time_left_until_predictions(later: timedelta, left: str) -> None:
    assert left in words(verdict_of(GAP), now=NOW + later)


def test_a_start_on_another_date_in_new_york_says_so() -> None:
    late = {"PREDICTIONS_AT": "23:00", "PREDICTIONS_TIMEZONE": "Pacific/Honolulu"}
    assert "at Jan 19, 4:00 AM EST (Jan 19, 09:00 UTC)." in words(verdict_of(GAP), hosts=late)


def test_of_several_required_tables_the_one_without_data_is_named() -> None:
    # 2026-01-15..19: some of the Phase 4 tables were complete, and predictions ran anyway.
    text = words(verdict_of(replace(WHOLE, cache=teams("BOS@IND", 13, 13))))
    assert "1 of 2 games has no data in player_daily_cache" in text
    assert "🔴 *1 missing*, nothing in player_daily_cache: TOR@POR" in text
    assert "*Next:* run Phase 4 for player_daily_cache." in text
    assert "PlayerCompositeFactorsProcessor" not in text


def test_a_header_says_no_phase_4_data_only_of_games_that_are_in_no_table() -> None:
    # Each game is whole in one of the two tables.
    text = words(verdict_of(replace(WHOLE, phase4=teams("TOR@POR", 13, 13), cache=teams("BOS@IND", 13, 13))))
    assert "2 of 2 games have no data in player_composite_factors or player_daily_cache" in text


def test_a_header_fits_however_many_tables_are_empty() -> None:
    verdict = verdict_of(replace(GAP, phase4=[]))
    missing = verdict.games[0]._replace(missing_from=tuple(f"a_phase_4_table_of_a_long_name_{n}" for n in range(9)))
    text = message(replace(verdict, games=(missing,)))["blocks"][0]["text"]["text"]
    assert "1 of 1 game has no data in some of 9 Phase 4 sources" in text
    # Two names are given in full, and may be of any length: slack_sdk refuses a header of more than 150 characters.
    missing = missing._replace(missing_from=("a_phase_4_table" * 5, "another_phase_4_table" * 5))
    assert refusals(message(replace(verdict, games=(missing,)))) == []


def test_what_failed_is_told_once() -> None:
    failed = verdict_of(World(espn="Forbidden", nbac="Forbidden", phase3="Forbidden", phase4="Forbidden"))
    text = words(failed)
    assert text.count("espn could not be read") == 1
    assert "Also noticed" in text  # Phase 3, which alone would not have failed the check


def test_a_phase_that_could_not_be_read_is_not_said_to_be_empty() -> None:
    assert "Phase 3 could not be read · Phase 4 none" in words(verdict_of(replace(GAP, phase3="Timeout", phase4=[])))


def test_a_summer_date_has_summer_time_and_an_old_one_its_year() -> None:
    june = datetime(2025, 6, 5, tzinfo=UTC).date()
    (verdict,) = World(nbac=[game("OKC@IND", day=june)]).judge(june)
    text = words(verdict)
    assert "NBA Thu Jun 5, 2025: 1 of 1 game has" in text
    assert "2:00 PM EDT (18:00 UTC)" in text


def test_games_that_lack_the_same_are_one_line() -> None:
    slate = [game(f"{away}@{home}") for away, home in (("ORL", "MEM"), ("BKN", "CHI"), ("NOP", "HOU"), ("CHA", "DEN"))]
    # All for the same cause.
    assert "🔴 *All 4 missing*, none in Phase 3: BKN@CHI · CHA@DEN · NOP@HOU · ORL@MEM\n" in words(
        verdict_of(World(slate, slate))
    )
    # Each cause its line, the worst first; of more than three partial games only the players are counted.
    ready = [row for each in ("CHA@DEN", "ORL@MEM") for row in teams(each, 13, 13)]
    two = World(slate, slate, phase3=[*ready, *teams("BKN@CHI", 13, 13)], phase4=teams("ORL@MEM", 13, 13))
    assert (
        "🔴 *1 missing*, none in Phase 3: NOP@HOU\n"
        "🔴 *2 missing*, none in Phase 4: BKN@CHI · CHA@DEN\n"
        "🟢 *1 ready*: ORL@MEM\n"
    ) in words(verdict_of(two))
    rows = [row for each in slate for row in teams(f"{each.away}@{each.home}", 13, 13)]
    few = [row._replace(players=9) for row in rows]
    assert "🟠 *All 4 partial*, too few players in Phase 4: BKN@CHI 18 of 26 players · CHA@DEN 18 of 26 players · " in (
        words(verdict_of(World(slate, slate, phase3=rows, phase4=few)))
    )


def test_fifteen_games_at_most_and_how_many_more() -> None:
    # No date has more than 15 games; a broken schedule may.
    slate = [game(f"A{n:02}@B{n:02}") for n in range(20)]
    text = words(verdict_of(World(nbac=[*slate, game("BOS@IND", "postponed")])))
    assert text.count("@B") == 15
    assert "A14@B14 · +5 more\n⚪ *1 excluded*, postponed (nbac)\n" in text


def test_games_fit_however_much_each_of_them_lacks() -> None:
    # Slack refuses a section of more than 3,000 characters; twenty games that each lack something else have more.
    verdict = verdict_of(KINDS["monitor failed"])
    lacking = [verdict.games[0]._replace(findings=(f"a table of a long name {n} " * 9,)) for n in range(20)]
    sent = message(replace(verdict, games=tuple(lacking)))
    assert refusals(sent) == []
    assert re.search(r"\n\+\d+ more\n", words_of(sent))


def test_of_many_warnings_a_few_are_shown() -> None:
    # The message is for one screen of a phone; the row and the dashboard have them all.
    sent = message(replace(verdict_of(GAP), warnings=tuple(f"warning {n}" for n in range(9))))
    assert "• warning 2\n+6 more\n" in words_of(sent)


HOSTILE = [
    "<!channel> <@U123> <https://evil.example|click>",  # control sequences: would ping, would link
    "&lt;!channel&gt;",  # already escaped: must show as it is written
    "*bold* `code` ```",
    "x" * 5_000,
    "&" * 5_000,  # five times as long when escaped
    "line\nbreak\r\n> quote",
    "\u202eright to left",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_data_stays_text_within_the_limits(text: str) -> None:
    listed = [game("BOS@LAL", text, away=text, home=f"{text}2", game_id=text) for _ in range(20)]
    strays = [team(text, 3, text), team(None, 3, text)]
    for world in (
        World(nbac=listed, phase3=strays, phase4=strays),
        World(nbac=text, espn=listed, phase4=strays),
        World(nbac=text, espn=text, phase4=text),
    ):
        sent = message(verdict_of(world))
        assert refusals(sent) == []
        assert len(sent["blocks"]) <= 10
        everything = sent["text"] + words(verdict_of(world))
        assert "<!" not in everything
        assert "<@" not in everything
        assert "<https://evil" not in everything
        assert "line\nbreak" not in everything  # a line of its own would pass for one of the monitor's
        # Otherwise Slack makes links of bare addresses, which no escaping prevents.
        assert json.dumps(sent).count('"mrkdwn"') == json.dumps(sent).count('"verbatim": true')
        assert len(words(verdict_of(world))) <= 12_000


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("a & b", 9, "a &amp; b"),
        # Cut between characters, never within an entity, and the mark of the cut counts.
        ("a & b", 8, "a &amp;…"),
        ("a & b", 7, "a …"),
        ("&&&", 14, "&amp;&amp;…"),
    ],
)
def test_data_is_cut_as_it_is_shown(text: str, most: int, shown: str) -> None:
    assert escape(text, most) == shown


any_text = st.one_of(st.none(), st.text(max_size=40))


@given(
    listed=st.lists(
        st.builds(
            ScheduleRow,
            game_date=st.just(TODAY),
            game_id=any_text,
            away=any_text,
            home=any_text,
            state=any_text,
            tipoff=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
            refreshed_at=st.none(),
        ),
        max_size=25,
    ),
    ready=st.lists(
        st.builds(
            PlayerRow,
            game_date=st.just(TODAY),
            game_id=any_text,
            team=any_text,
            players=st.integers(0, 10**6),
            refreshed_at=st.none(),
        ),
        max_size=25,
    ),
)
def test_whatever_the_data_slack_takes_the_message(listed: list[ScheduleRow], ready: list[PlayerRow]) -> None:
    verdict = verdict_of(World(espn=listed, phase3=ready, phase4=ready))
    assert refusals(message(verdict)) == []
    assert verdict.status in Status
