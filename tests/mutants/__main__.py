"""Breaks the shipped code in many small ways, one at a time, and shows which test notices: `python -m tests.mutants`.

The list is mutants.toml. Each mutant is made in a copy of the tree, where its own tests run, and tests/unit if those
pass. With an argument, only the mutants whose file, snippet or reason contains it. Exit status 0: all were killed.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory, TemporaryFile
from textwrap import shorten
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
AT_ONCE = 2
# The test of the list itself fails for every mutant, whatever it breaks.
UNIT = "tests/unit --ignore=tests/unit/test_mutants.py"
# Python tells compiled files apart by size and second: it would miss a mutant of the same size.
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


class Mutant(NamedTuple):
    """`old`, which occurs once in `file`, becomes `new`. `tests` are pytest's arguments."""

    file: str
    old: str
    new: str
    why: str
    tests: str

    def applies(self) -> bool:
        """Whether the snippet still occurs exactly once."""
        return (ROOT / self.file).read_text().count(self.old) == 1

    def __str__(self) -> str:
        return f"{self.file}: {shorten(self.old, 50)} → {shorten(self.new, 50) or 'nothing'}"


class Result(NamedTuple):
    """How pytest ended: its exit status, the first test that failed, and the processor time that it took."""

    status: int
    failed: str
    seconds: float


def load() -> list[Mutant]:
    """The mutants of mutants.toml, in its order."""
    return [Mutant(**each) for each in tomllib.loads(Path(__file__).with_name("mutants.toml").read_text())["mutants"]]


def main(chosen: str = "") -> int:
    """Run the mutants that contain `chosen`; returns the exit status."""
    mutants = [mutant for mutant in load() if chosen in f"{mutant.file} {mutant.old} {mutant.why}"]
    moved = [mutant for mutant in mutants if not mutant.applies()]
    for mutant in moved:
        print(f"the snippet does not occur exactly once: {mutant}")
    if moved or not mutants:
        return 1
    with _copies() as copies, ThreadPoolExecutor(AT_ONCE) as threads:
        # Tests that fail anyway kill nothing.
        unmutated = list({UNIT, *(each.tests for each in mutants if not each.tests.startswith("tests/unit"))})
        results = list(threads.map(lambda tests: _try(copies, tests), unmutated))
        if any(result.status for result in results):
            for tests, result in zip(unmutated, results, strict=True):
                print(f"fails without a mutation: {tests} {result.failed}\n" if result.status else "", end="")
            return 1
        killed, seconds = 0, 0.0
        for mutant, result in zip(mutants, threads.map(lambda each: _kill(copies, each), mutants), strict=True):
            # Any other status than these two means that no test ran, as after a syntax error.
            word = {0: "SURVIVED", 1: "killed"}.get(result.status, "BROKEN")
            print(f"{word:8} {result.seconds:5.1f} s  {mutant}\n{'':18}{result.failed or mutant.why}", flush=True)
            killed += result.status == 1
            seconds += result.seconds
    print(f"\n{killed} of {len(mutants)} mutants killed, in {seconds / len(mutants):.1f} s of processor time each")
    return 0 if killed == len(mutants) else 1


@contextmanager
def _copies() -> Iterator[SimpleQueue[Path]]:
    """As many copies of the tree as run at once. Whoever takes one gives it back as it was."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - the git on the path
    free: SimpleQueue[Path] = SimpleQueue()
    with TemporaryDirectory(prefix="mutants-") as folder:
        for number in range(AT_ONCE):
            copy = Path(folder, str(number))
            for name in tracked.stdout.split("\0")[:-1]:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, copy / name)
            for environment in (".venv", ".venv-emulator"):
                (copy / environment).symlink_to(ROOT / environment)
            free.put(copy)
        yield free


def _kill(copies: SimpleQueue[Path], mutant: Mutant) -> Result:
    own = _try(copies, mutant.tests, mutant)
    if own.status:
        return own
    wider = _try(copies, UNIT, mutant)
    return wider._replace(seconds=own.seconds + wider.seconds)


def _try(copies: SimpleQueue[Path], tests: str, mutant: Mutant | None = None) -> Result:
    """Run these tests in a copy until one fails, with the mutant in place."""
    copy = copies.get()
    try:
        if mutant:
            code = (ROOT / mutant.file).read_text()
            (copy / mutant.file).write_text(code.replace(mutant.old, mutant.new))
        return _pytest(copy, tests)
    finally:
        if mutant:
            shutil.copy(ROOT / mutant.file, copy / mutant.file)
        copies.put(copy)


def _pytest(copy: Path, tests: str) -> Result:
    command = [sys.executable, "-m", "pytest", "-x", "-rfE", "-p", "no:cacheprovider", *shlex.split(tests)]
    with TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=copy, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)  # which tells the processor time, that of the emulator included
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        failed = [line.split(" ", 1)[1] for line in output if line.startswith(("FAILED ", "ERROR "))]
    return Result(process.returncode, "".join(failed[:1]).partition(" - ")[0].strip(), used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
