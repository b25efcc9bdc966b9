# SPDX-License-Identifier: Apache-2.0
"""source-kafka: what is read, and that a restart repeats nothing."""
import json

import confluent_kafka
import pytest

from harness.kafka_source import committed, to_stdout, values, wait_values
from harness.waiting import wait_until


def numbers(first, last):
    return [(str(n), json.dumps(n)) for n in range(first, last)]


@pytest.mark.parametrize("checkpoint", ["none", "file"])
def test_a_restart_goes_on_behind_it(kafka, headrace, topic, checkpoint):
    kafka.create_topic(topic, 3)
    kafka.produce(topic, numbers(0, 500))
    program = headrace(to_stdout(kafka, topic, checkpoint))
    assert sorted(wait_values(program, number=500)) == list(range(500))
    assert program.stop() == 0
    assert sum(committed(kafka, topic, 3).values()) == 500
    kafka.produce(topic, numbers(500, 700))
    program.start()
    wait_values(program, number=700)
    assert program.stop() == 0
    assert sorted(values(program)) == list(range(700))


def test_offsets_are_committed_meanwhile(kafka, headrace, topic):
    kafka.produce(topic, numbers(0, 10))
    program = headrace(to_stdout(kafka, topic, commit_interval="100ms"))
    wait_until(lambda: committed(kafka, topic) == {0: 10}, give_up=program.must_run)


def test_everything_of_a_record_is_kept(kafka, headrace, topic):
    """Headers in order and twice, null and empty, bytes, tombstones."""
    kafka.create_topic(topic)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    producer.produce(topic, b"7", b"\x00\xff", headers=[("a", b"1"), ("a", b"2"), ("n", None),
                                                        ("e", b""), ("traceparent", b"00-ab")])
    producer.produce(topic, None, b'{"id": 1}')
    producer.produce(topic, b"", None)
    assert producer.flush(10) == 0
    program = headrace(to_stdout(kafka, topic))
    wait_values(program, number=3)
    lines = program.output.text().splitlines()
    assert json.loads(lines[0])["key"] == "\\x00ff"
    assert lines[0].endswith(
        '"headers":{"a":1,"a":2,"n":null,"e":"\\\\x","traceparent":"\\\\x30302d6162"}}')
    assert json.loads(lines[1]) == {"topic": topic, "key": {"id": 1}, "value": None}
    assert json.loads(lines[2]) == {"topic": topic, "key": None, "value": "\\x"}


def test_a_large_record_passes(kafka, headrace, topic):
    """Larger than what is fetched at once, than a batch and than ring_bytes."""
    kafka.create_topic(topic, max_message_bytes=20_000_000)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers,
                                         "message.max.bytes": 20_000_000})
    large = json.dumps("x" * 10_000_000)
    for value in ["1", large, "2", large, "3"]:
        producer.produce(topic, value)
    assert producer.flush(30) == 0
    sections = to_stdout(kafka, topic)
    sections["reader"]["ring_bytes"] = "1MiB"
    program = headrace(sections)
    assert wait_values(program, number=5, timeout=60) == [1, large[1:-1], 2, large[1:-1], 3]


def test_a_record_too_large_says_what_to_do(kafka, headrace, topic):
    kafka.create_topic(topic, max_message_bytes=20_000_000)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers,
                                         "message.max.bytes": 20_000_000})
    producer.produce(topic, json.dumps("x" * 10_000_000))
    assert producer.flush(30) == 0
    limits = {"rdkafka.fetch.max.bytes": 1_000_000, "rdkafka.receive.message.max.bytes": 2_000_000,
              "rdkafka.fetch.message.max.bytes": 1_000_000}
    program = headrace(to_stdout(kafka, topic, **limits))
    program.wait_log("increase receive.message.max.bytes")
