# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the broker and of its database while records come: what was acknowledged is there,
once, offsets have no gaps, and the high watermark never goes back."""
import threading

import confluent_kafka
import pytest

from harness.broker import Broker
from harness.waiting import count, wait_until

ROUNDS = count(3, 200)


class Load(threading.Thread):
    """An idempotent producer of numbers, which notes what was acknowledged, and where."""

    def __init__(self, server, topic):
        super().__init__(daemon=True)
        self.server, self.topic = server, topic
        self.sent, self.places, self.failed = 0, {}, []
        self.ended = threading.Event()

    def _delivered(self, error, message):
        if error:
            self.failed.append(error)
        else:
            self.places[int(message.value())] = message.offset()

    def run(self):
        producer = confluent_kafka.Producer({
            "bootstrap.servers": self.server.brokers, "enable.idempotence": True, "log_level": 0,
            "linger.ms": 5, "reconnect.backoff.max.ms": 100, "message.timeout.ms": 120_000})
        while not self.ended.is_set():
            producer.produce(self.topic, str(self.sent), partition=0,
                             on_delivery=self._delivered)
            self.sent += 1
            while len(producer) > 1000 and not self.ended.is_set():
                producer.poll(0.01)
            producer.poll(0.0005)
        producer.flush(60)


class Watch(threading.Thread):
    """Asks for the high watermark, again and again."""

    def __init__(self, load):
        super().__init__(daemon=True)
        self.load, self.seen = load, [0]

    def run(self):
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": self.load.server.brokers, "group.id": "watch", "log_level": 0,
            "reconnect.backoff.max.ms": 100})
        place = confluent_kafka.TopicPartition(self.load.topic, 0)
        while not self.load.ended.wait(0.02):
            try:
                self.seen.append(consumer.get_watermark_offsets(place, 2)[1])
            except confluent_kafka.KafkaException:
                continue
        consumer.close()


def begin(server, topic):
    load = Load(server, topic)
    load.watch = Watch(load)
    load.start()
    load.watch.start()
    return load


@pytest.fixture
def load(broker, topic):
    thread = begin(broker, topic)
    yield thread
    thread.ended.set()
    thread.join(70)


def more(load):
    """Waits until some more are acknowledged."""
    before = len(load.places)
    wait_until(lambda: len(load.places) > before + 100, 60, "records are acknowledged")


def check(db, load):
    load.ended.set()
    load.join(70)
    load.watch.join(10)
    assert len(load.watch.seen) > ROUNDS and load.watch.seen == sorted(load.watch.seen)
    assert load.failed == [] and len(load.places) == load.sent
    rows = db.sql("select partition_offset, convert_from(value, 'utf8')::int from kafka.messages "
                  "order by 1")
    assert [offset for offset, _ in rows] == list(range(load.sent))
    assert {value: offset for offset, value in rows} == load.places


def test_kill9_of_the_broker(broker, db, load):
    for _ in range(ROUNDS):
        more(load)
        broker.kill9()
        broker.start()
    more(load)
    check(db, load)


def test_kill9_of_postgres(postgres_factory, folder, topic):
    server = postgres_factory()
    db = server.create_database()
    broker = Broker(folder, db, name="broker-of-its-own").start()
    load = begin(broker, topic)
    try:
        for _ in range(ROUNDS):
            more(load)
            server.kill9()
            server.start()
        more(load)
        check(db, load)
    finally:
        load.ended.set()
        broker.finish()
