"""Dirty data leads to the verdict that the design's words give, to a warning or an error: never to a false all-clear.

First worlds of dirty rows by the thousand, as BigQuery would answer them, against a naive reference; then a few dirty
tables through the real queries.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from google.cloud.bigquery import SchemaField
from google.cloud.bigquery.table import RowIterator
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from local.platform import TABLES
from monitor.bigquery.sources import _rows, columns
from monitor.core.coverage import GameVerdict, Rules
from monitor.core.dates import DateRange, Deadlines, ExpectedGap
from monitor.core.games import GameStatus
from monitor.core.history import Check, SeenGame
from monitor.core.sources import Kind, PlayerRow, Reading, Readings, ScheduleRow
from monitor.core.verdict import DateVerdict, Status, judge
from tests.conftest import Door, Platform, ask, body_of, problem
from tests.proof.reference import OUSTED, Row, Rows, reference

TODAY, NOW = date(2026, 1, 18), datetime(2026, 1, 18, 13, tzinfo=UTC)
BOOTSTRAP = DateRange(date(2025, 10, 21), date(2025, 11, 3))
EASTERN = ZoneInfo("America/New_York")
RULES = Rules(
    Deadlines(EASTERN, phase4=time(8), predictions=time(18), predictions_zone=UTC),
    expected_gaps=(ExpectedGap(BOOTSTRAP, "bootstrap"),),
)
COVERAGE = ("player_composite_factors", "player_daily_cache")


# The same worlds on every run, or a failure could not be looked at again.
WORLDS = 5_000


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


@dataclass(frozen=True)
class World:
    """What every source answers, None where it could not be read, and when it is asked.

    `history` has the earlier checks, oldest first, as the reference reads them.
    """

    day: date
    today: date
    now: datetime
    schedule: Mapping[str, Rows]
    context: Rows
    coverage: Mapping[str, Rows]
    predictions: Rows = ()
    authority: str = "nbac"
    history: Sequence[Row] = ()

    def judge(self) -> DateVerdict:
        """The real verdict, from the rows as they come over the wire."""
        readings = Readings(
            tuple(_reading(name, Kind.SCHEDULE, ScheduleRow, rows) for name, rows in self.schedule.items()),
            _reading("phase3", Kind.CONTEXT, PlayerRow, self.context),
            tuple(_reading(name, Kind.COVERAGE, PlayerRow, rows) for name, rows in self.coverage.items()),
            _reading("predictions", Kind.PREDICTIONS, PlayerRow, self.predictions),
        )
        rules = replace(RULES, authority=self.authority)
        history = {self.day: [_check(check) for check in self.history]}
        (verdict,) = judge([self.day], readings, rules, history, now=self.now, today=self.today)
        return verdict

    def changed(self, change: Callable[[list[Row]], list[Row]], *, schedule_only: bool = False) -> "World":
        """The world with the rows of each source changed."""

        def of(rows: Rows) -> Rows:
            return rows if rows is None else change(list(rows))

        schedule = {name: of(rows) for name, rows in self.schedule.items()}
        if schedule_only:
            return replace(self, schedule=schedule)
        coverage = {name: of(rows) for name, rows in self.coverage.items()}
        return replace(
            self, schedule=schedule, context=of(self.context), coverage=coverage, predictions=of(self.predictions)
        )


def _check(check: Row) -> Check:
    games = [SeenGame(**game) for game in check["games"]]
    return Check(check["time"], "MISSING_DATA", {game.teams: game for game in games})


def _reading[R: (ScheduleRow, PlayerRow)](name: str, kind: Kind, row_type: type[R], rows: Rows) -> Reading[R]:
    if rows is None:
        return Reading(name, kind, error="it could not be read")
    return Reading(name, kind, _rows(_answer(rows, columns(row_type)), row_type))


def _answer(rows: Sequence[Row], columns: Mapping[str, str]) -> RowIterator:
    """The client's own object, with the one page that BigQuery would have answered."""
    page = {"rows": [{"f": [{"v": _wire(row[name])} for name in columns]} for row in rows]}
    schema = [SchemaField(name, type_) for name, type_ in columns.items()]
    return RowIterator(None, None, None, schema, total_rows=len(rows), first_page_response=page)


def _wire(value: Any) -> str | None:
    """A timestamp travels in microseconds, everything else as it is written."""
    if isinstance(value, datetime):
        return str((value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
    return None if value is None else str(value)


type Pick = Callable[[Sequence[Any]], Any]

DAYS = [
    date(2026, 1, 18),
    date(2026, 3, 8),  # 23 hours long
    date(2025, 11, 2),  # 25 hours long, and in the gap that the operator has declared
    date(2024, 2, 29),
    date(2025, 12, 31),  # a year ends within every window
    date(2026, 6, 25),  # the off-season's first day
    date(2026, 10, 2),  # the day after its last
]
# Games that share teams, so that one contradicts another; one nobody knows, one of a team with itself.
MATCHUPS = [
    ("BOS", "LAL"),
    ("LAL", "BOS"),
    ("GSW", "NYK"),
    ("BKN", "UTA"),
    ("BOS", "NYK"),
    ("XYZ", "SAS"),
    ("EAST", "WEST"),  # ESPN's All-Star pair
    ("BOS",) * 2,
]
SPELLINGS = {"GSW": "GS", "NYK": "NY", "BKN": "BRK", "UTA": "UTAH", "SAS": "SA", "BOS": " bos", "LAL": "lal\t"}
BLANKS = [None, "", "  ", "TBD"]
STRANGERS = ["XYZ", "STA", "O'Hare", "<!channel>", "球", "MIA"]
STATES = [
    "scheduled",
    "SCHEDULED ",
    "live",
    "final",
    "postponed",
    "cancelled",
    "exhibition",
    None,
    "",
    "4",
    "rain delay",
]
TEN_DIGITS = ["0022500617", "0022500618", "0042500101", "0032500001"]
WRONG_IDS = [
    None,
    "",
    " ",
    "_",
    "__",
    "22500617",  # the zeros lost on the way through a number
    "22500617.0",  # and through a float
    "00225006170",  # a digit too many
    " 0022500617",
    "0022500617\n",
    "00225O0617",  # the letter
    "00２２５００６１７",  # noqa: RUF001 - digits, but not these
    "0012500617",  # ten digits of no game
    "401810123",  # ESPN's own
    "2026-01-18_BOS_LAL",
    "20260118BOSLAL",
    "20260118_BOS",
    "20260118_BOS_LAL_2",
    "20260118__LAL",
    "20260230_BOS_LAL",  # no such day
    "'; DROP TABLE games; --",
    "0" * 10_000,
]
FILLERS = [None, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
# Around the thresholds: 5 a team, 10 a game, 80 % of 5, 10, 17 and 34.
PLAYERS = [1, 3, 4, 5, 6, 8, 9, 10, 13, 14, 17, 27, 28, 34]
# A schedule is fresh for 48 hours, and a clock may be two minutes ahead.
AGES = [timedelta(hours=hours) for hours in (1, -3, 0, 47, 48, 24 * 300)]
AGES += [timedelta(minutes=-2), timedelta(minutes=-2, microseconds=-1), timedelta(hours=48, microseconds=1)]
# 14 days show an off-day, 15 do not; a game is moved by up to 120 days.
DISTANCES = [0] * 16 + [-121, -120, -15, -14, -1, 1, 14, 15, 120, 121]
MOVES = [-121, -120, -21, -1, 1, 1, 21, 120, 121]
# Around the time that Phase 4 is due, less a minute, and that predictions are.
EARLY, DUE, AFTERNOON, PREDICTED = time(7, 58, 59, 999_999), time(7, 59), time(13), time(18, 30)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    day = draw(st.sampled_from(DAYS))
    today = day + timedelta(days=draw(st.sampled_from([0, 0, 0, -1, 1])))
    now = draw(
        st.sampled_from(
            [
                *(datetime.combine(today, clock, EASTERN).astimezone(UTC) for clock in (EARLY, DUE, AFTERNOON)),
                datetime.combine(today, PREDICTED, UTC) - timedelta(microseconds=1),
                *[datetime.combine(today, PREDICTED, UTC)] * 3,
            ]
        )
    )
    size = draw(st.sampled_from([0, 0, 1, 2, 2, 3]))
    matchups = draw(st.lists(st.sampled_from(MATCHUPS), min_size=size, max_size=size))
    all_star = draw(st.sampled_from([False] * 11 + [True]))
    schedule = {
        name: draw(_schedule_rows(day, now, matchups if draw(st.booleans()) else matchups[1:], all_star and name))
        for name in ("espn", "nbac")
    }
    tables = [draw(_player_rows(day, now, matchups if draw(_often) else matchups[1:])) for _ in ("phase3", *COVERAGE)]
    predicted = draw(st.sampled_from([matchups, matchups[1:], []]))
    required = draw(st.sampled_from([COVERAGE[:1], COVERAGE]))
    return World(
        day,
        today,
        now,
        schedule,
        tables[0],
        dict(zip(required, tables[1:], strict=False)),
        predictions=draw(_player_rows(day, now, predicted)),
        authority=draw(st.sampled_from(["nbac", "nbac", "espn"])),
        history=draw(st.just([]) | _checks(now, matchups)),
    )


_often, _nearly_always = (st.sampled_from([True] * most + [False]) for most in (5, 15))


@st.composite
def _schedule_rows(
    draw: st.DrawFn, day: date, now: datetime, matchups: Sequence[tuple[str, str]], all_star: str | bool
) -> Rows:
    if not draw(_nearly_always):
        return None
    around = draw(st.sampled_from([(-1, 1), (-1,), (-14, 14), (-15, 1), (-1, 15)]))
    games = [(day, matchup) for matchup in matchups]
    games += [(day + timedelta(days=n), MATCHUPS[0]) for n in around]
    age = draw(st.sampled_from([AGES[0]] * 4 + AGES[3:]))
    clean = {"state": "scheduled", "tipoff": None, "refreshed_at": now - age}
    rows: list[Row] = [
        {"game_date": on, "game_id": f"{on:%Y%m%d}_{away}_{home}", "away": away, "home": home, **clean}
        for on, (away, home) in games
    ]
    # Two sources agree on most games.
    rows[0] = {**rows[0], "state": draw(st.sampled_from(["scheduled"] * 4 + STATES[:7]))}
    if all_star == "espn":
        rows = [{**clean, "game_date": day, "game_id": "401", "away": "EAST", "home": "WEST"}, *rows[len(matchups) :]]
    elif all_star:
        pair = {"game_date": day, "game_id": "0032500001", "away": "STA", "home": "STR", "state": "exhibition"}
        rows = [{**clean, **pair}, *rows[len(matchups) :]]
    return rows + draw(_some(_dirty_games(day, now))) + draw(st.just([]) | _moved_games(day, now, matchups))


@st.composite
def _moved_games(draw: st.DrawFn, day: date, now: datetime, matchups: Sequence[tuple[str, str]]) -> list[Row]:
    """An id that stands on this date and on one or two others, mostly as a game that is still to be played."""
    dates = [day, *(day + timedelta(days=n) for n in draw(st.lists(st.sampled_from(MOVES), min_size=1, max_size=2)))]
    away, home = draw(st.sampled_from([*matchups, *MATCHUPS]))
    game_id = draw(st.sampled_from(TEN_DIGITS))

    def row(pick: Pick) -> list[Row]:
        return [
            {
                "game_date": on,
                "game_id": game_id,
                "away": away,
                "home": home,
                "state": pick(["scheduled"] * 6 + STATES),
                "tipoff": None,
                "refreshed_at": pick([*(now - age for age in AGES), None]),
            }
            for on in dates
        ]

    rows: list[Row] = draw(st.randoms(use_true_random=True).map(lambda random: row(random.choice)))
    return rows


def _checks(now: datetime, matchups: Sequence[tuple[str, str]]) -> st.SearchStrategy[list[Row]]:
    """Earlier checks that saw some games, and who listed them.

    A game that shared a team with another was a ghost or withdrawn already: those that stood share none.
    """

    def checks(pick: Pick) -> list[Row]:
        pairs: dict[frozenset[str], tuple[str, str]] = {}
        for _ in range(pick([1, 2, 3, 4])):
            pair = pick([*matchups, *MATCHUPS])
            if not any(set(pair) & known for known in pairs if known != set(pair)):
                pairs[frozenset(pair)] = pair
        times = sorted(now - abs(age) for age in (pick([timedelta(minutes=30), *AGES]) for _ in range(pick([1, 2, 3]))))
        return [
            {"time": at, "games": [seen(pick, *pair) for pair in pairs.values() if pick([True, True, False])]}
            for at in times
        ]

    def seen(pick: Pick, away: str, home: str) -> Row:
        return {
            "away": away,
            "home": home,
            "status": pick([*["MISSING"] * 4, "READY", "PARTIAL", "UNKNOWN", "EXCLUDED"]),
            "sources": pick([("espn", "nbac"), ("espn",), ("nbac",), (), ("nbac", "gone")]),
            "game_ids": pick([(), (TEN_DIGITS[0],), (TEN_DIGITS[1],)]),
            "predictions": pick([None, None, None, 0, 7]),
            "reason": pick(["postponed (nbac)", "ghost: the same team plays in DET@CLE", OUSTED]),
        }

    return st.randoms(use_true_random=True).map(lambda random: checks(random.choice))


def _dirty_games(day: date, now: datetime) -> st.SearchStrategy[Row]:
    def row(pick: Pick) -> Row:
        on, (away, home) = day + timedelta(days=pick(DISTANCES)), pick(MATCHUPS)
        return {
            "game_date": on,
            "game_id": pick(_game_ids(on, away, home)),
            "away": pick(_codes(away)),
            "home": pick(_codes(home)),
            "state": pick(STATES),
            "tipoff": pick([*FILLERS, datetime.combine(on, time(23), UTC)]),
            "refreshed_at": pick([*(now - age for age in AGES), None]),
        }

    return _picked(row)


def _picked(row: Callable[[Pick], Row]) -> st.SearchStrategy[Row]:
    """Rows whose every value is picked by one drawn generator, which is much faster than a draw for each."""
    return st.randoms(use_true_random=True).map(lambda random: row(random.choice))


def _some(rows: st.SearchStrategy[Row]) -> st.SearchStrategy[list[Row]]:
    return st.just([]) | st.lists(rows, max_size=4)


@st.composite
def _player_rows(draw: st.DrawFn, day: date, now: datetime, matchups: Sequence[tuple[str, str]]) -> Rows:
    if not draw(_nearly_always):
        return None
    # Per team, or of the whole game where no row carries a team.
    number, by_team = draw(
        st.sampled_from([(17, True)] * 4 + [(14, True), (13, True), (5, True), (9, False), (10, False), (28, False)])
    )
    clean = {"game_date": day, "players": number, "refreshed_at": now}
    whole: list[Row] = [
        {"game_id": f"{day:%Y%m%d}_{away}_{home}", "team": code, **clean}
        for away, home in matchups
        for code in ((away, home) if by_team else (None,))
    ]
    rows = whole + draw(_some(_dirty_players(day, now)))
    # The queries group by these, so they never give the same twice.
    once = {(row["game_date"], row["game_id"], row["team"]): row for row in rows}
    return list(once.values())


def _dirty_players(day: date, now: datetime) -> st.SearchStrategy[Row]:
    def row(pick: Pick) -> Row:
        on, matchup = day + timedelta(days=pick(DISTANCES)), pick(MATCHUPS)
        return {
            "game_date": on,
            "game_id": pick(_game_ids(on, *matchup)),
            "team": pick(_codes(pick(matchup))),
            "players": pick(PLAYERS),
            "refreshed_at": pick([now, None]),
        }

    return _picked(row)


def _codes(code: str) -> Sequence[str | None]:
    return [*[code] * 6, *[SPELLINGS.get(code, code)] * 3, *BLANKS, *STRANGERS]


def _game_ids(on: date, away: str, home: str) -> Sequence[str | None]:
    day, before = f"{on:%Y%m%d}", f"{on - timedelta(days=1):%Y%m%d}"
    right = [f"{day}_{away}_{home}", f"{day}_{home}_{away}", f"{day}_{SPELLINGS.get(away, away)}_{home}"]
    almost = [
        f"{before}_{away}_{home}",
        f"{day}_{away}_",
        f"{day}_{away}_TBD",
        f"{day}_{away}_{home}_2",
        f"{day}_XYZ_SAS",
    ]
    return [*right * 8, *TEN_DIGITS * 4, *almost, *WRONG_IDS]


@pytest.mark.promise("Dirty data is judged as an independent, naive reference judges it")
@pytest.mark.timeout(900)
def test_the_verdict_is_the_one_that_the_words_give(
    share: Callable[[int], int], record_property: Callable[[str, object], None]
) -> None:
    seen: Counter[str] = Counter()
    tried = share(WORLDS)

    @examples(tried)
    @given(worlds())
    def compare(world: World) -> None:
        note(world)
        verdict = world.judge()
        wanted = reference(
            world.day,
            world.today,
            world.now,
            world.schedule,
            world.context,
            world.coverage,
            authority=world.authority,
            predictions=world.predictions,
            history=world.history,
        )
        assert verdict.status == wanted.status
        assert {one.game.matchup: one.status.value for one in verdict.games} == wanted.games
        assert {one.game.teams: _moves(one) for one in verdict.excluded} == wanted.excluded
        # Every row that finds no game is in a warning, with its players.
        told = [warning for warning in verdict.warnings if "match no game on this date" in warning]
        assert sorted(warning.split(":")[0] for warning in told) == sorted(
            f"{source} has {players:,} players that match no game on this date"
            for source, players in wanted.strays.items()
        )
        # What rests on something unread is no all-clear, and nothing is ready without a number to compare with.
        unread = None in (world.context, *world.coverage.values())
        if unread or all(rows is None for rows in world.schedule.values()):
            assert verdict.status not in {Status.OK, Status.NO_GAMES}
        if unread:
            assert verdict.count(GameStatus.READY) == 0
        if world.schedule[world.authority] is None:
            assert verdict.status is not Status.OK
        assert (verdict.error is not None) == (verdict.status is Status.ERROR)
        # BigQuery gives rows in any order. A duplicate in a schedule is nothing new; of the other sources' rows the
        # queries have counted each player once.
        assert _said(world.changed(lambda rows: rows[::-1]).judge()) == _said(verdict)
        assert _said(world.changed(lambda rows: rows * 2, schedule_only=True).judge()) == _said(verdict)
        seen[verdict.status] += 1
        seen.update(one.status for one in (*verdict.games, *verdict.excluded))
        seen.update({"stray": bool(told)})
        seen.update(str(one.reason).split()[0].rstrip(":") for one in verdict.excluded)
        seen.update({"vanished": any("still expected" in warning for warning in verdict.warnings)})

    compare()
    # Worlds that never are whole, or never are broken, would show nothing.
    reasons = {"postponed", "cancelled", "exhibition", "moved", "ghost", "withdrawn"}
    assert set(+seen) >= {*Status, *GameStatus, *reasons, "stray", "vanished"}, seen
    record_property("figure", f"{tried:,} made-up worlds, each again in another order and doubled")


def _moves(excluded: GameVerdict) -> set[date]:
    """The dates that the reason says the game was moved to."""
    return {date.fromisoformat(on) for on in re.findall(r"moved to (\S+)", str(excluded.reason))}


def _said(verdict: DateVerdict) -> tuple[Any, ...]:
    return verdict.status, verdict.games, verdict.excluded, verdict.error


def test_two_games_whose_teams_are_to_be_decided_stay_two() -> None:
    """NBA.com writes TBD for both teams of a play-off game: one such game that is ready must not hide another."""
    rows = [_game(game_id, "TBD", "TBD") for game_id in ("0042500101", "0042500102")]
    ready = [{"game_date": TODAY, "game_id": "0042500101", "team": None, "players": 34, "refreshed_at": NOW}]
    world = World(TODAY, TODAY, NOW, {"nbac": rows}, ready, {"player_composite_factors": ready})
    verdict = world.judge()
    assert {one.game.matchup: one.status for one in verdict.games} == {
        "TBD@TBD (0042500101)": GameStatus.READY,
        "TBD@TBD (0042500102)": GameStatus.MISSING,
    }
    assert verdict.status is Status.MISSING_DATA


def test_of_equally_new_rows_of_one_game_the_same_one_counts_in_any_order() -> None:
    """Or the verdict, and with it the alert, could differ from run to run on the same data."""
    game = _game("0022500617", "BOS", "LAL")
    for others in (
        [_game("0022500617", "BOS", "NYK"), _game("0022500617", "LAL", "BOS")],
        [{**game, "tipoff": NOW}, {**game, "tipoff": NOW + timedelta(hours=1)}],
        [{**game, "state": "postponed"}, {**game, "state": "live"}],
    ):
        said = {repr(_said(_of_schedule(order).judge())) for order in permutations([game, *others])}
        assert len(said) == 1, said


def test_an_id_that_two_sources_give_to_two_games_makes_neither_ready() -> None:
    """Its players are told as players of no game: whose they are is not known."""
    shared = "0022500617"
    players = {"game_date": TODAY, "refreshed_at": NOW}
    ready = [{**players, "game_id": None, "team": team, "players": 17} for team in ("BOS", "LAL")]
    ready.append({**players, "game_id": shared, "team": None, "players": 34})
    schedule = {"espn": [_game("", "BOS", "LAL"), _game(shared, "GSW", "NYK")], "nbac": [_game(shared, "BOS", "LAL")]}
    verdict = World(TODAY, TODAY, NOW, schedule, ready, {"player_composite_factors": ready}).judge()
    assert verdict.status is Status.MISSING_DATA
    assert {one.game.matchup: one.status for one in verdict.games} == {
        "BOS@LAL": GameStatus.READY,
        "GSW@NYK": GameStatus.MISSING,
    }
    assert any("player_composite_factors has 34 players that match no game" in warning for warning in verdict.warnings)


@pytest.mark.parametrize("matchup", ["A{}@B{}", "@"], ids=["of unknown teams", "of no team"])
def test_ten_thousand_phantom_games_are_judged_in_time(matchup: str) -> None:
    """Each is expected and told; what is compared with what may not grow with the square of their number."""
    rows = [_game(f"{number}", *matchup.replace("{}", f"{number}").split("@")) for number in range(10_000)]
    started = process_time()
    verdict = _of_schedule([_game("", "BOS", "LAL"), *rows]).judge()
    assert process_time() - started < 5
    assert verdict.status is Status.MISSING_DATA
    assert len(verdict.games) == 10_001


def _of_schedule(rows: Sequence[Row]) -> World:
    return World(TODAY, TODAY, NOW, {"nbac": rows}, [], {"player_composite_factors": []})


def _game(game_id: str, away: str, home: str) -> Row:
    row = {"game_date": TODAY, "game_id": game_id, "away": away, "home": home}
    return {**row, "state": "scheduled", "tipoff": None, "refreshed_at": NOW}


# Through the real queries.

ESPN, NBAC = "nba_raw.espn_scoreboard", "nba_raw.nbac_schedule"
PHASE_3, PHASE_4 = "nba_analytics.upcoming_player_game_context", "nba_precompute.player_composite_factors"
READ = (ESPN, NBAC, PHASE_3, PHASE_4)
WRITTEN = "2026-01-18T12:00:00Z"
SLATE = [
    *"ATL@BKN BOS@CHA CHI@CLE DAL@DEN DET@GSW HOU@IND LAC@LAL MEM@MIA".split(),
    *"MIL@MIN NOP@NYK OKC@ORL PHI@PHX POR@SAC SAS@TOR UTA@WAS".split(),
]


def tables(*matchups: str, on: date = TODAY) -> dict[str, list[dict[str, Any]]]:
    """Rows to load, by table, of games that are whole: 17 players a team in both phases."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in READ}
    for number, (away, home) in enumerate(matchup.split("@") for matchup in matchups):
        game = {"game_id": f"{on:%Y%m%d}_{away}_{home}", "game_date": str(on), "processed_at": WRITTEN}
        espn = {"away_team_abbr": away, "home_team_abbr": home, "game_status": "scheduled", "is_completed": False}
        rows[ESPN].append({**game, **espn, "scheduled_start_time": None})
        nbac = {"away_team_tricode": away, "home_team_tricode": home, "game_status": 1, "is_all_star": False}
        rows[NBAC].append({**game, **nbac, "game_id": f"00{on:%y%m%d}{number:02}"})
        for team, opponent in ((away, home), (home, away)):
            players = [{**game, "player_lookup": f"{team.lower()}{n}"} for n in range(17)]
            rows[PHASE_3] += [{**player, "team_abbr": team, "opponent_team_abbr": opponent} for player in players]
            rows[PHASE_4] += players
    return rows


def check(platform: Platform, on: date = TODAY) -> dict[str, Any]:
    (row,) = platform.check(NOW, notify="never", date=str(on)).checks
    return dict(row)


def states(row: Mapping[str, Any]) -> dict[str, str]:
    return {game["matchup"]: game["status"] for game in row["games"]}


BLANK_ON: list[tuple[str | None, date]] = [(None, TODAY), ("", TODAY - timedelta(days=1))]


def nullable_columns(table: str) -> dict[str, str]:
    """The types of a table's columns that can be blank, by their names."""
    return {name: type_ for name, type_ in map(str.split, TABLES[table].columns.split(", ")) if name != "game_date"}


@pytest.mark.promise("A NULL or an empty string in any column loses no game")
@pytest.mark.whole
def test_a_blank_in_any_column_loses_no_game(platform: Platform) -> None:
    """Each column is blank once: in a schedule in the row of one game, in Phase 3 and 4 in that of one player."""
    for blank, on in BLANK_ON:
        rows = tables(*SLATE, on=on)
        for table in READ:
            per_game = len(rows[table]) // len(SLATE)
            blanks = [name for name, type_ in nullable_columns(table).items() if blank is None or type_ == "STRING"]
            for game, name in enumerate(blanks):
                rows[table][game * per_game][name] = blank
        platform.load(rows)
    for _, on in BLANK_ON:
        row = check(platform, on)
        assert row["status"] == "OK"
        assert {matchup for matchup, state in states(row).items() if state == "READY"} == set(SLATE)


@pytest.mark.whole
def test_a_row_with_nothing_but_its_date_is_no_all_clear(platform: Platform) -> None:
    """In a schedule it is a game that nobody can name, and is expected; in Phase 3 and 4 it is nobody."""
    for blank, on in BLANK_ON:
        rows = tables("BOS@LAL", on=on)
        for table in READ:
            nothing = {name: blank if type_ == "STRING" else None for name, type_ in nullable_columns(table).items()}
            rows[table] += [{**nothing, "game_date": str(on)}, {**nothing, "game_date": None}]
        platform.load(rows)
    for blank, on in BLANK_ON:
        row = check(platform, on)
        assert row["status"] == "MISSING_DATA"
        assert states(row) == {"BOS@LAL": "READY", f"TBD@TBD ({blank})": "MISSING"}


@pytest.mark.whole
def test_duplicates_by_the_thousand_count_once(platform: Platform) -> None:
    rows = tables("BOS@LAL")
    older = {"processed_at": "2026-01-17T12:00:00Z"}
    # Four of Boston's players, five hundred times each, are four.
    rows[PHASE_4] = rows[PHASE_4][:4] * 500 + rows[PHASE_4][17:]
    rows[ESPN] += [{**rows[ESPN][0], **older, "game_status": "Postponed"}] * 2_000
    rows[NBAC] *= 2_000
    platform.load(rows)
    row = check(platform)
    assert (row["status"], row["scheduled_games"]) == ("PARTIAL_DATA", 1)
    (game,) = row["games"]
    assert (game["phase3_players"], game["phase4_players"]) == (34, 21)
    assert "BOS 4 of 17 players" in game["reason"]
    assert [source["rows"] for source in row["sources"]] == [2_001, 2_000, 2, 2]


@pytest.mark.whole
@pytest.mark.promise("10,000 ids of no game hide no gap, make no off-day, and are told")
def test_ten_thousand_phantom_ids_hide_no_gap_and_are_told(platform: Platform) -> None:
    """Counted by id they would outnumber any number of games. Nor is a date with them an off-day."""
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    rows = tables("BOS@LAL")
    rows[PHASE_4] = [
        {"player_lookup": f"phantom{n}", "game_id": f"00{n:08}", "game_date": str(on), "processed_at": WRITTEN}
        for on in (TODAY, tomorrow)
        for n in range(90_000_000, 90_010_000)
    ]
    for on in (yesterday, tomorrow + timedelta(days=1)):
        rows[NBAC] += tables("GSW@NYK", on=on)[NBAC]
    platform.load(rows)
    first, second = platform.check(NOW, notify="never", start=str(TODAY), end=str(tomorrow)).checks
    assert (first["status"], states(first)) == ("MISSING_DATA", {"BOS@LAL": "MISSING"})
    assert (second["status"], states(second)) == ("SCHEDULE_UNKNOWN", {})
    for row in (first, second):
        (told,) = (warning for warning in row["warnings"] if "match no game" in warning)
        assert "player_composite_factors has 10,000 players that match no game on this date" in told
        assert len(told) < 300


@pytest.mark.whole
def test_an_id_in_any_wrong_form_is_told_and_in_a_right_form_finds_its_game(platform: Platform) -> None:
    """Of players whom Phase 3 does not know, so that the id alone can place them. 30 of them have a right one."""
    rows = tables("BOS@LAL", "GSW@NYK")
    game_id = rows[NBAC][0]["game_id"]
    right = [game_id, "20260118_BOS_LAL", "20260118_LAL_BOS"]
    ids = right * 10 + [*WRONG_IDS, "20260117_BOS_LAL", "20260118_BOS_XYZ", game_id[2:], f"{game_id} "]
    players = [
        {"player_lookup": f"p{n}", "game_id": each, "game_date": str(TODAY), "processed_at": WRITTEN}
        for n, each in enumerate(ids)
    ]
    platform.load({**rows, PHASE_3: rows[PHASE_3][34:], PHASE_4: rows[PHASE_4][34:] + players})
    row = check(platform)
    assert states(row) == {"BOS@LAL": "READY", "GSW@NYK": "READY"}
    assert next(game["phase4_players"] for game in row["games"] if game["matchup"] == "BOS@LAL") == 30
    (told,) = (warning for warning in row["warnings"] if "match no game" in warning)
    assert f"player_composite_factors has {len(ids) - 30} players that match no game" in told
    # As the reference counts them, from what the queries give of these tables.
    contract = [{**row, "team": None, "players": 1, "refreshed_at": NOW, "game_date": TODAY} for row in players]
    schedule = [{**_game(row["game_id"], row["away_team_tricode"], row["home_team_tricode"])} for row in rows[NBAC]]
    wanted = reference(TODAY, TODAY, NOW, {"nbac": schedule}, [], {PHASE_4: contract})
    assert wanted.strays == {PHASE_4: len(ids) - 30}


@pytest.mark.whole
def test_a_player_in_two_games_counts_for_the_one_written_last(platform: Platform) -> None:
    """As after a trade: five for Boston, one of whom plays for Golden State by now, are four."""
    rows = tables("BOS@LAL", "GSW@NYK")
    traded = next(row for row in rows[PHASE_3] if row["team_abbr"] == "GSW")["player_lookup"]
    before = {"player_lookup": traded, "processed_at": "2026-01-18T06:00:00Z"}
    rows[PHASE_3] = [row for row in rows[PHASE_3] if row["team_abbr"] != "BOS"] + [
        {**row, **({} if place else before)} for place, row in enumerate(rows[PHASE_3][:5])
    ]
    rows[PHASE_4] = rows[PHASE_4][17:] + [
        {**row, **({} if place else {**before, "processed_at": WRITTEN})} for place, row in enumerate(rows[PHASE_4][:5])
    ]
    platform.load(rows)
    row = check(platform)
    assert states(row) == {"BOS@LAL": "PARTIAL", "GSW@NYK": "READY"}
    counts = {game["matchup"]: (game["phase3_players"], game["phase4_players"]) for game in row["games"]}
    assert counts == {"BOS@LAL": (21, 21), "GSW@NYK": (34, 34)}


@pytest.mark.whole
def test_days_of_another_length_and_leap_days_are_days_like_any_other(
    platform: Platform, share: Callable[[int], int]
) -> None:
    """NBA.com's times are Eastern ones that claim to be UTC, also when the clocks change."""
    tipoffs = {
        ("2024-02-28", "BOS@LAL", "19:30"): "2024-02-29T00:30:00+00:00",  # the league's 28th, UTC's leap day
        ("2024-02-29", "BOS@LAL", "19:30"): "2024-03-01T00:30:00+00:00",
        ("2024-03-01", "BOS@LAL", "12:00"): "2024-03-01T17:00:00+00:00",
        ("2026-03-07", "BOS@LAL", "19:30"): "2026-03-08T00:30:00+00:00",
        ("2026-03-08", "BOS@LAL", "15:30"): "2026-03-08T19:30:00+00:00",  # four hours behind UTC since this night
        ("2026-03-08", "GSW@NYK", "02:30"): None,  # a time that this night does not have: any but an error
        ("2025-11-02", "BOS@LAL", "15:30"): "2025-11-02T20:30:00+00:00",  # five hours again
        ("2025-11-02", "GSW@NYK", "01:30"): None,  # a time that this night has twice
        ("2025-11-03", "BOS@LAL", "23:30"): "2025-11-04T04:30:00+00:00",
    }
    loaded: dict[str, list[dict[str, Any]]] = {name: [] for name in READ}
    for number, (on, matchup, eastern) in enumerate(tipoffs):
        for name, rows in tables(matchup, on=date.fromisoformat(on)).items():
            changed = {"game_id": f"00225{number:05}", "game_date_est": f"{on}T{eastern}:00Z"} if name == NBAC else {}
            loaded[name] += [{**row, **changed} for row in rows]
    platform.load(loaded)
    ranges = [("2026-03-07", "2026-03-08"), ("2025-11-02", "2025-11-03"), ("2024-02-28", "2024-03-01")]
    for first, last in ranges[: share(len(ranges))]:
        rows = list(platform.check(NOW, notify="never", start=first, end=last).checks)
        assert [(row["check_date"], row["status"]) for row in rows] == [
            (str(each), "OK") for each in DateRange(date.fromisoformat(first), date.fromisoformat(last))
        ]
        for row in rows:
            for game in row["games"]:
                (wanted,) = (
                    utc
                    for (on, matchup, _), utc in tipoffs.items()
                    if (on, matchup) == (row["check_date"], game["matchup"])
                )
                assert game["tipoff"] == wanted or wanted is None

    # Today, as the league has it, in the hours around a change.
    moments = [
        ("2026-03-08T04:59+00:00", "2026-03-07"),
        ("2026-03-08T05:00+00:00", "2026-03-08"),
        ("2026-03-09T03:59+00:00", "2026-03-08"),
        ("2025-11-02T04:00+00:00", "2025-11-02"),
        ("2025-11-03T04:59+00:00", "2025-11-02"),
        ("2024-03-01T04:59+00:00", "2024-02-29"),
    ]
    for now, today in moments[: share(len(moments))]:
        (row,) = platform.check(datetime.fromisoformat(now), notify="never", dry_run="true").checks
        assert (row["check_date"], row["phase4_ready"]) == (today, row["scheduled_games"])


BROKEN = [
    # table, what is done to a column, the sources that it breaks with words of their errors, the status
    (PHASE_4, "DROP processed_at", {"player_composite_factors": "processed_at"}, "ERROR"),
    (PHASE_4, "1 AS game_id", {"player_composite_factors": "game_id"}, "ERROR"),
    (PHASE_4, "CURRENT_TIMESTAMP() AS game_date", {"player_composite_factors": "game_date"}, "ERROR"),
    # Who is expected is not known, and neither is the team of who is ready.
    (
        PHASE_3,
        "DROP team_abbr",
        {"upcoming_player_game_context": "team_abbr", "player_composite_factors": "team_abbr"},
        "ERROR",
    ),
    (
        PHASE_3,
        "7 AS team_abbr",
        {
            "upcoming_player_game_context": "column team is INTEGER",
            "player_composite_factors": "column team is INTEGER",
        },
        "ERROR",
    ),
    # The other schedule is used, but without the authority there may be more games.
    (ESPN, "DROP home_team_abbr", {"espn": "home_team_abbr"}, "OK"),
    (
        NBAC,
        "CAST(processed_at AS STRING) AS processed_at",
        {"nbac": "column refreshed_at is STRING"},
        "SCHEDULE_UNKNOWN",
    ),
]


@pytest.mark.promise("A source's column that is missing, or of another type, is named, and never an all-clear")
def test_a_column_that_is_missing_or_of_another_type_is_named_and_never_an_all_clear(
    platform: Platform, door: Door, share: Callable[[int], int]
) -> None:
    """All the data is there, so that a source that was passed over in silence would make it OK."""
    platform.load(tables("BOS@LAL"))
    with time_machine.travel(NOW, tick=True):
        client = door(platform.environment)
        assert ask(client, "/?dry_run=true")["warnings"] == []
        for table, change, broken, status in BROKEN[: share(len(BROKEN))]:
            with altered(platform, table, change):
                response = client.get("/?dry_run=true")
            body = body_of(response)
            (row,) = body["checks"]
            assert row["status"] == status, change
            errors = {source["name"]: source["error"] for source in row["sources"] if source["error"]}
            assert errors.keys() == broken.keys()
            for source, words in broken.items():
                assert words in errors[source]
                assert f"{source} could not be read: {errors[source]}" in row["warnings"]
            if status == "ERROR":
                assert "player_composite_factors could not be read" in problem(response, 503)["detail"]
                assert row["phase4_ready"] is None
            else:
                assert response.status_code == 200
        with altered(platform, ESPN, "DROP game_id"), altered(platform, NBAC, "'1' AS game_status"):
            body = problem(client.get("/?dry_run=true"), 503)
        assert body["checks"][0]["status"] == "ERROR"
        assert "espn could not be read" in body["detail"]
        assert "nbac could not be read" in body["detail"]
        # The last one is mended too: what broke each of them was the column.
        assert ask(client, "/?dry_run=true")["status"] == "OK"


@contextmanager
def altered(platform: Platform, table: str, change: str) -> Iterator[None]:
    """The table with a column dropped, or replaced by another of its name."""
    drop = change.removeprefix("DROP ")
    columns = f"* EXCEPT ({drop})" if drop != change else f"* REPLACE ({change})"
    run = platform.client.query_and_wait
    dataset, name = table.split(".")
    run(f"ALTER TABLE {table} RENAME TO whole_{name}")
    every = f"SELECT {columns} FROM {dataset}.whole_{name} WHERE game_date > '2000-01-01'"  # noqa: S608 - names of these tests
    run(f"CREATE TABLE {table} AS {every}")
    try:
        yield
    finally:
        run(f"DROP TABLE {table}")
        run(f"ALTER TABLE {dataset}.whole_{name} RENAME TO {name}")
