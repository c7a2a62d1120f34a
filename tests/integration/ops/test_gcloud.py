"""The real gcloud and bq accept every command that deploy.sh runs: no flag, choice or file is invented.

They talk to a server on this machine that finds nothing, so a command gets as far as its first request and no further.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from local.emulator import ROOT
from tests.conftest import Platform
from tests.integration.ops.real import Gcloud, real_gcloud

SEQUENCES = Path(__file__).parent / "sequences"
pytestmark = pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")

# Told from this machine alone, without a request.
LOCAL = ("meta", "config", "version", "auth")


def commands() -> list[list[str]]:
    """One command of each shape, that is of the same words and flags, of all the recorded sequences."""
    shapes: dict[tuple[str, ...], list[str]] = {}
    for path in sorted(SEQUENCES.glob("*.txt")):
        for line in path.read_text().splitlines():
            words = shlex.split(line)
            flags = tuple(word.partition("=")[0] for word in words if word.startswith("--"))
            shapes.setdefault((*words[:4], *flags), words)
    return list(shapes.values())


class Proxy(ThreadingHTTPServer):
    """Answers for all hosts, since gcloud makes regional ones that nobody could resolve."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.known: object = None  # what every request is answered with; nothing is found where it is None


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        known = self.server.known
        body = json.dumps(known or {"error": {"code": 404, "message": "nothing here", "status": "NOT_FOUND"}}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - the names that the library calls

    def log_message(self, *_given: object) -> None:
        """Keep the tests' output to what fails."""


@pytest.fixture(scope="module")
def running() -> Iterator[Proxy]:
    with Proxy() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(running: Proxy) -> Proxy:
    running.asked.clear()
    running.known = None
    return running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What deploy.sh has made by then: the source, and the policies with their labels."""
    folder = tmp_path_factory.mktemp("folder")
    (folder / "source").symlink_to(ROOT)
    for path in (ROOT / "ops" / "alert_policies").glob("*.json"):
        (folder / path.name).write_text(json.dumps({"userLabels": {"content": "0"}, **json.loads(path.read_text())}))
    return folder


@pytest.fixture(scope="module")
def gcloud(running: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gcloud]:
    """The real gcloud, loaded once for all commands."""
    with real_gcloud(ROOT, tmp_path_factory.mktemp("gcloud"), running.server_port) as run:
        yield run


def commands_of(tool: str) -> list[list[str]]:
    return [words for name, *words in commands() if name == tool]


def first_words(words: list[str]) -> str:
    return " ".join(words[:4])


@pytest.mark.parametrize("words", commands_of("gcloud"), ids=first_words)
def test_every_gcloud_command_is_one(words: list[str], proxy: Proxy, gcloud: Gcloud, folder: Path) -> None:
    status, _, errors = gcloud([word.replace("FOLDER", str(folder)) for word in words])
    assert status != 2, errors  # gcloud's exit code for words that it does not know
    if words[0] not in LOCAL:
        assert proxy.asked, errors


def test_an_unknown_flag_is_noticed(gcloud: Gcloud) -> None:
    status, _, _ = gcloud(["services", "list", "--no-such-flag"])
    assert status == 2


@pytest.mark.parametrize("words", commands_of("bq"), ids=first_words)
def test_every_bq_command_is_one(words: list[str], empty_project: Platform, folder: Path) -> None:
    emulator = empty_project.environment["BIGQUERY_EMULATOR_HOST"]
    command = ["bq", f"--bigqueryrc={folder / 'none'}", f"--api={emulator}", *words]
    # bq asks gcloud three times for its settings and tokens, which takes longer than all else.
    gcloud = folder / "bin" / "gcloud"
    gcloud.parent.mkdir(exist_ok=True)
    gcloud.write_text("#!/bin/sh\n[ $1 = config ] && echo '{}' || echo no-token\n")
    gcloud.chmod(0o755)
    environment = {"CLOUDSDK_AUTH_ACCESS_TOKEN": "no-token", "PATH": f"{gcloud.parent}:{os.environ['PATH']}"}
    ran = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    said = ran.stdout + ran.stderr
    # It got as far as the emulator, which makes a dataset, and has none to show.
    assert ran.returncode == 0 or said.startswith("BigQuery error in"), said


JOB = {
    "name": "projects/test/locations/us-west2/jobs/data-availability-monitor",
    "schedule": "0 8 * * *",
    "timeZone": "America/New_York",
    "state": "ENABLED",
    "httpTarget": {
        "uri": "https://data-availability-monitor.run.app/",
        "httpMethod": "POST",
        "headers": {"User-Agent": "Google-Cloud-Scheduler"},
        "oidcToken": {"serviceAccountEmail": "a@b", "audience": "https://data-availability-monitor.run.app"},
    },
    "attemptDeadline": "540s",
    "retryConfig": {
        "retryCount": 3,
        "maxRetryDuration": "0s",
        "minBackoffDuration": "60s",
        "maxBackoffDuration": "600s",
        "maxDoublings": 5,
    },
}
SERVICE = {
    "metadata": {"name": "data-availability-monitor"},
    "status": {
        "url": "https://data-availability-monitor.run.app",
        "traffic": [{"revisionName": "data-availability-monitor-00002-abc", "percent": 100, "latestRevision": True}],
    },
}
REVISIONS = [
    {
        "metadata": {"name": f"data-availability-monitor-0000{number}", "creationTimestamp": f"2026-01-0{number}"},
        "status": {"conditions": [{"type": "Active", "status": "True"}, {"type": "Ready", "status": ready}]},
    }
    for number, ready in [(1, "True"), (3, "True"), (2, "False")]
]
POLICIES = [
    {
        "displayName": "The first",
        "name": "projects/test/alertPolicies/1",
        "userLabels": {"content": "abc"},
        "notificationChannels": ["projects/test/notificationChannels/7", "projects/test/notificationChannels/8"],
    },
    {"displayName": "Another's", "name": "projects/test/alertPolicies/2"},
]
BINDINGS = [
    {"role": "roles/viewer", "members": ["user:dev@example.com"]},
    {"role": "roles/iam.serviceAccountOpenIdTokenCreator", "members": ["user:x@y", "user:dev@example.com"]},
    {"role": "roles/owner", "members": ["user:x@y"]},
]


@pytest.mark.parametrize(
    ("start", "known", "shown"),
    [
        # Compared as a whole with what the job should be.
        (
            "scheduler jobs describe data-availability-monitor ",
            JOB,
            (
                "0 8 * * *|America/New_York|https://data-availability-monitor.run.app/|POST|a@b"
                "|https://data-availability-monitor.run.app|540s|3|60s|600s|ENABLED\n"
            ),
        ),
        # Where it is, and which revision serves.
        ("run services describe .*url", SERVICE, "https://data-availability-monitor.run.app\n"),
        ("run services describe .*revisionName", SERVICE, "data-availability-monitor-00002-abc\n"),
        # The newest first, each with whether it is ready.
        (
            "run revisions list",
            {"items": REVISIONS, "metadata": {}},
            (
                "data-availability-monitor-00003\tTrue\ndata-availability-monitor-00002\tFalse\n"
                "data-availability-monitor-00001\tTrue\n"
            ),
        ),
        # The member's roles, and no one else's.
        (
            "iam service-accounts get-iam-policy",
            {"bindings": BINDINGS},
            "roles/viewer\nroles/iam.serviceAccountOpenIdTokenCreator\n",
        ),
        ("services list", {"services": [{"config": {"name": "run.googleapis.com"}}]}, "run.googleapis.com\n"),
        ("projects describe", {"projectId": "test", "projectNumber": "12"}, "12\n"),
        ("logging metrics describe", {"name": "m", "filter": 'a="b" AND c=false'}, 'a="b" AND c=false\n'),
        # A policy without label or channel keeps its place in the line.
        (
            "alpha monitoring policies list",
            {"alertPolicies": POLICIES},
            (
                "The first|projects/test/alertPolicies/1|abc"
                "|projects/test/notificationChannels/7,projects/test/notificationChannels/8\n"
                "Another's|projects/test/alertPolicies/2||\n"
            ),
        ),
    ],
    ids=lambda given: given.strip() if isinstance(given, str) else "",
)
def test_what_is_read_has_the_form_that_is_looked_for(
    start: str, known: object, shown: str, proxy: Proxy, gcloud: Gcloud
) -> None:
    words = next(
        shlex.split(line)
        for path in sorted(SEQUENCES.glob("*.txt"))
        for line in path.read_text().splitlines()
        if re.match(f"gcloud {start}", line)
    )
    proxy.known = known
    status, output, errors = gcloud(words[1:])
    assert (output, status) == (shown, 0), errors
