"""Writes the history, one row per date of a run, and reads it back as checks or through its queries.

The columns are in schemas/tables/data_availability_checks.json, the queries in schemas/queries.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

from google.api_core.exceptions import BadRequest, NotFound

from monitor.bigquery.client import APPLY, FAILURES, Client, WarehouseError, explain, load, query
from monitor.bigquery.schema import HISTORY
from monitor.core.alerts import Alert, fingerprint
from monitor.core.coverage import GameVerdict
from monitor.core.dates import DateRange
from monitor.core.games import GameStatus
from monitor.core.history import Check, History, SeenGame, Thread
from monitor.core.readiness import Readiness
from monitor.core.sources import Kind
from monitor.core.verdict import DateVerdict, Status
from monitor.request import Run
from monitor.settings import SCHEMAS, Settings

VIEWS = ("checks", "calendar", "incidents", "gaps", "sources")
"""The parts of /history, each read by the query of the same name in schemas/queries."""


class NoHistoryError(WarehouseError):
    """The history table or one of its views does not exist."""


def history_row(
    verdict: DateVerdict, alert: Alert, run: Run, *, duration_ms: int, bytes_processed: int
) -> dict[str, Any]:
    """The row, in the table's column order. An unknown count is None, never 0."""
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
        "monitor_version": run.settings.monitor_version,
        "due_at": _iso(run.settings.deadlines.due_at(verdict.day)),
        "predictions_at": _iso(run.settings.deadlines.predictions_at(verdict.day)),
        "ready_at": _iso(verdict.ready_at),
        "predicted_games": verdict.predicted_games,
        "predictions_latest": str(verdict.predictions_latest) if verdict.predictions_latest else None,
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
        "ready_at": _iso(verdict.ready_at),
        "predictions": verdict.predictions,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def append_rows(client: Client, settings: Settings, rows: Sequence[dict[str, Any]], run_id: str) -> None:
    """Append the rows of a run, all or none, and only once however often it is repeated. Raises WarehouseError."""
    try:
        load(client, rows, settings.monitoring_dataset, HISTORY, f"data-availability-{run_id}", run_id)
    except FAILURES as error:
        advice = f"; {APPLY}" if isinstance(error, NotFound | BadRequest) else ""
        raise WarehouseError(f"the history row could not be written: {explain(error)}{advice}") from error


def read_checks(client: Client, settings: Settings, days: DateRange) -> History:
    """What earlier checks found, in one job. Raises WarehouseError."""
    rows, readiness = split_history(read_query(client, settings, "history", days))
    checks: dict[date, list[Check]] = defaultdict(list)
    for row in rows:
        checks[row["check_date"]].append(_check(row))
    return History(checks, readiness)


def split_history(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Readiness]]:
    """The rows of schemas/queries/history.sql: those of checks, and how early the game dates before them were ready."""
    readiness = [
        Readiness(row["check_date"], row["outcome"], row["ready_at"], row["predictions_at"], row["alerts_sent"])
        for row in rows
        if row["outcome"]
    ]
    return [row for row in rows if not row["outcome"]], readiness


def _check(row: Mapping[str, Any]) -> Check:
    seen = [
        SeenGame(
            game["away"],
            game["home"],
            game["status"],
            tuple(game["sources"]),
            tuple(game["game_ids"]),
            game["tipoff"],
            game["ready_at"],
            game["predictions"],
            game["reason"],
        )
        for game in row["games"]
    ]
    return Check(
        time=row["check_time"],
        status=row["status"],
        games={game.teams: game for game in seen},
        reason=row["alert_reason"],
        alert_status=row["alert_status"],
        thread=Thread(row["slack_channel"], row["slack_ts"]) if row["slack_ts"] else None,
    )


def read_query(client: Client, settings: Settings, name: str, days: DateRange) -> list[dict[str, Any]]:
    """The rows of schemas/queries/<name>.sql, which reads the monitor's own history. Raises WarehouseError."""
    sql = (SCHEMAS / "queries" / f"{name}.sql").read_text()
    try:
        return [dict(row) for row in query(client, sql, days, {"source": name}, settings.monitoring_dataset)]
    except NotFound as error:
        raise NoHistoryError(f"there is no history yet ({explain(error)}); {APPLY}") from error
    except FAILURES as error:
        advice = f"; {APPLY}" if isinstance(error, BadRequest) else ""
        raise WarehouseError(f"the history could not be read: {explain(error)}{advice}") from error


def read_queries(
    client: Client, settings: Settings, queries: Mapping[str, DateRange]
) -> dict[str, list[dict[str, Any]]]:
    """The rows of each query over its dates, read in parallel. Raises WarehouseError."""
    with ThreadPoolExecutor(max_workers=len(queries), thread_name_prefix="history") as threads:
        reading = {query: threads.submit(read_query, client, settings, query, days) for query, days in queries.items()}
        return {query: rows.result() for query, rows in reading.items()}
