"""Something outside hears of every run: the heartbeat's address after one that did all it had to, else its /fail.

It must notice a run that never came, so it is told of each that did; what goes wrong here is logged and fails nothing.
"""

from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import urlopen

from monitor.logs import Severity, log
from monitor.settings import Settings

SECONDS = 5


def beat(settings: Settings, *, ok: bool) -> None:
    """Call the heartbeat's address, as https://healthchecks.io/docs/signaling_failures/ has it, if there is one."""
    if settings.heartbeat_url is None:
        return
    url = urlsplit(settings.heartbeat_url.get_secret_value())
    called = url if ok else url._replace(path=f"{url.path.rstrip('/')}/fail")
    try:
        urlopen(called.geturl(), timeout=SECONDS).close()  # noqa: S310 - https, or this machine: settings see to it
    except (OSError, HTTPException, ValueError) as error:
        # Said without the address, which is a secret, and which the error's own text may hold.
        status = getattr(error, "status", "")
        log("heartbeat_failed", f"the heartbeat did not answer ({type(error).__name__} {status})", Severity.WARNING)
