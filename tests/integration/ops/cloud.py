"""A Google Cloud for deploy.sh to talk to: `gcloud` and `bq` that record each call and remember what was made.

Its functions are real: what is deployed is served on this machine, by the revision that has the traffic.
Run as a command: cloud.py FOLDER (gcloud|bq) ARGUMENTS... where FOLDER holds state.json and calls.jsonl.
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
from pathlib import Path
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
    "left_out": None,  # a file that .gcloudignore leaves out
    "broken": {},  # function → how its next revision is broken: "version", "verdict" or "boot"
}


def main(folder: Path, tool: str, arguments: list[str]) -> None:
    """Answer one call as the real command would, as far as deploy.sh looks at it. Exits 1 where it would."""
    with (folder / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([tool, *arguments]) + "\n")
    state: State = json.loads((folder / "state.json").read_text())
    words = [word for word in arguments if not word.startswith("-")]
    flags = {name: value for name, _, value in (word[2:].partition("=") for word in arguments if word.startswith("--"))}
    answer = _bq(state, words, flags) if tool == "bq" else _gcloud(state, folder, words, flags)
    (folder / "state.json").write_text(json.dumps(state, indent=1))
    if answer is None:
        sys.exit(1)
    if answer:
        sys.stdout.write(answer.rstrip("\n") + "\n")


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


def _gcloud(state: State, folder: Path, words: list[str], flags: dict[str, str]) -> str | None:  # noqa: C901, PLR0911, PLR0912 - one case a command
    match words:
        case ["meta", "list-files-for-upload", "."]:
            listing = ["git", "ls-files", "main.py", "requirements.txt", "monitor", "schemas"]
            files = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split()
            return "\n".join(file for file in [*files, *state["also"]] if file != state["left_out"])
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
            return _deploy(state, folder, name, flags)
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
            _serve(state["functions"][name], revision)
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
            state["metrics"][name] = json.loads(Path(flags["config-from-file"]).read_text())["filter"]
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


def _deploy(state: State, folder: Path, name: str, flags: dict[str, str]) -> str | None:
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
    shutil.copytree(flags["source"], folder / revision)
    function["revisions"][revision] = {"source": str(folder / revision), "environment": environment}
    _serve(function, revision)
    return ""


def _serve(function: State, revision: str) -> None:
    stop(function)
    made = function["revisions"][revision]
    emulator = {"BIGQUERY_EMULATOR_HOST": os.environ["BIGQUERY_EMULATOR_HOST"]}
    command = [sys.executable, "-B", "-m", "functions_framework", "--target", "check_data_availability"]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(function["port"])],
        cwd=made["source"],
        env={"PATH": os.environ["PATH"], **made["environment"], **emulator},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    function |= {"pid": process.pid, "serving": revision}
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", function["port"])) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"{revision} did not boot")


def stop(function: State) -> None:
    """End the revision that serves, and wait until its port is free."""
    if not function["pid"]:
        return
    os.killpg(function["pid"], signal.SIGKILL)
    function["pid"] = None
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", function["port"])) != 0:
                return
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return int(unused.getsockname()[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
