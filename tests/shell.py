"""Runs a command of the monitor in this process, which is cheaper than a new one, and can have another clock."""

import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from os import environ
from typing import Any
from unittest.mock import patch

from monitor.cli.commands import main


class Terminal(StringIO):
    """Where a person reads."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.out)
        return body


def run(environment: Mapping[str, str], *arguments: str, terminal: bool = False) -> Ran:
    """Run a command with these settings, and none of this process's own."""
    out, err = (Terminal(), Terminal()) if terminal else (StringIO(), StringIO())
    shell = {"PATH": environ["PATH"], "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80", **environment}
    with patch.dict(environ, shell, clear=True), redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse
            code = int(str(end.code))
    return Ran(code, out.getvalue(), err.getvalue())
