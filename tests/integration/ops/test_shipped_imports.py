"""The check of what ships: the incidents that it is for, this repository, and the command."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.emulator import ROOT
from tests.unit.shipped_imports.trees import Answer, check, check_upload, write

FINDING = "main.py:1 → lock.py: not uploaded"
INCIDENTS = ROOT / "tests" / "unit" / "shipped_imports" / "incidents"


@pytest.mark.parametrize(
    ("incident", "entry", "missing"),
    [
        (
            "distributed_lock",
            "coordinator.py",
            ["coordinator.py:48 → batch_staging_writer.py:12 → distributed_lock.py: not copied"],
        ),
        (
            "shared_package",
            "predictions/worker/worker.py",
            [
                "predictions/worker/worker.py:5 → shared/clients/__init__.py:4 → shared/clients/pool.py: not copied",
                *(
                    f"predictions/worker/worker.py:20 → shared/alerts/{name}.py: not copied "
                    "(imported when report() is called)"
                    for name in ("__init__", "slack")
                ),
            ],
        ),
        (
            "requirement_forgotten",
            "orchestrator/main.py",
            ["orchestrator/main.py:5 → orchestrator/notifications.py:3 → slack_sdk: no requirement provides it"],
        ),
    ],
)
def test_an_incident_would_have_been_seen(incident: str, entry: str, missing: list[str], tmp_path: Path) -> None:
    _, *parts = re.split(r"^-- (.+)\n", (INCIDENTS / f"{incident}.txt").read_text(), flags=re.MULTILINE)
    write(tmp_path, dict(zip(parts[::2], parts[1::2], strict=True)))
    deployed = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile.deployed"), entry)
    assert deployed == Answer(1, missing, [])
    fixed = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile.fixed"), entry)
    assert (fixed.status, fixed.err) == (0, [])


# This repository.

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "monitor").rglob("*.py"))
UPLOADED = ["main.py", "requirements.txt", *MODULES]
COMMAND_LINE = [module for module in MODULES if module.startswith(("monitor/__main__", "monitor/cli/"))]
DIRECT = {
    "functions-framework": "functions_framework",
    "google-cloud-bigquery": "google.cloud.bigquery",
    "pydantic": "pydantic",
    "slack-sdk": "slack_sdk",
}


def test_this_function_ships_whole() -> None:
    answer = check_upload(ROOT, UPLOADED, "main.py")
    assert (answer.status, answer.err) == (0, [])
    assert re.fullmatch(r"main.py: \d+ modules and \d+ third-party packages, all shipped", answer.out[0])


# Without these the packages are namespace packages, which work too.
EMPTY = [
    module
    for module in MODULES
    if "__init__" in module and module not in COMMAND_LINE and not ast.parse((ROOT / module).read_bytes()).body[1:]
]


@pytest.mark.parametrize("module", [module for module in MODULES if module not in {*COMMAND_LINE, *EMPTY}])
def test_without_one_of_its_modules_it_does_not(module: str) -> None:
    answer = check_upload(ROOT, [file for file in UPLOADED if file != module], "main.py")
    assert (answer.status, answer.err) == (1, [])
    (line,) = answer.out
    assert line.startswith("main.py:")
    # The function answers /health before it imports the rest.
    assert re.search(rf" → {module}: not uploaded( \(imported when \w+\(\) is called\))?$", line)


@pytest.mark.parametrize("module", EMPTY)
def test_without_an_empty_one_it_does(module: str) -> None:
    answer = check_upload(ROOT, [file for file in UPLOADED if file != module], "main.py")
    assert answer.status == 0
    assert answer.err[0].endswith(f"{module}: not uploaded, but it is empty: the package works without it")


def test_one_call_judges_this_repository() -> None:
    """As the hook in .pre-commit-config.yaml does."""
    answer = check(ROOT)
    assert (answer.status, answer.err) == (0, [])
    assert re.fullmatch(r"main.py: \d+ modules and \d+ third-party packages, all shipped", answer.out[0])


def test_the_command_line_is_not_reached_from_the_function() -> None:
    assert check_upload(ROOT, [file for file in UPLOADED if file not in COMMAND_LINE], "main.py").status == 0


@pytest.mark.parametrize("distribution", DIRECT)
def test_without_one_of_its_requirements_it_does_not(distribution: str, tmp_path: Path) -> None:
    text = (ROOT / "requirements.txt").read_text()
    without = re.sub(rf"^{distribution}==.*\n(?: .*\n)*", "", text, flags=re.MULTILINE)
    assert without != text
    write(tmp_path, {"requirements.txt": without})
    answer = check_upload(ROOT, UPLOADED, "--requirements", str(tmp_path / "requirements.txt"), "main.py")
    assert answer.status == 1
    assert [line for line in answer.out if f" → {DIRECT[distribution]}: no requirement provides it" in line]


# The command.


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with the standard library alone: -S leaves out the packages that are installed."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "ops.shipped_imports", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_needs_no_package_and_finds_so_itself(tmp_path: Path) -> None:
    own = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "ops" / "shipped_imports").glob("*.py"))
    write(tmp_path, {"uploaded": "\n".join(own)})
    ran = command("--uploaded", tmp_path / "uploaded", "ops/shipped_imports/__main__.py")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (
        ran.stdout == f"ops/shipped_imports/__main__.py: {len(own)} modules and 0 third-party packages, all shipped\n"
    )


def gcloud(folder: Path, script: str) -> str:
    """A path that has this gcloud first."""
    write(folder, {"bin/gcloud": f"#!/bin/sh\n{script}\n"})
    (folder / "bin" / "gcloud").chmod(0o755)
    return f"{folder / 'bin'}:{os.environ['PATH']}"


def test_gcloud_is_asked_what_would_be_uploaded(tmp_path: Path) -> None:
    write(tmp_path, {"root/main.py": "import lock", "root/lock.py": ""})
    path = gcloud(
        tmp_path, f'test "$*" = "meta list-files-for-upload {tmp_path}/root" && echo main.py && cat {tmp_path}/more'
    )
    write(tmp_path, {"more": ""})
    ran = command("--root", tmp_path / "root", "main.py", PATH=path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, f"{FINDING}\n", "")
    write(tmp_path, {"more": "lock.py"})
    ran = command("--root", tmp_path / "root", "main.py", PATH=path)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_gcloud_may_fail(tmp_path: Path) -> None:
    ran = command("main.py", PATH=gcloud(tmp_path, "echo 'no such directory' >&2; exit 1"))
    said = "cannot tell: gcloud could not list the files to upload: no such directory\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", said)


def test_there_may_be_no_gcloud(tmp_path: Path) -> None:
    ran = command("main.py", PATH=str(tmp_path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "No such file or directory: 'gcloud'; give a list with --uploaded" in ran.stderr


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
def test_the_real_gcloud_lists_this_function() -> None:
    assert check(ROOT, "main.py").status == 0


def test_a_wrong_call_is_exit_2() -> None:
    assert command("--unknown").returncode == 2
    assert command("--uploaded", "a").returncode == 2
    assert command("--github", "--snippet").returncode == 2


def test_two_thousand_modules_take_less_than_four_times_their_parsing(tmp_path: Path) -> None:
    """Each of sixty lines, with an import of the library's, its package's, its neighbour's, and one that waits."""
    body = "\n".join(
        f"def step_{n}(rows):\n    '''Of {n}.'''\n    return [row | {{'n': {n}}} for row in rows]\n" for n in range(12)
    )
    names = [f"package_{n % 40}.module_{n}" for n in range(2_000)]
    files = {f"package_{n}/__init__.py": "" for n in range(40)} | {
        f"{name.replace('.', '/')}.py": f"import json\nfrom . import module_{n}\nimport {names[n - 1]}\n\n{body}\n"
        f"def late():\n    from {names[n // 2].replace('.', ' import ')}\n"
        for n, name in enumerate(names)
    }
    root = tmp_path / "root"
    write(root, {**files, "main.py": f"import {names[-1]}\nimport package_0.missing", "package_0/missing.py": ""})
    write(tmp_path, {"uploaded": "\n".join(["main.py", *files])})
    # Processor time, and side by side, so that neither a busy machine nor a slow one matters.
    started = processor_time()
    ran = command("--root", root, "--uploaded", tmp_path / "uploaded", "main.py")
    checked = processor_time()
    parse = (
        "import ast, pathlib, sys\nfor path in pathlib.Path(sys.argv[1]).rglob('*.py'): ast.parse(path.read_bytes())"
    )
    subprocess.run([sys.executable, "-c", parse, root], check=True)
    parsed = processor_time()
    assert ran.stdout == "main.py:2 → package_0/missing.py: not uploaded\n"
    assert checked - started < 4 * (parsed - checked)


def processor_time() -> float:
    """Of all child processes that have ended, in seconds."""
    times = os.times()
    return times.children_user + times.children_system


def test_its_readme_has_every_option_and_no_other() -> None:
    readme = (ROOT / "ops" / "shipped_imports" / "README.md").read_text()
    options = set(re.findall(r"--[a-z]+", command("--help").stdout)) - {"--help"}
    assert set(re.findall(r"--[a-z]+", readme)) - {"--source"} == options  # which is gcloud's


def test_another_repository_can_use_it_as_a_pre_commit_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the readme says to, with the repository that has the hook and its commit put in."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    hook, service = tmp_path / "hook", tmp_path / "service"
    shutil.copytree(
        ROOT / "ops" / "shipped_imports", hook / "ops" / "shipped_imports", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, hook / name)
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "hook"]):
        subprocess.run([*git, *arguments], cwd=hook, check=True)
    commit = subprocess.run(
        [*git, "rev-parse", "HEAD"], cwd=hook, check=True, capture_output=True, text=True
    ).stdout.strip()
    readme = (ROOT / "ops" / "shipped_imports" / "README.md").read_text()
    config = readme.split("```yaml\n")[1].split("```")[0]
    write(
        service,
        {
            ".pre-commit-config.yaml": re.sub(
                r"repo: .*", f"repo: {hook}", re.sub(r"rev: .*", f"rev: {commit}", config)
            ),
            "coordinator.py": "import distributed_lock",
            "distributed_lock.py": "",
            "Dockerfile": "FROM python:3.13-slim\nCOPY coordinator.py .\nCMD python coordinator.py",
        },
    )
    subprocess.run([*git, "init", "-q"], cwd=service, check=True)
    subprocess.run([*git, "add", "."], cwd=service, check=True)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))
    pre_commit = [str(Path(sys.executable).with_name("pre-commit")), "run"]
    ran = subprocess.run(pre_commit, cwd=service, capture_output=True, text=True, check=False)
    assert (ran.returncode, "coordinator.py:1 → distributed_lock.py: not copied" in ran.stdout) == (1, True), ran.stdout
    write(service, {"Dockerfile": "FROM python:3.13-slim\nCOPY *.py .\nCMD python coordinator.py"})
    subprocess.run([*git, "add", "."], cwd=service, check=True)
    ran = subprocess.run(pre_commit, cwd=service, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
