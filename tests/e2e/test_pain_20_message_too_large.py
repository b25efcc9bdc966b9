# SPDX-License-Identifier: Apache-2.0
"""sink-kafka: records that Kafka does not take, under each policy of the key `errors`."""
import pytest

from harness.load import pipeline
from harness.waiting import wait_until

LARGE = 300_000


def start(db, kafka, headrace, prefix, errors, **sink):
    """A stream of three rows, the second of which is large."""
    db.sql("create table accounts (id int primary key, note text)")
    sections = pipeline(db, kafka, prefix, errors=errors)
    sections["load.sink"] = {"brokers": kafka.brokers, "prefix": prefix, **sink}
    program = headrace(sections)
    slot = sections["load.source"]["slot"]
    db.wait_streaming(slot, program)
    db.sql("insert into accounts values (1, 'n')")
    if errors == "stop":
        db.wait_confirmed(slot)  # else what was not sent yet is taken back with the large row
    db.sql("insert into accounts values (2, repeat('n', %s))", [LARGE])
    committed = db.lsn()
    db.sql("insert into accounts values (3, 'n')")
    return program, slot, committed


def keys(records):
    return [int(record.key.decode().strip('{"id":}')) for record in records]


# Either headrace knows that the record is too large, or only the broker does.
SMALL_HERE = {"rdkafka.message.max.bytes": 100_000, "rdkafka.batch.size": 50_000}
SMALL_THERE = {"rdkafka.batch.size": 50_000}


@pytest.fixture(params=["here", "there"])
def limited(request, kafka, topic_prefix):
    """Keys of the sink, after the topic was made."""
    topic = f"{topic_prefix}.public.accounts"
    if request.param == "here":
        kafka.create_topic(topic)
        return SMALL_HERE
    kafka.create_topic(topic, max_message_bytes=100_000)
    return SMALL_THERE


def test_stop(db, kafka, headrace, topic_prefix, limited):
    program, slot, committed = start(db, kafka, headrace, topic_prefix, "stop", **limited)
    program.log.wait(r"too-large.*public\.accounts \(key columns id\), key \d+ bytes, value 300\d+ "
                     rf"bytes, topic {topic_prefix}\.public\.accounts: .*max\.message\.bytes")
    assert program.wait() != 0
    assert "nnnnnnnn" not in program.log.text()
    assert keys(kafka.consume(f"{topic_prefix}.public.accounts"))[:1] == [1]
    assert db.confirmed_lsn(slot) < committed


def test_skip(db, kafka, headrace, topic_prefix, limited):
    program, slot, _ = start(db, kafka, headrace, topic_prefix, "skip", **limited)
    db.wait_confirmed(slot)
    program.wait_log("too-large.*it is skipped")
    assert keys(kafka.consume(f"{topic_prefix}.public.accounts")) == [1, 3]
    assert program.stop() == 0


def test_dead_letter(db, kafka, headrace, topic_prefix, limited):
    program, slot, _ = start(db, kafka, headrace, topic_prefix, "dead-letter",
                             dead_letter="{prefix}.{table}.rejected", **limited)
    db.wait_confirmed(slot)
    assert keys(kafka.consume(f"{topic_prefix}.public.accounts")) == [1, 3]
    (letter,) = kafka.consume(f"{topic_prefix}.accounts.rejected")
    headers = dict(letter.headers)
    assert keys([letter]) == [2]
    assert letter.value is None
    assert headers["__connect.errors.topic"] == f"{topic_prefix}.public.accounts".encode()
    assert headers["__connect.errors.exception.class.name"] == b"too-large"
    assert b"public.accounts (key columns id)" in headers["__connect.errors.exception.message"]
    assert program.stop() == 0


def test_a_small_record_is_not_blamed_for_its_request(db, kafka, headrace, topic_prefix):
    """Many small records make a request that the topic does not take: nothing is skipped."""
    topic = kafka.create_topic(f"{topic_prefix}.public.accounts", max_message_bytes=20_000)
    db.sql("create table accounts (id int primary key, note text)")
    sections = pipeline(db, kafka, topic_prefix, errors="skip")
    sections["load.sink"] = {"brokers": kafka.brokers, "prefix": topic_prefix}
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    db.sql("insert into accounts select i, 'x' from generate_series(1, 1000) i")
    program.log.wait("set rdkafka.batch.size to less than max.message.bytes of the topic")
    assert program.wait() != 0
    sections["load.sink"]["rdkafka.batch.size"] = 15_000
    program.write_config(sections)
    program.start()
    # The first request of the first run may have been small enough, and came again.
    wait_until(lambda: 1000 in keys(kafka.consume(topic)), what="the last record",
               give_up=program.must_run)
    assert list(dict.fromkeys(keys(kafka.consume(topic)))) == list(range(1, 1001))


def test_an_unknown_topic(db, kafka_factory, headrace, topic_prefix):
    broker = kafka_factory(settings={"auto.create.topics.enable": "false"})
    db.sql("create table accounts (id int primary key, note text)")
    sections = pipeline(db, broker, topic_prefix)
    sections["load.sink"] = {"brokers": broker.brokers, "prefix": topic_prefix,
                             "rdkafka.topic.metadata.propagation.max.ms": 500}
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    db.sql("insert into accounts values (1, 'n')")
    program.log.wait("unknown-topic.*create the topic, or set topic_create = yes")
    assert program.wait() != 0
