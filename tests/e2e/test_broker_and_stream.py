# SPDX-License-Identifier: Apache-2.0
"""One process streams a database into its own broker, whose storage is the same database."""
import re

import confluent_kafka
import pytest

from harness import broker as broker_module
from harness import places
from harness.kafka import Record
from harness.load import Load, check_last_values, check_topic, pipeline, topic_of
from harness.waiting import count, wait_until

CHANGES, ROUNDS = count(1500, 20_000), count(2, 20)


@pytest.fixture(params=["the broker first", "the stream first"])
def sections(request, db):
    port = places.free_port()
    log = broker_module.sections(db, port)
    stream = pipeline(db, None, "shop", sink__brokers=f"127.0.0.1:{port}",
                      sink__topic_replication=1)
    return log | stream if request.param == "the broker first" else stream | log


@pytest.fixture
def load(db):
    load = Load(db)
    yield load
    load.stop()


def records(db):
    return [Record("", *row, [], None) for row in db.sql(
        "select partition_id, partition_offset, key, value from kafka.messages "
        "order by partition_id, partition_offset")]


def test_a_stream_into_its_own_broker(db, headrace, sections, load):
    """Stopped under load the broker answers until the stream has drained: nothing comes again."""
    program = headrace(sections)
    slot = sections["load.source"]["slot"]
    for _ in range(ROUNDS):
        db.wait_streaming(slot, program)
        before, start = len_of(db), program.log.size()
        load.start()
        wait_until(lambda: len_of(db) >= before + CHANGES, 60, "records come",
                   give_up=program.must_run)
        assert program.stop(20) == 0
        load.stop()
        log = program.log.text(start)
        assert re.search(r"info load: stopped$[^$]*info broker: stopped", log, re.MULTILINE), log
        program.start()
    # All of the WAL is acknowledged, that of the broker's own writes too.
    db.wait_confirmed(slot, timeout=60)
    assert check_topic(records(db), load.histories()) == []
    check_last_values(records(db), db)
    assert db.sql("select name from kafka.topics") == [(topic_of(sections),)]


def len_of(db):
    """Records in the log; before it is there, none."""
    if not db.value("select to_regclass('kafka.partitions')"):
        return 0
    return db.value("select coalesce(sum(next_offset), 0)::int from kafka.partitions")


def test_other_writers_do_not_hold_the_wal(db, headrace, sections, load):
    """Nothing is streamed, others write to the broker: the slot moves all the same."""
    program, slot = headrace(sections), sections["load.source"]["slot"]
    db.wait_streaming(slot, program)
    producer = confluent_kafka.Producer({"bootstrap.servers": sections["load.sink"]["brokers"]})
    for number in range(1000):
        producer.produce("others", b"%d" % number)
    assert producer.flush(30) == 0
    assert len_of(db) == 1000
    db.wait_confirmed(slot)


def test_nothing_moves_when_nobody_writes(db, headrace, sections, load):
    """What the broker writes is not streamed into it: the WAL stands still."""
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    db.sql("select churn(1, 10, 100)")
    wait_until(lambda: len_of(db) >= 100, what="records")
    db.wait_confirmed(sections["load.source"]["slot"])
    before = len_of(db)

    def a_quiet_second():  # vacuum and checkpoints may write in others; a loop writes in each
        lsn = db.lsn()
        program.live(1)
        return db.lsn() - lsn < 10_000
    wait_until(a_quiet_second, 20, "WAL that stands still")
    assert len_of(db) == before
