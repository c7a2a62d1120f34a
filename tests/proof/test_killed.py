"""A process that is killed loses no alert: the next run leaves what an undisturbed one would have left.

Posting comes before recording, so the one exception is a message that is repeated after a kill between the two.
"""

import signal
import subprocess
import sys
from datetime import datetime
from os import environ

import pytest

from local import sample
from local.emulator import ROOT
from local.inbox import Inbox
from tests.conftest import Platform, bot, webhook
from tests.proof.killed import STEPS

EIGHT = sample.MORNING
HALF_PAST_ELEVEN = sample.MORNING.replace(hour=11, minute=30)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("channel", "when"), [(webhook, EIGHT), (bot, EIGHT), (bot, HALF_PAST_ELEVEN)], ids=["webhook", "bot", "deadline"]
)
def test_killed_after(season: Platform, inbox: Inbox, channel: type, when: datetime, step: str) -> None:
    settings = {**season.environment, **channel(inbox), "SCHEDULE_SOURCES": "nbac", "PATH": environ["PATH"]}

    def check(killed_after: str, at: datetime) -> int:
        command = [sys.executable, "-m", "tests.proof.killed", killed_after, at.isoformat()]
        return subprocess.run(command, cwd=ROOT, env=settings, check=False, capture_output=True).returncode

    if when != EIGHT:
        assert check("none", EIGHT) == 0
    rows, messages = len(season.history()), len(inbox.messages)

    assert check(step, when) == -signal.SIGKILL
    assert len(season.history()) - rows == (step == "record")
    assert len(inbox.messages) - messages == (step in {"post", "record"})

    assert check("none", when.replace(second=30)) == 0
    reason = "NEW_GAP" if when == EIGHT else "DEADLINE"
    told = [(row["alert_reason"], row["alert_status"]) for row in season.history()[rows:]]
    assert told == [(reason, "sent"), *([("UNCHANGED", "not_needed")] if step == "record" else [])]
    assert len(inbox.messages) - messages == (2 if step == "post" else 1)
