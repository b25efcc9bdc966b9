# SPDX-License-Identifier: Apache-2.0
"""Tables as the catalog has them, mapped, made, altered: tests/unit/sink_postgres_targets.c."""
import subprocess

from harness import places
from harness.program import environment


def test_targets(any_db):
    done = subprocess.run([places.BUILD / "tests" / "unit" / "sink_postgres_targets",
                           any_db.conninfo()], text=True, capture_output=True, env=environment(),
                          timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
