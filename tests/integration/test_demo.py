"""What `make demo` shows, as a person sees it."""

import re
import subprocess
import sys
from os import environ
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from local.emulator import ROOT


def test_the_demo_stops_what_it_has_started() -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "local"], cwd=ROOT, env={"PATH": environ["PATH"]}, stdout=subprocess.PIPE, text=True
    )
    with demo:
        assert demo.stdout is not None
        shown = ""
        while "Log:  " not in shown:
            line = demo.stdout.readline()
            assert line, "the demo ended early"
            shown += line
        demo.terminate()
        assert demo.wait(timeout=20) == 0
    servers = re.findall(r"(?:URL=|inbox: |BigQuery: +)(http://127\.0\.0\.1:\d+)", shown)
    assert len(servers) == 3
    for url in servers:
        with pytest.raises(URLError):
            urlopen(url, timeout=5)  # noqa: S310 - an address that the demo showed


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
    verdict, history, slack = re.split(r"\n\n(?:The row in|Messages in Slack)[^\n]*\n", ran.stdout)
    assert "8:00 AM in New York" in verdict
    assert "MISSING_DATA: 6 scheduled, 0 ready" in verdict
    named = set(re.findall(r"MISSING  (\S+)", verdict))
    assert named == set("ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC".split())
    assert "stalled phase: phase3; latest data: Phase 3 2026-01-17, Phase 4 2026-01-17" in verdict
    assert history.count("check_date ") == 1
    assert re.search(r"status +MISSING_DATA", history)
    assert "NBA Sun Jan 18: 6 of 6 games have no Phase 4 data" in slack
    assert "Predictions start in *5 h*, at 1:00 PM EST (18:00 UTC)" in slack
