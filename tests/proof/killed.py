"""A check in a process of its own that is killed, with SIGKILL, as soon as one of its steps is done.

`python -m tests.proof.killed post 2026-01-18T08:00-05:00`, with the settings in the environment.
"""

import os
import signal
import sys
from datetime import datetime
from importlib import import_module
from typing import Any

import time_machine

from monitor.cli.commands import main

STEPS = {
    "observe": ("monitor.check", "read_sources"),
    "judge": ("monitor.check", "judge"),
    "post": ("monitor.slack.notify", "deliver"),
    "record": ("monitor.check", "append_rows"),
}


def kill_after(step: str) -> None:
    """Let the step do its work, and nothing come after it."""
    module, name = import_module(STEPS[step][0]), STEPS[step][1]
    work = getattr(module, name)

    def last(*given: Any, **named: Any) -> None:
        work(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, last)


if __name__ == "__main__":
    kill_after(sys.argv[1])
    with time_machine.travel(datetime.fromisoformat(sys.argv[2]), tick=True):
        sys.exit(main(["check"]))
