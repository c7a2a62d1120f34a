"""Team codes and game ids, as a table."""

from datetime import date

import pytest

from monitor.core.games import ALIASES, TEAMS, canonical_team, is_nba_form, teams_in_date_form

DAY = date(2026, 1, 18)


def test_there_are_thirty_teams_and_no_alias_is_one_of_them() -> None:
    # Otherwise one source's alias would turn another source's team into a different one.
    assert len(TEAMS) == 30
    assert not ALIASES.keys() & TEAMS
    assert set(ALIASES.values()) <= TEAMS


@pytest.mark.parametrize(
    ("code", "team"),
    [
        ("BOS", "BOS"),
        ("UTAH", "UTA"),  # ESPN's, four letters
        ("brk", "BKN"),  # Basketball-Reference's, in lower case
        (" WSH ", "WAS"),  # with blanks
        ("XYZ", "XYZ"),  # unknown: kept, and reported elsewhere
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_canonical_team(code: str | None, team: str | None) -> None:
    assert canonical_team(code) == team


@pytest.mark.parametrize(
    ("game_id", "teams"),
    [
        ("20260118_BOS_LAL", ("BOS", "LAL")),
        ("20260118_NY_SA", ("NYK", "SAS")),  # aliases inside an id
        ("20260117_BOS_LAL", None),  # not the row's date: another game
        ("20260118_BOS", None),
        ("20260118_BOS_LAL_2", None),
        ("20260118__LAL", None),
        ("0022500617", None),
        ("", None),
        (None, None),
    ],
)
def test_teams_in_date_form(game_id: str | None, teams: tuple[str, str] | None) -> None:
    assert teams_in_date_form(game_id, DAY) == teams


@pytest.mark.parametrize(
    ("game_id", "is_one"),
    [
        ("0022500617", True),
        ("22500617", False),  # without its leading zeros: balldontlie's ids look like this
        ("00225006170", False),
        ("1022500617", False),  # ten digits, of somebody else
        ("00225O0617", False),
        ("", False),
    ],
)
def test_is_nba_form(game_id: str, *, is_one: bool) -> None:
    assert is_nba_form(game_id) is is_one
