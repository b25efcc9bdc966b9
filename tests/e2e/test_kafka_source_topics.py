# SPDX-License-Identifier: Apache-2.0
"""source-kafka: which topics are read, and what becomes of topics that change or go."""
import confluent_kafka
import pytest

from harness.kafka_source import to_stdout, values, wait_values
from harness.waiting import wait_until

QUICK = {"rdkafka.topic.metadata.refresh.interval.ms": 500}


def send(kafka, topic, first, last):
    kafka.produce(topic, [(None, str(n)) for n in range(first, last)])


def test_expressions_and_exclusions(kafka, headrace, topic):
    for name in ["a.orders", "a.items", "a.orders.dead", "b.orders"]:
        send(kafka, f"{topic}.{name}", 0, 1)
    program = headrace(to_stdout(kafka, rf"^{topic}\.a\..*, {topic}.b.orders",
                                 topics_exclude=r"\.dead$", **QUICK))
    wait_values(program, number=3)
    send(kafka, f"{topic}.a.later.dead", 0, 1)
    send(kafka, f"{topic}.a.later", 0, 1)
    wait_values(program, number=4)
    assert [line["topic"].removeprefix(topic) for line in program.lines()][3] == ".a.later"
    assert {line["topic"].removeprefix(topic) for line in program.lines()} == \
        {".a.orders", ".a.items", ".b.orders", ".a.later"}


def test_a_topic_that_does_not_exist_yet(kafka, headrace, topic):
    program = headrace(to_stdout(kafka, topic, **QUICK))
    program.wait_log("it is read as soon as it exists")
    assert topic not in kafka.topics()
    send(kafka, topic, 0, 3)
    assert wait_values(program, number=3) == [0, 1, 2]


def test_new_partitions_are_read_from_their_beginning(kafka, headrace, topic):
    """Also with start = latest: what came before they were noticed is not left out."""
    kafka.create_topic(topic)
    program = headrace(to_stdout(kafka, topic, **QUICK))
    program.wait_log("goes on at")
    kafka.add_partitions(topic, 3)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    for n in range(3):
        wait_until(lambda: len(producer.list_topics(topic, 10).topics[topic].partitions) == 3)
        producer.produce(topic, str(n), partition=n)
    assert producer.flush(10) == 0
    assert sorted(wait_values(program, number=3)) == [0, 1, 2]


@pytest.mark.parametrize("policy", ["stop", "restart"])
def test_a_topic_made_anew_while_away(kafka, headrace, topic, policy):
    send(kafka, topic, 0, 10)
    program = headrace(to_stdout(kafka, topic, "file", topic_recreated=policy))
    wait_values(program, number=10)
    assert program.stop() == 0
    kafka.delete_topic(topic)
    send(kafka, topic, 100, 105)
    program.start()
    if policy == "stop":
        program.wait_log("/0: the checkpoint says offset 10, but the partition ends at 5: the "
                         "topic was deleted and made anew")
        wait_until(lambda: not program.running(), what="it stops")
    else:
        assert wait_values(program, number=15)[10:] == list(range(100, 105))


def test_a_topic_made_anew_while_it_is_read(kafka, headrace, topic):
    send(kafka, topic, 0, 10)
    program = headrace(to_stdout(kafka, topic, topic_recreated="restart", **QUICK))
    wait_values(program, number=10)
    kafka.delete_topic(topic)
    program.wait_log("Subscribed topic not available")  # librdkafka 2.0.2 does not end after that
    send(kafka, topic, 100, 105)
    wait_values(program, number=15, timeout=90)
    assert values(program)[10:] == list(range(100, 105))


@pytest.mark.parametrize("policy", ["stop", "continue"])
def test_records_deleted_before_they_were_read(kafka, headrace, topic, policy):
    send(kafka, topic, 0, 10)
    program = headrace(to_stdout(kafka, topic, "file", records_lost=policy))
    wait_values(program, number=10)
    assert program.stop() == 0
    send(kafka, topic, 10, 30)
    place = confluent_kafka.TopicPartition(topic, 0, 20)
    kafka.admin().delete_records([place])[place].result(10)
    program.start()
    if policy == "stop":
        program.wait_log("/0: the checkpoint says offset 10, but the partition begins at 20")
        wait_until(lambda: not program.running(), what="it stops")
    else:
        assert wait_values(program, number=20)[10:] == list(range(20, 30))
