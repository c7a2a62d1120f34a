"""The bad day from 8 AM on, call by call: Phase 4 arrives game by game, one game loses its data, by noon all have it.

This covers an alert from start to end, for the tests and the README's pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from google.cloud import bigquery

from local import sample
from local.platform import load

SCHEDULED = "/"
BY_HAND = f"/?date={sample.BAD_DAY}"
_BEFORE_THE_CALL = timedelta(minutes=5)


@dataclass(frozen=True)
class Call:
    """One call of the function: its time in New York, what happened before it, and the alert's reason expected."""

    clock: str
    path: str
    reason: str
    phase3: str = ""
    phase4: str = ""
    withdrawn: str = ""
    predictions: str = ""
    scheduler: bool = True

    @property
    def at(self) -> datetime:
        """The moment of the call."""
        return datetime.combine(sample.BAD_DAY, time.fromisoformat(self.clock), sample.EASTERN)


ALL = "ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC"
# The scheduler's first job calls at 8:00, its second at minutes 15 and 45.
CALLS = (
    Call("08:00:00", SCHEDULED, "NEW_GAP"),
    Call("08:01:00", SCHEDULED, "UNCHANGED"),  # a retry by the scheduler, as if the answer had been lost
    Call("08:15:00", SCHEDULED, "UNCHANGED", phase3=ALL),
    Call("08:40:00", BY_HAND, "UNCHANGED", scheduler=False),
    Call("08:45:00", SCHEDULED, "IMPROVED", phase4="ORL@MEM BKN@CHI"),
    Call("09:15:00", SCHEDULED, "IMPROVED", phase4="NOP@HOU"),
    Call("09:45:00", SCHEDULED, "WORSENED", withdrawn="BKN@CHI"),
    Call("09:46:00", SCHEDULED, "UNCHANGED"),  # another retry
    Call("10:10:00", BY_HAND, "UNCHANGED", scheduler=False),
    Call("10:15:00", SCHEDULED, "IMPROVED", phase4="CHA@DEN"),
    Call("10:45:00", SCHEDULED, "IMPROVED", phase4="TOR@LAL"),
    Call("11:15:00", SCHEDULED, "DEADLINE"),
    Call("11:45:00", SCHEDULED, "RESOLVED", phase4="BKN@CHI POR@SAC"),
    Call("12:15:00", SCHEDULED, "ALL_GOOD"),
    Call("13:45:00", SCHEDULED, "ALL_GOOD", predictions=ALL),  # the first after predictions are due
)


def happen(client: bigquery.Client, call: Call) -> None:
    """Load or delete the data that changes before the call."""
    written = call.at - _BEFORE_THE_CALL
    load(client, sample.arrivals(phase3=call.phase3.split(), phase4=call.phase4.split(), at=written))
    load(client, sample.predictions(call.predictions.split()))
    if call.withdrawn:
        _delete(client, call.withdrawn.split())


def _delete(client: bigquery.Client, matchups: Sequence[str]) -> None:
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("day", "DATE", sample.BAD_DAY),
            bigquery.ArrayQueryParameter("ids", "STRING", [sample.date_form(matchup) for matchup in matchups]),
        ]
    )
    client.query_and_wait(
        "DELETE FROM nba_precompute.player_composite_factors WHERE game_date = @day AND game_id IN UNNEST(@ids)",
        job_config=config,
    )
