"""Tells which Python files and modules a container's command starts, and where their imports look.

It knows Python itself, the servers that are given a module (gunicorn, uvicorn, uwsgi, flask, celery and others), shell
scripts in the image, supervisord, and the commands that the project defines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, dirname, join, normpath

from ops.shipped_imports.requirements import scripts
from ops.shipped_imports.shell import commands, expand

_APP = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_][\w.]*(?:\(.*\))?")
_SERVERS = {"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve"}
_PROGRAMS = {*_SERVERS, *"uwsgi flask functions-framework functions_framework fastapi celery streamlit locust".split()}
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_SHELLS = {"sh", "bash", "ash", "dash"}
_QUIET = set(
    "pytest echo printf apt-get apt apk pip pip3 curl wget test [ [[ export set chown chmod mkdir rm cat "
    "which type".split()
)
_FASTAPI = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
_DEPTH = 4  # scripts that call scripts


@dataclass(frozen=True)
class Start:
    """A module or a file of the image that is started, and the folders that come first where its imports look."""

    where: str
    module: str = ""
    file: str = ""
    is_main: bool = False  # whether its __name__ is "__main__"
    folders: Sequence[str] = ()
    others: Sequence[str] = ()  # files that would be started in its place, if they were there


@dataclass(frozen=True)
class Container:
    """What a command sees: the image's files and variables, where it starts, and the texts of projects in it."""

    read: Callable[[str], str | None]
    variables: Mapping[str, str]
    workdir: str
    projects: Sequence[str] = ()
    where: str = ""
    arguments: Sequence[str] = field(default_factory=list)  # those of the script that is read
    depth: int = 0

    def path(self, text: str) -> str:
        """A path in the image, relative to where the command starts."""
        return normpath(join("/", self.workdir, text)).lstrip("/")


def starts(command: str, container: Container) -> Iterator[Start]:
    """All that a shell text starts."""
    for words in commands(expand(command, container.variables)):
        if words[0] in {"cd", "pushd"} and words[1:]:
            container = replace(container, workdir=container.path(words[1]))
            continue
        passed = [each for word in words for each in (container.arguments if word in {"$@", "$*", "${@}"} else [word])]
        yield from _start(passed, container)


def _start(words: Sequence[str], container: Container) -> Iterator[Start]:  # noqa: PLR0911 - one for each kind
    """What one command starts: the first word that is a program known here, whatever wraps it."""
    if not words or words[0] in _QUIET or container.depth > _DEPTH:
        return
    for index, word in enumerate(words):
        program, rest = basename(word), list(words[index + 1 :])
        if program in _SHELLS and rest[:1] and re.fullmatch(r"-\w*c", rest[0]):
            yield from starts(" ".join(rest[1:2]), replace(container, arguments=rest[2:], depth=container.depth + 1))
            return
        if _PYTHON.fullmatch(program):
            yield from _python(rest, container)
            return
        if program in _PROGRAMS:
            yield from _program(program, rest, container)
            return
        if program == "supervisord":
            yield from _supervised(rest, container)
            return
        if found := _own_command(program, container):
            yield Start(container.where, module=found)
            return
        text = container.read(container.path(word)) if not word.startswith("-") else None
        if text is not None and (index == 0 or not word.endswith((".py", ".txt", ".toml", ".json", ".yaml"))):
            yield from _script(word, text, rest, container)
            return
        if index == 0 and "/" in word and "$" not in word:
            yield Start(container.where, file=container.path(word), is_main=True, folders=(container.path("."),))


def _script(word: str, text: str, rest: list[str], container: Container) -> Iterator[Start]:
    first = text.partition("\n")[0]
    if word.endswith(".py") or (first.startswith("#!") and "python" in first):
        yield from _python([word, *rest], container)
    elif word.endswith(".sh") or (first.startswith("#!") and first.rstrip().endswith("sh")):
        values = dict(re.findall(r"^\s*(?:export\s+)?(\w+)=[\"']?([^\s\"'$]+)[\"']?\s*$", text, re.MULTILINE))
        inner = replace(
            container, arguments=rest, depth=container.depth + 1, variables={**values, **container.variables}
        )
        yield from starts(text, inner)


def _python(words: list[str], container: Container) -> Iterator[Start]:
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option.startswith("-m") or option.endswith("m"):
            module = option[2:] or "".join(words[:1])
            rest = words if option[2:] and option.startswith("-m") else words[1:]
            if module in _PROGRAMS:
                yield from _program(module, rest, container)
            elif re.fullmatch(r"[\w.]+", module):
                yield Start(container.where, module, "", is_main=True, folders=(container.path("."),))
            return
        if option.startswith("-c") or option.endswith("c"):
            for module in re.findall(
                r"^\s*(?:import|from)\s+([\w.]+)", "".join(words[:1]).replace(";", "\n"), re.MULTILINE
            ):
                yield Start(container.where, module, folders=(container.path("."),))
            return
        if option in {"-W", "-X"}:
            words = words[1:]
    if words and "$" not in words[0]:
        file = container.path(words[0])
        if container.read(join(file, "__main__.py")) is not None:
            file = join(file, "__main__.py")
        yield Start(container.where, "", file, is_main=True, folders=(dirname(file),))


def _option(words: Sequence[str], *names: str) -> str:
    """The value of an option, or nothing."""
    for index, word in enumerate(words):
        name, has_value, value = word.partition("=")
        if name in names:
            return value if has_value else "".join(words[index + 1 : index + 2])
        if not name.startswith("--") and name[:2] in names and name[2:]:
            return word[2:]
    return ""


def _program(program: str, words: list[str], container: Container) -> Iterator[Start]:
    if program in _SERVERS:
        yield from _server(words, container)
    elif program == "uwsgi":
        yield from _uwsgi(words, container)
    elif program == "flask":
        app = _option(words, "--app", "-A") or container.variables.get("FLASK_APP", "")
        yield from _module_or_file(app, container, ("wsgi.py", "app.py"))
    elif program in {"functions-framework", "functions_framework"}:
        source = _option(words, "--source") or container.variables.get("FUNCTION_SOURCE", "")
        yield from _module_or_file(source or "main.py", container)
    elif program == "celery":
        if app := _option(words, "-A", "--app"):
            yield Start(container.where, app.partition(":")[0], folders=(container.path("."),))
    elif program == "fastapi":
        given = next((word for word in words if word.endswith(".py")), "")
        yield from _module_or_file(given, container, _FASTAPI)
    elif program == "streamlit":
        yield from _module_or_file(next((word for word in words if word.endswith(".py")), ""), container)
    elif program == "locust":
        yield from _module_or_file(_option(words, "-f", "--locustfile"), container, ("locustfile.py",))


def _module_or_file(given: str, container: Container, defaults: Sequence[str] = ()) -> Iterator[Start]:
    name = given.partition(":")[0]
    if name and not name.endswith(".py"):
        yield Start(container.where, name, folders=(container.path("."),))
        return
    found = next(
        (each for each in (name, *defaults) if each and container.read(container.path(each)) is not None), name
    )
    if not found:
        files = [container.path(each) for each in defaults]
        yield from [Start(container.where, file=files[0], others=files)] if files else []
    else:
        file = container.path(found)
        folder = dirname(file)
        while folder and container.read(join(folder, "__init__.py")) is not None:
            folder = dirname(folder)
        yield Start(container.where, "", file, folders=(folder, container.path(".")))


def _server(words: list[str], container: Container) -> Iterator[Start]:
    config = _option(words, "-c", "--config").replace("file:", "")
    file = container.path(config or "gunicorn.conf.py")
    text = None if config.startswith("python:") else container.read(file)
    folder = container.path(_option(words, "--chdir", "--app-dir") or ".")
    apps = [found[1] for word in words if (found := _APP.fullmatch(word))]
    set_in_file = re.search(r"^wsgi_app\s*=\s*[\"']([\w.]+)", text or "", re.MULTILINE)
    if not apps and set_in_file:
        apps = [set_in_file[1]]
    # The name of the module alone: gunicorn then looks for `application` in it.
    if not apps and words and re.fullmatch(r"[A-Za-z_][\w.]*", words[-1]):
        apps = [words[-1]]
    if apps:
        yield Start(container.where, apps[-1], folders=(folder,))
    if config.startswith("python:"):
        yield Start(container.where, config[len("python:") :], folders=(folder,))
    elif (config and config.endswith(".py")) or text is not None:
        yield Start(container.where, "", file, folders=(folder,))


def _uwsgi(words: list[str], container: Container) -> Iterator[Start]:
    given = _option(words, "--ini") or next((word for word in words if word.endswith(".ini")), "")
    text = container.read(container.path(given)) if given else ""
    if text is None:
        yield Start(container.where, file=container.path(given))
        return
    settings = dict(re.findall(r"^\s*([\w-]+)\s*=\s*(\S+)", text, re.MULTILINE))
    folder = container.path(_option(words, "--chdir") or settings.get("chdir", "."))
    module = _option(words, "--module", "-w") or settings.get("module", settings.get("wsgi", ""))
    file = _option(words, "--wsgi-file") or settings.get("wsgi-file", "")
    if module and "%" not in module:
        yield Start(container.where, module.partition(":")[0], folders=(folder,))
    elif file:
        yield Start(container.where, "", normpath(join("/", folder, file)).lstrip("/"), folders=(folder,))


def _supervised(words: list[str], container: Container) -> Iterator[Start]:
    text = container.read(container.path(_option(words, "-c", "--configuration") or "/etc/supervisord.conf")) or ""
    folder = container
    for section in re.split(r"^\[", text, flags=re.MULTILINE):
        settings = dict(re.findall(r"^\s*(\w+)\s*=\s*(.+)$", section, re.MULTILINE))
        folder = replace(container, workdir=container.path(settings.get("directory", ".")), depth=container.depth + 1)
        yield from starts(settings.get("command", ""), folder)


def _own_command(program: str, container: Container) -> str:
    """The module of a command that a project in the image defines."""
    for folder in container.projects:
        defined = scripts(container.read(join(folder, "pyproject.toml")) or "")
        if program in defined:
            return defined[program]
        for name in ("setup.py", "setup.cfg"):
            text = container.read(join(folder, name)) or ""
            if found := re.search(rf"[\"'\s]{re.escape(program)}\s*=\s*([\w.]+):", text):
                return found[1]
    return ""
