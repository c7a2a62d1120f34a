"""Every kind of import, and which file it means."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from tests.unit.shipped_imports.trees import Answer, check, check_upload, write


@dataclass(frozen=True)
class Case:
    """Files that are uploaded, files that are not, and what is said of main.py."""

    why: str
    ships: dict[str, str]
    stays: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


CAUGHT = "main.py:2 → lock.py: not uploaded; the failure is caught, so it is not seen"
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
    # Failures that are caught. What the repository has is told all the same: in production it would be off in silence.
    *(
        Case(
            f"caught: {handler}",
            {"main.py": f"try:\n    import lock\n{handler}:\n    lock = None"},
            {"lock.py": ""},
            (CAUGHT,),
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
        (CAUGHT.replace(":2", ":3"),),
    ),
    Case(
        "what the repository has not is optional",
        {
            "main.py": "try:\n    import pkg.version\n    import ujson\nexcept ImportError:\n    pass",
            "pkg/__init__.py": "",
        },
    ),
    Case(
        "unless any exception is caught: then nobody meant the import to be optional",
        {"main.py": "try:\n    import pkg.version\nexcept Exception:\n    pass", "pkg/__init__.py": ""},
        {},
        ("main.py:2 → pkg.version: not in the repository; the failure is caught, so it is not seen",),
    ),
    Case(
        "a condition that looks for the file means it",
        {"main.py": "import os\nif os.path.exists('local.py'):\n    from local import *"},
        {"local.py": ""},
    ),
    Case(
        "a failure further down is caught too, and a package that nothing provides is then no matter",
        {"main.py": "try:\n    import a\nexcept ImportError:\n    pass", "a.py": "import boto3, b"},
        {"b.py": ""},
        ("main.py:2 → a.py:1 → b.py: not uploaded; the failure is caught, so it is not seen",),
    ),
    Case(
        "unless the same is imported elsewhere without a guard, though only when a function is called",
        {
            "main.py": "try:\n    import a\nexcept ImportError:\n    pass\ndef run():\n    import a",
            "a.py": "import boto3",
        },
        {},
        ("main.py:6 → a.py:1 → boto3: no requirement provides it (imported when run() is called)",),
    ),
    Case(
        "what is optional and ships is followed",
        {"main.py": "try:\n    import lock\nexcept ImportError:\n    lock = None", "lock.py": "import store"},
        {"store.py": ""},
        ("main.py:2 → lock.py:1 → store.py: not uploaded; the failure is caught, so it is not seen",),
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
        (
            "main.py:2 → a.py:1 → x.py: not uploaded; the failure is caught, so it is not seen",
            "main.py:5 → c.py: not uploaded",
        ),
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
        (CAUGHT,),
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
        {"main.py": "import sys\nif sys.version_info >= (3, 9):\n    import new\nelse:\n    import old"},
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
        "in a loop and a with",
        {"main.py": "for _ in ():\n    import a\nwith x:\n    import b"},
        {"a.py": "", "b.py": ""},
        ("main.py:2 → a.py: not uploaded", "main.py:4 → b.py: not uploaded"),
    ),
    *(
        [
            Case(
                "in a match",
                {"main.py": "match 1:\n case 1:\n  import a"},
                {"a.py": ""},
                ("main.py:3 → a.py: not uploaded",),
            )
        ]
        if sys.version_info >= (3, 10)
        else []
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
        {"a/__init__.py": "b = 1", "x.py": "", "y.py": ""},
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
    Case(
        "but an empty package makes no names",
        {"main.py": "from a import b", "a/__init__.py": '"Words."', "a/c.py": ""},
        {},
        ("main.py:1 → a.b: not in the repository",),
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
    Case(
        "nor a module that a namespace package within another has not",
        {"main.py": "from a.b import c\nimport a.b.d", "a/b/e.py": ""},
        {},
        ("main.py:1 → a.b.c: not in the repository", "main.py:2 → a.b.d: not in the repository"),
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
        (
            "main.py:4 → b.py: not uploaded; the failure is caught, so it is not seen",
            "main.py:2 → a.py: not uploaded (imported when run() is called)",
        ),
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


FINDING = "main.py:1 → lock.py: not uploaded"
UNPARSED = "cannot be parsed as a whole, so not all imports are followed"


@pytest.mark.parametrize(
    ("files", "uploaded", "out", "err"),
    [
        # The entry itself stays behind.
        ({"main.py": ""}, "other.py", ["main.py: not uploaded"], []),
        # The file is on the list and not on the disk, or is no Python. What can be parsed counts all the same.
        ({"main.py": "import a"}, "main.py a.py", [], [f"a.py {UNPARSED}: No such file"]),
        ({"main.py": "import lock\nx =", "lock.py": ""}, "main.py", [FINDING], [f"main.py {UNPARSED}: line 2: "]),
        (
            {"main.py": "from p import (\n    lock,  # why\n)\nx =", "p/lock.py": ""},
            "main.py",
            ["main.py:1 → p/lock.py: not uploaded"],
            [f"main.py {UNPARSED}: line 4: "],
        ),
        ({"main.py": "import a", "a.py": "\0"}, "main.py a.py", [], [f"a.py {UNPARSED}"]),
        (
            {"main.py": "import a", "a/__init__.py": "x: int\nglobal x"},
            "main.py a/__init__.py",
            [],
            [f"a/__init__.py {UNPARSED}"],
        ),
        # A text in an encoding that it declares is; nor does a warning matter.
        ({"main.py": "# coding: latin-1\nx = '\\d'"}, "main.py", [], []),
        # No package is above the entry, so Python would refuse.
        (
            {"main.py": "from . import a"},
            "main.py",
            ["main.py:1 → .: goes above the top package: this module's name there is main"],
            [],
        ),
        (
            {"main.py": "import a", "a/__init__.py": "from ...b import c"},
            "main.py a/__init__.py",
            ["main.py:1 → a/__init__.py:1 → ...b: goes above the top package: this module's name there is a"],
            [],
        ),
        # Nothing says what is installed.
        (
            {"main.py": "import flask"},
            "main.py",
            [],
            ["not decided: flask: requirements.txt is not uploaded: say what"],
        ),
        ({"main.py": "import json"}, "main.py", [], []),
        # An empty __init__.py that stays behind: the folder is a package without it.
        (
            {"main.py": "import a.b", "a/__init__.py": '# nothing\n"Words."', "a/b.py": ""},
            "main.py a/b.py",
            [],
            ["main.py:1 → a/__init__.py: not uploaded, but it is empty: the package works without it"],
        ),
    ],
)
def test_what_is_open_is_a_note_and_stops_nothing(
    files: dict[str, str], uploaded: str, out: list[str], err: list[str], tmp_path: Path
) -> None:
    write(tmp_path, files)
    answer = check_upload(tmp_path, uploaded.split(), "main.py")
    assert (answer.status, answer.out if answer.status else []) == (bool(out), out)
    starts = [f"note: {start}" for start in err]
    assert [line[: len(start)] for line, start in zip(answer.err, starts)] == starts
    assert len(answer.err) == len(starts)
    assert check_upload(tmp_path, uploaded.split(), "--strict", "main.py").status == bool(out or err)


def test_an_entry_that_is_not_there_is_no_question(tmp_path: Path) -> None:
    said = "cannot tell: main.py is not a Python file in the repository: give a path relative to the root"
    assert check_upload(tmp_path, [], "main.py") == Answer(2, [], [said])


@pytest.mark.parametrize(
    "line",
    [
        "sys.path.insert(0, '/lib')",
        "sys.path.append(os.path.join(os.path.dirname(__file__), '..', 'lib'))",
        "sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + '/lib')",
        "sys.path.append(str(Path(__file__).resolve().parent.parent / 'lib'))",
        "sys.path.append(str(Path(__file__).parents[1].joinpath('lib')))",
        "ROOT = Path(__file__).parent.parent\nsys.path.insert(0, str(ROOT / 'lib'))",
    ],
)
def test_a_folder_that_a_file_adds_to_the_path_is_searched(line: str, tmp_path: Path) -> None:
    files = {
        "app/main.py": f"import os, sys\nfrom pathlib import Path\n{line}\nimport lock",
        "lib/lock.py": "import more",
    }
    write(tmp_path, {**files, "lib/more.py": "", "Dockerfile": "FROM python\nCOPY app /app\nCOPY lib/lock.py /lib/"})
    answer = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"), "app/main.py")
    assert answer.out[0].endswith("lib/lock.py:1 → lib/more.py: not copied"), answer


VERSIONS = [
    # The image's Python decides which branch runs, whatever runs the check.
    ("3.8", "import sys\nif sys.version_info >= (3, 9):\n    import a\nelse:\n    import b", "b.py: not copied"),
    ("3.12", "import sys\nif sys.version_info[:2] < (3, 13):\n    import a", "a.py: not copied"),
    ("3.12", "import sys\nif sys.version_info.major == 2:\n    import a", ""),
    # It also decides what its standard library has.
    ("3.10", "import tomllib", "tomllib: no requirement provides it"),
    ("3.11", "import tomllib", ""),
    ("3.11", "import distutils, imp, cgi", ""),
    ("3.13", "import cgi", "cgi: no requirement provides it"),
    ("3.8", "import graphlib", "graphlib: no requirement provides it"),
]


@pytest.mark.parametrize(("version", "code", "said"), VERSIONS)
def test_the_python_of_the_image_counts(version: str, code: str, said: str, tmp_path: Path) -> None:
    dockerfile = f"FROM python:{version}-slim\nCOPY main.py /"
    write(tmp_path, {"main.py": code, "a.py": "", "b.py": "", "Dockerfile": dockerfile})
    answer = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"), "main.py")
    assert (answer.status, answer.err) == (bool(said), [])
    assert not said or answer.out[0].endswith(said)


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("import uvicorn\nuvicorn.run('app.api:app', host='::')", "app/api.py"),
        ("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'app.settings')", "app/settings.py"),
    ],
)
def test_a_module_that_a_call_names_is_imported(code: str, imported: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": code, "app/api.py": "", "app/settings.py": "", "requirements.txt": "uvicorn"})
    answer = check_upload(tmp_path, ["main.py", "requirements.txt"], "main.py")
    assert answer.out == [f"main.py:2 → {imported}: not uploaded"]


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
