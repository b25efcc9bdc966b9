# SPDX-License-Identifier: Apache-2.0
"""What no well-behaved client sends, and the order of answers: the broker closes or answers with
an error, and every other client goes on."""
import concurrent.futures
import gzip
import re
import struct
import subprocess
import time

import confluent_kafka
import confluent_kafka.admin
import lz4.frame
import pytest
import zstandard

from harness import wire
from harness.program import sanitized
from harness.waiting import count, wait_until


def kcat_batch(server, topic, value="x"):
    """Bytes of a record batch, as a client writes it: read out of what the broker has."""
    subprocess.run(["kcat", "-b", server.brokers, "-P", "-t", topic], input=value, text=True,
                   check=True, timeout=30)
    door = wire.Connection(server)
    door.send(wire.fetch(1, topic, 0, 1000))
    _, body = door.answer()
    door.close()
    at = 4 + 4 + 2 + len(topic) + 4  # throttle, topics, name, partitions
    index, error, _, _, aborted = struct.unpack(">ihqqi", body[at:at + 26])
    assert (index, error, aborted) == (0, 0, -1)
    size, = struct.unpack(">i", body[at + 26:at + 30])
    batch = bytearray(body[at + 30:at + 30 + size])
    batch[0:8] = bytes(8)
    return bytes(batch)


@pytest.fixture
def bystander(broker):
    """A connection that has to live through it."""
    other = wire.Connection(broker)
    yield other
    other.send(wire.metadata(7))
    assert other.answer()[0] == 7
    other.close()


BAD = {
    "length of 2 GB": struct.pack(">i", 2**31 - 1) + b"xxxx",
    "negative length": struct.pack(">i", -1),
    "empty frame": struct.pack(">i", 0),
    "header cut off": struct.pack(">ih", 2, 3),
    "header without client": struct.pack(">ihhi", 8, 3, 1, 1),
    "unknown key": wire.request(9999, 0, 1),
    "key that is not served": wire.request(24, 0, 1),
    "version below": wire.request(wire.FETCH, 0, 1),
    "version above": wire.request(wire.METADATA, 99, 1),
    "array of 2 billion": wire.request(wire.METADATA, 1, 1, struct.pack(">i", 2**31 - 1)),
    "compact array of 4 billion": wire.request(wire.METADATA, 9, 1, b"\0\xff\xff\xff\xff\x0f"),
    "tags without end": wire.request(wire.METADATA, 9, 1, b"\xff\xff\xff\xff\x0f"),
    "inner array of 2 billion": wire.request(wire.PRODUCE, 3, 1, struct.pack(
        ">hhii", -1, -1, 1000, 1) + wire.text("t") + struct.pack(">i", 2**31 - 1)),
    "records behind the end": wire.request(wire.PRODUCE, 3, 1, struct.pack(
        ">hhii", -1, -1, 1000, 1) + wire.text("t") + struct.pack(">iii", 1, 0, 2**31 - 1)),
    "string cut off": wire.request(wire.METADATA, 1, 1, struct.pack(">ih", 1, 1000)),
}


@pytest.mark.parametrize("frame", BAD.values(), ids=BAD)
def test_bad_frames_close_the_connection(broker, bystander, frame):
    door = wire.Connection(broker)
    door.send(frame)
    assert door.is_closed()
    door.close()


def test_a_client_in_a_loop_does_not_fill_the_log(broker, bystander):
    """A client that knows no other version comes again at once, for as long as it lives."""
    def refused():
        return broker.log.text().count("is not served: key 9999")
    for _ in range(500):
        door = wire.Connection(broker)
        door.send(wire.request(9999, 0, 1))
        assert door.is_closed()
        door.close()
    assert 200 <= refused() < 300

    def next_line():
        door = wire.Connection(broker)
        door.send(wire.request(9998, 0, 1))
        assert door.is_closed()
        return re.search(r"key 9998, .* \(since the last such line \d+ others", broker.log.text())
    wait_until(next_line, what="the number of the others", interval=0.2)


def test_a_frame_that_never_ends_takes_no_memory(broker, bystander):
    """The length is only what a client says."""
    doors = [wire.Connection(broker) for _ in range(20)]
    before = broker.rss_kib()
    for door in doors:
        door.send(struct.pack(">i", 90_000_000) + b"x" * 1000)
    bystander.send(wire.metadata(1))
    bystander.answer()
    assert broker.rss_kib() - before < 20_000
    for door in doors:
        door.close()


def test_unknown_version_of_api_versions(broker):
    """KIP-511: version 0, error 35 and the range of ApiVersions, so that the client asks again."""
    door = wire.Connection(broker)
    door.send(wire.request(wire.API_VERSIONS, 77, 5))
    assert door.answer() == (5, struct.pack(">hihhh", 35, 1, 18, 0, 5))
    door.send(wire.request(wire.API_VERSIONS, 0, 6))
    correlation, body = door.answer()
    error, count = struct.unpack(">hi", body[:6])
    ranges = {key: (low, high) for key, low, high in
              struct.iter_unpack(">hhh", body[6:6 + 6 * count])}
    assert (correlation, error) == (6, 0)
    # KAFKA-18659: librdkafka compresses only if Produce begins with 0.
    assert ranges[wire.PRODUCE] == (0, 13) and ranges[wire.FETCH][0] == 4


def test_every_version_that_is_advertised_is_known(broker):
    """None hangs, none is refused as unknown: an empty body is too short for most of them."""
    door = wire.Connection(broker)
    door.send(wire.request(wire.API_VERSIONS, 0, 1))
    body = door.answer()[1]
    for key, low, high in struct.iter_unpack(">hhh", body[6:]):
        for version in range(3 if key == wire.PRODUCE else low, high + 1):
            one = wire.Connection(broker)
            one.send(wire.request(key, version, 1))
            one.is_closed()
            one.close()
    refused = [line for line in broker.log.text().splitlines()
               if "an API key that is not" in line or "a version that is not" in line]
    assert refused == []


def test_answers_in_order_while_a_fetch_waits(broker, topic):
    batch = kcat_batch(broker, topic)
    door, other = wire.Connection(broker), wire.Connection(broker)
    door.send(wire.fetch(1, topic, 1, 20_000), wire.metadata(2), wire.metadata(3))
    other.send(wire.produce(9, topic, batch))
    assert other.answer()[0] == 9
    assert [door.answer()[0] for _ in range(3)] == [1, 2, 3]


def test_woken_by_a_commit(broker, topic):
    """A fetch that waits is answered once records are committed, not when its time is up."""
    batch = kcat_batch(broker, topic)
    reader, writer = wire.Connection(broker), wire.Connection(broker)
    times = []
    for i in range(20):
        reader.send(wire.fetch(i, topic, 1 + i, 20_000))
        start = time.monotonic()
        writer.send(wire.produce(i, topic, batch))
        assert reader.answer()[0] == i
        times.append(time.monotonic() - start)
        assert writer.answer()[0] == i
    assert sorted(times)[10] < 0.2


def test_fetch_waits_no_longer_than_it_says(broker, topic):
    kcat_batch(broker, topic)
    door = wire.Connection(broker)
    start = time.monotonic()
    door.send(wire.fetch(1, topic, 1, 300))
    assert door.answer()[0] == 1
    assert 0.25 < time.monotonic() - start < 5


def test_no_answer_to_acks_0_but_in_order(broker, topic):
    batch = kcat_batch(broker, topic)
    door = wire.Connection(broker)
    door.send(wire.produce(1, topic, batch, acks=0), wire.metadata(2))
    assert door.answer()[0] == 2
    wait_until(lambda: broker.sql("select count(*) from kafka.messages") == [(2,)], what="the row")


def error_of_produce(door, topic, records, acks=-1):
    door.send(wire.produce(1, topic, records, acks))
    body = door.answer()[1]
    at = 4 + 2 + len(topic) + 4 + 4
    return struct.unpack(">h", body[at:at + 2])[0]


def test_bad_batches_are_refused(broker, topic):
    batch = kcat_batch(broker, topic)
    door = wire.Connection(broker)

    def with_byte(at, value):
        return batch[:at] + bytes([value]) + batch[at + 1:]
    corrupt, invalid = 2, 87
    assert error_of_produce(door, topic, with_byte(len(batch) - 1, 1)) == corrupt
    assert error_of_produce(door, topic, with_byte(16, 1)) == invalid  # an old format
    assert error_of_produce(door, topic, batch[:-1]) == invalid
    assert error_of_produce(door, topic, batch + batch) == invalid
    assert error_of_produce(door, topic, b"") == invalid
    assert error_of_produce(door, "missing", batch) == 3
    assert error_of_produce(door, topic, batch, acks=5) == 21
    assert error_of_produce(door, topic, batch) == 0


def test_times_that_no_clock_has(broker, topic):
    kcat_batch(broker, topic)
    door = wire.Connection(broker)
    invalid_timestamp = 32
    errors = [error_of_produce(door, topic, wire.record_batch(0, wire.ONE_RECORD, time=time))
              for time in (-2 ** 63, 2 ** 63 - 1, 0)]
    assert errors == [invalid_timestamp, invalid_timestamp, 0]


def snappy_bomb(size):
    """A byte, and then copies of it: 64 bytes out of three."""
    length, at = b"", size
    while at >= 0x80:
        length, at = length + bytes([at & 0x7f | 0x80]), at >> 7
    copies, rest = divmod(size - 1, 64)
    return length + bytes([at]) + b"\0\0" + b"\xfe\x01\0" * copies + \
        (bytes([(rest - 1) << 2 | 2]) + b"\x01\0" if rest else b"")


BOMB = 20 << 20
BOMBS = {"gzip": (1, lambda: gzip.compress(bytes(BOMB))), "snappy": (2, lambda: snappy_bomb(BOMB)),
         "lz4": (3, lambda: lz4.frame.compress(bytes(BOMB))),
         "zstd": (4, lambda: zstandard.compress(bytes(BOMB)))}


@pytest.mark.parametrize("codec", BOMBS)
def test_bombs_take_no_memory(broker_factory, topic, codec):
    broker = broker_factory({"max_batch_bytes": "2MiB"})
    number, pack = BOMBS[codec]
    batch = kcat_batch(broker, topic)
    door, other = wire.Connection(broker), wire.Connection(broker)
    frame = wire.produce(1, topic, wire.record_batch(number, pack()))
    version_7 = frame[:6] + struct.pack(">h", 7) + frame[8:]
    before = broker.rss_kib()
    for _ in range(5):
        door.send(version_7)
        at = 4 + 2 + len(topic) + 4 + 4
        assert struct.unpack(">h", door.answer()[1][at:at + 2])[0] == 10
    assert broker.rss_kib() - before < 12_000 or sanitized()
    assert error_of_produce(other, topic, batch) == 0


def test_a_batch_that_says_it_has_2_billion_records(broker, topic):
    kcat_batch(broker, topic)
    door = wire.Connection(broker)
    for codec, packed in ((0, b""), (0, b"x" * 1000), (1, gzip.compress(b"x" * 1000))):
        assert error_of_produce(door, topic, wire.record_batch(codec, packed, 2**31 - 1)) == 10


def tiny_records(number):
    """A few bytes each, of a key and a value that are null."""
    def one(index):
        delta = wire.varint(index << 1)
        return bytes([len(delta) + 5 << 1, 0, 0]) + delta + b"\1\1\0"
    return wire.record_batch(4, zstandard.compress(b"".join(map(one, range(number)))), number)


def headers(number):
    record = b"\0\0\0\1\1" + wire.varint(number << 1) + b"\0\1" * number
    return wire.record_batch(4, zstandard.compress(wire.varint(len(record) << 1) + record))


def partition_errors(door, topic, batch, partitions):
    """Of one request for all of them."""
    door.send(wire.produce_many(1, topic, [batch] * partitions))
    body = door.answer()[1]
    at = 4 + 2 + len(topic) + 4
    return [struct.unpack(">h", body[at + 4 + 30 * i:at + 6 + 30 * i])[0]
            for i in range(partitions)]


def test_a_small_batch_that_becomes_millions_of_records(broker_factory, topic):
    """Its answer is that of a batch that is too large; one just below is taken, from several
    connections at once, and for many partitions by one request."""
    doors, partitions = 4, 3
    broker = broker_factory({"default_partitions": partitions})
    kcat_batch(broker, topic)
    connections = [wire.Connection(broker) for _ in range(doors)]
    for batch in (tiny_records(300_000), headers(30_000_000)):
        assert len(batch) < 1_000_000
        for door in connections:
            assert partition_errors(door, topic, batch, partitions) == [10] * partitions
    batch = tiny_records(count(50_000, 240_000))
    with concurrent.futures.ThreadPoolExecutor(doors) as pool:
        errors = pool.map(lambda door: partition_errors(door, topic, batch, partitions),
                          connections)
        assert list(errors) == [[0] * partitions] * doors
    assert broker.peak_rss_kib() < 256 * 1024 or sanitized()


def test_keyless_records_of_compacted_topics(broker, topic):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": broker.brokers})
    admin.create_topics([confluent_kafka.admin.NewTopic(
        topic, 1, 1, config={"cleanup.policy": "compact"})])[topic].result(20)
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.brokers, "log_level": 0})
    errors = []
    for key in (None, "k"):
        producer.produce(topic, "v", key, callback=lambda error, _: errors.append(error))
        assert producer.flush(20) == 0
    assert errors[0].code() == confluent_kafka.KafkaError.INVALID_RECORD and errors[1] is None


def let_in(broker):
    """A connection that is served; None if it was closed."""
    door = wire.Connection(broker)
    door.send(wire.metadata(1))
    try:
        return door if door.answer()[0] == 1 else None
    except (EOFError, ConnectionError):
        return None


def test_more_connections_than_allowed(broker_factory):
    broker = broker_factory({"max_connections": 2})
    doors = [wait_until(lambda: let_in(broker), what="a place") for _ in range(2)]
    assert let_in(broker) is None
    doors.pop().close()
    assert wait_until(lambda: let_in(broker), what="the place that is free")


def test_idle_connections_are_closed(broker_factory):
    broker = broker_factory({"idle_timeout": "1s"})
    assert wire.Connection(broker).is_closed()


def test_stop_answers_what_was_taken(broker, topic):
    batch = kcat_batch(broker, topic)
    door = wire.Connection(broker)
    door.send(wire.produce(1, topic, batch), wire.fetch(2, topic, 2, 30_000))
    assert door.answer()[0] == 1
    start = time.monotonic()
    assert broker.stop() == 0
    assert time.monotonic() - start < 10
    assert door.answer()[0] == 2
    assert door.is_closed()
