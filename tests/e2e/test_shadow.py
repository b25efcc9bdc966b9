# SPDX-License-Identifier: Apache-2.0
"""Kafka to Kafka: a shadow of headrace's own broker, by the very conf/shadow.ini, and mirrors of
Kafka. Each partition of the copy is the original's, record for record, whatever was killed."""
import collections
import random
import threading

import confluent_kafka
import pytest

from harness import places
from harness.kafka_source import committed
from harness.waiting import count, wait_until

PARTITIONS = 3


class Load(threading.Thread):
    """Produces records of all kinds to one topic until it is stopped; outlives its broker."""

    def __init__(self, server, topic, partitions=PARTITIONS):
        super().__init__(daemon=True)
        self.topic, self.partitions = topic, partitions
        self.random, self.acknowledged, self.failed = random.Random(7), 0, []
        self._ended = threading.Event()
        self._producer = confluent_kafka.Producer({
            "bootstrap.servers": server.brokers, "enable.idempotence": True, "log_level": 0,
            "linger.ms": 3, "compression.type": "lz4", "reconnect.backoff.max.ms": 100,
            "message.timeout.ms": 120_000})
        self.start()

    def _delivered(self, error, _):
        if error:
            self.failed.append(error)
        else:
            self.acknowledged += 1

    def _record(self, number):
        size = 20_000 if number % 97 == 0 else self.random.randrange(200)
        headers = [("number", b"%d" % number), ("null", None), ("", b""), ("number", b"again")]
        return {"key": [None, b"", b"k%d" % self.random.randrange(20)][number % 3],
                "value": [None, b"", self.random.randbytes(size)][number % 5 % 3],
                "headers": headers[:number % 5], "timestamp": 1_500_000_000_000 + number}

    def run(self):
        number = 0
        while not self._ended.is_set():
            self._producer.produce(self.topic, partition=self.random.randrange(self.partitions),
                                   on_delivery=self._delivered, **self._record(number))
            number += 1
            while len(self._producer) > 500 and not self._ended.is_set():
                self._producer.poll(0.01)
            self._producer.poll(0.0005)

    def more(self, number=200):
        before = self.acknowledged
        wait_until(lambda: self.acknowledged > before + number, 60, "records are acknowledged")

    def stop(self):
        self._ended.set()
        self.join(10)
        assert self._producer.flush(60) == 0 and self.failed == []


@pytest.fixture
def load(request):
    loads = []

    def make(*arguments):
        loads.append(Load(*arguments))
        return loads[-1]
    yield make
    for each in loads:
        each.stop()


def by_partition(server, topic):
    """{partition: its records, without what names them}."""
    found = collections.defaultdict(list)
    for record in server.consume(topic, timeout=120):
        found[record.partition].append((record.key, record.value, record.headers,
                                        record.timestamp))
    return dict(found)


def wait_caught_up(server, program, topic, group):
    ends = server.end_offsets(topic)
    wait_until(lambda: committed(server, topic, len(ends), group) == ends, 60,
               lambda: f"{ends} is done: {committed(server, topic, len(ends), group)}; "
               f"{program.log.text()[-2000:]}", interval=0.1, give_up=program.must_run)


def wait_open_transaction(server, topic):
    """Until records of the topic are there that are not committed."""
    def consumer(isolation):
        return confluent_kafka.Consumer({"bootstrap.servers": server.brokers, "group.id": "watch",
                                         "isolation.level": isolation})
    readers = consumer("read_committed"), consumer("read_uncommitted")

    def end(reader):
        return sum(reader.get_watermark_offsets(confluent_kafka.TopicPartition(topic, n), 10)[1]
                   for n in range(PARTITIONS))
    try:
        wait_until(lambda: end(readers[0]) < end(readers[1]), 30, "an open transaction",
                   interval=0.001)
    finally:
        for reader in readers:
            reader.close()


def uncommitted(server, topic):
    """How many records of it were aborted."""
    reader = confluent_kafka.Consumer({
        "bootstrap.servers": server.brokers, "group.id": "aborted", "enable.partition.eof": True,
        "isolation.level": "read_uncommitted", "auto.offset.reset": "earliest"})
    reader.assign([confluent_kafka.TopicPartition(topic, n, 0)
                   for n in server.end_offsets(topic)])
    ends, records = 0, 0
    while ends < len(reader.assignment()):
        message = reader.poll(10)
        ends += bool(message.error())
        records += not message.error()
    reader.close()
    return records - sum(map(len, by_partition(server, topic).values()))


# ---- the shadow of our own broker


@pytest.fixture
def shadow(broker, kafka, headrace):
    """It runs conf/shadow.ini. A name of its own in the group lets a restart begin at once."""
    text = (places.TREE / "conf" / "shadow.ini").read_text()
    return headrace(text, {"SHADOW_FROM": broker.brokers, "SHADOW_TO": kafka.brokers,
                           "HEADRACE_SHADOW_SOURCE_MEMBER": "shadow"}, start=False)


def test_killed_at_random(broker, kafka, shadow, topic, load):
    """kill -9 of the shadow, of the broker, and of the shadow inside of a transaction."""
    broker.create_topic(topic, PARTITIONS)
    stream = load(broker, topic)
    stream.more()  # the history
    shadow.start()
    kafka_has = lambda: topic in kafka.topics()  # noqa: E731
    wait_until(kafka_has, 30, "the topic is made", give_up=shadow.must_run)
    assert kafka.topics()[topic] == PARTITIONS
    for turn in range(count(3, 150)):
        stream.more(100)
        if turn % 3 == 0:
            wait_open_transaction(kafka, topic)
            shadow.kill9()
        elif turn % 3 == 1:
            broker.kill9()
            broker.start()
        else:
            shadow.live(random.uniform(0, 0.5))
            shadow.kill9()
        if not shadow.running():
            shadow.start()
    stream.more()
    stream.stop()
    wait_caught_up(broker, shadow, topic, "shadow")
    assert shadow.stop() == 0
    original = by_partition(broker, topic)
    assert sum(map(len, original.values())) == stream.acknowledged
    assert by_partition(kafka, topic) == original
    print(f"{stream.acknowledged} records, {uncommitted(kafka, topic)} rolled back")
