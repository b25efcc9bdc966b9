# SPDX-License-Identifier: Apache-2.0
"""Tables without a key: rows are compared as a whole, and counted."""
import collections

import pytest

from on_demand import Gate, ask, jobs, pipeline, reads, say, wait_over
from pgoutput import run_until_confirmed, slot_of, started


def rows(stream):
    return collections.Counter(tuple(change["new"].values()) for change in stream)


def table(db):
    return collections.Counter((str(a), b) for a, b in db.sql("select a, b from t"))


def running(db, headrace, identity, **source):
    db.sql(f"""create table t (a int, b text); alter table t replica identity {identity};
        create table one (id int primary key); insert into one values (1);
        insert into t select g % 14, case when g % 3 = 0 then null else 'b' end
        from generate_series(0, 139) g""")  # one page, and so one chunk
    sections = pipeline(db, tables="t, one", **source)
    program = started(headrace, sections)
    say(db, "one")
    wait_over(db, program)
    return sections, program


@pytest.mark.parametrize("identity", ["full", "nothing"])
def test_equal_rows_are_counted(db, headrace, identity):
    operations = None if identity == "full" else "insert"
    _, program = running(db, headrace, identity, operations=operations)
    say(db, "t")
    wait_over(db, program, 2)
    assert rows(read for read in reads(program) if read["table"] == "t") == table(db)


CHANGES = {
    "insert into t values (1, 'b')": {},
    "insert into t values (1000, 'new')": {},
    "delete from t where ctid = (select min(ctid) from t where a = 1 and b = 'b')": {("1", "b"): 1},
    "delete from t where a = 2": {("2", None): 3, ("2", "b"): 7},
    "update t set b = 'other' where a = 3 and b is null": {("3", None): 4},
    "insert into t values (1001, 'x'); delete from t where a = 1001": {},
    "insert into t values (1, 'b'); delete from t where ctid = "
    "(select max(ctid) from t where a = 1 and b = 'b')": {},
}


def cases(db, program):
    """For each of CHANGES: its statements, and how many jobs there are when its own is over.

    Afterwards, rows of its chunk must be those that were there, but for those that are expected to
    be left out."""
    for number, (sql, left_out) in enumerate(CHANGES.items(), 2):
        before, seen = table(db), len(reads(program))
        yield sql.split("; "), number
        found = rows(reads(program)[seen:])
        assert before - found == collections.Counter(left_out), sql
        assert not found - before, sql
        assert jobs(db)[-1][0] == "done"
        db.sql("delete from t where a >= 1000")


def test_changed_behind_the_snapshot(db, headrace):
    """Rows of the chunk are sent but for those that were taken away since."""
    sections, program = running(db, headrace, "full")
    for statements, number in cases(db, program):
        gate = Gate(db)
        ask(db, slot_of(sections), "t", Gate.where)
        gate.wait_reached(program)
        for statement in statements:
            db.sql(statement)
        run_until_confirmed(db, program, sections)
        gate.open()
        wait_over(db, program, number)


def test_changed_before_the_snapshot(db, headrace):
    """Between the low watermark and the snapshot: the chunk has what the stream has sent."""
    sections, program = running(db, headrace, "full")
    for statements, number in cases(db, program):
        gate = Gate(db, "t")
        say(db, "t")
        gate.wait_reached(program)
        for statement in statements:
            gate.connection.execute(statement)
        gate.connection.commit()
        gate.open()
        wait_over(db, program, number)
        run_until_confirmed(db, program, sections)
