"""Messages go to Slack by incoming webhook or by bot, with Slack's own retries; what fails is a DeliveryError.

A webhook can only post. A bot edits its first message to the current state and threads what changed.
"""

import re
import threading
from concurrent.futures import Future
from contextvars import copy_context
from http.client import HTTPException
from time import monotonic
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from monitor.core.alerts import Channel
from monitor.core.history import Thread
from monitor.logs import Severity, log
from monitor.settings import Settings
from monitor.slack.message import Message, Messages

CALL_SECONDS = 10
MOST_WAIT_SECONDS = 30
# One message in all: an edit, a reply, what their retries wait. A call's own limit holds per address and per read, so
# that addresses that swallow packets, or an answer byte by byte, would take many times as long.
DELIVERY_SECONDS = 60

_LATER = "call again to try again"
_STRANGER = "Slack's address answered 200, but not as Slack does"

# A webhook that answers one of these will not work again without a person:
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_WEBHOOK_IS_DEAD = {403, 404, 410}
_NEW_WEBHOOK = "this webhook will not work again: make a new one and set SLACK_WEBHOOK_URL"

# Errors that a person has to mend: https://docs.slack.dev/reference/methods/chat.postMessage#errors
_SPENT = "this token will not work again: make a new one and set SLACK_BOT_TOKEN"
_TOKEN_ADVICE = {
    "not_authed": _SPENT,
    "invalid_auth": _SPENT,
    "account_inactive": _SPENT,
    "token_revoked": _SPENT,
    "token_expired": _SPENT,
    "missing_scope": "give the bot the scope chat:write",
}
_OTHER_CHANNEL = "set SLACK_CHANNEL to a channel that exists, and invite the bot to it"
_BOT_ADVICE = {
    **_TOKEN_ADVICE,
    "channel_not_found": _OTHER_CHANNEL,
    "not_in_channel": _OTHER_CHANNEL,
    "is_archived": _OTHER_CHANNEL,
}

# Errors that pass. With any other, and a token that works, a first message will never be edited again: it was deleted,
# it is too old, its channel was archived (https://docs.slack.dev/reference/methods/chat.update#errors).
_PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class DeliveryError(Exception):
    """Slack did not take the message. Says why and what to do, without the webhook's address or the bot's token."""

    def __init__(self, message: str, *, word: str | None = None) -> None:
        super().__init__(message)
        self.word = word
        """Slack's own name of the error, where it gave one."""


class _RateLimitRetryHandler(RateLimitErrorRetryHandler):
    """Waits as long as Slack says, unless that is longer than the caller can: Slack may say an hour."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or not super()._can_retry(state=state, request=request, response=response, error=error):
            return False
        said = next((values for name, values in response.headers.items() if name.lower() == "retry-after"), ["1"])
        return bool(re.fullmatch(r"\d{1,4}", said[0], re.ASCII)) and int(said[0]) <= MOST_WAIT_SECONDS


class _RetryHandlerUntil(RetryHandler):
    """One of Slack's own retry handlers, until the delivery is given up: nobody would know of what is posted then."""

    def __init__(self, handler: RetryHandler, until: float) -> None:
        super().__init__(handler.max_retry_count, handler.interval_calculator)
        self._handler, self._until = handler, until

    def _can_retry(self, **given: Any) -> bool:  # noqa: ANN401 - what the library passes to its handlers
        return monotonic() < self._until and self._handler.can_retry(**given)

    def prepare_for_next_attempt(self, **given: Any) -> None:  # noqa: ANN401 - the same
        self._handler.prepare_for_next_attempt(**given)
        _seconds_until(self._until)


def _seconds_until(end: float) -> float:
    """How long a call may take. Raises TimeoutError where there is no time left."""
    if (left := end - monotonic()) <= 0:
        raise TimeoutError
    return min(CALL_SECONDS, left)


def deliver(settings: Settings, messages: Messages, *, thread: Thread | None, broadcast: bool) -> Thread | None:
    """Post the messages; where a bot has a thread, edit its first message instead, and reply with what has changed.

    `broadcast` shows that reply in the channel too. Returns where the bot's first message is, or None for a webhook.
    Raises DeliveryError, within DELIVERY_SECONDS, and posts nothing after that.
    """
    outcome: Future[Thread | None] = Future()
    until = monotonic() + DELIVERY_SECONDS

    def work() -> None:
        try:
            outcome.set_result(_deliver(settings, messages, until, thread=thread, broadcast=broadcast))
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            outcome.set_exception(error)

    # A daemon: what comes too late must not keep the process.
    threading.Thread(target=copy_context().run, args=(work,), name="slack", daemon=True).start()
    try:
        return outcome.result(DELIVERY_SECONDS)
    except TimeoutError as error:
        raise DeliveryError(f"Slack took longer than {DELIVERY_SECONDS} s; {_LATER}") from error


def _deliver(
    settings: Settings, messages: Messages, until: float, *, thread: Thread | None, broadcast: bool
) -> Thread | None:
    if settings.channel is Channel.WEBHOOK:
        _post_to_webhook(settings, messages.first, until)
        return None
    if thread is None:
        return _post_first(settings, messages, until)
    # The edit comes first: made twice it changes nothing, so that only a lost answer to the reply can repeat anything.
    try:
        _call(settings, "chat.update", {"channel": thread.channel, "ts": thread.ts, **messages.first}, until)
    except DeliveryError as error:
        if error.word is None or error.word in _PASSING | _TOKEN_ADVICE.keys():
            raise
        return _post_first(settings, messages, until)
    _reply(settings, thread, messages.change, until, broadcast=broadcast)
    return thread


def _post_first(settings: Settings, messages: Messages, until: float) -> Thread:
    """Post a bot's first message and, under it, the commands."""
    thread = _post_as_bot(settings, settings.slack_channel, messages.first, until)
    if messages.commands:
        try:
            _reply(settings, thread, messages.commands, min(until, monotonic() + CALL_SECONDS), broadcast=False)
        except DeliveryError as error:
            # The alert is delivered. An error would make the caller repeat it, in a channel without threads for ever.
            log("commands_not_posted", f"the commands under the alert could not be posted: {error}", Severity.WARNING)
    return thread


def _reply(settings: Settings, thread: Thread, message: Message, until: float, *, broadcast: bool) -> None:
    _post_as_bot(settings, thread.channel, {**message, "thread_ts": thread.ts, "reply_broadcast": broadcast}, until)


def _post_to_webhook(settings: Settings, message: Message, until: float) -> None:
    if settings.slack_webhook_url is None:
        raise DeliveryError("no Slack channel is set: give SLACK_WEBHOOK_URL, or SLACK_BOT_TOKEN and SLACK_CHANNEL")
    try:
        client = WebhookClient(
            settings.slack_webhook_url.get_secret_value(),
            timeout=_seconds_until(until),  # type: ignore[arg-type]  # a socket's timeout may be a fraction
            retry_handlers=_retry_handlers(until),
        )
        response = client.send(**message, unfurl_links=False)
    except (OSError, HTTPException, ValueError) as error:
        # The error's own text may hold the address, which is the secret.
        raise DeliveryError(f"Slack did not answer ({type(error).__name__}); {_LATER}") from error
    if response.status_code != 200 or response.body != "ok":  # noqa: PLR2004 - the one answer that means delivered
        advice = _NEW_WEBHOOK if response.status_code in _WEBHOOK_IS_DEAD else _LATER
        raise DeliveryError(f"Slack answered {response.status_code}{_said(_word(response.body))}; {advice}")


def _post_as_bot(settings: Settings, channel: str | None, message: Message, until: float) -> Thread:
    answer = _call(settings, "chat.postMessage", {"channel": channel, "unfurl_links": False, **message}, until)
    if not (answer.get("channel") and answer.get("ts")):
        raise DeliveryError(f"{_STRANGER}; {_LATER}")
    return Thread(answer["channel"], answer["ts"])


def _call(settings: Settings, method: str, arguments: dict[str, Any], until: float) -> dict[str, Any]:
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None
    try:
        client = WebClient(
            token,
            base_url=f"{settings.slack_api_url}/",
            timeout=_seconds_until(until),  # type: ignore[arg-type]  # a socket's timeout may be a fraction
            retry_handlers=_retry_handlers(until),
        )
        return _object(client.api_call(method, json=arguments))
    except SlackApiError as error:
        word = _word(_object(error.response).get("error"))
        status = error.response.status_code
        what = _STRANGER if status == 200 and not word else f"Slack answered {status}{_said(word)}"  # noqa: PLR2004 - OK
        raise DeliveryError(f"{what}; {_BOT_ADVICE.get(word or '', _LATER)}", word=word) from error
    # The library asks JSON that is no object for its fields.
    except (OSError, HTTPException, ValueError, SlackClientError, AttributeError, TypeError) as error:
        raise DeliveryError(f"Slack did not answer ({type(error).__name__}); {_LATER}") from error


def _object(response: SlackResponse) -> dict[str, Any]:
    return response.data if isinstance(response.data, dict) else {}


def _retry_handlers(until: float) -> list[RetryHandler]:
    handlers = [ConnectionErrorRetryHandler(), _RateLimitRetryHandler(), ServerErrorRetryHandler()]
    return [_RetryHandlerUntil(handler, until) for handler in handlers]


def _word(text: object) -> str | None:
    """Slack's own word for the error. Any other text is a stranger's, such as a proxy's, and may quote a secret."""
    return text if isinstance(text, str) and re.fullmatch(r"[a-z_]{1,60}", text) else None


def _said(word: str | None) -> str:
    return f" {word}" if word else ""
