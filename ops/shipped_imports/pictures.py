"""Draws the modules of an image and their imports as Mermaid, DOT or SVG, with what is missing in red."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ops.shipped_imports.findings import Report
from ops.shipped_imports.report import Judged

_WIDTH, _HEIGHT, _GAP, _LETTER = 26, 22, 70, 7  # pixels: around a name, of a row, between columns, of a letter
_RED, _BLUE = "#c62828", "#90a4ae"


def draw(judged: Sequence[Judged], kind: str) -> str:
    """The picture in this format: mmd, dot or svg."""
    edges = sorted({edge for each in judged for edge in each.report.edges if edge[0]})
    missing = {finding.module for each in judged for finding in each.report.missing}
    names = sorted({name for edge in edges for name in edge} | {n for each in judged for n in _names(each.report)})
    return {"mmd": _mermaid, "dot": _dot, "svg": _svg}[kind](names, edges, missing)


def _names(report: Report) -> Iterable[str]:
    return (reached.file or reached.provider or reached.name for reached in report.reached)


def _mermaid(names: Sequence[str], edges: Sequence[tuple[str, str]], missing: set[str]) -> str:
    ids = {name: f"n{number}" for number, name in enumerate(names)}
    lines = ["flowchart LR", f"  classDef missing fill:#ffebee,stroke:{_RED},color:{_RED}"]
    lines += [f'  {ids[name]}["{escape(name)}"]' + (":::missing" if name in missing else "") for name in names]
    lines += [f"  {ids[one]} --> {ids[other]}" for one, other in edges]
    return "\n".join([*lines, ""])


def _dot(names: Sequence[str], edges: Sequence[tuple[str, str]], missing: set[str]) -> str:
    def quoted(name: str) -> str:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = ["digraph imports {", "  rankdir=LR", "  node [shape=box, fontname=sans]"]
    lines += [
        f"  {quoted(name)}" + (f' [color="{_RED}", fontcolor="{_RED}"]' if name in missing else "") for name in names
    ]
    lines += [f"  {quoted(one)} -> {quoted(other)}" for one, other in edges]
    return "\n".join([*lines, "}", ""])


def _svg(names: Sequence[str], edges: Sequence[tuple[str, str]], missing: set[str]) -> str:
    """Columns by the distance from what is started, each in alphabetical order."""
    imported = {other for _, other in edges}
    depth = dict.fromkeys((name for name in names if name not in imported), 0)
    level = 0
    while level < len(names) and any(value == level for value in depth.values()):
        for one, other in edges:
            if depth.get(one) == level:
                depth.setdefault(other, level + 1)
        level += 1
    columns: dict[int, list[str]] = {}
    for name in names:
        columns.setdefault(depth.get(name, 0), []).append(name)
    places: dict[str, tuple[int, int, int]] = {}
    left = 10
    for number in sorted(columns):
        width = max(len(name) for name in columns[number]) * _LETTER + _WIDTH
        places.update({name: (left, 10 + row * (_HEIGHT + 8), width) for row, name in enumerate(columns[number])})
        left += width + _GAP
    bottom = max((top for _, top, _ in places.values()), default=0) + _HEIGHT + 10
    size = f'width="{left}" height="{bottom}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="11">']
    for one, other in edges:
        (x, y, width), (to_x, to_y, _) = places[one], places[other]
        middle = (x + width + to_x) // 2
        path = f"M{x + width},{y + 11} C{middle},{y + 11} {middle},{to_y + 11} {to_x},{to_y + 11}"
        lines.append(f'<path d="{path}" fill="none" stroke="{_RED if other in missing else _BLUE}"/>')
    for name, (x, y, width) in places.items():
        colour = _RED if name in missing else "#37474f"
        lines.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{_HEIGHT}" rx="3" fill="white" stroke="{colour}"/>'
        )
        lines.append(f'<text x="{x + 12}" y="{y + 15}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*lines, "</svg>", ""])
