"""The served function under load: nothing is lost, nothing is wrong, and its memory stays where it was."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local import sample
from local.function import function
from monitor.bigquery.history import VIEWS
from tests.conftest import Platform
from tests.proxy import SOURCES, Proxy, serve

pytestmark = pytest.mark.whole

AT_ONCE = 20
CHECK, HISTORY, DASHBOARD = (
    "/?date=2026-01-18&notify=never",
    "/history?start=2026-01-10&end=2026-01-20",
    "/dashboard?day=2026-01-18",
)
MIXED = (CHECK, "/health", HISTORY, *["/health"] * 2, CHECK, "/health", DASHBOARD, *["/health"] * 2)


def get(url: str, path: str) -> tuple[str, int, str]:
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=100)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return path, answer.status, text


def resident_bytes(url: str) -> int:
    """The memory of the process that serves this address."""
    find = ["pgrep", "-f", f"local.function {urlsplit(url).port}"]
    pid = subprocess.run(find, check=True, capture_output=True, text=True).stdout.strip()
    show = ["ps", "-o", "rss=", "-p", pid]
    return int(subprocess.run(show, check=True, capture_output=True, text=True).stdout) * 1024


@pytest.mark.promise("200 requests, 20 at a time: none is lost and none is wrong")
@pytest.mark.timeout(300)
def test_mixed_requests_at_once(
    season: Platform, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    paths = [MIXED[number % len(MIXED)] for number in range(200)]
    with (
        function(season.environment, tmp_path / "log", at=sample.MORNING) as url,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        answers = list(threads.map(lambda path: get(url, path), paths))
    assert Counter(path for path, _, _ in answers) == Counter(paths)
    assert {status for _, status, _ in answers} == {200}
    checks = [json.loads(text)["checks"][0] for path, _, text in answers if path.startswith("/?")]
    assert {check["status"] for check in checks} == {"MISSING_DATA"}
    # Each wrote its one row, and all of them say the same.
    rows = season.history()
    assert len({row["run_id"] for row in rows}) == len(rows) == len(checks)
    assert {row["alert_fingerprint"] for row in rows} == {check["alert_fingerprint"] for check in checks}
    assert all('"MISSING_DATA"' in text or '"checks": []' in text for path, _, text in answers if "history" in path)
    assert all("</html>" in text for path, _, text in answers if "dashboard" in path)
    record_property("figure", f"{len(answers)} requests, {len(rows)} of them checks with a row each")


@pytest.mark.promise("Memory stays flat over 2,000 requests")
@pytest.mark.timeout(300)
def test_memory(season: Platform, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    # A check and a page of each kind, among the cheap requests that a probe or a stranger sends.
    paths = [
        *(f"{CHECK}&dry_run=true", HISTORY, f"{CHECK}&dry_run=true", DASHBOARD),
        *(["/health", "/openapi.json", "/?date=nonsense", "/nowhere"] * 24),
    ]
    first, last = 200, 2_000
    # Nothing is written, so that the emulator is asked each query once: it is the function's memory that counts.
    unchanging = [*SOURCES, *(f"read {query}" for query in (*VIEWS, "history", "runs"))]
    with (
        serve(Proxy(season.environment["BIGQUERY_EMULATOR_HOST"], unchanging=unchanging)) as proxy,
        function(
            {**season.environment, "BIGQUERY_EMULATOR_HOST": proxy.url}, tmp_path / "log", at=sample.MORNING
        ) as url,
    ):
        sizes = []
        for number in range(1, last + 1):
            path, status, _ = get(url, paths[number % len(paths)])
            assert status in {200, 400, 404}, path
            if number in {first, last}:
                sizes.append(resident_bytes(url))
    grown = sizes[1] / sizes[0]
    assert grown < 1.1, f"from {sizes[0]:,} to {sizes[1]:,} bytes"
    megabytes = [f"{size / 2**20:.0f} MB" for size in sizes]
    record_property("figure", f"{megabytes[0]} after {first:,} requests, {megabytes[1]} after {last:,}")
