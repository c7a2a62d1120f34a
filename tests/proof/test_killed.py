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
from tests.conftest import Platform, alerts, bot, webhook
from tests.proof.killed import STEPS

EIGHT = sample.MORNING
HALF_PAST_ELEVEN = sample.MORNING.replace(hour=11, minute=30)


@pytest.mark.promise("A process that is killed after any of its steps loses no alert")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("channel", "when"), [(webhook, EIGHT), (bot, EIGHT), (bot, HALF_PAST_ELEVEN)], ids=["webhook", "bot", "deadline"]
)
def test_killed_after(season: Platform, inbox: Inbox, channel: type, when: datetime, step: str) -> None:
    platform = Platform({**season.environment, **channel(inbox)})
    if when != EIGHT:
        assert platform.check(EIGHT).failure is None
    rows, messages = len(platform.history()), len(alerts(inbox))

    command = [sys.executable, "-m", "tests.proof.killed", step, when.isoformat()]
    settings = {**platform.environment, "PATH": environ["PATH"]}
    killed = subprocess.run(command, cwd=ROOT, env=settings, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert len(platform.history()) - rows == (step == "record")
    assert len(alerts(inbox)) - messages == (step in {"post", "record"})

    assert platform.check(when.replace(second=30)).failure is None
    reason = "NEW_GAP" if when == EIGHT else "DEADLINE"
    told = [(row["alert_reason"], row["alert_status"]) for row in platform.history()[rows:]]
    assert told == [(reason, "sent"), *([("UNCHANGED", "not_needed")] if step == "record" else [])]
    assert len(alerts(inbox)) - messages == (2 if step == "post" else 1)
