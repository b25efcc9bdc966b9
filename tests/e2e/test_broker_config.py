# SPDX-License-Identifier: Apache-2.0
"""Configurations that clients set for a broker or for all of them: kept in the log, heeded at once by
topics that set nothing themselves, and told as Apache Kafka does."""
import contextlib
import socket

import confluent_kafka
import pytest

from harness.waiting import NotInTime, wait_until
from harness.wire_configs import APPEND, BROKER, DELETE, SET, SUBTRACT, TOPIC, Configs
from test_broker_compression import codec_of_the_first_batch

ALL, ONE = "", "1"


@pytest.fixture
def door(broker):
    with opened(broker) as configs:
        yield configs


@contextlib.contextmanager
def opened(server):
    configs = Configs(server)
    yield configs
    configs.close()


def script(server, topic):
    """Every answer, once it shows what was done before."""
    server.create_topic(topic)
    said = []
    with opened(server) as configs:
        def change(*arguments, **more):
            said.append(configs.change(*arguments, **more)[0])

        def describe(kind, name, config, value):
            def found():
                entries = configs.describe(kind, name, config)
                return config in entries and entries[config].value == value and entries[config]
            try:
                said.append(wait_until(found, 10, f"{config} of '{name}' = {value}"))
            except NotInTime:
                said.append(configs.describe(kind, name, config))
        try:
            _changes(configs, change, describe, said, topic)
        finally:
            names = ("log.retention.ms", "message.max.bytes", "log.cleanup.policy",
                     "background.threads", "leader.replication.throttled.rate")
            for name in (ONE, ALL):
                configs.change(BROKER, name, *((each, DELETE, None) for each in names))
            describe(BROKER, ONE, "message.max.bytes", "1048588")
            describe(BROKER, ONE, "log.retention.ms", None)
    return said


def _changes(configs, change, describe, said, topic):
    change(BROKER, ALL, ("log.retention.ms", SET, "900000000"), ("message.max.bytes", SET, "700000"))
    describe(BROKER, ALL, "log.retention.ms", "900000000")
    describe(BROKER, ONE, "message.max.bytes", "700000")
    change(BROKER, ONE, ("log.retention.ms", SET, "800000000"), ("background.threads", SET, "9"))
    describe(BROKER, ONE, "log.retention.ms", "800000000")
    describe(BROKER, ONE, "background.threads", "9")
    describe(TOPIC, topic, "retention.ms", "800000000")
    describe(TOPIC, topic, "max.message.bytes", "700000")
    change(TOPIC, topic, ("retention.ms", SET, "600000000"))
    describe(TOPIC, topic, "retention.ms", "600000000")
    change(BROKER, ONE, ("log.retention.ms", SET, "1000"), validate=True)
    describe(BROKER, ONE, "log.retention.ms", "800000000")
    change(BROKER, ONE, ("log.cleanup.policy", APPEND, "compact"))
    describe(BROKER, ONE, "log.cleanup.policy", "delete,compact")
    describe(TOPIC, topic, "cleanup.policy", "delete,compact")
    change(BROKER, ONE, ("log.cleanup.policy", SUBTRACT, "compact"))
    describe(BROKER, ONE, "log.cleanup.policy", "delete")
    said.append([configs.change(*each) for each in (
        (BROKER, ONE, ("broker.id", SET, "3")), (BROKER, ALL, ("log.retention.hours", SET, "3")),
        (BROKER, "7", ("log.retention.ms", SET, "3")), (BROKER, "x", ("log.retention.ms", SET, "3")),
        (BROKER, ONE, ("log.retention.ms", SET, None)), (BROKER, ONE, ("log.retention.ms", SET, "x")),
        (BROKER, ALL, ("message.max.bytes", SET, "-1")), (BROKER, ALL, ("log.segment.bytes", SET, "5")),
        (BROKER, ONE, ("compression.type", SET, "x")), (BROKER, ONE, ("log.retention.ms", APPEND, "5")),
        (BROKER, ONE, ("log.cleanup.policy", 7, "x")), (TOPIC, topic + "-", ("flush.ms", SET, "1")),
        (BROKER, ONE, ("num.io.threads", SET, "9"), ("num.io.threads", SET, "8")),
        (TOPIC, topic, ("flush.ms", SET, "9"), ("flush.ms", SET, "8")), (BROKER, "7"),
        (BROKER, ONE, ("broker.id", DELETE, None)))])
    said.append(configs.change(BROKER, ONE, ("num.io.threads", SET, "9"), times=2))
    said.append([configs.describe(BROKER, name) for name in ("7", "x")])
    said.append(configs.replace(BROKER, ONE, log_retention_ms="700000000"))
    describe(BROKER, ONE, "log.retention.ms", "700000000")
    describe(BROKER, ONE, "background.threads", "10")
    change(TOPIC, topic, ("retention.ms", DELETE, None))
    describe(TOPIC, topic, "retention.ms", "700000000")


def test_as_with_kafka(broker, kafka, topic):
    ours, theirs = script(broker, topic), script(kafka, topic)
    assert ours == theirs


def produce(server, topic, size, **settings):
    """The error's name; None."""
    told = []
    producer = confluent_kafka.Producer({
        "bootstrap.servers": server.brokers, "message.max.bytes": 10_000_000, "log_level": 0,
        **settings})
    producer.produce(topic, b"x" * size, on_delivery=lambda error, _: told.append(
        error and error.name()))
    assert producer.flush(20) == 0
    return told[0]


def test_topics_heed_it_at_once(broker, door):
    broker.create_topic("plain")
    broker.create_topic("own", max_message_bytes=300_000, compression_type="zstd")
    assert produce(broker, "plain", 200_000) is None
    door.change(BROKER, ALL, ("message.max.bytes", SET, "100000"), ("compression.type", SET, "gzip"),
                ("log.message.timestamp.type", SET, "LogAppendTime"))
    assert [produce(broker, topic, 200_000) for topic in ("plain", "own")] == \
        ["MSG_SIZE_TOO_LARGE", None]
    broker.create_topic("later")
    assert produce(broker, "later", 1000, **{"compression.type": "lz4"}) is None
    assert produce(broker, "own", 1000) is None
    assert [codec_of_the_first_batch(broker, topic) for topic in ("later", "own")] == \
        ["gzip", "zstd"]
    door.change(BROKER, ONE, ("message.max.bytes", SET, "1000000"))
    assert produce(broker, "plain", 200_000) is None
    door.change(BROKER, ONE, ("log.cleanup.policy", SET, "compact"))
    assert produce(broker, "plain", 10) == "INVALID_RECORD"
    door.change(BROKER, ONE, ("log.cleanup.policy", DELETE, None))
    assert produce(broker, "plain", 10) is None


def test_retention_heeds_it(broker_factory, db):
    broker = broker_factory(sink={"log_retention_check": "100ms", "log_retention": "1h"})
    broker.create_topic("plain")
    broker.create_topic("own", retention_ms=-1)
    for topic in ("plain", "own"):
        assert produce(broker, topic, 10) is None
    with opened(broker) as door:
        told = [door.describe(kind, name, config)[config] for kind, name, config in (
            (TOPIC, "plain", "retention.ms"), (TOPIC, "own", "retention.ms"),
            (BROKER, ONE, "log.retention.ms"))]
        assert [(each.value, each.source) for each in told] == \
            [("3600000", 4), ("-1", 1), ("3600000", 4)]  # 4: of the broker's file
        door.change(BROKER, ALL, ("log.retention.ms", SET, "1"))
        wait_until(lambda: db.value("select count(*) from kafka.records where topic = 'plain'") == 0,
                   what="its record is gone")
        door.change(BROKER, ONE, ("log.retention.ms", SET, "-1"))
    assert produce(broker, "plain", 10) is None
    broker.stop()
    broker.start()  # where it is known before anything is looked at
    assert produce(broker, "plain", 10) is None
    assert db.sql("select topic, count(*) from kafka.records group by topic order by topic") == [
        ("own", 1), ("plain", 2)]


def test_connections_heed_it(broker, door):
    door.change(BROKER, ONE, ("max.connections", SET, "1"))
    with socket.create_connection((broker.host, broker.port), 10) as another:
        assert another.recv(1) == b""
    door.change(BROKER, ONE, ("max.connections", DELETE, None))
    with opened(broker) as another:
        assert another.describe(BROKER, ONE, "max.connections")["max.connections"].value == "1000"


def test_kept_over_a_restart(broker_factory, db):
    """By the broker's number: another broker has what was set for all."""
    first = broker_factory()
    with opened(first) as door:
        door.change(BROKER, ALL, ("log.retention.ms", SET, "5000000"), ("compression.type", SET, "lz4"))
        door.change(BROKER, ONE, ("compression.type", SET, "zstd"))
        before = door.describe(BROKER, ONE)
    assert before["compression.type"].synonyms == [
        ("compression.type", "zstd", 2), ("compression.type", "lz4", 3),
        ("compression.type", "producer", 5)]
    first.stop()
    first.start()
    with opened(first) as door:
        assert door.describe(BROKER, ONE) == before
    first.stop()
    second = broker_factory({"node_id": "2"})
    with opened(second) as door:
        found = door.describe(BROKER, "2", "compression.type", "log.retention.ms")
    assert [found[name].value for name in sorted(found)] == ["lz4", "5000000"]
    assert db.sql("select name, config->>'compression.type' from kafka.settings order by 1") == [
        ("", "lz4"), ("1", "zstd")]


def test_none_in_flight_is_lost(broker, door):
    """Each alteration begins with what the one before it has left."""
    broker.create_topic("t")
    numbers = ["flush.ms", "flush.messages", "segment.ms", "retention.bytes", "index.interval.bytes",
               "max.message.bytes", "segment.index.bytes", "delete.retention.ms"]
    changes = [(name, SET, "2000000") for name in numbers] + [
        ("cleanup.policy", APPEND, "compact"), ("cleanup.policy", SUBTRACT, "delete")]
    with opened(broker) as another:
        for number, each in enumerate(changes):
            (door, another)[number % 2 and each[0] != "cleanup.policy"].send_changes(
                TOPIC, "t", each)
        for each in (("log.flush.interval.messages", SET, "7"), ("message.max.bytes", SET, "8")):
            door.send_changes(BROKER, ONE, each)
        assert door.in_flight(8) == [(0, None)] * 8
        assert another.in_flight(4) == [(0, None)] * 4
    found = door.describe(TOPIC, "t")
    assert {name: found[name].value for name in numbers} == dict.fromkeys(numbers, "2000000")
    assert found["cleanup.policy"].value == "compact"
    assert {name for name, each in door.describe(BROKER, ONE).items() if each.source == 2} == {
        "log.flush.interval.messages", "message.max.bytes"}
