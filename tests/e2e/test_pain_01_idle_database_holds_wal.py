# SPDX-License-Identifier: Apache-2.0
"""Nothing is to be sent, and the WAL of other databases does not pile up behind the slot."""
from harness.waiting import count, wait_until
from pgoutput import changes, pipeline, slot_of, started


def test_idle_database_next_to_a_busy_one(numbers, postgres, headrace):
    """Nothing is published, yet the slot follows the WAL of the whole cluster."""
    sections = pipeline(numbers, tables="t")
    program = started(headrace, sections)
    busy = postgres.create_database()
    megabytes = count(50, 1000)
    begun = numbers.lsn()
    for _ in range(megabytes):
        busy.sql("select pg_logical_emit_message(false, 'noise', repeat('x', 1 << 20))")
    numbers.wait_confirmed(slot_of(sections))

    def server_may_delete_it():
        busy.sql("checkpoint")
        return numbers.value("select (restart_lsn - '0/0')::int8 from pg_replication_slots "
                             "where slot_name = %s", [slot_of(sections)]) \
            > begun + megabytes * (1 << 20)
    wait_until(server_may_delete_it, what="restart_lsn follows", interval=0.1)
    numbers.sql("create table unpublished as select g from generate_series(1, 100000) g")
    numbers.wait_confirmed(slot_of(sections))
    assert changes(program) == []
    busy.drop()
