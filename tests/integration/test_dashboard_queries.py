"""docs/dashboard.md is right: the views have these columns, and its queries run and answer their questions.

The history covers the first half of January: a backfill, some mornings, one of them with a failing webhook, and the
bad morning call by call.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlglot
from sqlglot import exp

from local import sample
from local.emulator import ROOT
from local.inbox import Answer, Inbox, serve
from local.morning import CALLS, happen
from local.platform import create_tables
from monitor.bigquery.schema import HISTORY, apply_schema
from monitor.check import Failure
from monitor.request import Trigger
from monitor.settings import SCHEMAS
from tests.conftest import Platform, headers
from tests.proof.test_alert_life import STORY

PAGE = (ROOT / "docs" / "dashboard.md").read_text()
VIEWS = sorted(path.stem for path in (SCHEMAS / "views").glob("*.sql"))
QUERIES: dict[str, str] = dict(
    re.findall(r"^### ([^\n`]+\?)\n[^#]*?^```sql\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)

BACKFILLED = ("2026-01-01", "2026-01-12")
ONE_SOURCE = str(sample.ONE_SOURCE)  # backfilled, too: that morning the monitor did not run
NOT_DELIVERED = sample.PARTLY_READY

# What each query answers, with its values as text.
ANSWERS: dict[str, list[str]] = {
    # Six games without data at 8 AM, whole at 11:45: the last call of local/morning.py that has news.
    "When did this start?": ["MISSING_DATA | 6 | 2026-01-18 08:00:00 | 2026-01-18 08:00:00 | 2026-01-18 11:45:00 | 75"],
    # On Jan 13 and 18 Slack took the message, on Jan 15 it did not.
    "Which incidents had no alert?": ["2026-01-15 | MISSING_DATA | 1"],
    # By the data's own clock Jan 11, 14 and 17 were ready at 7 AM, Jan 18 at 11:40. Jan 13 and 15 were last seen short.
    "How often was data late this month?": ["3 | 1 | 0 | 2"],
    # 220 minutes after 8 AM, 80 before 1 PM.
    "Which dates were not on time, and by how much?": ["2026-01-18 | late | 220 | 80"],
    # CHI on Jan 15 and 18; TOR@POR on Jan 13, with too few players, and both teams again on Jan 18.
    "Whose games are missing most often?": ["CHI | 2 | 2", "POR | 2 | 1", "TOR | 2 | 1", "BKN | 1 | 1", "CHA | 1 | 1"],
    # On Jan 18 Phase 3 had not run; on Jan 13 and 15 Phase 4 left out a game each.
    "Which phase stalls how often?": ["phase4 | 2 | 2", "phase3 | 1 | 6"],
    # Of Jan 18, in minutes: 45, 45, 75, 120, 135, 165, 225. Those of Jan 13 and 15 were not checked again.
    "How long are gaps open?": ["7 | 120 | 225 | 2"],
    "Did the monitor run every morning?": ["2026-01-12 | OK | 1", "2026-01-16 | OK | 1", "2026-01-19 | NOT_RUN | 0"],
    # On Jan 16 ESPN had no rows at all; on Jan 8 it still lists MIA@CHI, which is called off and not expected.
    "Which schedule source is unreliable?": ["espn | 18 | 1 | 0 | 0", "nbac | 18 | 0 | 0 | 0"],
    # Jan 13 one; Jan 18 four: new gap, worsened, deadline, resolved.
    "How many alerts were sent per week, and how many were not delivered?": [
        "2025-12-29 | 0 | 0",
        "2026-01-05 | 0 | 0",
        "2026-01-12 | 5 | 1",
    ],
    # A quarter of an hour later it waited for Phase 4.
    "What did the monitor know at 8 AM on a given day?": ["2026-01-18 08:00:00 | MISSING_DATA | 0 | 6 | phase3"],
}

each_question = pytest.mark.parametrize("question", QUERIES)


@pytest.fixture(scope="module")
def slack() -> Iterator[Inbox]:
    with serve() as inbox:
        yield inbox


@pytest.fixture(scope="module")
def history(emulator: str, slack: Inbox) -> Iterator[Platform]:
    """The sample season, judged as the mornings went."""
    environment = {"GCP_PROJECT_ID": "test-queries", "SLACK_WEBHOOK_URL": slack.webhook_url}
    made = Platform({**environment, "BIGQUERY_EMULATOR_HOST": emulator})
    create_tables(made.client)
    made.load(sample.season())
    apply_schema(made.client, made.settings)
    # At 2 PM in New York predictions have been running for an hour.
    made.check(sample.MORNING.replace(day=11, hour=14), trigger=Trigger.MANUAL)
    for day in (13, 14, 17):
        made.check(sample.MORNING.replace(day=day), trigger=Trigger.SCHEDULER)
    slack.answer_next(Answer(404, "no_service"))
    outcome = made.check(sample.MORNING.replace(day=NOT_DELIVERED.day), trigger=Trigger.SCHEDULER)
    assert outcome.failure is Failure.NOT_DELIVERED
    for start, end in (BACKFILLED, (ONE_SOURCE, ONE_SOURCE)):
        made.check(sample.MORNING, start=start, end=end)
    for call in CALLS:
        happen(made.client, call)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(call.path).query).items()}
        made.check(call.at, trigger=Trigger.SCHEDULER if call.scheduler else Trigger.MANUAL, **asked)
    yield made
    made.delete_datasets()


def test_there_are_eleven_questions_and_each_has_an_answer() -> None:
    assert list(QUERIES) == list(ANSWERS)
    assert len(QUERIES) == PAGE.count("```sql") == 11


def test_by_webhook_the_bad_morning_is_four_messages(history: Platform, slack: Inbox) -> None:
    _jan_13, *messages = slack.messages
    assert headers(slack)[1:] == STORY
    assert "*BKN@CHI* was ready" in str(messages[1].blocks)
    end = "Open for *3 h 45 min*, from 8:00 AM EST to 11:45 AM EST. That is *1 h 15 min before* predictions start"
    assert end in messages[3].text
    # The row of every call says why.
    rows = [row for row in history.history() if row["check_date"] == sample.BAD_DAY]
    assert [row["alert_reason"] for row in rows] == [call.reason for call in CALLS]
    assert slack.refused == []


@each_question
def test_a_query_answers_its_question(history: Platform, question: str) -> None:
    rows = history.client.query_and_wait(QUERIES[question])
    assert [" | ".join(str(value) for value in row.values()) for row in rows] == ANSWERS[question]


@each_question
def test_a_query_names_the_views_or_the_history_alone(question: str) -> None:
    tables = {exp.table_name(table) for table in _parse(QUERIES[question]).find_all(exp.Table)}
    assert tables
    assert tables <= {f"nba_monitoring.{name}" for name in (HISTORY, *VIEWS)}


@each_question
def test_a_query_is_bounded_by_a_fixed_date(question: str) -> None:
    assert bounded(QUERIES[question])


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("", id="no filter"),
        pytest.param("WHERE check_date >= DATE '2026-01-18'", id="one end"),
        pytest.param("WHERE check_date = CURRENT_DATE()", id="another date each day"),
        pytest.param("WHERE status = 'OK' OR check_date = DATE '2026-01-18'", id="or"),
        pytest.param("WHERE DATE(check_time) = DATE '2026-01-18'", id="another column"),
    ],
)
def test_the_check_of_bounds_finds_what_is_unbounded(where: str) -> None:
    assert not bounded(f"SELECT status FROM nba_monitoring.{HISTORY} {where}")  # noqa: S608 - parsed, never run


@pytest.mark.parametrize("view", VIEWS)
def test_the_columns_of_a_view_are_on_the_page(history: Platform, view: str) -> None:
    section = PAGE.split(f"\n### `{view}`\n")[1].split("\n#")[0]
    sql = f"SELECT * FROM nba_monitoring.{view} WHERE FALSE"  # noqa: S608 - the test's own
    columns = [field.name for field in history.client.query_and_wait(sql).schema]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == columns


def test_the_views_on_the_page_are_those_that_exist() -> None:
    assert sorted(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == VIEWS


def test_the_link_opens_a_report_on_a_view() -> None:
    (link,) = re.findall(r"^https://lookerstudio\S+$", PAGE, re.MULTILINE)
    assert link.startswith("https://lookerstudio.google.com/reporting/create?")
    assert parse_qs(urlsplit(link).query) == {
        "c.mode": ["edit"],
        "ds.connector": ["bigQuery"],
        "ds.type": ["TABLE"],
        "ds.projectId": ["GCP_PROJECT_ID"],
        "ds.datasetId": ["MONITORING_DATASET"],
        "ds.tableId": ["data_availability_calendar"],
    }


def bounded(sql: str) -> bool:
    """Whether every row that the query reads is of fixed dates."""
    where = _parse(sql).args.get("where")
    conditions = list(where.this.flatten()) if where and isinstance(where.this, exp.And) else [where and where.this]
    return any(_fixes_the_date(condition) for condition in conditions)


def _fixes_the_date(condition: exp.Expr | None) -> bool:
    if not isinstance(condition, exp.EQ | exp.Between) or condition.this.name not in {"check_date", "week"}:
        return False
    ends = [condition.expression] if isinstance(condition, exp.EQ) else [condition.args["low"], condition.args["high"]]
    return isinstance(condition.this, exp.Column) and all(
        isinstance(end, exp.Cast) and isinstance(end.this, exp.Literal) for end in ends
    )


def _parse(sql: str) -> exp.Select:
    (statement,) = sqlglot.parse(sql, dialect="bigquery")
    assert isinstance(statement, exp.Select)
    # One table, so that one bound is enough.
    assert len(list(statement.find_all(exp.Table))) == 1
    return statement
