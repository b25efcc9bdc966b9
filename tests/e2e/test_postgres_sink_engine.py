# SPDX-License-Identifier: Apache-2.0
"""The engine of sink-postgres with a planner of its own: tests/unit/sink_postgres_engine.c."""
import subprocess

from harness import places
from harness.program import environment


def test_engine(any_db):
    program = places.BUILD / "tests" / "unit" / "sink_postgres_engine"
    done = subprocess.run([program, any_db.conninfo()], text=True, capture_output=True,
                          env=environment(), timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
