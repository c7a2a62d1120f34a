"""What is measured and the target of each measurement: the benchmark's table, as data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le
from statistics import median
from typing import Any

_HOLDS: dict[str, Callable[[float, float], bool]] = {"≥": ge, "≤": le, ">": gt, "=": eq}


@dataclass(frozen=True)
class Mark:
    """A measurement, the figures of a round that it is computed from, and the target.

    It holds for the median over the rounds, or for `every` round.
    """

    measure: str
    unit: str
    sign: str
    wanted: float
    of: tuple[str, ...]
    figure: Callable[..., float] = lambda value: value
    every: bool = False

    def result(self, samples: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """The row for bench/results.json. The spread is the minimum and maximum over the rounds."""
        figures = [self.figure(*values) for values in zip(*(samples[name] for name in self.of), strict=True)]
        value = median(figures)
        return {
            "measure": self.measure,
            "value": round(value, 3),
            "unit": self.unit,
            "mark": f"{self.sign} {self.wanted:g}{' in every round' if self.every else ''}",
            "met": all(_HOLDS[self.sign](each, self.wanted) for each in (figures if self.every else [value])),
            "spread": [round(min(figures), 3), round(max(figures), 3)],
        }


def _ratio(one: float, other: float) -> float:
    return one / other


def _beyond(ours: float, bare: float) -> float:
    return ours - bare


MARKS = (
    Mark(
        "one check, warm function, wall time: the script ÷ ours",
        "ratio",
        "≥",
        15,
        ("script", "warm"),
        _ratio,
        every=True,
    ),
    Mark("one check, cold process to answer: the script ÷ ours", "ratio", "≥", 9, ("script", "cold"), _ratio),
    Mark("cold start to first answer of /health: ours ÷ the floor", "ratio", "≤", 1, ("start", "floor_start"), _ratio),
    Mark("one check, cold, wall: Soda Core ÷ ours", "ratio", "≥", 1.5, ("soda", "cold"), _ratio),
    Mark("one check, cold, wall: Great Expectations ÷ ours", "ratio", "≥", 5, ("expectations", "cold"), _ratio),
    Mark(
        "own CPU time per check beyond the bare client's, one date of 15 games",
        "ms",
        "≤",
        5,
        ("cpu", "bare_cpu"),
        _beyond,
    ),
    Mark("core alone: ten seasons (14,000 games, 28,000 team rows per source) judged", "s", "≤", 0.5, ("core",)),
    Mark("a season (170 dates) in one request ÷ one date", "ratio", "≤", 1.4, ("season", "date"), _ratio),
    Mark("BigQuery jobs: per season ÷ per check", "ratio", "=", 1, ("jobs_season", "jobs_date"), _ratio),
    Mark(
        "one check on a history of ten years, 20 rows a date ÷ on an empty one",
        "ratio",
        "≤",
        1.1,
        ("check_decade", "check_empty"),
        _ratio,
    ),
    Mark("/dashboard of a season on that history: own time", "ms", "≤", 100, ("page_cpu", "page_bare_cpu"), _beyond),
    Mark("/dashboard of a season on that history, on the emulator", "s", "≤", 2, ("page",)),
    Mark("bytes that one check would read at ten years", "MB", "≤", 20, ("bytes_check",)),
    Mark("bytes that one page of a season would read at ten years", "MB", "≤", 100, ("bytes_page",)),
    Mark("queries that could read other dates than those asked for, or select a star", "queries", "=", 0, ("bytes",)),
    Mark("memory after 1,000 checks ÷ after 10", "ratio", "≤", 1.05, ("memory_1000", "memory_10"), _ratio),
    Mark("resident memory, idle after boot: ours ÷ the floor", "ratio", "≤", 1.05, ("idle", "floor_idle"), _ratio),
    Mark("installed size of what ships, compiled", "MB", "≤", 110, ("size",)),
    Mark("packages that ship", "packages", "≤", 55, ("packages",)),
    Mark("make test on a fresh clone, set-up included", "s", "≤", 300, ("make_test",)),
    Mark("git clone to the first alert on screen, packages cached", "s", "≤", 25, ("first_alert",)),
)
