# SPDX-License-Identifier: Apache-2.0
"""streaming = yes: what the server sends of transactions in progress comes as if it had waited."""
import os

import pytest

from harness.program import sanitized
from harness.waiting import count, wait_until
from pgoutput import changes, ids, pipeline, run_until_confirmed, slot_of, started

ROWS = 3_000  # of 100 bytes: many times what the server keeps to itself
FILL = "insert into t select g, repeat('x', 100) from generate_series({0}, {0} + %d - 1) g;" % ROWS


@pytest.fixture
def large(numbers):
    """A database whose server sends transactions of more than 64 kB while they run."""
    numbers.cluster.sql(f"alter database {numbers.name} set logical_decoding_work_mem = '64kB'")
    return numbers


def streamed_blocks(db, sections):
    """How many blocks of transactions in progress the server has sent."""
    return db.value("select stream_count from pg_stat_replication_slots where slot_name = %s",
                    [slot_of(sections)])


def wait_streamed(db, sections, program, least=1):
    wait_until(lambda: (streamed_blocks(db, sections) or 0) >= least, 30, "blocks are sent",
               give_up=program.must_run)


def fill(connection, *starts):
    for start in starts:
        connection.execute(FILL.format(start))


def savepoints(db):
    with db.connect(autocommit=False) as connection:
        fill(connection, 0)
        connection.execute("savepoint outer_one")
        fill(connection, 10_000)
        connection.execute("savepoint inner_one")
        fill(connection, 20_000)
        connection.execute("release inner_one; savepoint second")
        fill(connection, 30_000)
        connection.execute("rollback to second")
        connection.execute("update t set filler = 'small' where id between 10000 and 10009")
        connection.execute("rollback to outer_one")
        fill(connection, 40_000)
        connection.execute("savepoint kept; delete from t where id < 5; release kept")


def described_in_a_savepoint(db):
    """The server describes `late` once, in a subtransaction that is rolled back."""
    db.sql("create table late (id int primary key, filler text)")
    with db.connect(autocommit=False) as connection:
        fill(connection, 50_000)
        connection.execute("savepoint s;" + FILL.format(0).replace("into t", "into late") +
                           "rollback to s;")
        connection.execute(FILL.format(5_000).replace("into t", "into late"))


def rolled_back(db):
    with db.connect(autocommit=False) as connection:
        fill(connection, 60_000)
        connection.rollback()


def interleaved(db):
    """The one that began last commits first; a small one and messages come between."""
    with db.connect(autocommit=False) as one, db.connect(autocommit=False) as other:
        for part in range(3):
            fill(one, 100_000 + part * ROWS)
            db.sql("select pg_logical_emit_message(false, 'between', %s)", [str(part)])
            fill(other, 200_000 + part * ROWS)
            db.sql("insert into t values (%s)", [300_000 + part])
        one.execute("select pg_logical_emit_message(true, 'inside', 'one')")
        other.commit()
        db.sql("insert into t values (300010)")
        one.commit()


def altered_inside(db):
    with db.connect(autocommit=False) as connection:
        fill(connection, 400_000)
        connection.execute("alter table t add column more int default 7")
        fill(connection, 410_000)
        connection.execute("savepoint s; alter table t drop column more")
        fill(connection, 420_000)
        connection.execute("rollback to s")
        fill(connection, 430_000)
        connection.execute("truncate late; insert into late values (1)")


def test_the_same_records(large, headrace):
    """Both ways beside each other, from slots of the same server."""
    large.sql("create publication both_ways for all tables")
    programs = {}
    for way in ("yes", "no"):
        sections = pipeline(large, slot=f"{large.name}_{way}", streaming=way, messages="yes",
                            publication="both_ways", publication_create=None)
        programs[way] = started(headrace, sections), sections
    for workload in (savepoints, described_in_a_savepoint, rolled_back, interleaved,
                     altered_inside):
        workload(large)
    found = {way: run_until_confirmed(large, *programs[way]) for way in programs}
    assert streamed_blocks(large, programs["yes"][1]) > 20
    assert len(found["no"]) > 9 * ROWS
    assert found["yes"] == found["no"]


def test_column_list_changes_while_a_transaction_is_in_the_spool(large, headrace):
    """It comes out with the columns of its time, and what follows has those of the new list."""
    large.sql("create table listed (id int primary key, before text, after text); "
              "create publication listed for table listed (id, before)")
    sections = pipeline(large, streaming="yes", publication="listed", publication_create=None)
    program = started(headrace, sections)
    with large.connect(autocommit=False) as connection:
        connection.execute("insert into listed select g, repeat('x', 100), 'a' "
                           "from generate_series(1, %d) g" % ROWS)
        wait_streamed(large, sections, program)
        large.sql("alter publication listed set table listed (id, after)")
        large.sql("insert into listed values (-1, 'b', 'a')")
        connection.commit()
    large.sql("insert into listed values (-2, 'b', 'a')")
    found = run_until_confirmed(large, program, sections)
    news = [change["new"] for change in found if change["op"] == "insert"]
    assert [row for row in news if int(row["id"]) < 0] == [{"id": "-1", "after": "a"},
                                                           {"id": "-2", "after": "a"}]
    assert sum("before" in row for row in news) > 0


def test_killed_while_it_spools(large, headrace, folder):
    sections = pipeline(large, tables="t", streaming="yes", spool_dir=folder)
    program = started(headrace, sections)
    before = set(os.listdir(folder))
    with large.connect(autocommit=False) as connection:
        for turn in range(3):
            fill(connection, turn * ROWS)
            wait_streamed(large, sections, program, turn + 1)
            program.kill9()
            assert set(os.listdir(folder)) <= before
            program.start()
            large.wait_streaming(slot_of(sections), program)
        assert changes(program) == []
    assert ids(run_until_confirmed(large, program, sections)) == list(range(3 * ROWS))


def test_killed_while_it_comes_out(large, headrace):
    """At least once, and what comes again begins where the checkpoint was."""
    rows = 20 * ROWS
    sections = pipeline(large, tables="t", streaming="yes")
    program = started(headrace, sections)
    large.sql("insert into t select g, repeat('x', 100) from generate_series(0, %s::int) g",
              [rows - 1])
    wait_until(lambda: len(program.output.text()) > 1_000, 30, "it comes", interval=0.002)
    program.kill9()
    program.start()
    found = ids(run_until_confirmed(large, program, sections))
    assert sorted(set(found)) == list(range(rows))


def test_a_full_spool_is_given_up(large, headrace):
    """The stream goes on without transactions in progress, and nothing is lost or repeated."""
    sections = pipeline(large, tables="t", streaming="yes", spool_bytes="300KiB")
    program = started(headrace, sections)
    large.sql("insert into t values (-2)")
    with large.connect(autocommit=False) as connection:
        fill(connection, 0, ROWS)
        large.sql("insert into t values (-1)")
        program.wait_log("spool_bytes is reached")
        large.wait_streaming(slot_of(sections), program)
        fill(connection, 2 * ROWS)
    large.sql(FILL.format(3 * ROWS))
    found = ids(run_until_confirmed(large, program, sections))
    assert found == [-2, -1, *range(4 * ROWS)]
    assert program.log.text().count("spool_bytes is reached") == 1


def test_a_folder_that_is_not_there(large, headrace):
    program = headrace(pipeline(large, tables="t", streaming="yes", spool_dir="/nowhere"))
    assert program.wait(30) != 0
    assert "spool_dir: cannot write to /nowhere" in program.log.text()


@pytest.mark.skipif(sanitized(), reason="memory of sanitizers")
def test_memory_stays_small(large, headrace):
    rows = count(200_000, 5_000_000)
    sections = pipeline(large, tables="t", streaming="yes")
    program = started(headrace, sections)
    large.sql("insert into t select g, repeat('x', 100) from generate_series(1, %s::int) g", [rows])
    large.wait_confirmed(slot_of(sections), timeout=600)
    assert streamed_blocks(large, sections) > 100
    peak = program.peak_rss_kib()
    assert peak < 64 * 1024, f"{peak} KiB"
