# SPDX-License-Identifier: Apache-2.0
"""delivery = exactly-once: a reader of committed records sees every change once, whatever died.

The reader of harness.kafka is one of committed records.
"""
import collections
import json
import random

import pytest

from harness.load import Load, check_last_values, check_topic, pipeline, topic_of
from harness.program import command
from harness.waiting import count


def exactly_once(db, broker, prefix, **keys):
    return pipeline(db, broker, prefix, checkpoint="sink", delivery="exactly-once", **keys)


def stored_lsn(broker):
    """Of the newest position in the checkpoint topic."""
    newest = broker.consume("headrace-load-checkpoint")[-1].value.decode()
    return dict(word.split("=") for word in newest.split())["lsn"]


@pytest.fixture
def under_load(db, kafka_factory, headrace, topic_prefix):
    """(broker, sections, load, program) of a pipeline that streams, its load begun."""
    broker = kafka_factory()
    sections = exactly_once(db, broker, topic_prefix)
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    return broker, sections, load.start(), program


def finish(db, broker, sections, load, program):
    """Stops the load, waits for its end and asserts that nothing is lost or doubled."""
    load.stop()
    slot = sections["load.source"]["slot"]
    db.wait_confirmed(slot, timeout=90)
    assert program.stop() == 0
    records = broker.consume(topic_of(sections), timeout=300)
    assert check_topic(records, load.histories()) == []
    check_last_values(records, db)
    print(f"{load.committed()} changes")
    ahead = "select confirmed_flush_lsn > %s::pg_lsn from pg_replication_slots where slot_name = %s"
    assert db.value(ahead, [stored_lsn(broker), slot]) is False


def test_headrace_killed(db, under_load):
    """In every fourth round Kafka does not answer before the kill: a commit may hang then."""
    broker, *_, program = under_load
    for turn in range(count(8, 200)):
        program.live(random.uniform(0, 1.8))  # also while it starts
        if turn % 4 == 1:
            broker.process.freeze()
            program.live(random.uniform(0, 0.5))
        program.kill9()
        broker.process.thaw()
        program.start()
    finish(db, *under_load)


def test_kafka_killed(db, under_load):
    broker, _, _, program = under_load
    for _ in range(count(1, 10)):
        program.live(2)
        broker.kill9()
        broker.start()
    finish(db, *under_load)


def test_postgres_killed(postgres_factory, kafka_factory, headrace):
    cluster, broker = postgres_factory(), kafka_factory()
    db = cluster.create_database()
    sections = exactly_once(db, broker, f"t{cluster.port}")
    slot = sections["load.source"]["slot"]
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(slot, program)
    load.start()
    for _ in range(count(2, 20)):
        program.live(1)
        cluster.kill9()
        cluster.start()
        db.wait_streaming(slot, program, timeout=60)
    finish(db, broker, sections, load, program)


def test_clean_restarts(db, under_load):
    *_, program = under_load
    for _ in range(count(3, 100)):
        program.live(random.uniform(0.2, 1))
        program.stop()
        program.start()
    finish(db, *under_load)


def test_whole_transactions_or_nothing(db, kafka_factory, headrace, topic_prefix):
    """After each kill the topic holds all rows of a transaction, or none."""
    broker = kafka_factory()
    db.sql("create table accounts (id int, batch int, primary key (batch, id))")
    sections = exactly_once(db, broker, topic_prefix)
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    for turn in range(count(4, 30)):
        db.sql("do $$ begin for i in 1..30 loop insert into accounts "
               f"select n, {turn} * 30 + i from generate_series(1, 1000) n; commit; end loop; "
               "end $$")
        program.live(random.uniform(0, 0.3))
        program.kill9()
        sizes = collections.Counter(json.loads(record.key)["batch"] for record
                                    in broker.consume(topic_of(sections)))
        assert set(sizes.values()) <= {1000}
        program.start()
    db.wait_confirmed(sections["load.source"]["slot"], timeout=60)
    assert program.stop() == 0
    assert len(broker.consume(topic_of(sections), timeout=300)) == 30_000 * count(4, 30)


def test_a_process_that_was_believed_dead_is_shut_out(db, headrace, under_load):
    broker, sections, load, zombie = under_load
    slot = sections["load.source"]["slot"]
    zombie.live(1)
    zombie.freeze()
    db.sql("select pg_terminate_backend(active_pid) from pg_replication_slots "
           f"where slot_name = '{slot}'")
    successor = headrace(sections)
    db.wait_streaming(slot, successor)
    successor.live(1)
    zombie.thaw()
    zombie.wait_log("is active in process|took over the transactional id")
    successor.live(1)
    zombie.kill9()
    finish(db, broker, sections, load, successor)


@pytest.mark.parametrize("key", ["acks = 1", "idempotence = no\nacks = all"])
def test_settings_that_exclude_it(folder, key):
    path = folder / "contradiction.ini"
    path.write_text("[a]\nsource = pgoutput\ncodec = json\nsink = kafka\ncheckpoint = sink\n"
                    "delivery = exactly-once\n[a.source]\nslot = s\npublication = p\n"
                    f"[a.sink]\nbrokers = localhost:9\n{key}\n")
    done = command("check", "-c", path)
    assert done.returncode == 78
    assert "transactions, which need acks = all and idempotence = yes" in done.stderr \
        or "idempotent only with acks = all" in done.stderr
