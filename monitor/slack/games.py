"""The games of a message: a line for each group of games that lack the same, the worst group first."""

from collections.abc import Sequence

from monitor.core.coverage import GameVerdict, Phase
from monitor.core.games import GameStatus
from monitor.core.sources import Kind
from monitor.core.verdict import DateVerdict
from monitor.slack.mrkdwn import escape, fit, listed

MOST_GAMES = 15
"""No date has more; a broken schedule may."""

# Of so few partial games the message also says which team is short. More would not fit on a phone.
_FEW_GAMES = 3

_WORST_FIRST = [GameStatus.MISSING, GameStatus.PARTIAL, GameStatus.UNKNOWN, GameStatus.READY, GameStatus.EXCLUDED]
_MARK = {
    GameStatus.READY: "🟢",
    GameStatus.PARTIAL: "🟠",
    GameStatus.MISSING: "🔴",
    GameStatus.UNKNOWN: "⚫",
    GameStatus.EXCLUDED: "⚪",
}


def games_text(verdict: DateVerdict) -> str:
    """The groups, a line each, with the names of fifteen games at most."""
    required = [source.name for source in verdict.sources if source.kind is Kind.COVERAGE]
    groups: dict[tuple[int, str, str], list[GameVerdict]] = {}
    for game in (*verdict.games, *verdict.excluded):
        mark = "🔴" if game.status is GameStatus.READY and game.predictions == 0 else _MARK[game.status]
        # Of ready games, those without predictions come first.
        order = 2 * _WORST_FIRST.index(game.status) + bool(game.predictions)
        groups.setdefault((order, mark, _lacks(game, required)), []).append(game)
    lines, left = [], MOST_GAMES
    for (_, mark, lacks), games in sorted(groups.items(), key=lambda group: group[0]):
        all_of_several = len(games) == len(verdict.games) > 1 and games[0].status is not GameStatus.EXCLUDED
        count = f"{'All ' if all_of_several else ''}{len(games)} {games[0].status.lower()}"
        names = listed(_names(games), left) if left else ""
        left = max(0, left - len(games))
        lines.append(f"{mark} *{count}*{f', {escape(lacks)}' if lacks else ''}{f': {names}' if names else ''}")
    return fit(lines, MOST_GAMES)


def _lacks(game: GameVerdict, required: Sequence[str]) -> str:
    """What the game lacks, in the words that it shares with the others of its group."""
    if game.status is GameStatus.READY:
        return "no predictions" if game.predictions == 0 else ""
    if game.status not in {GameStatus.MISSING, GameStatus.PARTIAL}:
        return "; ".join(game.findings)
    if game.phase3_players == 0:
        return "none in Phase 3"
    # With several required sources the group names those that lack the games.
    if len(required) > 1:
        names = game.missing_from or game.short_in
        return f"{'nothing' if game.missing_from else 'too few players'} in {', '.join(names)}"
    if game.stalled is Phase.PHASE_3:
        return "not all in Phase 3"
    return "none in Phase 4" if game.status is GameStatus.MISSING else "too few players in Phase 4"


def _names(games: Sequence[GameVerdict]) -> list[str]:
    """Away at home; of partial games also how many players there are."""
    names = []
    for game in games:
        name = escape(game.game.matchup, 24)
        if game.status is GameStatus.PARTIAL:
            name += f" {game.phase4_players}{f' of {game.phase3_players}' if game.phase3_players else ''} players"
            if len(games) <= _FEW_GAMES:
                # The group has named the source.
                teams = [finding.rpartition(" players in ")[0] or finding for finding in game.findings]
                name += f" ({escape('; '.join(teams))})"
        names.append(name)
    return names
