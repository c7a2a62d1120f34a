"""What ships is listed with its licence, none of which asks anything of who uses it.

`python -m tests.unit.test_licences` (make licences) writes the list from the metadata of what is installed.
"""

import re
from email.message import Message
from importlib.metadata import distribution

import pytest

from local.emulator import ROOT

LIST = ROOT / "docs" / "licences.md"

HEAD = """\
# Licences

The packages that ship with the function, as pinned in `requirements.txt`, each with the licence from its metadata.
`make licences` writes this list. A test fails if the list is stale or a licence is not allowed.

| package | version | licence |
|---|---|---|
"""

# Mozilla's binds only who changes the package's own files, and nobody does here.
ALLOWED = set("Apache-2.0 BSD BSD-2-Clause BSD-3-Clause MIT MIT-0 MPL-2.0 PSF-2.0".split())

# What packages write in place of the name: https://spdx.org/licenses/
NAMES = {
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "https://www.apache.org/licenses/LICENSE-2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def shipped() -> dict[str, str]:
    """Each package that ships, and its version."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))


def licence_of(metadata: Message) -> str:
    """The licence: the expression, else the field, else the classifiers, which do not say whether one may choose."""
    field = metadata.get("License-Expression") or metadata.get("License") or ""
    if (name := NAMES.get(field, field)) and may_ship(name):
        return name
    classifiers = [c for c in metadata.get_all("Classifier", []) if c.startswith("License :: ")]
    return " AND ".join(NAMES.get(c, c) for c in classifiers) or field or "unknown"


def may_ship(licence: str) -> bool:
    """Whether each licence that holds is allowed, or one to choose in its place. What only a person can read is not."""
    return all(any(name in ALLOWED for name in part.split(" OR ")) for part in licence.split(" AND "))


def licences() -> dict[str, str]:
    return {name: licence_of(distribution(name).metadata) for name in shipped()}  # type: ignore[arg-type]  # a message


def listed() -> str:
    found = licences()
    return HEAD + "".join(f"| {name} | {version} | {found[name]} |\n" for name, version in shipped().items())


def test_the_list_of_licences_is_what_ships() -> None:
    assert {name: distribution(name).version for name in shipped()} == shipped()
    assert LIST.read_text() == listed(), "run `make licences`"


def test_every_licence_is_allowed() -> None:
    assert {name: licence for name, licence in licences().items() if not may_ship(licence)} == {}


def message(**fields: str | list[str]) -> Message:
    made = Message()
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            made[name.replace("_", "-")] = value
    return made


@pytest.mark.parametrize(
    ("metadata", "licence", "allowed"),
    [
        (message(License_Expression="MIT"), "MIT", True),
        (message(License="Apache 2.0"), "Apache-2.0", True),
        # A field that says nothing: the classifiers do.
        (message(License="Dual License", Classifier="License :: OSI Approved :: BSD License"), "BSD", True),
        # One may choose the other.
        (message(License_Expression="GPL-2.0-only OR MIT"), "GPL-2.0-only OR MIT", True),
        (message(License_Expression="MIT AND GPL-2.0-only"), "MIT AND GPL-2.0-only", False),
        (message(License_Expression="GPL-3.0-or-later"), "GPL-3.0-or-later", False),
        (message(License="AGPL-3.0"), "AGPL-3.0", False),
        (
            message(Classifier="License :: OSI Approved :: GNU General Public License v3 (GPLv3)"),
            "License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
            False,
        ),
        (message(License="All rights reserved"), "All rights reserved", False),
        (message(), "unknown", False),
    ],
)
def test_a_licence_that_is_unknown_or_copyleft_is_not_allowed(
    metadata: Message, licence: str, *, allowed: bool
) -> None:
    assert licence_of(metadata) == licence
    assert may_ship(licence) is allowed


if __name__ == "__main__":
    LIST.write_text(listed())
