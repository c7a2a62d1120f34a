"""All of a repository in one call: its Dockerfiles, its functions, what scripts put beside them, and every output."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.unit.shipped_imports.trees import check, write

DOCKERFILE = "FROM python:3.13\nWORKDIR /app\nCOPY {} ./\nCMD python main.py\n"
FUNCTION = "import functions_framework\nfrom shared import lock\n"
PLAIN = {"functions-framework": "functions_framework"}


def test_one_call_judges_every_dockerfile_and_function(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "api/Dockerfile": DOCKERFILE.format("main.py"),  # its folder is the build context
            "api/main.py": "import lock",
            "api/lock.py": "",
            "docker/worker.Dockerfile": DOCKERFILE.format("worker/main.py worker/job.py"),  # the root is
            "worker/main.py": "import job",
            "worker/job.py": "",
            "web/Dockerfile": "FROM node\nCOPY . .\nCMD node server.js\n",
            "web/Dockerfile.dockerignore": "*",
            "docs/Dockerfile.md": "FROM python\n",
            "db/Dockerfile": "FROM python:3.13\nCOPY . .\n",
            "tasks/clean/main.py": "def clean(request):\n    import helper\n",
            "tasks/clean/requirements.txt": "",
            "tasks/clean/helper.py": "import gone\n",
            "tasks/clean/gone.py": "",
            "tasks/clean/.gcloudignore": "#!include:.gitignore\n",
            "tasks/clean/.gitignore": "/gone.py\n",
            "site/main.py": "import yaml",  # no function: it defines none
            "site/requirements.txt": "",
        },
    )
    answer = check(tmp_path)
    assert answer.status == 1
    finding = (
        "  tasks/clean/main.py:2 → tasks/clean/helper.py:1 → tasks/clean/gone.py: not uploaded "
        "(imported when clean() is called)"
    )
    assert answer.err == [
        "note: db/Dockerfile: it starts nothing that is known here: name the file that starts, with --dockerfile"
    ]
    assert answer.out == [
        "                          modules  packages  missing",
        "api/Dockerfile                  1         0        1",
        "db/Dockerfile             starts no Python of this repository",
        "docker/worker.Dockerfile        2         0        -",
        "web/Dockerfile            starts no Python of this repository",
        "tasks/clean/main.py             2         0        1",
        "",
        "api/Dockerfile",
        "  api/main.py:1 → api/lock.py: not copied",
        "",
        "tasks/clean/main.py",
        finding,
    ]


def test_an_empty_repository_has_no_question(tmp_path: Path) -> None:
    answer = check(tmp_path)
    assert (answer.status, answer.out) == (2, [])
    assert answer.err[0].endswith("has no Dockerfile and no function folder: name the file that starts")


def test_what_gcloud_leaves_out_is_not_in_the_image(tmp_path: Path) -> None:
    """`gcloud run deploy --source` uploads the folder of a Dockerfile first."""
    files = {"main.py": "import lib.lock", "lib/lock.py": "", "Dockerfile": DOCKERFILE.format(".")}
    write(tmp_path, {**files, ".gcloudignore": "lib/\n!lib/lock.py\n*.md\n"})
    assert check(tmp_path).out == ["main.py:1 → lib/lock.py: not copied"]
    write(tmp_path, {".gcloudignore": "*\n!*.py\n!lib/\n"})
    assert check(tmp_path).status == 0


def test_a_list_of_uploads_narrows_a_build_context(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import lock", "lock.py": "", "Dockerfile": DOCKERFILE.format(".")})
    path = str(tmp_path / "Dockerfile")
    assert check(tmp_path, "--dockerfile", path, "--uploaded", "-", stdin="main.py").out == [
        "main.py:1 → lock.py: not copied"
    ]


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("", ["lock.py"]),
        ('cp -r shared "$PKG/"\n', []),
        ('cp -r "$ROOT/shared" $PKG\n', []),
        ("mkdir -p $PKG/shared && cp shared/lock.py $PKG/shared/\n", []),
        ("rsync -a --delete shared/ ${PKG}/shared/\n", []),
        ("# cp -r shared $PKG/\n", ["lock.py"]),
        ("cp -r shared /elsewhere/\n", ["lock.py"]),
        ("cp -r shared/other $PKG/shared/\n", ["lock.py"]),
    ],
)
def test_a_deploy_script_puts_more_beside_a_function(script: str, missing: list[str], tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "functions/a/main.py": FUNCTION,
            "functions/a/requirements.txt": "functions-framework\n",
            "shared/lock.py": "",
            "shared/other/x.py": "",
            "bin/deploy.sh": f"PKG=$(mktemp -d)\ncp functions/a/main.py $PKG\n{script}"
            "gcloud functions deploy a --runtime python312 --source=$PKG\n",
        },
    )
    answer = check(tmp_path)
    assert [line.rpartition("/")[2].partition(":")[0] for line in answer.out if "→" in line] == missing


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_an_upload_has_what_a_link_leads_to(tmp_path: Path) -> None:
    function = "def f(request):\n    from shared import lock"
    write(tmp_path, {"f/main.py": function, "f/requirements.txt": "", "shared/lock.py": "import more"})
    (tmp_path / "f" / "shared").symlink_to("../shared")
    (tmp_path / "shared" / "loop").symlink_to("..")
    assert check(tmp_path).out[-1] == (
        "f/main.py:2 → f/shared/lock.py:1 → more: no requirement provides it (imported when f() is called)"
    )


TREE = {
    "main.py": "import a\nimport os\n\ndef run():\n    import b",
    "a.py": "import requests",
    "b.py": "",
    "requirements.txt": "requests",
    "Dockerfile": "FROM python\nCOPY main.py a.py *.txt /\nRUN pip install -r requirements.txt\nCMD python main.py\n",
}


def test_the_manifest_is_written_and_then_holds(tmp_path: Path) -> None:
    write(tmp_path, TREE)
    manifest = tmp_path / "modules.md"
    first = check(tmp_path, "--manifest", str(manifest))
    assert (first.status, first.err) == (1, [f"{manifest} was written: look at it and commit it"])
    assert manifest.read_text(encoding="utf-8").splitlines() == [
        "# Modules that ship",
        "",
        "## Dockerfile",
        "",
        "| module | source | required_by |",
        "|---|---|---|",
        "| a | a.py | main.py |",
        "| b | b.py | main.py |",
        "| main | main.py | start |",
        "| requests | requests | a.py |",
    ]
    write(tmp_path, {"Dockerfile": TREE["Dockerfile"].replace("a.py", "a.py b.py")})
    assert check(tmp_path, "--manifest", str(manifest)).status == 0
    write(tmp_path, {"a.py": ""})
    changed = check(tmp_path, "--manifest", str(manifest))
    assert (changed.status, changed.err) == (1, [f"{manifest} was rewritten: look at it and commit it"])
    assert "requests" not in manifest.read_text(encoding="utf-8")


def test_the_snippet_imports_what_ships_and_is_imported_at_the_start(tmp_path: Path) -> None:
    write(tmp_path, TREE)
    assert check(tmp_path, "--snippet").out == ['RUN python -c "import a, requests"']
    write(tmp_path, {"a.py": "from requests import get, adapters"})
    assert check(tmp_path, "--snippet").out == ['RUN python -c "import a; from requests import adapters, get"']


def test_findings_are_annotations_at_the_import(tmp_path: Path) -> None:
    write(tmp_path, TREE)
    message = "main.py:5 → b.py: not copied (imported when run() is called)"
    answer = check(tmp_path, "--github", "--sarif", str(tmp_path / "out.sarif"))
    assert answer.out == [f"::error file=main.py,line=5,title=Module does not ship::Dockerfile: {message}"]
    result = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"][0]
    assert result["message"]["text"] == f"Dockerfile: {message}"
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "main.py"}, "region": {"startLine": 5}}


@pytest.mark.parametrize(
    ("kind", "edge", "red"),
    [
        ("mmd", 'n2["main.py"]', 'n1["b.py"]:::missing'),
        ("dot", '"main.py" -> "a.py"', '"b.py" [color="#c62828", fontcolor="#c62828"]'),
        ("svg", ">main.py</text>", 'fill="#c62828">b.py</text>'),
    ],
)
def test_the_graph_has_what_is_missing_in_red(kind: str, edge: str, red: str, tmp_path: Path) -> None:
    write(tmp_path, TREE)
    check(tmp_path, "--graph", str(tmp_path / f"out.{kind}"))
    text = (tmp_path / f"out.{kind}").read_text(encoding="utf-8")
    assert edge in text
    assert red in text
    assert check(tmp_path, "--graph", "out.png").status == 2
