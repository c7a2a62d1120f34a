"""`make audit` passes only where every package was asked about."""

import subprocess
from os import environ
from pathlib import Path

from local.emulator import ROOT


def test_an_audit_that_cannot_ask_fails_and_says_so(tmp_path: Path) -> None:
    # Without --strict the audit says "No known vulnerabilities found" of packages that it could not ask about.
    nowhere = {
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "https_proxy": "http://127.0.0.1:1",
        "XDG_CACHE_HOME": str(tmp_path),
    }
    ran = subprocess.run(
        ["make", "--assume-old=.venv/.ready", "audit"],  # noqa: S607 - the make on the path, as a person runs it
        cwd=ROOT,
        env={**environ, **nowhere},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0
    assert "Audit failed" in ran.stderr
    assert "No known vulnerabilities" not in ran.stdout + ran.stderr
