# SPDX-License-Identifier: Apache-2.0
"""sink-stdout: what it writes, a reader that is slow, a reader that goes away."""
import json
import os

from harness.program import to_stdout
from harness.waiting import wait_until


def table(db):
    db.sql("create table users (id int primary key, name text)")


def test_a_line_for_each_record(db, headrace):
    table(db)
    program = headrace(to_stdout(db, "lines", "public.users"))
    db.wait_streaming(f"lines_{db.name}", program)
    db.sql("""insert into users values (1, E'tab\\t "quoted" \\\\ é')""")
    db.sql("delete from users")
    wait_until(lambda: len(program.lines()) >= 3, what="three lines", give_up=program.must_run)
    insert, delete, tombstone = program.lines()
    assert insert["topic"].endswith("public.users")
    assert insert["key"] == {"id": 1}
    assert insert["value"]["after"]["name"] == 'tab\t "quoted" \\ é'
    assert (delete["value"]["op"], tombstone["value"]) == ("d", None)


def test_values_alone(db, headrace):
    table(db)
    program = headrace(to_stdout(db, "bare", "public.users", sink={"format": "value"}))
    db.wait_streaming(f"bare_{db.name}", program)
    db.sql("insert into users values (1, 'a')")
    wait_until(program.lines, what="a line", give_up=program.must_run)
    assert program.lines()[0]["after"] == {"id": 1, "name": "a"}


def test_a_slow_reader_holds_the_slot(db, headrace):
    table(db)
    program = headrace(to_stdout(db, "slow", "public.users"), start=False)
    reader, writer = os.pipe()
    program.start(stdout=writer)
    os.close(writer)
    slot = f"slow_{db.name}"
    db.wait_streaming(slot, program)
    db.sql("insert into users select i, repeat('x', 100) from generate_series(1, 100000) i")
    committed = db.lsn()
    program.live(1)
    assert db.confirmed_lsn(slot) < committed
    with open(reader, encoding="utf-8") as lines:
        keys = [json.loads(next(lines))["key"]["id"] for _ in range(100000)]
        assert keys == list(range(1, 100001))
        db.wait_confirmed(slot)
        assert program.stop() == 0


def test_a_reader_that_goes_away(db, headrace):
    table(db)
    program = headrace(to_stdout(db, "gone", "public.users"), start=False)
    reader, writer = os.pipe()
    program.start(stdout=writer)
    os.close(writer)
    slot = f"gone_{db.name}"
    db.wait_streaming(slot, program)
    os.close(reader)
    db.sql("insert into users values (1, 'a')")
    committed = db.lsn()
    program.log.wait("cannot write to standard output: Broken pipe")
    assert program.wait() != 0
    assert db.confirmed_lsn(slot) < committed
