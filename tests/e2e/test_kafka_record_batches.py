# SPDX-License-Identifier: Apache-2.0
"""Record batches of every codec, written by Java and by librdkafka and read by us, and the other
way round; and what is refused, with the code that Kafka's own broker gives."""
import json
import random
import socket
import struct
import zlib

import confluent_kafka
import pytest

from harness import wire
from harness.kafka_codecs import ask_kafka, ask_us
from harness.waiting import count

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
HEADER = 61
AT_MAGIC, AT_CRC, AT_ATTRIBUTES = 16, 17, 21


# ---- records by chance

def some_bytes(chance):
    kind = chance.random()
    if kind < 0.15:
        return None
    if kind < 0.25:
        return ""
    if kind < 0.26:
        return ("abc" * chance.randrange(40_000)).encode().hex()  # more than a block of any codec
    return chance.randbytes(chance.choice((1, 63, 64, 200))).hex()


NOW = 1_700_000_000_000


def some_records(seed, number, times=(0, NOW, 2 ** 60)):
    chance = random.Random(seed)
    time = chance.choice(times)
    return [{"offset": 7 + i, "timestamp": time + chance.randrange(5000),
             "key": some_bytes(chance), "value": some_bytes(chance),
             "headers": [["name".encode().hex(), some_bytes(chance)]
                         for _ in range(chance.choice((0, 0, 1, 3, 70)))]} for i in range(number)]


def cases():
    return [(codec, some_records(f"{codec} {seed}", number)) for codec in CODECS
            for seed, number in enumerate([1, 60] + [30] * count(0, 100))]


# ---- Java

@pytest.fixture(scope="module")
def written_by_java():
    """Cases and batches."""
    written = cases()
    return written, ask_kafka(f"write {codec} 7 {json.dumps(records)}" for codec, records in written)


def test_java_writes_we_read(written_by_java):
    written, batches = written_by_java
    for (codec, records), answer in zip(written, ask_us(f"read {batch}" for batch in batches)):
        assert json.loads(answer) == records, codec


def test_we_write_java_reads(written_by_java):
    written, batches = written_by_java
    ours = ask_us(f"rewrite {number} {batch}" for batch in batches for number in range(len(CODECS)))
    answers = ask_kafka(f"read {batch}" for batch in ours)
    for i, answer in enumerate(answers):
        case = written[i // len(CODECS)]
        assert json.loads(answer) == case[1], (case[0], CODECS[i % len(CODECS)])
    uncompressed = [i for i, (codec, _) in enumerate(written) if codec == "none"]
    assert [ours[i * len(CODECS)] for i in uncompressed] == [batches[i] for i in uncompressed]


def test_a_control_batch():
    marker = ask_kafka(["marker 77 1000"])[0]
    read, written, produced = ask_us([f"read {marker}", f"rewrite 0 {marker}", f"check 9 {marker}"])
    assert [(record["offset"], record["key"]) for record in json.loads(read)] == [(1000, "00000001")]
    assert written == marker
    assert produced == "INVALID_RECORD"


# ---- librdkafka, through Kafka

@pytest.fixture(scope="module")
def producer_topics(kafka):
    """Topics into which librdkafka has produced: codec and messages."""
    topics = {}
    for codec in CODECS:
        topic = f"batches-{codec}"
        producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers, "linger.ms": 50,
                                             "compression.type": codec})
        for record in some_records(codec, 40, [NOW]):
            producer.produce(topic, **message(record), timestamp=record["timestamp"])
        assert producer.flush(60) == 0
        topics[codec] = topic
    return topics


def message(record):
    def plain(text):
        return None if text is None else bytes.fromhex(text)
    headers = [(bytes.fromhex(name).decode(), plain(value)) for name, value in record["headers"]]
    return {"key": plain(record["key"]), "value": plain(record["value"]), "headers": headers}


def of_message(got):
    return {"key": got.key(), "value": got.value(), "headers": got.headers() or []}


def log_bytes(kafka, topic):
    """What the broker has on its disk: the producer's own batches."""
    return b"".join(path.read_bytes()
                    for path in sorted(kafka.folder.glob(f"data/{topic}-0/*.log")))


def used_codecs(data):
    found = set()
    while data:
        found.add(CODECS[struct.unpack_from(">h", data, AT_ATTRIBUTES)[0] & 7])
        data = data[12 + struct.unpack_from(">i", data, 8)[0]:]
    return found


@pytest.mark.parametrize("codec", CODECS)
def test_librdkafka_writes_we_read(kafka, producer_topics, codec):
    data = log_bytes(kafka, producer_topics[codec])
    assert codec in used_codecs(data)  # what compressing would not make smaller is sent as it is
    records = json.loads(ask_us([f"read {data.hex()}"])[0])
    sent = some_records(codec, 40, [NOW])
    assert [message(record) for record in records] == [message(record) for record in sent]
    assert [record["offset"] for record in records] == list(range(40))


@pytest.mark.parametrize("codec", CODECS)
def test_we_write_librdkafka_reads(kafka, codec):
    records = [{**record, "offset": i} for i, record in enumerate(some_records(codec, 60, [NOW]))]
    batch = ask_us([f"rewrite {CODECS.index(codec)} " +
                    ask_kafka([f"write none 0 {json.dumps(records)}"])[0]])[0]
    topic = f"ours-{codec}"
    kafka.create_topic(topic)
    assert produce(kafka, topic, bytes.fromhex(batch)) == 0
    assert used_codecs(log_bytes(kafka, topic)) == {codec}
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.brokers, "group.id": topic,
                                         "check.crcs": True})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    got = consumer.consume(len(records), 30)
    consumer.close()
    assert [of_message(one) for one in got] == [message(record) for record in records]


# ---- what is refused

def text(word):
    return struct.pack(">h", len(word)) + word.encode()


def produce(kafka, topic, batch, version=8):
    """A Produce request by hand; gives the partition's error code."""
    body = struct.pack(">hhi", 0, version, 1) + text("by-hand") + struct.pack(">h", -1)
    body += struct.pack(">hii", -1, 30_000, 1) + text(topic)
    body += struct.pack(">iii", 1, 0, len(batch)) + batch
    with socket.create_connection((kafka.host, kafka.port), timeout=30) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        stream = connection.makefile("rb")
        answer = stream.read(struct.unpack(">i", stream.read(4))[0])
    return struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic) + 4 + 4)[0]


def changed(batch, at, format_, *values, crc=True):
    """The batch with something else at a place, and the checksum to it."""
    batch = bytearray(batch)
    struct.pack_into(format_, batch, at, *values)
    if crc:
        struct.pack_into(">I", batch, AT_CRC, wire.crc32c(batch[AT_ATTRIBUTES:]))
    return bytes(batch)


def old_message(magic):
    """One of the message sets before record batches."""
    content = struct.pack(">bb", magic, 0) + (b"" if magic == 0 else struct.pack(">q", 5))
    content += struct.pack(">ii", -1, 3) + b"abc"
    content = struct.pack(">I", zlib.crc32(content)) + content
    return struct.pack(">qi", 0, len(content)) + content


def refused(plain, zstd):
    return {
        "good": (plain, 8),
        "format 0": (old_message(0), 8),
        "format 1": (old_message(1), 8),
        "format 3": (changed(plain, AT_MAGIC, ">b", 3), 8),
        "wrong checksum": (changed(plain, AT_CRC, ">I", 1, crc=False), 8),
        "cut off": (plain[:-1], 8),
        "cut off early": (plain[:16], 8),
        "nothing": (b"", 8),
        "two batches": (plain + plain, 8),
        "another offset": (changed(plain, 0, ">q", 5), 8),
        "negative length": (changed(plain, 8, ">i", -1), 8),
        "short length": (changed(plain, 8, ">i", 40), 8),
        "unknown codec": (changed(plain, AT_ATTRIBUTES, ">h", 5), 8),
        "not compressed": (changed(plain, AT_ATTRIBUTES, ">h", 4), 8),
        "control": (changed(plain, AT_ATTRIBUTES, ">h", 32), 8),
        "too few offsets": (changed(plain, 23, ">i", 0), 8),
        "no records": (changed(plain, 57, ">i", 0), 8),
        "producer without sequence": (changed(plain, 43, ">qhi", 5, 0, -1), 8),
        "zstd": (zstd, 8),
        "zstd too early": (zstd, 6),
        "malformed record": (changed(plain, HEADER, ">b", 126), 8),
    }


def test_refused_as_kafka_does(kafka):
    records = json.dumps([{"offset": i, "timestamp": 1, "key": None, "value": "61", "headers": []}
                          for i in range(3)])
    *batches, errors = ask_kafka([f"write none 0 {records}", f"write zstd 0 {records}", "errors"])
    kafka.create_topic("refused")
    cases_ = refused(*map(bytes.fromhex, batches))
    codes = {code: name for name, code in json.loads(errors).items()}
    theirs = {case: codes[produce(kafka, "refused", *what)] for case, what in cases_.items()}
    answers = ask_us(f"check {version} {batch.hex()}" for batch, version in cases_.values())
    ours = dict(zip(cases_, answers))
    # Here Kafka's own code falls over, and so would a client that tries again.
    accidents = {"unknown codec": "UNSUPPORTED_COMPRESSION_TYPE", "not compressed": "INVALID_RECORD"}
    assert {case: theirs[case] for case in accidents} == dict.fromkeys(accidents, "UNKNOWN_SERVER_ERROR")
    assert ours == {**theirs, **accidents}
