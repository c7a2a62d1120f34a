"""Runs dbt's own command with its clock set to the sample's: check.py TIME ARGUMENTS...

dbt takes no time, and would find the sample's tables old.
Exits like dbt: 0 if all is well, 1 if something is stale or failed, 2 if dbt itself did.
"""

import sys
from datetime import datetime

import time_machine


def main(moment: str, *arguments: str) -> int:
    with time_machine.travel(datetime.fromisoformat(moment)):
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - dbt reads the clock when it is imported

        done = dbtRunner().invoke(list(arguments))
    if done.exception:
        print(done.exception, file=sys.stderr)
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
