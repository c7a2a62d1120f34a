"""Maps every source's team codes and game ids to one game identity: a league date and a set of two canonical codes.

Nothing here raises: an unknown code is kept as it is, and an unreadable id identifies no game.
"""

import re
from datetime import date
from enum import StrEnum
from functools import lru_cache

# A season names thirty teams and four states in 30,000 rows.
remembered = lru_cache(maxsize=4096)
"""Decorates a function of few different arguments that is called for every row."""


class GameStatus(StrEnum):
    """A game's status. UNKNOWN where Phase 4 could not be read, or Phase 3, which says how many players are enough."""

    READY = "READY"
    PARTIAL = "PARTIAL"
    MISSING = "MISSING"
    UNKNOWN = "UNKNOWN"
    EXCLUDED = "EXCLUDED"


type Teams = frozenset[str]
"""The two teams of a game. A set, because some tables have home and away reversed."""

TBD = "TBD"
"""Stands for a team that a schedule leaves blank, so that the game is still expected and reported."""

TEAMS: Teams = frozenset(
    """
    ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM
    MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS
    """.split()
)

# Alias → canonical. No alias is another source's canonical code, so one table serves every source.
ALIASES = {
    # ESPN
    "GS": "GSW",
    "NO": "NOP",
    "NY": "NYK",
    "SA": "SAS",
    "UTAH": "UTA",
    "WSH": "WAS",
    # Basketball-Reference
    "BRK": "BKN",
    "CHO": "CHA",
    "PHO": "PHX",
}

_DATE_FORM = re.compile(r"(\d{8})_([^_]+)_([^_]+)", re.ASCII)
_NBA_FORM = re.compile(r"00\d{8}", re.ASCII)


@remembered
def canonical_team(code: str | None) -> str | None:
    """The canonical code; an unknown code in capitals; None for a blank, which some sources write as TBD."""
    cleaned = (code or "").strip().upper()
    return None if cleaned in {"", TBD} else ALIASES.get(cleaned, cleaned)


@remembered
def pair(away: str, home: str) -> Teams:
    """The identity of the game of two teams within its date. Each is made once, so that it is found quickly."""
    return frozenset({away, home})


def teams_in_date_form(game_id: str | None, game_date: date) -> tuple[str, str] | None:
    """Away and home of `YYYYMMDD_AWAY_HOME`, or None if the id has another form or another date than its row."""
    match = _DATE_FORM.fullmatch(game_id or "")
    if match is None or match[1] != f"{game_date:%Y%m%d}":
        return None
    away, home = canonical_team(match[2]), canonical_team(match[3])
    return (away, home) if away and home else None


def is_nba_form(game_id: str) -> bool:
    """Whether this is one of NBA.com's ten-digit ids, which identify a game only together with its date."""
    return _NBA_FORM.fullmatch(game_id) is not None
