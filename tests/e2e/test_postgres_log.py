# SPDX-License-Identifier: Apache-2.0
"""The log of sink-postgres (mode = log): tests/unit/sink_postgres_log*.c."""
import subprocess

import pytest

from harness import places
from harness.program import environment


@pytest.mark.parametrize("program", ["sink_postgres_log", "sink_postgres_log_admin"])
def test_log(any_db, program):
    done = subprocess.run([places.BUILD / "tests" / "unit" / program, any_db.conninfo()], text=True,
                          capture_output=True, env=environment(), timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
