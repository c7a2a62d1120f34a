"""Whatever is asked over HTTP, the answer is a documented one: no 5xx, no stack trace, and no row but a check's own.

Real in every request: the functions framework's application, main.py and all of monitor. In most of them BigQuery's
answers are those that the emulator gave to a real check, history and dashboard when the tests began, and what would be
written is noted and goes nowhere; some dozens ask the emulator itself.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
import schemathesis
import time_machine
from flask.testing import FlaskClient
from google.cloud import bigquery
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from local import sample
from local.inbox import Inbox
from monitor.bigquery.history import VIEWS, read_queries
from monitor.check import run_check
from monitor.core.dates import DateRange
from monitor.request import CheckRequest, DashboardRequest, Run, Trigger
from monitor.settings import SCHEMAS
from monitor.web import dashboard
from tests.conftest import Door, Platform, day

pytestmark = pytest.mark.usefixtures("morning")

DOCUMENT = json.loads((SCHEMAS / "openapi.json").read_text())
OPERATIONS = [(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods]
CHECKING = {"/", "/check-data-availability"}
FIXED = {"/health", "/openapi.json", "/favicon.ico", "/robots.txt"}  # no parameters, so there is nothing to get wrong
BY_SCHEMA = {
    (path, method, mode): 1 if path in FIXED else 60
    for path, method in OPERATIONS
    for mode in GenerationMode
    if not (path in FIXED and mode is GenerationMode.NEGATIVE)
}
BY_HAND, AT_ONCE = 9_500, 20
AT_THE_EMULATOR = 24


def test_ten_thousand_requests_are_sent() -> None:
    """Each test below counts that it has sent its share."""
    assert sum(BY_SCHEMA.values()) + BY_HAND + AT_THE_EMULATOR >= 10_000


# The warehouse that answers as the emulator did.


@dataclass(frozen=True)
class Recorded:
    """What BigQuery answered to one query."""

    schema: Sequence[bigquery.SchemaField]
    rows: Sequence[bigquery.Row]
    total_bytes_processed: int = 0

    def __iter__(self) -> Iterator[bigquery.Row]:
        return iter(self.rows)


@dataclass
class Recorder:
    """The emulator's client, whose answers are kept by the text of their query."""

    client: bigquery.Client
    answers: dict[str, Recorded] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def query_and_wait(self, sql: str, **given: Any) -> Recorded:
        answer = self.client.query_and_wait(sql, **given)
        rows = list(answer)
        # Of the season's rest there are many games, which change no verdict here and take most of the time.
        near = [row for row in rows if row.get("game_date", sample.BAD_DAY) <= sample.BAD_DAY + timedelta(days=14)]
        self.answers[sql] = Recorded(answer.schema, near)
        return Recorded(answer.schema, rows)


@dataclass
class Replay:
    """A client that knows the recorded queries and notes what is written. It can nothing else: that would be a 500."""

    answers: Mapping[str, Recorded]
    written: list[Any] = field(default_factory=list)
    project = "test-season"

    def query_and_wait(self, sql: str, **_given: Any) -> Recorded:
        return self.answers[sql]

    def load_table_from_json(self, rows: Sequence[dict[str, Any]], *_given: Any, **_named: Any) -> "Replay":
        self.written += rows
        return self

    def done(self, **_given: Any) -> bool:
        return True

    def result(self) -> None:
        """The load job did not fail."""


@pytest.fixture(scope="module")
def recorded(loaded_season: Platform) -> Mapping[str, Recorded]:
    """What the emulator answered of the bad morning, after a week of checks."""
    chosen, recorder = loaded_season.settings, Recorder(loaded_season.client)
    today = sample.BAD_DAY
    with time_machine.travel(sample.MORNING, tick=True):
        for asked in ({"start": "2026-01-12", "end": "2026-01-18"}, {"date": "2026-01-18"}):
            request = CheckRequest.model_validate(asked, context={"today": today})
            run_check(
                lambda: recorder,  # type: ignore[arg-type, return-value]  # a client in all that is asked of it
                Run(chosen, request, uuid4().hex, Trigger.MANUAL, sample.MORNING),
            )
        read_queries(recorder, chosen, dict.fromkeys(VIEWS, DateRange(day("2026-01-01"), today)))  # type: ignore[arg-type]  # the same
        dashboard.page(recorder, chosen, DashboardRequest.model_validate({}), now=sample.MORNING)  # type: ignore[arg-type]  # the same
    loaded_season.client.query_and_wait("TRUNCATE TABLE history.data_availability_checks")
    return recorder.answers


class Answer(NamedTuple):
    """What came back, by whichever client it was asked."""

    status: int
    mimetype: str | None
    text: str
    allow: str | None


@dataclass
class Fuzzed:
    """The door before the replay, and what became of all that was asked."""

    client: FlaskClient
    warehouse: Replay
    statuses: Counter[int] = field(default_factory=Counter)

    def promise(self, path: str, answer: Answer, *, dry: bool) -> None:
        """Check one answer. `dry`: the request asked for a dry run, in a way that is understood."""
        assert_documented(path, answer)
        written, self.warehouse.written = self.warehouse.written, []
        self.statuses[answer.status] += 1
        if answer.status != 200 or dry or path not in CHECKING:
            assert written == []
        else:
            # A check that is no dry run writes its own rows, and no others.
            checks = json.loads(answer.text)["checks"]
            assert written == [{name: value for name, value in row.items() if name != "alert"} for row in checks]


@pytest.fixture
def fuzzed(
    recorded: Mapping[str, Recorded], loaded_season: Platform, door: Door, monkeypatch: pytest.MonkeyPatch
) -> Fuzzed:
    client, warehouse = door(loaded_season.environment), Replay(recorded)
    monkeypatch.setattr("monitor.web.door._client", lambda _settings: warehouse)
    return Fuzzed(client, warehouse)


# What is promised of an answer.


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]}, validate_formats=True)


PROBLEM = _validator({"$ref": "#/components/schemas/Problem"})
ANSWERS = {
    path: _validator(content["application/json"]["schema"])
    for path, methods in DOCUMENT["paths"].items()
    if "application/json" in (content := methods["get"]["responses"]["200"]["content"])
}
OTHERS = {"/favicon.ico": "image/svg+xml", "/robots.txt": "text/plain"}


def assert_documented(path: str, answer: Answer) -> None:
    """One of the statuses that are no failure, with the type and the body that the document gives it."""
    assert answer.status in {200, 400, 404, 405}, answer.text
    assert "Traceback" not in answer.text
    assert 'File "' not in answer.text
    if path == "/dashboard" and answer.status in {200, 400}:
        assert answer.mimetype == "text/html"
        assert answer.text.startswith("<!doctype html>")
    elif answer.status != 200:
        assert answer.mimetype == "application/problem+json"
        PROBLEM.validate(json.loads(answer.text))
        assert json.loads(answer.text)["status"] == answer.status
        assert (answer.allow is not None) == (answer.status == 405)
    elif path in OTHERS:
        assert answer.mimetype == OTHERS[path]
    else:
        assert answer.mimetype == "application/json"
        ANSWERS[path].validate(json.loads(answer.text))


def send(examples: int, strategy: st.SearchStrategy[Any], ask: Callable[[Any], None]) -> None:
    """Ask this many of the strategy's requests, the same ones on every run."""
    sent = 0

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(request: Any) -> None:
        nonlocal sent
        sent += 1
        ask(request)

    one()
    assert sent == examples


# From the document, by schemathesis: what it allows, and what it does not.

NEAR = st.dates(day("2025-12-25"), day("2026-02-10")).map(str)
schemathesis.openapi.format("date", NEAR | st.dates().map(str))


@pytest.mark.parametrize(
    ("path", "method", "mode"), BY_SCHEMA, ids=[f"{mode.value} {verb} {path}" for path, verb, mode in BY_SCHEMA]
)
def test_what_the_document_allows_is_answered_and_what_it_does_not_is_refused(
    fuzzed: Fuzzed, path: str, method: str, mode: GenerationMode
) -> None:
    document = schemathesis.openapi.from_wsgi("/openapi.json", fuzzed.client.application)

    def ask(case: Case[Any]) -> None:
        response = case.call()
        # All checks of schemathesis but one: that start and end go together, and not with date, no schema of single
        # parameters can say; so what is allowed can still be a 400.
        case.validate_response(response, excluded_checks=[positive_data_acceptance])
        named = {**(case.body if isinstance(case.body, dict) else {}), **case.query}
        mimetype = response.headers["content-type"][0].partition(";")[0]
        answer = Answer(response.status_code, mimetype, response.text, None)
        fuzzed.promise(path, answer, dry=is_true(named.get("dry_run")))

    send(BY_SCHEMA[path, method, mode], document[path][method].as_strategy(generation_mode=mode), ask)
    assert fuzzed.statuses[200 if path in FIXED else 400] > 0


def is_true(flag: object) -> bool:
    return str(flag).lower() == "true"


# By hand: requests that are right but for a detail, and any text anywhere.

FLAGS = st.sampled_from(["true", "false", "TRUE", "False", "1", "yes", ""])
# Days that a check, a history or a dashboard takes, and just not.
DAYS = NEAR | st.sampled_from(["today", "yesterday", "tomorrow", "Today", "2026-02-30", "1946-10-31", "2027-02-23", ""])
NOTIFY = st.sampled_from(["auto", "always", "never", "loudly"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.sampled_from(["date", "start", "end", "day", "dry_run", "notify"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXT, inner, max_size=3),
    max_leaves=5,
)
FLAGGED: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {}, optional={"dry_run": FLAGS | st.booleans(), "notify": NOTIFY}
)
DATED: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"date": DAYS}),
    st.fixed_dictionaries({"day": DAYS}),
    st.tuples(NEAR, NEAR).map(sorted).map(lambda ends: dict(zip(("start", "end"), ends, strict=True))),
    st.fixed_dictionaries({}, optional={"date": DAYS, "start": DAYS, "end": DAYS}),
)
RIGHT: st.SearchStrategy[dict[str, object]] = st.one_of(
    DATED, st.builds(lambda dated, flagged: {**dated, **flagged}, DATED, FLAGGED)
)


class Asked(NamedTuple):
    place: tuple[str, str]
    query: list[tuple[str, str]]
    body: bytes
    headers: dict[str, str]

    @property
    def dry(self) -> bool:
        with suppress(ValueError, RecursionError):
            given = json.loads(self.body)
            if isinstance(given, dict) and "dry_run" in given:
                return is_true(given["dry_run"])
        return is_true(dict(self.query).get("dry_run"))


def pairs(given: Mapping[str, object], *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [*((name, str(value)) for name, value in given.items()), *more]


QUERIES: st.SearchStrategy[list[tuple[str, str]]] = st.one_of(
    st.just([]),
    RIGHT.map(pairs),
    st.builds(pairs, RIGHT, st.tuples(NAMES | TEXT, DAYS | FLAGS | TEXT)),  # one too many, or given twice
)
BODIES = st.one_of(
    st.just(b""),
    RIGHT.map(lambda given: json.dumps(given).encode()),
    ANY_JSON.map(lambda given: json.dumps(given).encode()),
    st.binary(max_size=40),
    st.sampled_from([b"[" * 9_000, b'{"date": ' * 1_000, b" " * 10_001, b'{"a": ' + b"1" * 9_000 + b"}"]),
)
ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# A path with a line break never reaches the function: the framework answers it, and the test client reads two slashes
# as a host.
OTHER_PATHS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n/"), max_size=30)
PLACES = st.integers(0, 11).flatmap(
    lambda number: {
        0: st.tuples(OTHER_PATHS.map(lambda text: f"/{quote(text)}"), st.sampled_from(ALL_METHODS)),
        1: st.tuples(st.sampled_from([*DOCUMENT["paths"]]), st.sampled_from(ALL_METHODS)),
    }.get(number, st.sampled_from([(path, method) for path, method in OPERATIONS if path not in FIXED]))
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "X-CloudScheduler": st.just("true"),
        "X-Cloud-Trace-Context": st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
        "Content-Type": st.sampled_from(
            ["application/json", "text/plain", "application/x-www-form-urlencoded", "a/b;;="]
        ),
    },
)
REQUESTS = st.one_of(
    st.builds(Asked, PLACES, QUERIES, st.just(b""), HEADERS),
    st.builds(Asked, PLACES, st.just([]), BODIES, HEADERS),
    st.builds(Asked, PLACES, QUERIES, BODIES, HEADERS),
)


def ask_door(client: FlaskClient, asked: Asked) -> Answer:
    (path, method), query, body, headers = asked
    response = client.open(path, method=method, query_string=urlencode(query), data=body, headers=headers)
    return Answer(response.status_code, response.mimetype, response.text, response.headers.get("Allow"))


@pytest.mark.promise("10,000 requests of any kind: no 5xx, no stack trace, every answer valid against the schema")
def test_whatever_is_asked_the_answer_is_documented(
    fuzzed: Fuzzed, share: Callable[[int], int], record_property: Callable[[str, object], None]
) -> None:
    def ask(some: Sequence[Asked]) -> None:
        for asked in some:
            fuzzed.promise(asked.place[0], ask_door(fuzzed.client, asked), dry=asked.dry)

    # Some at a time: to draw each for itself would take longer than to ask it.
    draws = share(BY_HAND // AT_ONCE)
    send(draws, st.lists(REQUESTS, min_size=AT_ONCE, max_size=AT_ONCE), ask)
    assert fuzzed.statuses.total() == draws * AT_ONCE
    # That it is not one kind of answer alone.
    assert fuzzed.statuses[200] > share(1_500)
    assert fuzzed.statuses[400] > share(3_000)
    assert min(fuzzed.statuses[404], fuzzed.statuses[405]) > share(300)
    answered = ", ".join(f"{count:,} answered {status}" for status, count in sorted(fuzzed.statuses.items()))
    record_property("figure", f"{fuzzed.statuses.total():,} of them drawn by hand-written strategies: {answered}")


# And the emulator itself.

NAMED: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"date": NEAR}),
    st.tuples(NEAR, NEAR).map(sorted).map(lambda ends: dict(zip(("start", "end"), ends, strict=True))),
)
DRY = st.one_of(
    st.builds(
        Asked,
        st.sampled_from([(path, method) for path, method in OPERATIONS if path in CHECKING]),
        NAMED.map(lambda named: pairs(named, ("dry_run", "true"), ("notify", "always"))),
        st.just(b""),
        HEADERS,
    ),
    st.builds(
        Asked, st.sampled_from([("/history", "GET"), ("/dashboard", "GET")]), DATED.map(pairs), st.just(b""), HEADERS
    ),
)


@pytest.mark.promise("A dry run writes no row and tells nobody, whatever else is asked")
def test_the_emulator_is_asked_and_nothing_is_written_or_told(
    season: Platform, inbox: Inbox, door: Door, share: Callable[[int], int]
) -> None:
    client = door(season.environment, SLACK_WEBHOOK_URL=inbox.webhook_url)
    statuses: Counter[int] = Counter()

    def ask(asked: Asked) -> None:
        answer = ask_door(client, asked)
        assert_documented(asked.place[0], answer)
        statuses[answer.status] += 1

    number = share(AT_THE_EMULATOR)
    send(number, DRY, ask)
    assert statuses[200] > number / 2
    assert season.history() == []
    assert (inbox.messages, inbox.refused) == ([], [])
