"""Follow the imports of an entry file and list the modules that do not ship.

Missing modules go to standard output, undecided ones to standard error. Exit status: 0 everything ships; 1 something is
missing; 2 undecided.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from posixpath import normpath

from ops.shipped_imports import CannotTell
from ops.shipped_imports.dockerfile import read_dockerfile
from ops.shipped_imports.graph import Graph, Layout, Report
from ops.shipped_imports.requirements import installed, named


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one or more entries; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        report = _check(options)
    except CannotTell as error:
        report = Report([], [str(error)])
    print("\n".join(report.missing), end="\n" if report.missing else "")
    for doubt in report.doubts:
        print(f"cannot tell: {doubt}", file=sys.stderr)
    if report.missing or report.doubts:
        return 1 if report.missing else 2
    entries = ", ".join(options.entries)
    print(f"{entries}: {report.modules} modules and {report.packages} third-party packages, all shipped")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shipped-imports", description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "entries", metavar="ENTRY", nargs="+", help="file that starts the service, relative to the root"
    )
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path(), help="repository, build context or uploaded folder"
    )
    ships = parser.add_mutually_exclusive_group()
    ships.add_argument("--dockerfile", metavar="FILE", type=Path, help="read what ships from its COPY lines")
    ships.add_argument(
        "--uploaded", metavar="FILE", help="list of the files that ship, - for standard input; asks gcloud by default"
    )
    parser.add_argument(
        "--requirements", metavar="FILE", action="append", help="what is installed, if that cannot be found"
    )
    return parser


def _check(options: argparse.Namespace) -> Report:
    root: Path = options.root
    files = sorted(_files(root))
    if options.dockerfile:
        image, requirements = read_dockerfile(options.dockerfile, root, files)
        unnamed = f"{options.dockerfile} has no recognizable pip install"
    else:
        image = Layout({file: file for file in _uploaded(options)})
        requirements = [("the upload", f"-r {file}") for file in image.files if file == "requirements.txt"]
        unnamed = "requirements.txt is not uploaded"
    base = root
    if options.requirements:
        requirements, base = [("--requirements", f"-r {file}") for file in options.requirements], Path()
    doubt = "" if requirements else f"{unnamed}: say what is installed with --requirements"
    entries = [normpath(entry) for entry in options.entries]
    modules = Layout({file: file for file in files if file.endswith(".py")})
    return Graph(root, modules, image, installed(named(requirements, base), doubt), entries).follow()


def _uploaded(options: argparse.Namespace) -> list[str]:
    """The files to upload: the given list, or what gcloud would upload."""
    try:
        if options.uploaded == "-":
            text = sys.stdin.read()
        elif options.uploaded:
            text = Path(options.uploaded).read_text()
        else:
            command = ["gcloud", "meta", "list-files-for-upload", str(options.root)]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except subprocess.CalledProcessError as error:
        raise CannotTell(f"gcloud could not list the files to upload: {error.stderr.strip()}") from None
    except OSError as error:
        raise CannotTell(f"the files to upload are unknown: {error}; give a list with --uploaded") from None
    return [normpath(line) for line in text.splitlines() if line]


def _files(root: Path) -> Iterator[str]:
    """The repository's files, except hidden and installed ones."""
    for folder, folders, names in root.walk():
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in {"node_modules", "__pycache__"}
            and not (folder / name / "pyvenv.cfg").exists()
        ]
        yield from ((folder / name).relative_to(root).as_posix() for name in names)


if __name__ == "__main__":
    sys.exit(main())
