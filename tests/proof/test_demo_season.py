"""The demo as a tour: the season is in its history when it says what to try, and it stops what it has started."""

import json
import re
import subprocess
import sys
from collections import Counter
from os import environ
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from local import sample, season
from local.emulator import ROOT


@pytest.mark.whole
@pytest.mark.timeout(300)
def test_the_demo_has_its_season_and_stops_what_it_has_started() -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "local"], cwd=ROOT, env={"PATH": environ["PATH"]}, stdout=subprocess.PIPE, text=True
    )
    with demo:
        try:
            shown = _until_it_waits(demo)
            url, inbox, warehouse = _servers(shown)
            _is_full(url)
            _has_the_messages_at_their_time(inbox)
            _the_second_shell_works(shown)
        finally:
            demo.terminate()
        assert demo.wait(timeout=20) == 0
    for server in (url, inbox, warehouse):
        with pytest.raises(URLError):
            urlopen(server, timeout=5)  # noqa: S310 - an address that the demo showed


def _until_it_waits(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout is not None
    shown = ""
    while "notify=always" not in shown:  # in the last line
        line = demo.stdout.readline()
        assert line, "the demo ended early"
        shown += line
    tour = shown.split("Try next:\n\n")[1].splitlines()
    assert len(tour) <= 5
    return shown


def _servers(shown: str) -> list[str]:
    patterns = (r" URL=(\S+)", r"(http\S+)/#", r"BIGQUERY_EMULATOR_HOST=(\S+)")
    return [re.findall(pattern, shown)[0] for pattern in patterns]


def _get(url: str) -> dict[str, Any]:
    with urlopen(url) as answer:  # noqa: S310 - an address that the demo showed
        body: dict[str, Any] = json.load(answer)
    return body


def _is_full(url: str) -> None:
    """Every date is on record, and the last nine mornings were seen when they were due, with nothing odd."""
    history = _get(f"{url}/history?start={sample.SEASON.first}&end={sample.BAD_DAY}")
    statuses = Counter(row["status"] for row in history["calendar"])
    # The bad day and the one without MIA@CHI are missing.
    assert statuses == {"OK": 70, "EXPECTED_GAP": 14, "NO_GAMES": 3, "MISSING_DATA": 2, "PARTIAL_DATA": 1}
    outcomes = Counter(
        row["outcome"] for row in history["calendar"] if row["check_date"] in set(map(str, season.MORNINGS))
    )
    assert outcomes == {"on_time": 6, "late": 1, "missed": 2}
    # The one that was moved to January 29 is not expected on January 8.
    (moved,) = [row for row in history["checks"] if row["check_date"] == str(sample.POSTPONED)]
    assert (moved["status"], moved["excluded_games"]) == ("OK", 1)
    warnings = {warning for row in history["checks"] for warning in row["warnings"]}
    assert not [warning for warning in warnings if "future" in warning]


def _has_the_messages_at_their_time(inbox: str) -> None:
    """The clock of the inbox is the demo's."""
    given = _get(f"{inbox}/messages.json")
    assert given["refused"] == []
    received = [message["received"][:13] for message in given["messages"]]
    # A gap and its end; a gap and the deadline; the same, and then no predictions for its game.
    late, partial, missing = ("11", "13 14"), ("13", "13 16"), ("15", "13 16 18")
    expected = [f"2026-01-{day}T{hour}" for day, hours in (late, partial, missing) for hour in hours.split()]
    assert received == [*expected, "2026-01-18T13"]


def _the_second_shell_works(shown: str) -> None:
    """The exports and a command of the tour, as a person copies them into a shell in any folder."""
    exports = re.findall(r"^  export .*$", shown, re.MULTILINE)
    (history,) = re.findall(r"^  monitor history .*$", shown, re.MULTILINE)
    ran = subprocess.run(
        ["/bin/sh"], input="\n".join([*exports, history]), cwd="/", capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["start"] == str(season.FIRST_MORNING)
