# SPDX-License-Identifier: Apache-2.0
"""A snapshot that is killed goes on where it was, whoever made it, and costs a chunk a worker."""
import random

import pytest

from on_demand import Churn, replay, table
from pgoutput import changes, run_until_confirmed, slot_of
from snapshots import chunks, duplicates, initial, jobs, kill9

from harness.waiting import count, is_long, wait_until

ROWS = count(40_000, 1_000_000)


@pytest.fixture
def things(db):
    db.sql(f"""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        insert into t select g, nextval('versions'), repeat('x', 200)
        from generate_series(0, {ROWS - 1}) g; analyze t""")
    return db


def kill_while_it_reads(db, programs, kills, chunk_count):
    """Kills one of them whenever some more chunks are done, and starts it again."""
    for number in range(1, kills + 1):
        aim = chunk_count * number // (kills + 1)
        wait_until(lambda aim=aim: chunks(db, "done") >= aim, 60, "chunks are done", interval=0.005)
        program = random.choice(programs)
        kill9(program)
        program.start()


def test_one_process(things, headrace):
    """Rows read again: at most a chunk for each worker and kill."""
    sections = initial(things, tables="t", snapshot_chunk_rows=500, snapshot_workers=2)
    program = headrace(sections)
    planned = wait_until(lambda: chunks(things), 30, "chunks are planned")
    kills = count(5, 20)
    kill_while_it_reads(things, [program], kills, planned)
    program.wait_log("streaming database")
    found = run_until_confirmed(things, program, sections)
    assert replay(found, ordered=False) == table(things, "t")
    largest = 2 * 500
    assert duplicates(found) <= kills * 2 * largest
    assert things.value("select sum(times_claimed) from headrace.snapshot_chunk") <= \
        planned + kills * 2
    assert [state for state, *_ in jobs(things)] == ["done"]


def test_under_load(things, headrace):
    sections = initial(things, tables="t", snapshot_chunk_rows=500, checkpoint="none")
    with Churn(things, "t", ROWS, writers=4):
        program = headrace(sections)
        planned = wait_until(lambda: chunks(things), 30, "chunks are planned")
        kill_while_it_reads(things, [program], 3, planned)
        program.wait_log("streaming database")
    found = run_until_confirmed(things, program, sections)
    rows = {}
    for change in found:
        key = (change["new"] or change["old"])["id"]
        if change["op"] == "delete":
            rows.pop(key, None)
        else:
            rows[key] = change["new"]["version"]
    assert rows == {row["id"]: row["version"] for row in table(things, "t").values()}


def test_killed_before_chunks_are_planned(things, headrace):
    """Its slot was made, or not: nobody streamed from it."""
    sections = initial(things, tables="t")
    with things.connect() as blocker, blocker.transaction():
        blocker.execute("select pg_current_xact_id()")
        program = headrace(sections)
        program.wait_log("creating replication slot")
        wait_until(lambda: things.slot(slot_of(sections)), 30, "the slot is being made")
        program.kill9()
    program.start()
    program.wait_log("streaming database", timeout=60)
    found = run_until_confirmed(things, program, sections)
    assert len(found) == ROWS and duplicates(found) == 0


def test_several_processes(things, headrace):
    """Each chunk once, by any; whoever is killed, the coordinator too."""
    sections = initial(things, tables="t", snapshot_chunk_rows=200, checkpoint="none", standby="yes")
    programs = [headrace(sections) for _ in range(3)]
    planned = wait_until(lambda: chunks(things), 30, "chunks are planned")
    kill_while_it_reads(things, programs, 4, planned)
    wait_until(lambda: jobs(things)[0][0] == "done", 60, "the snapshot is done")
    things.sql("insert into t values (-1, nextval('versions'))")
    things.wait_confirmed(slot_of(sections))
    found = [change for program in programs for change in changes(program)]
    assert {row["id"] for row in table(things, "t").values()} == \
        {change["new"]["id"] for change in found}
    readers = sum(any(change["op"] == "read" for change in changes(program))
                  for program in programs)
    assert readers >= 2, "they shared the work"
    assert sum(change["op"] == "insert" for change in found) == 1, "one streams"
    assert duplicates(found) <= 4 * 2 * 400


def test_a_stop_is_prompt(things, headrace):
    sections = initial(things, tables="t", snapshot_chunk_rows=200)
    program = headrace(sections)
    wait_until(lambda: chunks(things, "done") >= 3, 30, "some chunks are done", interval=0.005)
    program.stop()
    assert jobs(things)[0][0] == "reading"
    program.start()
    program.wait_log("streaming database")
    found = run_until_confirmed(things, program, sections)
    assert replay(found, ordered=False) == table(things, "t")
    assert duplicates(found) <= 2 * 400


@pytest.mark.skipif(not is_long(), reason="waits for the claim timeout of 30 s")
def test_one_that_hangs_loses_its_chunks(things, headrace):
    """And reads none of them when it comes back."""
    sections = initial(things, tables="t", snapshot_chunk_rows=200, checkpoint="none", standby="yes")
    hung = headrace(sections)
    wait_until(lambda: chunks(things, "done") >= 3, 30, "some chunks are done", interval=0.005)
    hung.freeze()
    read = len(changes(hung))
    other = headrace(sections)
    other.wait_log("streaming database", timeout=90)
    hung.thaw()
    hung.wait_log("replication slot .* is active")
    found = run_until_confirmed(things, other, sections)
    assert len(changes(hung)) <= read + 2 * 400, "only what was on its way"
    assert {change["new"]["id"] for change in changes(hung) + found} == \
        {row["id"] for row in table(things, "t").values()}
