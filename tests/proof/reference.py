"""The verdict a second time, from the words of the design and of docs/adr alone, to compare the real one with.

Deliberately slow and obvious: rows are dicts as the sources' SQL gives them, every question goes through all of them
again, and nothing of the monitor is imported. A source that could not be read is None in place of its rows, and an
earlier check is its time with the games as its row has them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

type Row = Mapping[str, Any]
type Rows = Sequence[Row] | None
type Pair = frozenset[str]

NBA = set("ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM".split()) | set(
    "MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS".split()
)
OTHER_NAMES = {"GS": "GSW", "NO": "NOP", "NY": "NYK", "SA": "SAS", "UTAH": "UTA", "WSH": "WAS"}
OTHER_NAMES |= {"BRK": "BKN", "CHO": "CHA", "PHO": "PHX"}
NOBODY = "TBD"
OUSTED = "withdrawn: DET@CLE is expected instead"
# Of rows that are equally new the first of these counts: a false alarm is a smaller fault than a game forgotten.
STATES = ["final", "live", "scheduled", "postponed", "cancelled", "exhibition"]
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@dataclass
class Game:
    """A game of one source, or of all of them."""

    away: str
    home: str
    states: dict[str, str] = field(default_factory=dict)
    """The state that each source gives it."""
    ids: set[str] = field(default_factory=set)
    written: dict[str, datetime] = field(default_factory=dict)
    """When each source wrote its newest row of it."""
    moved_to: dict[str, Row] = field(default_factory=dict)
    """The row on another date that each source has in place of the one of this date."""

    @property
    def teams(self) -> Pair:
        return frozenset([self.away, self.home])


@dataclass
class Answer:
    """What is to be said of a date. `strays` counts, per source, the players whose rows find no game.

    `excluded` has the dates that each excluded game is said to have been moved to.
    """

    status: str
    games: dict[str, str]
    excluded: dict[Pair, set[date]]
    strays: dict[str, int]


def reference(
    day: date,
    today: date,
    now: datetime,
    schedule: Mapping[str, Rows],
    context: Rows,
    coverage: Mapping[str, Rows],
    *,
    authority: str = "nbac",
    predictions: Rows = (),
    history: Sequence[Row] = (),
) -> Answer:
    """The sources by name, in the order of the settings; the earlier checks of the date, oldest first."""
    schedule = {source: believed(rows, now) for source, rows in schedule.items()}
    context, predicted, *required = [
        None if rows is None else [row for row in rows if row["game_date"] == day]
        for rows in (context, predictions, *coverage.values())
    ]

    def how_bad(game: Game) -> tuple[int, int]:
        found = state(game, [game], [], context, required)
        known = [] if found == "UNKNOWN" else required
        players = [sum(row["players"] for row in rows or [] if where(row, [game], [])) for rows in known]
        return ["MISSING", "PARTIAL", "UNKNOWN", "READY"].index(found), min(players, default=0)

    expected, excluded = slate(day, schedule, authority, how_bad)
    for game, withdrawn in vanished(day, schedule, history, [*expected, *excluded]):
        rival = any((game.teams & other.teams) - {NOBODY} for other in expected)
        (excluded if rival or withdrawn else expected).append(game)

    strays = strays_of({"phase3": context, **dict(zip(coverage, required, strict=True))}, expected, excluded)
    games = {f"{game.away}@{game.home}": state(game, expected, excluded, context, required) for game in expected}
    asked = predictions_due(day, today, now, predictions, history)
    unpredicted = asked and any(
        not any(where(row, expected, excluded) is game for row in predicted or []) for game in expected
    )
    if all(rows is None for rows in schedule.values()) or any(rows is None for rows in required):
        status = "ERROR"
    else:
        suspect = not shows_whole_date(day, today, now, schedule[authority])
        status = status_of(day, now, set(games.values()), unpredicted=unpredicted, suspect=suspect, strays=bool(strays))
    # Without Phase 3 nothing is whole: a gap shows all the same, and so does a schedule that lists no game.
    if context is None and (status in {"OK", "NO_GAMES", "NO_PREDICTIONS"} or (status == "SCHEDULE_UNKNOWN" and games)):
        status = "ERROR"
    if asked:
        strays |= strays_of({"predictions": predicted}, expected, excluded)
    moves = {game.teams: {row["game_date"] for row in game.moved_to.values()} for game in excluded}
    return Answer(status, games, moves, strays)


def status_of(day: date, now: datetime, states: set[str], *, unpredicted: bool, suspect: bool, strays: bool) -> str:
    """What is known to be wrong goes before what is not known."""
    if not states:
        return "SCHEDULE_UNKNOWN" if strays or (suspect and not off_season(day)) else "NO_GAMES"
    short = bool(states & {"MISSING", "PARTIAL"})
    # The range that the operator of these tests has declared.
    if (short or unpredicted) and date(2025, 10, 21) <= day <= date(2025, 11, 3):
        return "EXPECTED_GAP"
    if short and now < datetime.combine(day, time(8), NEW_YORK).astimezone(UTC) - timedelta(minutes=1):
        return "PENDING"
    if short:
        return "MISSING_DATA" if "MISSING" in states else "PARTIAL_DATA"
    if unpredicted:
        return "NO_PREDICTIONS"
    return "SCHEDULE_UNKNOWN" if suspect else "OK"


def believed(rows: Rows, now: datetime) -> Rows:
    """The rows, less the times that are later than now by more than two minutes."""

    def known(at: datetime | None) -> datetime | None:
        return None if at and at > now + timedelta(minutes=2) else at

    return None if rows is None else [{**row, "refreshed_at": known(row["refreshed_at"])} for row in rows]


def slate(
    day: date, schedule: Mapping[str, Rows], authority: str, how_bad: Callable[[Game], tuple[int, int]]
) -> tuple[list[Game], list[Game]]:
    """The games expected, and those listed but not expected."""
    union: list[Game] = []
    per_source: dict[str, list[Game]] = {}
    for source, rows in schedule.items():
        per_source[source] = games_of(source, rows or [], day)
        for game in per_source[source]:
            for known in union:
                if known.teams == game.teams:
                    known.states |= game.states
                    known.written |= game.written
                    known.moved_to |= game.moved_to
                    known.ids |= game.ids
                    break
            else:
                union.append(replace(game, states={**game.states}, written={**game.written}, ids={*game.ids}))
    only_exhibitions = {
        source for source, games in per_source.items() if {game.states[source] for game in games} == {"exhibition"}
    }

    excluded = [replace(game, moved_to={}) for game in union if is_exhibition(game, only_exhibitions)]
    rest = [game for game in union if not is_exhibition(game, only_exhibitions)]
    excluded += [game for game in rest if not is_played(game)]
    playable = [game for game in rest if is_played(game)]

    def precedence(game: Game) -> tuple[bool, int, timedelta, tuple[int, int], str, str]:
        """A game with a blank stands last; the authority, the source named first, its newest row, the worse data."""
        order = [authority, *schedule]
        first = min(game.states, key=order.index)
        age = LONG_AGO - game.written[first]
        return NOBODY in game.teams, order.index(first), age, how_bad(game), game.away, game.home

    expected: list[Game] = []
    for game in sorted(playable, key=precedence):
        if any((game.teams & other.teams) - {NOBODY} for other in expected):
            excluded.append(replace(game, moved_to={}))  # a ghost
        else:
            expected.append(game)
    return expected, excluded


def is_exhibition(game: Game, only_exhibitions: set[str]) -> bool:
    """Whether a source says so, or the game is one of strangers beside a source that lists exhibitions alone."""
    strangers = not any(code in NBA or code.startswith(NOBODY) for code in game.teams)
    return "exhibition" in game.states.values() or (strangers and bool(only_exhibitions - set(game.states)))


def is_played(game: Game) -> bool:
    """Whether nothing that a source says of its date keeps it from being played then."""
    said = set(game.states.values())
    if said & {"live", "final"}:
        return True
    if said & {"postponed", "cancelled"}:
        return False
    # A source that lists it here and is newer than every row that it is said to have moved to is stronger.
    others = [at for source, at in game.written.items() if source not in game.moved_to]
    return not game.moved_to or any(all(at > row["refreshed_at"] for row in game.moved_to.values()) for at in others)


def moved_to(row: Row, rows: Sequence[Row]) -> Row | None:
    """The newest row under the id of this one, where that is on another date up to 120 days away."""
    if state_of(row) != "scheduled" or not is_ten_digits(row["game_id"]) or row["refreshed_at"] is None:
        return None
    elsewhere = [
        other
        for other in rows
        if other["game_id"] == row["game_id"]
        and 0 < abs((other["game_date"] - row["game_date"]).days) <= 120
        and other["refreshed_at"]
        and state_of(other) not in {"postponed", "cancelled"}
        and (other["refreshed_at"], other["game_date"]) > (row["refreshed_at"], row["game_date"])
    ]
    return max(elsewhere, key=lambda other: (other["refreshed_at"], other["game_date"]), default=None)


def vanished(
    day: date, schedule: Mapping[str, Rows], history: Sequence[Row], listed: Sequence[Game]
) -> list[tuple[Game, bool]]:
    """Each game that an earlier check expected and no source lists now, and whether all who listed it withdrew it."""
    found: list[tuple[Game, bool, bool]] = []
    for pair in dict.fromkeys(frozenset([seen["away"], seen["home"]]) for check in history for seen in check["games"]):
        sightings = [
            (check["time"], seen)
            for check in history
            for seen in check["games"]
            if frozenset([seen["away"], seen["home"]]) == pair
        ]
        last = sightings[-1][1]
        if (last["status"] == "EXCLUDED" and not displaced(last)) or any(game.teams == pair for game in listed):
            continue
        sources = {source for _, seen in sightings for source in seen["sources"]}
        withdrawn = bool(sources)
        for source in sources:
            last_listed = max(at for at, seen in sightings if source in seen["sources"])
            refreshed = newest_around(day, schedule.get(source))
            if refreshed is None or refreshed <= last_listed:
                withdrawn = False
        found.append((Game(last["away"], last["home"], ids=set(last["game_ids"])), withdrawn, displaced(last)))
    # Those that were expected go before those that another game stood for.
    return [each[:2] for each in found if not each[2]] + [each[:2] for each in found if each[2]]


def displaced(seen: Row) -> bool:
    """Whether the game was excluded only because another game of one of its teams was expected."""
    return seen["status"] == "EXCLUDED" and seen["reason"] in {"ghost: the same team plays in DET@CLE", OUSTED}


def newest_around(day: date, rows: Rows) -> datetime | None:
    """When a schedule was last refreshed: its newest row from 14 days before the date to 120 days after it."""
    times = [row["refreshed_at"] for row in rows or [] if -14 <= (row["game_date"] - day).days <= 120]
    return max((at for at in times if at), default=None)


def games_of(source: str, rows: Sequence[Row], day: date) -> list[Game]:
    """One source's games of a date. Rows of one id, or of the same two teams, are one game, and the newest counts.

    Equally new rows of one id and of other teams are two games, since nobody knows which of them is right.
    """
    games: list[Game] = []
    of_day = [row for row in rows if row["game_date"] == day]
    for row in sorted(of_day, key=newest_first):
        away, home = sides(row)
        game = Game(away, home, {source: state_of(row)}, {row["game_id"]} if row["game_id"] else set())
        game.written[source] = row["refreshed_at"] or LONG_AGO
        if target := moved_to(row, rows):
            game.moved_to[source] = target
        if any(
            row["game_id"]
            and row["game_id"] == other["game_id"]
            and game.teams != frozenset(sides(other))
            and (other["refreshed_at"] or LONG_AGO) > game.written[source]
            for other in of_day
        ):
            continue  # the same game, before it was corrected
        same = [newer for newer in games if newer.teams == game.teams]
        if same:
            same[0].ids.update(game.ids)
        else:
            games.append(game)
    return games


def sides(row: Row) -> tuple[str, str]:
    """Away and home; a blank is read from the id."""
    away, home = team(row["away"]), team(row["home"])
    if not away or not home:
        away, home = teams_of_id(row["game_id"], row["game_date"]) or (away, home)
    if not away and not home:
        home = f"{NOBODY} ({row['game_id']})"  # so that two such games stay two
    return away or NOBODY, home or NOBODY


def newest_first(row: Row) -> tuple[timedelta, int, str, str, str]:
    age = LONG_AGO - (row["refreshed_at"] or LONG_AGO)
    # Equally new and alike in state: the words decide, so that the order of rows does not.
    return age, STATES.index(state_of(row)), row["game_id"] or "", row["away"] or "", row["home"] or ""


def state_of(row: Row) -> str:
    """A state that nobody knows counts as scheduled."""
    word = (row["state"] or "").strip().lower()
    return word if word in STATES else "scheduled"


def team(code: str | None) -> str:
    """An unknown code is kept as it is; no code, and the word for a team to be decided, is a blank."""
    code = (code or "").strip().upper()
    return "" if code == NOBODY else OTHER_NAMES.get(code, code)


def teams_of_id(game_id: str | None, day: date) -> tuple[str, str] | None:
    """Of the date form, which must carry its row's own date."""
    parts = (game_id or "").split("_")
    if len(parts) != 3 or parts[0] != f"{day.year:04}{day.month:02}{day.day:02}":
        return None
    away, home = team(parts[1]), team(parts[2])
    return (away, home) if away and home else None


def where(row: Row, expected: Sequence[Game], excluded: Sequence[Game]) -> Game | None:
    """The game of a row of Phase 3 or Phase 4: by its team when it is known, else by its id."""
    code = team(row["team"])
    for game in [*expected, *excluded]:
        if code and code in game.teams:
            return game
    game_id = row["game_id"] or ""
    named = teams_of_id(game_id, row["game_date"])
    ten_digits = is_ten_digits(game_id)
    if ten_digits and sum(game_id in game.ids for game in expected) > 1:
        return None  # two sources give two games one id: nobody knows which
    for game in [*expected, *excluded]:
        if (named and game.teams == frozenset(named)) or (ten_digits and game_id in game.ids):
            # The id of a game does not make a team its own that plays elsewhere; but All-Stars are listed as theirs.
            return None if code in NBA and game in expected else game
    return None


def state(
    game: Game, expected: Sequence[Game], excluded: Sequence[Game], context: Rows, required: Sequence[Rows]
) -> str:
    """MISSING, PARTIAL or READY; UNKNOWN where a required source, or what would be enough, could not be read."""
    if any(rows is None for rows in required):
        return "UNKNOWN"

    def players(rows: Rows, code: str | None) -> int:
        mine = [row for row in rows or [] if where(row, expected, excluded) is game]
        return sum(row["players"] for row in mine if code is None or team(row["team"]) == code)

    found = "UNKNOWN" if context is None else "READY"
    for rows in required:
        mine = [row for row in rows or [] if where(row, expected, excluded) is game]
        if not mine:
            return "MISSING"
        by_team = any(team(row["team"]) for row in mine)
        # Players whose team Phase 3 does not name, or names wrongly, are expected in the game as a whole.
        theirs = [row for row in context or [] if where(row, expected, excluded) is game]
        as_a_whole = not by_team or any(team(row["team"]) not in game.teams for row in theirs)
        for code in [*([game.away, game.home] if by_team else []), *([None] if as_a_whole else [])]:
            ready, wanted = players(rows, code), Fraction(8, 10) * players(context, code)
            if ready < (5 if code else 10) or ready < wanted:
                found = "PARTIAL"
    return found


def off_season(day: date) -> bool:
    return (6, 25) <= (day.month, day.day) <= (10, 1)


def is_ten_digits(game_id: str | None) -> bool:
    """Whether it is an id of NBA.com's."""
    digits = game_id or ""
    return len(digits) == 10 and digits.startswith("00") and all(c in "0123456789" for c in digits)


def strays_of(sources: Mapping[str, Rows], expected: Sequence[Game], excluded: Sequence[Game]) -> dict[str, int]:
    """The players, per source, whose rows find no game."""
    lost = {
        source: sum(row["players"] for row in rows or [] if where(row, expected, excluded) is None)
        for source, rows in sources.items()
    }
    return {source: players for source, players in lost.items() if players}


def shows_whole_date(day: date, today: date, now: datetime, authority: Rows) -> bool:
    """Whether the authority has rows on the date, or on both sides within 14 days, and is not too old."""
    refreshed = newest_around(day, authority)
    if day >= today and (refreshed is None or now - refreshed > timedelta(hours=48)):
        return False
    distances = {(row["game_date"] - day).days for row in authority or []}
    return 0 in distances or (any(-14 <= n < 0 for n in distances) and any(0 < n <= 14 for n in distances))


def predictions_due(day: date, today: date, now: datetime, predictions: Rows, history: Sequence[Row]) -> bool:
    """Whether they have to be there, half an hour after they start at 18:00 UTC, and could be read.

    A past date of a season that was never predicted lacks none: it has no rows within the 14 days up to it, and no
    check has found a game without.
    """
    if predictions is None or now < datetime.combine(day, time(18, 30), UTC):
        return False
    found_missing = any(game["predictions"] == 0 for check in history for game in check["games"])
    return day >= today or found_missing or any(0 <= (day - row["game_date"]).days <= 14 for row in predictions)
