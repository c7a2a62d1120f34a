"""What `make demo ARGS=--once` shows, as a person sees it. The demo with its season is in test_demo_season.py."""

import re
import subprocess
import sys
from os import environ

import pytest

from local.emulator import ROOT


@pytest.mark.whole
def test_the_demo_shows_the_bad_morning_and_ends() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local", "--once"],
        cwd=ROOT,
        env={"PATH": environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    start, row, slack = re.split(r"\n\n(?:The row in|The message in Slack)[^\n]*\n", ran.stdout)
    assert "Sunday, January 18, 2026, 8:00 AM in New York" in start
    shown = dict(re.findall(r"^  (\w+) +(.*)$", row, re.MULTILINE))
    assert (shown["scheduled_games"], shown["phase4_ready"], shown["status"]) == ("6", "0", "MISSING_DATA")
    assert (shown["alert_reason"], shown["alert_status"]) == ("NEW_GAP", "sent")
    assert shown["check_time"].startswith("2026-01-18 13:00:")
    assert "NBA Sun Jan 18: 6 of 6 games have no Phase 4 data" in slack
    assert "Predictions start in *5 h*, at 1:00 PM EST (18:00 UTC)" in slack
    for matchup in "ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC".split():
        assert matchup in slack
