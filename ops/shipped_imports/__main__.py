"""Follow the imports of all that a repository starts and list the modules that do not ship.

Missing modules go to standard output, notes on what stays open to standard error. Exit status: 0 nothing is missing;
1 something is; 2 the question could not be asked.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from posixpath import normpath

from ops.shipped_imports import CannotTell, pictures, report
from ops.shipped_imports.distributions import installed, paths_of
from ops.shipped_imports.findings import Finding
from ops.shipped_imports.graph import Graph
from ops.shipped_imports.image import Image
from ops.shipped_imports.report import Judged
from ops.shipped_imports.repository import Repository, read_repository
from ops.shipped_imports.requirements import Requirements
from ops.shipped_imports.source import Source, Version
from ops.shipped_imports.start import Start


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one image or all of a repository; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        judged = list(_judge(options))
        changed = _written(options, judged)
    except CannotTell as error:
        print(f"cannot tell: {error}", file=sys.stderr)
        return 2
    lines = (
        report.snippet(judged) if options.snippet else report.github(judged) if options.github else report.text(judged)
    )
    print("\n".join(filter(None, lines) if options.snippet else lines))
    left_open = [*report.notes(judged), *changed]
    for note in left_open:
        print(note, file=sys.stderr)
    is_missing = any(each.report.missing for each in judged)
    return 1 if is_missing or changed or (options.strict and left_open) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shipped-imports", description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "entries", metavar="ENTRY", nargs="*", help="file that starts the service, relative to the root"
    )
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path(), help="repository, build context or uploaded folder"
    )
    parser.add_argument("--dockerfile", metavar="FILE", type=Path, help="read what ships and starts from it")
    parser.add_argument("--target", metavar="STAGE", default="", help="stage of the Dockerfile; by default the last")
    parser.add_argument("--uploaded", metavar="FILE", help="list of the files that are uploaded, - for standard input")
    parser.add_argument(
        "--requirements", metavar="FILE", action="append", help="what is installed, if that cannot be found"
    )
    parser.add_argument("--python", metavar="PATH", help="interpreter that has the requirements installed")
    parser.add_argument("--strict", action="store_true", help="fail on notes too")
    parser.add_argument(
        "--manifest", metavar="FILE", type=Path, help="keep a table of the modules; fails if it changes"
    )
    parser.add_argument("--graph", metavar="FILE", type=Path, help="draw the imports: .mmd, .dot or .svg")
    parser.add_argument("--sarif", metavar="FILE", type=Path, help="write the findings for code scanning")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--github", action="store_true", help="print the findings as annotations of GitHub Actions")
    output.add_argument("--snippet", action="store_true", help="print a RUN line that imports all that ships")
    return parser


def _judge(options: argparse.Namespace) -> Iterator[Judged]:
    repository = read_repository(options.root)
    sources: dict[tuple[str, str, bool, Version], Source] = {}
    layout = repository.layout()
    paths = paths_of(options.python) if options.python else None
    images = list(_images(options, repository))
    if not images:
        raise CannotTell(
            f"{options.root.resolve()} has no Dockerfile and no function folder: name the file that starts"
        )
    for name, image, missing in images:
        found = image.requirements
        if options.requirements:
            found = Requirements(_read_outside)
            for file in options.requirements:
                found.add(f"-r {file}", "--requirements", "")
        graph = Graph(options.root, layout, image, installed(found, paths), sources)
        followed = graph.follow()
        if image.version and not image.starts:
            notes = ["it starts nothing that is known here: name the file that starts, with --dockerfile"]
            followed = replace(followed, notes=[*followed.notes, *notes])
        findings, notes = [*missing, *image.absent, *followed.missing], [*image.notes, *followed.notes]
        yield Judged(name, image, replace(followed, missing=findings, notes=notes))


def _read_outside(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise CannotTell(f"--requirements: {path} cannot be read") from None


def _images(options: argparse.Namespace, repository: Repository) -> Iterator[tuple[str, Image, list[Finding]]]:
    """What is to be judged: what was named, or else all of the repository. With the entries that are missing."""
    uploaded = list(_uploaded(options)) if options.uploaded or (options.entries and not options.dockerfile) else []
    name = ", ".join(options.entries)
    if options.dockerfile:
        image, _ = repository.image_in(options.dockerfile, "", options.target, uploaded)
        if not options.entries and not image.starts and not image.absent:
            raise CannotTell(f"{options.dockerfile} starts no Python that is known: name the file that starts")
        yield _started(options, repository, image, name or str(options.dockerfile))
    elif options.entries:
        image = repository.uploaded_image({file: file for file in uploaded}, [])
        yield _started(options, repository, image, name)
    elif options.uploaded or options.target:
        raise CannotTell("--uploaded and --target need an ENTRY or a --dockerfile")
    else:
        yield from ((file, repository.dockerfile_image(file), []) for file in repository.dockerfiles())
        yield from (
            (f"{folder}/main.py".lstrip("/"), repository.function_image(folder), []) for folder in repository.functions
        )


def _started(
    options: argparse.Namespace, repository: Repository, image: Image, name: str
) -> tuple[str, Image, list[Finding]]:
    """An image with the entries that were named as what it starts."""
    starts, missing = [], []
    for entry in map(normpath, options.entries):
        paths = [path for path, file in image.layout.files.items() if file == entry]
        if paths:
            starts.append(Start("", file=_searched(paths, image.layout.search), is_main=True))
        elif entry in repository.known and entry.endswith(".py"):
            missing.append(Finding((), entry, f"not {image.layout.verb}"))
        else:
            raise CannotTell(f"{entry} is not a Python file in the repository: give a path relative to the root")
    return name, replace(image, starts=starts or image.starts), missing


def _searched(paths: Sequence[str], search: Sequence[str]) -> str:
    return max(paths, key=lambda path: max((len(each) for each in search if path.startswith(each)), default=-1))


def _uploaded(options: argparse.Namespace) -> Iterable[str]:
    """The files to upload: the given list, or what gcloud would upload."""
    try:
        if options.uploaded == "-":
            text = sys.stdin.read()
        elif options.uploaded:
            text = Path(options.uploaded).read_text(encoding="utf-8")
        else:
            command = ["gcloud", "meta", "list-files-for-upload", str(options.root)]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except subprocess.CalledProcessError as error:
        raise CannotTell(f"gcloud could not list the files to upload: {error.stderr.strip()}") from None
    except (OSError, ValueError) as error:
        raise CannotTell(f"the files to upload are unknown: {error}; give a list with --uploaded") from None
    return (normpath(line) for line in text.splitlines() if line)


def _written(options: argparse.Namespace, judged: Sequence[Judged]) -> list[str]:
    """Write the files that were asked for. Tells whether the manifest has changed."""
    texts = {}
    if options.graph:
        kind = options.graph.suffix[1:]
        if kind not in {"mmd", "dot", "svg"}:
            raise CannotTell(f"--graph {options.graph}: the name must end in .mmd, .dot or .svg")
        texts[options.graph] = pictures.draw(judged, kind)
    if options.sarif:
        texts[options.sarif] = report.sarif(judged)
    changed = []
    if options.manifest:
        texts[options.manifest] = report.manifest(judged)
        before = options.manifest.read_text(encoding="utf-8") if options.manifest.is_file() else ""
        if before != texts[options.manifest]:
            changed = [f"{options.manifest} was {'rewritten' if before else 'written'}: look at it and commit it"]
    try:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotTell(f"{error.filename} cannot be written: {error.strerror}") from None
    return changed


if __name__ == "__main__":
    sys.exit(main())
