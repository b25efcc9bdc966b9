# SPDX-License-Identifier: Apache-2.0
"""Kafka to Kafka: a shadow of headrace's own broker, by the very conf/shadow.ini, and mirrors of
Kafka. Each partition of the copy is the original's, record for record, whatever was killed."""
import collections
import random
import threading
import time

import confluent_kafka
import pytest

from harness import places
from harness.kafka_source import committed
from harness.waiting import count, is_long, wait_until

PARTITIONS = 3


class Load(threading.Thread):
    """Produces records of all kinds to one topic until it is stopped; outlives its broker."""

    def __init__(self, server, topic, partitions=PARTITIONS):
        super().__init__(daemon=True)
        self.topic, self.partitions = topic, partitions
        self.random, self.acknowledged, self.failed = random.Random(7), 0, []
        self.began = int(time.time() * 1000) - 86_400_000  # retention does not reach it
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
                "headers": headers[:number % 5], "timestamp": self.began + number}

    def run(self):
        number = 0
        while not self._ended.is_set():
            self._producer.produce(self.topic, partition=self.random.randrange(self.partitions),
                                   on_delivery=self._delivered, **self._record(number))
            number += 1
            while len(self._producer) > 500 and not self._ended.is_set():
                self._producer.poll(0.01)
            self._producer.poll(0.002)

    def more(self, number=200):
        before = self.acknowledged
        wait_until(lambda: self.acknowledged > before + number, 60, "records are acknowledged")

    def stop(self):
        self._ended.set()
        self.join(10)
        assert self._producer.flush(60) == 0 and self.failed == []


@pytest.fixture
def load():
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
    server.end_offsets(topic)  # there are leaders
    try:
        wait_until(lambda: end(readers[0]) < end(readers[1]), 30, "an open transaction",
                   interval=0.001)
    finally:
        for reader in readers:
            reader.close()


def rolled_back(server, topic):
    """How many of its records were aborted."""
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
    """It runs conf/shadow.ini. With a name in the group a killed one comes back at once."""
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
    shadow.wait_log(f"created topic {topic}")
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
    aborted = rolled_back(kafka, topic)
    assert aborted > 0 or not is_long()  # a kill may come when the commit is on its way
    print(f"{stream.acknowledged} records, {aborted} rolled back")


# ---- mirrors of Kafka


def mirror(kafka, topics, sink=None, **keys):
    """Sections of a pipeline from Kafka to the same Kafka; the copy of x is copy.x."""
    return {
        "mirror": {"source": "kafka", "sink": "kafka", "checkpoint": "sink",
                   "delivery": "exactly-once", **keys},
        "mirror.source": {"brokers": kafka.brokers, "topics": ", ".join(topics), "member": "me",
                          "group": f"mirror-{topics[0]}",
                          "rdkafka.topic.metadata.refresh.interval.ms": 300},
        "mirror.sink": {"brokers": kafka.brokers, "topic": "copy.{topic}", "topic_create": "yes",
                        **({"partition": "source", "transactional_id": f"mirror-{topics[0]}"}
                           if keys.get("checkpoint") != "file" else {}), **(sink or {})},
    }


def produce_transactions(kafka, topic):
    """Ten transactions, of which every second one is aborted."""
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers,
                                         "transactional.id": f"writer-{topic}"})
    producer.init_transactions(30)
    for turn in range(10):
        producer.begin_transaction()
        for number in range(20):
            producer.produce(topic, b"%d/%d" % (turn, number), b"t", partition=turn % PARTITIONS)
        if turn % 2:
            producer.commit_transaction(30)
        else:
            producer.flush(30)
            producer.abort_transaction(30)


def be_a_guest(kafka, topic, group):
    """Joins the group, has partitions for a moment, and leaves."""
    guest = confluent_kafka.Consumer({
        "bootstrap.servers": kafka.brokers, "group.id": group, "enable.auto.commit": False,
        "partition.assignment.strategy": "cooperative-sticky"})
    guest.subscribe([topic])
    wait_until(lambda: (guest.poll(0.05), guest.assignment())[1], 30, "a guest's partitions")
    guest.close()


def by_key(server, topic):
    """{key: values in order, of records that have one}, whichever partition they are in."""
    found, places = collections.defaultdict(list), collections.defaultdict(set)
    for record in server.consume(topic, timeout=120):
        if record.key:
            found[record.key].append((record.value, record.headers))
            places[record.key].add(record.partition)
    assert all(len(numbers) == 1 for numbers in places.values())
    return dict(found)


def test_partitions_come_and_go(kafka, headrace, topic, load):
    """Guests in the group, a topic that grows, and kill -9 in between; what producers aborted is
    not copied."""
    kafka.create_topic(topic, PARTITIONS)
    produce_transactions(kafka, topic)
    sections = mirror(kafka, [topic])
    group = sections["mirror.source"]["group"]
    stream = load(kafka, topic)
    program = headrace(sections)
    program.wait_log("created topic copy")
    for _ in range(count(1, 20)):
        be_a_guest(kafka, topic, group)
        stream.more(100)
        wait_open_transaction(kafka, f"copy.{topic}")
        program.kill9()
        program.start()
    kafka.add_partitions(topic, PARTITIONS + 2)
    program.wait_log(f"copy.{topic} has {PARTITIONS + 2} partitions now")
    last = load(kafka, topic, PARTITIONS + 2)
    last.more()
    for each in (stream, last):
        each.stop()
    wait_caught_up(kafka, program, topic, group)
    assert program.stop() == 0
    original = by_partition(kafka, topic)
    assert sum(map(len, original.values())) == 100 + stream.acknowledged + last.acknowledged
    assert len(original) == PARTITIONS + 2
    assert by_partition(kafka, f"copy.{topic}") == original
    assert "keys choose" not in program.log.text()


def test_another_number_of_partitions(kafka, headrace, topic):
    """Keys choose then, and a second process takes over in the order of each key. A source that is
    ahead by all the memory there is does not make transactions small."""
    kafka.create_topic(topic, PARTITIONS)
    kafka.create_topic(f"copy.{topic}", 5)
    records = [(f"k{n % 11}", f"{n:100}") for n in range(51_000)]
    kafka.produce(topic, records[:50_000])
    sections = mirror(kafka, [topic], {"transaction_interval": "10s"}, ring_bytes="4MiB")
    group = sections["mirror.source"]["group"]
    del sections["mirror.source"]["member"]  # which would stay in the group for a while
    first = headrace(sections)
    first.wait_log(f"topic copy.{topic} has 5 partitions, the source's has 3: keys choose")
    wait_caught_up(kafka, first, topic, group)
    checkpoints = f"{group}-checkpoint"
    ends_of_transactions = kafka.end_offsets(checkpoints)[0] - len(kafka.consume(checkpoints))
    assert 1 < ends_of_transactions < 60
    second = headrace(sections)
    kafka.produce(topic, records[50_000:])
    wait_until(lambda: not first.running(), 30, "the first one is shut out")
    assert "took over the transactional id" in first.log.text()
    wait_caught_up(kafka, second, topic, group)
    assert second.stop() == 0
    assert by_key(kafka, f"copy.{topic}") == by_key(kafka, topic)


def test_the_same_offsets_without_transactions(kafka, headrace, topic):
    """At least once: in an empty topic, until a crash repeats some."""
    kafka.create_topic(topic, PARTITIONS)
    kafka.create_topic(f"copy.{topic}", PARTITIONS)
    records = [(f"k{n}", str(n)) for n in range(500)]
    sections = mirror(kafka, [topic], checkpoint="file", delivery="at-least-once")
    program = headrace(sections)
    for part in (records[:250], records[250:]):
        kafka.produce(topic, part)
        wait_caught_up(kafka, program, topic, sections["mirror.source"]["group"])
        assert program.stop() == 0
        program.start()

    def places(name):
        return [(record.partition, record.offset, record.key, record.value, record.timestamp)
                for record in kafka.consume(name)]
    assert places(f"copy.{topic}") == places(topic) and len(places(topic)) == len(records)
