"""Whatever the Dockerfile, the requirements and the code are, there is an answer and no traceback."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.unit.shipped_imports.trees import check, write

PIECES = (
    "FROM FROM python:3.13 FROM python AS a FROM a FROM $X FROM --platform=$P python COPY ADD RUN CMD ENTRYPOINT "
    "ENV ARG WORKDIR COPY --from=a --from=0 --from= --parents --exclude= --mount=type=bind,from=a, --mount= . .. "
    '/ /app /app/ main.py *.py [a-z].py [z-a] [ ] ** \\ ` \' " $ ${ ${A:-} ${A:+b} $A A=b A= = ["a", 1] '
    '["python","main.py"] {} <<EOF EOF <<-\'X\' X # #escape=` pip install -r requirements.txt -e . -c -qr pip3 '
    "uv sync poetry install setup.py cd && || ; | > 2>&1 ( ) gunicorn main:app -c --chdir --config= uvicorn "
    "flask celery -A python -m -c import python - sh -c bash exec $@ ./run.sh supervisord uwsgi ONBUILD "
    "HEALTHCHECK LABEL SHELL lambda/python \x00 \ufeff é ∞ \t"
).split(" ")
LINES = (
    "alpha alpha==1 alpha[ -r -r requirements.txt -r . -c -e -e . ./ .. / file: file:// --hash=sha256:0 -- - "
    "--index-url git+ #egg= #egg=x @ @https://x ; \\ \\\n # \x00 \ufeff [project] dependencies=[ ] "
    '[tool.poetry.dependencies] a=" {" é ∞ * ./* x.whl'
).split(" ")
CODE = (
    "import main",
    "import pkg.a",
    "from . import x",
    "from .... import x",
    "from pkg import *",
    "try:\n import x\nexcept: pass",
    "sys.path.insert(0, __file__ + '/../..')",
    "sys.path.append(Path(__file__).parents[9])",
    "sys.path.append(*x)",
    "sys.path.insert()",
    "if sys.version_info > 'x': import y",
    "if sys.version_info >= (3,): import y",
    "__import__('..')",
    "import_module('.', 'a')",
    "import_module('')",
    "uvicorn.run(':')",
    "def f(",
    "\0",
    "x = [[[",
    "import a.b.c as d",
)


@pytest.mark.parametrize("seed", range(40))
def test_random_files_get_an_answer(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311 - nothing to guess
    dockerfile = ["FROM python"]
    lines = range(random.randrange(1, 12))
    dockerfile += [" ".join(random.choice(PIECES) for _ in range(random.randrange(1, 7))) for _ in lines]
    names = (
        "requirements.txt",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "poetry.lock",
        "Pipfile",
        "Pipfile.lock",
        "run.sh",
    )
    texts = {name: "\n".join(random.choice(LINES) for _ in range(random.randrange(8))) for name in names}
    code = {
        name: "\n".join(random.choice(CODE) for _ in range(3)) for name in ("main.py", "pkg/__init__.py", "pkg/a.py")
    }
    ignores = {name: "\n".join(random.choice(PIECES) for _ in range(2)) for name in (".dockerignore", ".gcloudignore")}
    write(tmp_path, {**texts, **code, **ignores, "Dockerfile": "\n".join(dockerfile)})
    (tmp_path / "requirements.txt").write_bytes(
        random.choice((b"\xff\xfe", b"\xef\xbb\xbf", b"\x80")) + texts["run.sh"].encode()
    )
    for arguments in ((), ("--dockerfile", str(tmp_path / "Dockerfile"), "main.py"), ("--snippet", "--strict")):
        assert check(tmp_path, *arguments).status in {0, 1, 2}
