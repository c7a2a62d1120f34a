"""A local stand-in for Slack: accepts the messages that Slack would accept, rejects the others, and shows both.

It supports what the monitor uses, an incoming webhook and `chat.postMessage` and `chat.update`, and fails on demand.
"""

import hashlib
import json
import logging
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

from local.block_kit import refusals
from local.mrkdwn import mrkdwn, plain

LOG = logging.getLogger(__name__)
WEBHOOK_PATH = "/services/T0LOCAL/B0LOCAL/not-a-secret"
WEBHOOK_CHANNEL = "C0WEBHOOK"  # a webhook belongs to one channel, whatever the payload says
# In bytes, and far less than for a post: msg_too_long at https://docs.slack.dev/reference/methods/chat.update#errors
LONGEST_UPDATE = 4_000

type Payload = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """How to answer the next post: as the inbox does, after `delay`, or with this status and body.

    `drop` closes the connection without an answer. `accept` says whether the message is stored; by default it is
    stored only if the inbox itself answers.
    """

    status: int = 200
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    accept: bool | None = None
    drop: bool = False


@dataclass(frozen=True)
class Message:
    received: str
    kind: str  # what last wrote it: webhook, post or update
    channel: str
    ts: str
    thread_ts: str | None
    broadcast: bool
    text: str
    blocks: list[Payload]
    edited: int = 0
    earlier: tuple[Payload, ...] = ()  # its text and blocks before each edit

    def lines(self) -> Iterator[str]:
        """The texts of its blocks, line by line, with an empty line after each block."""
        for block in self.blocks:
            texts = [block["text"]] if "text" in block else block["elements"]
            for text in texts:
                yield from str(text["text"]).splitlines()
            yield ""


class RefusedError(Exception):
    """The message was rejected. The arguments are the reasons; each starts with Slack's error."""

    def __str__(self) -> str:
        return str(self.args[0]).partition(":")[0]


@dataclass
class Inbox:
    url: str = ""
    refused: list[Payload] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    _by_ts: dict[str, Message] = field(default_factory=dict)
    _answers: deque[Answer] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last_ts: float = 0.0

    @property
    def webhook_url(self) -> str:
        return self.url + WEBHOOK_PATH

    @property
    def messages(self) -> list[Message]:
        return list(self._by_ts.values())

    def answer_next(self, *answers: Answer) -> None:
        self._answers.extend(answers)

    def next_answer(self) -> Answer:
        with self._lock:
            return self._answers.popleft() if self._answers else Answer()

    def clear(self) -> None:
        self._by_ts.clear()
        self._answers.clear()
        self.refused.clear()

    def delete(self, ts: str) -> bool:
        return self._by_ts.pop(ts, None) is not None

    def refuse(self, kind: str, error: RefusedError, payload: object) -> None:
        self.refused.append({"received": _now(), "kind": kind, "reasons": list(error.args), "payload": payload})
        LOG.warning("refused %s: %s", kind, "; ".join(error.args))

    def post(self, kind: str, channel: str, payload: Payload) -> Message:
        _check(payload)
        with self._lock:
            thread_ts = self._thread(payload.get("thread_ts"))
            self._last_ts = max(time.time(), self._last_ts + 0.000_01)  # unique: a ts identifies its message
            ts, text = f"{self._last_ts:.6f}", payload.get("text") or ""
            broadcast = thread_ts is not None and str(payload.get("reply_broadcast")).lower() in {"1", "true"}
            message = Message(_now(), kind, channel, ts, thread_ts, broadcast, text, payload.get("blocks") or [])
            self._by_ts[ts] = message
        return message

    def update(self, channel: str, payload: Payload) -> Message:
        _check(payload)
        with self._lock:
            old = self._by_ts.get(str(payload.get("ts")))
            if old is None or old.channel != channel:
                raise RefusedError("message_not_found")
            text = payload.get("text") or ""
            if len(text.encode()) > LONGEST_UPDATE:
                raise RefusedError("msg_too_long")
            blocks = payload.get("blocks")
            if blocks is None:  # omitted blocks are kept only if there is no new text either
                blocks = [] if text else old.blocks
            earlier = (*old.earlier, {"text": old.text, "blocks": old.blocks})
            new = replace(old, kind="update", text=text, blocks=blocks, edited=len(earlier), earlier=earlier)
            self._by_ts[old.ts] = new
        return new

    def _thread(self, thread_ts: object) -> str | None:
        if thread_ts is None:
            return None
        if not re.fullmatch(r"\d+\.\d+", str(thread_ts)):
            raise RefusedError(f"invalid_thread_ts: {thread_ts} is not a valid thread_ts")
        # Slack does not reject a reply to a deleted message: it posts it in the channel, outside any thread, and only
        # leaves thread_ts out of its answer. https://github.com/slack-go/slack/issues/1571
        parent = self._by_ts.get(str(thread_ts))
        return (parent.thread_ts or parent.ts) if parent else None


def create_inbox(inbox: Inbox) -> Flask:
    app = Flask(__name__)
    app.add_template_filter(mrkdwn)
    app.add_template_filter(plain)

    @app.post("/services/<team>/<bot>/<secret>")
    def webhook(**_path: str) -> Response:
        return _answered(inbox, lambda: _webhook(inbox))

    @app.post("/api/<method>")
    def api(method: str) -> Response:
        return _answered(inbox, lambda: _api(inbox, method))

    @app.get("/messages.json")
    def messages() -> Payload:
        return {"messages": inbox.messages, "refused": inbox.refused}

    @app.delete("/messages.json")
    def clear() -> Response:
        inbox.clear()
        return Response(status=204)

    @app.delete("/messages/<ts>")
    def delete(ts: str) -> Response:
        return Response(status=204 if inbox.delete(ts) else 404)

    @app.get("/")
    def page() -> Response:
        html = render_template("inbox.html", inbox=inbox, threads=_threads(inbox.messages))
        # A message may link to any image or script; viewing it here must not fetch or run them.
        return Response(html, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})

    return app


@contextmanager
def serve(port: int = 0) -> Iterator[Inbox]:
    inbox = Inbox()
    server = make_server("127.0.0.1", port, create_inbox(inbox), threaded=True, request_handler=_QuietHandler)
    inbox.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="inbox", daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.closing.set()
        server.shutdown()
        thread.join()


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: a webhook's path is a secret."""


def _answered(inbox: Inbox, own_answer: Callable[[], Response]) -> Response:
    answer = inbox.next_answer()
    own = answer.status == 200 and answer.body is None and not answer.drop  # noqa: PLR2004 -- HTTP 200
    response = own_answer() if (own if answer.accept is None else answer.accept) else None
    inbox.closing.wait(answer.delay)
    if answer.drop:
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    if response is None or not own:
        is_json = (answer.body or "").startswith("{")
        response = Response(answer.body, answer.status, mimetype="application/json" if is_json else "text/plain")
    response.headers.update(answer.headers)
    return response


def _webhook(inbox: Inbox) -> Response:
    payload: Any = request.get_json(force=True, silent=True)
    try:
        inbox.post("webhook", WEBHOOK_CHANNEL, payload)
    except RefusedError as error:
        inbox.refuse("webhook", error, payload)
        return Response(str(error), 400, mimetype="text/plain")
    return Response("ok", mimetype="text/plain")


def _api(inbox: Inbox, method: str) -> Response:
    payload: Payload = {}
    try:
        payload = _api_payload()
        message = _called(inbox, method, payload)
    except RefusedError as error:
        inbox.refuse(method, error, payload)
        details = [detail for _, _, detail in (reason.partition(": ") for reason in error.args) if detail]
        explained = {"errors": details, "response_metadata": {"messages": [f"[ERROR] {detail}" for detail in details]}}
        return jsonify({"ok": False, "error": str(error), **(explained if details else {})})
    shown = {"type": "message", "text": message.text, "ts": message.ts, "blocks": message.blocks}
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    return jsonify({"ok": True, "channel": message.channel, "ts": message.ts, "message": shown})


def _api_payload() -> Payload:
    """The JSON object or the form, in which lists are JSON strings."""
    payload = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not isinstance(payload, dict):
        raise RefusedError("invalid_json" if payload is None else "json_not_object")
    try:
        return {key: json.loads(value) if _is_packed(key, value) else value for key, value in payload.items()}
    except ValueError:
        raise RefusedError("invalid_blocks_format") from None


def _is_packed(key: str, value: object) -> bool:
    return key in {"blocks", "attachments"} and isinstance(value, str)


def _called(inbox: Inbox, method: str, payload: Payload) -> Message:
    # The errors: https://docs.slack.dev/reference/methods/chat.postMessage#errors
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not token:
        raise RefusedError("not_authed")
    if not token.startswith("xoxb-"):
        raise RefusedError("invalid_auth")
    channel = str(payload.get("channel", ""))
    is_id = re.fullmatch(r"[CDG][A-Z0-9]{8,}", channel)
    match method:
        case "chat.postMessage" if channel:
            # A post accepts a channel name and answers with its id; an update requires the id.
            made_up = "C" + hashlib.sha256(channel.removeprefix("#").encode()).hexdigest()[:10].upper()
            return inbox.post("post", channel if is_id else made_up, payload)
        case "chat.update" if is_id:
            return inbox.update(channel, payload)
        case "chat.postMessage" | "chat.update":
            raise RefusedError("channel_not_found")
    raise RefusedError("unknown_method")


def _check(payload: object) -> None:
    reasons = refusals(payload) if isinstance(payload, dict) else ["invalid_payload"]
    if reasons:
        raise RefusedError(*reasons)


def _threads(messages: list[Message]) -> list[tuple[Message, list[Message]]]:
    """Each first message with its replies. A reply whose first message was deleted stands alone."""
    known = {message.ts for message in messages}
    first = [message for message in messages if message.thread_ts not in known]
    return [(message, [reply for reply in messages if reply.thread_ts == message.ts]) for message in first]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
