"""The season up to the bad morning, as the demo's history has it: through the function, at the times of the calls.

A backfill records the season's start. On a later day nobody can tell when data was there, so the outcomes of those
dates are unknown. On each of the last nine mornings the function is called at that morning's time, with the
schedule as it was. One morning's data is late, and two dates never get all of theirs.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from google.cloud import bigquery

from local import sample
from local.platform import Rows, load
from monitor.core.dates import DateRange

PHASE4 = "nba_precompute.player_composite_factors"
SCHEDULES = ("nba_raw.espn_scoreboard", "nba_raw.nbac_schedule")
FIRST_MORNING = date(2026, 1, 9)
MORNINGS = DateRange(FIRST_MORNING, sample.ALL_READY)
LATE = date(2026, 1, 11)
_CAME_LATE = datetime.combine(LATE, time(9, 10), sample.EASTERN)
_A_DAY = timedelta(days=1)


def until_the_first_morning() -> Rows:
    """The tables at 7:00 on the first morning, with the later days' data too: no check reads past its own dates."""
    rows = sample.season()
    known = sample.schedule(FIRST_MORNING, DateRange(FIRST_MORNING, sample.SEASON.last))
    past = {table: [row for row in rows[table] if row["game_date"] < str(FIRST_MORNING)] for table in SCHEDULES}
    return {
        **rows,
        **{table: [*past[table], *known[table]] for table in SCHEDULES},
        PHASE4: [row for row in rows[PHASE4] if row["game_date"] != str(LATE)],
    }


def calls(client: bigquery.Client) -> Iterator[tuple[datetime, str]]:
    """The time and path of each call, in order; what was written before it has been when it is yielded."""
    yield _at(FIRST_MORNING, time(7)), f"/?start={sample.SEASON.first}&end={FIRST_MORNING - _A_DAY}"
    for day in MORNINGS:
        load(client, sample.schedule(day, DateRange(max(day - _A_DAY, FIRST_MORNING), day)))
        yield _at(day, time(8)), "/"
        if day == LATE:
            load(client, {PHASE4: _late()})
            yield _at(day, time(9, 15)), "/"
        if day in {sample.PARTLY_READY, sample.ONE_TEAM_ONLY}:
            yield _at(day, time(11, 15)), "/"
            yield _at(day, time(13, 45)), "/"
    now = sample.season()
    load(
        client, {table: [row for row in now[table] if row["game_date"] >= str(sample.ALL_READY)] for table in SCHEDULES}
    )


def _late() -> list[dict[str, object]]:
    rows = sample.season()[PHASE4]
    return [{**row, "processed_at": _CAME_LATE.isoformat()} for row in rows if row["game_date"] == str(LATE)]


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, sample.EASTERN)
