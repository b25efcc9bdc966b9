# SPDX-License-Identifier: Apache-2.0
"""The log of sink-postgres (mode = log): tests/unit/sink_postgres_log.c."""
import subprocess

from harness import places
from harness.program import environment


def test_log(any_db):
    program = places.BUILD / "tests" / "unit" / "sink_postgres_log"
    done = subprocess.run([program, any_db.conninfo()], text=True, capture_output=True,
                          env=environment(), timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
