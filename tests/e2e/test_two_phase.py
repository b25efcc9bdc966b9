# SPDX-License-Identifier: Apache-2.0
"""Two-phase transactions are delivered at COMMIT PREPARED, as one that commits then."""
import pytest

from pgoutput import ids, pipeline, run_until_confirmed, slot_of, started

ROWS = 2_000
FILL = "insert into t select g, repeat('x', 100) from generate_series({0}, {0} + %d - 1) g" % ROWS


@pytest.fixture
def prepared(postgres_factory):
    db = postgres_factory(settings={"max_prepared_transactions": "10",
                                    "logical_decoding_work_mem": "64kB"}).create_database()
    db.sql("create table t (id int primary key, filler text)")
    return db


def prepare(db, name, start):
    with db.connect() as connection:
        connection.execute("begin; " + FILL.format(start) + f"; prepare transaction '{name}'")


def test_a_slot_that_sends_what_is_only_prepared_is_refused(prepared, headrace):
    sections = pipeline(prepared, tables="t")
    prepared.sql("select pg_create_logical_replication_slot(%s, 'pgoutput', false, true)",
                 [slot_of(sections)])
    program = headrace(sections)
    assert program.wait(30) == 1
    assert "has two_phase" in program.log.text()


@pytest.mark.parametrize("streaming", ["yes", "no"])
def test_delivered_when_it_is_committed(prepared, headrace, streaming):
    sections = pipeline(prepared, tables="t", streaming=streaming)
    program = started(headrace, sections)
    prepare(prepared, "kept", 0)
    prepare(prepared, "given up", 10_000)
    prepared.sql("insert into t values (-1)")
    assert ids(run_until_confirmed(prepared, program, sections)) == [-1]
    program.stop()
    program.start()
    prepared.wait_streaming(slot_of(sections), program)
    prepared.sql("rollback prepared 'given up'")
    prepared.sql("commit prepared 'kept'")
    prepared.sql("insert into t values (-2)")
    found = ids(run_until_confirmed(prepared, program, sections))
    assert found == [-1, *range(ROWS), -2]
    sent = prepared.value("select stream_txns from pg_stat_replication_slots where slot_name = %s",
                          [slot_of(sections)])
    assert (sent > 0) == (streaming == "yes")
