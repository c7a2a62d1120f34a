"""Logs the boot in one line: the version and settings, or, as CRITICAL, why the function cannot start.

On 2026-01-18 a service with a missing module looked like a timeout for 27 minutes. Imports that can fail therefore go
inside the block, or in the server's worker, where they end the server. Later failures of that worker are logged in the
same form.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from threading import Thread
from time import perf_counter
from traceback import format_exc
from typing import Any

from monitor.logs import Severity, log

# Gunicorn ends when a worker exits with this, instead of starting another.
_WORKER_BOOT_ERROR = 3


@contextmanager
def booting() -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """Log why and exit if the block, which imports and configures, fails. The block calls what it gets with the result.

    The settings are logged by their repr, so the repr of a secret must not show it.
    """
    started = perf_counter()
    # The functions framework gives no hook into gunicorn, but its parent process logs what becomes of a worker.
    logging.getLogger("gunicorn.error").addFilter(_structured)

    def booted(version: str, settings: Mapping[str, Any]) -> None:
        import_ms = round((perf_counter() - started) * 1000)
        message = f"the monitor has booted: {version}, in {import_ms} ms"
        log("booted", message, version=version, settings=settings, import_ms=import_ms)

    try:
        yield booted
    except Exception as error:  # noqa: BLE001 - any error ends the boot, and is logged
        _log_failure(error)
        sys.exit(1)


def import_in_worker(*modules: str) -> None:
    """Import these modules, in order, in the process that the server forks, while it begins to answer.

    One that cannot be imported ends the server, as it would have ended the boot. A request that needs a module waits
    for it: Python imports a module once, under a lock.
    """
    os.register_at_fork(after_in_child=lambda: Thread(target=_import, args=modules, daemon=True).start())


def _import(*modules: str) -> None:
    try:
        for module in modules:
            import_module(module)
    except Exception as error:  # noqa: BLE001 - as in the boot
        _log_failure(error)
        os._exit(_WORKER_BOOT_ERROR)


def _log_failure(error: Exception) -> None:
    hint = "; it was not deployed, or requirements.txt lacks its package" if isinstance(error, ImportError) else ""
    log("boot_failed", f"the monitor cannot start: {error}{hint}", Severity.CRITICAL, stack_trace=format_exc())


def _structured(record: logging.LogRecord) -> bool:
    """Log that a worker timed out, was killed or ended, instead of gunicorn's line of plain text."""
    if record.levelno < logging.ERROR or not str(record.msg).lower().startswith("worker "):
        return True
    log("worker_failed", f"the server's worker failed: {record.getMessage()}", Severity.CRITICAL)
    return False
