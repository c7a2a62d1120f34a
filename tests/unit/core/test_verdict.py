"""The verdict as a table: what the sources return → the verdict on the date. Each row says why it exists."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.coverage import Phase
from monitor.core.dates import DateRange, ExpectedGap, league_date
from monitor.core.games import ALIASES, GameStatus
from monitor.core.history import SeenGame
from monitor.core.schedule import State
from monitor.core.sources import ScheduleRow
from monitor.core.verdict import Status
from tests.unit.core.world import FRESH, NOW, RULES, TODAY, World, game, seen, team, teams

BAD_DAY = "ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC".split()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LONG_AGO = NOW - timedelta(hours=49)


@dataclass(frozen=True)
class Case:
    """`ready`, `expected` and `excluded` are matchups; each of `warned` must be part of some warning."""

    why: str
    world: World
    status: Status
    day: date = TODAY
    expected: str | None = None
    ready: str | None = None
    excluded: dict[str, str] | None = None
    stalled: Phase | None = None
    warned: tuple[str, ...] = ()
    quiet: bool = False
    """No warning at all."""


def complete(*matchups: str, day: date = TODAY) -> World:
    """A world in which both sources list every game and both phases have 17 players per team."""
    listed = [game(matchup, day=day) for matchup in matchups]
    players = [row for matchup in matchups for row in teams(matchup, 17, 17, day=day)]
    return World(listed, listed, players, players)


def around(day: date = TODAY) -> list[date]:
    """The dates before and after a date, for games that show an off-day."""
    return [day - timedelta(days=1), day + timedelta(days=1)]


STATUSES = [
    Case("all games ready: OK, without a warning", complete(*BAD_DAY), Status.OK, ready=" ".join(BAD_DAY), quiet=True),
    Case(
        "2026-01-18: six games, none of them in Phase 4; both phases end on Jan 17",
        World(
            espn=[game(m) for m in BAD_DAY],
            nbac=[game(m) for m in BAD_DAY],
            phase3=teams("LAL@BOS", 17, 17, day=YESTERDAY),
            phase4=teams("LAL@BOS", 17, 17, day=YESTERDAY),
        ),
        Status.MISSING_DATA,
        expected=" ".join(BAD_DAY),
        ready="",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "one missing game makes the date MISSING_DATA, however many are ready (2026-01-29, MIA@CHI)",
        replace(complete("SAC@PHI"), espn=[game("SAC@PHI"), game("MIA@CHI")], nbac=[game("SAC@PHI"), game("MIA@CHI")]),
        Status.MISSING_DATA,
        ready="SAC@PHI",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "2026-01-23: TOR@POR had five players, all from TOR",
        replace(complete("TOR@POR"), phase4=[team("TOR", 5, "20260118_TOR_POR")]),
        Status.PARTIAL_DATA,
        ready="",
        stalled=Phase.PHASE_4,
    ),
    Case(
        "2023-02-24: 68 of 175 players is not ready, although every team has some",
        replace(complete("TOR@POR"), phase4=teams("TOR@POR", 7, 6)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "2026-02-11: seven players per team of seven expected is few, but complete",
        replace(complete("TOR@POR"), phase3=teams("TOR@POR", 7, 7), phase4=teams("TOR@POR", 7, 7)),
        Status.OK,
    ),
    Case(
        "missing and partial games together are MISSING_DATA",
        replace(complete("TOR@POR", "BOS@IND"), phase4=teams("TOR@POR", 17, 3)),
        Status.MISSING_DATA,
        ready="",
        stalled=Phase.PHASE_4,
    ),
    Case(
        "an expected gap: the first 14 days of a season have no Phase 4 rows",
        replace(
            complete("TOR@POR"),
            phase4=[],
            rules=replace(RULES, expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "bootstrap"),)),
        ),
        Status.EXPECTED_GAP,
        warned=("bootstrap",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "an expected gap of another date excuses nothing",
        replace(
            complete("TOR@POR"),
            phase4=[],
            rules=replace(RULES, expected_gaps=(ExpectedGap(DateRange(YESTERDAY, YESTERDAY), "maintenance"),)),
        ),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "an expected gap does not change the status of a complete date",
        replace(
            complete("TOR@POR"), rules=replace(RULES, expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "halt"),))
        ),
        Status.OK,
        quiet=True,
    ),
    Case(
        "a declared gap does not explain an unknown schedule",
        World(rules=replace(RULES, expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "halt"),))),
        Status.SCHEDULE_UNKNOWN,
    ),
]

NO_GAMES = [
    Case(
        "Dec 24: games on both sides within 14 days show an off-day",
        World(nbac=[game("BOS@IND", day=day) for day in around()]),
        Status.NO_GAMES,
        expected="",
    ),
    Case(
        "games 14 days away on both sides are near enough",
        World(nbac=[game("BOS@IND", day=TODAY + timedelta(days=n)) for n in (-14, 14)]),
        Status.NO_GAMES,
    ),
    Case(
        "games 15 days away are not",
        World(nbac=[game("BOS@IND", day=TODAY + timedelta(days=n)) for n in (-14, 15)]),
        Status.SCHEDULE_UNKNOWN,
        warned=("no game is listed, and nothing shows an off-day: nbac", "none on both sides of it within 14 days"),
    ),
    Case(
        "games on one side only: the load may have stopped there (2025-12-20)",
        World(nbac=[game("BOS@IND", day=YESTERDAY)]),
        Status.SCHEDULE_UNKNOWN,
    ),
    Case(
        "2026-01-10: an empty schedule is not 'no games'",
        World(),
        Status.SCHEDULE_UNKNOWN,
        warned=("espn is empty", "nbac is empty"),
    ),
    Case(
        "rows of the date itself, all excluded, show an off-day: no predictions for the All-Star game (2026-02-18)",
        World(nbac=[game("STA@STR", "exhibition", game_id="0032500001")]),
        Status.NO_GAMES,
        expected="",
        excluded={"STA@STR": "exhibition (nbac)"},
    ),
    Case(
        "the only game is postponed: no games, and the reason is reported",
        World(espn=[game("GSW@MIN", "postponed")], nbac=[game("GSW@MIN", "postponed")]),
        Status.NO_GAMES,
        excluded={"GSW@MIN": "postponed (espn) and postponed (nbac)"},
    ),
    Case(
        "2025-12-20: a schedule not refreshed since September proves nothing about today",
        World(nbac=[game("BOS@IND", day=day, refreshed_at=LONG_AGO) for day in around()]),
        Status.SCHEDULE_UNKNOWN,
        warned=("nbac was last refreshed 2026-01-16 12:00 UTC",),
    ),
    Case(
        "a schedule without a refresh time proves nothing about today",
        World(nbac=[game("BOS@IND", day=day, refreshed_at=None) for day in around()]),
        Status.SCHEDULE_UNKNOWN,
        warned=("nbac does not say when it was last refreshed",),
    ),
    Case(
        "for a past date the schedule's age does not matter",
        World(
            nbac=[game("BOS@IND", day=day, refreshed_at=LONG_AGO - timedelta(days=300)) for day in around(YESTERDAY)],
        ),
        Status.NO_GAMES,
        day=YESTERDAY,
    ),
    Case(
        "one fresh source is evidence enough, even beside a stale one",
        World(
            espn=[game("BOS@IND", day=day, refreshed_at=LONG_AGO) for day in around()],
            nbac=[game("BOS@IND", day=day) for day in around()],
        ),
        Status.NO_GAMES,
        warned=("espn was last refreshed",),
    ),
    Case(
        "one source must have games on both sides: two half-loaded sources prove nothing",
        World(espn=[game("BOS@IND", day=YESTERDAY)], nbac=[game("BOS@IND", day=TOMORROW)]),
        Status.SCHEDULE_UNKNOWN,
    ),
    Case("the off-season needs no evidence", World(), Status.NO_GAMES, day=date(2026, 8, 1)),
    Case("the first day of the off-season", World(), Status.NO_GAMES, day=date(2026, 6, 25)),
    Case("the day before it is not off-season", World(), Status.SCHEDULE_UNKNOWN, day=date(2026, 6, 24)),
    Case("the last day of the off-season", World(), Status.NO_GAMES, day=date(2026, 10, 1)),
    Case("the day after it is not off-season", World(), Status.SCHEDULE_UNKNOWN, day=date(2026, 10, 2)),
    Case(
        "2026-01-29: Phase 3 rows without a game show that the schedule is missing one",
        World(nbac=[game("BOS@IND", day=day) for day in around()], phase3=teams("MIA@CHI", 17, 17)),
        Status.SCHEDULE_UNKNOWN,
        warned=(
            "upcoming_player_game_context has 34 players that match no game",
            "no game is listed on 2026-01-18, but Phase 3 or Phase 4 has players for it",
        ),
    ),
    Case(
        "so do Phase 4 rows, even in the off-season",
        World(phase4=[team(None, 17, "20260801_MIA_CHI", day=date(2026, 8, 1))]),
        Status.SCHEDULE_UNKNOWN,
        day=date(2026, 8, 1),
        warned=("player_composite_factors has 17 players that match no game on this date: game 20260801_MIA_CHI (17)",),
    ),
    Case(
        "rows of a postponed game do match a game",
        World(nbac=[game("GSW@MIN", "postponed")], phase3=teams("GSW@MIN", 17, 17), phase4=teams("GSW@MIN", 17, 17)),
        Status.NO_GAMES,
    ),
]

SCHEDULE = [
    Case(
        "espn_scoreboard empty for 2026-01-18..21: NBA.com's games are expected, with a warning",
        replace(complete(*BAD_DAY), espn=[]),
        Status.OK,
        expected=" ".join(BAD_DAY),
        warned=("espn is empty",),
    ),
    Case(
        "a source that lacks only this date gets a warning too",
        replace(complete(*BAD_DAY), espn=[game("BOS@IND", day=YESTERDAY)]),
        Status.OK,
        expected=" ".join(BAD_DAY),
        warned=("espn lists no games on 2026-01-18, unlike nbac (6)",),
    ),
    Case(
        "2026-01-29: a bug in a view hid a game from one source; the union still expects it",
        replace(complete("SAC@PHI"), nbac=[game("SAC@PHI"), game("MIA@CHI")]),
        Status.MISSING_DATA,
        expected="SAC@PHI MIA@CHI",
        warned=("espn does not list MIA@CHI, unlike nbac",),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a source failed: the others are used, with a warning",
        replace(complete("SAC@PHI"), espn="NotFound: no such table"),
        Status.OK,
        warned=("espn could not be read: NotFound: no such table",),
    ),
    Case(
        "a stale source is still used, with a warning",
        replace(complete("SAC@PHI"), espn=[game("SAC@PHI", refreshed_at=LONG_AGO)]),
        Status.OK,
        warned=("espn was last refreshed 2026-01-16 12:00 UTC",),
    ),
    Case(
        "48 hours old is not stale yet",
        replace(complete("SAC@PHI"), espn=[game("SAC@PHI", refreshed_at=NOW - timedelta(hours=48))]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "a source is as fresh as its newest row: nobody rewrites yesterday's",
        replace(complete("SAC@PHI"), espn=[game("SAC@PHI"), game("BOS@LAL", day=YESTERDAY, refreshed_at=LONG_AGO)]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "home and away reversed in an id: still one game",
        replace(complete("SAC@PHI"), nbac=[game("PHI@SAC")]),
        Status.OK,
        expected="SAC@PHI",
        quiet=True,
    ),
    Case(
        "duplicates with conflicting status are normal in nbac_schedule: the newest row counts",
        replace(
            complete("SAC@PHI"),
            nbac=[game("SAC@PHI", "postponed", refreshed_at=FRESH - timedelta(hours=5)), game("SAC@PHI")],
        ),
        Status.OK,
        warned=("nbac has SAC@PHI both scheduled and postponed",),
    ),
    Case(
        "the other way round: the newest row says postponed",
        World(nbac=[game("SAC@PHI", refreshed_at=FRESH - timedelta(hours=5)), game("SAC@PHI", "postponed")]),
        Status.NO_GAMES,
        excluded={"SAC@PHI": "postponed (nbac)"},
    ),
    Case(
        "scheduled, then final is normal, not a disagreement",
        replace(
            complete("SAC@PHI"),
            nbac=[game("SAC@PHI", refreshed_at=FRESH - timedelta(hours=5)), game("SAC@PHI", "final")],
        ),
        Status.OK,
        quiet=True,
    ),
    Case(
        "equally new rows disagree: the game is expected, since a false alarm is better than a missed game",
        replace(complete("SAC@PHI"), nbac=[game("SAC@PHI", "postponed"), game("SAC@PHI")]),
        Status.OK,
        expected="SAC@PHI",
    ),
    Case(
        "2026-01-24: postponed in one source, scheduled in the other, which never deletes rows",
        replace(
            complete("SAC@PHI"),
            espn=[game("GSW@MIN"), game("SAC@PHI")],
            nbac=[game("GSW@MIN", "postponed"), game("SAC@PHI")],
        ),
        Status.OK,
        expected="SAC@PHI",
        excluded={"GSW@MIN": "postponed (nbac)"},
        warned=("GSW@MIN is postponed (nbac), but espn shows it scheduled: not expected",),
    ),
    Case(
        "a game cancelled in one source is excluded too",
        replace(complete("SAC@PHI"), nbac=[game("GSW@MIN", "cancelled"), game("SAC@PHI")]),
        Status.OK,
        excluded={"GSW@MIN": "cancelled (nbac)"},
    ),
    Case(
        "postponed in one source but live in the other: expected",
        replace(complete("GSW@MIN"), nbac=[game("GSW@MIN", "postponed")], espn=[game("GSW@MIN", "live")]),
        Status.OK,
        expected="GSW@MIN",
        warned=("GSW@MIN is postponed (nbac), but espn shows it live: expected",),
    ),
    Case(
        "an exhibition is never expected, although ESPN lists it as final like any game",
        World(espn=[game("BOS@NYK", "final")], nbac=[game("BOS@NYK", "exhibition", game_id="0012500005")]),
        Status.NO_GAMES,
        excluded={"BOS@NYK": "exhibition (nbac)"},
    ),
    Case(
        "the play-in (ids 005) is expected",
        replace(complete("ATL@ORL"), nbac=[game("ATL@ORL", game_id="0052400101")]),
        Status.OK,
        expected="ATL@ORL",
    ),
    Case(
        "2026-04-19: in the playoffs (ids 004) only the games listed are expected, not a full regular-season day",
        replace(complete("OKC@DEN"), nbac=[game("OKC@DEN", game_id="0042500231")]),
        Status.OK,
        expected="OKC@DEN",
        quiet=True,
    ),
    Case(
        "the Cup final (id 006), the only game of its day, is expected",
        replace(complete("MIL@OKC"), nbac=[game("MIL@OKC", game_id="0062400001")]),
        Status.OK,
        expected="MIL@OKC",
    ),
    Case(
        "a team plays once a date: the authority's game stands, although espn is named first",
        replace(complete("BOS@LAL"), espn=[game("BOS@NYK")], nbac=[game("BOS@LAL")]),
        Status.OK,
        expected="BOS@LAL",
        excluded={"BOS@NYK": "ghost: the same team plays in BOS@LAL"},
        warned=("BOS@NYK (espn) shares a team with BOS@LAL on the same date",),
    ),
    Case(
        "where the authority lists neither, the game of the source named first stands",
        replace(
            complete("BOS@LAL"),
            espn=[game("BOS@NYK")],
            nbac=[game("BOS@LAL"), game("SAC@PHI")],
            rules=replace(RULES, authority="espn"),
        ),
        Status.MISSING_DATA,
        expected="BOS@NYK SAC@PHI",
        excluded={"BOS@LAL": "ghost: the same team plays in BOS@NYK"},
        stalled=Phase.PHASE_3,
    ),
    Case(
        "within one source the newest row counts",
        replace(complete("BOS@LAL"), espn=[], nbac=[game("BOS@NYK", refreshed_at=LONG_AGO), game("BOS@LAL")]),
        Status.OK,
        expected="BOS@LAL",
        excluded={"BOS@NYK": "ghost: the same team plays in BOS@LAL"},
    ),
    Case(
        "a postponed game's teams may play other games that day",
        replace(complete("BOS@LAL"), nbac=[game("BOS@NYK", "postponed"), game("BOS@LAL")]),
        Status.OK,
        expected="BOS@LAL",
    ),
    Case(
        "an unknown code is kept as it is, with a warning",
        complete("BOS@XYZ"),
        Status.OK,
        expected="BOS@XYZ",
        warned=("espn names the unknown team 'XYZ'", "player_composite_factors names unknown teams: XYZ"),
    ),
    Case(
        "a blank team is read from the date-form id",
        replace(complete("BOS@LAL"), espn=[game("BOS@LAL", away=None, home="")]),
        Status.OK,
        expected="BOS@LAL",
    ),
    Case(
        "a game without team codes is still expected, so that it is not forgotten",
        World(nbac=[game("BOS@LAL", away=None, home=None, game_id="0042500401")]),
        Status.MISSING_DATA,
        expected="TBD@TBD_(0042500401)",
        warned=("nbac names the unknown team 'TBD'",),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "two such games stay separate, and one game's data does not count for both",
        World(
            nbac=[game("@", game_id="0022500001"), game("@", game_id="0022500002")],
            phase4=[team(None, 30, "0022500001")],
        ),
        Status.MISSING_DATA,
        expected="TBD@TBD_(0022500001) TBD@TBD_(0022500002)",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a game whose teams are now decided: its older row under the same id is the same game",
        replace(
            complete("SAS@NYK"),
            espn=[],
            nbac=[
                game("@", game_id="0062500001", refreshed_at=LONG_AGO),
                game("SAS@NYK", game_id="0062500001"),
            ],
        ),
        Status.OK,
        expected="SAS@NYK",
        warned=("nbac has game 0062500001 as TBD@TBD (0062500001) in an older row",),
    ),
    Case(
        "a game with both teams known beats one with a blank, whatever the source",
        replace(complete("LAL@BOS"), espn=[game("LAL@", game_id="401800001")]),
        Status.OK,
        expected="LAL@BOS",
        excluded={"LAL@TBD": "ghost: the same team plays in LAL@BOS"},
    ),
    Case(
        "an unknown state counts as scheduled, with a warning",
        replace(complete("BOS@LAL"), espn=[game("BOS@LAL", "rain delay")]),
        Status.OK,
        expected="BOS@LAL",
        warned=("espn has BOS@LAL in the unknown state 'rain delay': counted as scheduled",),
    ),
    Case(
        "a placeholder tip-off is ignored, with a warning",
        replace(complete("BOS@LAL"), espn=[game("BOS@LAL", tipoff=datetime.fromisoformat("0001-01-01T00:00+00:00"))]),
        Status.OK,
        warned=("espn has BOS@LAL tip off at 1-01-01 00:00 UTC: ignored",),
    ),
    Case("no state at all counts as scheduled", replace(complete("BOS@LAL"), espn=[game("BOS@LAL", None)]), Status.OK),
]

PLAYERS = [
    Case(
        "2026-01-25: an id join dropped GSW and SAC; the teams match the game whatever the id",
        replace(complete("GSW@SAC"), phase4=[team("GSW", 17, "0022599999"), team("SAC", 17, None)]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "ten-digit ids without teams match through NBA.com's row for the date",
        replace(
            complete("GSW@SAC"), nbac=[game("GSW@SAC", game_id="0022500617")], phase4=[team(None, 34, "0022500617")]
        ),
        Status.OK,
        quiet=True,
    ),
    Case(
        "date-form ids without teams, home and away reversed",
        replace(complete("GSW@SAC"), phase4=[team(None, 34, "20260118_SAC_GS")]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "both forms of id in one table add up to one game",
        replace(
            complete("GSW@SAC"),
            nbac=[game("GSW@SAC", game_id="0022500617")],
            phase4=[team(None, 14, "0022500617"), team(None, 14, "20260118_GSW_SAC")],
        ),
        Status.OK,
        quiet=True,
    ),
    Case(
        "a date-form id must have its row's date",
        replace(complete("GSW@SAC"), phase4=[team(None, 34, "20260117_GSW_SAC")]),
        Status.MISSING_DATA,
        warned=("player_composite_factors has 34 players that match no game on this date: game 20260117_GSW_SAC (34)",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "a stray id must not offset a missing game",
        replace(complete("GSW@SAC", "BOS@LAL"), phase4=[*teams("GSW@SAC", 17, 17), team(None, 34, "0022599999")]),
        Status.MISSING_DATA,
        ready="GSW@SAC",
        warned=("player_composite_factors has 34 players that match no game on this date: game 0022599999 (34)",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "a row with an unknown team is matched by id, counts for neither team, and gets a warning",
        replace(complete("NOP@HOU"), phase4=[*teams("NOP@HOU", 0, 17)[1:], team("NOH", 17, "20260118_NOP_HOU")]),
        Status.PARTIAL_DATA,
        warned=("player_composite_factors names unknown teams: NOH",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "All-Star players listed under their own teams belong to the exhibition (2026-02-18)",
        World(
            nbac=[game("STA@STR", "exhibition", game_id="0032500001")],
            phase3=[team("BOS", 3, "0032500001"), team("LAL", 2, "0032500001")],
        ),
        Status.NO_GAMES,
    ),
    Case(
        "a team that does not play that day gets a warning, whatever its id says",
        replace(complete("GSW@SAC"), phase4=[*teams("GSW@SAC", 17, 17), team("DAL", 9, "20260118_GSW_SAC")]),
        Status.OK,
        warned=("9 players that match no game on this date: DAL game 20260118_GSW_SAC (9)",),
    ),
    Case(
        "without teams the game is judged as a whole: 80 % of both teams' players",
        replace(complete("GSW@SAC"), phase4=[team(None, 28, "20260118_GSW_SAC")]),
        Status.OK,
    ),
    Case(
        "27 of 34 is less than 80 %",
        replace(complete("GSW@SAC"), phase4=[team(None, 27, "20260118_GSW_SAC")]),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "players whose team Phase 3 does not name are expected too, in the game as a whole",
        replace(
            complete("GSW@SAC"),
            phase3=[*teams("GSW@SAC", 5, 5), team(None, 24, "20260118_GSW_SAC")],
            phase4=teams("GSW@SAC", 5, 5),
        ),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "so are those whose team is misspelled",
        replace(
            complete("GSW@SAC"),
            phase3=[team("GSW", 17, "20260118_GSW_SAC"), team("SCA", 17, "20260118_GSW_SAC")],
            phase4=teams("GSW@SAC", 17, 5),
        ),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "without Phase 3 rows a whole game needs twice the minimum",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=[team(None, 10, "20260118_GSW_SAC")]),
        Status.OK,
    ),
    Case(
        "nine players are below that",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=[team(None, 9, "20260118_GSW_SAC")]),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "without Phase 3 rows a team needs the minimum of five",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=teams("GSW@SAC", 5, 5)),
        Status.OK,
    ),
    Case(
        "four are below that",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=teams("GSW@SAC", 5, 4)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case("14 of 17 are 80 %", replace(complete("GSW@SAC"), phase4=teams("GSW@SAC", 14, 14)), Status.OK),
    Case(
        "13 of 17 are not",
        replace(complete("GSW@SAC"), phase4=teams("GSW@SAC", 17, 13)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "7 of 10 at 70 % is exact: in binary floating point it would be eight",
        replace(
            complete("GSW@SAC"),
            phase3=teams("GSW@SAC", 10, 10),
            phase4=teams("GSW@SAC", 7, 7),
            rules=replace(RULES, min_coverage=Decimal("0.7")),
        ),
        Status.OK,
    ),
    Case(
        "a short team without Phase 3 rows blames Phase 3, even if its opponent has them",
        replace(complete("GSW@SAC"), phase3=[team("GSW", 17)], phase4=[team("GSW", 17)]),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "rows without a team: a team that Phase 3 lacks blames Phase 3 too",
        replace(complete("GSW@SAC"), phase3=[team("GSW", 17)], phase4=[team(None, 3, "20260118_GSW_SAC")]),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "both teams short, one of them not in Phase 3: run Phase 3 first",
        replace(complete("GSW@SAC"), phase3=[team("GSW", 17)], phase4=teams("GSW@SAC", 1, 1)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "2026-01-15..19: one of two required tables is empty; ready in one is not ready",
        replace(complete("GSW@SAC"), cache=[]),
        Status.MISSING_DATA,
        ready="",
        stalled=Phase.PHASE_4,
    ),
    Case("ready in both required tables", replace(complete("GSW@SAC"), cache=teams("GSW@SAC", 17, 17)), Status.OK),
    Case(
        "a postponed game's rows do not make another game ready",
        replace(
            complete("GSW@SAC"), nbac=[game("GSW@MIN", "postponed"), game("GSW@SAC")], phase4=teams("GSW@MIN", 17, 17)
        ),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
]

UNKNOWN = [
    Case(
        "2026-03-21: a failed query is an ERROR, never MISSING_DATA or OK",
        replace(complete("GSW@SAC"), phase4="BadRequest: no filter"),
        Status.ERROR,
        expected="GSW@SAC",
    ),
    Case(
        "one of two required sources failed and the other shows a gap: still an ERROR",
        replace(complete("GSW@SAC"), phase4="Timeout", cache=[]),
        Status.ERROR,
    ),
    Case("all schedule sources failed", World(espn="Forbidden", nbac="NotFound"), Status.ERROR, expected=""),
    Case(
        "all schedule sources failed, in the off-season too",
        World(espn="Forbidden", nbac="NotFound"),
        Status.ERROR,
        day=date(2026, 8, 1),
    ),
    Case(
        "a required source failed on an off-day: it may have rows that match no game", World(phase4="x"), Status.ERROR
    ),
    Case(
        "one schedule source failed and the other is empty: unknown, not an off-day",
        World(espn="Forbidden"),
        Status.SCHEDULE_UNKNOWN,
    ),
    Case(
        "Phase 3 failed: the number of players needed is unknown, so no game is ready",
        replace(complete("GSW@SAC"), phase3="Timeout"),
        Status.ERROR,
        expected="GSW@SAC",
        ready="",
    ),
    Case(
        "Phase 3 failed, but a game without any data is missing anyway, and no phase is blamed",
        replace(complete("GSW@SAC", "BOS@LAL"), phase3="Timeout", phase4=teams("BOS@LAL", 17, 17)),
        Status.MISSING_DATA,
        ready="",
        warned=("upcoming_player_game_context could not be read: Timeout",),
    ),
    Case(
        "Phase 3 failed on an off-day: it may have rows that match no game",
        World(nbac=[game("BOS@IND", day=day) for day in around()], phase3="Timeout"),
        Status.ERROR,
    ),
]

SEEN = SeenGame("MIA", "CHI", "MISSING", ("espn", "nbac"), ("0022500529",))
GHOST = SeenGame("MIA", "CHI", "EXCLUDED", ("espn",), reason="ghost: the same team plays in MIA@BOS")
STALE = FRESH - timedelta(hours=3)
LISTED_AT = NOW - timedelta(hours=2)  # an earlier check, after STALE and before FRESH


def vanished(*listed: ScheduleRow, refreshed_at: datetime | None = FRESH, **given: Any) -> World:
    """A world that expected MIA@CHI two hours ago, and lists other games now."""
    rows = [row._replace(refreshed_at=refreshed_at) for row in listed or (game("SAC@PHI"),)]
    players = teams("SAC@PHI", 17, 17)
    world = World(espn=rows, nbac=rows, phase3=players, phase4=players, history=[seen(LISTED_AT, SEEN)])
    return replace(world, **given)


TIME = [
    Case(
        "before it is due a gap is no incident: same-day Phase 4 runs at 11:00",
        replace(complete("BOS@LAL"), phase4=[], now=NOW - timedelta(minutes=2)),
        Status.PENDING,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "at eight it is due, less a minute for the scheduler's clock",
        replace(complete("BOS@LAL"), phase4=[], now=NOW - timedelta(minutes=1)),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "what is ready before it is due is OK", replace(complete("BOS@LAL"), now=NOW - timedelta(minutes=30)), Status.OK
    ),
    Case(
        "a date in the future is never an incident (asked for 2026-02-10 on Jan 18, it alerted 23 days ahead)",
        World(nbac=[game("BOS@LAL", day=date(2026, 2, 10))]),
        Status.PENDING,
        day=date(2026, 2, 10),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a suspect schedule keeps its word before it is due: what is not listed cannot be pending",
        World(now=NOW - timedelta(hours=1)),
        Status.SCHEDULE_UNKNOWN,
    ),
    Case(
        "a declared gap explains what is missing before it is due, too",
        replace(
            complete("TOR@POR"),
            phase4=[],
            now=NOW - timedelta(hours=1),
            rules=replace(RULES, expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "halt"),)),
        ),
        Status.EXPECTED_GAP,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "a source that cannot be read is an ERROR before it is due, too",
        replace(complete("TOR@POR"), phase4="Timeout", now=NOW - timedelta(hours=1)),
        Status.ERROR,
    ),
]

AUTHORITY = [
    *(
        Case(
            f"proven: {why}, and ESPN's neighbouring dates are no evidence for an off-day",
            World(espn=[game("BOS@IND", day=day) for day in around()], nbac=nbac),
            Status.SCHEDULE_UNKNOWN,
            warned=(f"no game is listed, and nothing shows an off-day: nbac, the schedule's authority, {said}",),
        )
        for why, nbac, said in (
            ("NBA.com unreadable", "NotFound: no such table", "could not be read"),
            ("NBA.com empty", [], "lists no games on this date"),
            (
                "NBA.com five days stale",
                [game("BOS@IND", day=day, refreshed_at=NOW - timedelta(days=5)) for day in around()],
                "was last refreshed 2026-01-13",
            ),
        )
    ),
    Case(
        "its rows end before the date: all listed games are ready, but there may be more",
        replace(complete("BOS@LAL"), nbac=[game("BOS@IND", day=YESTERDAY)]),
        Status.SCHEDULE_UNKNOWN,
        ready="BOS@LAL",
        warned=("there may be more games than are listed: nbac, the schedule's authority, lists no games",),
    ),
    Case(
        "unreadable while all that ESPN lists is ready: not an all-clear",
        replace(complete("BOS@LAL"), nbac="Forbidden"),
        Status.SCHEDULE_UNKNOWN,
        ready="BOS@LAL",
    ),
    Case(
        "stale while all listed games are ready: not an all-clear",
        replace(complete("BOS@LAL"), nbac=[game("BOS@LAL", refreshed_at=LONG_AGO)]),
        Status.SCHEDULE_UNKNOWN,
    ),
    Case(
        "on both sides of the date, and fresh: its silence about ESPN's game is evidence that there are no more",
        replace(complete("BOS@LAL"), nbac=[game("BOS@IND", day=day) for day in around()]),
        Status.OK,
        expected="BOS@LAL",
    ),
    Case(
        "what is known to be wrong goes before what is not known",
        replace(complete("BOS@LAL"), nbac="Forbidden", phase4=[]),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "the off-season is no evidence for games that are listed",
        World(
            espn=[game("BOS@LAL", day=date(2026, 6, 26))],
            phase4=teams("BOS@LAL", 17, 17, day=date(2026, 6, 26)),
            now=NOW + timedelta(days=200),
        ),
        Status.SCHEDULE_UNKNOWN,
        day=date(2026, 6, 26),
    ),
    Case(
        "another authority, another judge",
        World(
            espn=[game("BOS@IND", day=day) for day in around()],
            nbac="NotFound",
            rules=replace(RULES, authority="espn"),
        ),
        Status.NO_GAMES,
    ),
]

MOVED = [
    Case(
        "proven: MIA@CHI first on Jan 19, moved up to Jan 18 by a newer row: it is played today",
        World(
            espn=[game("MIA@CHI")],
            nbac=[
                game("MIA@CHI", game_id="0022500529"),
                game("MIA@CHI", day=TOMORROW, game_id="0022500529", refreshed_at=STALE),
            ],
        ),
        Status.MISSING_DATA,
        expected="MIA@CHI",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "the row that it was moved away from is excluded, and names the earlier date",
        World(
            nbac=[
                game("MIA@CHI", day=TODAY - timedelta(days=120), game_id="0022500529"),
                game("MIA@CHI", game_id="0022500529", refreshed_at=STALE),
            ]
        ),
        Status.NO_GAMES,
        excluded={"MIA@CHI": "moved to 2025-09-20 (nbac)"},
    ),
    Case(
        "121 days away is another matter",
        World(
            nbac=[
                game("MIA@CHI", day=TODAY + timedelta(days=121), game_id="0022500529"),
                game("MIA@CHI", game_id="0022500529", refreshed_at=STALE),
            ]
        ),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "moved twice: the newest row of the three counts",
        World(
            nbac=[
                game("MIA@CHI", day=YESTERDAY, game_id="0022500529", refreshed_at=STALE),
                game("MIA@CHI", game_id="0022500529", refreshed_at=STALE + timedelta(hours=1)),
                game("MIA@CHI", day=TOMORROW, game_id="0022500529"),
            ]
        ),
        Status.NO_GAMES,
        excluded={"MIA@CHI": "moved to 2026-01-19 (nbac)"},
    ),
    Case(
        "a row without a time is not the one it was moved away from",
        World(
            nbac=[
                game("MIA@CHI", game_id="0022500529", refreshed_at=None),
                game("MIA@CHI", day=TOMORROW, game_id="0022500529"),
            ]
        ),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "nor does a row without a time take a game's place",
        World(
            nbac=[
                game("MIA@CHI", game_id="0022500529"),
                game("MIA@CHI", day=TOMORROW, game_id="0022500529", refreshed_at=None),
            ]
        ),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "only NBA.com's ids follow a game: another source may use its own id again, for another game",
        World(
            nbac=[
                game("MIA@CHI", game_id="401810501", refreshed_at=STALE),
                game("MIA@CHI", day=TOMORROW, game_id="401810501"),
            ]
        ),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "GSW@MIN: the old row turned final without scores after the new one was written; the game is played today",
        World(
            nbac=[
                game("GSW@MIN", "postponed", day=YESTERDAY, game_id="0022500644"),
                game("GSW@MIN", game_id="0022500644", refreshed_at=STALE),
            ]
        ),
        Status.MISSING_DATA,
        expected="GSW@MIN",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a source that lists it here, and is newer than the row it moved to, is stronger than the inference",
        World(
            espn=[game("MIA@CHI", refreshed_at=FRESH + timedelta(minutes=1))],
            nbac=[
                game("MIA@CHI", game_id="0022500529", refreshed_at=STALE),
                game("MIA@CHI", day=TOMORROW, game_id="0022500529"),
            ],
        ),
        Status.MISSING_DATA,
        expected="MIA@CHI",
        warned=("MIA@CHI is moved to 2026-01-19 (nbac), but espn shows it scheduled, and is newer: expected",),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "but not stronger than final without scores",
        World(
            espn=[game("GSW@MIN", refreshed_at=FRESH + timedelta(minutes=1))],
            nbac=[game("GSW@MIN", "postponed", game_id="0022500644")],
        ),
        Status.NO_GAMES,
        excluded={"GSW@MIN": "postponed (nbac)"},
    ),
    Case(
        "a game that is live here was not moved away",
        World(
            nbac=[
                game("MIA@CHI", "live", game_id="0022500529", refreshed_at=STALE),
                game("MIA@CHI", day=TOMORROW, game_id="0022500529"),
            ]
        ),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "ESPN's own All-Star pair beside NBA.com's is no game",
        World(espn=[game("EAST@WEST")], nbac=[game("STA@STR", "exhibition", game_id="0032500001")]),
        Status.NO_GAMES,
        excluded={
            "EAST@WEST": "exhibition (nbac lists nothing else on this date)",
            "STA@STR": "exhibition (nbac)",
        },
    ),
    Case(
        "two teams nobody knows beside a real game are a game",
        replace(complete("BOS@LAL"), espn=[game("EAST@WEST"), game("BOS@LAL")]),
        Status.MISSING_DATA,
        expected="EAST@WEST BOS@LAL",
        stalled=Phase.PHASE_3,
    ),
]

VANISHED = [
    Case(
        "proven: a game without data leaves the schedule, and the source that listed it has not been refreshed since",
        vanished(refreshed_at=STALE),
        Status.MISSING_DATA,
        expected="MIA@CHI SAC@PHI",
        ready="SAC@PHI",
        warned=("MIA@CHI: no schedule lists it any more, and it was not called off: still expected",),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "withdrawn: all who listed it have answered since, and list it no more",
        vanished(),
        Status.OK,
        excluded={"MIA@CHI": "withdrawn: no schedule lists it any more"},
    ),
    Case(
        "one of the two that listed it cannot be read: it may still be there",
        vanished(espn="Timeout"),
        Status.MISSING_DATA,
        expected="MIA@CHI SAC@PHI",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "one of the two does not say when it was refreshed",
        vanished(espn=[game("SAC@PHI", refreshed_at=None)]),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "only those who listed it have to withdraw it",
        vanished(espn="Timeout", history=[seen(LISTED_AT, replace(SEEN, sources=("nbac",)))]),
        Status.OK,
        excluded={"MIA@CHI": "withdrawn: no schedule lists it any more"},
    ),
    Case(
        "a check in between that kept it expected is no listing",
        vanished(history=[seen(LISTED_AT, SEEN), seen(NOW, replace(SEEN, sources=()))]),
        Status.OK,
        excluded={"MIA@CHI": "withdrawn: no schedule lists it any more"},
    ),
    Case(
        "a listed game of one of its teams goes before it",
        vanished(game("SAC@PHI"), game("MIA@BOS"), refreshed_at=STALE),
        Status.MISSING_DATA,
        expected="MIA@BOS SAC@PHI",
        excluded={"MIA@CHI": "withdrawn: MIA@BOS is expected instead"},
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a ghost is no game only as long as its rival is listed",
        vanished(espn="Timeout", history=[seen(LISTED_AT, SEEN), seen(NOW, GHOST)]),
        Status.MISSING_DATA,
        expected="MIA@CHI SAC@PHI",
        warned=("MIA@CHI: no schedule lists it any more, and it was not called off: still expected",),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "nor one that another game stood for",
        vanished(
            espn="Timeout",
            history=[
                seen(LISTED_AT, SEEN),
                seen(NOW, replace(SEEN, status="EXCLUDED", reason="withdrawn: MIA@BOS is expected instead")),
            ],
        ),
        Status.MISSING_DATA,
        expected="MIA@CHI SAC@PHI",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "of a vanished game and its ghost the game stands",
        vanished(espn="Timeout", history=[seen(LISTED_AT, GHOST, replace(SEEN, home="BOS"))]),
        Status.MISSING_DATA,
        expected="MIA@BOS SAC@PHI",
        excluded={"MIA@CHI": "withdrawn: MIA@BOS is expected instead"},
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a ghost that its sources have withdrawn is gone",
        vanished(history=[seen(LISTED_AT, GHOST)]),
        Status.OK,
        excluded={"MIA@CHI": "withdrawn: no schedule lists it any more"},
    ),
    Case(
        "a game that the last check excluded has not vanished",
        vanished(history=[seen(LISTED_AT, SEEN), seen(NOW, replace(SEEN, status="EXCLUDED"))], refreshed_at=STALE),
        Status.OK,
        excluded={},
    ),
    Case(
        "home and away reversed is not vanished",
        vanished(game("CHI@MIA"), refreshed_at=STALE),
        Status.MISSING_DATA,
        expected="CHI@MIA",
        excluded={},
        stalled=Phase.PHASE_3,
    ),
    Case(
        "its data can still come, and then it is ready",
        vanished(
            refreshed_at=STALE,
            phase3=[*teams("SAC@PHI", 17, 17), *teams("MIA@CHI", 17, 17)],
            phase4=[*teams("SAC@PHI", 17, 17), *teams("MIA@CHI", 17, 17)],
        ),
        Status.OK,
        ready="SAC@PHI MIA@CHI",
    ),
]

TIES = [
    Case(
        "two equally new rows of one source give BOS two games: the one with the worse data stands",
        World(
            nbac=[game("BOS@LAL"), game("BOS@NYK")],
            phase3=teams("BOS@LAL", 17, 17),
            phase4=teams("BOS@LAL", 17, 17),
        ),
        Status.PARTIAL_DATA,
        expected="BOS@NYK",
        excluded={"BOS@LAL": "ghost: the same team plays in BOS@NYK"},
        stalled=Phase.PHASE_3,
    ),
    Case(
        "the same where the rows share an id",
        World(
            nbac=[game("BOS@LAL", game_id="0022500001"), game("BOS@NYK", game_id="0022500001")],
            phase3=teams("BOS@LAL", 17, 17),
            phase4=teams("BOS@LAL", 17, 17),
        ),
        Status.PARTIAL_DATA,
        expected="BOS@NYK",
        stalled=Phase.PHASE_3,
    ),
]

FUTURE = [
    Case(
        "one refreshed_at in 2099 kept a dead schedule fresh: it is not believed",
        World(
            nbac=[
                *(game("BOS@IND", day=day, refreshed_at=LONG_AGO) for day in around()),
                game("BOS@IND", day=TOMORROW, refreshed_at=datetime(2099, 1, 1, tzinfo=UTC)),
            ]
        ),
        Status.SCHEDULE_UNKNOWN,
        warned=("nbac has times that lie in the future, as on 2026-01-19: they are ignored",),
    ),
    Case(
        "a clock that is two minutes ahead is a clock",
        World(nbac=[game("BOS@IND", day=day, refreshed_at=NOW + timedelta(minutes=2)) for day in around()]),
        Status.NO_GAMES,
    ),
    Case(
        "Phase 4 rows from the future make a game ready, at a time that is unknown",
        replace(
            complete("BOS@LAL"),
            phase4=[r._replace(refreshed_at=NOW + timedelta(hours=1)) for r in teams("BOS@LAL", 17, 17)],
        ),
        Status.OK,
        warned=("player_composite_factors has times that lie in the future",),
    ),
]

EVENING = NOW.replace(hour=18, minute=30)
PREDICTIONS = [
    Case(
        "2026-01-18 18:30: the coordinator is down, and six ready games have no prediction",
        replace(complete(*BAD_DAY), predictions=[], now=EVENING),
        Status.NO_PREDICTIONS,
        ready=" ".join(BAD_DAY),
    ),
    Case(
        "one game of two without a prediction is enough",
        replace(complete("BOS@LAL", "SAC@PHI"), predictions=teams("BOS@LAL", 5, 5), now=EVENING),
        Status.NO_PREDICTIONS,
    ),
    Case("all predicted", replace(complete("BOS@LAL"), predictions=teams("BOS@LAL", 5, 5), now=EVENING), Status.OK),
    Case(
        "half an hour of grace",
        replace(complete("BOS@LAL"), predictions=[], now=EVENING - timedelta(minutes=1)),
        Status.OK,
    ),
    Case(
        "a gap goes before missing predictions, which follow from it",
        replace(complete("BOS@LAL"), phase4=[], predictions=[], now=EVENING),
        Status.MISSING_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "a source of predictions that cannot be read is a warning, and the verdict on Phase 4 stands",
        replace(complete("BOS@LAL"), predictions="Timeout", now=EVENING),
        Status.OK,
        warned=("player_prop_predictions could not be read: Timeout",),
    ),
    Case(
        "a declared gap covers predictions too",
        replace(
            complete("BOS@LAL"),
            predictions=[],
            now=EVENING,
            rules=replace(RULES, expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "halt"),)),
        ),
        Status.EXPECTED_GAP,
    ),
    Case(
        "a past date of a season that was never predicted lacks nothing",
        replace(complete("BOS@LAL", day=YESTERDAY), predictions=[], now=EVENING),
        Status.OK,
        day=YESTERDAY,
    ),
    Case(
        "but it does where a check of that day found them missing: no day turns that into an all-clear",
        replace(
            complete("BOS@LAL", day=YESTERDAY),
            predictions=[],
            history=[seen(NOW, SeenGame("BOS", "LAL", "READY", predictions=0))],
            now=EVENING,
        ),
        Status.NO_PREDICTIONS,
        day=YESTERDAY,
    ),
    Case(
        "and it does where the days before it were predicted",
        replace(
            complete("BOS@LAL", day=YESTERDAY),
            predictions=teams("SAC@PHI", 5, 5, day=YESTERDAY - timedelta(days=14)),
            now=EVENING,
        ),
        Status.NO_PREDICTIONS,
        day=YESTERDAY,
    ),
    Case(
        "missing predictions go before a suspect schedule",
        replace(complete("BOS@LAL"), nbac="Forbidden", predictions=[], now=EVENING),
        Status.NO_PREDICTIONS,
    ),
]

# The facts of domain.md: id, away, home, from, to. NBA.com keeps the old row, and ESPN its ghost.
POSTPONED = [
    ("0022500644", "GSW@MIN", date(2026, 1, 24), date(2026, 1, 25)),
    ("0022500692", "CHI@MIA", date(2026, 1, 30), date(2026, 1, 31)),
    ("0022500529", "MIA@CHI", date(2026, 1, 8), date(2026, 1, 29)),
    ("0022500652", "DEN@MEM", date(2026, 1, 25), date(2026, 3, 18)),
    ("0022500654", "DAL@MIL", date(2026, 1, 25), date(2026, 3, 31)),
]


CASES = (
    *STATUSES,
    *NO_GAMES,
    *SCHEDULE,
    *PLAYERS,
    *UNKNOWN,
    *TIME,
    *AUTHORITY,
    *MOVED,
    *VANISHED,
    *TIES,
    *FUTURE,
    *PREDICTIONS,
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.why) for case in CASES])
def test_verdict(case: Case) -> None:
    (verdict,) = case.world.judge(case.day)
    assert verdict.status is case.status, (verdict.warnings, verdict.error)
    if case.expected is not None:
        assert {v.game.matchup.replace(" ", "_") for v in verdict.games} == set(case.expected.split())
    if case.ready is not None:
        assert {v.game.matchup for v in verdict.games if v.status is GameStatus.READY} == set(case.ready.split())
    if case.excluded is not None:
        assert {v.game.matchup: v.reason for v in verdict.excluded} == case.excluded
    assert verdict.stalled_phase is case.stalled
    for words in case.warned:
        assert any(words in warning for warning in verdict.warnings), verdict.warnings
    if case.quiet:
        assert verdict.warnings == ()
    assert (verdict.error is not None) == (verdict.status is Status.ERROR)


def test_every_status_has_a_case() -> None:
    assert {case.status for case in CASES} == set(Status)


@pytest.mark.parametrize("older", [timedelta(0), timedelta(days=1)], ids=["equally new", "older"])
@pytest.mark.parametrize(("game_id", "matchup", "first", "second"), POSTPONED)
def test_a_postponed_game_is_expected_on_its_new_date_alone(
    game_id: str, matchup: str, first: date, second: date, older: timedelta
) -> None:
    world = World(
        espn=[game(matchup, day=first)],
        nbac=[
            game(matchup, day=first, game_id=game_id, refreshed_at=FRESH - older),
            game(matchup, day=second, game_id=game_id),
            game("BOS@LAL", day=first, game_id="0022500999"),
        ],
        # Both dates list the id; player rows belong to the game of their own date.
        phase3=[team(None, 34, game_id, day=second)],
        phase4=[team(None, 34, game_id, day=second)],
        today=first,
    )
    old, new = world.judge(first, second)
    assert [v.game.matchup for v in old.games] == ["BOS@LAL"]
    assert [(v.game.matchup, v.reason) for v in old.excluded] == [(matchup, f"moved to {second} (nbac)")]
    assert [v.game.matchup for v in new.games] == [matchup]
    assert new.status is Status.OK


@pytest.mark.parametrize(("alias", "canonical"), ALIASES.items())
def test_every_alias_maps_to_its_team(alias: str, canonical: str) -> None:
    world = complete(f"{alias}@IND")
    (verdict,) = replace(world, nbac=[game(f"{canonical}@IND")]).judge()
    assert [v.game.matchup for v in verdict.games] == [f"{canonical}@IND"]
    assert verdict.status is Status.OK
    assert verdict.warnings == ()


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_expected_or_excluded_with_its_name(state: State) -> None:
    (verdict,) = World(nbac=[game("BOS@LAL", state)]).judge()
    if state in {State.SCHEDULED, State.LIVE, State.FINAL}:
        assert [v.game.matchup for v in verdict.games] == ["BOS@LAL"]
    else:
        assert [v.reason for v in verdict.excluded] == [f"{state} (nbac)"]


def test_in_the_evening_the_utc_date_is_tomorrow_and_the_league_date_is_not() -> None:
    # 9 PM on Jan 18 in New York; the games of Jan 18 tip off on Jan 19 in UTC.
    evening = datetime.fromisoformat("2026-01-19T02:00:00+00:00")
    today = league_date(evening, ZoneInfo("America/New_York"))
    assert today == TODAY
    tipoff = datetime.fromisoformat("2026-01-19T03:30:00+00:00")
    listed = [game("POR@SAC", tipoff=tipoff)]
    (verdict,) = replace(complete("POR@SAC"), espn=listed, nbac=listed, now=evening, today=today).judge(today)
    assert verdict.status is Status.OK
    assert verdict.games[0].game.tipoff == tipoff


def test_the_bad_day_has_the_latest_dates_and_a_reason_for_every_game() -> None:
    (verdict,) = STATUSES[1].world.judge()
    assert (verdict.phase3_latest, verdict.phase4_latest) == (YESTERDAY, YESTERDAY)
    assert {v.reason for v in verdict.games} == {
        "nothing in player_composite_factors; not in Phase 3: run Phase 3 first"
    }
    assert {v.missing_from for v in verdict.games} == {("player_composite_factors",)}


def test_a_partial_game_names_the_short_teams_and_the_source() -> None:
    world = replace(complete("TOR@POR"), phase4=[team("TOR", 5, "20260118_TOR_POR")], cache=teams("TOR@POR", 17, 17))
    (verdict,) = world.judge()
    (tor_por,) = verdict.games
    assert tor_por.reason == "TOR 5 of 17, POR 0 of 17 players in player_composite_factors; in Phase 3: run Phase 4"
    assert (tor_por.phase3_players, tor_por.phase4_players, tor_por.missing_from) == (34, 5, ())


def test_the_latest_date_is_that_of_the_required_source_furthest_behind() -> None:
    world = World(
        phase4=teams("BOS@LAL", 9, 9, day=YESTERDAY), cache=teams("BOS@LAL", 9, 9, day=TODAY - timedelta(days=5))
    )
    (verdict,) = world.judge()
    assert verdict.phase4_latest == TODAY - timedelta(days=5)
    assert verdict.phase3_latest is None
    (without,) = replace(world, cache=[]).judge()
    assert without.phase4_latest is None


@pytest.mark.parametrize(
    ("written", "ready_at"),
    [
        # The date is whole when its last game is.
        ((NOW - timedelta(hours=2), NOW - timedelta(hours=1)), NOW - timedelta(hours=1)),
        # A game that is not ready, or does not say when its data came, leaves it open when the date was whole.
        ((NOW - timedelta(hours=2), None), None),
        # A date without games is never ready at a time.
        ((), None),
    ],
)
def test_a_date_is_ready_when_its_last_game_is(written: tuple[datetime | None, ...], ready_at: datetime | None) -> None:
    (whole,) = complete("GSW@SAC").judge()
    games = tuple(whole.games[0]._replace(ready_at=time) for time in written)
    assert replace(whole, games=games).ready_at == ready_at


def test_the_latest_date_is_never_later_than_the_date_judged() -> None:
    # A backfill also sees data of later days, which says nothing about that morning.
    world = World(phase3=teams("BOS@LAL", 9, 9, day=TODAY), phase4=teams("BOS@LAL", 9, 9, day=TODAY))
    before, _ = world.judge(YESTERDAY, TODAY)
    assert (before.phase3_latest, before.phase4_latest) == (None, None)


def test_a_date_gets_the_same_verdict_alone_and_within_a_range() -> None:
    # A backfill must write the same row as a single check, including source ages and latest dates.
    days = [TODAY + timedelta(days=n) for n in range(-40, 41)]
    rows = [game("BOS@LAL", day=day, refreshed_at=NOW - timedelta(days=n)) for n, day in enumerate(days[::3])]
    players = [row for day in days[::4] for row in teams("BOS@LAL", 17, 17, day=day)]
    world = World(espn=rows[::2], nbac=rows, phase3=players, phase4=players[::2])
    assert world.judge(*days) == [verdict for day in days for verdict in world.judge(day)]


def test_ten_thousand_phantom_ids_are_counted_and_not_listed() -> None:
    phantoms = [team(None, 1, f"00225{n:05}") for n in range(10_000)]
    (verdict,) = replace(complete("GSW@SAC"), phase4=[*teams("GSW@SAC", 17, 17), *phantoms]).judge()
    assert verdict.status is Status.OK
    (warning,) = verdict.warnings
    assert warning.startswith("player_composite_factors has 10,000 players that match no game on this date: ")
    assert "and 9,995 more" in warning
    assert len(warning) < 300
