"""docs/the-day.md: the messages on the page are those that the function sends on that day.

The function is called over HTTP with its clock set, on the emulator's tables, with a Slack inbox. After a change of the
messages: `python -m tests.proof.test_the_day` writes the new ones into the page.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import functions_framework
import pytest
import time_machine

from local import sample
from local.emulator import ROOT, bigquery_emulator
from local.inbox import Inbox, Message, serve
from local.morning import ALL
from local.platform import create_tables
from monitor.bigquery.schema import apply_schema
from tests.conftest import Platform, at, body_of, webhook

PAGE = ROOT / "docs" / "the-day.md"
FROM_SCHEDULER = {"X-CloudScheduler": "true"}
GAMES = ALL.split()

# All in UTC. The scheduler's first job calls at 13:00, its second at minutes 15 and 45 until 20:45.
BEFORE = ["08:00", "10:00", "12:00"]  # by hand
MORNING = ["13:00", *(f"{hour}:{minute}" for hour in range(13, 17) for minute in (15, 45)), "17:15"]
AFTERNOON = ["17:45", *(f"{hour}:{minute}" for hour in range(18, 21) for minute in (15, 45))]
AFTER = ["21:00"]  # by hand

# What is sent and when, as the page's headings have it.
AS_IT_WAS = [("13:00", "NEW_GAP"), ("16:15", "DEADLINE"), ("18:45", "WORSENED")]
RE_RUN = [("17:45", "RESOLVED"), ("18:45", "NO_PREDICTIONS"), ("21:00", "RESOLVED")]


@dataclass(frozen=True)
class Sent:
    """A message: the time of the call that sent it, what the row calls it, and its text."""

    clock: str
    name: str
    text: str


@pytest.mark.whole
@pytest.mark.timeout(300)
def test_the_page_has_the_messages_that_are_sent(platform: Platform, inbox: Inbox) -> None:
    platform.load(sample.bad_week())
    with pytest.MonkeyPatch.context() as patch:
        sent = [*_the_day(platform, inbox, patch)]
    page = PAGE.read_text()
    assert [(each.clock, each.name) for each in sent] == [*AS_IT_WAS, *RE_RUN]
    assert re.findall(r"^### (\d\d:\d\d) UTC: `(\w+)`$", page, re.MULTILINE) == [*AS_IT_WAS, *RE_RUN]
    assert _blocks(page) == [each.text for each in sent]
    assert inbox.refused == []


def _the_day(platform: Platform, inbox: Inbox, patch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """The day twice from 17:15 on: as it was, and with Phase 4 run again at 17:20."""
    for name, value in {**platform.environment, **webhook(inbox)}.items():
        patch.setenv(name, value)
    app = functions_framework.create_app("check_data_availability", str(ROOT / "main.py"))
    client = app.test_client()

    def call(clocks: Sequence[str], headers: Mapping[str, str] = FROM_SCHEDULER) -> Iterator[Sent]:
        for clock in clocks:
            before = len(inbox.messages)
            with time_machine.travel(_utc(clock), tick=False):
                response = client.get("/", headers=headers)
            assert response.status_code == 200, response.text
            (check,) = body_of(response)["checks"]
            for message in inbox.messages[before:]:
                reason = check["alert"]["reason"]
                name = check["status"] if check["status"] == "NO_PREDICTIONS" else reason
                yield Sent(clock, name, _text(message))

    yield from chain(call(BEFORE, {}), call(MORNING), call(AFTERNOON), call(AFTER, {}))
    # Back to 17:15: Phase 3 and Phase 4 are run again by hand, and the coordinator is down all the same.
    history = f"{platform.settings.monitoring_dataset}.data_availability_checks"
    platform.client.query_and_wait(f"DELETE FROM {history} WHERE check_time > TIMESTAMP '{_utc('17:15')}'")  # noqa: S608 - no data
    platform.load(sample.arrivals(phase3=GAMES, phase4=GAMES, at=_utc("17:20")))
    yield from call(AFTERNOON)
    platform.load(sample.predictions(GAMES, at=_utc("20:50")))
    yield from call(AFTER, {})


def _utc(clock: str) -> datetime:
    return at(f"{sample.BAD_DAY} {clock}")


def _text(message: Message) -> str:
    """The message as text, without the operator's commands; of a link its name, and without the run's id."""
    parts = []
    for block in message.blocks:
        texts = [block["text"]] if "text" in block else block["elements"]
        parts += [text["text"] for text in texts if "```" not in text["text"]]
    return re.sub(r"\brun [0-9a-f]{8}\b", "run …", re.sub(r"<[^|>]+\|([^>]+)>", r"\1", "\n\n".join(parts)))


def _blocks(page: str) -> list[str]:
    return re.findall(r"^```text\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)


def main() -> None:
    """Write the messages of the day into the page."""
    with ExitStack() as running:
        warehouse, inbox = running.enter_context(bigquery_emulator()), running.enter_context(serve())
        platform = Platform({"GCP_PROJECT_ID": "the-day", "BIGQUERY_EMULATOR_HOST": warehouse})
        create_tables(platform.client)
        apply_schema(platform.client, platform.settings)
        platform.load(sample.bad_week())
        sent = list(_the_day(platform, inbox, running.enter_context(pytest.MonkeyPatch.context())))
    texts = iter(sent)
    page = re.sub(
        r"^```text\n.*?\n```$",
        lambda _: f"```text\n{next(texts).text}\n```",
        PAGE.read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
