"""The preflight: what would be uploaded, alone in a clean environment, boots; and whatever it lacks is named.

On 2026-01-18 a service of the platform was deployed with a module missing, and was down for 27 minutes.
"""

import json
import re
import shutil
import subprocess
from os import environ

import pytest

from local.emulator import ROOT
from tests.integration.ops.conftest import Cloud, git

DIRECT = {"functions-framework", "google-cloud-bigquery", "pydantic", "slack-sdk"}
SHIPPED = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "main.py", "monitor", "schemas").split()


def preflight(clone: Cloud) -> subprocess.CompletedProcess[str]:
    return clone.run("ops/preflight.sh", clone.folder / "upload", "a-version")


def fails(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def without(requirements: str, package: str) -> str:
    """The requirements without the lines of one package."""
    return re.sub(rf"^{package}==.*\n(?:[ #].*\n)*", "", requirements, flags=re.MULTILINE)


def test_what_is_uploaded_boots_alone(first_preflight: tuple[Cloud, subprocess.CompletedProcess[str]]) -> None:
    clone, ran = first_preflight
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (
        f"{len(SHIPPED) + 1} files; all imports ship; boots with the settings of staging and production" in ran.stdout
    )

    # Without its project it fails to boot, with one line that names it.
    booted = subprocess.run(
        [clone.environment / "bin" / "functions-framework", "--target=check_data_availability"],
        cwd=clone.folder / "upload" / "source",
        env={"PATH": environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert booted.returncode != 0
    (line,) = booted.stderr.splitlines()
    assert json.loads(line)["severity"] == "CRITICAL"
    assert "GCP_PROJECT_ID: is required but not set" in json.loads(line)["message"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(["monitor/core/words.py"], id="one"),
        # Of every kind and in every folder.
        pytest.param(sorted(SHIPPED), id="all"),
    ],
)
def test_files_that_are_not_uploaded_are_named(clone: Cloud, files: list[str]) -> None:
    clone.change(left_out=files)
    assert f"in git but not uploaded; see .gcloudignore: {', '.join(files)}\n" in fails(preflight(clone))


def test_a_file_that_is_not_in_git_is_named(clone: Cloud) -> None:
    git(clone.clone, "rm", "-q", "--cached", "monitor/core/words.py")
    clone.change(also=["monitor/core/words.py"])
    assert "uploaded but not in git; commit or remove: monitor/core/words.py" in fails(preflight(clone))


def test_packages_that_are_not_required_are_named(clone: Cloud) -> None:
    (clone.clone / "requirements.txt").write_text("")
    said = fails(preflight(clone))
    for package in DIRECT:
        module = {"google-cloud-bigquery": "google.cloud.bigquery"}.get(package, package.replace("-", "_"))
        assert re.search(rf"→ {re.escape(module)}[\w.]*: no requirement provides it", said), said

    # The environment, now one without packages, is kept as long as it is clean.
    (kept,) = clone.environment.glob("lib/*/site-packages")
    (clone.environment / "mark").touch()
    fails(preflight(clone))
    assert (clone.environment / "mark").exists()
    (kept / "stray.py").touch()
    fails(preflight(clone))
    assert not (kept / "stray.py").exists()


def test_a_package_that_another_needs_is_named(clone: Cloud) -> None:
    requirements = clone.clone / "requirements.txt"
    requirements.write_text(without(requirements.read_text(), "werkzeug"))
    assert "werkzeug" in fails(preflight(clone)).lower()


def test_settings_that_do_not_boot_are_told(clone: Cloud) -> None:
    with (clone.clone / "ops" / "production.env").open("a") as settings:
        settings.write("PREDICTIONS_AT=six\n")
    told = fails(preflight(clone))
    assert "did not boot with ops/production.env" in told
    assert "PREDICTIONS_AT: 'six' is not a time of day, such as 18:00" in told


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
def test_gcloud_uploads_what_is_in_git(clone: Cloud) -> None:
    command = ["gcloud", "meta", "list-files-for-upload", "."]
    listed = subprocess.run(command, cwd=clone.clone, check=True, capture_output=True, text=True)
    assert sorted(listed.stdout.split()) == sorted([*SHIPPED, "requirements.txt"])


def test_requirements_are_the_four_packages_and_what_they_need() -> None:
    text = (ROOT / "requirements.txt").read_text()
    asked_for = {line for line in (ROOT / "requirements.in").read_text().splitlines() if not line.startswith("#")}
    assert asked_for == DIRECT
    # Every other package names the one that needs it, and every package has hashes.
    packages = [block for block in text.split("\n") if "==" in block]
    assert text.count("# via") == len(packages)
    assert all(line.endswith("\\") for line in packages)
