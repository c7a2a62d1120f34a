"""The function shipped alone: the files that a deploy uploads, an environment of requirements.txt and nothing else.

On 2026-01-18 a service of the platform was deployed with a module missing, and was down for 27 minutes.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from os import environ
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parent.parent
DIRECT = {"functions-framework", "google-cloud-bigquery", "pydantic", "slack-sdk"}


def uploaded_files() -> set[str]:
    """What .gcloudignore, which is written as a .gitignore is, leaves of the files that git tracks or would track."""
    listing = ["git", "ls-files", "--cached", "--others"]
    all_files = subprocess.run([*listing, "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True)
    ignored = subprocess.run(
        [*listing, "--ignored", "--exclude-from=.gcloudignore"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(all_files.stdout.split()) - set(ignored.stdout.split())


def test_only_the_function_is_uploaded() -> None:
    files = uploaded_files()
    assert {path.split("/")[0] for path in files} == {"main.py", "requirements.txt", "monitor", "schemas"}
    assert {path for path in files if not path.endswith((".py", ".sql", ".json", ".html", ".css"))} == {
        "requirements.txt"
    }


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed; git reads .gcloudignore alone")
def test_gcloud_reads_the_ignore_file_alike() -> None:
    command = ["gcloud", "meta", "list-files-for-upload", "."]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert set(listed.stdout.split()) == uploaded_files()


def test_requirements_are_the_four_packages_and_what_they_need() -> None:
    text = (ROOT / "requirements.txt").read_text()
    asked_for = {line for line in (ROOT / "requirements.in").read_text().splitlines() if not line.startswith("#")}
    assert asked_for == DIRECT
    # Every other package names the one that needs it, and every package has hashes.
    packages = [block for block in text.split("\n") if "==" in block]
    assert text.count("# via") == len(packages)
    assert all(line.endswith("\\") for line in packages)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder that would be uploaded, and the bin folder of a clean environment."""
    folder, environment = tmp_path_factory.mktemp("upload"), tmp_path_factory.mktemp("clean") / "venv"
    for name in uploaded_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, environment], check=True)
    install: list[str | Path] = [
        uv,
        "pip",
        "install",
        "-q",
        "--python",
        environment / "bin" / "python",
        "-r",
        "requirements.txt",
    ]
    subprocess.run(install, cwd=folder, check=True)
    return folder, environment / "bin"


def serve(binaries: Path) -> list[str]:
    return [str(binaries / "functions-framework"), "--target", "check_data_availability"]


@pytest.fixture
def url(shipped: tuple[Path, Path]) -> Iterator[str]:
    """The function as the functions framework serves it in production, gunicorn included."""
    folder, binaries = shipped
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    process = subprocess.Popen(
        [*serve(binaries), "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder,
        env={"PATH": environ["PATH"], "GCP_PROJECT_ID": "shipped"},
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def test_it_boots_and_answers_health(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310 - a server of this test
                assert json.load(answer)["status"] == "alive"
                return
        except URLError:
            assert time.monotonic() < deadline, "the shipped function did not boot"
            time.sleep(0.1)


def test_without_its_project_it_fails_to_boot_with_one_line_that_names_it(shipped: tuple[Path, Path]) -> None:
    folder, binaries = shipped
    ran = subprocess.run(
        serve(binaries),
        cwd=folder,
        env={"PATH": environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode != 0
    (line,) = ran.stderr.splitlines()
    assert json.loads(line)["severity"] == "CRITICAL"
    assert "GCP_PROJECT_ID: is not set" in json.loads(line)["message"]
