"""The row that records a verdict: a count that is not known is NULL, never 0."""

import pytest

from monitor.bigquery.history import history_row
from monitor.core.alerts import Alert, AlertStatus, Reason
from monitor.request import CheckRequest, Run, Trigger
from monitor.settings import load_settings
from tests.unit.core.world import NOW, World, game, teams

LISTED = [game("TOR@POR"), game("BOS@IND")]
READY = [*teams("TOR@POR", 17, 17), *teams("BOS@IND", 17, 17)]
ONE_READY = teams("BOS@IND", 17, 17)


@pytest.mark.parametrize(
    ("world", "scheduled", "ready", "missing", "partial"),
    [
        (World(LISTED, LISTED, READY, ONE_READY), 2, 1, 1, 0),
        # A failed query is no missing data.
        (World(LISTED, LISTED, READY, "Timeout"), 2, None, None, None),
        # TOR@POR lacks everything. Whether BOS@IND has enough, Phase 3 would say.
        (World(LISTED, LISTED, "Timeout", ONE_READY), 2, None, 1, 0),
        # An unreadable schedule is no off-day.
        (World("Timeout", "Timeout", READY, READY), None, None, None, None),
    ],
)
def test_a_count_that_is_not_known_is_null(
    world: World, scheduled: int | None, ready: int | None, missing: int | None, partial: int | None
) -> None:
    (verdict,) = world.judge()
    settings = load_settings({"GCP_PROJECT_ID": "p"})
    run = Run(settings, CheckRequest.model_validate({}), "run", Trigger.SCHEDULER, NOW)
    row = history_row(verdict, Alert(Reason.NEW_GAP, AlertStatus.SENT), run, duration_ms=1, bytes_processed=0)
    counts = [row[name] for name in ("scheduled_games", "phase4_ready", "missing_games", "partial_games")]
    assert counts == [scheduled, ready, missing, partial]
