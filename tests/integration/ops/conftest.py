"""deploy.sh as a person runs it, in a clean clone, against a Google Cloud that records and remembers."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from local.emulator import ROOT
from tests.conftest import NOBODY, Platform
from tests.integration.ops import cloud

CHANNEL = "projects/test/notificationChannels/7"


@dataclass(frozen=True)
class Cloud:
    """The Google Cloud of one test, and the clone that is deployed to it."""

    folder: Path
    clone: Path
    emulator: str

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state

    def change(self, **parts: Any) -> None:
        """Make it another cloud than it was."""
        (self.folder / "state.json").write_text(json.dumps({**self.state, **parts}))

    @property
    def commit(self) -> str:
        return git(self.clone, "rev-parse", "--short=12", "HEAD").strip()

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run deploy.sh with these options; its calls are those of this run alone."""
        (self.folder / "calls.jsonl").unlink(missing_ok=True)
        return self.run("./deploy.sh", "--project", "test", *options)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone, with this cloud's gcloud and bq."""
        bin_folder = self.folder / "bin"
        path = f"{bin_folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            command,
            cwd=self.clone,
            env={**os.environ, "PATH": path, "BIGQUERY_EMULATOR_HOST": self.emulator},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    def calls(self) -> list[list[str]]:
        """What the last run called, in order, with what differs from run to run by its name."""
        calls = self.folder / "calls.jsonl"
        return [json.loads(line) for line in self._named(calls.read_text()).splitlines()] if calls.exists() else []

    def changes(self) -> list[list[str]]:
        """The calls that change something."""
        reading = {"list", "describe", "get-value", "get-iam-policy", "print-identity-token", "list-files-for-upload"}
        return [call for call in self.calls() if not reading & set(call) and call[-2] != "show"]

    def _named(self, text: str) -> str:
        text = text.replace(self.commit, "COMMIT")
        for name, function in self.state["functions"].items():
            text = text.replace(f"http://127.0.0.1:{function['port']}", f"https://{name}.run.app")
        return re.sub(r"/tmp/tmp\.\w+", "FOLDER", text)  # noqa: S108 - where mktemp puts it


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=dev", "-c", "user.email=dev@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> None:
    """A new commit of all that has changed, if only its hash."""
    git(folder, "commit", "-qa", "--allow-empty", "-m", "the next")


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this repository as they are now, in a commit."""
    folder = tmp_path_factory.mktemp("repository")
    for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "as it is now")
    return folder


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Cloud:
    """A fresh clone, and a project without any table."""
    git(tmp_path, "clone", "-q", str(repository), "clone")
    (tmp_path / "state.json").write_text(json.dumps(cloud.EMPTY))
    (tmp_path / "bin").mkdir()
    for tool in ("gcloud", "bq"):
        script = f'#!/bin/sh\nexec {sys.executable} -I -S {cloud.__file__} {tmp_path} {tool} "$@"\n'
        _executable(tmp_path / "bin" / tool, script)
    # The pauses between tries of what takes Google minutes are not what is tested.
    _executable(tmp_path / "bin" / "sleep", f'#!/bin/sh\n[ "$1" = 10 ] || exec {shutil.which("sleep")} "$@"\n')
    return Cloud(tmp_path, tmp_path / "clone", NOBODY)


@pytest.fixture
def google(clone: Cloud, platform: Platform) -> Iterator[Cloud]:
    """A fresh clone, and a project with the pipeline's tables and nothing of the monitor's."""
    running = replace(clone, emulator=platform.environment["BIGQUERY_EMULATOR_HOST"])
    yield running
    for function in running.state["functions"].values():
        cloud.stop(function)


def _executable(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
