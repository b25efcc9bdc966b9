# SPDX-License-Identifier: Apache-2.0
"""Where a restart goes on: every change once behind a clean stop, none missed behind a crash."""
import json
import re
import struct

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


def transactions(db, slot):
    """(LSN of the commit record, end LSN) of each that the slot has, as position texts."""
    binary = db.sql("select lsn::text, data from pg_logical_slot_peek_binary_changes(%s, null, null, "
                    "'proto_version', '1', 'publication_names', 'pub')", [slot])
    commits = [struct.unpack_from(">QQ", data, 2) for _, data in binary if data[:1] == b"C"]
    return [tuple(f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}" for lsn in commit) for commit in commits]


def interleaved(db):
    """Three transactions that commit in another order than they began, with rows of one LSN."""
    first, second, third = (db.connect(autocommit=False) for _ in range(3))
    first.execute("insert into t values (1)")
    second.execute("insert into t values (11)")
    with first.cursor().copy("copy t (id) from stdin") as copy:
        copy.write("2\n3\n4\n")
    third.execute("insert into t values (21)")
    second.execute("insert into t values (12)")
    second.commit()
    third.execute("update t set filler = 'x' where id = 21")
    third.commit()
    first.execute("insert into t values (5)")
    first.commit()
    for connection in (first, second, third):
        connection.close()


def test_from_every_position(numbers, headrace):
    """A restart behind each event of a script goes on with the next one: by the end of the
    transaction and the place in it, never by a row's LSN."""
    sections = pipeline(numbers, tables="t")
    slot, kept = slot_of(sections), f"kept_{numbers.name}"
    program = started(headrace, sections)
    run_until_confirmed(numbers, program, sections)
    program.stop()
    numbers.sql("select pg_copy_logical_replication_slot(%s, %s)", [slot, kept])
    interleaved(numbers)
    script = [(11, 12), (21, 21), (1, 2, 3, 4, 5)]
    commits = transactions(numbers, kept)
    assert len(commits) == len(script)
    path = next(path for path in program.state.glob("*.checkpoint"))
    text, begun = path.read_text(), re.search(r" lsn=(\S+?)[ \"]", path.read_text())[1]
    done = 0
    for transaction, (rows, (commit, end)) in enumerate(zip(script, commits)):
        before = commits[transaction - 1][1] if transaction else begun
        for ordinal in range(1, len(rows) + 1):
            inside = f" transaction={commit} ordinal={ordinal}" if ordinal < len(rows) else ""
            lsn = before if inside else end
            path.write_text(re.sub(r" lsn=\S+?(?=[\"\\])", f" lsn={lsn} previous={lsn}{inside}", text))
            numbers.cluster.drop_slot(slot)
            numbers.sql("select pg_copy_logical_replication_slot(%s, %s)", [kept, slot])
            seen = len(changes(program))
            program.start()
            numbers.wait_streaming(slot, program)
            found = ids(run_until_confirmed(numbers, program, sections, seen))
            assert program.stop() == 0
            done += 1
            assert found == [row for rows in script for row in rows][done:], (transaction, ordinal)
