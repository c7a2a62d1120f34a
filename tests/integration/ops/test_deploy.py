"""deploy.sh: what it runs on a first deploy, on a second, and when something does not work or is not as it was."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.emulator import ROOT
from local.inbox import Inbox
from monitor.settings import Settings
from tests.integration.ops.conftest import CHANNEL, Cloud, commit, git
from tests.integration.ops.google import BUILDER, PROJECT, REGION

FUNCTION = "data-availability-monitor"
STAGING = "data-availability-staging"
SCHEDULER = f"data-availability-scheduler@{PROJECT}.iam.gserviceaccount.com"
# Several deploys in a row.
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
    return ran.stdout + ran.stderr


def environment(google: Cloud, name: str) -> dict[str, str]:
    """The settings of the revision that serves."""
    function = google.state["functions"][name]
    return dict(function["revisions"][function["serving"]]["environment"])


def the_first_deploy_makes_everything_and_the_second_nothing(google: Cloud, inbox: Inbox) -> None:
    """With the real function, the real history and no more roles than docs/deploy.md lists: tests/proof runs it."""
    google.change(secrets={"slack-webhook-url": inbox.webhook_url})
    said = works(google.deploy("--notification-channel", CHANNEL))
    assert f"{STAGING} runs {google.commit}; today is SCHEDULE_UNKNOWN: 0 of 0 games ready" in said
    assert f"{STAGING} wrote today's row, and reads it" in said
    assert f"{FUNCTION} runs {google.commit}; today is SCHEDULE_UNKNOWN: 0 of 0 games ready" in said
    assert_sequence(google, "first_deploy")
    made = google.state

    # What is uploaded is what is in git, and nothing that a preflight leaves behind.
    (uploaded,) = made["functions"][FUNCTION]["revisions"].values()
    files = {
        str(path.relative_to(uploaded["source"])) for path in Path(uploaded["source"]).rglob("*") if path.is_file()
    }
    assert files == set(git(google.clone, "ls-files", "main.py", "requirements.txt", "monitor", "schemas").split())

    # The history is where the pipeline's data is, and that is told before it is made.
    assert made["datasets"] == {**dict.fromkeys(made["datasets"], REGION), "nba_monitoring": REGION}
    assert f"create  dataset         nba_monitoring in {REGION}, for good" in said
    # The build may build, and the deployer may take identity tokens of the scheduler's account, but no access tokens.
    assert made["policies"][f"projects/{PROJECT}"]["roles/cloudbuild.builds.builder"] == [f"serviceAccount:{BUILDER}"]
    assert list(made["policies"][f"accounts/{SCHEDULER}"]) == ["roles/iam.serviceAccountOpenIdTokenCreator"]
    # Production has told nobody anything by now, so the deploy ends with how to try it.
    assert said.endswith(f"./deploy.sh --project {PROJECT} --region {REGION} --test-message\n")

    google.only_the_script()
    said = works(google.deploy("--notification-channel", CHANNEL))
    assert_sequence(google, "second_deploy")
    assert google.changes() == []
    assert google.state == made

    # Nobody has been told anything, until somebody asks for a message through the real channel.
    assert inbox.messages == []
    assert "posted today's state" in works(google.deploy("--test-message"))
    assert len(inbox.messages) == 1


@pytest.fixture
def project(clone: Cloud) -> Cloud:
    """A project whose functions only answer, for a script without its slow parts."""
    clone.only_the_script()
    return clone


def test_a_series_of_deploys(project: Cloud) -> None:
    # A first project: no API is enabled, and what is new stays unknown for three calls.
    project.change(enabled=["serviceusage"], delay=3)
    ran = project.deploy("--notification-channel", CHANNEL)
    works(ran)
    assert "not ready, trying again for up to" in ran.stderr
    project.change(delay=0)
    made = project.state

    # What was changed by hand is corrected, and nothing is made twice. What leaves the file leaves the function.
    with (project.clone / "ops" / "production.env").open("a") as settings:
        settings.write("MIN_COVERAGE=0.7\n")
    commit(project.clone)
    project.change(
        jobs={
            **{name: {**job, "timeZone": "UTC"} for name, job in made["jobs"].items()},
            FUNCTION: {**made["jobs"][FUNCTION], "state": "PAUSED"},
            f"{FUNCTION}-follow-up": next(iter(made["jobs"].values())),
        },
        metrics={name: {**metric, "filter": "of another release"} for name, metric in made["metrics"].items()},
        alerts={name: {**policy, "notificationChannels": []} for name, policy in made["alerts"].items()},
    )
    said = works(project.deploy("--notification-channel", CHANNEL))
    assert f"change  job             {FUNCTION}, which is paused" in said
    for part in ("jobs", "metrics", "alerts"):
        assert project.state[part] == made[part]
    assert_sequence(project, "corrected_deploy")
    assert re.findall(r"^(?!create)\w+ +(?:job|metric|policy|function)", said, re.MULTILINE) == [
        *["change  function"] * 2,
        *["change  job"] * 2,
        "delete  job",
        "change  metric",
        *["change  policy"] * 4,
    ]
    assert environment(project, FUNCTION)["MIN_COVERAGE"] == "0.7"
    (project.clone / "ops" / "production.env").write_text("MONITORING_DATASET=nba_monitoring\n")
    commit(project.clone)
    said = works(project.deploy("--no-recheck"))
    assert "MIN_COVERAGE" not in environment(project, FUNCTION)
    function = project.state["functions"][FUNCTION]
    assert function["revisions"][function["serving"]]["secrets"] == {}
    assert list(project.state["jobs"]) == [FUNCTION]
    assert "--test-message" not in said

    # When production fails, its traffic goes back to the revision that served.
    older = project.commit
    commit(project.clone)
    project.change(broken={FUNCTION: "version"})
    told = fails(project.deploy())
    assert f"{FUNCTION} runs version another instead of {project.commit}" in told
    assert f"{FUNCTION} serves {FUNCTION}-00003 again, version {older}" in told
    assert f"production failed with {project.commit}; its traffic is back on {FUNCTION}-00003" in told
    # A revision that does not boot gets no traffic, so there is nothing to send back: the one that serves is healthy.
    project.change(broken={FUNCTION: "boot"})
    told = fails(project.deploy())
    assert "The user-provided container failed to start" in told
    assert f"production failed; it still serves {FUNCTION}-00003" in told
    told = fails(project.deploy("--rollback"))
    assert (
        f"nothing to roll back: {FUNCTION}-00005 never became ready and has no traffic; {FUNCTION}-00003 serves" in told
    )
    assert project.changes() == []

    # A message that the channel does not take is not a message: the answer says why.
    project.change(broken_channel="no_service")
    assert "nothing was posted: " in (told := fails(project.deploy("--test-message")))
    assert "no_service" in told
    project.change(broken_channel="")

    # Once it is fixed, a deploy takes the traffic. A rollback goes back one revision at a time, to the first.
    project.change(
        policies={**project.state["policies"], f"run/{FUNCTION}": {}}
    )  # as on 2026-02-11: the binding is lost
    works(project.deploy())
    assert environment(project, FUNCTION)["MONITOR_VERSION"] == project.commit
    for revision in ("00004", "00003", "00002", "00001"):
        assert f"{FUNCTION} serves {FUNCTION}-{revision} again" in works(project.deploy("--rollback"))
    assert_sequence(project, "rollback")
    assert f"no revision before {FUNCTION}-00001 to roll back to" in fails(project.deploy("--rollback"))


def test_nothing_calls_production_before_it_works(project: Cloud) -> None:
    # A plan lists everything, and changes nothing. It is right about a project whose APIs are not enabled.
    project.change(enabled=["serviceusage"])
    untouched = project.state
    planned = works(project.deploy("--plan"))
    assert project.changes() == []
    assert project.state == untouched
    lines = [line for line in planned.splitlines() if re.match(r"(create|change|delete|leave) ", line)]
    kinds = [line.split()[1] for line in lines if line.startswith("create ")]
    counted = {kind: kinds.count(kind) for kind in kinds}
    assert counted == {
        "apis": 1, "secret": 1, "account": 3, "role": 16, "dataset": 2, "function": 2, "job": 2,
        "metric": 1, "policy": 4,
    }  # fmt: skip
    project.change(enabled=untouched["enabled"])

    # Staging answers, but does not write: a dry run would not have shown it.
    project.change(broken={STAGING: "history"})
    told = fails(project.deploy())
    assert f"{STAGING} did not write today's row" in told
    assert "staging failed; production was not changed" in told
    assert not [call for call in project.changes() if FUNCTION in call]

    # A person sees staging's figures before the question, and a no leaves production alone.
    commit(project.clone)
    told = fails(project.deploy_on_a_terminal("n\n"))
    assert re.search(r"today is OK: 6 of 6 games ready(?s:.)*Deploy \w+ to production, which serves nothing yet", told)
    assert "production was not changed" in told
    assert list(project.state["functions"]) == [STAGING]

    project.change(broken={FUNCTION: "boot"})
    assert "it has no earlier revision, and nothing calls it yet" in fails(project.deploy())
    assert project.state["jobs"] == {}


# What is refused before anything is made in Google Cloud, and with which words.

REFUSED: dict[str, tuple[Callable[[Cloud], object], tuple[str, ...], str]] = {
    # A commit is what was reviewed.
    "a tree that is no commit": (
        lambda cloud: (cloud.clone / "monitor" / "hotfix.py").write_text(""),
        (),
        "the working tree has uncommitted changes; commit or stash them:\n?? monitor/hotfix.py",
    ),
    "an option that there is not": (lambda _cloud: None, ("--force",), "unknown option --force"),
    # The dry run of the first edition is --plan now.
    "an option that there was": (lambda _cloud: None, ("--dry-run",), "unknown option --dry-run"),
    # A function without its secret does not boot.
    "a secret without a value": (
        lambda cloud: cloud.change(secrets={}),
        (),
        "Add one, then run this again:\n  gcloud secrets create slack-webhook-url --project=test",
    ),
    "a secret whose value is disabled": (
        lambda cloud: cloud.change(disabled=["slack-webhook-url"]),
        (),
        "slack-webhook-url is disabled, so the function would not boot.\nAdd one, then run this again:\n  printf %s",
    ),
    # gcloud would ask to install it at the very end, after production.
    "a gcloud without the component": (
        lambda cloud: cloud.change(no_alpha=True),
        (),
        "gcloud lacks the component that manages alert policies: gcloud components install alpha",
    ),
    # Google would say so at the very end, after production.
    "a channel that does not exist": (
        lambda _cloud: None,
        ("--notification-channel", f"projects/{PROJECT}/notificationChannels/8"),
        f"there is no notification channel projects/{PROJECT}/notificationChannels/8",
    ),
    # A history that is somewhere else stays there, with what it knows.
    "another location than that of the history": (
        lambda cloud: cloud.change(datasets={**cloud.state["datasets"], "nba_monitoring_staging": "US"}),
        ("--dataset-location", REGION),
        "the dataset nba_monitoring_staging is in US, for good; give --dataset-location US",
    ),
    # A thing that cannot be read is not a thing that does not exist: the error names what is missing.
    "a permission that is missing": (
        lambda cloud: cloud.take_away("roles/secretmanager.admin"),
        (),
        "PERMISSION_DENIED: Permission 'secretmanager.versions.get' denied",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(clone: Cloud, case: str) -> None:
    change, options, words = REFUSED[case]
    clone.only_the_script()
    clone.change(enabled=clone.every_api())
    change(clone)
    assert words in fails(clone.deploy(*options))
    assert clone.state["functions"] == {}


def test_a_pipeline_has_to_say_that_nobody_is_asked(clone: Cloud) -> None:
    assert "nobody can be asked before production: give --yes" in fails(clone.run("./deploy.sh", "--project", PROJECT))
    assert clone.changes() == []


@pytest.mark.parametrize(
    ("settings", "hour"),
    [
        # 18:00 UTC and half an hour is 14:30 in New York in summer.
        ("", "15"),
        # Cron knows no hours from 8 to 7: the last re-check is not before the first.
        ("PHASE4_DUE_AT=06:00 PREDICTIONS_AT=06:10 PREDICTIONS_TIMEZONE=America/New_York", "8"),
        # Due a quarter after midnight, of the next day.
        ("PREDICTIONS_AT=23:45 PREDICTIONS_TIMEZONE=America/New_York", "23"),
    ],
)
def test_the_last_re_check_follows_the_predictions(tmp_path: Path, settings: str, hour: str) -> None:
    (tmp_path / "source").symlink_to(ROOT)
    script = f". ops/watch.sh; settings_to_try() {{ variables=(A=a {settings}); }}; last_hour"
    known = {**os.environ, "folder": str(tmp_path), "project": PROJECT, "python": sys.executable}
    bash = ("/bin/bash", "-euc", script)
    ran = subprocess.run(bash, cwd=ROOT, env=known, capture_output=True, text=True, check=False)
    assert ran.stdout == f"{hour}\n", ran.stderr


# What the files of ops say of each other and of the code.


def test_every_dataset_that_a_source_reads_is_let_into_and_no_other() -> None:
    queries = "".join(path.read_text() for path in (ROOT / "schemas" / "sources").rglob("*.sql"))
    (granted,) = re.findall(r"PIPELINE_DATASETS=\((.+)\)", (ROOT / "deploy.sh").read_text())
    assert set(granted.split()) == set(re.findall(r"\b(nba_\w+)\.", queries))


@pytest.mark.parametrize("name", ["staging", "production"])
def test_the_settings_have_known_names_and_fit_into_gclouds_list(name: str) -> None:
    lines = [line for line in (ROOT / "ops" / f"{name}.env").read_text().splitlines() if line[0] != "#"]
    settings = dict(line.split("=", 1) for line in lines)
    assert {name.lower() for name in settings} <= set(Settings.model_fields)
    assert not [line for line in lines if "|" in line]
