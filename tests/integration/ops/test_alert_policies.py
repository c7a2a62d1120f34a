"""Each alert policy is raised by the very lines that the function writes when its trouble happens, and by no others."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen

import pytest
import time_machine

from local import sample
from local.emulator import ROOT
from local.inbox import Answer, Inbox
from tests.conftest import NOBODY, Door, Platform, webhook
from tests.integration.ops.log_filter import matches

POLICIES = {path.stem: json.loads(path.read_text()) for path in (ROOT / "ops" / "alert_policies").glob("*.json")}
METRIC = json.loads((ROOT / "ops" / "completed_runs.json").read_text())
FILTERS = {
    **{
        name: policy["conditions"][0]["conditionMatchedLog"]["filter"]
        for name, policy in POLICIES.items()
        if "conditionMatchedLog" in policy["conditions"][0]
    },
    "completed run": METRIC["filter"],
}


RESOURCE = {"type": "cloud_run_revision", "labels": {"service_name": "data-availability-monitor"}}


def raised(*entries: dict[str, Any]) -> set[str]:
    """The policies, and the metric of completed runs, that one of these entries matches."""
    return {
        name
        for name, text in FILTERS.items()
        if any(matches(text, {"resource": RESOURCE, **entry}) for entry in entries)
    }


def written(output: str) -> list[dict[str, Any]]:
    """What Cloud Run makes of the lines that a container writes: JSON is a payload, anything else is text."""
    return [
        {"jsonPayload": json.loads(line)} if line.startswith("{") else {"textPayload": line}
        for line in output.splitlines()
    ]


# What the function writes itself, each trouble provoked.


def boot(folder: Path, **settings: str) -> str:
    """What the function writes when it is started in a folder, and ends by itself."""
    command = [sys.executable, "-B", "-m", "functions_framework", "--target", "check_data_availability", "--port", "0"]
    ran = subprocess.run(
        [*command, "--host", "127.0.0.1"],
        cwd=folder,
        env={"GCP_PROJECT_ID": "nba", **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0
    return ran.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The function's files, to break."""
    for name in ("monitor", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "main.py", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        # The incident of 2026-01-18: a module that something imported did not ship.
        ("monitor/slack/client.py", "No module named 'monitor.slack.client'"),
        # Before the function can say anything structured, Python says it in plain text.
        ("monitor/logs.py", "No module named 'monitor.logs'"),
        ("monitor/boot.py", "No module named 'monitor.boot'"),
    ],
)
def test_a_missing_module_is_a_boot_failure(copy: Path, missing: str, told: str) -> None:
    (copy / missing).unlink()
    output = boot(copy)
    assert told in output
    assert raised(*written(output)) == {"boot_failure"}


def test_a_missing_setting_is_a_boot_failure() -> None:
    output = boot(ROOT, PREDICTIONS_AT="six")
    assert "PREDICTIONS_AT: 'six' is not a time of day" in output
    assert raised(*written(output)) == {"boot_failure"}


@pytest.mark.parametrize(
    "entry",
    [
        # Cloud Run's own, when a container does not listen: in the log of the system, for each attempt, ...
        {
            "textPayload": 'Default STARTUP TCP probe failed 1 time consecutively for container "worker" on port 8080.'
            " The instance was not started."
        },
        # ... and in that of system events, when it has given the revision up.
        {
            "protoPayload": {
                "status": {
                    "message": "Ready condition status changed to False for Revision data-availability-monitor-00002"
                    " with message: The user-provided container failed to start and listen on the port defined"
                    " provided by the PORT=8080 environment variable within the allocated timeout."
                }
            }
        },
        {"textPayload": "ImportError: cannot import name 'judge' from 'monitor.core.verdict'"},
    ],
)
def test_others_words_for_a_boot_failure(entry: dict[str, Any]) -> None:
    assert raised(entry) == {"boot_failure"}


def test_a_revision_that_became_ready_raises_nothing() -> None:
    message = "Ready condition status changed to True for Revision data-availability-monitor-00002-abc."
    assert raised({"protoPayload": {"status": {"message": message}}}) == set()


def test_a_worker_that_hangs_is_a_boot_failure(copy: Path) -> None:
    """As on 2026-01-18, when a worker timed out and was killed: the real server, with a worker that stands still."""
    (copy / "main.py").write_text(
        "from monitor.boot import booting\n"
        "with booting() as booted:\n"
        "    booted('a-version', {})\n"
        "def check_data_availability(request):\n"
        "    return 'alive'\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    command = [sys.executable, "-B", "-m", "functions_framework", "--target", "check_data_availability"]
    log = copy / "log"
    with log.open("w") as errors:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=copy,
            env={"CLOUD_RUN_TIMEOUT_SECONDS": "1"},
            stderr=errors,
            start_new_session=True,
        )
    try:
        wait_until(lambda: is_served(port))
        os.kill(int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()), signal.SIGSTOP)
        wait_until(lambda: "SIGKILL" in log.read_text())
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    booted, timeout, killed = written(log.read_text())[:3]
    assert raised(booted) == set()
    assert raised(timeout) == raised(killed) == {"boot_failure"}
    assert "WORKER TIMEOUT" in timeout["jsonPayload"]["message"]
    assert "was sent SIGKILL! Perhaps out of memory?" in killed["jsonPayload"]["message"]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 30
    while not holds():
        assert monotonic() < deadline
        sleep(0.05)


def is_served(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("zone", ["America/New_York", "America/Chicago"])
def test_the_mornings_run_is_a_completed_run_whatever_it_finds(
    season: Platform, inbox: Inbox, door: Door, capsys: pytest.CaptureFixture[str], zone: str
) -> None:
    client = door(season.environment, **webhook(inbox), LEAGUE_TIMEZONE=zone)
    capsys.readouterr()
    by_scheduler = {"X-CloudScheduler": "true"}
    client.post("/", headers={**by_scheduler, "X-CloudScheduler-JobName": "data-availability-monitor"})
    assert raised(*written(capsys.readouterr().err)) == {"completed run"}
    # Neither a person's check nor a re-check is the morning's run, nor is the morning's job, started by hand at eleven:
    # it would put off the next alarm to half past eleven.
    client.get("/")
    with time_machine.travel(sample.MORNING + timedelta(hours=3), tick=True):
        client.post("/", headers={**by_scheduler, "X-CloudScheduler-JobName": "data-availability-monitor"})
    client.post("/", headers={**by_scheduler, "X-CloudScheduler-JobName": "data-availability-recheck"})
    client.get("/?date=nonsense")
    assert raised(*written(capsys.readouterr().err)) == set()


@pytest.mark.usefixtures("morning")
def test_an_alert_that_is_not_delivered(
    season: Platform, inbox: Inbox, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    client = door(season.environment, **webhook(inbox))
    inbox.answer_next(Answer(404, "no_service"))
    capsys.readouterr()
    assert client.post("/", headers={"X-CloudScheduler": "true"}).status_code == 502
    assert raised(*written(capsys.readouterr().err)) == {"delivery_failed"}


def test_a_warehouse_that_does_not_answer(
    door: Door, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.bigquery.client.RETRY_SECONDS", 0.2)
    client = door({"GCP_PROJECT_ID": "nobody", "BIGQUERY_EMULATOR_HOST": NOBODY})
    capsys.readouterr()
    for path in ("/", "/history"):
        assert client.get(path).status_code == 503
        assert raised(*written(capsys.readouterr().err)) == {"function_errors"}


def test_a_bug(door: Door, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.web.answers.openapi", lambda: 1 / 0)
    client = door({"GCP_PROJECT_ID": "nobody"})
    capsys.readouterr()
    assert client.get("/openapi.json").status_code == 500
    assert raised(*written(capsys.readouterr().err)) == {"function_errors"}


@pytest.mark.parametrize(
    ("status", "policies"),
    [
        # Cloud Run's own line of a request tells what the function could not: a crash, no memory, too slow.
        (500, {"function_errors"}),
        (503, {"function_errors"}),
        (504, {"function_errors"}),
        # Slack's failure has a policy of its own, and the function's own line to match.
        (502, set()),
        # A finding, a wrong question and a stranger are no trouble.
        (200, set()),
        (400, set()),
        (403, set()),
    ],
)
def test_what_cloud_run_writes_of_a_request(status: int, policies: set[str]) -> None:
    assert raised({"httpRequest": {"status": status}}) == policies


def test_a_booted_function_and_staging_raise_nothing(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    door({"GCP_PROJECT_ID": "nobody"})
    booted = written(capsys.readouterr().err)
    assert [entry["jsonPayload"]["event"] for entry in booted] == ["booted"]
    assert raised(*booted) == set()
    staging = {"type": "cloud_run_revision", "labels": {"service_name": "data-availability-staging"}}
    assert raised({"resource": staging, "jsonPayload": {"event": "boot_failed"}}) == set()


# No completed run by 08:30, with Prometheus's own evaluation of the query.

SERIES = 'logging_googleapis_com:user_data_availability_completed_runs{monitored_resource="cloud_run_revision"}'
STEP = timedelta(minutes=10)
NONE = {"labels": "{}", "value": 0}  # no run in the window, which is what the policy alerts on


def holds(runs: Sequence[datetime], at: datetime, folder: Path) -> bool:
    """Whether the policy's condition holds at a time, when runs were completed at these times.

    promtool's clock starts with the year 1970, whose weekdays are those of 2026.
    """
    query = POLICIES["no_completed_run"]["conditions"][0]["conditionPrometheusQueryLanguage"]["query"]
    start = datetime(1970, 1, 1, tzinfo=UTC)
    moments = [start + number * STEP for number in range((at - start) // STEP + 1)]
    # Before its first run there is no series; then a count of the runs so far.
    values = [
        "_" if not runs or moment < runs[0] - STEP else str(sum(run <= moment for run in runs)) for moment in moments
    ]
    case = {
        "interval": "10m",
        "input_series": [{"series": SERIES, "values": " ".join(values)}],
        "promql_expr_test": [{"expr": query, "eval_time": f"{(at - start) // STEP * 10}m", "exp_samples": [NONE]}],
    }
    (folder / "test.json").write_text(json.dumps({"tests": [case]}))
    return promtool(folder)


def promtool(folder: Path) -> bool:
    """Whether test.json is right that the policy's condition holds."""
    command = ["promtool", "test", "rules", "test.json"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = ran.stdout + ran.stderr
    assert re.search(r"SUCCESS|got: nil", said), said
    return ran.returncode == 0


needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool, of Prometheus, is not installed")


@needs_promtool
@pytest.mark.parametrize(
    ("figure", "missing"),
    [
        # Cloud Monitoring interpolates an increase: one run is seldom exactly 1, and none is seldom exactly 0.
        (0.97, False),
        (0.03, True),
    ],
)
def test_one_run_is_seldom_exactly_one(figure: float, missing: bool, tmp_path: Path) -> None:
    query = POLICIES["no_completed_run"]["conditions"][0]["conditionPrometheusQueryLanguage"]["query"]
    query = re.sub(r"increase\(.*?\]\)", f"vector({figure})", query)
    expected = [{"labels": "{}", "value": figure}]
    case = {"interval": "10m", "promql_expr_test": [{"expr": query, "eval_time": "1d", "exp_samples": expected}]}
    (tmp_path / "test.json").write_text(json.dumps({"tests": [case]}))
    assert promtool(tmp_path) == missing


@needs_promtool
@pytest.mark.parametrize(
    ("runs", "at", "missing"),
    [
        # Winter, 08:00 in New York is 13:00 UTC: yesterday's run counts until 08:30 of today.
        (["01-17 13:00"], "01-18 13:20", False),
        (["01-17 13:00"], "01-18 13:40", True),
        (["01-17 13:00", "01-18 13:00"], "01-18 13:40", False),
        # A run that came back with the scheduler's third attempt was late, but is a run.
        (["01-17 13:00", "01-18 13:20"], "01-18 13:40", False),
        # Summer: 12:00 UTC.
        (["06-17 12:00"], "06-18 12:20", False),
        (["06-17 12:00"], "06-18 12:40", True),
        # A function that never ran has no series at all.
        ([], "01-18 13:40", True),
        # It stays so until a run is completed.
        (["01-16 13:00"], "01-18 20:00", True),
        # The clocks go back on the first Sunday of November: between two runs are 25 hours.
        (["10-31 12:00"], "11-01 12:40", False),
        (["10-31 12:00", "11-01 13:00"], "11-01 14:20", False),
        (["10-31 12:00"], "11-01 14:20", True),
        # They go forward on the second Sunday of March: it is noticed at 09:30 then.
        (["03-07 13:00"], "03-08 13:40", True),
        (["03-07 13:00", "03-08 12:00"], "03-09 12:20", False),
    ],
)
def test_no_completed_run(runs: list[str], at: str, missing: bool, tmp_path: Path) -> None:
    moments = [datetime.strptime(f"1970-{text} +0000", "%Y-%m-%d %H:%M %z") for text in [*runs, at]]
    assert holds(moments[:-1], moments[-1], tmp_path) == missing
