"""deploy.sh through the real gcloud, against a project that refuses what Google would refuse.

The requests, their bodies and the errors are the real gcloud's. The project behind them is that of
tests/integration/ops/google.py. bq is recorded: a deploy calls it 24 times, and it takes longer than all of gcloud.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator import ROOT
from tests.conftest import NOBODY
from tests.integration.ops.conftest import project as made
from tests.integration.ops.conftest import CHANNEL, Cloud, first_preflight, repository

from tests.integration.ops.google import EMPTY
from tests.integration.ops.permissions import DEPLOYER, METHODS, ROLES
from tests.integration.ops.test_deploy import test_a_series_of_deploys, test_nothing_calls_production_before_it_works

__all__ = [
    "first_preflight",
    "repository",
    "test_a_series_of_deploys",
    "test_nothing_calls_production_before_it_works",
]

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed"),
]

APIS = (
    "cloudbuild cloudfunctions cloudresourcemanager cloudscheduler iam iamcredentials logging monitoring run secretmanager"
    " serviceusage"
)
REPEATED = Path(__file__).parents[1] / "integration" / "ops" / "gcloud_repeated.py"


@pytest.fixture
def project(tmp_path: Path, repository: Path, first_preflight: tuple[Cloud, object]) -> Iterator[Cloud]:
    """A project whose functions only answer, and the real gcloud to call it."""
    with made(tmp_path, repository, NOBODY) as running:
        running.environment.symlink_to(first_preflight[0].environment)
        running.only_the_script()
        environment = {
            **os.environ,
            **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}": f"http://{api}.google.test/" for api in APIS.split()},
            "CLOUDSDK_CONFIG": str(tmp_path / "config"),
            "CLOUDSDK_AUTH_ACCESS_TOKEN": "no-token",
            "CLOUDSDK_CORE_ACCOUNT": "dev@example.com",
            "CLOUDSDK_PROXY_TYPE": "http",
            "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
            "CLOUDSDK_PROXY_PORT": str(running.project.front.server_port),
            "CLOUDSDK_PYTHON_ARGS": str(REPEATED),
        }
        with subprocess.Popen(
            ["gcloud"], cwd=running.clone, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            commands, answers = process.stdin, process.stdout
            assert commands
            assert answers

            def run(arguments: list[str]) -> tuple[int, str, str]:
                commands.write(json.dumps(arguments) + "\n")
                commands.flush()
                status, output, errors = json.loads(answers.readline())
                return status, output, errors

            running.project.gcloud = run
            yield running
            commands.close()



def test_the_deployer_needs_the_roles_of_the_docs_and_each_of_them(project: Cloud) -> None:
    """The table in docs/deploy.md is what this run asked for, and a deploy without one of its roles names what is missing."""
    ran = project.deploy("--notification-channel", CHANNEL)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    page = ROOT / "docs" / "deploy.md"
    text = page.read_text()
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    wanted = f"{before}{START}{table(project.project.google.asked)}{END}{after}"
    (project.folder / "deploy.md").write_text(wanted)
    assert text == wanted, f"if it is meant: cp {project.folder}/deploy.md {page}"
    assert re.findall(r"^  (roles/[\w.]+)$", text, re.MULTILINE) == list(DEPLOYER)

    # Through the recorded commands, which are as strict: this is about the roles, not about gcloud.
    project.project.gcloud = None
    for role in DEPLOYER:
        project.change(**EMPTY)
        project.project.rows.clear()
        project.take_away(role)
        ran = project.deploy("--notification-channel", CHANNEL)
        assert ran.returncode == 1, role
        denied = re.findall(r"Permission '([\w.]+)' denied", ran.stdout + ran.stderr)
        assert set(denied) <= set(ROLES[role]), (role, ran.stdout + ran.stderr)
        assert denied, (role, ran.stdout + ran.stderr)


START = "<!-- from a run of tests/proof/test_first_project.py -->\n"
END = "<!-- end -->\n"


def table(asked: list[tuple[str, tuple[str, ...]]]) -> str:
    """Each method once, in the order in which a first deploy calls them."""
    lines = ["| method | permissions | by the role |", "|---|---|---|"]
    for method, roles in dict(asked).items():
        permissions = " ".join(f"`{permission}`" for permission in METHODS[method])
        lines.append(f"| `{method}` | {permissions} | {' '.join(f'`{role}`' for role in dict.fromkeys(roles))} |")
    return "\n".join(lines) + "\n"
