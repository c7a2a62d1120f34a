"""The real gcloud, loaded once for many commands, with a proxy on this machine in front of all of Google."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

APIS = (
    "cloudbuild cloudfunctions cloudresourcemanager cloudscheduler iam iamcredentials logging monitoring run"
    " secretmanager serviceusage"
)

type Gcloud = Callable[[list[str]], tuple[int, str, str]]
"""Runs one command: its status, output and errors."""


@contextmanager
def real_gcloud(here: Path, config: Path, proxy_port: int) -> Iterator[Gcloud]:
    """Start gcloud in this folder. The proxy answers for all hosts, since gcloud makes up regional ones."""
    environment = {
        **os.environ,
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}": f"http://{api}.google.test/" for api in APIS.split()},
        "CLOUDSDK_CONFIG": str(config),
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "no-token",
        "CLOUDSDK_CORE_ACCOUNT": "dev@example.com",
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": str(proxy_port),
        "CLOUDSDK_PYTHON_ARGS": str(Path(__file__).with_name("gcloud_repeated.py")),
    }
    command = ["gcloud"]
    with subprocess.Popen(
        command, cwd=here, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        commands, answers = process.stdin, process.stdout
        assert commands
        assert answers

        def run(arguments: list[str]) -> tuple[int, str, str]:
            commands.write(json.dumps(arguments) + "\n")
            commands.flush()
            status, output, errors = json.loads(answers.readline())
            return status, output, errors

        yield run
        commands.close()
