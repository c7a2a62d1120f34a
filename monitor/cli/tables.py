"""Results as text for a terminal: tables in plain characters, with words in colour where it can show them. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from textwrap import wrap
from typing import Any

from monitor.check import Failure, Outcome
from monitor.core.alerts import TROUBLE
from monitor.core.dates import DateRange
from monitor.core.games import GameStatus
from monitor.core.readiness import Outcome as Timeliness
from monitor.core.readiness import Readiness, usual
from monitor.core.verdict import Status
from monitor.core.words import NONE, PHASES, against, both_clocks, clock, day_name

type Row = Mapping[str, Any]

_GAP = "  "
_LEAST_WIDTH = 24
_RED, _YELLOW, _GREEN = 31, 33, 32
_COLOURS: dict[str, int] = {
    **dict.fromkeys(TROUBLE, _RED),
    **dict.fromkeys((GameStatus.MISSING, GameStatus.UNKNOWN, Timeliness.MISSED, Timeliness.NOT_RUN, "NOT_RUN"), _RED),
    **dict.fromkeys((Status.PARTIAL_DATA, GameStatus.PARTIAL, Status.PENDING, Timeliness.LATE), _YELLOW),
    **dict.fromkeys((Status.OK, GameStatus.READY, Timeliness.ON_TIME), _GREEN),
}


_WORST_FIRST = [GameStatus.MISSING, GameStatus.PARTIAL, GameStatus.UNKNOWN, GameStatus.READY, GameStatus.EXCLUDED]


@dataclass(frozen=True, slots=True)
class Screen:
    """How wide the terminal is, and whether it shows colours."""

    width: int
    colour: bool

    def paint(self, word: str) -> str:
        """The word in its colour, if it has one."""
        colour = _COLOURS.get(word) if self.colour else None
        return f"\x1b[{colour}m{word}\x1b[0m" if colour else word


def check_text(outcome: Outcome, screen: Screen) -> str:
    """The check of one date: its verdict, its games, and what was done about it."""
    (check,) = outcome.checks
    day, zone = date.fromisoformat(check["check_date"]), outcome.run.settings.league_timezone
    games = _games(check["games"], day, zone)
    parts = [
        f"{day_name(day)}: {screen.paint(check['status'])}{_ready(check, ', {} of {} games ready')}",
        table(["GAME", "TIP-OFF", "STATUS", "PHASE 3", "PHASE 4", "NOTE"], games, screen) if games else "",
        _lines(_findings(check, day, zone), screen),
        _lines([*_what_was_done(outcome, check), *filter(None, [outcome.advice])], screen),
    ]
    return "\n\n".join(filter(None, parts))


def _games(games: Sequence[Row], day: date, zone: tzinfo) -> list[list[str]]:
    """A line for each game, worst first. A reason is said once, since most games of a bad day lack the same."""
    lines, said = [], None
    for game in sorted(games, key=lambda game: _WORST_FIRST.index(game["status"])):
        reason = game["reason"] or _ready_note(game, day, zone)
        lines.append(
            [
                game["matchup"],
                clock(_moment(game["tipoff"]), day, zone),
                game["status"],
                _count(game["phase3_players"]),
                _count(game["phase4_players"]),
                "the same" if game["reason"] and reason == said else reason,
            ]
        )
        said = reason
    return lines


def _ready_note(game: Row, day: date, zone: tzinfo) -> str:
    ready = f"ready at {clock(_moment(game['ready_at']), day, zone)}" if game["ready_at"] else "ready"
    # Not 0 but NULL while predictions are not due.
    return f"{ready}, no predictions" if game["predictions"] == 0 else ready


def _findings(check: Row, day: date, zone: tzinfo) -> list[str]:
    found = [f"Likely cause: {PHASES[check['stalled_phase']]} stalled."] if check["stalled_phase"] else []
    found += [f"Latest data: Phase 3 {check['phase3_latest'] or NONE}, Phase 4 {check['phase4_latest'] or NONE}."]
    due, start = (both_clocks(_moment(check[name]), zone, day) for name in ("due_at", "predictions_at"))
    found += [f"Due at {due}; predictions start at {start}."] if check["scheduled_games"] else []
    return [*found, *(f"Warning: {warning}." for warning in check["warnings"])]


def _what_was_done(outcome: Outcome, check: Row) -> list[str]:
    if outcome.run.request.dry_run:
        return ["Dry run: nothing was recorded or sent."]
    recorded = f"Recorded by run {outcome.run.run_id[:8]}." if _recorded(outcome) else ""
    return [f"Alert: {check['alert_status'].replace('_', ' ')} ({check['alert_reason']}). {recorded}".rstrip()]


def _recorded(outcome: Outcome) -> bool:
    return not outcome.run.request.dry_run and outcome.failure not in {Failure.NOT_RECORDED, Failure.BUG}


def range_text(outcome: Outcome, screen: Screen, *, only_gaps: bool) -> str:
    """The checks of a range: a line for each date, or for each in trouble, and how many there are of each status."""
    checks = outcome.checks
    lines = [
        [check["check_date"], check["status"], _ready(check, "{} of {}"), _not_ready(check)]
        for check in checks
        if check["status"] in TROUBLE or not only_gaps
    ]
    done = f"recorded by run {outcome.run.run_id[:8]}" if _recorded(outcome) else "judged, not recorded"
    counts = Counter(check["status"] for check in checks).most_common()
    unread = {source["name"]: source["error"] for check in checks for source in check["sources"] if source["error"]}
    parts = [
        table(["DATE", "STATUS", "READY", "NOT READY"], lines, screen) if lines else "",
        "\n".join(
            [
                f"{outcome.run.days}: {len(checks)} dates {done}",
                *(f"{count:>6} {screen.paint(status)}" for status, count in counts),
            ]
        ),
        "\n".join(f"{name} could not be read: {_clean(error)}" for name, error in unread.items()),
    ]
    return "\n\n".join(filter(None, parts))


def _not_ready(check: Row) -> str:
    fine = {GameStatus.READY, GameStatus.EXCLUDED}
    lacking = [f"{game['matchup']} {game['status'].lower()}" for game in check["games"] if game["status"] not in fine]
    if check["status"] == Status.NO_PREDICTIONS:
        lacking = [f"{game['matchup']} not predicted" for game in check["games"] if game["predictions"] == 0]
    return ", ".join(lacking) or NONE


def history_text(calendar: Sequence[Row], days: DateRange, zone: tzinfo, screen: Screen) -> str:
    """Each date's newest status, when its data was due and ready, and what that makes of it."""
    if not calendar:
        return f"No date from {days} was ever checked."
    lines = [
        [
            str(row["check_date"]),
            row["status"],
            _ready(row, "{} of {}"),
            _time(row["due_at"], row["check_date"], zone) if row["outcome"] else NONE,
            _time(row["ready_at"], row["check_date"], zone),
            _left(row["ready_minutes_before_predictions"]),
            row["outcome"] or NONE,
        ]
        for row in calendar
    ]
    outcomes = Counter(row["outcome"] for row in calendar if row["outcome"])
    known = [Readiness(row["check_date"], row["outcome"], row["ready_at"], None) for row in calendar]
    summary = [", ".join(f"{outcomes[outcome]} {screen.paint(outcome)}" for outcome in Timeliness if outcomes[outcome])]
    if (times := usual(known, zone)) and times.half:
        most = f", nine of ten by {times.most:%-I:%M %p}" if times.most else ""
        summary.append(f"Half of the last {times.dates} were ready by {times.half:%-I:%M %p}{most}.")
    summary.append(f"Times are in the zone {zone}. The time left is until predictions start.")
    header = ["DATE", "STATUS", "READY", "DUE", "READY AT", "TIME LEFT", "OUTCOME"]
    return "\n\n".join([table(header, lines, screen), "\n".join(filter(None, summary))])


def table(header: Sequence[str], rows: Sequence[Sequence[str]], screen: Screen) -> str:
    """Columns as wide as their cells; the last one is wrapped at the screen's edge."""
    cells = [[_clean(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)][:-1]
    indent = sum(widths) + len(_GAP) * len(widths)
    lines = [_GAP.join(name.ljust(width) for name, width in zip(header, [*widths, 0], strict=True))]
    for row in cells:
        last, *more = wrap(row[-1], max(_LEAST_WIDTH, screen.width - indent)) or [""]
        words = [screen.paint(cell) + " " * (width - len(cell)) for cell, width in zip(row, widths, strict=False)]
        lines += [_GAP.join([*words, screen.paint(last)]).rstrip(), *(" " * indent + line for line in more)]
    return "\n".join(lines)


def _lines(sentences: Sequence[str], screen: Screen) -> str:
    return "\n".join(line for sentence in sentences for line in wrap(_clean(sentence), max(_LEAST_WIDTH, screen.width)))


def _clean(text: str) -> str:
    """Without control characters: a team's code comes from a table, and must not command the terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _ready(row: Row, form: str) -> str:
    counts = row["phase4_ready"], row["scheduled_games"]
    return form.format(*counts) if row["scheduled_games"] and row["phase4_ready"] is not None else ""


def _count(players: int | None) -> str:
    return NONE if players is None else str(players)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _time(moment: datetime | None, day: date, zone: tzinfo) -> str:
    """The clock without its zone, which the table names once."""
    return clock(moment, day, zone).rpartition(" ")[0] or NONE


def _left(minutes: int | None) -> str:
    return against(minutes).removesuffix(" before")
