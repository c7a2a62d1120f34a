"""Reads which folders a file adds to sys.path, where it names them by constants and by its own place.

A folder is written as a path from the file, `<file>/../lib` for `Path(__file__).parent / "lib"`, or as an absolute one.
"""

from __future__ import annotations

import ast

FILE = "<file>"
_SAME = {"abspath", "realpath", "resolve", "absolute", "str", "Path", "PurePath", "normpath", "fspath", "as_posix"}


def added_folders(tree: ast.Module) -> list[str]:
    """The folders that a file adds to sys.path, in the order in which they are searched."""
    folders: list[str] = []
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            if value := _folder(node.value, known):
                known[node.targets[0].id] = value
        elif isinstance(node, ast.Call) and node.args:
            call = ast.unparse(node.func)
            if call == "sys.path.insert" and (value := _folder(node.args[-1], known)):
                folders.insert(0, value)
            elif call in {"sys.path.append", "site.addsitedir"} and (value := _folder(node.args[0], known)):
                folders.append(value)
    return folders


def _folder(node: ast.AST, known: dict[str, str]) -> str | None:  # noqa: PLR0911 - one return for each kind
    """The path of an expression, if it can be told."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return FILE if node.id == "__file__" else known.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
        left, right = _folder(node.left, known), _folder(node.right, known)
        return None if left is None or right is None else f"{left}/{right}"
    if isinstance(node, ast.Attribute) and node.attr == "parent":
        return _up(_folder(node.value, known), 1)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
        index = getattr(getattr(node.slice, "value", node.slice), "value", getattr(node.slice, "value", None))
        return _up(_folder(node.value.value, known), index + 1) if isinstance(index, int) else None
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        # A method, as in Path(…).resolve(), has its path before the dot.
        before = node.func.value if isinstance(node.func, ast.Attribute) else None
        parts = [_folder(arg, known) for arg in node.args] or [_folder(before, known) if before else None]
        if None in parts:
            return None
        if name == "dirname":
            return _up(parts[0], 1)
        if name == "joinpath" and before is not None:
            parts = [_folder(before, known), *parts]
        return "/".join(filter(None, parts)) if name in {*_SAME, "join", "joinpath"} and None not in parts else None
    return None


def _up(path: str | None, levels: int) -> str | None:
    return None if path is None else path + "/.." * levels
