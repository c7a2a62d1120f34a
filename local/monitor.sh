#!/bin/sh
# The command `monitor`, from any folder. `make` links to it as .venv/bin/monitor.
root=$(dirname "$(readlink -f "$0")")/..
PYTHONPATH=$root exec "$root/.venv/bin/python" -P -m monitor "$@"
