"""What is installed, and by whom an import is provided."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.shipped_imports.trees import Answer, check, check_upload, write

# Distributions as pip installs them, so that what these tests find does not hang on this environment's.
SITE = {
    **dict.fromkeys(
        ("alpha.py", "beta_module/__init__.py", "beta_module/sub.py", "vendor/__init__.py", "vendor/one.py"), ""
    ),
    **dict.fromkeys(
        ("_beta.cpython-313-x86_64-linux-gnu.so", "google/cloud/one/__init__.py", "google/cloud/one/client.py"), ""
    ),
    "alpha-1.dist-info/METADATA": "Name: alpha\nRequires-Dist: Beta>=2\nRequires-Dist: extra-one; extra == 'more'\n"
    "Requires-Dist: windows-only; sys_platform == 'win32'\n",
    "alpha-1.dist-info/RECORD": "alpha.py,,\nalpha-1.dist-info/METADATA,,\n../../bin/alpha,,\n",
    "beta-2.dist-info/METADATA": "Name: beta\n",
    "beta-2.dist-info/RECORD": "beta_module/__init__.py,,\n"
    "beta_module/sub.py,,\n_beta.cpython-313-x86_64-linux-gnu.so,,\n",
    "google_cloud_one-1.dist-info/METADATA": "Name: google-cloud-one\n",
    "google_cloud_one-1.dist-info/RECORD": "google/cloud/one/__init__.py,,\ngoogle/cloud/one/client.py,,\n",
    # As of the time before namespace packages: each distribution has the __init__.py of what it shares.
    "shared_one-1.dist-info/METADATA": "Name: shared-one\n",
    "shared_one-1.dist-info/RECORD": "vendor/__init__.py,,\nvendor/one.py,,\n",
    "shared_one-1.dist-info/namespace_packages.txt": "vendor\n",
}


@pytest.fixture
def _site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(write(tmp_path_factory.mktemp("site"), SITE)), *sys.path])


OPEN = "note: not decided: {}: no requirement names them, but another may require them"
UNPROVIDED = "no requirement provides it"


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize(
    ("requirements", "code", "said"),
    [
        # Installed here: its modules are known.
        ("alpha", "import alpha", ""),
        ("alpha", "import gamma", f"main.py:1 → gamma: {UNPROVIDED}"),
        ("", "import alpha", f"main.py:1 → alpha: {UNPROVIDED}"),
        # A distribution and its module may have different names, and may be of C.
        ("beta", "import beta_module.sub, _beta\nfrom beta_module import anything", ""),
        ("beta", "import beta", f"main.py:1 → beta: {UNPROVIDED}"),
        # What a distribution requires comes with it, though not what it does for an extra or for another platform.
        ("alpha", "import beta_module", ""),
        ("alpha", "import extra_one", f"main.py:1 → extra_one: {UNPROVIDED}"),
        ("alpha", "import windows_only", f"main.py:1 → windows_only: {UNPROVIDED}"),
        # A shared package is told apart by what is in it.
        ("google-cloud-one", "from google.cloud import one\nimport google.cloud.one.client\nimport google.cloud", ""),
        ("google-cloud-one", "from google.cloud import two", f"main.py:1 → google.cloud.two: {UNPROVIDED}"),
        ("alpha", "from google.cloud import two", f"main.py:1 → google.cloud.two: {UNPROVIDED}"),
        ("shared-one", "import vendor.one, vendor.two", f"main.py:1 → vendor.two: {UNPROVIDED}"),
        # Each distribution once, however many of its modules are imported.
        ("", "import alpha.a\nfrom alpha.b import c\nimport alpha", f"main.py:1 → alpha: {UNPROVIDED}"),
        # Not installed here: its name may tell, or the list of names.
        ("slack-bolt-x", "import slack_bolt_x.errors", ""),
        ("Google.Cloud_Nine", "from google.cloud.nine import x\nfrom google.cloud import nine", ""),
        ("google-cloud-secret-manager-x", "from google.cloud import secretmanagerx_v1", ""),
        (
            "PyYAML\npsycopg2-binary\nopencv-python-headless\nPillow",
            "import yaml, psycopg2, cv2\nfrom PIL import Image",
            "",
        ),
        ("python-dateutil\nprotobuf", "import dateutil.tz\nfrom google.protobuf import json_format", ""),
        # Else it may come with another, which is a note.
        ("zz-x", "import yaml_x", OPEN.format("yaml_x")),
        (
            "a-x\nb-x",
            "import c_x\nimport yaml\nfrom google.cloud import two",
            OPEN.format("c_x, google.cloud.two, yaml (pyyaml)"),
        ),
        # A lock file has all, so that a distribution that is known by name is missing for certain.
        ("a-x==1\n    # via b", "import yaml", f"main.py:1 → yaml: {UNPROVIDED}"),
        ("a-x==1\n    # via b", "import c_x", OPEN.format("c_x")),
        # A constraint installs nothing, but tells what may come with another.
        ("a-x\n-c constraints.txt", "import c_x", ""),
        ("-c constraints.txt", "import c_x", f"main.py:1 → c_x: {UNPROVIDED}"),
        # An import that may fail is no question, whoever has it.
        ("zz-x", "try:\n    import yaml_x\nexcept ImportError:\n    yaml = None", ""),
        # Made during the build.
        (
            "",
            "import demo_pb2_grpc",
            "note: main.py:1 → demo_pb2_grpc: not in the repository: it must be made during the build",
        ),
        # Lines of every kind that pip reads.
        (
            "alpha==1 ; python_version < '3.14'  # why\n\n# comment\n--index-url https://pypi.org/simple",
            "import alpha",
            "",
        ),
        ("alpha[more, most]>=1,<2", "import alpha", ""),
        ("alpha @ https://example.com/alpha-1.whl", "import alpha", ""),
        ("-e git+https://example.com/alpha.git@main#egg=alpha", "import alpha", ""),
        (
            "alpha==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n    # via -r requirements.in",
            "import alpha",
            "",
        ),
        ("-r more.txt", "import alpha", ""),
        ("--requirement=more.txt\n-c constraints.txt", "import alpha", ""),
        ("./libs/alpha-1.0-py3-none-any.whl", "import alpha", ""),
        # A circle ends.
        ("-r requirements.txt\nalpha", "import alpha", ""),
        # What is not understood is a note if it could have what is missing, and else no matter.
        ("./libs/x", "import a_x", "note: not decided: a_x: {}:1: libs/x has no project to install"),
        ("-r none.txt", "import a_x", "note: not decided: a_x: {}:1: none.txt is not there"),
        (
            "git+https://example.com/x",
            "import a_x",
            "note: not decided: a_x: {}:1: what git+https://example.com/x installs is not known",
        ),
        ("./libs/x", "", ""),
    ],
)
def test_a_requirement(requirements: str, code: str, said: str, tmp_path: Path) -> None:
    files = {"more.txt": "alpha", "constraints.txt": "c_x==1"}
    write(tmp_path, {"main.py": code, "requirements.txt": requirements, **files})
    answer = check_upload(tmp_path, ["main.py", "requirements.txt", *files], "main.py")
    if said.startswith("note: "):
        said = said.replace("{}:", "requirements.txt:")
        assert (answer.status, [line[: len(said)] for line in answer.err]) == (0, [said])
    else:
        assert (answer.status, answer.out[: answer.status], answer.err) == (bool(said), [said] if said else [], [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_requirements_file_may_be_in_another_encoding(encoding: str, tmp_path: Path) -> None:
    """Windows' PowerShell writes UTF-16, and editors a mark at the start."""
    write(tmp_path, {"main.py": "import a_x"})
    (tmp_path / "requirements.txt").write_bytes(
        "\ufeffa-x==1\n".encode(encoding) if "le" in encoding else "a-x==1\n".encode(encoding)
    )
    answer = check_upload(tmp_path, ["main.py", "requirements.txt"], "main.py")
    assert (answer.status, answer.err) == (0, [])


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the interpreter")
def test_another_interpreter_may_have_what_is_installed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = write(tmp_path_factory.mktemp("site"), SITE)
    write(
        tmp_path,
        {
            "main.py": "import beta_module, gamma",
            "requirements.txt": "alpha",
            "python": f"#!/bin/sh\necho '[\"{site}\"]'\n",
        },
    )
    (tmp_path / "python").chmod(0o755)
    answer = check_upload(tmp_path, ["main.py", "requirements.txt"], "--python", str(tmp_path / "python"), "main.py")
    assert (answer.out, answer.err) == ([f"main.py:1 → gamma: {UNPROVIDED}"], [])
    gone = check_upload(tmp_path, ["main.py"], "--python", str(tmp_path / "gone"), "main.py")
    assert (gone.status, gone.out) == (2, [])


@pytest.mark.usefixtures("_site")
def test_the_requirements_may_be_named(tmp_path: Path) -> None:
    """Whatever the Dockerfile installs, in ways that are not seen."""
    files = {
        "main.py": "import alpha",
        "a.txt": "alpha",
        "b.txt": "beta",
        "Dockerfile": "FROM python\nCOPY . .\nRUN pip install .",
    }
    write(tmp_path, files)
    dockerfile, a, b = (str(tmp_path / name) for name in ("Dockerfile", "a.txt", "b.txt"))
    both = check(tmp_path, "--dockerfile", dockerfile, "--requirements", a, "--requirements", b, "main.py")
    assert both == Answer(0, ["main.py: 1 modules and 1 third-party packages, all shipped"], [])
    assert check(tmp_path, "--dockerfile", dockerfile, "--requirements", b, "main.py").status == 1
