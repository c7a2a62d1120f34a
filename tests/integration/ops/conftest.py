"""deploy.sh as a person runs it, in a clean clone, against a Google Cloud that records and remembers."""

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from local.emulator import ROOT
from local.platform import create_tables
from tests.conftest import NOBODY, Platform
from tests.integration.ops.cloud import GoogleCloud
from tests.integration.ops.google import PROJECT, State
from tests.integration.ops.permissions import METHODS

CHANNEL = "projects/test/notificationChannels/7"


@dataclass(frozen=True)
class Cloud:
    """The Google Cloud of one test, and the clone that is deployed to it."""

    folder: Path
    clone: Path
    project: GoogleCloud

    @property
    def state(self) -> State:
        """What the project holds now."""
        return deepcopy(self.project.state)

    def change(self, **parts: Any) -> None:
        """Make it another cloud than it was."""
        self.project.state.update(deepcopy(parts))

    def take_away(self, role: str) -> None:
        """Let the deployer be without one of its roles."""
        policies = self.state["policies"]
        del policies[f"projects/{PROJECT}"][role]
        self.change(policies=policies)

    def every_api(self) -> list[str]:
        """What a project has enabled after a first deploy."""
        return sorted({method.partition(".")[0] for method in METHODS})

    @property
    def environment(self) -> Path:
        """The environment that a preflight creates, and keeps for the next one."""
        return self.clone / ".venv-shipped"

    @property
    def commit(self) -> str:
        return git(self.clone, "rev-parse", "--short=12", "HEAD").strip()

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run deploy.sh with these options; its calls are those of this run alone."""
        self.project.calls.clear()
        return self.run("./deploy.sh", "--project", "test", "--yes", *options)

    def deploy_on_a_terminal(self, typed: str) -> subprocess.CompletedProcess[str]:
        """The same without --yes, with somebody who types this."""
        self.project.calls.clear()
        terminal, theirs = pty.openpty()
        try:
            os.write(terminal, typed.encode())
            return self.run("./deploy.sh", "--project", "test", stdin=theirs)
        finally:
            os.close(terminal)
            os.close(theirs)

    def run(self, *command: str | Path, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone, with this cloud's gcloud and bq."""
        bin_folder = self.folder / "bin"
        path = f"{bin_folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            command,
            cwd=self.clone,
            env={
                **os.environ,
                "PATH": path,
                "BIGQUERY_EMULATOR_HOST": self.project.emulator,
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS": f"{self.project.address}/api/iamcredentials/",
            },
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    def only_the_script(self) -> None:
        """Let the deploys from now on skip what takes long and other tests test: the preflight, and the schema."""
        copy = "mkdir $1/source && git archive HEAD main.py requirements.txt monitor schemas | tar -x -C $1/source"
        self._replace("ops/preflight.sh", r"\A.*", f"#!/bin/bash\n{copy}\n")
        self._replace("ops/function.sh", r"^schema\(\) \{.*?^\}", "schema() { [ $2 = diff ] || say as in schemas/; }")

    def without_boots(self) -> None:
        """Let the preflights from now on not boot the function, which takes longer than the rest of a deploy."""
        self._replace("ops/preflight.sh", r"^boot staging.*^wait [^\n]*\n", "")

    def _replace(self, name: str, pattern: str, text: str) -> None:
        script = self.clone / name
        changed, count = re.subn(pattern, lambda _: text, script.read_text(), flags=re.MULTILINE | re.DOTALL)
        assert count == 1, name
        script.write_text(changed)
        git(self.clone, "update-index", "--assume-unchanged", name)

    def calls(self) -> list[list[str]]:
        """What the last run called, in order, with what differs from run to run by its name."""
        return [[self._named(word) for word in call] for call in self.project.calls]

    def changes(self) -> list[list[str]]:
        """The calls that change something."""
        reading = {"version", "list", "describe", "get-value", "get-iam-policy", "get-default-service-account"}
        reading |= {"print-access-token", "list-files-for-upload", "show"}
        return [call for call in self.calls() if not reading & set(call)]

    def _named(self, text: str) -> str:
        text = text.replace(self.commit, "COMMIT")
        text = re.sub(rf"{self.project.address}/([\w-]+)", r"https://\1.run.app", text)
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
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    # The tests do not wait for what takes Google minutes.
    script = (folder / "ops" / "google.sh").read_text()
    hurried = script.replace("PATIENCE_SECONDS=180\nPAUSE_SECONDS=10\n", "PATIENCE_SECONDS=20\nPAUSE_SECONDS=0\n")
    assert hurried != script
    (folder / "ops" / "google.sh").write_text(hurried)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "as it is now")
    return folder


@pytest.fixture(scope="session")
def first_preflight(
    tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> tuple[Cloud, subprocess.CompletedProcess[str]]:
    """A preflight in a fresh clone. The clones of all tests use its environment."""
    folder = tmp_path_factory.mktemp("shipped")
    with made(folder, repository, NOBODY) as running:
        return running, running.run("ops/preflight.sh", folder / "upload", "a-version")


@pytest.fixture
def clone(tmp_path: Path, repository: Path, first_preflight: tuple[Cloud, object]) -> Iterator[Cloud]:
    """A clone with the environment of an earlier preflight, and a project whose functions only answer."""
    with made(tmp_path, repository, NOBODY) as running:
        running.environment.symlink_to(first_preflight[0].environment)
        yield running


@pytest.fixture(scope="module")
def pipeline(emulator: str) -> Iterator[Platform]:
    """A project with the pipeline's tables, which no deploy changes."""
    platform = Platform({"GCP_PROJECT_ID": "test", "BIGQUERY_EMULATOR_HOST": emulator})
    create_tables(platform.client)
    yield platform
    platform.delete_datasets()


@pytest.fixture
def google(
    tmp_path: Path, repository: Path, first_preflight: tuple[Cloud, object], pipeline: Platform
) -> Iterator[Cloud]:
    """The same with real functions, and with the pipeline's tables in the project and none of the monitor's."""
    for dataset in ("nba_monitoring", "nba_monitoring_staging"):
        pipeline.client.delete_dataset(dataset, delete_contents=True, not_found_ok=True)
    with made(tmp_path, repository, pipeline.environment["BIGQUERY_EMULATOR_HOST"], real=True) as running:
        running.environment.symlink_to(first_preflight[0].environment)
        running.without_boots()
        yield running


@contextmanager
def made(folder: Path, repository: Path, emulator: str, *, real: bool = False) -> Iterator[Cloud]:
    """A clone of the repository in this folder, and a project to deploy it to; real: what is deployed is served."""
    git(folder, "clone", "-q", str(repository), "clone")
    with GoogleCloud(folder, emulator, real=real) as running:
        running.install(folder / "bin")
        Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield Cloud(folder, folder / "clone", running)
        running.shutdown()
