"""Writes what was found: as text, as GitHub annotations, as SARIF, as a manifest and as a line for a Dockerfile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ops.shipped_imports.findings import Finding, Report
from ops.shipped_imports.image import Image


@dataclass(frozen=True)
class Judged:
    """An image or an upload, and what was found in it."""

    name: str
    image: Image
    report: Report

    @property
    def is_python(self) -> bool:
        """Whether it starts any Python of the repository."""
        return bool(self.report.modules or self.report.missing)


def text(judged: Sequence[Judged]) -> Iterator[str]:
    """One image: its findings, or that all ships. Several: a table first, then the findings of each."""
    if len(judged) == 1:
        report = judged[0].report
        yield from map(str, report.missing)
        if not report.missing:
            yield (
                f"{judged[0].name}: {report.modules} modules and {report.packages} third-party packages, all shipped"
                if judged[0].is_python
                else f"{judged[0].name}: starts no Python of this repository"
            )
        return
    width = max(len(each.name) for each in judged)
    yield f"{'':{width}}  modules  packages  missing"
    for each in judged:
        report = each.report
        if each.is_python:
            yield f"{each.name:{width}}  {report.modules:7}  {report.packages:8}  {len(report.missing) or '-':>7}"
        else:
            yield f"{each.name:{width}}  starts no Python of this repository"
    for each in judged:
        if each.report.missing:
            yield ""
            yield each.name
            yield from (f"  {finding}" for finding in each.report.missing)


def notes(judged: Sequence[Judged]) -> Iterator[str]:
    """What was left open, with the image it is about."""
    for each in judged:
        prefix = f"{each.name}: " if len(judged) > 1 else ""
        yield from (f"note: {prefix}{note}" for note in each.report.notes)


def github(judged: Sequence[Judged]) -> Iterator[str]:
    """Annotations at the imports: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands."""
    for each in judged:
        for finding in each.report.missing:
            file, line = _place(finding)
            message = f"{each.name}: {finding}".replace("%", "%25").replace("\n", "%0A")
            yield f"::error file={file},line={line},title=Module does not ship::{message}"


def sarif(judged: Sequence[Judged]) -> str:
    """The findings as a SARIF 2.1.0 file: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""
    results: list[dict[str, Any]] = []
    for each in judged:
        for finding in each.report.missing:
            file, line = _place(finding)
            place = {"artifactLocation": {"uri": file}, "region": {"startLine": line}}
            results.append(
                {
                    "ruleId": "not-shipped",
                    "level": "error",
                    "message": {"text": f"{each.name}: {finding}"},
                    "locations": [{"physicalLocation": place}],
                }
            )
    rule = {"id": "not-shipped", "shortDescription": {"text": "A module is imported and does not ship"}}
    driver = {"name": "shipped-imports", "rules": [rule]}
    run = {"tool": {"driver": driver}, "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _place(finding: Finding) -> tuple[str, int]:
    """The import that fails, or the file that is started."""
    file, _, line = finding.chain[-1].rpartition(":") if finding.chain else (finding.module, "", "1")
    return file, int(line) or 1


def manifest(judged: Sequence[Judged]) -> str:
    """A row for each module: its name, its file or distribution, and what requires it first."""
    rows = []
    for each in judged:
        rows += ["", f"## {each.name}", "", "| module | source | required_by |", "|---|---|---|"]
        rows += sorted(
            f"| {reached.name} | {reached.file or reached.provider or '?'} | {reached.required_by} |"
            for reached in each.report.reached
        )
    return "\n".join(["# Modules that ship", *rows, ""])


def snippet(judged: Sequence[Judged]) -> Iterator[str]:
    """The line for each Dockerfile that imports, during the build, all that its service imports at its start."""
    for each in judged:
        reached = [one for one in each.report.reached if one.at_start and not one.problem]
        modules = {one.name for one in reached if one.file and one.required_by != "start"}
        modules |= {one.name for one in reached if one.provider and "." not in one.name}
        # The last part may be a module or a name in one.
        parts: dict[str, set[str]] = {}
        for one in reached:
            package, _, last = one.name.rpartition(".")
            if one.provider and package:
                parts.setdefault(package, set()).add(last)
        statements = [f"import {', '.join(sorted(modules))}"] if modules else []
        statements += [f"from {package} import {', '.join(sorted(parts[package]))}" for package in sorted(parts)]
        if statements:
            yield f"# {each.name}" if len(judged) > 1 else ""
            yield 'RUN python -c "' + "; ".join(statements) + '"'
