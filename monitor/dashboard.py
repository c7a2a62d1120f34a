"""The history as one HTML page: a date a row, its games one click away. Readable without script, by eye or ear.

Everything from data is escaped (Jinja2), and the page may fetch nothing: its one style is allowed by its hash.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

from monitor import __version__
from monitor.core.dates import DateRange

_FOLDER = Path(__file__).parent / "templates"


@cache
def _template() -> tuple[Template, str]:
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
    return environment.get_template("dashboard.html"), (_FOLDER / "dashboard.css").read_text()


def render(rows: Sequence[Mapping[str, Any]], days: DateRange) -> tuple[str, dict[str, str]]:
    """The page on these rows of the history, newest date first, and the headers to send with it."""
    template, style = _template()
    page = template.render(rows=list(reversed(rows)), days=days, style=style, version=__version__)
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    return page, {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
