# SPDX-License-Identifier: Apache-2.0
"""Tables that are altered or rewritten while they are read on demand."""
import pytest

from on_demand import Gate, ask, jobs, pipeline, reads, replay, say, table, wait_over
from pgoutput import run_until_confirmed, slot_of, started

from harness.waiting import wait_until

ALTERATIONS = {
    "add": "alter table t add column extra int default 5",
    "drop": "alter table t drop column note",
    "rename": "alter table t rename column note to remark",
    "retype": "alter table t alter column note type varchar(20)",
    "rewrite": "alter table t alter column version type numeric",
    "another key": "alter table t drop constraint t_pkey; alter table t add primary key (version)",
}


@pytest.fixture
def things(db):
    db.sql("""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        create table one (id int primary key); insert into one values (1);
        insert into t select g, nextval('versions'), 'note ' || g
        from generate_series(0, 1999) g""")
    return db


def running(things, headrace, **source):
    sections = pipeline(things, tables="t, one", snapshot_chunk_rows=200, **source)
    program = started(headrace, sections)
    say(things, "one")
    wait_over(things, program)
    return sections, program


def rows_of(stream):
    return {read["new"]["id"]: read["new"] for read in stream if read["table"] == "t"}


def expected(things):
    return {row["id"]: row for row in table(things, "t").values()}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_altered_between_the_watermarks(things, headrace, what):
    """The chunk waits behind its low watermark for the lock that the ALTER TABLE has."""
    sections, program = running(things, headrace)
    gate = Gate(things, "t")
    say(things, "t")
    gate.wait_reached(program)
    gate.connection.execute(ALTERATIONS[what])
    gate.connection.execute("insert into t (id, version) values (5000, nextval('versions'))")
    gate.connection.commit()
    wait_over(things, program, 2)
    gate.open()
    things.sql("update t set version = nextval('versions') where id = 5000")
    stream = [change for change in run_until_confirmed(things, program, sections)
              if change["table"] == "t"]
    found = rows_of(stream)
    for change in stream:
        if change["op"] != "read":
            found[change["new"]["id"]] = change["new"]
    assert found == expected(things), "every row as the table is now"
    assert jobs(things)[1][0] == "done"
    assert stream[-1]["columns"] == stream[-2]["columns"], "read and streamed look the same"


def test_altered_between_two_chunks(things, headrace):
    sections, program = running(things, headrace)
    ask(things, slot_of(sections), "t", "pg_sleep(0.0004) is not null")
    wait_until(lambda: jobs(things)[1][3] >= 2, 30, "two chunks", give_up=program.must_run)
    things.sql("alter table t add column extra int default 5")
    wait_over(things, program, 2)
    found = rows_of(reads(program))
    assert len(found) == 2000
    shapes = [("extra" in row) for row in found.values()]
    assert shapes == sorted(shapes) and any(shapes) and not all(shapes)


def test_rewritten_between_two_chunks(things, headrace):
    """Its ctids mean other rows then: it begins anew."""
    sections, program = running(things, headrace)
    things.sql("delete from t where id % 2 = 0")
    ask(things, slot_of(sections), "t", "pg_sleep(0.0004) is not null")
    wait_until(lambda: jobs(things)[1][3] >= 2, 30, "two chunks", give_up=program.must_run)
    things.sql("vacuum full t")
    wait_over(things, program, 2)
    assert rows_of(reads(program)) == expected(things)
    assert jobs(things)[1][1] > 1000, "some are read twice"


def test_rewritten_while_the_process_is_down(things, headrace):
    sections, program = running(things, headrace)
    things.sql("delete from t where id % 2 = 0")
    ask(things, slot_of(sections), "t", "pg_sleep(0.0004) is not null")
    wait_until(lambda: jobs(things)[1][3] >= 2, 30, "two chunks", give_up=program.must_run)
    program.kill9()
    things.sql("vacuum full t")
    program.start()
    wait_over(things, program, 2)
    assert rows_of(reads(program)) == expected(things)


@pytest.mark.parametrize("how", ["drop table t", "alter table t rename to u",
                                 "alter publication pub drop table t"])
def test_a_table_that_goes_away(things, headrace, how):
    sections, program = running(things, headrace)
    ask(things, slot_of(sections), "t", "pg_sleep(0.0004) is not null")
    wait_until(lambda: jobs(things)[1][3] >= 2, 30, "two chunks", give_up=program.must_run)
    things.sql(how)
    say(things, "one")
    over = wait_over(things, program, 3)
    # Out of the publication it may still be read to its end; without a table there is nothing.
    assert over[1][0] == "failed" and "does not stream" in over[1][2] or "publication" in how
    assert over[2][0] == "done"


def test_partitions_that_come_and_go(db, headrace):
    db.sql("""create table t (id int primary key, version bigint) partition by range (id);
        create table t0 partition of t for values from (0) to (1000);
        create table t1 partition of t for values from (1000) to (2000);
        create table t2 (id int primary key, version bigint);
        create table one (id int primary key); insert into one values (1);
        insert into t select g, g from generate_series(0, 1999) g""")
    sections, program = running(db, headrace)
    ask(db, slot_of(sections), "t", "pg_sleep(0.0004) is not null")
    wait_until(lambda: jobs(db)[1][3] >= 2, 30, "two chunks", give_up=program.must_run)
    db.sql("alter table t detach partition t1")
    db.sql("alter table t attach partition t2 for values from (2000) to (3000)")
    db.sql("insert into t select g, g from generate_series(2000, 2009) g")
    wait_over(db, program, 2)
    stream = [change for change in run_until_confirmed(db, program, sections)
              if change["table"] == "t"]
    ids = {int(row["id"]) for row in replay(stream).values()}
    assert set(range(1000)) | set(range(2000, 2010)) <= ids
