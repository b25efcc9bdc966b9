# SPDX-License-Identifier: Apache-2.0
"""Where a restart goes on: every change once behind a clean stop, none missed behind a crash."""
import json
import re

from harness.waiting import count, wait_until
from pgoutput import (changes, checkpoint, ids, pipeline, run_until_confirmed, slot_of, started,
                      wait_changes)


def test_restart_inside_a_transaction_drops_what_is_done(numbers, headrace):
    """The reader of the output stops in the middle of a transaction; the next start goes on
    behind what it had taken."""
    rows = 100_000
    sections = pipeline(numbers, tables="t")
    program = started(headrace, sections)
    numbers.sql("insert into t values (-1)")
    wait_changes(program, 1)
    numbers.wait_confirmed(slot_of(sections))
    numbers.sql("insert into t select g, repeat('x', 100) from generate_series(1, %s::int) g",
                [rows])
    end = numbers.lsn()
    wait_changes(program, 100)
    program.stop()
    found = ids(changes(program))
    if len(found) < rows:  # it was stopped inside
        position = re.search(r"transaction=\S+ ordinal=(\d+)", checkpoint(program))
        assert int(position[1]) == len(found) - 1
        assert numbers.confirmed_lsn(slot_of(sections)) < end
    program.start()
    numbers.wait_streaming(slot_of(sections), program)
    found = run_until_confirmed(numbers, program, sections)
    assert ids(found) == [-1, *range(1, rows + 1)]
    assert [change["ordinal"] for change in found[1:]] == list(range(rows))
    assert len({change["transaction"] for change in found[1:]}) == 1


def test_killed_inside_transactions(numbers, headrace):
    rows = count(30_000, 300_000)
    sections = pipeline(numbers, tables="t")
    sections["p"]["checkpoint_interval"] = "20ms"
    program = started(headrace, sections)
    numbers.sql("insert into t select g from generate_series(1, %s::int) g", [rows])
    for part in range(1, 4):
        wait_until(lambda: len(program.output.text()) > 100_000 * part, what="more output")
        program.kill9()
        # What was cut in the middle of a line is repeated: give it a line of its own.
        with open(program.output.path, "a", encoding="utf-8") as output:
            output.write("\n")
        program.start()
    numbers.wait_confirmed(slot_of(sections), timeout=60)
    found = []
    for line in program.output.text().splitlines():
        try:
            value = json.loads(line)["value"]
        except ValueError:
            continue
        found.append(int((json.loads(value) if isinstance(value, str) else value)["new"]["id"]))
    assert sorted(set(found)) == list(range(1, rows + 1))
    assert len(found) < 2 * rows, "a restart does not begin the transaction anew"
