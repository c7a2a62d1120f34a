"""The command line, as `python -m monitor`: it starts `monitor.cli`, or says in one line why it cannot.

A person may start it with any Python, so this file keeps to what Python 3.6 can parse.
"""

import sys

if sys.version_info < (3, 13):  # noqa: UP036 - any Python may run this line
    print(f"monitor needs Python 3.13; this is {sys.version.split()[0]}", file=sys.stderr)
    sys.exit(2)
try:
    from monitor.cli.commands import main
except ImportError as error:
    print(f"monitor cannot start: {error}; use .venv/bin/monitor, which `make demo` sets up", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main())
