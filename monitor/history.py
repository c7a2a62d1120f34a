"""A verdict and what became of its alert, as one row of the history table, in JSON types; and rows as past checks.

The columns are those of schemas/tables/data_availability_checks.json. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from monitor.core.alerts import Alert, PastCheck, Thread, fingerprint
from monitor.core.sources import Kind
from monitor.core.verdict import DateVerdict, GameStatus, GameVerdict, Status


class Trigger(StrEnum):
    """Who asked. The words are a contract."""

    SCHEDULER = "scheduler"
    MANUAL = "manual"
    BACKFILL = "backfill"
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class Run:
    """What is the same for every date of a run."""

    run_id: str
    trigger: Trigger
    now: datetime
    version: str


def history_row(
    verdict: DateVerdict, alert: Alert, run: Run, *, duration_ms: int, bytes_processed: int
) -> dict[str, Any]:
    """The row, in the table's order. A count that could not be found out is None, never 0."""
    known = verdict.status is not Status.ERROR
    all_known = known and not verdict.count(GameStatus.UNKNOWN)
    schedule_known = any(source.kind is Kind.SCHEDULE and not source.error for source in verdict.sources)
    return {
        "check_date": str(verdict.day),
        "check_time": run.now.isoformat(),
        "scheduled_games": len(verdict.games) if schedule_known else None,
        "phase4_ready": verdict.count(GameStatus.READY) if all_known else None,
        "status": verdict.status,
        "run_id": run.run_id,
        "trigger": run.trigger,
        "missing_games": verdict.count(GameStatus.MISSING) if known else None,
        "partial_games": verdict.count(GameStatus.PARTIAL) if known else None,
        "excluded_games": len(verdict.excluded) if schedule_known else None,
        "games": [_game(game) for game in (*verdict.games, *verdict.excluded)],
        "warnings": list(verdict.warnings),
        "sources": [
            {
                "name": source.name,
                "kind": source.kind,
                "rows": None if source.error else source.rows,
                "refreshed_at": _iso(source.refreshed_at),
                "error": source.error,
            }
            for source in verdict.sources
        ],
        "phase3_latest": str(verdict.phase3_latest) if verdict.phase3_latest else None,
        "phase4_latest": str(verdict.phase4_latest) if verdict.phase4_latest else None,
        "stalled_phase": verdict.stalled_phase,
        "alert_reason": alert.reason,
        "alert_status": alert.status,
        "alert_fingerprint": fingerprint(verdict),
        "slack_channel": alert.thread.channel if alert.thread else None,
        "slack_ts": alert.thread.ts if alert.thread else None,
        "error": "; ".join(filter(None, (verdict.error, alert.error))) or None,
        "duration_ms": duration_ms,
        "bytes_processed": bytes_processed,
        "monitor_version": run.version,
    }


def _game(verdict: GameVerdict) -> dict[str, Any]:
    game = verdict.game
    return {
        "matchup": game.matchup,
        "away": game.away,
        "home": game.home,
        "tipoff": _iso(game.tipoff),
        "status": verdict.status,
        "reason": verdict.reason,
        "sources": list(game.sources),
        "game_ids": list(game.game_ids),
        "phase3_players": verdict.phase3_players,
        "phase4_players": verdict.phase4_players,
        "missing_from": list(verdict.missing_from),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def past_checks(rows: Iterable[Mapping[str, Any]]) -> dict[date, list[PastCheck]]:
    """The rows of schemas/queries/memory.sql by date, each date's in the order of the rows."""
    past: dict[date, list[PastCheck]] = defaultdict(list)
    for row in rows:
        past[row["check_date"]].append(
            PastCheck(
                time=row["check_time"],
                status=row["status"],
                games={frozenset({game["away"], game["home"]}): game["status"] for game in row["games"]},
                reason=row["alert_reason"],
                alert_status=row["alert_status"],
                thread=Thread(row["slack_channel"], row["slack_ts"]) if row["slack_ts"] else None,
            )
        )
    return past
