"""A sample season, as the platform's tables had it at 8 AM in New York on 2026-01-18.

Phase 3 and Phase 4 end on Jan 17. The days named below are real or modelled on real incidents; the other slates are
made up, and the same on every run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.dates import DateRange
from monitor.core.games import ALIASES, TEAMS

EASTERN = ZoneInfo("America/New_York")
MORNING = datetime(2026, 1, 18, 8, 0, tzinfo=EASTERN)
BAD_DAY = MORNING.date()
SEASON = DateRange(date(2025, 10, 21), date(2026, 4, 12))
BOOTSTRAP = DateRange(date(2025, 10, 21), date(2025, 11, 3))
"""The first 14 days of the season have no Phase 4 rows."""

ALL_READY = date(2026, 1, 17)
ONE_SOURCE = date(2026, 1, 16)
PARTLY_READY = date(2026, 1, 15)
ONE_TEAM_ONLY = date(2026, 1, 13)
TWO_FORMS_OF_ID = date(2026, 1, 10)
POSTPONED = date(2026, 1, 8)
OFF_DAY = date(2025, 12, 24)
CUP_FINAL = date(2025, 12, 16)
ALL_STAR = date(2026, 2, 15)

_OFF_DAYS = {
    date(2025, 11, 4),  # Election Day
    date(2025, 11, 27),  # Thanksgiving
    OFF_DAY,
    *DateRange(date(2026, 2, 13), date(2026, 2, 18)),
}
_PLAYERS = 17
PREDICTIONS = "nba_predictions.player_prop_predictions"
_PREDICTED = 5
"""Players a team with a prediction: some sixty players of six games is a normal run."""
_MODELS = ("catboost", "ensemble")
_ESPN_CODES = {canonical: code for code, canonical in ALIASES.items() if code not in {"BRK", "CHO", "PHO"}}
_DATE_FORM_SINCE = date(2026, 1, 18)


@dataclass(frozen=True)
class _Game:
    day: date
    game_id: str
    away: str
    home: str
    away_players: int = _PLAYERS
    home_players: int = _PLAYERS
    phase4: tuple[int, int] | None = None
    """Phase 4 players of the away and home team, if not the same as in Phase 3."""
    moved: bool = False

    @property
    def date_form(self) -> str:
        return f"{self.day:%Y%m%d}_{self.away}_{self.home}"

    @property
    def tipoff(self) -> datetime:
        return datetime.combine(self.day, time(19 if self.day.weekday() < 5 else 18), EASTERN)  # noqa: PLR2004 - weekdays

    def played(self, morning: date = BAD_DAY) -> bool:
        return self.day < morning and not self.moved


# Slates that are real or modelled on an incident. The counts of PARTLY_READY are those of 2026-01-29.
_PINNED = {
    BAD_DAY: "ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC",
    PARTLY_READY: "SAC@PHI:35 MIL@WAS:33 HOU@ATL:35 CHA@DAL:36 BKN@DEN:33 DET@PHX:34 OKC@MIN:34 MIA@CHI:0",
    ONE_TEAM_ONLY: "TOR@POR BOS@IND SAS@OKC",
    CUP_FINAL: "SAS@NYK",
}


def season() -> dict[str, list[dict[str, Any]]]:
    """Rows to load, by table."""
    games = list(_games())
    with_phase3 = [game for game in games if game.played()]
    return {
        "nba_raw.espn_scoreboard": [
            _espn(game) for game in games if game.day != ONE_SOURCE and game.day < BAD_DAY + timedelta(days=8)
        ],
        "nba_raw.nbac_schedule": [*map(_nbac, games), *_exhibitions()],
        "nba_raw.bdl_games": [_bdl(game) for game in games],
        "nba_analytics.upcoming_player_game_context": [row for game in with_phase3 for row in _phase3(game)],
        "nba_precompute.player_composite_factors": [row for game in with_phase3 for row in _factors(game)],
        "nba_precompute.player_daily_cache": [
            {"player_lookup": player, "cache_date": str(game.day)}
            for game in with_phase3
            for player, _, _ in _ready_players(game)
        ],
        "nba_predictions.ml_feature_store_v2": [
            {
                "player_lookup": player,
                "game_id": _platform_id(game),
                "game_date": str(game.day),
                "opponent_team_abbr": opponent,
                "is_home": team == game.home,
            }
            for game in with_phase3
            for player, team, opponent in _ready_players(game)
        ],
        PREDICTIONS: [row for game in with_phase3 for row in _predictions(game)],
    }


def bad_week(*without: str) -> dict[str, list[dict[str, Any]]]:
    """The season's rows for the days around the bad one, by table, except for the tables in `without`."""
    near = {f"2026-01-{day}" for day in range(14, 23)}
    return {
        table: [row for row in rows if (row.get("game_date") or row.get("cache_date")) in near]
        for table, rows in season().items()
        if table not in without
    }


def full_slate(day: date) -> dict[str, list[dict[str, Any]]]:
    """Rows of fifteen games with all their data, by table, for a date without games in the season."""
    teams = sorted(TEAMS)
    matchups = map("@".join, zip(teams[::2], teams[1::2], strict=True))
    games = [_game(day, f"00225{90_000 + number}", matchup) for number, matchup in enumerate(matchups)]
    return {
        "nba_raw.espn_scoreboard": list(map(_espn, games)),
        "nba_raw.nbac_schedule": list(map(_nbac, games)),
        "nba_analytics.upcoming_player_game_context": [row for game in games for row in _phase3(game)],
        "nba_precompute.player_composite_factors": [row for game in games for row in _factors(game)],
    }


def schedule(morning: date, days: DateRange) -> dict[str, list[dict[str, Any]]]:
    """The schedules' rows for the games of these days as they were written at 6:30 on a morning before the bad one."""
    games = [game for game in _games() if game.day in days]
    return {
        "nba_raw.espn_scoreboard": [_espn(game, morning) for game in games],
        "nba_raw.nbac_schedule": [_nbac(game, morning) for game in games],
    }


def arrivals(
    *, phase3: Sequence[str], phase4: Sequence[str], at: datetime = MORNING
) -> dict[str, list[dict[str, Any]]]:
    """Rows of the bad day that are written at this time, by table, for games given by matchup."""
    games = {matchup: _game(BAD_DAY, "", matchup) for matchup in _PINNED[BAD_DAY].split()}
    written = {"processed_at": at.isoformat()}
    return {
        "nba_analytics.upcoming_player_game_context": [
            {**row, **written} for each in phase3 for row in _phase3(games[each])
        ],
        "nba_precompute.player_composite_factors": [
            {**row, **written} for each in phase4 for row in _factors(games[each])
        ],
    }


def predictions(matchups: Sequence[str], at: datetime | None = None) -> dict[str, list[dict[str, Any]]]:
    """Rows of the bad day's predictions for these games, by table, written at this time or just after 18:00 UTC."""
    written = {"created_at": at.isoformat(), "updated_at": at.isoformat()} if at else {}
    rows = [row for each in matchups for row in _predictions(_game(BAD_DAY, "", each))]
    return {PREDICTIONS: [{**row, **written} for row in rows]}


def date_form(matchup: str) -> str:
    """The id of one of the bad day's games in the tables of Phase 3 and Phase 4."""
    return _game(BAD_DAY, "", matchup).date_form


def _games() -> Iterator[_Game]:
    random = Random("2025-26")  # noqa: S311 - the same made-up season every time
    number = 0
    for day in SEASON:
        if day in _OFF_DAYS:
            continue
        pinned = _PINNED.get(day)
        if pinned is None:
            teams = random.sample(sorted(TEAMS), 2 * random.randint(3, 11))
            slate = [f"{away}@{home}" for away, home in zip(teams[::2], teams[1::2], strict=True)]
        else:
            slate = pinned.split()
        for entry in slate:
            number += 1
            game = _game(day, f"00225{number:05}", entry)
            if day == CUP_FINAL:
                game = replace(game, game_id="0062500001")
            if day == ONE_TEAM_ONLY and entry == "TOR@POR":
                game = replace(game, phase4=(5, 0))
            yield game
        if day == POSTPONED:
            # MIA@CHI, called off on Jan 8 and listed again for Jan 29 under the same id.
            yield replace(_game(day, "0022500529", "MIA@CHI"), moved=True)
        if day == date(2026, 1, 29):
            yield _game(day, "0022500529", "MIA@CHI")


def _game(day: date, game_id: str, entry: str) -> _Game:
    matchup, _, players = entry.partition(":")
    away, home = matchup.split("@")
    if not players:
        return _Game(day, game_id, away, home)
    ready = int(players)
    expected = ready or 2 * _PLAYERS
    split = (ready - ready // 2, ready // 2)
    return _Game(day, game_id, away, home, expected - expected // 2, expected // 2, phase4=split)


def _espn(game: _Game, morning: date = BAD_DAY) -> dict[str, Any]:
    return {
        "game_id": game.date_form,
        "espn_game_id": f"4018{game.game_id[-5:]}",
        "game_date": str(game.day),
        "season_year": 2025,
        "away_team_abbr": _ESPN_CODES.get(game.away, game.away),
        "home_team_abbr": _ESPN_CODES.get(game.home, game.home),
        # ESPN's loader drops postponed games before writing, so the earlier row stays.
        "game_status": "final" if game.played(morning) else "scheduled",
        "is_completed": game.played(morning),
        "scheduled_start_time": game.tipoff.isoformat(),
        "scrape_timestamp": _refreshed(game, morning).isoformat(),
        "processed_at": _refreshed(game, morning).isoformat(),
    }


def _nbac(game: _Game, morning: date = BAD_DAY) -> dict[str, Any]:
    return {
        "game_id": game.game_id,
        "game_code": f"{game.day:%Y%m%d}/{game.away}{game.home}",
        "game_date": str(game.day),
        # Eastern time labelled as UTC, as from NBA.com.
        "game_date_est": f"{game.tipoff:%Y-%m-%dT%H:%M:%S}Z",
        "game_status": 3 if game.played(morning) else 1,
        "away_team_tricode": game.away,
        "home_team_tricode": game.home,
        "away_team_score": 108 if game.played(morning) else None,
        "home_team_score": 111 if game.played(morning) else None,
        "is_regular_season": game.day != CUP_FINAL,
        "is_playoffs": False,
        "is_all_star": False,
        "is_emirates_cup": game.day == CUP_FINAL,
        "processed_at": _refreshed(game, morning).isoformat(),
    }


def _exhibitions() -> Iterator[dict[str, Any]]:
    preseason = [_Game(date(2025, 10, day), f"00125000{day:02}", "BOS", "NYK") for day in (2, 6, 9, 14, 17)]
    all_star = [_Game(ALL_STAR, f"003250000{n}", *teams) for n, teams in enumerate([("STA", "STR"), ("WLD", "STA")])]
    for game in preseason:
        yield {**_nbac(game), "is_regular_season": False}
    for game in all_star:
        yield {**_nbac(game), "is_regular_season": False, "is_all_star": True}


def _bdl(game: _Game) -> dict[str, Any]:
    tipoff = f"{game.tipoff.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "game_id": str(18_000_000 + int(game.game_id[-5:])),
        "game_date": str(game.day),
        "away_team_abbr": game.away,
        "home_team_abbr": game.home,
        "status": "Postponed" if game.moved else "Final" if game.played() else tipoff,
        "processed_at": _refreshed(game).isoformat(),
    }


def _refreshed(game: _Game, morning: date = BAD_DAY) -> datetime:
    """Past games were last written the morning after, coming games at 6:30 this morning."""
    return datetime.combine(min(game.day + timedelta(days=1), morning), time(6, 30), EASTERN)


def _written(game: _Game, at: time) -> str:
    """On the morning of the game, in the half hour after this time."""
    late = timedelta(minutes=game.day.toordinal() * 7 % 30)
    return (datetime.combine(game.day, at, EASTERN) + late).isoformat()


def _platform_id(game: _Game) -> str:
    return game.date_form if game.day >= _DATE_FORM_SINCE else game.game_id


def _players(game: _Game, away: int, home: int) -> Iterator[tuple[str, str, str]]:
    """Player, team and opponent."""
    for team, opponent, count in ((game.away, game.home, away), (game.home, game.away, home)):
        yield from ((f"{team.lower()}player{n:02}", team, opponent) for n in range(1, count + 1))


def _ready_players(game: _Game) -> Iterator[tuple[str, str, str]]:
    if game.day not in BOOTSTRAP:
        yield from _players(game, *(game.phase4 or (game.away_players, game.home_players)))


def _phase3(game: _Game) -> Iterator[dict[str, Any]]:
    for player, team, opponent in _players(game, game.away_players, game.home_players):
        yield {
            "player_lookup": player,
            "game_id": _platform_id(game),
            "game_date": str(game.day),
            "team_abbr": team,
            "opponent_team_abbr": opponent,
            "processed_at": _written(game, time(5, 10)),
        }


def _factors(game: _Game) -> Iterator[dict[str, Any]]:
    written = _written(game, time(6, 40))
    forms = [game.game_id, game.date_form] if game.day == TWO_FORMS_OF_ID else [_platform_id(game)]
    for form in forms:
        for player, _, _ in _ready_players(game):
            yield {
                "player_lookup": player,
                "universal_player_id": f"{player}_001",
                "game_date": str(game.day),
                "game_id": form,
                "analysis_date": str(game.day),
                "is_production_ready": True,
                "early_season_flag": False,
                "created_at": written,
                "processed_at": written,
            }


def _predictions(game: _Game) -> Iterator[dict[str, Any]]:
    """Each model predicts the same players; of a player's first prediction a newer version has been made."""
    written = datetime.combine(game.day, time(18, 2), UTC).isoformat()
    for player, team, _ in _ready_players(game):
        if int(player[-2:]) > _PREDICTED:
            continue
        for model in _MODELS:
            for version, active in ((1, False), (2, True)):
                yield {
                    "prediction_id": f"{game.day}-{model}-{team}-{player}-{version}",
                    "system_id": model,
                    "player_lookup": player,
                    "game_id": _platform_id(game),
                    "game_date": str(game.day),
                    "prediction_version": version,
                    "is_active": active,
                    "invalidation_reason": None,
                    "prediction_made_before_game": True,
                    "created_at": written,
                    "updated_at": written,
                }
