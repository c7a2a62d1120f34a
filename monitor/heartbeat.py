"""Pings an outside service after every run: the heartbeat URL after a success, its /fail after a failure.

That service notices a run that never came. An error here is logged and does not fail the run.
"""

from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import urlopen

from monitor.logs import Severity, log
from monitor.settings import Settings

SECONDS = 5


def beat(settings: Settings, *, ok: bool) -> None:
    """Ping the heartbeat URL, if set, as in https://healthchecks.io/docs/signaling_failures/."""
    if settings.heartbeat_url is None:
        return
    url = urlsplit(settings.heartbeat_url.get_secret_value())
    called = url if ok else url._replace(path=f"{url.path.rstrip('/')}/fail")
    try:
        urlopen(called.geturl(), timeout=SECONDS).close()  # noqa: S310 - the settings allow only https and this machine
    except (OSError, HTTPException, ValueError) as error:
        # The URL is a secret, and the error's own text may contain it.
        status = getattr(error, "status", "")
        log("heartbeat_failed", f"the heartbeat did not answer ({type(error).__name__} {status})", Severity.WARNING)
