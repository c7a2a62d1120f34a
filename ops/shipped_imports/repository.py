"""Finds what a repository ships: its Dockerfiles, each with the build context that fits, and its function folders."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from posixpath import basename, dirname, join

from ops.shipped_imports import CannotTell
from ops.shipped_imports.dockerfile import DockerfileReader, kept_in_context
from ops.shipped_imports.ignored import git_kept, read_ignore_files, read_text
from ops.shipped_imports.image import EMPTY, Image, Layout
from ops.shipped_imports.packages import DeployScript, added_to, deploy_scripts
from ops.shipped_imports.requirements import Requirements
from ops.shipped_imports.source import Version
from ops.shipped_imports.start import Start

_DOCKERFILE = re.compile(r"(?:^|/)(?:(?:Dockerfile|Containerfile)(?:\.[\w-]+)?|[\w.-]+\.[Dd]ockerfile)$")
_NOT_DOCKERFILE = re.compile(r"\.(?:dockerignore|md|sh|py|txt|ya?ml|json|j2|tmpl|template|in)$")
_FUNCTION = re.compile(
    r"^\s*(?:import|from) functions_framework|^def \w+\((?:request|req|_?event|cloud_?event|data)\b", re.MULTILINE
)
_SKIPPED = {"node_modules", "__pycache__"}


@dataclass
class Repository:
    """The files of a repository, without hidden and installed ones, by their path from its root."""

    root: Path
    files: Sequence[str]
    kept: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def context(self, folder: str) -> dict[str, str]:
        """The files of a folder, by their path from it."""
        start = len(folder) + 1 if folder else 0
        return {file[start:]: file for file in (self.within(folder) if folder else self.files)}

    def layout(self) -> Layout:
        """All its Python files."""
        return Layout({file: file for file in self.files if file.endswith(".py")})

    def dockerfiles(self) -> list[str]:
        """Its Dockerfiles."""
        named = [file for file in self.files if _DOCKERFILE.search(file) and not _NOT_DOCKERFILE.search(file)]
        named = [file for file in named if not self._is_linked(file)]
        return sorted(file for file in named if re.search(r"^\s*FROM\s", self.text(file), re.MULTILINE | re.IGNORECASE))

    @cached_property
    def functions(self) -> list[str]:
        """Its folders with a main.py that serves a function, and a requirements.txt."""
        folders = [dirname(file) for file in self.files if basename(file) == "main.py"]
        found = (each for each in folders if join(each, "requirements.txt") in self.known and not self._is_linked(each))
        return sorted(
            folder
            for folder in found
            # With an app.yaml it is an App Engine application, which has what its runtime brings.
            if not {join(folder, "Dockerfile"), join(folder, "app.yaml")} & self.known
            and _FUNCTION.search(self.text(join(folder, "main.py")))
        )

    def _is_linked(self, path: str) -> bool:
        """Whether a path leads through a link, so that it is found elsewhere too."""
        return (self.root / path).resolve() != self.root.resolve() / path

    def text(self, file: str) -> str:
        """The text of a file, or nothing if it cannot be read."""
        try:
            return read_text(self.root / file)
        except OSError:
            return ""

    def dockerfile_image(self, file: str, target: str = "") -> Image:
        """The image of a Dockerfile, for the nearest folder above it that has what it copies and starts."""
        folder = dirname(file)
        readings: list[tuple[int, int, Image]] = []
        while True:
            image, lost = self.image_in(self.root / file, folder, target)
            readings.append((lost + _not_found(image), len(readings), image))
            if not folder or not readings[-1][0]:
                return min(readings, key=lambda reading: reading[:2])[2]
            folder = dirname(folder)

    def image_in(
        self, dockerfile: Path, context: str, target: str = "", uploaded: Sequence[str] = ()
    ) -> tuple[Image, int]:
        """The image of a Dockerfile for this build context, and how many sources the context lacks."""
        files = self.context(context)
        key = context, str(dockerfile) if dockerfile.with_name(f"{dockerfile.name}.dockerignore").is_file() else ""
        if key not in self.kept:
            self.kept[key] = kept_in_context(dockerfile, self.root, files)
        kept: Mapping[str, str] = self.kept[key]
        ignores = read_ignore_files(self.root / context)
        if uploaded:
            kept = {path: file for path, file in kept.items() if path in set(uploaded)}
        elif ".gcloudignore" in ignores and dockerfile == self.root / context / "Dockerfile":
            # gcloud run deploy --source uploads the folder, and builds the Dockerfile in it.
            kept = {path: kept[path] for path in git_kept(kept, ignores, ".gcloudignore")}
        reader = DockerfileReader(dockerfile, self.root, kept)
        own = Path(os.path.relpath(dockerfile.parent, self.root)).as_posix()
        homes = ["" if own == "." else own, context]
        return replace(reader.image(target), homes=homes), reader.lost

    def function_image(self, folder: str) -> Image:
        """What is uploaded of a function folder, with what deploy scripts put beside it."""
        files = self.context(folder)
        ignores = read_ignore_files(self.root / folder)
        name = ".gcloudignore" if ".gcloudignore" in ignores else ".gitignore"
        files = {path: files[path] for path in git_kept(files, ignores, name)}
        version = None
        for script in added_to(folder, self.scripts, self.functions) if folder else ():
            version = script.version or version
            for path, source in script.copies:
                if source == EMPTY:
                    files.setdefault(path, EMPTY)
                for file in self.within(source):
                    files.setdefault(join(path, file[len(source) :].lstrip("/")).rstrip("/"), file)
        return self.uploaded_image(files, [Start("", file="main.py")], version)

    def uploaded_image(
        self, files: Mapping[str, str], starts: Sequence[Start], version: Version | None = None
    ) -> Image:
        """These files as an upload, with its requirements.txt installed."""

        def read(path: str) -> str | None:
            return self.text(files[path]) if path in files else None

        requirements = Requirements(read)
        if "requirements.txt" in files:
            requirements.add("-r requirements.txt", "the upload", "")
        elif "pyproject.toml" in files:
            requirements.add_project("", "the upload", installs_it=False)
        else:
            requirements.unknown.append("requirements.txt is not uploaded: say what is installed with --requirements")
        return Image(Layout(files), starts, requirements, version)

    def within(self, path: str) -> Iterator[str]:
        """The file of this path, or the files in this folder."""
        if path in self.known:
            yield path
        for file in self.files[bisect_left(self.files, f"{path}/") :]:
            if not file.startswith(f"{path}/"):
                break
            yield file

    @cached_property
    def known(self) -> set[str]:
        """Its files, to look one up."""
        return set(self.files)

    @cached_property
    def scripts(self) -> list[DeployScript]:
        """Its scripts that deploy functions."""
        return list(deploy_scripts(self.root, self.files))


def _not_found(image: Image) -> int:
    """How many of the files and modules that it starts are not in an image."""
    layout = image.layout
    return sum(
        start.file not in layout.files
        if start.file
        else not any(layout.find(start.module.partition(".")[0], layout.search))
        for start in image.starts
    )


def read_repository(root: Path) -> Repository:
    """The files of a repository. Raises CannotTell if it is no folder."""
    if not root.is_dir():
        raise CannotTell(f"{root} is not a folder")
    return Repository(root, sorted(_files(root)))


def _files(root: Path) -> Iterator[str]:
    """Links are followed, since an upload has what they lead to."""
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED
            and not os.path.exists(f"{folder}/{name}/pyvenv.cfg")  # noqa: PTH110 - Path is slow for thousands
            and not _is_loop(Path(folder, name))
        ]
        prefix = os.path.relpath(folder, root).replace(os.sep, "/")
        yield from (names if prefix == "." else (f"{prefix}/{name}" for name in names))


def _is_loop(folder: Path) -> bool:
    return folder.is_symlink() and folder.resolve() in [folder.parent.resolve(), *folder.parent.resolve().parents]
