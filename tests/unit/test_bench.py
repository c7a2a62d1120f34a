"""The benchmark's page is what its last run found, and every mark has its row. Nothing is timed here."""

import json

import pytest

from bench import report
from bench.marks import MARKS, Mark


def test_the_page_and_its_plot_are_those_of_the_last_run() -> None:
    for path, text in report.page().items():
        assert path.read_text() == text


def test_every_mark_has_its_row_from_the_samples_of_the_run() -> None:
    samples = json.loads(report.RUN.read_text())["samples"]
    rows = json.loads(report.RESULTS.read_text())
    assert [row["measure"] for row in rows] == [mark.measure for mark in MARKS]
    for row, mark in zip(rows, MARKS, strict=True):
        again = mark.result(samples)
        assert row["value"] == pytest.approx(again["value"], abs=0.01)
        assert (row["unit"], row["mark"], row["met"]) == (again["unit"], again["mark"], again["met"])
        assert row["spread"][0] <= row["value"] <= row["spread"][1]


@pytest.mark.parametrize(
    ("sign", "value", "met"),
    [("≥", 2, True), ("≥", 1.9, False), ("≤", 2, True), ("≤", 2.1, False), (">", 2, False), ("=", 2, True)],
)
def test_a_mark_is_met_by_the_median_of_the_rounds(sign: str, value: float, met: bool) -> None:
    mark = Mark("one ÷ other", "ratio", sign, 2, ("one", "other"), lambda one, other: one / other)
    row = mark.result({"one": [10 * value, 100, 0], "other": [10, 10, 10]})
    assert row == {
        "measure": "one ÷ other",
        "value": value,
        "unit": "ratio",
        "mark": f"{sign} 2",
        "met": met,
        "spread": [0, 10],
    }
