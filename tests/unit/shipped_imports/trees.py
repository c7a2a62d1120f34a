"""Made-up repositories, and what the check says of them. Runs on Python 3.9 too, as the check does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from ops.shipped_imports.__main__ import main
from ops.shipped_imports.dockerfile import DockerfileReader, kept_in_context
from ops.shipped_imports.image import Image


@dataclass(frozen=True)
class Answer:
    """What the command said."""

    status: int
    out: list[str]
    err: list[str]


def check(root: Path, *arguments: str, stdin: str = "") -> Answer:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err, patch("sys.stdin", StringIO(stdin)):
        status = main(["--root", str(root), *arguments])
    return Answer(status, out.getvalue().splitlines(), err.getvalue().splitlines())


def check_upload(root: Path, uploaded: Sequence[str], *arguments: str) -> Answer:
    return check(root, "--uploaded", "-", *arguments, stdin="\n".join(uploaded))


def image(root: Path, dockerfile: str = "Dockerfile", target: str = "") -> Image:
    """The image of a Dockerfile with all files of its folder as the build context."""
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    kept = kept_in_context(root / dockerfile, root, {file: file for file in sorted(files - {dockerfile})})
    kept.pop(".dockerignore", None)
    return DockerfileReader(root / dockerfile, root, kept).image(target)


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
