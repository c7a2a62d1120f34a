"""A Google Cloud for deploy.sh to talk to: `gcloud` and `bq` that record each call, before the project of google.py.

These commands make the same requests as the real ones, which tests/proof/test_first_project.py runs. A deployed
function is real and served on this machine, or, where only the deploy is of interest, answers as the function would.
"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.integration.ops.google import DEPLOYER_MEMBER, PROJECT, REGION, Body, Google, RefusedError, State

if TYPE_CHECKING:
    from tests.integration.ops.real import Gcloud

# A deploy runs these up to 70 times. They forward each call to the test, which is much faster than starting Python.
COMMAND = """#!/bin/bash
exec 3<> /dev/tcp/127.0.0.1/{port}
printf '%s\\0' {tool} "$PWD" "$#" "$@" >&3
IFS= read -r status <&3
IFS= read -r -d '' answer <&3
[ "${{status:-99}}" = 0 ] && printf %s "$answer" || printf %s "$answer" >&2
exit "${{status:-99}}"
"""
SERVICES = f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}"
PLACE = f"projects/{PROJECT}/locations/{REGION}"


class GoogleCloud(TCPServer):
    """A project, its functions, and every call of gcloud and bq, in order."""

    def __init__(self, folder: Path, emulator: str, *, real: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.gcloud: Gcloud | None = None  # the real one, instead of the recorded
        self.folder, self.emulator, self.real = folder, emulator, real
        self.google = Google(folder, self.serve)
        self.calls: list[list[str]] = []
        self.front = Front(self)
        self.servers: dict[str, tuple[subprocess.Popen[bytes], int]] = {}  # by the function's name, with the port
        self.rows: dict[str, list[str]] = {}  # what functions that are not real have written: the runs
        Thread(target=self.front.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def state(self) -> State:
        return self.google.state

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.front.server_port}"

    def install(self, folder: Path) -> None:
        """Write the commands that talk to this project into a folder."""
        folder.mkdir()
        for tool in ("gcloud", "bq"):
            (folder / tool).write_text(COMMAND.format(port=self.server_address[1], tool=tool))
            (folder / tool).chmod(0o755)

    def serve(self, name: str, revision: str) -> None:
        """Send a function's traffic to a revision."""
        self.stop(name)
        self.state["functions"][name]["url"] = f"{self.address}/{name}"
        made = self.state["functions"][name]["revisions"][revision]
        if not self.real:
            return
        secrets = {key: self.state["secrets"][secret] for key, secret in made["secrets"].items()}
        broken = {"version": {"MONITOR_VERSION": "another"}, "verdict": {"GCP_PROJECT_ID": "empty"}}
        command = [sys.executable, "-B", "-m", "functions_framework", "--target", "check_data_availability"]
        port = _free_port()
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=made["source"],
            env={
                "PATH": os.environ["PATH"],
                **made["environment"],
                **secrets,
                **broken.get(made["broken"], {}),
                "BIGQUERY_EMULATOR_HOST": self.emulator,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.servers[name] = server, port
        deadline = time.monotonic() + 30
        while not _is_open(port):
            assert time.monotonic() < deadline, f"{revision} did not boot"
            time.sleep(0.05)

    def stop(self, name: str) -> None:
        """End the revision that serves."""
        if name in self.servers:
            server, _ = self.servers.pop(name)
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()

    def server_close(self) -> None:
        for name in list(self.servers):
            self.stop(name)
        self.front.shutdown()
        self.front.server_close()
        super().server_close()

    def answer(self, name: str, path: str) -> tuple[int, str]:
        """What a function answers to a caller who was let in."""
        if name in self.servers:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.servers[name][1]}{path}", timeout=60) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()
        return self._as_the_function(name, path)

    def _as_the_function(self, name: str, path: str) -> tuple[int, str]:
        function = self.state["functions"][name]
        revision = function["revisions"][function["serving"]]
        broken, rows = revision["broken"], self.rows.setdefault(name, [])
        if path == "/health":
            version = "another" if broken == "version" else revision["environment"]["MONITOR_VERSION"]
            return 200, json.dumps({"status": "alive", "version": version})
        if path.startswith("/history"):
            return 200, json.dumps({"checks": [{"run_id": run} for run in rows]})
        if broken == "verdict":
            return 503, json.dumps({"status": 503, "detail": "nba_raw could not be read"})
        if "notify=always" in path and self.state["broken_channel"]:
            return 502, json.dumps({"status": 502, "detail": f"Slack: {self.state['broken_channel']}"})
        run = f"run-{len(rows)}"
        if "dry_run" not in path and broken != "history":
            rows.append(run)
        found = {"check_date": "2026-01-18", "status": "OK", "scheduled_games": 6, "phase4_ready": 6, "warnings": []}
        alert = {"reason": "REQUESTED", "status": "sent"}
        return 200, json.dumps({"run_id": run, "checks": [{**found, "duration_ms": 1, "alert": alert}]})


class Front(ThreadingHTTPServer):
    """The project's HTTP: its functions, behind Cloud Run's check of the caller, and its APIs."""

    daemon_threads = True

    def __init__(self, cloud: GoogleCloud) -> None:
        super().__init__(("127.0.0.1", 0), _Web)
        self.cloud = cloud


class _Web(BaseHTTPRequestHandler):
    server: Front

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        given = self.rfile.read(length)
        host, path = _split(self.path)
        google = self.server.cloud.google
        if host == "storage":  # an upload of the source, by a URL that is its own permission
            google.uploads[path.removeprefix("/")] = given
            return self._send(200, "{}")
        if host:
            body = json.loads(given) if given else {}
            try:
                return self._send(200, json.dumps(google.request(DEPLOYER_MEMBER, self.command, host, path, body)))
            except RefusedError as refused:
                return self._send(refused.code, json.dumps(refused.body))
        _, name, rest = path.split("/", 2)
        code = self._refuse(name)
        if code:
            return self._send(code, "The request was not authorized to invoke this service.")
        return self._send(*self.server.cloud.answer(name, f"/{rest}"))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - the names that the library calls

    def _refuse(self, name: str) -> int | None:
        """Cloud Run's error for a caller whose token is for another service, or who may not call this one."""
        google = self.server.cloud.google
        claims = json.loads(base64.urlsafe_b64decode(self.headers["Authorization"].removeprefix("Bearer ")))
        if claims["aud"] != google.state["functions"][name]["url"]:
            return 401
        caller = f"serviceAccount:{claims['email']}"
        return None if google.allows(caller, "run.routes.invoke", f"run/{name}") else 403

    def _send(self, code: int, text: str) -> None:
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: object) -> None:
        """Keep the tests' output to what fails."""


def _split(url: str) -> tuple[str, str]:
    """The API's name and the path: of a proxied http://us-west2-run.google.test/v1, and of /api/iamcredentials/v1."""
    split = urlsplit(url)
    path = f"{split.path}?{split.query}" if split.query else split.path
    if split.hostname and split.hostname.endswith(".google.test"):
        return split.hostname.removesuffix(".google.test").removeprefix(f"{REGION}-"), path
    if path.startswith("/api/"):
        _, _, api, rest = path.split("/", 3)
        return api, f"/{rest}"
    return "", path


class _Call(StreamRequestHandler):
    """Answers one call as the real command would, as far as deploy.sh looks at it."""

    server: GoogleCloud

    def handle(self) -> None:
        tool, here, count = (self._word() for _ in range(3))
        arguments = [self._word() for _ in range(int(count))]
        self.server.calls.append([tool, *arguments])
        if tool == "gcloud" and self.server.gcloud:
            status, told, errors = self.server.gcloud(arguments)
            self.wfile.write(f"{status}\n{errors if status else told}".encode())
            return
        words = [word for word in arguments if not word.startswith("-")]
        flags = {
            name: value for name, _, value in (word[2:].partition("=") for word in arguments if word.startswith("--"))
        }
        try:
            told = _bq(self.server, words, flags) if tool == "bq" else _gcloud(self.server, Path(here), words, flags)
            status, text = 0, f"{told.rstrip('\n')}\n" if told else ""
        except RefusedError as refused:
            error = refused.body["error"]
            status, text = 1, f"ERROR: ({tool}.{'.'.join(words[:3])}) {error['status']}: {error['message']}\n"
            text += "".join(f"  reason: {detail['reason']}\n" for detail in error.get("details", ()))
        self.wfile.write(f"{status}\n{text}".encode())

    def _word(self) -> str:
        word = b""
        while (byte := self.rfile.read(1)) != b"\0":
            assert byte, "the call ends in the middle of a word"
            word += byte
        return word.decode()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return int(unused.getsockname()[1])


def _bq(cloud: GoogleCloud, words: list[str], flags: dict[str, str]) -> str:
    def ask(verb: str, path: str, body: Body | None = None) -> Body:
        return cloud.google.request(DEPLOYER_MEMBER, verb, "bigquery", path, body)

    match words:
        case ["show", dataset]:
            return json.dumps(ask("GET", f"/datasets/{dataset}"))
        case ["mk", name]:
            assert "dataset" in flags
            ask("POST", "/datasets", {"name": name.removeprefix(f"{PROJECT}:"), "location": flags["location"]})
            return f"Dataset '{name}' successfully created."
        case ["query", sql]:
            granted = re.fullmatch(rf"GRANT `(.+)` ON SCHEMA `{PROJECT}\.(.+)` TO 'serviceAccount:(.+)'", sql)
            assert granted, words
            grant = {"role": granted[1], "email": granted[3], "location": flags["location"]}
            ask("POST", f"/datasets/{granted[2]}/grants", grant)
            return "granted"
    raise AssertionError(words)


def _gcloud(cloud: GoogleCloud, here: Path, words: list[str], flags: dict[str, str]) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915 - one case a command
    def ask(verb: str, api: str, path: str, body: Body | None = None) -> Body:
        return cloud.google.request(DEPLOYER_MEMBER, verb, api, path, body)

    match words:
        case ["version"]:
            return "" if cloud.state.get("no_alpha") else "2025.06.20"
        case ["meta", "list-files-for-upload", "."]:
            listing = ["git", "ls-files", "main.py", "requirements.txt", "monitor", "schemas"]
            files = subprocess.run(listing, cwd=here, check=True, capture_output=True, text=True).stdout.split()
            also, left_out = cloud.state.get("also", ()), cloud.state.get("left_out", ())
            return "\n".join(file for file in [*files, *also] if file not in left_out)
        case ["config", "get-value", "account"]:
            return DEPLOYER_MEMBER.partition(":")[2]
        case ["auth", "print-access-token"]:
            return "an-access-token"
        case ["auth", "print-identity-token"]:
            account = flags["impersonate-service-account"]
            credentials = f"/v1/projects/-/serviceAccounts/{account}"
            ask("POST", "iamcredentials", f"{credentials}:generateAccessToken")
            audience = {"audience": flags["audiences"]}
            return str(ask("POST", "iamcredentials", f"{credentials}:generateIdToken", audience)["token"])
        case ["projects", "describe", project]:
            return str(ask("GET", "cloudresourcemanager", f"/v1/projects/{project}")["projectNumber"])
        case ["services", "list"]:
            listed = ask("GET", "serviceusage", f"/v1/projects/{PROJECT}/services")["services"]
            return "\n".join(service["config"]["name"] for service in listed)
        case ["services", "enable", *names]:
            ask("POST", "serviceusage", f"/v1/projects/{PROJECT}/services:batchEnable", {"serviceIds": names})
        case ["secrets", "versions", "describe", "latest"]:
            path = f"/v1/projects/{PROJECT}/secrets/{flags['secret']}/versions/latest"
            return str(ask("GET", "secretmanager", path)["state"]).lower()
        case ["builds", "get-default-service-account"]:
            path = f"/v1/{PLACE}/defaultServiceAccount"
            return str(ask("GET", "cloudbuild", path)["serviceAccountEmail"]).split("/")[3]
        case ["iam", "service-accounts", "describe", email]:
            return str(ask("GET", "iam", f"/v1/projects/{PROJECT}/serviceAccounts/{email}")["email"])
        case ["iam", "service-accounts", "create", name]:
            ask("POST", "iam", f"/v1/projects/{PROJECT}/serviceAccounts", {"accountId": name})
        case [*group, "get-iam-policy", resource]:
            policy = _policy(cloud, group, resource)
            wanted = flags["filter"].removeprefix("bindings.members=")
            return "\n".join(entry["role"] for entry in policy["bindings"] if wanted in entry["members"])
        case [*group, "add-iam-policy-binding", resource]:
            assert flags["condition"] == "None"  # without it gcloud asks, if the policy has conditions
            policy = _policy(cloud, group, resource)
            bindings: dict[str, list[str]] = {entry["role"]: list(entry["members"]) for entry in policy["bindings"]}
            bindings.setdefault(flags["role"], []).append(flags["member"])
            wanted_policy = {"bindings": [{"role": role, "members": m} for role, m in bindings.items()]}
            _policy(cloud, group, resource, {"policy": wanted_policy})
        case ["functions", "deploy", name]:
            _deploy(cloud, name, flags)
        case ["run", "services", "describe", name]:
            shown = ask("GET", "run", f"{SERVICES}/services/{name}")["status"]
            return str(shown["url"] if "status.url" in flags["format"] else shown["traffic"][0]["revisionName"])
        case ["run", "revisions", "list"]:
            label = f"serving.knative.dev/service={flags['service']}"
            listed = ask("GET", "run", f"{SERVICES}/revisions?labelSelector={label}")["items"]
            return "\n".join(
                f"{made['metadata']['name']}\t{made['status']['conditions'][0]['status']}" for made in reversed(listed)
            )
        case ["run", "services", "update-traffic", name]:
            revision, _, percent = flags["to-revisions"].partition("=")
            service = ask("GET", "run", f"{SERVICES}/services/{name}")
            service["spec"]["traffic"] = [{"revisionName": revision, "percent": int(percent)}]
            ask("PUT", "run", f"{SERVICES}/services/{name}", service)
        case ["scheduler", "jobs", "describe", name]:
            job = ask("GET", "cloudscheduler", f"/v1/{PLACE}/jobs/{name}")
            target, retry = job["httpTarget"], job["retryConfig"]
            token = target["oidcToken"]
            return "|".join(
                str(value)
                for value in (
                    *(job["schedule"], job["timeZone"], target["uri"], target["httpMethod"]),
                    *(token["serviceAccountEmail"], token["audience"], job["attemptDeadline"]),
                    *(retry["retryCount"], retry["minBackoffDuration"], retry["maxBackoffDuration"], job["state"]),
                )
            )
        case ["scheduler", "jobs", "resume", name]:
            ask("POST", "cloudscheduler", f"/v1/{PLACE}/jobs/{name}:resume")
        case ["scheduler", "jobs", "delete", name]:
            ask("DELETE", "cloudscheduler", f"/v1/{PLACE}/jobs/{name}")
        case ["scheduler", "jobs", "create", "http", name]:
            ask("POST", "cloudscheduler", f"/v1/{PLACE}/jobs", _job(name, flags))
        case ["scheduler", "jobs", "update", "http", name]:
            ask("PATCH", "cloudscheduler", f"/v1/{PLACE}/jobs/{name}", _job(name, flags))
        case ["logging", "metrics", "describe", name]:
            return str(ask("GET", "logging", f"/v2/projects/{PROJECT}/metrics/{name}")["filter"])
        case ["logging", "metrics", ("create" | "update") as verb, name]:
            metric = {**json.loads((here / flags["config-from-file"]).read_text()), "name": name}
            path = f"/v2/projects/{PROJECT}/metrics"
            if verb == "create":
                ask("POST", "logging", path, metric)
            else:
                ask("PUT", "logging", f"{path}/{name}", metric)
        case ["alpha", "monitoring", "channels", "describe", name]:
            return str(ask("GET", "monitoring", f"/v3/{name}")["name"])
        case ["alpha", "monitoring", "policies", *rest]:
            return _policies(cloud, rest, flags)
        case _:
            raise AssertionError(words)
    return ""


def _policy(cloud: GoogleCloud, group: list[str], resource: str, wanted: Body | None = None) -> Body:
    """Read the policy of a resource, or set it."""
    api, path, reading = {
        ("projects",): ("cloudresourcemanager", f"/v1/projects/{resource}", "POST"),
        ("iam", "service-accounts"): ("iam", f"/v1/projects/{PROJECT}/serviceAccounts/{resource}", "POST"),
        ("secrets",): ("secretmanager", f"/v1/projects/{PROJECT}/secrets/{resource}", "GET"),
        ("run", "services"): ("run", f"/v1/{PLACE}/services/{resource}", "GET"),
    }[tuple(group)]
    verb, action = ("POST", "setIamPolicy") if wanted else (reading, "getIamPolicy")
    return cloud.google.request(DEPLOYER_MEMBER, verb, api, f"{path}:{action}", wanted)


def _job(name: str, flags: dict[str, str]) -> Body:
    token = {"serviceAccountEmail": flags["oidc-service-account-email"], "audience": flags["oidc-token-audience"]}
    return {
        "name": f"{PLACE}/jobs/{name}",
        "schedule": flags["schedule"],
        "timeZone": flags["time-zone"],
        "httpTarget": {"uri": flags["uri"], "httpMethod": flags["http-method"], "oidcToken": token},
        "attemptDeadline": flags["attempt-deadline"],
        "retryConfig": {
            "retryCount": int(flags["max-retry-attempts"]),
            "minBackoffDuration": flags["min-backoff"],
            "maxBackoffDuration": flags["max-backoff"],
        },
    }


def _policies(cloud: GoogleCloud, words: list[str], flags: dict[str, str]) -> str:
    path = f"/v3/projects/{PROJECT}/alertPolicies"
    if words == ["list"]:
        listed = cloud.google.request(DEPLOYER_MEMBER, "GET", "monitoring", path)["alertPolicies"]
        return "\n".join(
            f"{policy['displayName']}|{policy['name']}|{policy.get('userLabels', {}).get('content', '')}"
            f"|{','.join(policy.get('notificationChannels', ()))}"
            for policy in listed
        )
    policy = json.loads(Path(flags["policy-from-file"]).read_text())
    channels = flags.get("notification-channels") or flags.get("set-notification-channels")
    if channels:
        policy["notificationChannels"] = channels.split(",")
    verb, path = ("POST", path) if words == ["create"] else ("PATCH", f"/v3/{words[1]}")
    cloud.google.request(DEPLOYER_MEMBER, verb, "monitoring", path, policy)
    return ""


def _deploy(cloud: GoogleCloud, name: str, flags: dict[str, str]) -> None:
    def ask(verb: str, path: str, body: Body | None = None) -> Body:
        return cloud.google.request(DEPLOYER_MEMBER, verb, "cloudfunctions", f"/v2/{PLACE}/{path}", body)

    def variables(flag: str, separator: str) -> dict[str, str]:
        given = flags.get(flag, "").removeprefix("^|^")
        return dict(variable.split("=", 1) for variable in given.split(separator) if variable)

    try:
        present: Body = ask("GET", f"functions/{name}")
    except RefusedError as refused:
        if refused.code != 404:
            raise
        present = {}
    before = present.get("serviceConfig", {})
    environment: dict[str, Any] = {**before.get("environmentVariables", {}), **variables("update-env-vars", "|")}
    environment = variables("set-env-vars", "|") if "set-env-vars" in flags else environment
    secrets = before.get("secretEnvironmentVariables", []) if "clear-secrets" not in flags else []
    if "set-secrets" in flags:
        secrets = [
            {"key": key, "secret": secret.removesuffix(":latest"), "version": "latest"}
            for key, secret in variables("set-secrets", ",").items()
        ]
    storage = ask("POST", "functions:generateUploadUrl")["storageSource"]
    archive = shutil.make_archive(str(cloud.folder / "upload"), "zip", flags["source"])
    cloud.google.uploads[storage["object"]] = Path(archive).read_bytes()
    wanted = {
        "buildConfig": {"runtime": flags["runtime"], "source": {"storageSource": storage}},
        "serviceConfig": {
            "environmentVariables": environment,
            "secretEnvironmentVariables": secrets,
            "serviceAccountEmail": flags["service-account"],
        },
    }
    mask = "build_config.source,service_config.environment_variables,service_config.secret_environment_variables"
    path = f"functions/{name}?updateMask={mask}" if present else f"functions?functionId={name}"
    name_of_operation = ask("PATCH" if present else "POST", path, wanted)["name"]
    operation = ask("GET", f"operations/{name_of_operation.rpartition('/')[2]}")
    if "error" in operation:
        raise RefusedError(400, "FAILED_PRECONDITION", operation["error"]["message"])
