"""The two mornings on which New York's clock jumps: due, deadline, today, the recheck's calls and predictions.

Predictions start at 18:00 UTC by their own clock: an hour earlier in New York in winter than in summer.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from local.inbox import Inbox
from tests.conftest import Door, Platform, ask, at, headers

NEW_YORK = ZoneInfo("America/New_York")

# The date and its due time in UTC; then, of the recheck's calls at minutes 15 and 45 in New York: the last one before
# two hours are left to 18:00 UTC, the next, one that finds the data, and the first after predictions are due.
AUTUMN = ("2025-11-02", "13:00", "10:45", "11:15", "12:15", "13:45")  # the clock went back at 2 AM, to UTC-5
SPRING = ("2026-03-08", "12:00", "11:45", "12:15", "13:15", "14:45")  # the clock went forward, to UTC-4


def game(date: str, players: int) -> dict[str, list[dict[str, object]]]:
    """ORL@MEM on this date in both schedules, and so many players of each team in Phase 3."""
    written = {"game_date": date, "processed_at": f"{date}T04:00:00Z"}
    teams = [("ORL", "MEM"), ("MEM", "ORL")]
    game_id = f"{date.replace('-', '')}_ORL_MEM"
    return {
        "nba_raw.espn_scoreboard": [
            {
                **written,
                "game_id": game_id,
                "away_team_abbr": "ORL",
                "home_team_abbr": "MEM",
                "game_status": "scheduled",
            }
        ],
        "nba_raw.nbac_schedule": [
            {
                **written,
                "game_id": "0022500100",
                "away_team_tricode": "ORL",
                "home_team_tricode": "MEM",
                "game_status": 1,
            }
        ],
        "nba_analytics.upcoming_player_game_context": [
            {
                **written,
                "game_id": game_id,
                "player_lookup": f"{team}{n}",
                "team_abbr": team,
                "opponent_team_abbr": other,
            }
            for team, other in teams
            for n in range(players)
        ],
    }


@pytest.mark.whole
@pytest.mark.parametrize(("date", "due", "before", "deadline", "resolved", "overdue"), [AUTUMN, SPRING])
def test_the_clock_that_jumps(
    platform: Platform,
    inbox: Inbox,
    door: Door,
    date: str,
    due: str,
    before: str,
    deadline: str,
    resolved: str,
    overdue: str,
) -> None:
    platform.load(given := game(date, players=8))
    client = door(platform.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)

    def call(clock: str) -> tuple[str, str, str]:
        """The date, status and reason at this time in New York."""
        moment = datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=NEW_YORK)
        with time_machine.travel(moment, tick=False):
            check = ask(client)
        assert datetime.fromisoformat(check["due_at"]) == at(f"{date} {due}")
        assert datetime.fromisoformat(check["predictions_at"]) == at(f"{date} 18:00")
        return check["check_date"], check["status"], check["alert"]["reason"]

    # The night's 24 hours are 25 or 23: today is the league's date from midnight to midnight.
    assert call("00:15") == (date, "PENDING", "NOT_DUE")
    assert call("07:45") == (date, "PENDING", "NOT_DUE")
    assert call("08:00") == (date, "MISSING_DATA", "NEW_GAP")
    assert call(before) == (date, "MISSING_DATA", "UNCHANGED")
    assert call(deadline) == (date, "MISSING_DATA", "DEADLINE")
    # The data comes; predictions do not, as the recheck's first call after 18:30 UTC finds.
    coverage = [
        {**row, "processed_at": f"{date}T17:00:00Z"} for row in given["nba_analytics.upcoming_player_game_context"]
    ]
    names = ("player_lookup", "game_id", "game_date", "processed_at")
    platform.load(
        {"nba_precompute.player_composite_factors": [{name: row[name] for name in names} for row in coverage]}
    )
    assert call(resolved) == (date, "OK", "RESOLVED")
    assert call(overdue) == (date, "NO_PREDICTIONS", "NEW_GAP")
    assert "1 h 45 min left" in headers(inbox)[1]
