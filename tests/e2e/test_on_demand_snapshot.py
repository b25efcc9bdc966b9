# SPDX-License-Identifier: Apache-2.0
"""A table read while the stream goes on: all of it, and nothing older behind something newer."""
import pytest

from on_demand import (READ_ON_DEMAND, Churn, Gate, ask, jobs, pipeline, reads, replay, say,
                       table, wait_over)
from pgoutput import run_until_confirmed, slot_of, started

from harness.waiting import count


@pytest.fixture
def things(db):
    return make_things(db)


def make_things(db, rows=5000):
    db.sql(f"""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        insert into t select g, nextval('versions'), 'note ' || g
        from generate_series(0, {rows - 1}) g""")
    return db


def test_a_message_starts_it(any_db, headrace):
    things = make_things(any_db)
    sections = pipeline(things, tables="t")
    program = started(headrace, sections)
    things.sql("update t set version = nextval('versions') where id = 7")
    say(things, "public.t")
    assert wait_over(things, program)[0][:3] == ("done", 5000, None)
    stream = run_until_confirmed(things, program, sections)
    assert replay(stream) == table(things, "t")
    assert len(stream) == 5001
    assert {read["flags"] for read in reads(program)} == {READ_ON_DEMAND}
    assert stream[0]["columns"] == stream[-1]["columns"], "both ways it looks the same"
    assert stream[0]["key"] == stream[-1]["key"] == ["id"]


def test_no_older_row_behind_a_newer_one(db, headrace):
    things = make_things(db, count(20_000, 200_000))
    sections = pipeline(things, tables="t", snapshot_chunk_rows=500)
    program = started(headrace, sections)
    with Churn(things, "t", 2000, writers=4):
        say(things, "t")
        (job,) = wait_over(things, program, timeout=120)
    stream = run_until_confirmed(things, program, sections)
    assert job[0] == "done" and job[3] > 5
    assert replay(stream) == table(things, "t")
    assert len({change["op"] for change in stream}) == 4, "all kinds met"


def test_what_changes_between_the_watermarks(db, headrace):
    """Each kind of change, made after the chunk's snapshot and sent before its rows."""
    things = make_things(db, 100)  # a page, and so a chunk
    sections = pipeline(things, tables="t")
    program = started(headrace, sections)
    say(things, "t")
    wait_over(things, program)
    gate = Gate(things)
    ask(things, slot_of(sections), "t", Gate.where)
    gate.wait_reached(program)
    before = len(run_until_confirmed(things, program, sections))
    things.sql("""update t set version = nextval('versions') where id = 0;
        delete from t where id = 1;
        delete from t where id = 2; insert into t values (2, nextval('versions'));
        update t set id = 205, version = nextval('versions') where id = 3;
        insert into t values (206, nextval('versions'))""")
    run_until_confirmed(things, program, sections)
    gate.open()
    wait_over(things, program, 2)
    stream = run_until_confirmed(things, program, sections, before)
    seen = {int(read["new"]["id"]) for read in stream if read["op"] == "read"}
    assert seen == set(range(4, 100)), "of the others the stream has newer"
    assert set(replay(stream)) == set(table(things, "t"))


def test_what_is_newer_has_the_higher_lsn(things, headrace):
    """A change that was written, but not committed, when its row was read: who keeps the record
    with the highest LSN of each key keeps that."""
    sections = pipeline(things, tables="t")
    program = started(headrace, sections)
    with things.connect(autocommit=False) as writer:
        writer.execute("update t set version = nextval('versions') where id = 7")
        things.sql("update t set version = nextval('versions') where id = 8")
        say(things, "t")
        wait_over(things, program)
        writer.commit()
    newest = {}
    for change in run_until_confirmed(things, program, sections):
        key = change["new"]["id"]
        if key not in newest or change["sequence"] >= newest[key]["sequence"]:
            newest[key] = change
    assert {key: change["new"] for key, change in newest.items()} == \
        {row["id"]: row for row in table(things, "t").values()}


def test_a_truncate_between_the_watermarks(things, headrace):
    """It waits for the chunk's lock, so it comes before its snapshot, or behind its rows."""
    sections = pipeline(things, tables="t")
    program = started(headrace, sections)
    gate = Gate(things, "t")
    say(things, "t")
    gate.wait_reached(program)
    gate.connection.execute("truncate t")
    gate.connection.execute("insert into t values (1, nextval('versions'))")
    gate.connection.commit()
    wait_over(things, program)
    stream = run_until_confirmed(things, program, sections)
    assert [change["op"] for change in stream] in (["truncate", "insert"],
                                                   ["truncate", "insert", "read"])
    gate.open()


def test_long_windows(things, headrace):
    """Many changes in each window: a millisecond passes for each row that is read."""
    sections = pipeline(things, tables="t", snapshot_chunk_rows=200)
    program = started(headrace, sections)
    things.sql("delete from t where id >= 1000")
    things.sql("vacuum full t")
    say(things, "t")
    wait_over(things, program)
    with Churn(things, "t", 1000, writers=4):
        ask(things, slot_of(sections), "t", "pg_sleep(0.001) is not null")
        job = wait_over(things, program, 2)[1]
    assert job[0] == "done" and job[1] < 1000, "some were changed meanwhile"
    assert replay(run_until_confirmed(things, program, sections)) == table(things, "t")


def test_only_rows_that_the_condition_lets_through(things, headrace):
    sections = pipeline(things, tables="t", snapshot_chunk_rows=100)
    program = started(headrace, sections)
    say(things, "pause")  # makes nothing: there is no job yet
    say(things, "t")
    wait_over(things, program)
    ask(things, slot_of(sections), "t", "id % 10 = 3 -- a comment")
    assert wait_over(things, program, 2)[1][:2] == ("done", 500)
    found = [read["new"]["id"] for read in reads(program)[5000:]]
    assert sorted(map(int, found)) == list(range(3, 5000, 10))


def test_a_condition_that_fails_ends_its_job_only(things, headrace):
    sections = pipeline(things, tables="t")
    program = started(headrace, sections)
    say(things, "t")
    wait_over(things, program)
    ask(things, slot_of(sections), "t", "nonsense = 1")
    ask(things, slot_of(sections), "t", "1 / (id - id) = 1")
    ask(things, slot_of(sections), "elsewhere")
    ask(things, slot_of(sections), "t", "id = 4")
    over = wait_over(things, program, 5)
    assert [job[0] for job in over] == ["done", "failed", "failed", "failed", "done"]
    assert "nonsense" in over[1][2] and "zero" in over[2][2] and "does not stream" in over[3][2]
    things.sql("insert into t values (5000, nextval('versions'))")
    assert replay(run_until_confirmed(things, program, sections)) == table(things, "t")


def test_several_tables_one_after_the_other(things, headrace):
    things.sql("""create table "Odd ""name" (id int, "no.t" text, primary key ("no.t", id));
        insert into "Odd ""name" select g, E'a\\tb\\\\' || g from generate_series(1, 300) g;
        create table p (id int primary key, v money) partition by range (id);
        create table p1 partition of p for values from (0) to (100);
        create table p2 (v money, gone int, id int not null); alter table p2 drop column gone;
        alter table p attach partition p2 for values from (100) to (200);
        insert into p select g, (g * 1000)::money from generate_series(1, 199) g""")
    sections = pipeline(things, tables='t, "Odd ""name", p', snapshot_chunk_rows=50)
    program = started(headrace, sections)
    for name in ("t", '"Odd ""name"', "p"):
        say(things, name)
    over = wait_over(things, program, 3)
    assert [job[:2] for job in over] == [("done", 5000), ("done", 300), ("done", 199)]
    found = reads(program)
    assert [len([read for read in found if read["table"] == name])
            for name in ("t", 'Odd "name', "p")] == [5000, 300, 199]
    odd = replay(read for read in found if read["table"] == 'Odd "name')
    assert odd == table(things, '"Odd ""name"')
    parts = {read["new"]["id"]: read["new"]["v"] for read in found if read["table"] == "p"}
    assert parts == {str(n): f"{n * 1000}.00" for n in range(1, 200)}


def test_what_a_message_says_is_checked(things, headrace):
    sections = pipeline(things, tables="t")
    program = started(headrace, sections)
    for content in ("a.b.c", '"t', "t where true; drop table t", "public.*", "pause a.b.c"):
        say(things, content)
    say(things, "t")
    wait_over(things, program)
    run_until_confirmed(things, program, sections)
    assert [job[:2] for job in jobs(things)] == [("done", 5000)]
    assert program.log.text().count("what is no table") == 5
    assert "drop table" not in program.log.text()


def test_nothing_of_its_own_is_streamed(things, headrace):
    """Not its messages, not its tables, not even by a publication of all tables."""
    things.sql("create publication everything for all tables")
    sections = pipeline(things, publication="everything", messages="yes")
    program = started(headrace, sections)
    for _ in range(2):
        say(things, "t")
    wait_over(things, program, 2)
    things.sql("select pg_logical_emit_message(true, 'mine', 'hello')")
    stream = run_until_confirmed(things, program, sections)
    assert [change["op"] for change in stream] == 10_000 * ["read"] + ["message"]
    assert {change.get("table") for change in stream} == {"t", None}
