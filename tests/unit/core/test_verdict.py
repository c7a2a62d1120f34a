"""The verdict, as a table: what the sources answer → what is said of the date. Each row says why it exists."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from monitor.core.coverage import GameStatus, Phase, Rules
from monitor.core.dates import DateRange, ExpectedGap, league_date
from monitor.core.games import ALIASES
from monitor.core.schedule import State
from monitor.core.verdict import Status
from tests.unit.core.world import FRESH, NOW, TODAY, World, game, team, teams

BAD_DAY = "ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC".split()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LONG_AGO = NOW - timedelta(hours=49)


@dataclass(frozen=True)
class Case:
    """`ready`, `expected` and `excluded` are matchups; `warned` are words that some warning must hold, in any order."""

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


def whole(*matchups: str, day: date = TODAY) -> World:
    """A world where every game is listed by both sources and has 17 players a team in both phases."""
    listed = [game(matchup, day=day) for matchup in matchups]
    players = [row for matchup in matchups for row in teams(matchup, 17, 17, day=day)]
    return World(listed, listed, players, players)


def around(day: date = TODAY) -> list[date]:
    """The dates next to a date, for games that show an off-day."""
    return [day - timedelta(days=1), day + timedelta(days=1)]


STATUSES = [
    Case("all ready is OK, and says nothing else", whole(*BAD_DAY), Status.OK, ready=" ".join(BAD_DAY), quiet=True),
    Case(
        "2026-01-18: six games, Phase 4 for none of them, both phases ending on Jan 17",
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
        replace(whole("SAC@PHI"), espn=[game("SAC@PHI"), game("MIA@CHI")], nbac=[game("SAC@PHI"), game("MIA@CHI")]),
        Status.MISSING_DATA,
        ready="SAC@PHI",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "2026-01-23: TOR@POR had five players, all from TOR",
        replace(whole("TOR@POR"), phase4=[team("TOR", 5, "20260118_TOR_POR")]),
        Status.PARTIAL_DATA,
        ready="",
        stalled=Phase.PHASE_4,
    ),
    Case(
        "2023-02-24: 68 of 175 players is not ready, although every team has some",
        replace(whole("TOR@POR"), phase4=teams("TOR@POR", 7, 6)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "2026-02-11: low but real, seven players a team of seven expected",
        replace(whole("TOR@POR"), phase3=teams("TOR@POR", 7, 7), phase4=teams("TOR@POR", 7, 7)),
        Status.OK,
    ),
    Case(
        "missing and partial together are MISSING_DATA, the user's word",
        replace(whole("TOR@POR", "BOS@IND"), phase4=teams("TOR@POR", 17, 3)),
        Status.MISSING_DATA,
        ready="",
        stalled=Phase.PHASE_4,
    ),
    Case(
        "a declared gap: the first 14 days of a season write no Phase 4 rows",
        replace(
            whole("TOR@POR"),
            phase4=[],
            rules=Rules(expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "bootstrap"),)),
        ),
        Status.EXPECTED_GAP,
        warned=("bootstrap",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "a declared gap says nothing of a date that is whole all the same",
        replace(whole("TOR@POR"), rules=Rules(expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "halt"),))),
        Status.OK,
        quiet=True,
    ),
    Case(
        "a declared gap does not explain an unknown schedule",
        World(rules=Rules(expected_gaps=(ExpectedGap(DateRange(TODAY, TODAY), "halt"),))),
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
        "14 days away on both sides is near enough",
        World(nbac=[game("BOS@IND", day=TODAY + timedelta(days=n)) for n in (-14, 14)]),
        Status.NO_GAMES,
    ),
    Case(
        "15 days away is not",
        World(nbac=[game("BOS@IND", day=TODAY + timedelta(days=n)) for n in (-14, 15)]),
        Status.SCHEDULE_UNKNOWN,
        warned=("nothing shows that this is an off-day",),
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
        "rows of the date itself, all excluded, show an off-day: the All-Star game is not to be predicted (2026-02-18)",
        World(nbac=[game("STA@STR", "exhibition", game_id="0032500001")]),
        Status.NO_GAMES,
        expected="",
        excluded={"STA@STR": "exhibition (nbac)"},
    ),
    Case(
        "the only game postponed: no games, and the reason is told",
        World(espn=[game("GSW@MIN", "postponed")], nbac=[game("GSW@MIN", "postponed")]),
        Status.NO_GAMES,
        excluded={"GSW@MIN": "postponed (espn) and postponed (nbac)"},
    ),
    Case(
        "2025-12-20: a schedule that is stale since September proves nothing about today",
        World(nbac=[game("BOS@IND", day=day, refreshed_at=LONG_AGO) for day in around()]),
        Status.SCHEDULE_UNKNOWN,
        warned=("nbac was last refreshed 2026-01-16 12:00 UTC",),
    ),
    Case(
        "a schedule that does not say how old it is proves nothing about today",
        World(nbac=[game("BOS@IND", day=day, refreshed_at=None) for day in around()]),
        Status.SCHEDULE_UNKNOWN,
        warned=("nbac does not say when it was refreshed",),
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
        "a fresh source is evidence enough beside a stale one",
        World(
            espn=[game("BOS@IND", day=day, refreshed_at=LONG_AGO) for day in around()],
            nbac=[game("BOS@IND", day=day) for day in around()],
        ),
        Status.NO_GAMES,
        warned=("espn was last refreshed",),
    ),
    Case(
        "each side must be shown by the same source: two halves of two loads prove nothing",
        World(espn=[game("BOS@IND", day=YESTERDAY)], nbac=[game("BOS@IND", day=TOMORROW)]),
        Status.SCHEDULE_UNKNOWN,
    ),
    Case("the off-season needs no evidence", World(), Status.NO_GAMES, day=date(2026, 8, 1)),
    Case("its first day", World(), Status.NO_GAMES, day=date(2026, 6, 25)),
    Case("the day before it is not off-season", World(), Status.SCHEDULE_UNKNOWN, day=date(2026, 6, 24)),
    Case("its last day", World(), Status.NO_GAMES, day=date(2026, 10, 1)),
    Case("the day after it is not off-season", World(), Status.SCHEDULE_UNKNOWN, day=date(2026, 10, 2)),
    Case(
        "2026-01-29: Phase 3 rows without a game say that the schedule hides one",
        World(nbac=[game("BOS@IND", day=day) for day in around()], phase3=teams("MIA@CHI", 17, 17)),
        Status.SCHEDULE_UNKNOWN,
        warned=("upcoming_player_game_context has 34 players of no game", "rows of this date have no game"),
    ),
    Case(
        "the same of Phase 4 rows, in the off-season too",
        World(phase4=[team(None, 17, "20260801_MIA_CHI", day=date(2026, 8, 1))]),
        Status.SCHEDULE_UNKNOWN,
        day=date(2026, 8, 1),
        warned=("player_composite_factors has 17 players of no game on this date: game 20260801_MIA_CHI (17)",),
    ),
    Case(
        "rows of a game that is postponed have a game",
        World(nbac=[game("GSW@MIN", "postponed")], phase3=teams("GSW@MIN", 17, 17), phase4=teams("GSW@MIN", 17, 17)),
        Status.NO_GAMES,
    ),
]

SCHEDULE = [
    Case(
        "espn_scoreboard empty for 2026-01-18..21: NBA.com's games are expected, and the row says so",
        replace(whole(*BAD_DAY), espn=[]),
        Status.OK,
        expected=" ".join(BAD_DAY),
        warned=("espn is empty",),
    ),
    Case(
        "a source without this date alone is told too",
        replace(whole(*BAD_DAY), espn=[game("BOS@IND", day=YESTERDAY)]),
        Status.OK,
        expected=" ".join(BAD_DAY),
        warned=("espn lists no games on 2026-01-18, nbac lists 6",),
    ),
    Case(
        "2026-01-29: a view's bug hid one game from one source; the union expects it",
        replace(whole("SAC@PHI"), nbac=[game("SAC@PHI"), game("MIA@CHI")]),
        Status.MISSING_DATA,
        expected="SAC@PHI MIA@CHI",
        warned=("espn does not list MIA@CHI, nbac does",),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a source that failed: the others are used, and the row says so",
        replace(whole("SAC@PHI"), espn="NotFound: no such table"),
        Status.OK,
        warned=("espn could not be read: NotFound: no such table",),
    ),
    Case(
        "a stale source is used too, with a warning",
        replace(whole("SAC@PHI"), espn=[game("SAC@PHI", refreshed_at=LONG_AGO)]),
        Status.OK,
        warned=("espn was last refreshed 2026-01-16 12:00 UTC",),
    ),
    Case(
        "48 hours is not stale yet",
        replace(whole("SAC@PHI"), espn=[game("SAC@PHI", refreshed_at=NOW - timedelta(hours=48))]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "home and away have been reversed in ids: it is one game",
        replace(whole("SAC@PHI"), nbac=[game("PHI@SAC")]),
        Status.OK,
        expected="SAC@PHI",
        quiet=True,
    ),
    Case(
        "duplicates with conflicting status are normal in nbac_schedule: the newest row counts",
        replace(
            whole("SAC@PHI"),
            nbac=[game("SAC@PHI", "postponed", refreshed_at=FRESH - timedelta(hours=5)), game("SAC@PHI")],
        ),
        Status.OK,
        warned=("nbac has rows that call SAC@PHI scheduled and postponed",),
    ),
    Case(
        "the other way round: newest says postponed",
        World(nbac=[game("SAC@PHI", refreshed_at=FRESH - timedelta(hours=5)), game("SAC@PHI", "postponed")]),
        Status.NO_GAMES,
        excluded={"SAC@PHI": "postponed (nbac)"},
    ),
    Case(
        "scheduled then final is a game's life, and no disagreement",
        replace(
            whole("SAC@PHI"), nbac=[game("SAC@PHI", refreshed_at=FRESH - timedelta(hours=5)), game("SAC@PHI", "final")]
        ),
        Status.OK,
        quiet=True,
    ),
    Case(
        "equally new rows that disagree: the game is expected, since a false alarm is the smaller fault",
        replace(whole("SAC@PHI"), nbac=[game("SAC@PHI", "postponed"), game("SAC@PHI")]),
        Status.OK,
        expected="SAC@PHI",
    ),
    Case(
        "2026-01-24: postponed in one source, scheduled in the other, which never deletes",
        replace(
            whole("SAC@PHI"),
            espn=[game("GSW@MIN"), game("SAC@PHI")],
            nbac=[game("GSW@MIN", "postponed"), game("SAC@PHI")],
        ),
        Status.OK,
        expected="SAC@PHI",
        excluded={"GSW@MIN": "postponed (nbac)"},
        warned=("GSW@MIN is postponed (nbac), but espn shows it scheduled: not expected",),
    ),
    Case(
        "cancelled in a source excludes too",
        replace(whole("SAC@PHI"), nbac=[game("GSW@MIN", "cancelled"), game("SAC@PHI")]),
        Status.OK,
        excluded={"GSW@MIN": "cancelled (nbac)"},
    ),
    Case(
        "called off in one source, but played in the other: it is expected",
        replace(whole("GSW@MIN"), nbac=[game("GSW@MIN", "postponed")], espn=[game("GSW@MIN", "live")]),
        Status.OK,
        expected="GSW@MIN",
        warned=("GSW@MIN is postponed (nbac), but espn shows it live: expected",),
    ),
    Case(
        "an exhibition is never expected, although ESPN shows it final like any game",
        World(espn=[game("BOS@NYK", "final")], nbac=[game("BOS@NYK", "exhibition", game_id="0012500005")]),
        Status.NO_GAMES,
        excluded={"BOS@NYK": "exhibition (nbac)"},
    ),
    Case(
        "the play-in (ids 005) is expected",
        replace(whole("ATL@ORL"), nbac=[game("ATL@ORL", game_id="0052400101")]),
        Status.OK,
        expected="ATL@ORL",
    ),
    Case(
        "2026-04-19: in the playoffs (ids 004) only the games listed are expected, not a full regular-season day",
        replace(whole("OKC@DEN"), nbac=[game("OKC@DEN", game_id="0042500231")]),
        Status.OK,
        expected="OKC@DEN",
        quiet=True,
    ),
    Case(
        "the Cup final (id 006), the only game of its day, is expected",
        replace(whole("MIL@OKC"), nbac=[game("MIL@OKC", game_id="0062400001")]),
        Status.OK,
        expected="MIL@OKC",
    ),
    Case(
        "a team plays once a date: of two sources the first named stands, the other game is a ghost",
        replace(whole("BOS@LAL"), nbac=[game("BOS@NYK"), game("BOS@LAL")]),
        Status.OK,
        expected="BOS@LAL",
        excluded={"BOS@NYK": "ghost: BOS@LAL stands for the same team"},
        warned=("nbac lists BOS@NYK although BOS@LAL is on the same date",),
    ),
    Case(
        "within one source the newest row stands",
        replace(whole("BOS@LAL"), espn=[], nbac=[game("BOS@NYK", refreshed_at=LONG_AGO), game("BOS@LAL")]),
        Status.OK,
        expected="BOS@LAL",
        excluded={"BOS@NYK": "ghost: BOS@LAL stands for the same team"},
    ),
    Case(
        "a postponed game's team may play another one",
        replace(whole("BOS@LAL"), nbac=[game("BOS@NYK", "postponed"), game("BOS@LAL")]),
        Status.OK,
        expected="BOS@LAL",
    ),
    Case(
        "an unknown code is kept as it is, and told",
        whole("BOS@XYZ"),
        Status.OK,
        expected="BOS@XYZ",
        warned=("espn names the unknown team 'XYZ'", "player_composite_factors names unknown teams: XYZ"),
    ),
    Case(
        "a blank team is read from the date-form id",
        replace(whole("BOS@LAL"), espn=[game("BOS@LAL", away=None, home="")]),
        Status.OK,
        expected="BOS@LAL",
    ),
    Case(
        "a game whose teams nobody names is still expected, or it would be forgotten",
        World(nbac=[game("BOS@LAL", away=None, home=None, game_id="0042500401")]),
        Status.MISSING_DATA,
        expected="TBD@TBD_(0042500401)",
        warned=("nbac names the unknown team 'TBD'",),
        stalled=Phase.PHASE_3,
    ),
    Case(
        "two such games stay two, and one game's data does not serve both",
        World(
            nbac=[game("@", game_id="0022500001"), game("@", game_id="0022500002")],
            phase4=[team(None, 30, "0022500001")],
        ),
        Status.MISSING_DATA,
        expected="TBD@TBD_(0022500001) TBD@TBD_(0022500002)",
        stalled=Phase.PHASE_3,
    ),
    Case(
        "a game that was to be decided, and is: its older row of the same id is the same game",
        replace(
            whole("SAS@NYK"),
            espn=[],
            nbac=[
                game("@", game_id="0062500001", refreshed_at=LONG_AGO),
                game("SAS@NYK", game_id="0062500001"),
            ],
        ),
        Status.OK,
        expected="SAS@NYK",
        warned=("nbac has an older row of game 0062500001 as TBD@TBD (0062500001)",),
    ),
    Case(
        "a game with both its teams stands before one with a blank, whatever the source",
        replace(whole("LAL@BOS"), espn=[game("LAL@", game_id="401800001")]),
        Status.OK,
        expected="LAL@BOS",
        excluded={"LAL@TBD": "ghost: LAL@BOS stands for the same team"},
    ),
    Case(
        "a state that nobody knows counts as scheduled, and is told",
        replace(whole("BOS@LAL"), espn=[game("BOS@LAL", "rain delay")]),
        Status.OK,
        expected="BOS@LAL",
        warned=("espn gives BOS@LAL the unknown state 'rain delay': counted as scheduled",),
    ),
    Case(
        "a tip-off that is a filler is ignored, and told",
        replace(whole("BOS@LAL"), espn=[game("BOS@LAL", tipoff=datetime.fromisoformat("0001-01-01T00:00+00:00"))]),
        Status.OK,
        warned=("espn gives BOS@LAL the tip-off 1-01-01 00:00 UTC: ignored",),
    ),
    Case("no state at all counts as scheduled", replace(whole("BOS@LAL"), espn=[game("BOS@LAL", None)]), Status.OK),
]

PLAYERS = [
    Case(
        "2026-01-25: GSW and SAC were dropped by an id join; the teams find the game whatever the id is",
        replace(whole("GSW@SAC"), phase4=[team("GSW", 17, "0022599999"), team("SAC", 17, None)]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "ten-digit ids without teams go through NBA.com's row of that date",
        replace(whole("GSW@SAC"), nbac=[game("GSW@SAC", game_id="0022500617")], phase4=[team(None, 34, "0022500617")]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "date-form ids without teams, home and away reversed",
        replace(whole("GSW@SAC"), phase4=[team(None, 34, "20260118_SAC_GS")]),
        Status.OK,
        quiet=True,
    ),
    Case(
        "both forms of id in one table add up to one game",
        replace(
            whole("GSW@SAC"),
            nbac=[game("GSW@SAC", game_id="0022500617")],
            phase4=[team(None, 14, "0022500617"), team(None, 14, "20260118_GSW_SAC")],
        ),
        Status.OK,
        quiet=True,
    ),
    Case(
        "a date-form id must carry its row's own date",
        replace(whole("GSW@SAC"), phase4=[team(None, 34, "20260117_GSW_SAC")]),
        Status.MISSING_DATA,
        warned=("player_composite_factors has 34 players of no game on this date: game 20260117_GSW_SAC (34)",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "a stray id must not offset a missing game",
        replace(whole("GSW@SAC", "BOS@LAL"), phase4=[*teams("GSW@SAC", 17, 17), team(None, 34, "0022599999")]),
        Status.MISSING_DATA,
        ready="GSW@SAC",
        warned=("player_composite_factors has 34 players of no game on this date: game 0022599999 (34)",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "an unknown team is placed by its id, counts for neither team, and is told",
        replace(whole("NOP@HOU"), phase4=[*teams("NOP@HOU", 0, 17)[1:], team("NOH", 17, "20260118_NOP_HOU")]),
        Status.PARTIAL_DATA,
        warned=("player_composite_factors names unknown teams: NOH",),
        stalled=Phase.PHASE_4,
    ),
    Case(
        "All-Star players under their own teams belong to the exhibition (2026-02-18)",
        World(
            nbac=[game("STA@STR", "exhibition", game_id="0032500001")],
            phase3=[team("BOS", 3, "0032500001"), team("LAL", 2, "0032500001")],
        ),
        Status.NO_GAMES,
    ),
    Case(
        "a team that plays no game on the date is told, and its id does not help it",
        replace(whole("GSW@SAC"), phase4=[*teams("GSW@SAC", 17, 17), team("DAL", 9, "20260118_GSW_SAC")]),
        Status.OK,
        warned=("9 players of no game on this date: DAL game 20260118_GSW_SAC (9)",),
    ),
    Case(
        "where no row has a team the game is judged as a whole: 80 % of both teams' players",
        replace(whole("GSW@SAC"), phase4=[team(None, 28, "20260118_GSW_SAC")]),
        Status.OK,
    ),
    Case(
        "27 of 34 is less than 80 %",
        replace(whole("GSW@SAC"), phase4=[team(None, 27, "20260118_GSW_SAC")]),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "without Phase 3 twice the floor decides for a whole game",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=[team(None, 10, "20260118_GSW_SAC")]),
        Status.OK,
    ),
    Case(
        "nine players are below it",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=[team(None, 9, "20260118_GSW_SAC")]),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "without Phase 3 the floor of five decides for a team",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=teams("GSW@SAC", 5, 5)),
        Status.OK,
    ),
    Case(
        "four are below it",
        World(espn=[game("GSW@SAC")], nbac=[game("GSW@SAC")], phase4=teams("GSW@SAC", 5, 4)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case("14 of 17 are 80 %", replace(whole("GSW@SAC"), phase4=teams("GSW@SAC", 14, 14)), Status.OK),
    Case(
        "13 of 17 are not",
        replace(whole("GSW@SAC"), phase4=teams("GSW@SAC", 17, 13)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
    Case(
        "7 of 10 at 70 % is exact: in binary floating point it would be eight",
        replace(
            whole("GSW@SAC"),
            phase3=teams("GSW@SAC", 10, 10),
            phase4=teams("GSW@SAC", 7, 7),
            rules=Rules(min_coverage=Decimal("0.7")),
        ),
        Status.OK,
    ),
    Case(
        "a team without Phase 3 rows blames Phase 3, although its opponent has them",
        replace(whole("GSW@SAC"), phase3=[team("GSW", 17)], phase4=[team("GSW", 17)]),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "both teams short, one of them not in Phase 3: Phase 3 is to be run first",
        replace(whole("GSW@SAC"), phase3=[team("GSW", 17)], phase4=teams("GSW@SAC", 1, 1)),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_3,
    ),
    Case(
        "2026-01-15..19: one of two required tables is empty; ready in one is not ready",
        replace(whole("GSW@SAC"), cache=[]),
        Status.MISSING_DATA,
        ready="",
        stalled=Phase.PHASE_4,
    ),
    Case("ready in both required tables", replace(whole("GSW@SAC"), cache=teams("GSW@SAC", 17, 17)), Status.OK),
    Case(
        "a postponed game's rows do not make another game ready",
        replace(
            whole("GSW@SAC"), nbac=[game("GSW@MIN", "postponed"), game("GSW@SAC")], phase4=teams("GSW@MIN", 17, 17)
        ),
        Status.PARTIAL_DATA,
        stalled=Phase.PHASE_4,
    ),
]

UNKNOWN = [
    Case(
        "2026-03-21: a failed query is never a verdict, neither MISSING_DATA nor OK",
        replace(whole("GSW@SAC"), phase4="BadRequest: no filter"),
        Status.ERROR,
        expected="GSW@SAC",
    ),
    Case(
        "one required source of two failed, and the other shows a gap: still unknown",
        replace(whole("GSW@SAC"), phase4="Timeout", cache=[]),
        Status.ERROR,
    ),
    Case("all schedule sources failed", World(espn="Forbidden", nbac="NotFound"), Status.ERROR, expected=""),
    Case("in the off-season too", World(espn="Forbidden", nbac="NotFound"), Status.ERROR, day=date(2026, 8, 1)),
    Case(
        "a required source failed on an off-day: whether rows have no game is unknown", World(phase4="x"), Status.ERROR
    ),
    Case(
        "one schedule source failed and the other is empty: not known, and not an off-day",
        World(espn="Forbidden"),
        Status.SCHEDULE_UNKNOWN,
    ),
    Case(
        "Phase 3 failed: how many players are enough is unknown, so nothing is called whole",
        replace(whole("GSW@SAC"), phase3="Timeout"),
        Status.ERROR,
        expected="GSW@SAC",
        ready="",
    ),
    Case(
        "but a game without any data is missing whatever Phase 3 would have said, and no phase is blamed",
        replace(whole("GSW@SAC", "BOS@LAL"), phase3="Timeout", phase4=teams("BOS@LAL", 17, 17)),
        Status.MISSING_DATA,
        ready="",
        warned=("upcoming_player_game_context could not be read: Timeout",),
    ),
    Case(
        "Phase 3 failed on an off-day: whether it has rows without a game is unknown",
        World(nbac=[game("BOS@IND", day=day) for day in around()], phase3="Timeout"),
        Status.ERROR,
    ),
]

# The facts of domain.md: id, away, home, from, to. NBA.com keeps the row, and its source's query calls it postponed.
POSTPONED = [
    ("0022500644", "GSW@MIN", date(2026, 1, 24), date(2026, 1, 25)),
    ("0022500692", "CHI@MIA", date(2026, 1, 30), date(2026, 1, 31)),
    ("0022500529", "MIA@CHI", date(2026, 1, 8), date(2026, 1, 29)),
    ("0022500652", "DEN@MEM", date(2026, 1, 25), date(2026, 3, 18)),
    ("0022500654", "DAL@MIL", date(2026, 1, 25), date(2026, 3, 31)),
]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.why) for case in (*STATUSES, *NO_GAMES, *SCHEDULE, *PLAYERS, *UNKNOWN)],
)
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
    cases = (*STATUSES, *NO_GAMES, *SCHEDULE, *PLAYERS, *UNKNOWN)
    assert {case.status for case in cases} == set(Status)


@pytest.mark.parametrize(("game_id", "matchup", "first", "second"), POSTPONED)
def test_a_postponed_game_is_expected_on_its_new_date_alone(
    game_id: str, matchup: str, first: date, second: date
) -> None:
    world = World(
        espn=[game(matchup, day=first)],
        nbac=[
            game(matchup, "postponed", day=first, game_id=game_id),
            game(matchup, day=second, game_id=game_id),
            game("BOS@LAL", day=first, game_id="0022500999"),
        ],
        # Both dates have rows under the one id; each belongs to its own date's game.
        phase3=[team(None, 34, game_id, day=second)],
        phase4=[team(None, 34, game_id, day=second)],
        today=first,
        now=datetime.combine(first, NOW.timetz()),
    )
    old, new = world.judge(first, second)
    assert [v.game.matchup for v in old.games] == ["BOS@LAL"]
    assert [(v.game.matchup, v.reason) for v in old.excluded] == [(matchup, "postponed (nbac)")]
    assert [v.game.matchup for v in new.games] == [matchup]
    assert new.status is Status.OK


@pytest.mark.parametrize(("alias", "canonical"), ALIASES.items())
def test_every_alias_is_its_team(alias: str, canonical: str) -> None:
    world = whole(f"{alias}@IND")
    (verdict,) = replace(world, nbac=[game(f"{canonical}@IND")]).judge()
    assert [v.game.matchup for v in verdict.games] == [f"{canonical}@IND"]
    assert verdict.status is Status.OK
    assert verdict.warnings == ()


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_either_expected_or_excluded_with_its_name(state: State) -> None:
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
    (verdict,) = replace(whole("POR@SAC"), espn=listed, nbac=listed, now=evening, today=today).judge(today)
    assert verdict.status is Status.OK
    assert verdict.games[0].game.tipoff == tipoff


def test_the_bad_day_carries_the_latest_dates_and_the_reason_of_every_game() -> None:
    (verdict,) = STATUSES[1].world.judge()
    assert (verdict.phase3_latest, verdict.phase4_latest) == (YESTERDAY, YESTERDAY)
    assert {v.reason for v in verdict.games} == {
        "nothing in player_composite_factors; not in Phase 3: run Phase 3 first"
    }
    assert {v.missing_from for v in verdict.games} == {("player_composite_factors",)}


def test_a_partial_game_says_which_team_is_short_where() -> None:
    world = replace(whole("TOR@POR"), phase4=[team("TOR", 5, "20260118_TOR_POR")], cache=teams("TOR@POR", 17, 17))
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


def test_the_latest_date_is_never_later_than_the_date_judged() -> None:
    # In a backfill the data of the days after is there too, and says nothing of that morning.
    world = World(phase3=teams("BOS@LAL", 9, 9, day=TODAY), phase4=teams("BOS@LAL", 9, 9, day=TODAY))
    before, _ = world.judge(YESTERDAY, TODAY)
    assert (before.phase3_latest, before.phase4_latest) == (None, None)


def test_a_date_is_judged_alike_alone_and_within_a_range() -> None:
    # A backfill row must be the row that the same date gives alone, source ages and latest dates included.
    days = [TODAY + timedelta(days=n) for n in range(-40, 41)]
    rows = [game("BOS@LAL", day=day, refreshed_at=NOW - timedelta(days=n)) for n, day in enumerate(days[::3])]
    players = [row for day in days[::4] for row in teams("BOS@LAL", 17, 17, day=day)]
    world = World(espn=rows[::2], nbac=rows, phase3=players, phase4=players[::2])
    assert world.judge(*days) == [verdict for day in days for verdict in world.judge(day)]


def test_ten_thousand_phantom_ids_are_counted_and_not_listed() -> None:
    phantoms = [team(None, 1, f"00225{n:05}") for n in range(10_000)]
    (verdict,) = replace(whole("GSW@SAC"), phase4=[*teams("GSW@SAC", 17, 17), *phantoms]).judge()
    assert verdict.status is Status.OK
    (warning,) = verdict.warnings
    assert warning.startswith("player_composite_factors has 10,000 players of no game on this date: ")
    assert "and 9,995 more" in warning
    assert len(warning) < 300
