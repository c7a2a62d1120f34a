"""A Google Cloud project that refuses: the APIs that a deploy calls, with their state, permissions and delays.

A method that is not here, a field that a policy does not have, a caller without the permission and a member that does
not exist get Google's own error. Two front doors lead here: the recorded commands in cloud.py, and HTTP in apis.py for
the real gcloud.
"""

import base64
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

from tests.integration.ops.permissions import ACT_AS, DEPLOYER, METHODS, ROLES

PROJECT = "test"
PROJECT_NUMBER = "123456789"
REGION = "us-west2"
DEPLOYER_MEMBER = "user:dev@example.com"
BUILDER = f"{PROJECT_NUMBER}-compute@developer.gserviceaccount.com"
PIPELINE = ("nba_raw", "nba_analytics", "nba_precompute", "nba_predictions")

type State = dict[str, Any]
type Body = dict[str, Any]

EMPTY: State = {
    "enabled": ["bigquery", "serviceusage"],  # APIs
    "accounts": [BUILDER],  # service accounts, by address
    "policies": {f"projects/{PROJECT}": {role: [DEPLOYER_MEMBER] for role in DEPLOYER}},  # resource → role → members
    "datasets": dict.fromkeys(PIPELINE, REGION),  # dataset → location
    "secrets": {"slack-webhook-url": "https://placeholder.invalid"},  # name → value
    "channels": [f"projects/{PROJECT}/notificationChannels/7"],
    "functions": {},  # name → {"serving", "revisions": {name: {"source", "environment", "secrets", "ready", …}}}
    "jobs": {},  # name → as created
    "metrics": {},  # name → as created
    "alerts": {},  # name → as created
    "broken": {},  # function → how its next revision is broken: "version", "verdict", "history" or "boot"
    "disabled": [],  # the secrets whose latest version is disabled
    "broken_channel": "",  # what Slack says to the functions' messages
    "delay": 0,  # how many calls a new account, role or API stays unknown for
}

# https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#AlertPolicy
POLICY_FIELDS = frozenset(
    "displayName documentation severity combiner conditions alertStrategy userLabels notificationChannels name".split()
)
# https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics#LogMetric
METRIC_FIELDS = frozenset("name description filter metricDescriptor".split())


class RefusedError(Exception):
    """An error of Google's, as its APIs put it."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.body: Body = {"error": {"code": code, "status": status, "message": message}}


type Method = Callable[["Google", "Request"], Body]


class Request:
    """One call: who calls, and with what."""

    def __init__(self, caller: str, query: dict[str, str], body: Body, *names: str) -> None:
        self.caller, self.query, self.body, self.names = caller, query, body, names


ROUTES: list[tuple[str, re.Pattern[str], str, Method]] = []


def route(verb: str, pattern: str, method: str) -> Callable[[Method], Method]:
    """Answer what this verb and path, with the API's name in front, ask for."""

    def register(answer: Method) -> Method:
        pattern_of_all = pattern.replace("PROJECT", f"projects/{PROJECT}").replace("PLACE", f"locations/{REGION}")
        ROUTES.append((verb, re.compile(pattern_of_all), method, answer))
        return answer

    return register


class Google:
    """The project's state, and the calls that it got."""

    def __init__(self, folder: Path, serve: Callable[[str, str], None]) -> None:
        self.folder, self.serve = folder, serve
        self.state = deepcopy(EMPTY)
        self.asked: list[tuple[str, tuple[str, ...]]] = []  # each method, and the roles by which it was allowed
        self.young: Counter[str] = Counter()  # what is new → how many calls do not know it yet
        self.uploads: dict[str, bytes] = {}
        self.operations: list[Body] = []  # what became of each deploy of a function

    def request(self, caller: str, verb: str, api: str, path: str, body: Body | None = None) -> Body:
        """Do what an API's method does. Raises RefusedError."""
        split = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        for wanted, pattern, method, answer in ROUTES:
            found = pattern.fullmatch(f"{api}{split.path}")
            if wanted == verb and found:
                self._must_be_enabled(api)
                request = Request(caller, query, body or {}, *found.groups())
                self._authorize(request, method, f"{api}{split.path}")
                return answer(self, request)
        raise RefusedError(501, "UNIMPLEMENTED", f"no method of {api} answers {verb} {path}")

    def new(self, what: str) -> None:
        """From now on a number of calls do not know this yet."""
        self.young[what] = self.state["delay"]

    def knows(self, what: str) -> bool:
        self.young[what] -= 1
        return self.young[what] < 0

    def account(self, email: str) -> str:
        if email not in self.state["accounts"] or not self.knows(f"account {email}"):
            raise RefusedError(404, "NOT_FOUND", f"Unknown service account {email}")
        return email

    def allows(self, member: str, permission: str, resource: str) -> str | None:
        """The role by which a member may do this, if any."""
        for place in (f"projects/{PROJECT}", resource):
            for role, members in self.state["policies"].get(place, {}).items():
                if member in members and permission in ROLES.get(role, ()) and self.knows(f"{place} {role} {member}"):
                    return str(role)
        return None

    def must(self, caller: str, permission: str, resource: str) -> str:
        role = self.allows(caller, permission, resource)
        if not role:
            raise RefusedError(
                403, "PERMISSION_DENIED", f"Permission '{permission}' denied on resource '{resource}' for {caller}"
            )
        return role

    def _must_be_enabled(self, api: str) -> None:
        if api not in self.state["enabled"] or not self.knows(f"api {api}"):
            name = f"{api}.googleapis.com"
            message = f"{name} has not been used in project {PROJECT_NUMBER} before or it is disabled."
            error = RefusedError(403, "PERMISSION_DENIED", message)
            error.body["error"]["details"] = [
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": name}
            ]
            raise error

    def _authorize(self, request: Request, method: str, path: str) -> None:
        permissions = [permission for permission in METHODS[method] if permission != ACT_AS]
        resource = _resource(path, request)
        roles = [self.must(request.caller, permission, resource) for permission in permissions]
        if ACT_AS in METHODS[method]:
            roles += [self.must(request.caller, ACT_AS, f"accounts/{email}") for email in _accounts(request.body)]
        self.asked.append((method, tuple(roles)))


def _resource(path: str, request: Request) -> str:
    """The resource with a policy of its own that a call is about, or the project."""
    for pattern, name in (
        (r"serviceAccounts/([^/:]+)", "accounts"),
        (r"secrets/([^/:]+)", "secrets"),
        (r"run/.*services/([^/:]+)", "run"),
        (r"bigquery/.*datasets/([^/:]+)", "datasets"),
    ):
        if found := re.search(pattern, path):
            return f"{name}/{found[1]}"
    return f"projects/{PROJECT}" if "project" not in request.query else f"projects/{request.query['project']}"


def _accounts(body: Body) -> Iterable[str]:
    """The accounts that a call makes something run as."""
    return sorted(set(re.findall(r'"serviceAccount\w*": "(?:projects/[^"]*/)?([^"/]+)"', json.dumps(body))))


# Service Usage


@route("GET", r"serviceusage/v1/PROJECT/services", "serviceusage.services.list")
def _services(google: Google, _request: Request) -> Body:
    return {"services": [_service(api) for api in google.state["enabled"]]}


def _service(api: str) -> Body:
    return {
        "name": f"projects/{PROJECT_NUMBER}/services/{api}",
        "state": "ENABLED",
        "config": {"name": f"{api}.googleapis.com"},
    }


@route("GET", r"serviceusage/v1/PROJECT/services/([\w.]+)", "serviceusage.services.get")
def _get_service(google: Google, request: Request) -> Body:
    api = request.names[0].removesuffix(".googleapis.com")
    return {**_service(api), "state": "ENABLED" if api in google.state["enabled"] else "DISABLED"}


@route("POST", r"serviceusage/v1/PROJECT/services:batchEnable", "serviceusage.services.batchEnable")
def _enable(google: Google, request: Request) -> Body:
    for name in request.body["serviceIds"]:
        api = name.removesuffix(".googleapis.com")
        google.state["enabled"].append(api)
        google.new(f"api {api}")
    return {"name": "operations/noop.DONE_OPERATION", "done": True, "response": {}}


# Policies: of the project, of an account, of a secret, of a service of Cloud Run


@route("GET", r"cloudresourcemanager/v1/PROJECT", "cloudresourcemanager.projects.get")
def _get_project(_google: Google, _request: Request) -> Body:
    return {"projectId": PROJECT, "projectNumber": PROJECT_NUMBER, "lifecycleState": "ACTIVE"}


def _get_policy(google: Google, resource: str) -> Body:
    bindings = google.state["policies"].get(resource, {})
    return {"version": 1, "etag": "BwX=", "bindings": [{"role": r, "members": m} for r, m in bindings.items()]}


def _set_policy(google: Google, resource: str, request: Request) -> Body:
    present = google.state["policies"].setdefault(resource, {})
    wanted = {entry["role"]: entry["members"] for entry in request.body["policy"].get("bindings", ())}
    for role, members in wanted.items():
        if role not in ROLES:
            raise RefusedError(400, "INVALID_ARGUMENT", f"Role {role} is not supported for this resource.")
        for member in set(members) - set(present.get(role, ())):
            kind, _, email = member.partition(":")
            if kind == "serviceAccount" and (
                email not in google.state["accounts"] or not google.knows(f"account {email}")
            ):
                raise RefusedError(400, "INVALID_ARGUMENT", f"Service account {email} does not exist.")
            google.new(f"{resource} {role} {member}")
    google.state["policies"][resource] = wanted
    return _get_policy(google, resource)


@route("POST", r"cloudresourcemanager/v1/PROJECT:getIamPolicy", "cloudresourcemanager.projects.getIamPolicy")
def _project_policy(google: Google, _request: Request) -> Body:
    return _get_policy(google, f"projects/{PROJECT}")


@route("POST", r"cloudresourcemanager/v1/PROJECT:setIamPolicy", "cloudresourcemanager.projects.setIamPolicy")
def _set_project_policy(google: Google, request: Request) -> Body:
    return _set_policy(google, f"projects/{PROJECT}", request)


@route(
    "POST", r"iam/v1/projects/[^/]+/serviceAccounts/([^/:]+):getIamPolicy", "iam.projects.serviceAccounts.getIamPolicy"
)
def _account_policy(google: Google, request: Request) -> Body:
    return _get_policy(google, f"accounts/{google.account(request.names[0])}")


@route(
    "POST", r"iam/v1/projects/[^/]+/serviceAccounts/([^/:]+):setIamPolicy", "iam.projects.serviceAccounts.setIamPolicy"
)
def _set_account_policy(google: Google, request: Request) -> Body:
    return _set_policy(google, f"accounts/{google.account(request.names[0])}", request)


@route("GET", r"secretmanager/v1/PROJECT/secrets/([\w-]+):getIamPolicy", "secretmanager.projects.secrets.getIamPolicy")
def _secret_policy(google: Google, request: Request) -> Body:
    return _get_policy(google, f"secrets/{request.names[0]}")


@route("POST", r"secretmanager/v1/PROJECT/secrets/([\w-]+):setIamPolicy", "secretmanager.projects.secrets.setIamPolicy")
def _set_secret_policy(google: Google, request: Request) -> Body:
    return _set_policy(google, f"secrets/{request.names[0]}", request)


@route("GET", r"run/v1/PROJECT/PLACE/services/([\w-]+):getIamPolicy", "run.projects.locations.services.getIamPolicy")
def _run_policy(google: Google, request: Request) -> Body:
    _function(google, request.names[0])
    return _get_policy(google, f"run/{request.names[0]}")


@route("POST", r"run/v1/PROJECT/PLACE/services/([\w-]+):setIamPolicy", "run.projects.locations.services.setIamPolicy")
def _set_run_policy(google: Google, request: Request) -> Body:
    _function(google, request.names[0])
    return _set_policy(google, f"run/{request.names[0]}", request)


# Service accounts and their tokens


@route("GET", r"iam/v1/projects/[^/]+/serviceAccounts/([^/:]+)", "iam.projects.serviceAccounts.get")
def _get_account(google: Google, request: Request) -> Body:
    return {"email": google.account(request.names[0]), "projectId": PROJECT}


@route("POST", r"iam/v1/PROJECT/serviceAccounts", "iam.projects.serviceAccounts.create")
def _create_account(google: Google, request: Request) -> Body:
    email = f"{request.body['accountId']}@{PROJECT}.iam.gserviceaccount.com"
    if email in google.state["accounts"]:
        raise RefusedError(409, "ALREADY_EXISTS", f"Service account {request.body['accountId']} already exists")
    google.state["accounts"].append(email)
    google.new(f"account {email}")
    return {"email": email, "name": f"projects/{PROJECT}/serviceAccounts/{email}"}


@route(
    "POST",
    r"iamcredentials/v1/projects/-/serviceAccounts/([^/:]+):generateIdToken",
    "iamcredentials.projects.serviceAccounts.generateIdToken",
)
def _identity_token(_google: Google, request: Request) -> Body:
    claims = {"email": request.names[0], "aud": request.body["audience"]}
    return {"token": base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}


@route(
    "POST",
    r"iamcredentials/v1/projects/-/serviceAccounts/([^/:]+):generateAccessToken",
    "iamcredentials.projects.serviceAccounts.generateAccessToken",
)
def _access_token(_google: Google, request: Request) -> Body:
    return {"accessToken": f"of {request.names[0]}", "expireTime": "2099-01-01T00:00:00Z"}


@route(
    "GET", r"secretmanager/v1/PROJECT/secrets/([\w-]+)/versions/latest", "secretmanager.projects.secrets.versions.get"
)
def _secret(google: Google, request: Request) -> Body:
    name = request.names[0]
    if name not in google.state["secrets"]:
        raise RefusedError(404, "NOT_FOUND", f"Secret [{name}] not found or has no versions.")
    state = "DISABLED" if name in google.state["disabled"] else "ENABLED"
    return {"name": f"projects/{PROJECT_NUMBER}/secrets/{name}/versions/1", "state": state}


@route(
    "GET",
    r"cloudbuild/v1/PROJECT/PLACE/defaultServiceAccount",
    "cloudbuild.projects.locations.getDefaultServiceAccount",
)
def _builder(_google: Google, _request: Request) -> Body:
    return {"serviceAccountEmail": f"projects/{PROJECT}/serviceAccounts/{BUILDER}"}


# Cloud Functions, and the service of Cloud Run that each of them is


def _function(google: Google, name: str) -> Body:
    function: Body | None = google.state["functions"].get(name)
    if not function:
        raise RefusedError(
            404, "NOT_FOUND", f"Resource '{name}' of kind 'SERVICE' in region '{REGION}' does not exist."
        )
    return function


FUNCTION = "cloudfunctions/v2/PROJECT/PLACE/functions"


@route("GET", rf"{FUNCTION}/([\w-]+)", "cloudfunctions.projects.locations.functions.get")
def _get_function(google: Google, request: Request) -> Body:
    name = request.names[0]
    function = google.state["functions"].get(name)
    if not function:
        raise RefusedError(
            404, "NOT_FOUND", f"Resource 'projects/{PROJECT}/locations/{REGION}/functions/{name}' was not found"
        )
    return dict(function["as_deployed"])


@route("GET", r"cloudfunctions/v2/PROJECT/PLACE/runtimes", "cloudfunctions.projects.locations.runtimes.list")
def _runtimes(_google: Google, _request: Request) -> Body:
    return {"runtimes": [{"name": "python313", "environment": "GEN_2", "stage": "GA"}]}


@route("POST", rf"{FUNCTION}:generateUploadUrl", "cloudfunctions.projects.locations.functions.generateUploadUrl")
def _upload_url(google: Google, _request: Request) -> Body:
    name = f"upload-{len(google.uploads)}.zip"
    google.uploads[name] = b""
    return {"uploadUrl": f"http://storage.google.test/{name}", "storageSource": {"bucket": "uploads", "object": name}}


@route("POST", FUNCTION, "cloudfunctions.projects.locations.functions.create")
def _create_function(google: Google, request: Request) -> Body:
    name = request.query["functionId"]
    if name in google.state["functions"]:
        raise RefusedError(409, "ALREADY_EXISTS", f"the function {name} exists")
    return _deploy(google, name, request.body)


@route("PATCH", rf"{FUNCTION}/([\w-]+)", "cloudfunctions.projects.locations.functions.patch")
def _patch_function(google: Google, request: Request) -> Body:
    present = deepcopy(_function(google, request.names[0])["as_deployed"])
    for mask in request.query["updateMask"].split(","):
        place, wanted = present, request.body
        *parents, last = (re.sub(r"_(\w)", lambda letter: letter[1].upper(), word) for word in mask.split("."))
        for parent in parents:
            place, wanted = place.setdefault(parent, {}), wanted.get(parent, {})
        place[last] = wanted.get(last)
    return _deploy(google, request.names[0], present)


@route("GET", r"cloudfunctions/v2/PROJECT/PLACE/operations/(\d+)", "cloudfunctions.projects.locations.operations.get")
def _operation(google: Google, request: Request) -> Body:
    return google.operations[int(request.names[0])]


def _deploy(google: Google, name: str, wanted: Body) -> Body:
    """Start a deploy. The answer is an operation, which gets its result from the build and the boot."""
    google.account(wanted["serviceConfig"]["serviceAccountEmail"])
    operation: Body = {
        "name": f"projects/{PROJECT}/locations/{REGION}/operations/{len(google.operations)}",
        "metadata": {"@type": "type.googleapis.com/google.cloud.functions.v2.OperationMetadata", "stages": []},
    }
    try:
        done = {
            "response": {
                "@type": "type.googleapis.com/google.cloud.functions.v2.Function",
                **_built(google, name, wanted),
            }
        }
    except RefusedError as refused:
        done = {"error": {"code": 3, "message": str(refused)}}
    google.operations.append({**operation, "done": True, **done})
    return operation


def _built(google: Google, name: str, wanted: Body) -> Body:
    """Build a revision and, if it becomes ready, send it the traffic."""
    config = wanted["serviceConfig"]
    account = config["serviceAccountEmail"]
    if f"serviceAccount:{BUILDER}" not in google.state["policies"][f"projects/{PROJECT}"].get(
        "roles/cloudbuild.builds.builder", ()
    ):
        raise RefusedError(400, "FAILED", f"Build failed: the build service account {BUILDER} lacks permissions")
    environment = dict(config.get("environmentVariables") or {})
    secrets = {entry["key"]: entry["secret"] for entry in config.get("secretEnvironmentVariables") or ()}
    for secret in secrets.values():
        if not google.allows(f"serviceAccount:{account}", "secretmanager.versions.access", f"secrets/{secret}"):
            raise RefusedError(
                400, "FAILED", f"Permission denied on secret: {secret} for Revision service account {account}."
            )
    function = google.state["functions"].setdefault(name, {"serving": None, "revisions": {}})
    revision = f"{name}-{len(function['revisions']) + 1:05}"
    source = google.folder / revision
    shutil.rmtree(source, ignore_errors=True)
    ZipFile(BytesIO(google.uploads[wanted["buildConfig"]["source"]["storageSource"]["object"]])).extractall(source)
    broken = google.state["broken"].pop(name, None)
    function["revisions"][revision] = {
        "source": str(source),
        "environment": environment,
        "secrets": secrets,
        "account": account,
        "ready": broken != "boot",
        "broken": broken,
    }
    function["as_deployed"] = {
        **wanted,
        "name": f"projects/{PROJECT}/locations/{REGION}/functions/{name}",
        "environment": "GEN_2",
        "state": "ACTIVE",
        "serviceConfig": {**config, "service": f"projects/{PROJECT}/locations/{REGION}/services/{name}"},
    }
    if broken == "boot":
        message = f"Revision '{revision}' is not ready and cannot serve traffic."
        raise RefusedError(
            400, "FAILED", f"{message} The user-provided container failed to start and listen on the port"
        )
    function["serving"] = revision
    google.serve(name, revision)
    return dict(function["as_deployed"])


SERVING = f"run/apis/serving.knative.dev/v1/namespaces/{PROJECT}"


@route("GET", rf"{SERVING}/services/([\w-]+)", "run.namespaces.services.get")
def _get_run_service(google: Google, request: Request) -> Body:
    return _run_service(google, request.names[0])


def _run_service(google: Google, name: str) -> Body:
    function = _function(google, name)
    newest = list(function["revisions"])[-1]
    account = function["revisions"][newest]["account"]
    traffic = [{"revisionName": function["serving"], "percent": 100}]
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": PROJECT_NUMBER, "generation": 1, "labels": {}, "annotations": {}},
        "spec": {
            "template": {"metadata": {}, "spec": {"serviceAccountName": account, "containers": [{"image": "i"}]}},
            "traffic": traffic,
        },
        "status": {
            "observedGeneration": 1,
            "url": function["url"],
            "traffic": traffic,
            "latestCreatedRevisionName": newest,
            "latestReadyRevisionName": function["serving"],
            "conditions": [
                {"type": kind, "status": "True"} for kind in ("Ready", "ConfigurationsReady", "RoutesReady")
            ],
        },
    }


@route("PUT", rf"{SERVING}/services/([\w-]+)", "run.namespaces.services.replaceService")
def _replace_run_service(google: Google, request: Request) -> Body:
    name = request.names[0]
    (traffic,) = request.body["spec"]["traffic"]
    if traffic["revisionName"] not in _function(google, name)["revisions"] or traffic["percent"] != 100:
        raise RefusedError(400, "INVALID_ARGUMENT", f"Revision '{traffic['revisionName']}' cannot get traffic")
    google.state["functions"][name]["serving"] = traffic["revisionName"]
    google.serve(name, traffic["revisionName"])
    return _run_service(google, name)


@route("GET", rf"{SERVING}/revisions", "run.namespaces.revisions.list")
def _revisions(google: Google, request: Request) -> Body:
    service = request.query["labelSelector"].removeprefix("serving.knative.dev/service=").split(" = ")[-1]
    made = _function(google, service)["revisions"]
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "RevisionList",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": name, "creationTimestamp": f"2026-01-18T13:00:{number:02}Z"},
                "spec": {"containers": [{"image": "i"}]},
                "status": {"conditions": [{"type": "Ready", "status": str(made[name]["ready"])}]},
            }
            for number, name in enumerate(made)
        ],
    }


# Cloud Scheduler, Cloud Logging, Cloud Monitoring

JOBS = "cloudscheduler/v1/PROJECT/PLACE/jobs"


def _get(kind: str) -> Method:
    def get(google: Google, request: Request) -> Body:
        if request.names[0] not in google.state[kind]:
            raise RefusedError(404, "NOT_FOUND", f"{kind} {request.names[0]}: not found.")
        return dict(google.state[kind][request.names[0]])

    return get


route("GET", rf"{JOBS}/([\w-]+)", "cloudscheduler.projects.locations.jobs.get")(_get("jobs"))
route("GET", r"logging/v2/PROJECT/metrics/(\w+)", "logging.projects.metrics.get")(_get("metrics"))


@route("POST", JOBS, "cloudscheduler.projects.locations.jobs.create")
def _create_job(google: Google, request: Request) -> Body:
    job = {**request.body, "state": "ENABLED"}
    google.state["jobs"][request.body["name"].split("/")[-1]] = job
    return job


@route("PATCH", rf"{JOBS}/([\w-]+)", "cloudscheduler.projects.locations.jobs.patch")
def _patch_job(google: Google, request: Request) -> Body:
    # The state is output only: what a request says of it is ignored.
    google.state["jobs"][request.names[0]] |= {key: value for key, value in request.body.items() if key != "state"}
    return dict(google.state["jobs"][request.names[0]])


@route("POST", rf"{JOBS}/([\w-]+):resume", "cloudscheduler.projects.locations.jobs.resume")
def _resume_job(google: Google, request: Request) -> Body:
    job = google.state["jobs"][request.names[0]]
    if job["state"] != "PAUSED":
        raise RefusedError(400, "FAILED_PRECONDITION", "Job is not in the PAUSED state.")
    job["state"] = "ENABLED"
    return dict(job)


@route("DELETE", rf"{JOBS}/([\w-]+)", "cloudscheduler.projects.locations.jobs.delete")
def _delete_job(google: Google, request: Request) -> Body:
    del google.state["jobs"][request.names[0]]
    return {}


def _put_metric(google: Google, request: Request) -> Body:
    _only(METRIC_FIELDS, request.body)
    google.state["metrics"][request.body["name"]] = request.body
    return request.body


route("POST", r"logging/v2/PROJECT/metrics", "logging.projects.metrics.create")(_put_metric)
route("PUT", r"logging/v2/PROJECT/metrics/(\w+)", "logging.projects.metrics.update")(_put_metric)


def _only(fields: Iterable[str], body: Body) -> None:
    if unknown := sorted(set(body) - set(fields)):
        raise RefusedError(400, "INVALID_ARGUMENT", f"Unknown name {unknown[0]!r}: Cannot find field.")


@route("GET", r"monitoring/v3/PROJECT/notificationChannels/(\d+)", "monitoring.projects.notificationChannels.get")
def _channel(google: Google, request: Request) -> Body:
    name = f"projects/{PROJECT}/notificationChannels/{request.names[0]}"
    if name not in google.state["channels"]:
        raise RefusedError(404, "NOT_FOUND", f"Unknown notification channel {name}: not found.")
    return {"name": name, "type": "email"}


@route("GET", r"monitoring/v3/PROJECT/alertPolicies", "monitoring.projects.alertPolicies.list")
def _policies(google: Google, _request: Request) -> Body:
    return {"alertPolicies": list(google.state["alerts"].values())}


@route("GET", r"monitoring/v3/PROJECT/alertPolicies/(\d+)", "monitoring.projects.alertPolicies.get")
def _get_alert(google: Google, request: Request) -> Body:
    return dict(google.state["alerts"][f"projects/{PROJECT}/alertPolicies/{request.names[0]}"])


@route("POST", r"monitoring/v3/PROJECT/alertPolicies", "monitoring.projects.alertPolicies.create")
def _create_policy(google: Google, request: Request) -> Body:
    return _put_policy(google, f"projects/{PROJECT}/alertPolicies/{len(google.state['alerts'])}", request.body)


@route("PATCH", r"monitoring/v3/PROJECT/alertPolicies/(\d+)", "monitoring.projects.alertPolicies.patch")
def _patch_policy(google: Google, request: Request) -> Body:
    return _put_policy(google, f"projects/{PROJECT}/alertPolicies/{request.names[0]}", request.body)


def _put_policy(google: Google, name: str, body: Body) -> Body:
    _only(POLICY_FIELDS, body)
    for channel in body.get("notificationChannels", ()):
        if channel not in google.state["channels"]:
            raise RefusedError(404, "NOT_FOUND", f"Unknown notification channel {channel}: not found.")
    google.state["alerts"][name] = {**body, "name": name}
    return dict(google.state["alerts"][name])


# BigQuery, as far as bq is used; the rest goes to the emulator


@route("GET", r"bigquery/datasets/(\w+)", "bigquery.datasets.get")
def _dataset(google: Google, request: Request) -> Body:
    name = request.names[0]
    if name not in google.state["datasets"]:
        raise RefusedError(404, "NOT_FOUND", f"BigQuery error in show operation: Not found: Dataset {PROJECT}:{name}")
    older = {"roles/bigquery.dataViewer": "READER", "roles/bigquery.dataEditor": "WRITER"}
    access = [
        {"role": older[role], "userByEmail": member.partition(":")[2]}
        for role, members in google.state["policies"].get(f"datasets/{name}", {}).items()
        for member in members
    ]
    return {
        "location": google.state["datasets"][name],
        "access": [{"role": "OWNER", "specialGroup": "projectOwners"}, *access],
    }


@route("POST", r"bigquery/datasets", "bigquery.datasets.insert")
def _create_dataset(google: Google, request: Request) -> Body:
    google.state["datasets"][request.body["name"]] = request.body["location"]
    return {}


@route("POST", r"bigquery/datasets/(\w+)/grants", "bigquery.jobs.query GRANT")
def _grant(google: Google, request: Request) -> Body:
    name, email = request.names[0], request.body["email"]
    if google.state["datasets"].get(name) != request.body["location"]:
        raise RefusedError(
            404, "NOT_FOUND", f"Not found: Dataset {name} was not found in location {request.body['location']}"
        )
    if email not in google.state["accounts"] or not google.knows(f"account {email}"):
        raise RefusedError(
            400, "INVALID_ARGUMENT", f"IAM setPolicy failed: Principal serviceAccount:{email} does not exist."
        )
    policy = google.state["policies"].setdefault(f"datasets/{name}", {})
    policy.setdefault(request.body["role"], []).append(f"serviceAccount:{email}")
    return {}
