# SPDX-License-Identifier: Apache-2.0
"""When a snapshot is made, and when not: only, when-needed, and who waits for whom."""
import random
import re
import threading

import pytest

from pgoutput import changes, pipeline, refusal, run_until_confirmed, slot_of, started
from snapshots import chunks, initial, jobs, kill9

from harness.waiting import wait_until

LSN = "[0-9A-F]+/[0-9A-F]+"


def only(db, checkpoint="file", **source):
    return initial(db, checkpoint, snapshot="only", slot=None, publication=None, slot_create=None,
                   publication_create=None, **source)


def test_only_ends_and_makes_no_slot(any_db, headrace):
    db = any_db
    db.sql("create table t (id int primary key); insert into t select generate_series(1, 2000)")
    program = headrace(only(db, tables="t", snapshot_chunk_rows=300))
    assert program.wait(30) == 0
    assert sorted(int(change["new"]["id"]) for change in changes(program)) == list(range(1, 2001))
    assert {change["op"] for change in changes(program)} == {"read"}
    assert db.sql("select slot_name from pg_replication_slots") == []
    assert db.sql("select pubname from pg_publication") == []
    program.start()
    assert program.wait(30) == 0
    assert len(changes(program)) == 2000, "with a checkpoint it is made once"


def test_only_of_nothing_is_an_error(users, headrace):
    sections = only(users, tables="users")
    sections["p.source"]["publication"] = "nowhere"
    refusal(headrace, sections, 'there is no table to read: .* publication "nowhere"')


class Transfers(threading.Thread):
    """Moves money between two tables: the sum of both never changes."""

    def __init__(self, db):
        super().__init__()
        self.db, self.stopped = db, threading.Event()

    def run(self):
        with self.db.connect() as connection:
            while not self.stopped.wait(0.001):
                here, there = random.sample(("a", "b"), 2)
                connection.execute(
                    f"with m as (update {here} set money = money - 7 where id = %s returning 1) "
                    f"update {there} set money = money + 7 where id = %s",
                    [random.randrange(5000), random.randrange(5000)])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()


@pytest.fixture
def accounts(db):
    for name in ("a", "b"):
        db.sql(f"create table {name} (id int primary key, money int not null); "
               f"insert into {name} select g, 100 from generate_series(0, 4999) g")
    return db


def total(found):
    """Of the last row of each key."""
    rows = {(change["table"], change["new"]["id"]): int(change["new"]["money"])
            for change in found}
    assert len(rows) == 10_000
    return sum(rows.values())


def test_only_is_of_one_moment(accounts, headrace):
    with Transfers(accounts):
        program = headrace(only(accounts, tables="a, b", snapshot_chunk_rows=100,
                                snapshot_workers=3))
        assert program.wait(60) == 0
    assert total(changes(program)) == 1_000_000


def test_only_goes_on_in_a_later_moment(accounts, headrace):
    """The exported snapshot dies with its process: the next one makes up for it."""
    with Transfers(accounts):
        program = headrace(only(accounts, tables="a, b", snapshot_chunk_rows=100))
        for aim in (10, 40, 70):
            wait_until(lambda aim=aim: chunks(accounts, "done") >= aim or not program.running(),
                       30, "chunks are done", interval=0.005)
            if program.running():
                kill9(program)
                program.start()
        assert program.wait(60) == 0
    assert jobs(accounts)[0][1] > 1, "it was exported again"
    assert total(changes(program)) == 1_000_000


def test_only_shared(accounts, headrace):
    """Whoever exported it is killed: another takes over, and all end."""
    sections = only(accounts, checkpoint="none", tables="a, b", snapshot_chunk_rows=50)
    with Transfers(accounts):
        killed, *others = [headrace(sections, start=False) for _ in range(3)]
        killed.start()
        # One file for both: rows that a later snapshot says anew are behind the former ones.
        with open(others[0].output.path, "ab") as together:
            for program in others:
                program.start(stdout=together)
        wait_until(lambda: chunks(accounts, "done") >= 20, 30, "chunks are done", interval=0.005)
        kill9(killed)
        for program in others:
            assert program.wait(60) == 0
    assert total(changes(killed) + changes(others[0])) == 1_000_000


@pytest.fixture
def streamed(users, headrace):
    """A pipeline with snapshot = when-needed that streamed a row and was stopped."""
    sections = initial(users, snapshot="when-needed", tables="users")
    program = started(headrace, sections)
    users.sql("insert into users values (1)")
    run_until_confirmed(users, program, sections)
    program.stop()
    users.sql("insert into users values (2)")
    return users, sections, program


def ids_from(program, start):
    return [(change["op"], change["new"]["id"]) for change in changes(program)[start:]]


def again(users, sections, program, pattern):
    """It reads all again, says why, and streams on; and not once more at the next start."""
    start, said = len(changes(program)), program.log.size()
    program.start()
    program.wait_log("the snapshot is done", start=said)
    users.wait_streaming(slot_of(sections), program)
    users.sql("insert into users values (3)")
    run_until_confirmed(users, program, sections)
    assert sorted(ids_from(program, start)) == [("insert", "3"), ("read", "1"), ("read", "2")]
    assert re.search("warning p.source: " + pattern, program.log.text()), program.log.text()
    program.stop()
    program.start()
    users.wait_streaming(slot_of(sections), program)
    users.sql("insert into users values (4)")
    run_until_confirmed(users, program, sections)
    assert ids_from(program, start + 3) == [("insert", "4")]


def test_needed_where_the_slot_is_missing(streamed):
    users, sections, _ = streamed
    users.cluster.drop_slot(slot_of(sections))
    again(*streamed, f'replication slot .* streamed up to {LSN} .* the server is at {LSN}')


def test_needed_where_the_slot_was_made_anew(streamed):
    users, sections, _ = streamed
    users.cluster.drop_slot(slot_of(sections))
    users.sql(f"select pg_create_logical_replication_slot('{slot_of(sections)}', 'pgoutput')")
    again(*streamed, f"replication slot .* is at {LSN}, ahead of the checkpoint at {LSN}")


def test_not_needed_where_all_is_well(streamed):
    users, sections, program = streamed
    program.start()
    users.wait_streaming(slot_of(sections), program)
    run_until_confirmed(users, program, sections)
    assert ids_from(program, 0) == [("insert", "1"), ("insert", "2")]


def test_initial_refuses_a_gap_without_a_checkpoint(users, headrace):
    """Only the snapshot remembers that there was a slot."""
    sections = initial(users, checkpoint="none", tables="users")
    program = started(headrace, sections)
    program.stop()
    users.cluster.drop_slot(slot_of(sections))
    program.start()
    assert program.wait(30) == 1
    assert re.search(f"error p.source: replication slot .* began at {LSN} .* is at {LSN}",
                     program.log.text())


def test_standby_takes_over(users, headrace):
    sections = initial(users, checkpoint="none", tables="users", standby="yes",
                       slot_activity_interval="100ms")
    users.sql("insert into users values (1)")
    first = started(headrace, sections)
    second = headrace(sections)
    second.wait_log("replication slot .* is active in process")
    users.sql("insert into users values (2)")
    run_until_confirmed(users, first, sections)
    kill9(first)
    second.wait_log("taking over")
    users.wait_streaming(slot_of(sections), second)
    users.sql("insert into users values (3)")
    run_until_confirmed(users, second, sections)
    assert ids_from(first, 0) == [("read", "1"), ("insert", "2")]
    assert ids_from(second, 0)[-1] == ("insert", "3")
    assert "trying again" not in second.log.text()


@pytest.mark.parametrize("mode", ["never", "initial"])
def test_stop_while_the_slot_waits(users, headrace, mode):
    """A transaction that does not end: nobody has to wait for it to stop the pipeline."""
    sections = pipeline(users, tables="users", snapshot=mode)
    with users.connect() as blocker, blocker.transaction():
        blocker.execute("select pg_current_xact_id()")
        program = headrace(sections)
        program.wait_log("creating replication slot")
        wait_until(lambda: users.slot(slot_of(sections)), 30, "the slot is being made")
        program.stop(timeout=10)
        wait_until(lambda: not users.slot(slot_of(sections)), 10, "the server gave up, too")
    started(headrace, sections)
