# SPDX-License-Identifier: Apache-2.0
"""An answer to a Fetch is no larger than the client can take, whether the records come from
memory, from PostgreSQL or from both."""
import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

from harness.waiting import wait_until

LARGE = b"x" * 900_000
PARTITIONS = 3


def produce(broker, topic, partitions):
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.brokers})
    for partition in partitions:
        producer.produce(topic, LARGE, partition=partition)
    assert producer.flush(30) == 0


def test_room_for_one_record(broker, topic):
    """librdkafka drops the connection that sends it more than fetch.max.bytes and 512 bytes, and is
    given the same again, unless it is one record that is larger."""
    admin = AdminClient({"bootstrap.servers": broker.brokers})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    produce(broker, topic, [0, 1, 1, 2, 2, 2])
    broker.stop()
    broker.start()
    produce(broker, topic, [0, 0])  # the only ones in its memory
    errors = []
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": broker.brokers, "group.id": topic, "auto.offset.reset": "earliest",
        "fetch.max.bytes": 1_000_000, "receive.message.max.bytes": 1_000_512,
        "max.partition.fetch.bytes": 20_000_000, "error_cb": errors.append})
    consumer.assign([confluent_kafka.TopicPartition(topic, number, 0)
                     for number in range(PARTITIONS)])
    read = []

    def all_read():
        read.extend(filter(None, [consumer.poll(1)]))
        return len(read) == 8
    wait_until(all_read, 20, lambda: f"{len(read)} of 8; {errors}")
    consumer.close()
    assert not errors
    assert {message.value() for message in read} == {LARGE}
