# SPDX-License-Identifier: Apache-2.0
"""The slot never moves past a change that Kafka has not, although it has the ones behind it.

That the frontier is the contiguous prefix, for random orders of completion: test_frontier.c.
"""
import json

from harness.load import pipeline
from harness.waiting import wait_until


def keys(records):
    return [json.loads(record.key)["id"] for record in records]


def test_one_topic_is_refused_and_the_other_acknowledged(db, refusing_kafka, headrace):
    kafka, door = refusing_kafka
    held, free = kafka.create_topic("t.public.held"), kafka.create_topic("t.public.free")
    db.sql("create table held (id int primary key); create table free (id int primary key)")
    sections = pipeline(db, kafka, "t", checkpoint="none")
    sections["load.source"]["tables"] = "public.held, public.free"
    slot = sections["load.source"]["slot"]
    program = headrace(sections)
    db.wait_streaming(slot, program)
    db.sql("insert into free values (0)")
    db.wait_confirmed(slot)
    door.refuses = lambda topic, partition: topic == held
    program.freeze()  # the sink gets all of it at once: it waits for one round before the next
    db.sql("insert into held values (1)")
    committed = db.lsn()
    for n in range(1, 11):
        db.sql("insert into free values (%s)", [n])
    end = db.lsn()
    wait_until(lambda: db.value("select (sent_lsn - '0/0')::int8 >= %s from pg_stat_replication "
                                "where application_name = 'headrace load'", [end]), what="sent")
    program.thaw()
    kafka.wait_records(free, 11, give_up=program.must_run)
    wait_until(lambda: door.refused > 3, what="some attempts", give_up=program.must_run)
    program.live(0.5)  # more than a confirmation takes
    assert db.confirmed_lsn(slot) < committed
    assert kafka.consume(held) == []
    program.kill9()
    door.refuses = lambda topic, partition: False
    program.start()
    db.wait_streaming(slot, program)
    db.wait_confirmed(slot)
    assert keys(kafka.consume(held)) == [1]
    assert set(keys(kafka.consume(free))) == set(range(11))
