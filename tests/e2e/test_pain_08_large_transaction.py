# SPDX-License-Identifier: Apache-2.0
"""The memory for a transaction does not depend on its size."""
import pytest

from harness.program import sanitized
from harness.waiting import count
from pgoutput import pipeline, slot_of, started
from test_pain_09_savepoint_abort import STREAMING


@pytest.mark.parametrize("mode", STREAMING)
@pytest.mark.skipif(sanitized(), reason="memory of sanitizers")
def test_memory_does_not_grow_with_a_transaction(numbers, headrace, mode):
    rows = count(300_000, 1_000_000)
    sections = pipeline(numbers, tables="t", **STREAMING[mode])
    program = started(headrace, sections)
    numbers.sql("insert into t select g, 'filler' from generate_series(1, %s::int) g", [rows])
    numbers.wait_confirmed(slot_of(sections), timeout=120)
    peak = program.peak_rss_kib()
    assert peak < 64 * 1024, f"{peak} KiB"
