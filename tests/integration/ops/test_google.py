"""The project that the deploys run against refuses what Google refuses."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.integration.ops.google import DEPLOYER_MEMBER, PROJECT, REGION, Body, Google, RefusedError
from tests.integration.ops.permissions import METHODS

STRANGER = "user:stranger@example.com"
ACCOUNTS = f"/v1/projects/{PROJECT}/serviceAccounts"
POLICIES = f"/v3/projects/{PROJECT}/alertPolicies"
NEW = f"new@{PROJECT}.iam.gserviceaccount.com"


@pytest.fixture
def google(tmp_path: Path) -> Google:
    made = Google(tmp_path, lambda _name, _revision: None)
    made.state["enabled"] = sorted({method.partition(".")[0] for method in METHODS})
    return made


def binding(member: str, role: str) -> Body:
    return {"policy": {"bindings": [{"role": role, "members": [member]}]}}


@pytest.mark.parametrize(
    ("caller", "verb", "api", "path", "body", "told"),
    [
        # A method that no deploy was known to call: a new one gets its permission from Google's reference first.
        (DEPLOYER_MEMBER, "DELETE", "iam", f"{ACCOUNTS}/{NEW}", {}, "UNIMPLEMENTED"),
        # Somebody without the role.
        (STRANGER, "POST", "iam", ACCOUNTS, {"accountId": "new"}, "Permission 'iam.serviceAccounts.create' denied"),
        # A field that an alert policy does not have, as of a misspelled file.
        (DEPLOYER_MEMBER, "POST", "monitoring", POLICIES, {"displayname": "x"}, "Unknown name 'displayname'"),
        # A channel that was deleted.
        (
            DEPLOYER_MEMBER,
            "POST",
            "monitoring",
            POLICIES,
            {"notificationChannels": ["x"]},
            "Unknown notification channel",
        ),
        # A member and a role that do not exist.
        (
            *(DEPLOYER_MEMBER, "POST", "cloudresourcemanager", f"/v1/projects/{PROJECT}:setIamPolicy"),
            *(binding("serviceAccount:a@b", "roles/bigquery.jobUser"), "Service account a@b does not exist"),
        ),
        (
            *(DEPLOYER_MEMBER, "POST", "cloudresourcemanager", f"/v1/projects/{PROJECT}:setIamPolicy"),
            *(binding("user:a@b", "roles/bigquery.jobUsers"), "Role roles/bigquery.jobUsers is not supported"),
        ),
        # Another region than that of the deploy.
        (DEPLOYER_MEMBER, "GET", "cloudscheduler", f"/v1/projects/{PROJECT}/locations/us/jobs/x", {}, "UNIMPLEMENTED"),
        # A grant on a dataset that is somewhere else: BigQuery looks for it where it is told to.
        (
            *(DEPLOYER_MEMBER, "POST", "bigquery", "/datasets/nba_raw/grants"),
            *({"role": "roles/bigquery.dataViewer", "email": NEW, "location": "US"}, "was not found in location US"),
        ),
    ],
)
def test_what_google_refuses(
    google: Google, caller: str, verb: str, api: str, path: str, body: Body, told: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        google.request(caller, verb, api, path, body)
    assert told in str(refused.value.body)


def test_what_is_new_stays_unknown_for_a_while(google: Google) -> None:
    """An API, an account and a role: each call that meets one of them too early gets Google's own error."""
    google.state |= {"delay": 2, "enabled": ["serviceusage"]}
    enable = {"serviceIds": ["iam.googleapis.com", "iamcredentials.googleapis.com"]}
    google.request(DEPLOYER_MEMBER, "POST", "serviceusage", f"/v1/projects/{PROJECT}/services:batchEnable", enable)
    create = partial(google.request, DEPLOYER_MEMBER, "POST", "iam", ACCOUNTS, {"accountId": "new"})
    assert tries(create) == ["SERVICE_DISABLED", "SERVICE_DISABLED"]
    show = partial(google.request, DEPLOYER_MEMBER, "GET", "iam", f"{ACCOUNTS}/{NEW}")
    assert tries(show) == ["NOT_FOUND", "NOT_FOUND"]
    bound = binding(DEPLOYER_MEMBER, "roles/iam.serviceAccountOpenIdTokenCreator")
    google.request(DEPLOYER_MEMBER, "POST", "iam", f"{ACCOUNTS}/{NEW}:setIamPolicy", bound)
    token = partial(
        google.request,
        DEPLOYER_MEMBER,
        "POST",
        "iamcredentials",
        f"/v1/projects/-/serviceAccounts/{NEW}:generateIdToken",
        {"audience": REGION},
    )
    assert tries(token) == [*["SERVICE_DISABLED"] * 2, *["PERMISSION_DENIED"] * 2]


def tries(call: Callable[[], Body]) -> list[str]:
    """The reasons of the errors that come before the first answer."""
    reasons = []
    for _ in range(9):
        try:
            call()
        except RefusedError as refused:
            error = refused.body["error"]
            reasons.append(error["details"][0]["reason"] if "details" in error else error["status"])
        else:
            break
    return reasons
