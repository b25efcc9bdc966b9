# SPDX-License-Identifier: Apache-2.0
"""Topics, configurations, records: an operator's requests have the same answers as from Kafka."""
import functools

import confluent_kafka
import pytest
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
                                   ConfigSource, NewPartitions, NewTopic, OffsetSpec)

from harness.waiting import wait_until



@pytest.fixture
def servers(broker, kafka):
    return [broker, kafka]


@functools.lru_cache(maxsize=None)
def client(brokers):
    """One for all: its answers end with it."""
    return AdminClient({"bootstrap.servers": brokers, "log_level": 0})


def admin_of(server):
    return client(server.brokers)


def outcome(call):
    """What came of it: a value, or the error's code."""
    try:
        return call()
    except confluent_kafka.KafkaException as error:
        return error.args[0].name()


def same(servers, script, *arguments):
    ours, theirs = (script(server, *arguments) for server in servers)
    assert ours == theirs
    return ours


def create(server, name, partitions=1, replication=1, validate=False, **config):
    options = {key.replace("_", "."): value for key, value in config.items()}
    topic = NewTopic(name, partitions, replication, config=options)
    return outcome(lambda: admin_of(server).create_topics([topic], validate_only=validate)[
        name].result(30))


def test_create(servers, topic):
    def script(server):
        return [create(server, topic, 3), create(server, topic, 3), create(server, "no/topic"),
                create(server, "x" * 250), create(server, topic + "r", replication=3),
                create(server, topic + "c", cleanup_policy="compact"),
                create(server, topic + "u", no_such_config="1"),
                create(server, topic + "v", retention_ms="many"),
                create(server, topic + "w", validate=True)]
    assert same(servers, script)[:2] == [None, "TOPIC_ALREADY_EXISTS"]


def test_list_and_describe(servers, topic):
    def script(server):
        create(server, topic, 3)
        admin = admin_of(server)
        wait_until(lambda: topic in admin.list_topics(timeout=10).topics, what="it is listed")
        found = admin.describe_topics(confluent_kafka.TopicCollection([topic]))[topic].result(20)
        return [(each.id, each.leader.id, [node.id for node in each.replicas])
                for each in found.partitions], found.is_internal
    assert len(same(servers, script)[0]) == 3


def test_add_partitions(servers, topic):
    def script(server):
        create(server, topic, 2)

        def add(name, total):
            return outcome(lambda: admin_of(server).create_partitions(
                [NewPartitions(name, total)])[name].result(30))
        codes = [add(topic, 4), add(topic, 4), add(topic, 1), add("missing", 2)]
        wait_until(lambda: len(admin_of(server).list_topics(topic, 10).topics[
            topic].partitions) == 4, what="four partitions")
        return codes
    same(servers, script)


def test_delete(servers, topic):
    def script(server):
        create(server, topic)
        admin = admin_of(server)
        wait_until(lambda: topic in admin.list_topics(timeout=10).topics, what="it is there")

        def delete():
            return outcome(lambda: admin.delete_topics([topic])[topic].result(30))
        codes = [delete()]
        wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, what="it is gone")
        return codes + [delete()]
    assert same(servers, script) == [None, "UNKNOWN_TOPIC_OR_PART"]


def configuration(server, name, kind=ConfigResource.Type.TOPIC):
    resource = ConfigResource(kind, name)
    return admin_of(server).describe_configs([resource])[resource].result(30)


def test_configuration_of_a_topic(servers, topic):
    """All of Kafka's names, with its defaults: Kafka Connect and tools look at them."""
    def script(server):
        create(server, topic, cleanup_policy="compact", max_message_bytes="2000")
        wait_until(lambda: topic in admin_of(server).list_topics(timeout=10).topics, what="topic")
        return {name: (entry.value, entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value)
                for name, entry in configuration(server, topic).items()}
    found = same(servers, script)
    assert found["cleanup.policy"] == ("compact", True)


def test_change_configuration(servers, topic):
    def script(server):
        create(server, topic)
        admin = admin_of(server)
        wait_until(lambda: topic in admin.list_topics(timeout=10).topics, what="topic")

        def alter(name, value, operation):
            resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[
                ConfigEntry(name, value, incremental_operation=operation)])
            return outcome(lambda: admin.incremental_alter_configs([resource])[
                resource].result(30))
        codes = [alter("retention.ms", "1000", AlterConfigOpType.SET),
                 alter("cleanup.policy", "compact", AlterConfigOpType.APPEND),
                 alter("cleanup.policy", "delete", AlterConfigOpType.SUBTRACT),
                 alter("retention.ms", "2000", AlterConfigOpType.APPEND),
                 alter("retention.ms", "x", AlterConfigOpType.SET),
                 alter("no.such", "x", AlterConfigOpType.SET)]
        wait_until(lambda: configuration(server, topic)["cleanup.policy"].value == "compact",
                   what="the change")
        values = [configuration(server, topic)[name].value for name in
                  ("retention.ms", "cleanup.policy")]
        codes.append(alter("retention.ms", None, AlterConfigOpType.DELETE))
        wait_until(lambda: configuration(server, topic)["retention.ms"].value == "604800000",
                   what="the default")
        return codes, values
    assert same(servers, script)[1] == ["1000", "compact"]


def test_delete_records(servers, topic):
    def script(server):
        create(server, topic)
        producer = confluent_kafka.Producer({"bootstrap.servers": server.brokers, "log_level": 0})
        for i in range(10):
            producer.produce(topic, str(i), partition=0)
        assert producer.flush(30) == 0

        def delete(offset):
            place = confluent_kafka.TopicPartition(topic, 0, offset)
            return outcome(lambda: admin_of(server).delete_records([place])[place].result(
                30).low_watermark)
        place = confluent_kafka.TopicPartition(topic, 0)
        codes = [delete(4), delete(99)]
        first = admin_of(server).list_offsets({place: OffsetSpec.earliest()})[place].result(20)
        return codes, first.offset, delete(confluent_kafka.OFFSET_END)
    assert same(servers, script) == ([4, "OFFSET_OUT_OF_RANGE"], 4, 10)


def test_largest_timestamp(servers, topic):
    def script(server):
        create(server, topic)
        producer = confluent_kafka.Producer({"bootstrap.servers": server.brokers, "log_level": 0})
        for time in (1000, 5000, 3000):
            producer.produce(topic, "x", partition=0, timestamp=time)
        assert producer.flush(30) == 0
        place = confluent_kafka.TopicPartition(topic, 0)
        found = admin_of(server).list_offsets({place: OffsetSpec.max_timestamp()})[
            place].result(20)
        return found.offset, found.timestamp
    assert same(servers, script) == (1, 5000)


def test_cluster(broker, kafka):
    for server in (broker, kafka):
        found = admin_of(server).describe_cluster().result(20)
        assert [(node.id, node.port) for node in found.nodes] == [(1, server.port)]
        assert found.controller.id == 1
        assert len(found.cluster_id) == 22


def test_configuration_of_the_broker(broker, kafka):
    """Kafka's names for our keys, and for what topics have that set nothing."""
    found, theirs = (configuration(server, "1", ConfigResource.Type.BROKER)
                     for server in (broker, kafka))
    assert found["num.partitions"].value == "1" and found["num.partitions"].is_read_only
    assert found["advertised.listeners"].value == found["listeners"].value == \
        f"PLAINTEXT://{broker.brokers}"
    assert found["log.cleanup.policy"].value == theirs["log.cleanup.policy"].value
    assert found.keys() - theirs.keys() == set()


def test_authorized_operations(servers, topic):
    """All that there are, where a client asks."""
    def script(server):
        create(server, topic)
        admin, topics = admin_of(server), confluent_kafka.TopicCollection([topic])
        wait_until(lambda: topic in admin.list_topics(timeout=10).topics, what="topic")
        consumer = confluent_kafka.Consumer({"bootstrap.servers": server.brokers,
                                             "group.id": topic, "log_level": 0})
        consumer.commit(offsets=[confluent_kafka.TopicPartition(topic, 0, 0)], asynchronous=False)
        consumer.close()
        found = [admin.describe_cluster(include_authorized_operations=asks).result(20)
                 for asks in (True, False)]
        found.append(admin.describe_topics(topics, include_authorized_operations=True)[
            topic].result(20))
        found.append(admin.describe_consumer_groups([topic], include_authorized_operations=True)[
            topic].result(20))
        return [sorted(each.name for each in one.authorized_operations or []) for one in found]
    assert [len(names) for names in same(servers, script)] == [7, 0, 8, 5]
