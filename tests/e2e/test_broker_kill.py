# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the broker and of its PostgreSQL under an idempotent producer: every record that was
acknowledged is at the offset that was said, and none is there twice."""
import threading

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from harness.broker import Broker
from harness.waiting import count, wait_until


class Stream:
    """Numbers, sent to a topic until stop(); what became of them."""

    def __init__(self, broker, topic):
        self.acknowledged, self.errors = {}, []
        self._stopped, self._sent = threading.Event(), 0
        self._producer = confluent_kafka.Producer({
            "bootstrap.servers": broker.brokers, "enable.idempotence": True, "linger.ms": 1,
            "log_level": 0, "reconnect.backoff.max.ms": 200, "retry.backoff.ms": 50,
            "message.timeout.ms": 120_000})
        self._thread = threading.Thread(target=self._run, args=(topic,))
        self._thread.start()

    def _delivered(self, error, message):
        if error:
            self.errors.append(error)
        else:
            place = message.partition(), message.offset()
            assert place not in self.acknowledged, place
            self.acknowledged[place] = int(message.value())

    def _run(self, topic):
        while not self._stopped.is_set():
            if len(self._producer) < 500:
                self._producer.produce(topic, str(self._sent), partition=self._sent % 2,
                                       on_delivery=self._delivered)
                self._sent += 1
            self._producer.poll(0 if self._sent % 50 else 0.005)

    def wait_more(self, number):
        before = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) >= before + number, 60,
                   lambda: f"more is acknowledged; errors {self.errors[:3]}")

    def give_up(self):
        self._stopped.set()
        self._thread.join()

    def stop(self):
        self.give_up()
        assert self._producer.flush(60) == 0
        return self._sent


def check(db, stream):
    sent = stream.stop()
    assert stream.errors == []
    rows = db.sql("select partition_id, partition_offset, convert_from(value, 'UTF8')::int"
                  " from kafka.messages order by 1, 2")
    there = {(partition, offset): value for partition, offset, value in rows}
    assert there == stream.acknowledged
    assert sorted(there.values()) == list(range(sent))
    for part in (0, 1):  # in the order in which they were sent, without gaps
        assert [row[2] for row in rows if row[0] == part] == list(range(part, sent, 2))
        assert [row[1] for row in rows if row[0] == part] == list(range(len(rows[part::2])))


@pytest.fixture
def stream():
    streams = []

    def make(broker, topic):
        admin = AdminClient({"bootstrap.servers": broker.brokers})
        admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(30)
        streams.append(Stream(broker, topic))
        return streams[0]
    yield make
    for each in streams:
        each.give_up()


def test_broker_killed(broker, db, topic, stream):
    running = stream(broker, topic)
    for turn in range(count(4, 200)):
        running.wait_more(100 + 137 * (turn % 5))
        broker.kill9()
        broker.start()
    running.wait_more(1)
    check(db, running)


def test_postgres_killed(postgres_factory, folder, topic, stream):
    cluster = postgres_factory()
    db = cluster.create_database()
    broker = Broker(folder, db).start()
    running = stream(broker, topic)
    for turn in range(count(3, 200)):
        running.wait_more(100 + 137 * (turn % 5))
        cluster.kill9()
        cluster.start()
    running.wait_more(1)
    check(db, running)
    broker.must_run()
    broker.finish()
