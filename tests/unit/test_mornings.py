"""What is read in a contestant's answer, and that the kept answers are complete. Nobody is asked here."""

import json
from itertools import product

import pytest

from bench import mornings
from bench.mornings import ASKED, FINE, MORNINGS, NO_VERDICT, TROUBLE, Answer, Morning

BY_NAME = {morning.name: morning for morning in MORNINGS}
PARTIAL = BY_NAME["partial"]  # MIA@CHI on 2026-01-15


def read(output: str, again: str | None = None, morning: Morning = PARTIAL) -> dict[str, str | bool | None]:
    repeated = None if again is None else Answer(1, again)
    return mornings.says(morning, "Soda Core", Answer(1, output), repeated)


@pytest.mark.parametrize(
    ("name", "status", "output", "expected"),
    [
        ("the script", 0, "ok\nmessage: 2026-01-15: 7 of 8 games have Phase 4 data", TROUBLE),
        ("the script", 0, "", FINE),
        ("the script", 2, "", NO_VERDICT),
        ("Soda Core", 1, "1 of 8 games with fewer than 10 players", TROUBLE),
        ("Soda Core", 0, "8 games, all with at least 10 players", FINE),
        ("dbt source freshness", 1, "1 of 4 ERROR STALE freshness of nba_raw.espn_scoreboard", TROUBLE),
        ("dbt source freshness", 1, "1 of 4 ERROR freshness of nba_raw.espn_scoreboard", NO_VERDICT),
        ("Elementary", 1, "2 of 5 FAIL 1 elementary_source_data_freshness_sla", TROUBLE),
        ("this monitor", 0, "row: OK", FINE),
        ("this monitor", 0, "row: SCHEDULE_UNKNOWN\nschedule suspect", TROUBLE),
        ("this monitor", 503, "row: ERROR\nmonitor failed", NO_VERDICT),
    ],
)
def test_an_answer_says_trouble_fine_or_nothing(name: str, status: int, output: str, expected: str) -> None:
    assert mornings.verdict(name, Answer(status, output)) == expected


def test_a_verdict_is_right_if_it_is_the_one_of_the_morning() -> None:
    assert read("1 of 8 games with fewer than 10 players")["right"] is True
    assert read("1 of 8 games with fewer than 10 players", morning=BY_NAME["postponed"])["right"] is False


@pytest.mark.parametrize(
    ("detail", "said", "not_said"),
    [
        ("games", "20260115_MIA_CHI (0)", "20260115_MIL_CHI (0)"),
        ("phase", "player_composite_factors is stale", "1 of 8 games"),
        ("since", "Latest data: Jan 14", "2026-01-15, Jan 15: 1 of 8 games"),
        ("to_do", "curl https://phase4.example.com", "404 POST http://127.0.0.1/bigquery/v2"),
    ],
)
def test_a_detail_is_read_in_the_text(detail: str, said: str, not_said: str) -> None:
    assert read(said)[detail] is True
    assert read(not_said)[detail] is False


def test_only_another_answer_to_the_same_question_is_news() -> None:
    trouble = "games with fewer than 10 players, found at 13:00:02 in 0.15s"
    assert read(trouble)["news"] is None
    assert read(trouble, trouble.replace("02", "09").replace("0.15", "0.31"))["news"] is False
    assert read(trouble, "")["news"] is True


def test_the_kept_answers_are_of_every_morning_and_contestant_and_say_what_is_derived() -> None:
    kept = json.loads(mornings.KEPT.read_text())
    asked = {(row["name"], row["contestant"]) for row in kept}
    assert len(kept) == len(asked)
    contestants = {contestant for _, contestant in asked}
    # Elementary is left out where it cannot be fetched.
    assert {*ASKED} - {"Elementary"} <= contestants <= {*ASKED}
    assert asked == set(product(BY_NAME, contestants))
    for row in kept:
        again = None if row["again"] is None else Answer(row["status"], row["again"])
        answer = Answer(row["status"], row["output"])
        assert row["says"] == mornings.says(BY_NAME[row["name"]], row["contestant"], answer, again)
