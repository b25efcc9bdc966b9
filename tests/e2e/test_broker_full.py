# SPDX-License-Identifier: Apache-2.0
"""While PostgreSQL takes nothing and the pipeline is full, all that needs no room in it is answered at
once, and a Produce request after the time that it says."""
import contextlib
import struct
import time

import confluent_kafka
import pytest

from harness import wire
from harness.waiting import wait_until
from test_broker_protocol import kcat_batch

TIMED_OUT = 7


@pytest.fixture
def broker(broker_factory):
    made = broker_factory(sink={"batch_bytes": "1MiB"}, start=False)
    made.write_config(made.config.read_text().replace("[broker]", "[broker]\nring_bytes = 1MiB"))
    return made.start()


@contextlib.contextmanager
def stalled(db):
    with db.connect() as holder:
        with holder.transaction():
            holder.execute("lock table kafka.meta in access exclusive mode")
            yield


def produce(correlation, topic, records, timeout_ms):
    """As wire.produce(), which waits for a second."""
    frame = wire.produce(correlation, topic, records)
    at = 4 + 8 + 2 + len("by-hand") + 2 + 2
    return frame[:at] + struct.pack(">i", timeout_ms) + frame[at + 4:]


def outcome(body, topic):
    at = 4 + 2 + len(topic) + 4 + 4
    return struct.unpack(">hq", body[at:at + 10])


def fill(server, topic, batch):
    """Connections, until one of their requests is not taken any more."""
    doors = [wire.Connection(server, timeout=30) for _ in range(12)]
    for door in doors:
        door.send(*[produce(i, topic, batch, 60_000) for i in range(40)])
    return doors


def test_the_rest_is_answered_at_once(broker, db, topic):
    batch = kcat_batch(broker, topic, "x" * 50_000)
    reader = wire.Connection(broker)
    with stalled(db):
        fill(broker, topic, batch)
        times = []
        for i in range(30):
            start = time.monotonic()
            reader.send(wire.metadata(i) if i % 2 else wire.fetch(i, topic, 0, 10_000))
            assert reader.answer()[0] == i
            times.append(time.monotonic() - start)
    assert sorted(times)[25] < 0.1


def test_produce_is_given_up(broker, db, topic):
    """What was taken and what could not be taken; the first may be there all the same."""
    batch, big = kcat_batch(broker, topic), kcat_batch(broker, f"{topic}-big", "x" * 50_000)
    door, late = wire.Connection(broker), wire.Connection(broker)
    with stalled(db):
        start = time.monotonic()
        door.send(produce(1, topic, batch, 700))
        assert outcome(door.answer()[1], topic) == (TIMED_OUT, -1)
        assert 0.65 < time.monotonic() - start < 2
        full = fill(broker, topic, big)
        start = time.monotonic()
        late.send(produce(2, topic, batch, 700), wire.metadata(3))
        assert outcome(late.answer()[1], topic) == (TIMED_OUT, -1)
        assert late.answer()[0] == 3
        assert 0.65 < time.monotonic() - start < 2
    assert [outcome(full[0].answer()[1], topic)[0] for _ in range(40)] == [0] * 40
    door.send(produce(4, topic, batch, 10_000))
    error, offset = outcome(door.answer()[1], topic)
    assert error == 0 and offset > 2


def test_what_was_given_up_is_there_once(broker, db, topic):
    """An idempotent producer sends it again."""
    failed = []
    producer = confluent_kafka.Producer({
        "bootstrap.servers": broker.brokers, "enable.idempotence": True, "log_level": 0,
        "request.timeout.ms": 1000, "retry.backoff.ms": 100, "message.timeout.ms": 60_000})

    def send(numbers):
        for i in numbers:
            producer.produce(topic, str(i), partition=0,
                             on_delivery=lambda error, _: error and failed.append(error))
            producer.poll(0)
    send(range(100))
    assert producer.flush(20) == 0
    with stalled(db):
        send(range(100, 200))
        start = time.monotonic()
        wait_until(lambda: producer.poll(0.1) or time.monotonic() - start > 3.5, what="retries")
    send(range(200, 300))
    assert producer.flush(60) == 0 and failed == []
    assert db.sql("select convert_from(value, 'utf8')::int from kafka.messages order by"
                  " partition_offset") == [(i,) for i in range(300)]
