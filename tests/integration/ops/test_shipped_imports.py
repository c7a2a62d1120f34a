"""The check of what ships: every kind of import, image and requirement, the incidents that it is for, and itself."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from local.emulator import ROOT
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
    kept = kept_in_context(root / dockerfile, root, {file: file for file in sorted(files - {dockerfile, ".dockerignore"})})
    return DockerfileReader(root / dockerfile, root, kept).image(target)


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@dataclass(frozen=True)
class Case:
    """Files that are uploaded, files that are not, and what is said of main.py."""

    why: str
    ships: dict[str, str]
    stays: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


IMPORTS = [
    # When it is needed.
    Case("nothing is imported", {"main.py": ""}),
    Case("what ships is there", {"main.py": "import lock", "lock.py": ""}),
    Case(
        "at the start",
        {"main.py": "import json\n\nimport lock"},
        {"lock.py": ""},
        ("main.py:3 → lock.py: not uploaded",),
    ),
    Case(
        "in the body of a class, which runs at the start",
        {"main.py": "class Job:\n    import lock"},
        {"lock.py": ""},
        ("main.py:2 → lock.py: not uploaded",),
    ),
    Case(
        "when a function is called",
        {"main.py": "def run():\n    import lock"},
        {"lock.py": ""},
        ("main.py:2 → lock.py: not uploaded (imported when run() is called)",),
    ),
    Case(
        "in a method and a function within: the name says which",
        {"main.py": "class Job:\n    async def run(self):\n        def inner():\n            import lock"},
        {"lock.py": ""},
        ("main.py:4 → lock.py: not uploaded (imported when Job.run.inner() is called)",),
    ),
    Case(
        "what a function's import leads to waits for the same call",
        {"main.py": "def run():\n    import job", "job.py": "import lock"},
        {"lock.py": ""},
        ("main.py:2 → job.py:1 → lock.py: not uploaded (imported when run() is called)",),
    ),
    # The chain.
    Case(
        "what is missing is followed too: one run names all",
        {"main.py": "import a"},
        {"a.py": "import b", "b.py": ""},
        ("main.py:1 → a.py: not uploaded", "main.py:1 → a.py:1 → b.py: not uploaded"),
    ),
    Case(
        "the shortest chain, once",
        {"main.py": "import a\nimport c", "a.py": "import b", "b.py": "import lock", "c.py": "import lock"},
        {"lock.py": ""},
        ("main.py:2 → c.py:1 → lock.py: not uploaded",),
    ),
    Case(
        "a chain of the start counts before a shorter one that waits for a call, which would sound harmless",
        {"main.py": "import a\ndef run():\n    import lock", "a.py": "import lock"},
        {"lock.py": ""},
        ("main.py:1 → a.py:1 → lock.py: not uploaded",),
    ),
    Case("a circle ends", {"main.py": "import a", "a.py": "import b", "b.py": "import a, main"}),
    # Failures that are caught.
    *(
        Case(
            f"optional: {handler}", {"main.py": f"try:\n    import lock\n{handler}:\n    lock = None"}, {"lock.py": ""}
        )
        for handler in (
            "except ImportError",
            "except ModuleNotFoundError as error",
            "except Exception",
            "except",
            "except (ValueError, ImportError)",
        )
    ),
    Case(
        "another error does not catch it",
        {"main.py": "try:\n    import lock\nexcept ValueError:\n    lock = None"},
        {"lock.py": ""},
        ("main.py:2 → lock.py: not uploaded",),
    ),
    *(
        Case(
            f"caught and given up: {end}",
            {"main.py": f"import sys\ntry:\n    import lock\nexcept ImportError:\n    print('no lock')\n    {end}"},
            {"lock.py": ""},
            ("main.py:3 → lock.py: not uploaded",),
        )
        for end in ("raise", "raise RuntimeError from None", "sys.exit(1)", "raise SystemExit(1)")
    ),
    Case(
        "suppressed",
        {"main.py": "import contextlib\nwith contextlib.suppress(ImportError):\n    import lock"},
        {"lock.py": ""},
    ),
    Case(
        "what is optional and ships is followed",
        {"main.py": "try:\n    import lock\nexcept ImportError:\n    lock = None", "lock.py": "import store"},
        {"store.py": ""},
        ("main.py:2 → lock.py:1 → store.py: not uploaded",),
    ),
    Case(
        "a fallback is needed where the first choice is not there",
        {"main.py": "try:\n    import fast\nexcept ImportError:\n    import slow"},
        {"fast.py": "", "slow.py": ""},
        ("main.py:4 → slow.py: not uploaded",),
    ),
    Case(
        "a fallback is not needed where the first choice is there",
        {"main.py": "try:\n    import fast\nexcept ImportError:\n    import slow", "fast.py": ""},
        {"slow.py": ""},
    ),
    Case(
        "one failure is enough for the fallback, and what came before it has run",
        {"main.py": "try:\n    import a\n    import b\nexcept ImportError:\n    import c", "a.py": "import x"},
        {"b.py": "", "c.py": "", "x.py": ""},
        ("main.py:2 → a.py:1 → x.py: not uploaded", "main.py:5 → c.py: not uploaded"),
    ),
    Case(
        "a fallback within a fallback",
        {"main.py": "try:\n import a\nexcept ImportError:\n try:\n  import b\n except ImportError:\n  import c"},
        {"a.py": "", "b.py": "", "c.py": ""},
        ("main.py:7 → c.py: not uploaded",),
    ),
    Case(
        "else runs where nothing failed, finally anyhow, the handler of another error perhaps",
        {
            "main.py": "try:\n    import lock\nexcept ImportError:\n    pass\nexcept OSError:\n    import a\n"
            "else:\n    import b\nfinally:\n    import c",
            "lock.py": "",
        },
        {"a.py": "", "b.py": "", "c.py": ""},
        tuple(f"main.py:{line} → {name}.py: not uploaded" for name, line in {"c": 10, "a": 6, "b": 8}.items()),
    ),
    Case(
        "else does not run where it failed",
        {"main.py": "try:\n    import lock\nexcept ImportError:\n    pass\nelse:\n    import a"},
        {"lock.py": "", "a.py": ""},
    ),
    Case(
        "a function that is defined in a try runs outside of it",
        {"main.py": "try:\n    def run():\n        import lock\nexcept ImportError:\n    pass"},
        {"lock.py": ""},
        ("main.py:3 → lock.py: not uploaded (imported when run() is called)",),
    ),
    # Conditions.
    *(
        Case(
            f"for the type checker alone: {test}",
            {"main.py": f"import typing\nif {test}:\n    import lock"},
            {"lock.py": ""},
        )
        for test in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    ),
    Case(
        "not for the type checker",
        {"main.py": "if TYPE_CHECKING:\n    import a\nelse:\n    import b\nif not TYPE_CHECKING:\n    import c"},
        {"a.py": "", "b.py": "", "c.py": ""},
        ("main.py:4 → b.py: not uploaded", "main.py:6 → c.py: not uploaded"),
    ),
    Case(
        "the entry is started as a script; what it imports is not",
        {
            "main.py": "import a\nif __name__ == '__main__':\n    import b",
            "a.py": "if __name__ == '__main__':\n    import c",
        },
        {"b.py": "", "c.py": ""},
        ("main.py:3 → b.py: not uploaded",),
    ),
    Case(
        "the version is known",
        {"main.py": "import sys\nif sys.version_info >= (3, 11):\n    import new\nelse:\n    import old"},
        {"new.py": "", "old.py": ""},
        ("main.py:3 → new.py: not uploaded",),
    ),
    Case(
        "of another condition both branches may run",
        {
            "main.py": "import os\nif os.environ.get('A'):\n    import a\nelif os.name == 'nt':\n    import b\n"
            "else:\n    import c"
        },
        {"a.py": "", "b.py": "", "c.py": ""},
        tuple(f"main.py:{line} → {name}.py: not uploaded" for line, name in ((3, "a"), (5, "b"), (7, "c"))),
    ),
    Case(
        "in a loop, a with and a match",
        {"main.py": "for _ in ():\n    import a\nwith x:\n    import b\nmatch 1:\n    case 1:\n        import c"},
        {"a.py": "", "b.py": "", "c.py": ""},
        tuple(f"main.py:{line} → {name}.py: not uploaded" for line, name in ((2, "a"), (4, "b"), (7, "c"))),
    ),
    # Packages.
    Case(
        "each package on the way runs",
        {"main.py": "import a.b.c as d", "a/__init__.py": "import x", "a/b/__init__.py": "import y", "a/b/c.py": ""},
        {"x.py": "", "y.py": ""},
        ("main.py:1 → a/__init__.py:1 → x.py: not uploaded", "main.py:1 → a/b/__init__.py:1 → y.py: not uploaded"),
    ),
    Case(
        "a submodule that stayed behind",
        {"main.py": "import a.b", "a/__init__.py": ""},
        {"a/b.py": ""},
        ("main.py:1 → a/b.py: not uploaded",),
    ),
    Case(
        "a package that stayed behind, whole",
        {"main.py": "from a.b import c"},
        {"a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": "import x", "x.py": ""},
        (
            *(f"main.py:1 → a/{name}.py: not uploaded" for name in ("__init__", "b/__init__", "b/c")),
            "main.py:1 → a/b/c.py:1 → x.py: not uploaded",
        ),
    ),
    Case(
        "a package without its __init__.py does not do what it should",
        {"main.py": "from a import b", "a/b.py": ""},
        {"a/__init__.py": "import x", "x.py": ""},
        ("main.py:1 → a/__init__.py: not uploaded", "main.py:1 → a/__init__.py:1 → x.py: not uploaded"),
    ),
    Case(
        "and yet it is there, so that no fallback is taken",
        {"main.py": "try:\n    import a\nexcept ImportError:\n    import x\nelse:\n    import y", "a/b.py": ""},
        {"a/__init__.py": "", "x.py": "", "y.py": ""},
        ("main.py:2 → a/__init__.py: not uploaded", "main.py:6 → y.py: not uploaded"),
    ),
    Case(
        "a name of a package that is a submodule",
        {"main.py": "from a import b, c", "a/__init__.py": "", "a/b.py": "import x"},
        {"a/c.py": "", "x.py": ""},
        ("main.py:1 → a/b.py:1 → x.py: not uploaded", "main.py:1 → a/c.py: not uploaded"),
    ),
    Case(
        "names that the package gives a value are no submodules, though there may be files of that name",
        {
            "main.py": "from a import one, two, Three, four, five, six",
            "a/__init__.py": "import os as one\ntwo = 2\nclass Three: ...\ndef four(): ...\n"
            "if two:\n    five: int = 5\nfrom a.b import six",
            "a/b.py": "six = 6",
        },
        {f"a/{name}.py": "" for name in ("one", "two", "Three", "four", "five", "six")},
    ),
    Case(
        "what a package imports from itself is a submodule",
        {
            "main.py": "from a import b, c",
            "a/__init__.py": "try:\n    from . import b\n    from a import c\nexcept ImportError:\n    pass",
        },
        {"a/b.py": "", "a/c.py": ""},
        ("main.py:1 → a/b.py: not uploaded", "main.py:1 → a/c.py: not uploaded"),
    ),
    Case(
        "a name that is made in a way that is not seen is no module",
        {"main.py": "from a import b, c", "a/__init__.py": "globals()['b'] = 1\ndef __getattr__(name): ..."},
    ),
    Case("a name of a module that is no package", {"main.py": "from a import b", "a.py": "b = 1"}, {"a/b.py": ""}),
    Case(
        "a star imports what __all__ names",
        {"main.py": "from a import *", "a/__init__.py": "__all__ = ['b', 'c']\nc = 1"},
        {"a/b.py": "", "a/c.py": "", "a/d.py": ""},
        ("main.py:1 → a/b.py: not uploaded",),
    ),
    Case(
        "a namespace package has no file",
        {"main.py": "import a.b\nfrom a import c", "a/b.py": "", "a/c.py": ""},
        {"a/d.py": ""},
    ),
    Case(
        "a module of a namespace package that stayed behind",
        {"main.py": "from a import b, c", "a/b.py": ""},
        {"a/c.py": ""},
        ("main.py:1 → a/c.py: not uploaded",),
    ),
    Case(
        "a namespace package that stayed behind, whole",
        {"main.py": "import a.b\nfrom a import c"},
        {"a/b.py": "", "a/c.py": ""},
        ("main.py:1 → a/b.py: not uploaded", "main.py:2 → a/c.py: not uploaded"),
    ),
    Case(
        "a package's module that nobody wrote",
        {"main.py": "import a.b", "a/__init__.py": ""},
        {},
        ("main.py:1 → a.b: not in the repository",),
    ),
    Case(
        "a package within a package that stayed behind, without a file of its own",
        {"main.py": "from a import b", "a/__init__.py": ""},
        {"a/b/c.py": ""},
        ("main.py:1 → a.b: not uploaded",),
    ),
    Case(
        "a name that a namespace package has not, though the package itself is there",
        {"main.py": "import a\nfrom a import c", "a/b.py": ""},
        {},
        ("main.py:2 → a.c: no requirement provides it",),
    ),
    # Relative imports.
    Case(
        "relative to the package: a sibling, the package itself, the one above, a module of that",
        {
            "main.py": "import a.b.c",
            "a/__init__.py": "",
            "a/b/__init__.py": "from .d import x",
            "a/b/c.py": "from . import e\nfrom .. import f\nfrom ..g import y",
        },
        {"a/b/d.py": "", "a/b/e.py": "", "a/f.py": "", "a/g.py": ""},
        (
            "main.py:1 → a/b/__init__.py:1 → a/b/d.py: not uploaded",
            "main.py:1 → a/b/c.py:1 → a/b/e.py: not uploaded",
            "main.py:1 → a/b/c.py:2 → a/f.py: not uploaded",
            "main.py:1 → a/b/c.py:3 → a/g.py: not uploaded",
        ),
    ),
    Case(
        "as a module of a package or as a script, whichever it is",
        {"main.py": "try:\n    from . import a\nexcept ImportError:\n    import b"},
        {"a.py": "", "b.py": ""},
        ("main.py:4 → b.py: not uploaded",),
    ),
    # Imports by a call.
    Case(
        "import_module and __import__ with a literal",
        {
            "main.py": "import importlib\nimportlib.import_module('a')\nx = [__import__('b.c')]\nimport p.q",
            "p/__init__.py": "",
            "p/q.py": "from importlib import *\nimport_module('.r', __package__)\nimport_module('.s', package='p')",
        },
        {"a.py": "", "b/__init__.py": "", "b/c.py": "", "p/r.py": "", "p/s.py": ""},
        (
            "main.py:2 → a.py: not uploaded",
            "main.py:3 → b/__init__.py: not uploaded",
            "main.py:3 → b/c.py: not uploaded",
            "main.py:4 → p/q.py:2 → p/r.py: not uploaded",
            "main.py:4 → p/q.py:3 → p/s.py: not uploaded",
        ),
    ),
    Case(
        "in a function it waits for the call, in a try it may fail",
        {"main.py": "def run():\n    import_module('a')\ntry:\n    import_module('b')\nexcept ImportError:\n    pass"},
        {"a.py": "", "b.py": ""},
        ("main.py:2 → a.py: not uploaded (imported when run() is called)",),
    ),
    Case("a computed name is not seen", {"main.py": "import_module(name)\nimport_module('a' + name)"}, {"a.py": ""}),
    # The standard library.
    Case(
        "the standard library's is there",
        {"main.py": "import os.path, xml.dom\nfrom concurrent import futures"},
        {"os.py": ""},
    ),
    Case(
        "a module that ships goes before the standard library's",
        {"main.py": "import queue", "queue.py": "import lock"},
        {"lock.py": ""},
        ("main.py:1 → queue.py:1 → lock.py: not uploaded",),
    ),
    Case(
        "a mere folder does not",
        {"main.py": "import test, logging.config", "logging/notes.py": "", "test/a.py": "import gone"},
    ),
    # Which file of the repository is meant.
    Case(
        "the one beside the importer, before one elsewhere",
        {"main.py": "import jobs.run", "jobs/run.py": "import lock"},
        {"lock.py": "", "other/lock.py": "", "a/lock.py": ""},
        ("main.py:1 → jobs/run.py:1 → lock.py: not uploaded",),
    ),
    Case(
        "wherever it is, the nearest to the root",
        {"main.py": "import lock.store"},
        {"libs/deep/lock/store.py": "", "libs/lock/store.py": "", "z/lock/store.py": "", "libs/block/store.py": ""},
        ("main.py:1 → libs/lock/store.py: not uploaded",),
    ),
    Case(
        "a file of that name that ships elsewhere is not it",
        {"main.py": "import tools.slack", "tools/slack.py": "import slack"},
        {},
        ("main.py:1 → tools/slack.py:1 → slack: no requirement provides it",),
    ),
    Case(
        "what is hidden or installed in the repository is not of it",
        {"main.py": "import a"},
        {".git/a.py": "", "node_modules/a.py": "", "env/a.py": "", "env/pyvenv.cfg": ""},
        ("main.py:1 → a: no requirement provides it",),
    ),
]


@pytest.mark.parametrize("case", IMPORTS, ids=lambda case: case.why)
def test_an_import(case: Case, tmp_path: Path) -> None:
    write(tmp_path, case.ships | case.stays | {"requirements.txt": ""})
    answer = check_upload(tmp_path, [*case.ships, "requirements.txt"], "main.py")
    expected = Answer(1, list(case.missing), [])
    assert answer == expected if case.missing else (answer.status, answer.err) == (0, [])


@pytest.mark.parametrize(
    ("files", "dockerfile", "missing"),
    [
        # Not forgotten, but copied to where it is not looked for: so that it does not look like the other.
        (
            {"main.py": "import lock", "lock.py": ""},
            "WORKDIR /app\nCOPY main.py .\nCOPY lock.py lib/",
            ["main.py:1 → lock.py: copied to /app/lib/lock.py, where this import does not look"],
        ),
        # A namespace package in two folders.
        (
            {"main.py": "from ns import a, b, c", "x/ns/a.py": "", "y/ns/b.py": "", "y/ns/c.py": ""},
            "ENV PYTHONPATH=/x:/y\nCOPY main.py /\nCOPY x /x\nCOPY y/ns/b.py /y/ns/",
            ["main.py:1 → y/ns/c.py: not copied"],
        ),
        # Of two files the one where what is beside it in the image came from, though it is deeper.
        (
            {"api/main.py": "import lock", "libs/deep/x/a.py": "", "libs/deep/lock.py": "", "other/lock.py": ""},
            "COPY api /\nCOPY libs/deep/x /x",
            ["api/main.py:1 → libs/deep/lock.py: not copied"],
        ),
        # Which it did not, if its folder was called otherwise.
        (
            {"api/main.py": "import lock", "libs/deep/x/a.py": "", "libs/deep/lock.py": "", "other/lock.py": ""},
            "COPY api /\nCOPY libs/deep/x /y",
            ["api/main.py:1 → other/lock.py: not copied"],
        ),
        # A package's module, beside the package in the repository, wherever that is.
        (
            {
                "api/main.py": "import lib.lock",
                "libs/py/src/__init__.py": "",
                "libs/py/src/lock.py": "",
                "lib/lock.py": "",
            },
            "COPY api /\nCOPY libs/py/src/__init__.py /lib/",
            ["api/main.py:1 → libs/py/src/lock.py: not copied"],
        ),
        # An entry is a module of the innermost folder where imports look: src, around it, is no package of it.
        (
            {"src/main.py": "import lock", "src/__init__.py": "import never", "src/lock.py": ""},
            "WORKDIR /app\nENV PYTHONPATH=src\nCOPY src/main.py src/__init__.py src/",
            ["src/main.py:1 → src/lock.py: not copied"],
        ),
    ],
)
def test_which_file_of_the_repository_an_image_lacks(
    files: dict[str, str], dockerfile: str, missing: list[str], tmp_path: Path
) -> None:
    write(tmp_path, {**files, "Dockerfile": f"FROM python\n{dockerfile}"})
    entry = next(iter(files))
    assert check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"), entry) == Answer(1, missing, [])


def test_one_file_may_be_two_modules_of_which_one_is_missing(tmp_path: Path) -> None:
    dockerfile = "FROM python\nWORKDIR /app\nCOPY . ."
    write(tmp_path, {"main.py": "import lib.lock\nimport lock", "lib/lock.py": "", "Dockerfile": dockerfile})
    answer = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"), "--requirements", os.devnull, "main.py")
    assert answer == Answer(1, ["main.py:2 → lock: no requirement provides it"], [])


def test_two_entries_may_have_one_name(tmp_path: Path) -> None:
    files = {"a/main.py": "import x", "b/main.py": "import y", "a/x.py": "", "b/y.py": ""}
    write(
        tmp_path, {**files, "Dockerfile": "FROM python\nENV PYTHONPATH=/a:/b\nCOPY a/main.py /a/\nCOPY b/main.py /b/"}
    )
    assert check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"), "a/main.py", "b/main.py").out == [
        "a/main.py:1 → a/x.py: not copied",
        "b/main.py:1 → b/y.py: not copied",
    ]


def random_repository(random: Random) -> tuple[dict[str, str], list[str]]:
    """Modules that import each other in all ways and in no circle, and those of them that ship."""
    names = "a b c pkg.__init__ pkg.d pkg.e pkg.sub.__init__ pkg.sub.f space.g space.h space.deep.i".split()
    random.shuffle(names)

    def statement(importer: str, others: Sequence[str]) -> str:
        name = random.choice(others).removesuffix(".__init__")
        package, _, last = name.rpartition(".")
        own = importer.rpartition(".")[0]
        ways = [f"import {name}", f"import {name} as x", f"__import__({name!r})"]
        ways += [f"from {package} import {last}"] if package else []
        ways += (
            [f"from .{package[len(own) + 1 :]} import {last}"] if own and f"{package}.".startswith(f"{own}.") else []
        )
        return random.choice(ways)

    def block(importer: str, others: Sequence[str]) -> str:
        one, two = statement(importer, others), statement(importer, others)
        return random.choice(
            [
                *[one] * 5,
                f"try:\n    {one}\nexcept ImportError:\n    pass\nelse:\n    {two}",
                f"try:\n    {one}\nexcept ModuleNotFoundError:\n    {two}",
                f"try:\n    {one}\nexcept ImportError:\n    raise",
                f"TYPE_CHECKING = False\nif TYPE_CHECKING:\n    {one}\nelse:\n    {two}",
                f"import sys\nif sys.version_info >= (3, 9):\n    {one}\nelse:\n    {two}",
                f"if __name__ == '__main__':\n    {one}",
                f"class Job:\n    {one}",
                f"def run():\n    {one}",
            ]
        )

    files = {"main.py": "\n".join(block("main", names) for _ in range(3))}
    for number, name in enumerate(names[:-1], 1):
        text = "\n".join(block(name, names[number:]) for _ in range(random.randrange(3)))
        files[f"{name.replace('.', '/')}.py"] = text
    files[f"{names[-1].replace('.', '/')}.py"] = ""
    return files, ["main.py", *(file for file in files if file != "main.py" and random.random() < 0.8)]


def test_python_itself_starts_what_is_called_clean(tmp_path: Path) -> None:
    """Fifty repositories. A finding may be of a module that fails within a try, which Python survives."""
    statuses = []
    for seed in range(50):
        files, ships = random_repository(Random(seed))  # noqa: S311 - nothing to guess
        write(tmp_path / f"{seed}", files)
        answer = check_upload(tmp_path / f"{seed}", ships, "--requirements", os.devnull, "main.py")
        write(tmp_path / f"{seed}-shipped", {file: files[file] for file in ships})
        script = [sys.executable, "-S", "main.py"]
        ran = subprocess.run(script, cwd=tmp_path / f"{seed}-shipped", capture_output=True, text=True, check=False)
        at_start = [line for line in answer.out if not line.endswith("is called)")]
        assert ran.returncode == 0 or (answer.status == 1 and at_start), (seed, files, ships, ran.stderr)
        statuses.append((answer.status, ran.returncode))
    assert {(0, 0), (1, 1)} <= set(statuses)


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


UNKNOWN = "it may come with {}, not installed here: run this where that is installed"
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
        # Not installed here: its name may tell, or else nothing does.
        ("slack-bolt-x", "import slack_bolt_x.errors", ""),
        ("Google.Cloud_Nine", "from google.cloud.nine import x\nfrom google.cloud import nine", ""),
        ("pyyaml-x", "import yaml_x", f"cannot tell: main.py:1 → yaml_x: {UNKNOWN.format('pyyaml-x')}"),
        ("a-x\nb-x", "import c_x", f"cannot tell: main.py:1 → c_x: {UNKNOWN.format('a-x, b-x')}"),
        # An import that may fail is no question, whoever has it.
        ("pyyaml-x", "try:\n    import yaml_x\nexcept ImportError:\n    yaml = None", ""),
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
        # A line that is not understood may be what is missing.
        (
            "alpha\n    --hash=sha256:00",
            "",
            "cannot tell: {}:2: '--hash=sha256:00' names no distribution: write it as «name @ URL»",
        ),
        ("./libs/alpha", "", "cannot tell: {}:1: './libs/alpha' names no distribution: write it as «name @ URL»"),
        ("\\\n-e .", "", "cannot tell: {}:1: '-e' names no distribution: write it as «name @ URL»"),
        ("-r none.txt", "", "cannot tell: {}:1: {}/none.txt does not exist: see --requirements"),
    ],
)
def test_a_requirement(requirements: str, code: str, said: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": code, "requirements.txt": requirements, "more.txt": "alpha"})
    answer = check_upload(tmp_path, ["main.py", "requirements.txt"], "main.py")
    said = said.replace("{}:", f"{tmp_path}/requirements.txt:").replace("{}", str(tmp_path))
    assert (answer.status, answer.out[: answer.status], answer.err) == (
        (2, answer.out, [said]) if said.startswith("cannot tell") else (1, [said], []) if said else (0, [], [])
    )


FINDING = "main.py:1 → lock.py: not uploaded"


@pytest.mark.parametrize(
    ("files", "uploaded", "status", "out", "err"),
    [
        # The entry.
        ({}, "other.py", 2, [], ["main.py is not a Python file in the repository"]),
        ({"main.py": ""}, "other.py", 2, [], ["main.py is not uploaded"]),
        # The file is on the list and not on the disk, or is no Python.
        ({"main.py": "import a"}, "main.py a.py", 2, [], ["a.py cannot be read, so its imports are unknown"]),
        ({"main.py": "import a", "a.py": "x ="}, "main.py a.py", 2, [], ["a.py cannot be read"]),
        ({"main.py": "import a", "a.py": "\0"}, "main.py a.py", 2, [], ["a.py cannot be read"]),
        (
            {"main.py": "import a", "a/__init__.py": "x: int\nglobal x"},
            "main.py a/__init__.py",
            2,
            [],
            ["a/__init__.py cannot"],
        ),
        # A text in an encoding that it declares is; nor does a warning matter.
        ({"main.py": "# coding: latin-1\nx = '\\d'"}, "main.py", 0, ["main.py: 1 modules"], []),
        # No package is above the entry.
        (
            {"main.py": "from . import a"},
            "main.py",
            2,
            [],
            ["main.py:1 → .: goes above the top package, if this module's name there is main"],
        ),
        (
            {"main.py": "import a", "a/__init__.py": "from ...b import c"},
            "main.py a/__init__.py",
            2,
            [],
            ["main.py:1 → a/__init__.py:1 → ...b: goes above the top package, if this module's name there is a"],
        ),
        # Nothing says what is installed.
        (
            {"main.py": "import flask"},
            "main.py",
            2,
            [],
            ["main.py:1 → flask: requirements.txt is not uploaded: say what"],
        ),
        (
            {"main.py": "import json"},
            "main.py",
            0,
            ["main.py: 1 modules and 0 third-party packages, all shipped"],
            [],
        ),
        # Both: what is known to be missing is said, and counts.
        ({"main.py": "import lock, a", "lock.py": ""}, "main.py a.py", 1, [FINDING], ["a.py cannot be read"]),
    ],
)
def test_what_cannot_be_told_is_never_called_clean(
    files: dict[str, str], uploaded: str, status: int, out: list[str], err: list[str], tmp_path: Path
) -> None:
    write(tmp_path, files)
    answer = check_upload(tmp_path, uploaded.split(), "main.py")
    assert answer.status == status
    assert [line[: len(start)] for line, start in zip(answer.out, out, strict=True)] == out
    starts = [f"cannot tell: {start}" for start in err]
    assert [line[: len(start)] for line, start in zip(answer.err, starts, strict=True)] == starts


def test_several_entries_are_one_check(tmp_path: Path) -> None:
    files = {
        "a.py": "if __name__ == '__main__':\n    import x",
        "jobs/__init__.py": "import y",
        "jobs/b.py": "from . import c",
    }
    write(tmp_path, {**files, "x.py": "", "y.py": "", "jobs/c.py": ""})
    assert check_upload(tmp_path, ["./a.py", *files], "a.py", "./jobs/b.py").out == [
        "a.py:2 → x.py: not uploaded",
        "jobs/__init__.py:1 → y.py: not uploaded",
        "jobs/b.py:1 → jobs/c.py: not uploaded",
    ]


def test_an_entry_may_be_a_package(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "jobs/__init__.py": "from . import x",
            "jobs/__main__.py": "from . import y",
            "jobs/x.py": "",
            "jobs/y.py": "",
        },
    )
    shipped = ["jobs/__init__.py", "jobs/__main__.py"]
    assert check_upload(tmp_path, shipped, "jobs/__init__.py").out == ["jobs/__init__.py:1 → jobs/x.py: not uploaded"]
    assert check_upload(tmp_path, shipped, "jobs/__main__.py").out == [
        "jobs/__init__.py:1 → jobs/x.py: not uploaded",
        "jobs/__main__.py:1 → jobs/y.py: not uploaded",
    ]


CONTEXT = {
    "main.py": "",
    "notes.md": "",
    "lib/a.py": "",
    "lib/b.py": "",
    "lib/deep/c.py": "",
    "lib/deep/__init__.py": "",
    "requirements.txt": "alpha",
}


@pytest.mark.parametrize(
    ("dockerfile", "ignored", "holds"),
    [
        # The target: a folder with a slash, a new name without, relative to the working directory.
        ("COPY main.py /app/", "", "/app/main.py=main.py"),
        ("COPY main.py /app", "", "/app=main.py"),
        ("COPY main.py /srv/run.py", "", "/srv/run.py=main.py"),
        ("WORKDIR /app\nCOPY main.py .", "", "/app/main.py=main.py"),
        ("WORKDIR /app\nWORKDIR src\nCOPY main.py ./x/", "", "/app/src/x/main.py=main.py"),
        ("WORKDIR /app\nCOPY main.py /app", "", "/app/main.py=main.py"),  # it is there, so it is a folder
        ("COPY lib/a.py /app/\nCOPY main.py /app", "", "/app/a.py=lib/a.py /app/main.py=main.py"),
        ("copy main.py lib/a.py /app/", "", "/app/main.py=main.py /app/a.py=lib/a.py"),
        ('COPY ["main.py", "lib/a.py", "/app/"]', "", "/app/main.py=main.py /app/a.py=lib/a.py"),
        ("COPY --chown=app:app --chmod=644 --link main.py /app/", "", "/app/main.py=main.py"),
        ("ADD ./main.py https://example.com/x.py git@example.com:x.git /app/", "", "/app/main.py=main.py"),
        # A folder's content, not the folder; a later file in the place of an earlier.
        (
            "COPY lib /app",
            "",
            " ".join(f"/app/{name}=lib/{name}" for name in ("a.py", "b.py", "deep/c.py", "deep/__init__.py")),
        ),
        ("COPY lib/deep/ /lib/deep/", "", "/lib/deep/c.py=lib/deep/c.py /lib/deep/__init__.py=lib/deep/__init__.py"),
        ("COPY /lib/../lib/deep /d", "", "/d/c.py=lib/deep/c.py /d/__init__.py=lib/deep/__init__.py"),
        ("COPY main.py /x.py\nCOPY lib/a.py /x.py", "", "/x.py=lib/a.py"),
        # A star ends at a slash; a folder that it fits gives its content.
        ("COPY *.py /app/", "", "/app/main.py=main.py"),
        ("COPY lib/[^b].py lib/?.md /app/", "", "/app/a.py=lib/a.py"),
        ("COPY lib/d* /app/", "", "/app/c.py=lib/deep/c.py /app/__init__.py=lib/deep/__init__.py"),
        # Variables.
        ("ARG HOME=/app\nENV SRC=$HOME/src\nCOPY main.py ${SRC}/", "", "/app/src/main.py=main.py"),
        ("ARG A=/a\nARG B=b\nCOPY main.py $A/$B/", "", "/a/b/main.py=main.py"),
        ("ARG HOME\nCOPY main.py ${HOME:-/app}/${X-y}/", "", "/app/y/main.py=main.py"),
        ('ENV HOME /app folder\nCOPY ["main.py", "$HOME/"]', "", "/app folder/main.py=main.py"),
        ("ENV A=/a B=$A\nENV A=/c B=$A\nARG A=/d\nCOPY main.py $A$B/", "", "/c/a/main.py=main.py"),
        # Comments, continued lines, texts within.
        ("# COPY lib /lib\nCOPY main.py \\\n  # why\n\n  /app/", "", "/app/main.py=main.py"),
        ("RUN <<EOF\nCOPY lib /lib\nEOF\nCOPY main.py /app/", "", "/app/main.py=main.py"),
        ("COPY <<-'A' <<B /app/\nCOPY lib /lib\n\tA\nCOPY lib /lib\nB\nCOPY main.py /app/", "", "/app/main.py=main.py"),
        # Stages: the last counts, with what it starts from and what it copies.
        ("COPY lib /lib\nFROM python\nCOPY main.py /app/", "", "/app/main.py=main.py"),
        (
            "WORKDIR /app\nCOPY lib/a.py .\nFROM base AS other\nFROM Base\nCOPY main.py .",
            "",
            "/app/a.py=lib/a.py /app/main.py=main.py",
        ),
        (
            "WORKDIR /app\nCOPY lib/deep deep\nFROM python\nCOPY --from=Base /app/deep/c.py /x/",
            "",
            "/x/c.py=lib/deep/c.py",
        ),
        (
            "WORKDIR /app\nCOPY lib/deep deep\nFROM python\nCOPY --from=0 /app /",
            "",
            "/deep/c.py=lib/deep/c.py /deep/__init__.py=lib/deep/__init__.py",
        ),
        ("COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/uv\nCOPY main.py /", "", "/main.py=main.py"),
        # What the ignore file leaves out is not there to be copied.
        (
            "COPY . /",
            "*.md\nlib\n!lib/deep\nlib/deep/__*\nrequirements.txt",
            "/main.py=main.py /lib/deep/c.py=lib/deep/c.py",
        ),
        (
            "COPY . /",
            "# *\n\n **/*.py \n!main.py\n/lib/\n./notes.md",
            "/main.py=main.py /requirements.txt=requirements.txt",
        ),
        ("COPY . /", "*\n!**/c.py", "/lib/deep/c.py=lib/deep/c.py"),
        ("COPY . /", "lib/**\n*.txt\n*.md\nc.py", "/main.py=main.py"),
        ("COPY main.py* lib* /x/", "lib", "/x/main.py=main.py"),
    ],
)
def test_an_image(dockerfile: str, ignored: str, holds: str, tmp_path: Path) -> None:
    write(tmp_path, {**CONTEXT, "Dockerfile": f"FROM python AS base\n{dockerfile}\n", ".dockerignore": ignored})
    image, _ = read_dockerfile(tmp_path / "Dockerfile", tmp_path, list(CONTEXT))
    assert {f"/{path}={file}" for path, file in image.files.items()} == set(re.split(r" (?=/)", holds))


def test_a_dockerfile_may_have_an_ignore_file_of_its_own(tmp_path: Path) -> None:
    """https://docs.docker.com/build/concepts/context/#filename-and-location says that the other then does not count."""
    write(
        tmp_path,
        {"lib/x.Dockerfile": "FROM python\nCOPY *.* /", "lib/x.Dockerfile.dockerignore": "*.txt", ".dockerignore": "*"},
    )
    image, _ = read_dockerfile(tmp_path / "lib" / "x.Dockerfile", tmp_path, list(CONTEXT))
    assert set(image.files) == {"main.py", "notes.md"}


@pytest.mark.parametrize(
    ("dockerfile", "search"),
    [
        ("", "/"),
        ("WORKDIR /app", "/app"),
        ('CMD ["gunicorn", "main:app"]\nWORKDIR /app', "/app"),
        (
            "WORKDIR /app\nENV PYTHONPATH=/app:lib:\nENV PYTHONPATH=/more:$PYTHONPATH",
            "/app /more /app/lib",
        ),
        ("WORKDIR /app\nCMD python jobs/run.py", "/app/jobs"),
        ("WORKDIR /app\nCMD exec python3.13 -u /srv/run.py --fast", "/srv"),
        ('WORKDIR /app\nENTRYPOINT ["/opt/venv/bin/python"]\nCMD ["jobs/run.py"]', "/app/jobs"),
        ("WORKDIR /app\nCMD python -m jobs.run x.py", "/app"),
        ("WORKDIR /app\nCMD python -m gunicorn -c conf/gunicorn.py main:app", "/app"),
        ("WORKDIR /app\nENV SRC=/srv\nCMD exec gunicorn --bind :$PORT --chdir $SRC/api main:app", "/srv/api"),
        ("WORKDIR /app\nCMD gunicorn --chdir=src main:app", "/app/src"),
    ],
)
def test_where_an_image_looks(dockerfile: str, search: str, tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": f"FROM python\n{dockerfile}\n"})
    image, _ = read_dockerfile(tmp_path / "Dockerfile", tmp_path, [])
    assert [f"/{folder}" for folder in image.search] == search.split()


@pytest.mark.parametrize(
    ("run", "lines"),
    [
        ("RUN apt-get install -y pip", []),
        ("RUN pip install -r requirements.txt", ["-r requirements.txt"]),
        ("RUN pip install -qr requirements.txt", ["-r requirements.txt"]),
        ("RUN apt-get install -y gcc pip && pip install alpha", ["alpha"]),
        ("RUN pip3 --no-cache-dir install --requirement=/app/requirements.txt", ["-r requirements.txt"]),
        (
            "RUN cd /tmp && python -m pip install -U 'alpha[x]>=1; python_version > \"3\"' beta || true",
            ['alpha[x]>=1; python_version > "3"', "beta"],
        ),
        ("RUN --mount=type=cache,target=/root/.cache uv pip install --system -c c.txt alpha", ["alpha"]),
        ('RUN ["pip", "install", "alpha"]', ["alpha"]),
        ("RUN <<EOF\nset -e\npip install alpha # why\npip install beta >log 2>&1\nEOF", ["alpha", "#", "why", "beta"]),
        ("ARG V=1\nRUN pip install alpha==$V -i https://pypi.org/simple", ["alpha==1"]),
        ("RUN pip install -e .", ["-e ."]),
        # What is not copied yet cannot be installed from: a path that leads nowhere.
        ("RUN pip install -r later.txt", ["-r /app/later.txt"]),
        # The packages that another stage has installed come with what no COPY made there.
        ("RUN pip install alpha\nFROM python\nCOPY --from=base /opt/venv /opt/venv", ["alpha"]),
        ("RUN pip install alpha\nFROM python\nCOPY --from=base /app /app", []),
        ("RUN pip install alpha\nFROM base\nRUN pip install beta", ["alpha", "beta"]),
        ("RUN pip install alpha\nFROM python\nRUN pip install beta\nCOPY --from=base /venv /venv", ["beta", "alpha"]),
    ],
)
def test_what_an_image_installs(run: str, lines: list[str], tmp_path: Path) -> None:
    write(tmp_path, {**CONTEXT, "Dockerfile": f"FROM python AS base\nWORKDIR /app\nCOPY requirements.txt .\n{run}\n"})
    _, installs = read_dockerfile(tmp_path / "Dockerfile", tmp_path, list(CONTEXT))
    assert [line for _, line in installs] == lines


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        # What would copy something else than is read here.
        ("COPY --parents lib/a.py /app/", "{}:2: --parents is not supported, so what this copies is unknown"),
        ("ADD --exclude=*.md . /app/", "{}:2: --exclude is not supported, so what this copies is unknown"),
        ("COPY main.py $HOME/", "{}:2: $HOME/ has a variable without a value: give it a default with ARG or ENV"),
        (
            "ARG HOME\nWORKDIR /${HOME}",
            "{}:3: /${HOME} has a variable without a value: give it a default with ARG or ENV",
        ),
        (
            "COPY main.py ${X:+/app}/",
            "{}:2: ${X:+/app}/ has a variable without a value: give it a default with ARG or ENV",
        ),
        ("COPY none.py /app/", "{}:2: none.py does not exist, so the image cannot be built"),
        ("INCLUDE lib", "{}:2: INCLUDE lib is not understood"),
        ('COPY "main.py /app/', '{}:2: COPY "main.py /app/ is not understood'),
        ("# escape=`", "{}: an escape character other than the backslash is not supported"),
        ("COPY --link", "{}:2: COPY --link is not understood"),
        ("ENV", "{}:2: ENV  is not understood"),
        ("RUN pip install -r", "{}:2: RUN pip install -r is not understood"),
        # What is installed.
        ("COPY . .\nRUN pip install .", "{}:3: '.' names no distribution: write it as «name @ URL»"),
        ("COPY . .\nRUN pip install $PACKAGE", "{}:3: '$PACKAGE' names no distribution: write it as «name @ URL»"),
        ("COPY . .\nRUN pip install 'alpha", "{}:3: RUN pip install 'alpha is not understood"),
        (
            "COPY main.py .\nRUN pip install -r lib/more.txt",
            "{}:3: /lib/more.txt does not exist: see --requirements",
        ),
        (
            "COPY main.py .\nRUN uv sync",
            "main.py:1 → alpha: {} has no recognizable pip install: say what is installed with --requirements",
        ),
        # The entry.
        ("COPY lib /app", "main.py is not copied: give the file that starts the service, relative to the root"),
        (
            "WORKDIR /app\nCOPY main.py /srv/\nENV PYTHONPATH=lib",
            "main.py is at /srv/main.py, where no import looks (/app, /app/lib): see WORKDIR and PYTHONPATH",
        ),
    ],
)
def test_what_a_dockerfile_leaves_open_is_never_called_clean(dockerfile: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    write(tmp_path, {**CONTEXT, "main.py": "import alpha", "Dockerfile": f"FROM python\n{dockerfile}\n"})
    answer = check(tmp_path, "--dockerfile", str(path), "main.py")
    assert answer == Answer(2, [], [f"cannot tell: {said.replace('{}', str(path))}"])


def test_there_may_be_no_dockerfile(tmp_path: Path) -> None:
    answer = check(write(tmp_path, CONTEXT), "--dockerfile", str(tmp_path / "Dockerfile"), "main.py")
    assert answer == Answer(2, [], [f"cannot tell: {tmp_path}/Dockerfile cannot be read: No such file or directory"])


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


INCIDENTS = Path(__file__).with_name("incidents")


@pytest.mark.parametrize(
    ("incident", "entry", "missing"),
    [
        (
            "distributed_lock",
            "coordinator.py",
            ["coordinator.py:48 → batch_staging_writer.py:12 → distributed_lock.py: not copied"],
        ),
        (
            "shared_package",
            "predictions/worker/worker.py",
            [
                "predictions/worker/worker.py:5 → shared/clients/__init__.py:4 → shared/clients/pool.py: not copied",
                *(
                    f"predictions/worker/worker.py:20 → shared/alerts/{name}.py: not copied "
                    "(imported when report() is called)"
                    for name in ("__init__", "slack")
                ),
            ],
        ),
        (
            "requirement_forgotten",
            "orchestrator/main.py",
            ["orchestrator/main.py:5 → orchestrator/notifications.py:3 → slack_sdk: no requirement provides it"],
        ),
    ],
)
def test_an_incident_would_have_been_seen(incident: str, entry: str, missing: list[str], tmp_path: Path) -> None:
    _, *parts = re.split(r"^-- (.+)\n", (INCIDENTS / f"{incident}.txt").read_text(), flags=re.MULTILINE)
    write(tmp_path, dict(zip(parts[::2], parts[1::2], strict=True)))
    deployed = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile.deployed"), entry)
    assert deployed == Answer(1, missing, [])
    fixed = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile.fixed"), entry)
    assert (fixed.status, fixed.err) == (0, [])


# This repository.

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "monitor").rglob("*.py"))
UPLOADED = ["main.py", "requirements.txt", *MODULES]
COMMAND_LINE = [module for module in MODULES if module.startswith(("monitor/__main__", "monitor/cli/"))]
DIRECT = {
    "functions-framework": "functions_framework",
    "google-cloud-bigquery": "google.cloud.bigquery",
    "pydantic": "pydantic",
    "slack-sdk": "slack_sdk",
}


def test_this_function_ships_whole() -> None:
    answer = check_upload(ROOT, UPLOADED, "main.py")
    assert (answer.status, answer.err) == (0, [])
    assert re.fullmatch(r"main.py: \d+ modules and \d+ third-party packages, all shipped", answer.out[0])


@pytest.mark.parametrize("module", [module for module in MODULES if module not in COMMAND_LINE])
def test_without_one_of_its_modules_it_does_not(module: str) -> None:
    answer = check_upload(ROOT, [file for file in UPLOADED if file != module], "main.py")
    assert (answer.status, answer.err) == (1, [])
    assert [line for line in answer.out if line.startswith("main.py:") and line.endswith(f" → {module}: not uploaded")]
    assert len(answer.out) == 1


def test_the_command_line_is_not_reached_from_the_function() -> None:
    assert check_upload(ROOT, [file for file in UPLOADED if file not in COMMAND_LINE], "main.py").status == 0


@pytest.mark.parametrize("distribution", DIRECT)
def test_without_one_of_its_requirements_it_does_not(distribution: str, tmp_path: Path) -> None:
    text = (ROOT / "requirements.txt").read_text()
    without = re.sub(rf"^{distribution}==.*\n(?: .*\n)*", "", text, flags=re.MULTILINE)
    assert without != text
    write(tmp_path, {"requirements.txt": without})
    answer = check_upload(ROOT, UPLOADED, "--requirements", str(tmp_path / "requirements.txt"), "main.py")
    assert answer.status == 1
    assert [line for line in answer.out if f" → {DIRECT[distribution]}: no requirement provides it" in line]


# The command.


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with the standard library alone: -S leaves out the packages that are installed."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "ops.shipped_imports", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_needs_no_package_and_finds_so_itself(tmp_path: Path) -> None:
    own = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "ops" / "shipped_imports").glob("*.py"))
    write(tmp_path, {"uploaded": "\n".join(own)})
    ran = command("--uploaded", tmp_path / "uploaded", "ops/shipped_imports/__main__.py")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (
        ran.stdout == f"ops/shipped_imports/__main__.py: {len(own)} modules and 0 third-party packages, all shipped\n"
    )


def gcloud(folder: Path, script: str) -> str:
    """A path that has this gcloud first."""
    write(folder, {"bin/gcloud": f"#!/bin/sh\n{script}\n"})
    (folder / "bin" / "gcloud").chmod(0o755)
    return f"{folder / 'bin'}:{os.environ['PATH']}"


def test_gcloud_is_asked_what_would_be_uploaded(tmp_path: Path) -> None:
    write(tmp_path, {"root/main.py": "import lock", "root/lock.py": ""})
    path = gcloud(
        tmp_path, f'test "$*" = "meta list-files-for-upload {tmp_path}/root" && echo main.py && cat {tmp_path}/more'
    )
    write(tmp_path, {"more": ""})
    ran = command("--root", tmp_path / "root", "main.py", PATH=path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, f"{FINDING}\n", "")
    write(tmp_path, {"more": "lock.py"})
    ran = command("--root", tmp_path / "root", "main.py", PATH=path)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_gcloud_may_fail(tmp_path: Path) -> None:
    ran = command("main.py", PATH=gcloud(tmp_path, "echo 'no such directory' >&2; exit 1"))
    said = "cannot tell: gcloud could not list the files to upload: no such directory\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", said)


def test_there_may_be_no_gcloud(tmp_path: Path) -> None:
    ran = command("main.py", PATH=str(tmp_path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "No such file or directory: 'gcloud'; give a list with --uploaded" in ran.stderr


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
def test_the_real_gcloud_lists_this_function() -> None:
    assert check(ROOT, "main.py").status == 0


def test_a_wrong_call_is_exit_2() -> None:
    assert command().returncode == 2
    assert command("--uploaded", "a", "--dockerfile", "b", "main.py").returncode == 2


def test_two_thousand_modules_take_less_than_two_seconds(tmp_path: Path) -> None:
    """Each of sixty lines, with an import of the library's, its package's, its neighbour's, and one that waits."""
    body = "\n".join(
        f"def step_{n}(rows):\n    '''Of {n}.'''\n    return [row | {{'n': {n}}} for row in rows]\n" for n in range(12)
    )
    names = [f"package_{n % 40}.module_{n}" for n in range(2_000)]
    files = {f"package_{n}/__init__.py": "" for n in range(40)} | {
        f"{name.replace('.', '/')}.py": f"import json\nfrom . import module_{n}\nimport {names[n - 1]}\n\n{body}\n"
        f"def late():\n    from {names[n // 2].replace('.', ' import ')}\n"
        for n, name in enumerate(names)
    }
    write(tmp_path / "root", {**files, "main.py": f"import {names[-1]}\nimport package_0.missing"})
    write(tmp_path, {"uploaded": "\n".join(["main.py", *files])})
    write(tmp_path / "root", {"package_0/missing.py": ""})
    before = os.times()
    ran = command("--root", tmp_path / "root", "--uploaded", tmp_path / "uploaded", "main.py")
    after = os.times()
    assert ran.stdout == "main.py:2 → package_0/missing.py: not uploaded\n"
    # Its own time, which is all the time it takes on a machine with nothing else to do.
    took = after.children_user + after.children_system - before.children_user - before.children_system
    assert took < 2


def test_its_readme_has_every_option_and_no_other() -> None:
    readme = (ROOT / "ops" / "shipped_imports" / "README.md").read_text()
    options = set(re.findall(r"--[a-z]+", command("--help").stdout)) - {"--help"}
    assert set(re.findall(r"--[a-z]+", readme)) == options


def test_another_repository_can_use_it_as_a_pre_commit_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the readme says to, with the repository that has the hook and its commit put in."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    hook, service = tmp_path / "hook", tmp_path / "service"
    shutil.copytree(
        ROOT / "ops" / "shipped_imports", hook / "ops" / "shipped_imports", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, hook / name)
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "hook"]):
        subprocess.run([*git, *arguments], cwd=hook, check=True)
    commit = subprocess.run(
        [*git, "rev-parse", "HEAD"], cwd=hook, check=True, capture_output=True, text=True
    ).stdout.strip()
    readme = (ROOT / "ops" / "shipped_imports" / "README.md").read_text()
    config = readme.split("```yaml\n")[1].split("```")[0]
    write(
        service,
        {
            ".pre-commit-config.yaml": re.sub(
                r"repo: .*", f"repo: {hook}", re.sub(r"rev: .*", f"rev: {commit}", config)
            ),
            "coordinator.py": "import distributed_lock",
            "distributed_lock.py": "",
            "Dockerfile": "FROM python:3.13-slim\nCOPY coordinator.py .",
        },
    )
    subprocess.run([*git, "init", "-q"], cwd=service, check=True)
    subprocess.run([*git, "add", "."], cwd=service, check=True)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))
    pre_commit = [str(Path(sys.executable).with_name("pre-commit")), "run"]
    ran = subprocess.run(pre_commit, cwd=service, capture_output=True, text=True, check=False)
    assert (ran.returncode, "coordinator.py:1 → distributed_lock.py: not copied" in ran.stdout) == (1, True), ran.stdout
    write(service, {"Dockerfile": "FROM python:3.13-slim\nCOPY *.py ."})
    subprocess.run([*git, "add", "."], cwd=service, check=True)
    ran = subprocess.run(pre_commit, cwd=service, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
