"""Lists what a Python file imports: each import with its line, what guards it, and the function it is in.

The file is parsed, never run. `if TYPE_CHECKING`, `if sys.version_info` and `if __name__ == "__main__"` are evaluated;
for any other condition both branches count.
"""

from __future__ import annotations

import ast
import operator
import re
import symtable
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import resolve_name
from pathlib import Path
from typing import Union

from ops.shipped_imports.paths import added_folders

_CALLS = {"import_module", "__import__"}
_MENTIONED = (*(name.encode() for name in _CALLS), b"uvicorn.run", b"DJANGO_SETTINGS_MODULE")
_COMPARISONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_LOOKS = re.compile(r"\b(?:exists|is_file|isfile|find_spec)\(")
# The start of a statement at the left edge: no end of a bracket, no comment, no other part of the statement before.
_STATEMENT = re.compile(r"(?!(?:else|elif|except|finally)\b)[\w@]")
_TRIES: tuple[type, ...] = (ast.Try, getattr(ast, "TryStar", ast.Try))  # since Python 3.11
Version = tuple[int, int]


@dataclass(frozen=True)
class Import:
    """`import module`, or `from module import name`."""

    line: int
    module: str  # keeps its dots if a relative import goes above the top package
    name: str | None = None
    function: str = ""  # the function that imports; empty if the file itself does


@dataclass(frozen=True)
class Attempt:
    """Imports whose failure is caught: the fallback runs if one fails, the success if none does."""

    body: list[Step]
    success: list[Step]
    fallback: list[Step]
    gives_up: bool  # the fallback ends in raise or exit, so a failure is fatal
    is_broad: bool = False  # it catches any Exception, so most likely imports were not on the author's mind
    is_intended: bool = False  # a condition looks whether the file is there


Step = Union[Import, Attempt]


@dataclass(frozen=True)
class Source:
    """What a file imports, and the names that a package's own file defines: importing one needs no submodule."""

    steps: Sequence[Step] = ()
    attributes: Collection[str] = ()
    exported: Sequence[str] = ()  # what `from package import *` imports
    folders: Sequence[str] = ()  # what it adds to sys.path, as written in ops/shipped_imports/paths.py
    is_empty: bool = False  # nothing but a docstring
    unparsed: str = ""  # why a part of it could not be parsed


@dataclass(frozen=True)
class _Scope:
    package: str
    is_main: bool
    version: Version
    has_calls: bool  # whether the file mentions one of the calls that import
    bodies: list[tuple[_Scope, list[ast.stmt]]]  # those of functions are added as they are found
    name: str = ""  # the enclosing classes and functions, with dots
    function: str = ""


def read(path: Path, package: str, version: Version, *, is_main: bool) -> Source:
    """Parse a file of a package as this version of Python would. Raises OSError."""
    code = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        tree, unparsed = _parsed(code, version)
        # Imports in functions come last, outside any try around the function.
        bodies: list[tuple[_Scope, list[ast.stmt]]] = []
        has_calls = any(name in code for name in _MENTIONED)
        bodies.append((_Scope(package, is_main, version, has_calls, bodies), tree.body))
        steps = [step for scope, body in bodies for step in _steps(body, scope)]
        folders = added_folders(tree) if b"sys.path" in code or b"addsitedir" in code else []
        if path.name != "__init__.py":
            return Source(steps, folders=folders, unparsed=unparsed)
        try:
            symbols = symtable.symtable(code, str(path), "exec").get_symbols()  # type: ignore[arg-type] # takes bytes too
        except (SyntaxError, ValueError) as error:
            symbols, unparsed = [], unparsed or str(error)
    names = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    # A name that a package imports from itself is a submodule.
    itself = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and _module(node, package) == package]
    attributes = names - {alias.name for node in itself for alias in node.names}
    is_empty = all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body)
    return Source(steps, attributes, _exported(tree), folders, is_empty and not unparsed, unparsed)


def _parsed(code: bytes, version: Version) -> tuple[ast.Module, str]:
    """The tree of a file, and why not all of it could be parsed: it may be in the syntax of a later Python."""
    tree, reason = _tree(code, version)
    if tree:
        return tree, ""
    body: list[ast.stmt] = []
    lines = code.decode("utf-8", errors="replace").replace("\0", "").splitlines()
    starts = [number for number, line in enumerate(lines) if _STATEMENT.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        # The statements that can be parsed, each on its line.
        part, _ = _tree("\n" * start + "\n".join(lines[start:end]), version)
        body += part.body if part else []
    return ast.Module(body, []), reason


def _tree(code: bytes | str, version: Version) -> tuple[ast.Module | None, str]:
    try:
        return ast.parse(code, feature_version=version), ""
    except SyntaxError as error:
        return None, f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return None, str(error)


def _exported(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and [_name(target) for target in node.targets] == ["__all__"]:
            names = node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else []
            return [name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)]
    return []


def _steps(nodes: Iterable[ast.AST], scope: _Scope) -> Iterator[Step]:  # noqa: C901 - one branch for each kind
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, None, scope.function) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _module(node, scope.package)
            yield from (Import(node.lineno, module, alias.name, scope.function) for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _called(node, scope)
            yield from _steps(ast.iter_child_nodes(node), scope)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = f"{scope.name}{node.name}"
            scope.bodies.append((replace(scope, name=f"{inner}.", function=inner), node.body))
        elif isinstance(node, ast.ClassDef):
            yield from _steps(node.body, replace(scope, name=f"{scope.name}{node.name}."))
        elif isinstance(node, ast.If) and _LOOKS.search(ast.unparse(node.test)):
            body, otherwise = list(_steps(node.body, scope)), list(_steps(node.orelse, scope))
            yield Attempt(body, [], otherwise, gives_up=False, is_intended=True)
        elif isinstance(node, ast.If):
            yield from _steps(_branches(node, scope), scope)
        elif isinstance(node, _TRIES):
            yield from _attempt(node, scope)  # type: ignore[arg-type] # TryStar has the same fields
        elif isinstance(node, ast.With) and _suppresses(node):
            yield Attempt(list(_steps(node.body, scope)), [], [], gives_up=False)
        else:
            # Expressions are most of a file; skipping them halves the time.
            children = ast.iter_child_nodes(node)
            yield from _steps((c for c in children if scope.has_calls or not isinstance(c, ast.expr)), scope)


def _called(node: ast.Call, scope: _Scope) -> Iterator[Import]:
    """What a call imports: import_module("a"), uvicorn.run("a:app"), setdefault("DJANGO_SETTINGS_MODULE", "a")."""
    texts = [arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else "" for arg in node.args]
    name = _name(node.func)
    if not texts or not texts[0]:
        return
    if name in _CALLS:
        # The package argument is a literal, or else assumed to be the file's own: __package__.
        others = (*node.args[1:], *(keyword.value for keyword in node.keywords))
        given = (arg.value for arg in others if isinstance(arg, ast.Constant))
        yield Import(node.lineno, _absolute(texts[0], str(next(given, scope.package))), None, scope.function)
    elif name == "run" and _name(getattr(node.func, "value", node)) == "uvicorn":
        yield Import(node.lineno, texts[0].partition(":")[0], None, scope.function)
    elif name == "setdefault" and texts[0] == "DJANGO_SETTINGS_MODULE" and "".join(texts[1:2]):
        yield Import(node.lineno, texts[1], None, scope.function)


def _attempt(node: ast.Try, scope: _Scope) -> Iterator[Step]:
    catching = next((handler for handler in node.handlers if _catches(handler.type)), None)
    others = [statement for handler in node.handlers if handler is not catching for statement in handler.body]
    if catching is None:
        yield from _steps([*node.body, *others, *node.orelse, *node.finalbody], scope)
        return
    last = catching.body[-1]
    gives_up = isinstance(last, ast.Raise)
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        gives_up = ast.unparse(last.value.func) in {"sys.exit", "exit", "quit", "os._exit"}
    body, success, fallback = (list(_steps(part, scope)) for part in (node.body, node.orelse, catching.body))
    is_broad = not _names_import_errors(catching.type)
    yield Attempt(body, success, fallback, gives_up, is_broad)
    yield from _steps([*others, *node.finalbody], scope)


def _suppresses(node: ast.With) -> bool:
    call = node.items[0].context_expr
    return isinstance(call, ast.Call) and _name(call.func) == "suppress" and any(map(_catches, call.args))


def _module(node: ast.ImportFrom, package: str) -> str:
    return _absolute("." * node.level + (node.module or ""), package)


def _absolute(module: str, package: str) -> str:
    try:
        return resolve_name(module, package)
    except (ImportError, ValueError):  # ValueError before Python 3.9.6
        return module


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _catches(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_catches(one) for one in kind.elts)
    return kind is None or _name(kind) in {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def _names_import_errors(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind] if kind else []
    return any(_name(each) in {"ImportError", "ModuleNotFoundError"} for each in kinds)


def _branches(node: ast.If, scope: _Scope) -> list[ast.stmt]:
    truth = _truth(node.test, scope)
    return [*(node.body if truth is not False else ()), *(node.orelse if truth is not True else ())]


def _truth(test: ast.expr, scope: _Scope) -> bool | None:  # noqa: PLR0911 - one for each kind
    if _name(test) == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        truth = _truth(test.operand, scope)
        return None if truth is None else not truth
    if not isinstance(test, ast.Compare) or len(test.ops) > 1 or type(test.ops[0]) not in _COMPARISONS:
        return None
    try:
        value = ast.literal_eval(test.comparators[0])
    except ValueError:
        return None
    compare = _COMPARISONS[type(test.ops[0])]
    try:
        if _name(test.left) == "__name__" and value == "__main__":
            return bool(compare(scope.is_main, True))
        left = ast.unparse(test.left)
        if left == "sys.version_info":
            return bool(compare((*scope.version, 0), value))
        if left in {"sys.version_info[0]", "sys.version_info.major"}:
            return bool(compare(scope.version[0], value))
    except TypeError:  # compared with something else
        pass
    return None
