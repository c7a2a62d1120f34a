"""Boot in one line of the log: that the function has booted, with what settings, or, as CRITICAL, why it cannot.

A service that lacked a module looked like a timeout for 27 minutes on 2026-01-18. So what may lack is imported inside.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from traceback import format_exc
from typing import Any

from monitor.logs import Severity, log


@contextmanager
def booting() -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """Exit if the block, which imports and configures, fails; it calls what it is given with version and settings.

    The settings are logged as they print themselves: a secret must not print itself.
    """
    started = perf_counter()

    def booted(version: str, settings: Mapping[str, Any]) -> None:
        import_ms = round((perf_counter() - started) * 1000)
        message = f"the monitor has booted: {version}, in {import_ms} ms"
        log("booted", message, version=version, settings=settings, import_ms=import_ms)

    try:
        yield booted
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends here, and says so
        hint = "; it was not deployed, or requirements.txt lacks its package" if isinstance(error, ImportError) else ""
        log("boot_failed", f"the monitor cannot start: {error}{hint}", Severity.CRITICAL, stack_trace=format_exc())
        sys.exit(1)
