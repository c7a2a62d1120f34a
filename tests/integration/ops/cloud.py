"""A Google Cloud for deploy.sh to talk to: `gcloud` and `bq` that record each call and remember what was made.

Its functions are real: what is deployed is served on this machine, by the revision that has the traffic.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer
from typing import Any

PROJECT_NUMBER = "123456789"

type State = dict[str, Any]

EMPTY: State = {
    "accounts": [],  # service accounts, by address
    "bindings": [],  # [resource, role, member]
    "grants": {},  # dataset → [role, address]
    "services": ["bigquery.googleapis.com"],
    "secrets": ["slack-webhook-url"],
    "functions": {},  # name → {"port", "pid", "serving", "revisions": {name: {"source", "environment"}}}
    "jobs": {},  # name → the flags
    "metrics": {},  # name → its filter
    "policies": {},  # displayName → {"name", "content", "channels"}
    "also": [],  # files that are uploaded and not in git
    "left_out": [],  # files that .gcloudignore leaves out
    "broken": {},  # function → how its next revision is broken: "version", "verdict" or "boot"
}

# A deploy runs these up to 70 times. They forward each call to the test, which is much faster than starting Python.
COMMAND = """#!/bin/bash
exec 3<> /dev/tcp/127.0.0.1/{port}
printf '%s\\0' {tool} "$PWD" "$#" "$@" >&3
IFS= read -r status <&3
IFS= read -r -d '' answer <&3
printf %s "$answer"
exit "${{status:-99}}"
"""


class GoogleCloud(TCPServer):
    """A project: what was created in it, and every call of gcloud and bq, in order."""

    def __init__(self, folder: Path, emulator: str) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.folder, self.emulator = folder, emulator
        self.state = deepcopy(EMPTY)
        self.calls: list[list[str]] = []
        self.servers: dict[str, subprocess.Popen[bytes]] = {}  # by the function's name

    def install(self, folder: Path) -> None:
        """Write the commands that talk to this project into a folder."""
        folder.mkdir()
        for tool in ("gcloud", "bq"):
            (folder / tool).write_text(COMMAND.format(port=self.server_address[1], tool=tool))
            (folder / tool).chmod(0o755)

    def serve(self, name: str, revision: str) -> None:
        """Send a function's traffic to a revision."""
        self.stop(name)
        function = self.state["functions"][name]
        made = function["revisions"][revision]
        command = [sys.executable, "-B", "-m", "functions_framework", "--target", "check_data_availability"]
        self.servers[name] = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(function["port"])],
            cwd=made["source"],
            env={"PATH": os.environ["PATH"], **made["environment"], "BIGQUERY_EMULATOR_HOST": self.emulator},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        function |= {"pid": self.servers[name].pid, "serving": revision}
        deadline = time.monotonic() + 30
        while not _is_open(function["port"]):
            assert time.monotonic() < deadline, f"{revision} did not boot"
            time.sleep(0.05)

    def stop(self, name: str) -> None:
        """End the revision that serves, and wait until its port is free."""
        if server := self.servers.pop(name, None):
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            while _is_open(self.state["functions"][name]["port"]):
                time.sleep(0.05)

    def server_close(self) -> None:
        for name in list(self.servers):
            self.stop(name)
        super().server_close()


class _Call(StreamRequestHandler):
    """Answers one call as the real command would, as far as deploy.sh looks at it."""

    server: GoogleCloud

    def handle(self) -> None:
        tool, here, count = (self._word() for _ in range(3))
        arguments = [self._word() for _ in range(int(count))]
        self.server.calls.append([tool, *arguments])
        words = [word for word in arguments if not word.startswith("-")]
        flags = {
            name: value for name, _, value in (word[2:].partition("=") for word in arguments if word.startswith("--"))
        }
        state = self.server.state
        answer = _bq(state, words, flags) if tool == "bq" else _gcloud(self.server, Path(here), words, flags)
        status = 1 if answer is None else 0
        text = f"{answer.rstrip('\n')}\n" if answer else ""
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


def _bq(state: State, words: list[str], flags: dict[str, str]) -> str | None:
    if words[0] == "show":
        roles = {"roles/bigquery.dataViewer": "READER", "roles/bigquery.dataEditor": "WRITER"}
        access = [{"role": roles[role], "userByEmail": email} for role, email in state["grants"].get(words[1], [])]
        return json.dumps({"location": "US", "access": [{"role": "OWNER", "specialGroup": "projectOwners"}, *access]})
    if words[0] == "query":
        granted = re.fullmatch(r"GRANT `(.+)` ON SCHEMA `(.+)\.(.+)` TO 'serviceAccount:(.+)'", words[1])
        assert granted, words
        assert granted[2] == flags["project_id"]
        state["grants"].setdefault(granted[3], []).append([granted[1], granted[4]])
        return "granted"
    raise AssertionError(words)


def _gcloud(cloud: GoogleCloud, here: Path, words: list[str], flags: dict[str, str]) -> str | None:  # noqa: C901, PLR0911, PLR0912 - one case a command
    state = cloud.state
    match words:
        case ["meta", "list-files-for-upload", "."]:
            listing = ["git", "ls-files", "main.py", "requirements.txt", "monitor", "schemas"]
            files = subprocess.run(listing, cwd=here, check=True, capture_output=True, text=True).stdout.split()
            return "\n".join(file for file in [*files, *state["also"]] if file not in state["left_out"])
        case ["config", "get-value", "account"]:
            return "dev@example.com"
        case ["projects", "describe", _]:
            return PROJECT_NUMBER
        case ["services", "list"]:
            return "\n".join(state["services"])
        case ["services", "enable", *names]:
            state["services"] += names
        case ["secrets", "versions", "describe", "latest"]:
            return "enabled" if flags["secret"] in state["secrets"] else None
        case ["iam", "service-accounts", "describe", email]:
            return email if email in state["accounts"] else None
        case ["iam", "service-accounts", "create", name]:
            state["accounts"].append(f"{name}@{flags['project']}.iam.gserviceaccount.com")
        case [*_, "get-iam-policy", resource]:
            member = flags["filter"].removeprefix("bindings.members=")
            return "\n".join(role for place, role, who in state["bindings"] if (place, who) == (resource, member))
        case [*_, "add-iam-policy-binding", resource]:
            state["bindings"].append([resource, flags["role"], flags["member"]])
        case ["auth", "print-identity-token"]:
            return "a-token"
        case ["functions", "deploy", name]:
            return _deploy(cloud, name, flags)
        case ["run", "services", "describe", name]:
            function = state["functions"].get(name)
            if not function:
                return None
            return f"http://127.0.0.1:{function['port']}" if "status.url" in flags["format"] else function["serving"]
        case ["run", "revisions", "list"]:
            return "\n".join(f"{name}\tTrue" for name in reversed(state["functions"][flags["service"]]["revisions"]))
        case ["run", "services", "update-traffic", name]:
            revision, _, percent = flags["to-revisions"].partition("=")
            assert percent == "100"
            cloud.serve(name, revision)
        case ["scheduler", "jobs", "delete", name]:
            del state["jobs"][name]
        case ["scheduler", "jobs", "describe", name]:
            return _text(state["jobs"].get(name))
        case ["scheduler", "jobs", ("create" | "update") as verb, "http", name]:
            assert (name in state["jobs"]) == (verb == "update")
            wanted = (
                "schedule time-zone uri http-method oidc-service-account-email oidc-token-audience attempt-deadline"
            )
            wanted += " max-retry-attempts min-backoff max-backoff"
            state["jobs"][name] = "|".join(flags[flag] for flag in wanted.split())
        case ["logging", "metrics", "describe", name]:
            return _text(state["metrics"].get(name))
        case ["logging", "metrics", ("create" | "update"), name]:
            state["metrics"][name] = json.loads((here / flags["config-from-file"]).read_text())["filter"]
        case ["alpha", "monitoring", "policies", *rest]:
            return _policies(state, rest, flags)
        case _:
            raise AssertionError(words)
    return ""


def _text(value: object) -> str | None:
    return str(value) if value else None


def _policies(state: State, words: list[str], flags: dict[str, str]) -> str:
    if words == ["list"]:
        return "\n".join(
            "|".join([title, policy["name"], policy["content"], ",".join(policy["channels"])])
            for title, policy in state["policies"].items()
        )
    policy = json.loads(Path(flags["policy-from-file"]).read_text())
    title, content = policy["displayName"], policy["userLabels"]["content"]
    if words == ["create"]:
        assert title not in state["policies"]
        name, channels = f"projects/p/alertPolicies/{len(state['policies'])}", flags.get("notification-channels", "")
    else:
        name, channels = words[1], flags.get("set-notification-channels", "")
        assert state["policies"][title]["name"] == name
    state["policies"][title] = {"name": name, "content": content, "channels": channels.split(",") if channels else []}
    return ""


def _deploy(cloud: GoogleCloud, name: str, flags: dict[str, str]) -> str | None:
    state = cloud.state
    broken = state["broken"].pop(name, None)
    if broken == "boot":  # the new revision is made, but gets no traffic
        return None
    variables = flags["update-env-vars"].removeprefix("^|^").split("|")
    environment = dict(variable.split("=", 1) for variable in variables)
    for secret in filter(None, flags.get("set-secrets", "").split(",")):
        environment[secret.split("=")[0]] = "https://placeholder.invalid"
    environment |= {"version": {"MONITOR_VERSION": "another"}, "verdict": {"GCP_PROJECT_ID": "empty"}}.get(broken, {})
    function = state["functions"].setdefault(name, {"port": _free_port(), "pid": None, "revisions": {}})
    revision = f"{name}-{len(function['revisions']) + 1:05}"
    shutil.copytree(flags["source"], cloud.folder / revision)
    function["revisions"][revision] = {"source": str(cloud.folder / revision), "environment": environment}
    cloud.serve(name, revision)
    return ""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return int(unused.getsockname()[1])
