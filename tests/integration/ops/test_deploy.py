"""deploy.sh: what it runs on a first deploy, on a second, and when staging or production does not work."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from local.emulator import ROOT
from monitor.settings import Settings
from tests.integration.ops.conftest import CHANNEL, Cloud, commit, git

FUNCTION = "data-availability-monitor"
STAGING = "data-availability-staging"
# Several deploys in a row, each with a clean environment and two functions to boot.
pytestmark = pytest.mark.timeout(300)

SEQUENCES = Path(__file__).parent / "sequences"


def assert_sequence(google: Cloud, name: str) -> None:
    """The calls are those of sequences/<name>.txt, in that order, a line each."""
    calls = "".join(f"{' '.join(shlex.join(call).split())}\n" for call in google.calls())
    (google.folder / f"{name}.txt").write_text(calls)
    assert calls == (SEQUENCES / f"{name}.txt").read_text(), (
        f"if it is meant: cp {google.folder}/{name}.txt {SEQUENCES}"
    )


def works(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def fails(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stderr


def version(google: Cloud, name: str) -> str:
    """The version that serves, as deployed."""
    function = google.state["functions"][name]
    return str(function["revisions"][function["serving"]]["environment"]["MONITOR_VERSION"])


def test_nothing_calls_production_before_it_works(google: Cloud) -> None:
    google.without_boots()
    untouched = google.state
    said = works(google.deploy("--dry-run", "--notification-channel", CHANNEL))
    assert google.changes() == []
    assert google.state == untouched
    would = re.findall(r"^would run: (.*)", said, re.MULTILINE)
    assert sum(line.startswith("gcloud functions deploy") for line in would) == 2
    assert sum(line.startswith("gcloud scheduler jobs create") for line in would) == 2
    assert sum("schema apply" in line for line in would) == 2

    # Staging cannot read the data. The other failures of a function are production's, in the next test.
    google.change(broken={STAGING: "verdict"})
    ran = google.deploy()
    assert "staging failed; production was not changed" in fails(ran)
    assert "could not check today" in ran.stdout
    assert not [call for call in google.changes() if FUNCTION in call]
    assert not [call for call in google.calls() if "nba_monitoring" in call]

    commit(google.clone)
    works(google.deploy("--stage-only"))
    assert list(google.state["functions"]) == [STAGING]

    google.change(broken={FUNCTION: "boot"})
    assert "it has no earlier revision, and nothing calls it yet" in fails(google.deploy())
    assert google.state["jobs"] == {}


def test_a_series_of_deploys(google: Cloud) -> None:
    """The first creates everything, the second changes nothing, later ones repair what was changed or removed."""
    said = works(google.deploy("--notification-channel", CHANNEL))
    assert f"{STAGING} runs {google.commit}; today is SCHEDULE_UNKNOWN" in said
    assert f"{FUNCTION} runs {google.commit}; today is SCHEDULE_UNKNOWN" in said
    assert_sequence(google, "first_deploy")
    made = google.state

    # What is uploaded is what is in git, and nothing that a preflight leaves behind.
    (uploaded,) = made["functions"][FUNCTION]["revisions"].values()
    files = {
        str(path.relative_to(uploaded["source"])) for path in Path(uploaded["source"]).rglob("*") if path.is_file()
    }
    assert files == set(git(google.clone, "ls-files", "main.py", "requirements.txt", "monitor", "schemas").split())

    google.without_boots()
    said = works(google.deploy("--notification-channel", CHANNEL))
    assert f"{FUNCTION} already runs {google.commit}" in said
    assert_sequence(google, "second_deploy")
    assert google.changes() == []
    assert google.state == made

    # Manual changes are corrected, and nothing is created twice.
    silent = {title: {**policy, "channels": []} for title, policy in made["policies"].items()}
    outdated = "Data availability monitor: does not boot"
    google.change(
        jobs={
            **made["jobs"],
            FUNCTION: made["jobs"][FUNCTION].replace("America/New_York", "UTC"),
            f"{FUNCTION}-follow-up": "the second job of the first edition",
        },
        metrics=dict.fromkeys(made["metrics"], "of another release"),
        policies={**silent, outdated: {**silent[outdated], "content": "older"}},
    )
    works(google.deploy("--no-recheck", "--notification-channel", CHANNEL))
    assert_sequence(google, "correction")
    assert google.state == made

    # When production fails, its traffic goes back to the previous revision.
    older = google.commit
    commit(google.clone)
    google.change(broken={FUNCTION: "version"})
    ran = google.deploy()
    assert f"production failed with {google.commit}; its traffic is back on {FUNCTION}-00001" in fails(ran)
    assert f"{FUNCTION} runs version another instead of {google.commit}" in ran.stdout
    assert f"serves {FUNCTION}-00001 again, version {older}" in ran.stdout
    changes = [[word for word in call if not word.startswith("--")] for call in google.changes()]
    assert changes == [
        ["gcloud", "functions", "deploy", STAGING],
        ["gcloud", "functions", "deploy", FUNCTION],
        ["gcloud", "run", "services", "update-traffic", FUNCTION],
    ]
    # A revision that does not even boot gets no traffic, so there is nothing to send back.
    google.change(broken={FUNCTION: "boot"})
    assert f"production failed; it still serves {FUNCTION}-00001" in fails(google.deploy())
    assert not [call for call in google.calls() if "update-traffic" in call]

    # Once fixed, the next deploy takes the traffic, and creates again what was removed.
    google.change(jobs={}, policies={})
    said = works(google.deploy("--no-recheck"))
    assert version(google, FUNCTION) == google.commit
    assert list(google.state["jobs"]) == [FUNCTION]
    # Without a channel the policies are created, with a warning.
    assert list(google.state["policies"]) == list(made["policies"])
    assert said.count("NO NOTIFICATION CHANNEL") == 4

    # A rollback goes back one revision at a time, to the first and no further.
    said = works(google.deploy("--rollback"))
    assert f"{FUNCTION} serves {FUNCTION}-00002 again" in said
    assert_sequence(google, "rollback")
    works(google.deploy("--rollback"))
    assert version(google, FUNCTION) == older
    assert f"no revision before {FUNCTION}-00001 to roll back to" in fails(google.deploy("--rollback"))


# What is refused before anything is read from or made in Google Cloud.


def test_a_tree_that_is_no_commit_is_refused(clone: Cloud) -> None:
    (clone.clone / "monitor" / "hotfix.py").write_text("")
    told = fails(clone.deploy())
    assert "the working tree has uncommitted changes" in told
    assert "?? monitor/hotfix.py" in told
    assert clone.calls() == []


def test_a_secret_without_a_value_is_refused_with_the_commands_that_give_it_one(clone: Cloud) -> None:
    clone.without_boots()
    clone.change(secrets=[])
    told = fails(clone.deploy())
    assert "the secret slack-webhook-url has no value" in told
    assert "gcloud secrets create slack-webhook-url --project=test" in told
    assert clone.state["functions"] == {}


def test_an_option_that_there_is_not_is_refused(clone: Cloud) -> None:
    assert "unknown option --force" in fails(clone.deploy("--force"))
    assert clone.calls() == []


# What the files of ops say of each other and of the code.


def test_every_dataset_that_a_source_reads_is_let_into_and_no_other() -> None:
    queries = "".join(path.read_text() for path in (ROOT / "schemas" / "sources").rglob("*.sql"))
    (granted,) = re.findall(r"PIPELINE_DATASETS=\((.+)\)", (ROOT / "deploy.sh").read_text())
    assert set(granted.split()) == set(re.findall(r"\b(nba_\w+)\.", queries))


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_settings_have_known_names_and_fit_into_gclouds_list(environment: str) -> None:
    lines = [line for line in (ROOT / "ops" / f"{environment}.env").read_text().splitlines() if line[0] != "#"]
    settings = dict(line.split("=", 1) for line in lines)
    assert {name.lower() for name in settings} <= set(Settings.model_fields)
    assert not [line for line in lines if "|" in line]
