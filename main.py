"""The Cloud Function: boots, answers /health, and hands every other request to monitor/web/door.py.

What listening does not need is imported in the server's worker, while it answers (ADR 16).
"""

from os import environ

from monitor.boot import booting, import_in_worker

with booting() as booted:
    import functions_framework
    from flask import Request, Response, request

    from monitor.settings import load_settings
    from monitor.web import answers

    SETTINGS = load_settings(environ)
    import_in_worker("monitor.web.door", "monitor.slack.notify")
    booted(SETTINGS.monitor_version, SETTINGS.model_dump())


@functions_framework.http
def check_data_availability(request: Request) -> Response:
    """Answer any request."""
    if (request.method, request.path) == ("GET", "/health"):
        return answers.health(SETTINGS.monitor_version)
    from monitor.web import door  # noqa: PLC0415 - waits for the worker's import

    return door.answer(request, SETTINGS)


@functions_framework.errorhandler(404)  # type: ignore[untyped-decorator]  # the framework's own
def _reserved(_error: Exception) -> object:
    """The framework keeps /favicon.ico and /robots.txt from the function: it has an error of its own for them."""
    return check_data_availability(request)
