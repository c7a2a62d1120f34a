"""Runs gcloud for each line of standard input, a JSON list of its arguments, and answers its status, output and errors.

Loading gcloud takes longer than any command, so one process runs them all. gcloud's launcher starts this file, with the
path of gcloud.py as its argument, when CLOUDSDK_PYTHON_ARGS names it.
"""

import json
import os
import runpy
import sys
from tempfile import TemporaryFile

program = sys.argv[-1]
gcloud = runpy.run_path(program)
answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    sys.argv = [program, *json.loads(line)]
    status = None
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        try:
            gcloud["main"]()
        except SystemExit as end:
            status = end.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        output.seek(0)
        errors.seek(0)
        answers.write(json.dumps([status, output.read(), errors.read()]) + "\n")
        answers.flush()
