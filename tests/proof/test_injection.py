"""Whatever is in a setting, a column or a request: SQL stays what its files say, and text stays text where it is shown.

What other tests hold of settings, queries, messages and pages alone is held here of the whole: on the emulator, and as
the inbox receives it.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from local import sample
from local.inbox import Inbox
from local.platform import TABLES, Rows
from monitor.bigquery.schema import HISTORY, wanted_columns, wanted_views
from monitor.settings import SCHEMAS, SettingsError, load_settings
from tests.conftest import Door, Platform, body_of, bot, webhook

MONITOR = Path(__file__).parents[2] / "monitor"
FILES = {path.read_text() for path in SCHEMAS.rglob("*.sql")}


# What the operator sets.

SQL = ["`; DROP TABLE x; --", "' OR '1'='1", "x\n", "x\0", "x y", "nb\uff41", "@start_date", "../../etc/passwd", ""]
REFUSED = {
    "GCP_PROJECT_ID": [*SQL, "NBA", "nba`.x", "nba/x", "nba\n"],
    "MONITORING_DATASET": [*SQL, "other.dataset", "nba-monitoring", "nba_monitoring\n", "nb\u0430"],
    # A source is one of the files there are: not a path to one, not its name with anything behind it.
    "SCHEDULE_SOURCES": [*SQL, "espn;nbac", "espn.sql", "./espn", "../schedule/espn", "ESPN", "espn\0", "*"],
    "PHASE3_SOURCE": [*SQL, "../schedule/espn", "*"],
    "PHASE4_SOURCES": [*SQL, "../../queries/history", "player_composite_factors'", "*"],
    "PREDICTIONS_SOURCE": [*SQL[:-1], "../schedule/espn", "*"],  # empty: off
    "SCHEDULE_AUTHORITY": [*SQL, "bdl", "espn,nbac"],
    # What stands in a view's query within quotes.
    "LEAGUE_TIMEZONE": [*SQL, "America/New_York'", "America/New_York\n", "/usr/share/zoneinfo/UTC", "UTC\\"],
    "PREDICTIONS_TIMEZONE": [*SQL, "UTC'--", "UTC\n", "+00:00'"],
    "PHASE4_DUE_AT": [*SQL, "08:00'", "08:00\n", "08:00:00", "24:00", "08:0\u0660", "08:00'; DROP TABLE x; --"],
    "PREDICTIONS_AT": [*SQL, "18:00'", "18:00\n", "18:00:00", "24:00", "18:0\u0660", "18:00'; DROP TABLE x; --"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
@pytest.mark.promise("A dataset, table or source name that could change a query is refused at boot")
def test_a_setting_that_could_reach_sql_is_refused_at_boot(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}\b"):
        load_settings({"GCP_PROJECT_ID": "nba", name: value})


def test_what_a_view_is_given_is_digits_and_names() -> None:
    """The one place where a setting is written into SQL, with the strangest values that are understood."""
    strange = {"GCP_PROJECT_ID": "acme.com:nba-1", "MONITORING_DATASET": "_1"}
    times = {"PHASE4_DUE_AT": "07:59", "PREDICTIONS_AT": "18:00"}
    zones = {"LEAGUE_TIMEZONE": "Etc/GMT+5", "PREDICTIONS_TIMEZONE": "America/Argentina/Buenos_Aires"}
    for name, query in wanted_views(load_settings({**strange, **times, **zones})).items():
        given = re.sub(r"`acme\.com:nba-1\._1\.(\w+)`", r"\1", query)
        given = given.replace("'Etc/GMT+5'", "@league_timezone").replace("TIME '07:59:00'", "@phase4_due_at")
        given = given.replace("TIME '18:00:00'", "@predictions_at")
        given = given.replace("'America/Argentina/Buenos_Aires'", "@predictions_timezone")
        assert given == (SCHEMAS / "views" / f"{name}.sql").read_text()


# How SQL comes to be run.

RUNNERS = {"query", "query_and_wait", "query_job"}


def not_from_a_file(source: str) -> list[str]:
    """The SQL that a module runs and that is not, as it is, what it has just read from a file.

    `query` alone may run what it is given; whoever calls it gives it the text of a file.
    """
    return [
        ast.unparse(call)
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and (place := _place_of_sql(call)) is not None
        if not (len(call.args) > place and _is_read(call.args[place], function))
    ]


def _place_of_sql(call: ast.Call) -> int | None:
    if isinstance(call.func, ast.Attribute) and call.func.attr in RUNNERS:
        return 0
    return 1 if isinstance(call.func, ast.Name) and call.func.id == "query" else None


def _is_read(argument: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if not isinstance(argument, ast.Name):
        return False
    assigned = list(_assigned(argument.id, function))
    parameters = {parameter.arg for parameter in function.args.args}
    if function.name == "query" and argument.id in parameters:
        return not assigned
    return len(assigned) == 1 and re.fullmatch(r"\(SCHEMAS / .*\)\.read_text\(\)", ast.unparse(assigned[0])) is not None


def _assigned(name: str, function: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == name for target in node.targets):
            yield node.value
        # Whatever else gives a name its value is never the text of a file.
        elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr | ast.For) and name in ast.unparse(
            node.target
        ):
            yield node


@pytest.mark.parametrize("path", sorted(MONITOR.rglob("*.py")), ids=lambda path: str(path.relative_to(MONITOR)))
@pytest.mark.promise("SQL is what its files say; every value is a parameter")
def test_what_is_run_is_what_a_file_says(path: Path) -> None:
    assert not_from_a_file(path.read_text()) == []


def test_the_two_places_where_a_setting_reaches_sql_are_the_known_ones() -> None:
    trees = [ast.parse(path.read_text()) for path in MONITOR.rglob("*.py")]
    assigned = {
        ast.unparse(node)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        if re.search(r"\.(view_query|mview_query|default_dataset|query_parameters)$", ast.unparse(node.targets[0]))
    }
    assert assigned == {"view.view_query = query", "config.default_dataset = f'{client.project}.{dataset}'"}
    # `query` there is wanted_views' own.
    assert (MONITOR / "bigquery" / "schema.py").read_text().count("in wanted_views(settings).items():") == 1
    runs = [
        run for path in MONITOR.rglob("*.py") for run in re.findall(r"\.query(?:_and_wait|_job)?\(", path.read_text())
    ]
    assert runs == [".query_and_wait("]


READ = "    sql = (SCHEMAS / 'queries' / 'history.sql').read_text()\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(c, t):\n    c.query(f'SELECT {t}')", id="f-string"),
        pytest.param("def f(c, t):\n    c.query_and_wait('SELECT %s' % t)", id="percent"),
        pytest.param("def f(c, t):\n    c.query('SELECT {}'.format(t))", id="format"),
        pytest.param("def f(c, t):\n    c.query(t)", id="a parameter"),
        pytest.param("def f(c):\n    c.query(query='SELECT 1')", id="by name"),
        pytest.param(f"def f(c, t):\n{READ}    sql += t\n    query(c, sql)", id="something behind a file"),
        pytest.param(f"def f(c, t):\n{READ}    sql = sql.replace('x', t)\n    query(c, sql)", id="a file changed"),
        pytest.param(f"def f(c, t):\n{READ}    query(c, sql + t)", id="a sum"),
        pytest.param("def f(c, t):\n    sql = t.read_text()\n    query(c, sql)", id="another file"),
        pytest.param("def query(c, sql, t):\n    sql = sql + t\n    c.query(sql)", id="changed where it is run"),
    ],
)
def test_the_check_finds_what_is_built_from_data(source: str) -> None:
    assert not_from_a_file(source)


def test_the_check_lets_a_file_pass() -> None:
    assert not_from_a_file(f"def f(c):\n{READ}    query(c, sql)\n\ndef query(c, sql):\n    c.query_and_wait(sql)") == []


# What the platform's tables, the monitor's own and a caller hold.

WORDS = {
    "channel": "<!channel>",
    "here": "<!here>",
    "person": "<@U123>",
    "link": "<https://evil.example|click>",
    "bare link": "https://evil.example/x",  # Slack makes a link of it where it is not told otherwise
    "marks": "*bold* `code` ```",
    "lines": "evil\nline\r\n> quote",
    "long": "x" * 10_000,
    "quote": "'; DROP TABLE nba_raw.bdl_games; --",
    "backtick": "`) UNION ALL SELECT 1 --",
    "parameter": "@start_date",
    "script": "<script>alert(1)</script>",
}
TODAY = str(sample.BAD_DAY)
VALUES: dict[str, Any] = {"DATE": TODAY, "TIMESTAMP": f"{TODAY}T12:00:00Z", "INT64": 1, "BOOL": False}


def platform_rows() -> Rows:
    """A game of each word in each table, with the word in every column that holds text."""
    return {
        name: [
            {
                column: VALUES.get(kind, f"{word}2" if column.startswith("home") else word)
                for column, kind in (pair.split() for pair in table.columns.split(", "))
            }
            for word in WORDS.values()
        ]
        for name, table in TABLES.items()
    }


def history_rows() -> list[dict[str, Any]]:
    """Earlier checks of today with a word in every column that holds text, and what was told of them."""

    def filled(columns: Sequence[Mapping[str, Any]], word: str) -> dict[str, Any]:
        values = {"STRING": word, "INTEGER": 1, "DATE": TODAY, "TIMESTAMP": f"{TODAY}T12:00:00Z"}
        one = {c["name"]: filled(c["fields"], word) if "fields" in c else values[c["type"]] for c in columns}
        return {c["name"]: [one[c["name"]]] if c["mode"] == "REPEATED" else one[c["name"]] for c in columns}

    def told(word: str) -> dict[str, Any]:
        row = filled(wanted_columns(), word)
        games = [{**row["games"][0], "away": away, "home": f"{away}2"} for away in map(canonical, WORDS.values())]
        return {**row, "status": "MISSING_DATA", "alert_reason": "NEW_GAP", "alert_status": "sent", "games": games}

    return [*(filled(wanted_columns(), word) for word in WORDS.values()), {**told("<!channel>"), "slack_ts": None}]


def canonical(word: str) -> str:
    return word.strip().upper()


def fill(platform: Platform) -> None:
    platform.load(platform_rows())
    platform.load({f"{platform.settings.monitoring_dataset}.{HISTORY}": history_rows()})


SOURCES = {
    "SCHEDULE_SOURCES": "espn,nbac,bdl",
    "PHASE4_SOURCES": "player_composite_factors,player_daily_cache,ml_feature_store_v2",
}


@pytest.mark.usefixtures("morning")
def test_sql_is_sent_as_its_files_say_whatever_the_data_and_the_request(
    platform: Platform, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(platform)
    sent: list[tuple[str, bigquery.QueryJobConfig]] = []
    ask = bigquery.Client.query_and_wait

    def listen(client: bigquery.Client, sql: str, *, job_config: bigquery.QueryJobConfig, **given: Any) -> Any:
        sent.append((sql, job_config))
        return ask(client, sql, job_config=job_config, **given)

    monkeypatch.setattr(bigquery.Client, "query_and_wait", listen)
    client = door(platform.environment, **SOURCES)
    assert client.get("/").status_code == 200
    assert client.get("/history").status_code == 200
    assert client.get("/dashboard").status_code == 200
    for word in WORDS.values():
        for name in ("date", "start", "end", "notify", "dry_run", word):
            assert client.get("/", query_string={name: word}).status_code == 400
            assert client.post("/", json={name: word}).status_code == 400
    assert {sql for sql, _ in sent} <= FILES
    assert (
        len({sql for sql, _ in sent}) >= 7 + 5 + 2
    )  # the sources, the parts of the history, what was sent before, and runs
    for _, config in sent:
        assert config.default_dataset is None or config.default_dataset.dataset_id == "nba_monitoring"
        assert [(given.name, given.type_, type(given.value)) for given in config.query_parameters] == [
            ("start_date", "DATE", date),
            ("end_date", "DATE", date),
        ]
    monkeypatch.undo()
    # Nothing was dropped, and the row holds the words as they came.
    assert {table.table_id for table in platform.client.list_tables("nba_raw")} >= {"bdl_games", "espn_scoreboard"}
    newest = platform.history()[-1]
    assert {game["away"] for game in newest["games"]} == {canonical(word) for word in WORDS.values()}


# As Slack receives it.


def assert_text(inbox: Inbox) -> str:
    """Nothing in the messages is a control sequence but the links to the log and the history; all that they say."""
    assert inbox.refused == []
    said = []
    for message in inbox.messages:
        said.append(message.text)
        for block in message.blocks:
            for text in [block["text"]] if "text" in block else block["elements"]:
                said.append(text["text"])
                # Without this Slack makes links of bare addresses, and mentions of some names.
                assert text["type"] == "plain_text" or text["verbatim"] is True
    everything = "\n".join(said)
    controls = re.findall(r"<[^>]*>?", everything)
    assert controls
    console = "<https://console.cloud.google.com/"
    assert all(control.startswith((f"{console}bigquery?", f"{console}logs/query;")) for control in controls), controls
    assert all(len(text) <= 3_000 for text in said)
    return everything


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("means", [webhook, bot])
@pytest.mark.promise("What is in the data stays text: to Slack and to the dashboard")
def test_data_is_text_to_slack_and_to_the_dashboard(platform: Platform, inbox: Inbox, door: Door, means: Any) -> None:
    fill(platform)
    client = door(platform.environment, **SOURCES, **means(inbox))
    (check,) = body_of(client.get("/"))["checks"]
    # The games' states of the last message are words that nobody knows, so each is worse now.
    assert check["alert"] == {"reason": "WORSENED", "status": "sent"}
    said = assert_text(inbox)
    assert "*&lt;!CHANNEL&gt;@&lt;!CHANNEL&gt;2*"[:20] in said
    assert "was &lt;!channel&gt;" in said
    # The commands are in a block of their own, which no mark in the data can reach.
    commands = [b["text"]["text"] for m in inbox.messages for b in m.blocks if "python -m monitor" in str(b)]
    assert commands
    assert not re.search("evil|bold|xxx|DROP|script", "".join(commands), re.IGNORECASE)
    page = client.get("/dashboard").text
    assert "&lt;!CHANNEL&gt;" in page
    assert not re.search(r"<script|<!channel|<!here|<@U|<https|href=.?https://evil", page, re.IGNORECASE)
    # And the games that nobody lists any more.
    platform.client.query_and_wait("DELETE FROM nba_raw.espn_scoreboard WHERE game_date = '2026-01-18'")
    platform.client.query_and_wait("DELETE FROM nba_raw.nbac_schedule WHERE game_date = '2026-01-18'")
    platform.client.query_and_wait("DELETE FROM nba_raw.bdl_games WHERE game_date = '2026-01-18'")
    assert client.get("/?notify=always").status_code == 200
    assert len(inbox.messages) >= 2
    assert_text(inbox)


class Broken:
    """A warehouse whose every error quotes a word."""

    project = "nobody"

    def __init__(self, word: str) -> None:
        self.word = word

    def __getattr__(self, _name: str) -> Any:
        def fail(*_given: Any, **_named: Any) -> None:
            raise BadRequest(self.word)  # type: ignore[no-untyped-call]  # google.api_core has partial types

        return fail


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("means", [webhook, bot])
@pytest.mark.parametrize("word", WORDS.values(), ids=list(WORDS))
def test_what_bigquery_says_of_an_error_is_text_to_slack(
    inbox: Inbox, door: Door, monkeypatch: pytest.MonkeyPatch, means: Any, word: str
) -> None:
    client = door({"GCP_PROJECT_ID": "nobody"}, **means(inbox))
    monkeypatch.setattr("monitor.web.door._client", lambda _settings: Broken(word))
    assert client.get("/").status_code == 503
    said = assert_text(inbox)
    assert "monitor failed" in said
    # It is told, as far as there is room.
    assert "BadRequest" in said
