# SPDX-License-Identifier: Apache-2.0
"""Bytes a second of a client id: the answer comes at once and says how long to wait, and until then
the connection is not read from (KIP-219). Others are not held up."""
import struct
import time

import confluent_kafka
import pytest

from harness import wire
from harness.broker import sections
from harness.program import command, ini
from test_broker_protocol import kcat_batch

RATE = 100_000


@pytest.fixture
def broker(broker_factory):
    return broker_factory({"producer_byte_rate": f"* = {RATE}, kcat = 100MiB, rdkafka = 100MiB",
                           "consumer_byte_rate": f"slow = {RATE}"})


def throttles():
    seen = []
    return seen, lambda event: seen.append(event.throttle_time)


def test_a_producer_has_its_rate(broker, topic):
    seen, note = throttles()
    producer = confluent_kafka.Producer({
        "bootstrap.servers": broker.brokers, "client.id": "slow", "log_level": 0,
        "batch.size": 10_000, "throttle_cb": note})
    start = time.monotonic()
    for _ in range(50):
        producer.produce(topic, bytes(10_000))
    assert producer.flush(60) == 0
    took = time.monotonic() - start
    # The last batch is answered before it is paid for, and a second's worth comes at once.
    assert 500_000 / took == pytest.approx(RATE * 500_000 / 400_000, rel=0.3)
    assert seen and max(seen) < 5
    assert broker.sql("select count(*) from kafka.messages") == [(50,)]


def test_a_consumer_has_its_rate(broker, topic):
    fast = confluent_kafka.Producer({
        "bootstrap.servers": broker.brokers, "batch.size": 10_000, "log_level": 0})
    for _ in range(50):
        fast.produce(topic, bytes(10_000), partition=0)
    assert fast.flush(20) == 0
    seen, note = throttles()
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": broker.brokers, "client.id": "slow", "group.id": "g", "log_level": 0,
        "fetch.message.max.bytes": 50_000, "throttle_cb": note})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    start = time.monotonic()
    for i in range(50):
        assert consumer.poll(20).offset() == i
    took = time.monotonic() - start
    consumer.close()
    assert 500_000 / took == pytest.approx(RATE * 500_000 / 400_000, rel=0.35)
    assert seen


def test_answered_first_and_then_not_read_from(broker, topic):
    batch = kcat_batch(broker, topic, "x" * 60_000)
    door, other = wire.Connection(broker), wire.Connection(broker)
    start = time.monotonic()
    for i in range(3):
        door.send(wire.produce(i, topic, batch))
        body = door.answer()[1]
    assert time.monotonic() - start < 0.6
    wait_ms, = struct.unpack(">i", body[-4:])
    assert 500 < wait_ms < 1000
    door.send(wire.metadata(4))
    other.send(wire.request(wire.METADATA, 1, 5, struct.pack(">i", 0), client="kcat"))
    assert other.answer()[0] == 5
    assert time.monotonic() - start < 0.7
    assert door.answer()[0] == 4
    assert 0.5 < time.monotonic() - start < 3


def described(server, *filters):
    """{client id, None for the default: {key: bytes a second}}; filters: (type, how, name)."""
    door = wire.Connection(server)
    door.send(wire.request(48, 0, 1, struct.pack(">i", len(filters)) + b"".join(
        wire.text(kind) + struct.pack(">b", how) +
        (wire.text(name) if name else struct.pack(">h", -1)) for kind, how, name in filters) + b"\0"))
    at, body = 0, door.answer()[1]
    door.close()

    def take(form):
        nonlocal at
        values = struct.unpack_from(form, body, at)
        at += struct.calcsize(form)
        return values[0] if len(values) == 1 else values

    def text():
        size = take(">h")
        return None if size < 0 else take(f">{size}s").decode()
    _, error = take(">ih")
    text()
    found = {}
    for _ in range(take(">i")):
        assert take(">i") == 1 and text() == "client-id"
        name = text()
        found[name] = {text(): take(">d") for _ in range(take(">i"))}
    return error, found


def test_quotas_are_described(broker):
    fast, slow = {"producer_byte_rate": 100 << 20}, {"consumer_byte_rate": RATE}
    everybody = {"producer_byte_rate": RATE}
    assert described(broker) == (
        0, {None: everybody, "kcat": fast, "rdkafka": fast, "slow": slow})
    assert described(broker, ("client-id", 0, "slow")) == (0, {"slow": slow})
    assert described(broker, ("client-id", 1, None)) == (0, {None: everybody})
    assert len(described(broker, ("client-id", 2, None))[1]) == 4
    assert described(broker, ("user", 2, None)) == (0, {})
    assert described(broker, ("hat", 2, None)) == (35, {})


@pytest.mark.parametrize("rate", ["many", "0", "2147483647GiB"])
@pytest.mark.parametrize("key", ["producer_byte_rate", "consumer_byte_rate"])
def test_a_rate_that_is_none(folder, db, key, rate):
    config = folder / "x.ini"
    config.write_text(ini(sections(db, 9092, {key: f"* = 1MiB, a = {rate}"})), encoding="utf-8")
    checked = command("check", "-c", config)
    assert checked.returncode != 0 and f"{key}: what client 'a' may send" in checked.stderr
