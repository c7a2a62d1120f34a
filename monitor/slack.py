"""Messages go to Slack by incoming webhook or by bot, with Slack's own retries; what fails is a DeliveryError.

A webhook can only post. A bot edits its first message to the current state and threads what changed. The only module
that imports slack_sdk.
"""

import re
from http.client import HTTPException
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

from monitor.core.alerts import Channel, Thread
from monitor.settings import Settings

type Message = dict[str, Any]
"""`text` and `blocks`, as both of Slack's interfaces take them."""

# A message takes at most three calls, each at most two attempts and one wait: below three minutes, which is below the
# least deadline that a scheduler's job of this platform has.
CALL_SECONDS = 10
MOST_WAIT_SECONDS = 30

_LATER = "call again to try again"
_STRANGER = "Slack's address answered 200, but not as Slack does"

# A webhook that answers one of these will not work again without a person:
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_WEBHOOK_IS_DEAD = {403, 404, 410}
_NEW_WEBHOOK = "this webhook will not work again: make a new one and set SLACK_WEBHOOK_URL"

# Errors that a person has to mend: https://docs.slack.dev/reference/methods/chat.postMessage#errors
_SPENT = "this token will not work again: make a new one and set SLACK_BOT_TOKEN"
_OTHER_CHANNEL = "set SLACK_CHANNEL to a channel that exists, and invite the bot to it"
_BOT_ADVICE = {
    "not_authed": _SPENT,
    "invalid_auth": _SPENT,
    "account_inactive": _SPENT,
    "token_revoked": _SPENT,
    "token_expired": _SPENT,
    "missing_scope": "give the bot the scope chat:write",
    "channel_not_found": _OTHER_CHANNEL,
    "not_in_channel": _OTHER_CHANNEL,
    "is_archived": _OTHER_CHANNEL,
}

# The first message cannot be edited any more: https://docs.slack.dev/reference/methods/chat.update#errors
_NOT_TO_BE_EDITED = {
    "message_not_found",
    "cant_update_message",
    "edit_window_closed",
    "channel_not_found",
}


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


def deliver(
    settings: Settings, message: Message, *, thread: Thread | None, reply: Message, broadcast: bool
) -> Thread | None:
    """Post the message; where a bot has a thread, edit its first message to it instead, and add the reply.

    `broadcast` shows the reply in the channel too. Returns where the bot's first message is, or None for a webhook.
    Raises DeliveryError.
    """
    if settings.channel is Channel.WEBHOOK:
        _post_to_webhook(settings, message)
        return None
    if thread is None:
        return _post_as_bot(settings, settings.slack_channel, message)
    # The edit comes first: made twice it changes nothing, so that only a lost answer to the reply can repeat anything.
    try:
        _call(settings, "chat.update", {"channel": thread.channel, "ts": thread.ts, **message})
    except DeliveryError as error:
        if error.word not in _NOT_TO_BE_EDITED:
            raise
        return _post_as_bot(settings, settings.slack_channel, message)
    _post_as_bot(settings, thread.channel, {**reply, "thread_ts": thread.ts, "reply_broadcast": broadcast})
    return thread


def _post_to_webhook(settings: Settings, message: Message) -> None:
    if settings.slack_webhook_url is None:
        raise DeliveryError("no Slack channel is set: give SLACK_WEBHOOK_URL, or SLACK_BOT_TOKEN and SLACK_CHANNEL")
    client = WebhookClient(
        settings.slack_webhook_url.get_secret_value(), timeout=CALL_SECONDS, retry_handlers=_retry_handlers()
    )
    try:
        response = client.send(**message, unfurl_links=False)
    except (OSError, HTTPException, ValueError) as error:
        # The error's own text may hold the address, which is the secret.
        raise DeliveryError(f"Slack did not answer ({type(error).__name__}); {_LATER}") from error
    if response.status_code != 200 or response.body != "ok":  # noqa: PLR2004 - the one answer that means delivered
        advice = _NEW_WEBHOOK if response.status_code in _WEBHOOK_IS_DEAD else _LATER
        raise DeliveryError(f"Slack answered {response.status_code}{_said(_word(response.body))}; {advice}")


def _post_as_bot(settings: Settings, channel: str | None, message: Message) -> Thread:
    answer = _call(settings, "chat.postMessage", {"channel": channel, "unfurl_links": False, **message})
    if not (answer.get("channel") and answer.get("ts")):
        raise DeliveryError(f"{_STRANGER}; {_LATER}")
    return Thread(answer["channel"], answer["ts"])


def _call(settings: Settings, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None
    client = WebClient(
        token, base_url=f"{settings.slack_api_url}/", timeout=CALL_SECONDS, retry_handlers=_retry_handlers()
    )
    try:
        return _object(client.api_call(method, json=arguments))
    except SlackApiError as error:
        word = _word(_object(error.response).get("error"))
        status = error.response.status_code
        what = _STRANGER if status == 200 and not word else f"Slack answered {status}{_said(word)}"  # noqa: PLR2004 - OK
        raise DeliveryError(f"{what}; {_BOT_ADVICE.get(word or '', _LATER)}", word=word) from error
    except (OSError, HTTPException, ValueError, SlackClientError) as error:
        raise DeliveryError(f"Slack did not answer ({type(error).__name__}); {_LATER}") from error


def _object(response: SlackResponse) -> dict[str, Any]:
    return response.data if isinstance(response.data, dict) else {}


def _retry_handlers() -> list[RetryHandler]:
    return [ConnectionErrorRetryHandler(), _RateLimitRetryHandler(), ServerErrorRetryHandler()]


def _word(text: object) -> str | None:
    """Slack's own word for the error. Any other text is a stranger's, such as a proxy's, and may quote a secret."""
    return text if isinstance(text, str) and re.fullmatch(r"[a-z_]{1,60}", text) else None


def _said(word: str | None) -> str:
    return f" {word}" if word else ""
