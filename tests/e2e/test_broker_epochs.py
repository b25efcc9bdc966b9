# SPDX-License-Identifier: Apache-2.0
"""OffsetForLeaderEpoch says where records of an earlier epoch ended, so that a consumer that has
read beyond finds out what it has to forget."""
import struct

import confluent_kafka

from harness import wire


def end_of(server, topic, epoch, current=-1):
    """(error, epoch, end offset) of partition 0; version 2."""
    door = wire.Connection(server)
    door.send(wire.request(23, 2, 1, struct.pack(">i", 1) + wire.text(topic) +
                           struct.pack(">iiii", 1, 0, current, epoch)))
    body = door.answer()[1]
    door.close()
    at = 4 + 4 + 2 + len(topic) + 4
    error, _, epoch, end = struct.unpack(">hiiq", body[at:at + 18])
    return error, epoch, end


def produce(server, topic, count):
    producer = confluent_kafka.Producer({"bootstrap.servers": server.brokers, "log_level": 0})
    for i in range(count):
        producer.produce(topic, str(i))
    assert producer.flush(20) == 0


def test_ends_of_epochs(broker, kafka, topic):
    fenced, unknown = 74, 75
    for server in (kafka, broker):
        produce(server, topic, 5)
        assert end_of(server, topic, 0) == (0, 0, 5)
        assert end_of(server, topic, 1) == (0, -1, -1)
        assert end_of(server, topic, 0, 7)[0] == unknown
    # What a promoted standby shows: see "kafka.meta", and a_promoted_standby_raises_the_epoch.
    broker.stop()
    broker.sql("update kafka.meta set timeline = '00000000'")
    broker.start()
    produce(broker, topic, 3)
    assert end_of(broker, topic, 0) == (0, 0, 5)
    assert end_of(broker, topic, 1, 1) == (0, 1, 8)
    assert end_of(broker, topic, 0, 0)[0] == fenced
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": broker.brokers, "group.id": "g", "log_level": 0})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 4)])
    assert [consumer.poll(20).offset() for _ in range(4)] == [4, 5, 6, 7]
    consumer.close()
