"""The bad morning until noon, call by call: Phase 4 arrives game by game, one game loses its data, by noon all have it.

This covers an alert from start to end, for the tests and the README's pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from google.cloud import bigquery

from local import sample
from local.platform import load

SCHEDULED = "/"
FOLLOW_UP = "/?follow_up=true"
BY_HAND = f"/?date={sample.BAD_DAY}"


@dataclass(frozen=True)
class Call:
    """One call of the function: its time in New York, what happened before it, and the reason expected."""

    clock: str
    path: str
    reason: str | None
    """The alert's reason; None if the follow-up finds nothing open."""
    phase3: str = ""
    phase4: str = ""
    withdrawn: str = ""
    scheduler: bool = True

    @property
    def at(self) -> datetime:
        """The moment of the call."""
        return datetime.combine(sample.BAD_DAY, time.fromisoformat(self.clock), sample.EASTERN)


ALL = "ORL@MEM BKN@CHI NOP@HOU CHA@DEN TOR@LAL POR@SAC"
CALLS = (
    Call("08:00:00", SCHEDULED, "NEW_GAP"),
    Call("08:01:00", SCHEDULED, "UNCHANGED"),  # a retry by the scheduler, as if the answer had been lost
    Call("08:30:00", FOLLOW_UP, "UNCHANGED", phase3=ALL),
    Call("08:40:00", BY_HAND, "UNCHANGED", scheduler=False),
    Call("09:00:00", FOLLOW_UP, "IMPROVED", phase4="ORL@MEM BKN@CHI"),
    Call("09:30:00", FOLLOW_UP, "IMPROVED", phase4="NOP@HOU"),
    Call("10:00:00", FOLLOW_UP, "WORSENED", withdrawn="BKN@CHI"),
    Call("10:01:00", FOLLOW_UP, "UNCHANGED"),  # another retry
    Call("10:10:00", BY_HAND, "UNCHANGED", scheduler=False),
    Call("10:30:00", FOLLOW_UP, "IMPROVED", phase4="CHA@DEN"),
    Call("11:00:00", FOLLOW_UP, "IMPROVED", phase4="TOR@LAL"),
    Call("11:30:00", FOLLOW_UP, "DEADLINE"),
    Call("12:00:00", FOLLOW_UP, "RESOLVED", phase4="BKN@CHI POR@SAC"),
    Call("12:30:00", FOLLOW_UP, None),
)


def happen(client: bigquery.Client, call: Call) -> None:
    """Load or delete the data that changes before the call."""
    load(client, sample.arrivals(phase3=call.phase3.split(), phase4=call.phase4.split()))
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
