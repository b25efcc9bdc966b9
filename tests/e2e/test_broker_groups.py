# SPDX-License-Identifier: Apache-2.0
"""Consumer groups of librdkafka on headrace's broker, as on Apache Kafka."""
import struct
import time

import confluent_kafka
import kafka as kafka_python
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from harness import wire
from harness.waiting import NotInTime, wait_until


@pytest.fixture
def broker(broker_factory):
    """As the tests' Kafka: groups begin at once, and members may be declared dead soon."""
    return broker_factory({"group_initial_rebalance_delay": "0", "default_partitions": 4})


@pytest.fixture(params=["kafka", "broker"])
def server(request):
    """The same test on both."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def admin(server):
    return AdminClient({"bootstrap.servers": server.brokers, "log_level": 0})


@pytest.fixture
def filled(server, admin, topic):
    """A topic of 4 partitions with 100 records each."""
    if server.__class__.__name__ == "Kafka":
        admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(30)
    producer = confluent_kafka.Producer({"bootstrap.servers": server.brokers, "log_level": 0,
                                         "enable.idempotence": True})
    for i in range(400):
        producer.produce(topic, str(i), partition=i % 4)
    assert producer.flush(30) == 0
    return topic


@pytest.fixture
def members(server, filled):
    """members(group, **settings): a consumer that has subscribed; closed after the test."""
    consumers = []

    def make(group, **settings):
        options = {key.replace("_", "."): value for key, value in settings.items()}
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": server.brokers, "group.id": f"{group}-{filled}", "log_level": 0,
            "auto.offset.reset": "earliest", "enable.auto.commit": False,
            "session.timeout.ms": 6000, "heartbeat.interval.ms": 200, **options})
        consumer.subscribe([filled])
        consumers.append(consumer)
        return consumer
    yield make
    for each in consumers:
        each.close()


def read(consumer, number, timeout=40):
    """So many values, in any order."""
    values, deadline = [], time.monotonic() + timeout
    while len(values) < number:
        if time.monotonic() > deadline:
            raise NotInTime(f"{len(values)} of {number} records")
        for message in consumer.consume(number - len(values), 0.2):
            assert message.error() is None, message.error()
            values.append(int(message.value()))
    return values


def assigned(consumers, sizes):
    """True once the members have partitions, so many each."""
    for consumer in consumers:
        consumer.poll(0.05)
    return sorted(len(each.assignment()) for each in consumers) == sizes


def test_one_member_reads_and_goes_on(members):
    first = members("one")
    assert sorted(read(first, 400)) == list(range(400))
    first.commit(asynchronous=False)
    first.close()
    second = members("one")
    wait_until(lambda: assigned([second], [4]), 40, "all partitions")
    assert second.consume(1, 1) == []


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_members_share(members, strategy):
    some = [members("shared", partition_assignment_strategy=strategy) for _ in range(2)]
    wait_until(lambda: assigned(some, [2, 2]), 40, "two each")
    some[0].close()
    wait_until(lambda: assigned(some[1:], [4]), 40, "all at the one that is left")


def test_static_member_keeps_its_place(members):
    """KIP-345: a member that comes back with its name has its partitions without a rebalance."""
    other = members("static", group_instance_id="b")
    first = members("static", group_instance_id="a")
    wait_until(lambda: assigned([first, other], [2, 2]), 40, "two each")
    before = sorted(str(each) for each in first.assignment())
    first.close()
    again = members("static", group_instance_id="a")
    wait_until(lambda: assigned([again, other], [2, 2]), 40, "two each again")
    assert sorted(str(each) for each in again.assignment()) == before


def test_static_member_that_says_more_than_before(server, filled):
    """kafka-python's metadata have what the member owned: no rebalance for that."""
    def generation():
        consumer = kafka_python.KafkaConsumer(
            filled, bootstrap_servers=server.brokers, group_id=f"more-{filled}",
            group_instance_id="a", enable_auto_commit=False)
        wait_until(lambda: consumer.poll(100) or len(consumer.assignment()) == 4, 40, "assigned")
        consumer.poll(500)
        found = consumer.group_metadata().generation_id
        consumer.close()
        return found
    assert generation() == generation() == generation()


def test_group_that_was_left_without_offsets(members, admin, filled):
    """It is empty, not gone, for some minutes."""
    group = f"left-{filled}"
    consumer = members("left")
    wait_until(lambda: assigned([consumer], [4]), 40, "assigned")
    consumer.close()
    assert admin.describe_consumer_groups([group])[group].result(20).state.name == "EMPTY"
    listed = admin.list_consumer_groups().result(20).valid
    assert [each.state.name for each in listed if each.group_id == group] == ["EMPTY"]
    assert admin.delete_consumer_groups([group])[group].result(20) is None


def test_second_instance_is_fenced(members):
    first = members("fenced", group_instance_id="a")
    wait_until(lambda: assigned([first], [4]), 40, "assigned")
    second = members("fenced", group_instance_id="a")
    wait_until(lambda: assigned([second], [4]), 40, "the second has them")

    def fenced():
        try:
            first.commit(offsets=[confluent_kafka.TopicPartition(first.assignment()[0].topic, 0, 1)],
                         asynchronous=False)
        except confluent_kafka.KafkaException as error:
            return error.args[0].code() in (confluent_kafka.KafkaError.FENCED_INSTANCE_ID,
                                            confluent_kafka.KafkaError._FATAL)
        except IndexError:
            return True
    wait_until(fenced, 30, "the first is fenced")


def test_offsets_with_metadata(server, members, filled):
    consumer = members("meta")
    wait_until(lambda: assigned([consumer], [4]), 40, "assigned")
    place = confluent_kafka.TopicPartition(filled, 1, 42, metadata="who: me")
    consumer.commit(offsets=[place], asynchronous=False)
    found = consumer.committed([confluent_kafka.TopicPartition(filled, n) for n in (0, 1)], 10)
    assert [(each.offset, each.metadata) for each in found] == \
        [(confluent_kafka.OFFSET_INVALID, None), (42, "who: me")]


def test_metadata_of_any_characters(server, filled):
    """Also the zero byte, which no text in PostgreSQL can hold."""
    consumer = kafka_python.KafkaConsumer(bootstrap_servers=server.brokers, group_id=f"any-{filled}",
                                          enable_auto_commit=False)
    place, kept = kafka_python.TopicPartition(filled, 0), "Hello\0world \x1b0 \\0 \u00e9 \0"
    consumer.commit({place: kafka_python.OffsetAndMetadata(3, kept, -1)})
    assert consumer.committed(place, metadata=True).metadata == kept
    consumer.close()


def test_describe_list_delete(server, admin, members, filled):
    group = f"seen-{filled}"
    consumer = members("seen")
    wait_until(lambda: assigned([consumer], [4]), 40, "assigned")
    consumer.commit(offsets=[confluent_kafka.TopicPartition(filled, 0, 7)], asynchronous=False)
    described = admin.describe_consumer_groups([group])[group].result(20)
    assert described.state == confluent_kafka.ConsumerGroupState.STABLE
    assert described.partition_assignor == "range"
    assert len(described.members) == 1
    assert described.members[0].client_id == "rdkafka"
    assert len(described.members[0].assignment.topic_partitions) == 4
    with pytest.raises(confluent_kafka.KafkaException) as refused:
        admin.delete_consumer_groups([group])[group].result(20)
    assert refused.value.args[0].code() == confluent_kafka.KafkaError.NON_EMPTY_GROUP
    consumer.close()

    def listed():
        return {each.group_id: each.state for each in
                admin.list_consumer_groups().result(20).valid}.get(group)
    wait_until(lambda: listed() == confluent_kafka.ConsumerGroupState.EMPTY, 20, "empty")
    place = admin.list_consumer_group_offsets(
        [confluent_kafka.ConsumerGroupTopicPartitions(group)])[group].result(20).topic_partitions
    assert [(each.partition, each.offset) for each in place] == [(0, 7)]
    admin.delete_consumer_groups([group])[group].result(20)
    assert listed() is None


def delete_offsets(server, group, *topics):
    """(error, {topic: error of its partition 0}), by hand: no client here has it."""
    door = wire.Connection(server)
    door.send(wire.request(47, 0, 1, wire.text(group) + struct.pack(">i", len(topics)) + b"".join(
        wire.text(name) + struct.pack(">ii", 1, 0) for name in topics)))
    body = door.answer()[1]
    door.close()
    error, _, count = struct.unpack(">hii", body[:10])
    at, errors = 10, {}
    for _ in range(count):
        size, = struct.unpack(">h", body[at:at + 2])
        name = body[at + 2:at + 2 + size].decode()
        errors[name], = struct.unpack(">h", body[at + 10 + size:at + 12 + size])
        at += 12 + size
    return error, errors


def test_offsets_are_deleted_where_nobody_reads(server, admin, members, filled):
    """Of a group with members only those of topics that none of them subscribes to."""
    other, group = f"{filled}-left", f"deletes-{filled}"
    admin.create_topics([NewTopic(other, 1, 1)])[other].result(20)
    consumer = members("deletes")
    wait_until(lambda: assigned([consumer], [4]), 40, "assigned")
    consumer.commit(offsets=[confluent_kafka.TopicPartition(name, 0, 7)
                             for name in (filled, other)], asynchronous=False)

    def left():
        return {each.topic for each in admin.list_consumer_group_offsets(
            [confluent_kafka.ConsumerGroupTopicPartitions(group)])[group].result(20)
            .topic_partitions}
    subscribed, missing = 86, 3
    assert delete_offsets(server, group, filled, other, f"{other}-no") == \
        (0, {filled: subscribed, other: 0, f"{other}-no": missing})
    assert left() == {filled}
    consumer.close()
    wait_until(lambda: delete_offsets(server, group, filled) == (0, {filled: 0}), 20, "left")
    assert left() == set()
