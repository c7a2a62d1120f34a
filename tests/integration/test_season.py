"""The NBA's own 2024-25 season: every date judged, every real game expected, no All-Star or preseason game.

Skipped where the published schedule is absent.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from local.platform import create_tables
from monitor.bigquery.schema import apply_schema
from tests.conftest import Platform

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "nba_schedule_2024_25.csv"
EASTERN = ZoneInfo("America/New_York")
FIRST, LAST = date(2024, 10, 22), date(2025, 6, 22)
NOW = datetime(2025, 10, 30, 8, tzinfo=EASTERN)
EXHIBITIONS = ("001", "003")

pytestmark = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published 2024-25 schedule is not here")


def published() -> Iterator[dict[str, str]]:
    with PUBLISHED.open(newline="") as file:
        yield from csv.DictReader(file)


def schedule_row(game: dict[str, str]) -> dict[str, Any]:
    tipoff = datetime.fromisoformat(game["tipoff_utc"]).astimezone(EASTERN)
    return {
        "game_id": game["game_id"],
        "game_code": game["game_code"],
        "game_date": game["game_date"],
        # Eastern time that claims to be UTC, as NBA.com gives it.
        "game_date_est": f"{tipoff:%Y-%m-%dT%H:%M:%S}Z",
        "game_status": int(game["status"]),
        "home_team_tricode": game["home"],
        "away_team_tricode": game["away"],
        "home_team_score": int(game["home_score"]),
        "away_team_score": int(game["away_score"]),
        "is_regular_season": game["regular"] == "1",
        "is_playoffs": game["playoffs"] == "1",
        "is_all_star": game["all_star"] == "1",
        "is_emirates_cup": game["cup"] == "1",
        "processed_at": f"{game['game_date']}T12:00:00Z",
    }


def players(game: dict[str, str]) -> Iterator[dict[str, Any]]:
    for team, opponent in ((game["away"], game["home"]), (game["home"], game["away"])):
        for number in range(13):
            yield {
                "player_lookup": f"{team.lower()}{number}",
                "game_id": game["game_id"],
                "game_date": game["game_date"],
                "team_abbr": team,
                "opponent_team_abbr": opponent,
                "processed_at": f"{game['game_date']}T15:00:00Z",
            }


def factors(player: dict[str, Any]) -> dict[str, Any]:
    names = ("player_lookup", "game_id", "game_date", "processed_at")
    return {name: player[name] for name in names}


@pytest.fixture(scope="module")
def real_season(emulator: str) -> Platform:
    platform = Platform(
        {"GCP_PROJECT_ID": "season-2024-25", "BIGQUERY_EMULATOR_HOST": emulator, "SCHEDULE_SOURCES": "nbac"}
    )
    create_tables(platform.client)
    apply_schema(platform.client, platform.settings)
    games = list(published())
    expected = [player for game in games if not game["game_id"].startswith(EXHIBITIONS) for player in players(game)]
    platform.load(
        {
            "nba_raw.nbac_schedule": [schedule_row(game) for game in games],
            "nba_analytics.upcoming_player_game_context": expected,
            "nba_precompute.player_composite_factors": [factors(player) for player in expected],
        }
    )
    return platform


@pytest.fixture(scope="module")
def year(real_season: Platform) -> dict[str, dict[str, Any]]:
    """The check of every date from the preseason before to the one after."""
    checks = real_season.check(NOW, start="2024-10-04", end="2025-10-02").checks
    return {check["check_date"]: check for check in checks}


@pytest.fixture(scope="module")
def season(year: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [check for day, check in year.items() if FIRST <= date.fromisoformat(day) <= LAST]


def test_every_date_of_the_season(season: list[dict[str, Any]]) -> None:
    assert len(season) == (LAST - FIRST).days + 1

    games = [game for check in season for game in check["games"]]
    expected = [game for game in games if game["status"] != "EXCLUDED"]
    # Regular season, Cup final, play-in, playoffs.
    kinds = Counter(game["game_ids"][0][:3] for game in expected)
    assert kinds == {"002": 1230, "006": 1, "005": 6, "004": 84}
    assert len(expected) == sum(check["scheduled_games"] for check in season) == 1321
    assert {game["status"] for game in expected} == {"READY"}

    # All-Star rows are in the schedule, and are told as what they are.
    excluded = {(game["game_ids"][0], game["reason"]) for game in games if game["status"] == "EXCLUDED"}
    assert {reason for _, reason in excluded} == {"exhibition (nbac)"}
    assert {game_id[:3] for game_id, _ in excluded} == {"003"}

    # Every date has its verdict: games and OK, or none and, by the rows around it, NO_GAMES.
    played = {game["game_date"] for game in published() if not game["game_id"].startswith(EXHIBITIONS)}
    statuses = {check["check_date"]: check["status"] for check in season}
    assert {day for day, status in statuses.items() if status == "OK"} == played
    assert set(statuses.values()) == {"OK", "NO_GAMES"}
    assert [warning for check in season for warning in check["warnings"]] == []


@pytest.mark.parametrize(
    ("day", "status"),
    [
        # Past the end no later game shows an off-day, until the off-season, which needs none.
        ("2025-06-23", "SCHEDULE_UNKNOWN"),
        ("2025-06-24", "SCHEDULE_UNKNOWN"),
        ("2025-06-25", "NO_GAMES"),
        ("2025-10-01", "NO_GAMES"),
        ("2025-10-02", "SCHEDULE_UNKNOWN"),
        # Before the season: the preseason's own dates, and the days between it and opening night.
        ("2024-10-04", "NO_GAMES"),
        ("2024-10-21", "NO_GAMES"),
    ],
)
def test_around_the_season(year: dict[str, dict[str, Any]], day: str, status: str) -> None:
    assert (year[day]["status"], year[day]["scheduled_games"]) == (status, 0)


def test_tip_offs_are_the_published_ones(season: list[dict[str, Any]]) -> None:
    # 938 games have a UTC date that differs from their Eastern one: a wrong zone would show here.
    found = {game["game_ids"][0]: game["tipoff"] for check in season for game in check["games"]}
    told = {game["game_id"]: game["tipoff_utc"] for game in published() if game["game_id"] in found}
    differ = {
        game_id
        for game_id, tipoff in found.items()
        if tipoff and datetime.fromisoformat(tipoff) != datetime.fromisoformat(told[game_id])
    }
    assert differ == set()
    assert sum(tipoff is not None for tipoff in found.values()) > 1300
