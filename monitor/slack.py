"""A message goes to Slack's incoming webhook, with Slack's own retries; what is not delivered is a DeliveryError.

The only module that imports slack_sdk.
"""

import re
from http.client import HTTPException
from typing import Any

from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient

from monitor.settings import Settings

POST_SECONDS = 10

# A webhook that answers one of these will not work again without a person:
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_PERMANENT = {403, 404, 410}
_NEVER = "this webhook will not work again: make a new one and set SLACK_WEBHOOK_URL"
_LATER = "call again to try again"


class DeliveryError(Exception):
    """Slack did not take the message. Says why and what to do, without the webhook's address."""


def has_channel(settings: Settings) -> bool:
    """Whether there is anywhere to post to."""
    return settings.slack_webhook_url is not None


def post(settings: Settings, message: dict[str, Any]) -> None:
    """Post a message of `text` and `blocks`. Raises DeliveryError."""
    if settings.slack_webhook_url is None:
        raise DeliveryError("no Slack channel is set: give SLACK_WEBHOOK_URL")
    client = WebhookClient(
        settings.slack_webhook_url.get_secret_value(),
        timeout=POST_SECONDS,
        retry_handlers=[
            ConnectionErrorRetryHandler(),
            RateLimitErrorRetryHandler(),
            ServerErrorRetryHandler(),
        ],
    )
    try:
        response = client.send(text=message["text"], blocks=message["blocks"])
    except (OSError, HTTPException, ValueError) as error:
        # The error's own text may hold the address, which is the secret.
        raise DeliveryError(f"Slack did not answer ({type(error).__name__}); {_LATER}") from error
    if response.status_code != 200 or response.body != "ok":  # noqa: PLR2004 - the one answer that means delivered
        advice = _NEVER if response.status_code in _PERMANENT else _LATER
        raise DeliveryError(f"Slack answered {response.status_code}{_word(response.body)}; {advice}")


def _word(body: str | None) -> str:
    """Slack's own word for the error. Any other body is a stranger's, such as a proxy's, and may quote the address."""
    return f" {body}" if body and re.fullmatch(r"[a-z_]{1,60}", body) else ""
