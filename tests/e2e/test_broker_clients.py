# SPDX-License-Identifier: Apache-2.0
"""The other clients: the same script on headrace's broker and on Apache Kafka."""
import asyncio

import aiokafka
import kafka as kafka_python
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from kafka.admin import KafkaAdminClient, NewTopic

from harness.waiting import wait_until

HEADERS = [("a", b"1"), ("a", b""), ("b", b"\0")]


@pytest.fixture(params=["kafka", "broker"])
def server(request, broker_factory):
    if request.param == "kafka":
        return request.getfixturevalue("kafka")
    return broker_factory({"group_initial_rebalance_delay": "0"})


# ---- kafka-python: flexible versions up to Kafka 4's


@pytest.fixture
def admin(server, topic):
    client = KafkaAdminClient(bootstrap_servers=server.brokers)
    client.create_topics([NewTopic(topic, 2, 1)])
    wait_until(lambda: topic in client.list_topics(), what="the topic")
    yield client
    client.close()


@pytest.mark.parametrize("codec", [None, "gzip"])
def test_kafka_python(server, admin, topic, codec):
    producer = kafka_python.KafkaProducer(bootstrap_servers=server.brokers,
                                          compression_type=codec, acks="all")
    places = [producer.send(topic, b"v%d" % i, b"k", HEADERS, partition=i % 2,
                            timestamp_ms=1000 + i).get(30) for i in range(10)]
    producer.close()
    assert [(place.partition, place.offset) for place in places] == \
        [(i % 2, i // 2) for i in range(10)]
    consumer = kafka_python.KafkaConsumer(topic, bootstrap_servers=server.brokers,
                                          group_id=f"g-{topic}", auto_offset_reset="earliest",
                                          enable_auto_commit=False, consumer_timeout_ms=20_000)
    read = [next(consumer) for _ in range(10)]
    assert sorted((one.partition, one.offset, one.timestamp, one.key, one.value, list(one.headers))
                  for one in read) == \
        sorted((i % 2, i // 2, 1000 + i, b"k", b"v%d" % i, HEADERS) for i in range(10))
    consumer.commit()
    parts = [kafka_python.TopicPartition(topic, n) for n in (0, 1)]
    assert [consumer.committed(part) for part in parts] == [5, 5]
    assert consumer.beginning_offsets(parts) == {part: 0 for part in parts}
    assert consumer.end_offsets(parts) == {part: 5 for part in parts}
    found = consumer.offsets_for_times({parts[0]: 1003, parts[1]: 5000})
    assert (found[parts[0]].offset, found[parts[0]].timestamp, found[parts[1]]) == (2, 1004, None)
    consumer.seek(parts[0], 4)
    consumer.seek(parts[1], 5)
    assert next(consumer).offset == 4
    consumer.close()


def test_kafka_python_administers(server, admin, topic):
    assert {part["partition_index"] for one in admin.describe_topics([topic])
            for part in one["partitions"]} == {0, 1}
    admin.delete_topics([topic])
    wait_until(lambda: topic not in admin.list_topics(), what="it is gone")


# ---- aiokafka: the old, inflexible versions


async def aiokafka_script(server, topic):
    admin = AIOKafkaAdminClient(bootstrap_servers=server.brokers)
    await admin.start()
    await admin.create_topics([aiokafka.admin.NewTopic(topic, 2, 1)])
    await admin.close()
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=server.brokers,
                                         enable_idempotence=True, compression_type="gzip")
    await producer.start()
    places = [await producer.send_and_wait(topic, b"%d" % i, b"k", partition=i % 2,
                                           headers=[("h", b"x")]) for i in range(10)]
    await producer.stop()
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=server.brokers,
                                         group_id=f"g-{topic}", auto_offset_reset="earliest",
                                         enable_auto_commit=False)
    await consumer.start()
    read = [await asyncio.wait_for(consumer.getone(), 30) for _ in range(10)]
    await consumer.commit()
    parts = sorted(consumer.assignment())
    committed = [await consumer.committed(part) for part in parts]
    ends = await consumer.end_offsets(parts)
    await consumer.stop()
    return ([(place.partition, place.offset) for place in places],
            sorted((one.partition, one.offset, one.key, one.value, one.headers) for one in read),
            committed, sorted(ends.values()))


def test_aiokafka(server, topic):
    places, read, committed, ends = asyncio.run(aiokafka_script(server, topic))
    assert places == [(i % 2, i // 2) for i in range(10)]
    assert read == sorted((i % 2, i // 2, b"k", b"%d" % i, (("h", b"x"),)) for i in range(10))
    assert committed == ends == [5, 5]
