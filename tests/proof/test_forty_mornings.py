"""Forty game days of a platform whose Phase 4 runs at 11 AM, with three real gaps among them.

Due at 8, it alerts every morning, and says how to be spared. Due at 11:15, it tells the three gaps and nothing else.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import pytest

from local import sample
from local.inbox import Inbox, serve
from local.platform import TABLES, create_tables
from monitor.bigquery.schema import apply_schema
from monitor.core.dates import DateRange
from monitor.request import Trigger
from tests.conftest import Platform, headers
from tests.proxy import SOURCES, Proxy
from tests.proxy import serve as serve_proxy

SCHEDULE = "nba_raw.nbac_schedule"
PHASE3 = "nba_analytics.upcoming_player_game_context"
PHASE4 = "nba_precompute.player_composite_factors"
ARRIVES = time(11, 5)
ARRIVING = "read player_composite_factors"
PLAYERS = [f"{team}{number}" for team in ("ORL", "MEM") for number in range(5)]
DAYS = DateRange(date(2025, 11, 10), date(2025, 12, 19))
GAPS = (date(2025, 11, 18), date(2025, 12, 2), date(2025, 12, 15))


@dataclass(frozen=True)
class Told:
    """What a monitor with one due time sent, and the advice in its last answer."""

    headers: Sequence[str]
    advice: str


@pytest.mark.whole
@pytest.mark.timeout(900)
def test_due_at_the_right_time_exactly_the_gaps_are_told(empty_project: Platform) -> None:
    assert len(DAYS) == 40
    too_early, right = replay(empty_project, DAYS, without_phase4=GAPS)
    # Each morning a gap and its end; on the day of a real gap a gap and the deadline.
    assert len(too_early.headers) == 2 * len(DAYS)
    # Of the last ten gaps one was real.
    assert too_early.advice == (
        "9 of the last 10 gaps closed by themselves before predictions started: "
        "PHASE4_DUE_AT=11:15 would have spared 18 messages"
    )
    assert right == Told([f"🔴 NBA {day:%a %b %-d}: 1 of 1 game has no Phase 4 data" for day in GAPS], "")


def replay(project: Platform, days: DateRange, without_phase4: Collection[date]) -> tuple[Told, Told]:
    """Call at 8:00, at 11:15 and, on the day of a gap, once predictions run: with data due at 8:00, and at 11:15."""
    create_tables(project.client, {name: TABLES[name] for name in (SCHEDULE, PHASE3, PHASE4)})
    players = [row for day in days for row in _players(day, time(5, 10))]
    project.load({SCHEDULE: [_scheduled(day) for day in days], PHASE3: players})
    # What a day is asked twice and more is answered by the emulator once.
    warehouse = Proxy(project.environment["BIGQUERY_EMULATOR_HOST"], unchanging=[*set(SOURCES) - {ARRIVING}])
    with serve() as early, serve() as late, serve_proxy(warehouse) as proxy:
        environment = {**project.environment, "BIGQUERY_EMULATOR_HOST": proxy.url}
        monitors = [_monitor(environment, early, "08:00"), _monitor(environment, late, "11:15")]
        advice = ["", ""]
        for day in days:
            for clock in ("08:00", "11:15", *(["13:15"] if day in without_phase4 else [])):
                if clock == "11:15" and day not in without_phase4:
                    project.load({PHASE4: _factors(day)})
                now = datetime.combine(day, time.fromisoformat(clock), sample.EASTERN)
                outcomes = [monitor.check(now, trigger=Trigger.SCHEDULER) for monitor in monitors]
                assert [outcome.failure for outcome in outcomes] == [None, None]
                advice = [outcome.advice for outcome in outcomes]
        first, second = (Told(headers(inbox), told) for inbox, told in zip((early, late), advice, strict=True))
    return first, second


def _monitor(environment: Mapping[str, str], inbox: Inbox, due_at: str) -> Platform:
    own = {
        "MONITORING_DATASET": f"due_{due_at.replace(':', '')}",
        "PHASE4_DUE_AT": due_at,
        "SLACK_WEBHOOK_URL": inbox.webhook_url,
        "SCHEDULE_SOURCES": "nbac",
        "SCHEDULE_MAX_AGE": "2000",  # the schedule is written once, before the first day
    }
    monitor = Platform({**environment, **own})
    apply_schema(monitor.client, monitor.settings)
    return monitor


def _scheduled(day: date) -> dict[str, object]:
    return {
        "game_id": f"00225{day:%m%d}0",
        "game_date": str(day),
        "game_status": 1,
        "away_team_tricode": "ORL",
        "home_team_tricode": "MEM",
        "processed_at": "2025-11-01T12:00:00Z",
    }


def _players(day: date, written: time) -> list[dict[str, object]]:
    at = datetime.combine(day, written, sample.EASTERN).isoformat()
    shared = {"game_id": f"{day:%Y%m%d}_ORL_MEM", "game_date": str(day), "processed_at": at}
    return [{**shared, "player_lookup": player, "team_abbr": player[:3]} for player in PLAYERS]


def _factors(day: date) -> list[dict[str, object]]:
    return [{name: row[name] for name in row if name != "team_abbr"} for row in _players(day, ARRIVES)]
