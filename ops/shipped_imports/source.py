"""Lists what a Python file imports: each import with its line, what guards it, and the function it is in.

The file is parsed, never run. `if TYPE_CHECKING`, `if sys.version_info` and `if __name__ == "__main__"` are evaluated;
for any other condition both branches count.
"""

import ast
import operator
import symtable
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import resolve_name
from pathlib import Path

_CALLS = {"import_module", "__import__"}
_COMPARISONS = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}


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

    body: list["Step"]
    success: list["Step"]
    fallback: list["Step"]
    gives_up: bool  # the fallback ends in raise or exit, so a failure is fatal


type Step = Import | Attempt


@dataclass(frozen=True)
class Source:
    """What a file imports, and the names that a package's own file defines: importing one needs no submodule."""

    steps: Sequence[Step] = ()
    attributes: Collection[str] = ()
    exported: Sequence[str] = ()  # what `from package import *` imports


@dataclass(frozen=True)
class _Scope:
    package: str
    is_entry: bool
    has_calls: bool  # whether the file mentions import_module or __import__
    bodies: list[tuple["_Scope", list[ast.stmt]]]  # those of functions are added as they are found
    name: str = ""  # the enclosing classes and functions, with dots
    function: str = ""


def read(path: Path, package: str, *, is_entry: bool) -> Source:
    """Parse a file of a package. Raises OSError or SyntaxError."""
    code = path.read_bytes()
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
        tree = ast.parse(code)
        # Imports in functions come last, outside any try around the function.
        bodies: list[tuple[_Scope, list[ast.stmt]]] = []
        bodies.append((_Scope(package, is_entry, any(name.encode() in code for name in _CALLS), bodies), tree.body))
        steps = [step for scope, body in bodies for step in _steps(body, scope)]
        if path.name != "__init__.py":
            return Source(steps)
        symbols = symtable.symtable(code, str(path), "exec").get_symbols()  # type: ignore[arg-type] # takes bytes too
    names = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    # A name that a package imports from itself is a submodule.
    itself = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and _module(node, package) == package]
    return Source(steps, names - {alias.name for node in itself for alias in node.names}, _exported(tree))


def _exported(tree: ast.Module) -> list[str]:
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name("__all__")], ast.List(names) | ast.Tuple(names)):
                return [str(name.value) for name in names if isinstance(name, ast.Constant)]
    return []


def _steps(nodes: Iterable[ast.AST], scope: _Scope) -> Iterator[Step]:
    for node in nodes:
        match node:
            case ast.Import(names=names):
                yield from (Import(node.lineno, alias.name, None, scope.function) for alias in names)
            case ast.ImportFrom(names=names):
                module = _module(node, scope.package)
                yield from (Import(node.lineno, module, alias.name, scope.function) for alias in names)
            case ast.Call(args=[ast.Constant(str(module)), *more], keywords=keywords) if _name(node.func) in _CALLS:
                # The package argument is a literal, or else assumed to be the file's own: __package__.
                given = (
                    arg.value for arg in (*more, *(each.value for each in keywords)) if isinstance(arg, ast.Constant)
                )
                yield Import(node.lineno, _absolute(module, str(next(given, scope.package))), None, scope.function)
            case ast.FunctionDef(name, body=body) | ast.AsyncFunctionDef(name, body=body):
                inner = f"{scope.name}{name}"
                scope.bodies.append((replace(scope, name=f"{inner}.", function=inner), body))
            case ast.ClassDef(name, body=body):
                yield from _steps(body, replace(scope, name=f"{scope.name}{name}."))
            case ast.If():
                yield from _steps(_branches(node, is_entry=scope.is_entry), scope)
            case ast.Try() | ast.TryStar():
                yield from _attempt(node, scope)
            case ast.With([ast.withitem(ast.Call(ast.Name("suppress") | ast.Attribute(attr="suppress"), kinds))], body):
                within = list(_steps(body, scope))
                yield from [Attempt(within, [], [], gives_up=False)] if any(map(_catches, kinds)) else within
            case _:
                # Expressions are most of a file; skipping them halves the time.
                children = ast.iter_child_nodes(node)
                yield from _steps((c for c in children if scope.has_calls or not isinstance(c, ast.expr)), scope)


def _attempt(node: ast.Try | ast.TryStar, scope: _Scope) -> Iterator[Step]:
    catching = next((handler for handler in node.handlers if _catches(handler.type)), None)
    others = [statement for handler in node.handlers if handler is not catching for statement in handler.body]
    if catching is None:
        yield from _steps([*node.body, *others, *node.orelse, *node.finalbody], scope)
        return
    match catching.body[-1]:
        case ast.Raise():
            gives_up = True
        case ast.Expr(ast.Call(func=func)):
            gives_up = ast.unparse(func) in {"sys.exit", "exit", "quit", "os._exit"}
        case _:
            gives_up = False
    body, success, fallback = (list(_steps(part, scope)) for part in (node.body, node.orelse, catching.body))
    yield Attempt(body, success, fallback, gives_up)
    yield from _steps([*others, *node.finalbody], scope)


def _module(node: ast.ImportFrom, package: str) -> str:
    return _absolute("." * node.level + (node.module or ""), package)


def _absolute(module: str, package: str) -> str:
    try:
        return resolve_name(module, package)
    except ImportError:
        return module


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _catches(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_catches(one) for one in kind.elts)
    return kind is None or _name(kind) in {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def _branches(node: ast.If, *, is_entry: bool) -> list[ast.stmt]:
    truth = _truth(node.test, is_entry=is_entry)
    return [*(node.body if truth is not False else ()), *(node.orelse if truth is not True else ())]


def _truth(test: ast.expr, *, is_entry: bool) -> bool | None:
    match test:
        case ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(ast.Not(), operand):
            truth = _truth(operand, is_entry=is_entry)
            return None if truth is None else not truth
        case ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]):
            return is_entry
        case ast.Compare(left, [comparison], [ast.Tuple(elts=elements)]) if (
            _name(left) == "version_info"
            and type(comparison) in _COMPARISONS
            and all(isinstance(element, ast.Constant) for element in elements)
        ):
            version = tuple(ast.literal_eval(element) for element in elements)
            return bool(_COMPARISONS[type(comparison)](sys.version_info, version))
    return None
