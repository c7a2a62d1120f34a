"""A proxy in front of BigQuery, Slack and the heartbeat that fails at one step, in one way, once or every time.

It passes all else on, and tells a step by what the client itself says of it: a query's label, a job's id, a path.
"""

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

STATUSES = ("400", "401", "403", "404", "429", "500", "503")
FAULTS = (*STATUSES, "hang", "drop before", "drop after", "half a body", "slow")
"""`drop after`: the request took effect, and the connection is closed without an answer."""

SLOW_SECONDS = 0.4

SOURCES = (
    "read espn",
    "read nbac",
    "read upcoming_player_game_context",
    "read player_composite_factors",
    "read player_prop_predictions",
)

# As Google's APIs name them: https://cloud.google.com/bigquery/docs/error-messages
_REASONS = {
    "400": "invalid",
    "401": "authError",
    "403": "accessDenied",
    "404": "notFound",
    "429": "rateLimitExceeded",
    "500": "internalError",
    "503": "backendError",
}


def step_of(method: str, path: str, body: bytes) -> str:
    """What the monitor does with this request, such as `read espn`, `load`, `poll`, `webhook` or `chat.update`."""
    if path.startswith(("/services/", "/heartbeat")):
        return path.split("/")[1].replace("services", "webhook")
    if path.startswith("/api/"):
        reply = path.endswith("chat.postMessage") and b'"thread_ts"' in body
        kind = "commands" if b"Commands for " in body else "reply"
        return kind if reply else path.removeprefix("/api/")
    if path.startswith("/upload/"):
        return "load"
    if method == "GET" and "/jobs/data-availability-" in path:
        return "poll"
    label = re.search(rb'"source": ?"(\w+)"', body)
    return f"read {label[1].decode()}" if label else "other"


type Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Proxy:
    """What stands behind it, and the fault that it has."""

    bigquery: str
    slack: str = ""
    step: str = ""
    fault: str = ""
    always: bool = False
    url: str = ""
    met: Counter[str] = field(default_factory=Counter)  # how often each step came by
    closing: threading.Event = field(default_factory=threading.Event)
    unchanging: Collection[str] = SOURCES
    recorded: dict[str, Answer] = field(default_factory=dict)
    """What was answered at these steps, for whoever asks the same again: most of a run's time is the emulator's."""

    def fault_of(self, step: str) -> str:
        """The fault that this request meets, if any."""
        self.met[step] += 1
        return self.fault if step == self.step and (self.always or self.met[step] == 1) else ""

    def mend(self) -> None:
        """Have no fault from now on."""
        self.fault = ""


@contextmanager
def serve(proxy: Proxy) -> Iterator[Proxy]:
    """Run it on a free port of this machine."""

    class Handler(_Handler):
        pass

    Handler.proxy = proxy
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        proxy.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield proxy
        proxy.closing.set()
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        step = step_of(self.command, self.path, body)
        fault = self.proxy.fault_of(step)
        if fault in STATUSES:
            self._send(int(fault), *_refusal(fault, self.path))
        elif fault in {"hang", "drop before"}:
            self.proxy.closing.wait(60 if fault == "hang" else 0)
            self._hang_up()
        else:
            status, headers, answer = self._answer(step, body)
            if self.proxy.step == "poll" and self.path.startswith("/upload/"):
                # A load that takes a while, as most do, so that it is asked after.
                answer = re.sub(rb'"state": ?"DONE"', b'"state": "RUNNING"', answer)
            if fault == "drop after":
                self._hang_up()
            elif fault == "half a body":
                self._send(status, headers, answer, part=len(answer) // 2)
                self._hang_up()
            else:
                self.proxy.closing.wait(SLOW_SECONDS if fault == "slow" else 0)
                self._send(status, headers, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - the names that the library calls

    def _answer(self, step: str, body: bytes) -> Answer:
        # The step that has the fault is asked each time.
        if step not in self.proxy.unchanging or step == self.proxy.step:
            return self._upstream(body)
        asked = json.loads(body)
        query = f"{asked['query']}{asked['queryParameters']}"
        if query not in self.proxy.recorded:
            answer = self._upstream(body)
            if not json.loads(answer[2]).get("jobComplete"):
                return answer
            self.proxy.recorded[query] = answer
        return self.proxy.recorded[query]

    def _upstream(self, body: bytes) -> Answer:
        if self.path.startswith("/heartbeat"):
            return 200, {}, b"OK"
        is_slack = self.path.startswith(("/services/", "/api/"))
        behind = urlsplit(self.proxy.slack if is_slack else self.proxy.bigquery)
        connection = HTTPConnection(str(behind.hostname), behind.port, timeout=60)
        dropped = {"host", "accept-encoding", "connection"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        # An upload that goes in parts is told where to go on: here again.
        kept = {name: value for name, value in answer.getheaders() if name.lower() in {"content-type", "location"}}
        return answer.status, {n: v.replace(self.proxy.bigquery, self.proxy.url) for n, v in kept.items()}, text

    def _send(self, status: int, headers: dict[str, str], body: bytes, part: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:part])

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_given: Any) -> None:
        """Say nothing: the tests' output is for what fails."""


def _refusal(status: str, path: str) -> tuple[dict[str, str], bytes]:
    """As BigQuery or Slack would say it."""
    if path.startswith("/services/"):
        return {"Content-Type": "text/plain"}, b"some_error"
    if path.startswith("/api/"):
        return {"Content-Type": "application/json"}, b'{"ok": false, "error": "some_error"}'
    reason = _REASONS[status]
    message = f"a fault: {reason}"
    errors = [{"reason": reason, "message": message}]
    error = {"code": int(status), "message": message, "errors": errors, "status": reason}
    return {"Content-Type": "application/json"}, json.dumps({"error": error}).encode()
