# SPDX-License-Identifier: Apache-2.0
"""compression.type of a topic: batches that came otherwise are compressed anew, as by Apache Kafka."""
import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from harness import wire

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def codec_of_the_first_batch(server, topic):
    door = wire.Connection(server)
    door.send(wire.fetch(1, topic, 0, 1000))
    body = door.answer()[1]
    door.close()
    at = 4 + 4 + 2 + len(topic) + 4 + 26 + 4
    return CODECS[body[at + 22] & 7]


def script(server, topic, wanted, sent):
    admin = AdminClient({"bootstrap.servers": server.brokers, "log_level": 0})
    admin.create_topics([NewTopic(topic, 1, 1, config={"compression.type": wanted})])[topic] \
        .result(20)
    producer = confluent_kafka.Producer({
        "bootstrap.servers": server.brokers, "compression.type": sent, "enable.idempotence": True,
        "linger.ms": 200, "log_level": 0})
    for i in range(20):
        producer.produce(topic, f"value {i} " * 20, f"key {i}", headers=[("h", b"\0"), ("n", None)],
                         timestamp=1_700_000_000_000 - i)
    assert producer.flush(20) == 0
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": server.brokers, "group.id": "g", "log_level": 0})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    found = [(m.offset(), m.timestamp(), m.key(), m.value(), m.headers())
             for m in consumer.consume(20, 20)]
    consumer.close()
    return codec_of_the_first_batch(server, topic), found


@pytest.mark.parametrize("wanted, sent", [
    ("gzip", "none"), ("uncompressed", "zstd"), ("lz4", "snappy"), ("snappy", "gzip"),
    ("zstd", "zstd"), ("producer", "lz4")])
def test_as_the_topic_says(broker, kafka, topic, wanted, sent):
    ours, theirs = script(broker, topic, wanted, sent), script(kafka, topic, wanted, sent)
    assert ours == theirs
    assert ours[0] == {"uncompressed": "none", "producer": sent}.get(wanted, wanted)
    assert len(ours[1]) == 20
