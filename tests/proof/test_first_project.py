"""deploy.sh through the real gcloud, against a project that refuses what Google would refuse.

The requests, their bodies and the errors are the real gcloud's. The project behind them is that of
tests/integration/ops/google.py. bq is recorded: a first deploy calls it 26 times, a second or two each.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.emulator import ROOT
from local.inbox import Inbox
from tests.conftest import NOBODY
from tests.integration.ops import test_deploy
from tests.integration.ops.conftest import CHANNEL, Cloud, first_preflight, google, made, pipeline, repository
from tests.integration.ops.google import EMPTY
from tests.integration.ops.permissions import DEPLOYER, METHODS, ROLES
from tests.integration.ops.real import real_gcloud

__all__ = ["first_preflight", "google", "pipeline", "repository"]

pytestmark = [
    pytest.mark.whole,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed"),
]


@pytest.fixture
def project(tmp_path: Path, repository: Path, first_preflight: tuple[Cloud, object]) -> Iterator[Cloud]:
    """A project whose functions only answer, and the real gcloud to call it."""
    with made(tmp_path, repository, NOBODY) as running:
        running.environment.symlink_to(first_preflight[0].environment)
        running.only_the_script()
        with real_gcloud(running.clone, tmp_path / "config", running.project.front.server_port) as gcloud:
            running.project.gcloud = gcloud
            yield running


def test_the_first_deploy(google: Cloud, inbox: Inbox) -> None:
    """With the real function, from the archive that gcloud made of it, and a plan before it that is right about it."""
    with real_gcloud(google.clone, google.folder / "config", google.project.front.server_port) as gcloud:
        google.project.gcloud = gcloud
        planned = test_deploy.works(google.deploy("--plan"))
        missing = "table nba_monitoring.data_availability_checks does not exist"
        assert f"create  schema          nba_monitoring: {missing}" in planned
        assert google.changes() == []
        test_deploy.the_first_deploy_makes_everything_and_the_second_nothing(google, inbox)


@pytest.mark.parametrize(
    "scenario",
    [
        # A first project with no API enabled, where all that is new stays unknown for a while; what was changed by
        # hand; a removed setting; a failed production; a revision that never boots; rollbacks; a lost binding.
        test_deploy.test_a_series_of_deploys,
        # A plan; a staging that does not write; a no to the question; a first production that does not boot.
        test_deploy.test_nothing_calls_production_before_it_works,
    ],
    ids=lambda scenario: scenario.__name__.removeprefix("test_"),
)
def test_the_scenarios_of_a_deploy(project: Cloud, scenario: Callable[[Cloud], None]) -> None:
    scenario(project)


def test_the_deployer_needs_the_roles_of_the_docs_and_each_of_them(project: Cloud) -> None:
    """The table in docs/deploy.md is this run's, and a deploy without one of its roles names the permission."""
    ran = project.deploy("--notification-channel", CHANNEL)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    page = ROOT / "docs" / "deploy.md"
    text = page.read_text()
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    wanted = f"{before}{START}{table(project.project.google.asked)}{END}{after}"
    (project.folder / "deploy.md").write_text(wanted)
    assert text == wanted, f"if it is meant: cp {project.folder}/deploy.md {page}"
    assert re.findall(r"^\| [^|`]+ \| `(roles/[\w.]+)` \|$", text, re.MULTILINE) == list(DEPLOYER)

    # The recorded commands, with which make test runs the scenarios, call no method that the real gcloud does not.
    called = {method for method, _ in project.project.google.asked}
    project.project.gcloud = None
    project.change(**EMPTY)
    project.project.google.asked.clear()
    ran = project.deploy("--notification-channel", CHANNEL)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {method for method, _ in project.project.google.asked} <= called

    # They are as strict, too, and faster: this is about the roles, not about gcloud.
    for role in DEPLOYER:
        project.change(**EMPTY)
        project.take_away(role)
        ran = project.deploy("--notification-channel", CHANNEL)
        assert ran.returncode == 1, role
        denied = re.findall(r"Permission '([\w.]+)' denied", ran.stdout + ran.stderr)
        assert denied, (role, ran.stdout + ran.stderr)
        assert set(denied) <= set(ROLES[role]), (role, ran.stdout + ran.stderr)


START = "<!-- from a run of tests/proof/test_first_project.py -->\n"
END = "<!-- end -->\n"


def table(asked: list[tuple[str, tuple[str, ...]]]) -> str:
    """Each method once, in the order in which a first deploy calls them."""
    lines = ["| method | permissions | by the role |", "|---|---|---|"]
    for method, roles in dict(asked).items():
        permissions = " ".join(f"`{permission}`" for permission in METHODS[method])
        lines.append(f"| {method} | {permissions} | {' '.join(f'`{role}`' for role in dict.fromkeys(roles))} |")
    return "\n".join(lines) + "\n"
