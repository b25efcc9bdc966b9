# SPDX-License-Identifier: Apache-2.0
"""Pipelines from Kafka to standard output, and what their group says."""
import collections

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from .waiting import wait_until

NOT_YET = {KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_NOT_AVAILABLE,
           KafkaError.NOT_COORDINATOR, KafkaError._TIMED_OUT}


def group_of(topics):
    return "g-" + topics.replace("^", "").replace(", ", "-")


def to_stdout(kafka, topics, checkpoint="none", name="reader", process=None, **source):
    """Sections of a pipeline that prints records. `source`: keys of the source."""
    return {
        "headrace": process or {},
        name: {"source": "kafka", "sink": "stdout", "checkpoint": checkpoint},
        f"{name}.source": {"brokers": kafka.brokers, "topics": topics,
                           "group": group_of(topics), **source},
        f"{name}.sink": {},
    }


def values(*programs):
    """The values that they have printed, in order."""
    return [line["value"] for program in programs for line in program.lines()]


def wait_values(*programs, number, timeout=30):
    """Waits until they have printed so many records; their values."""
    def give_up():
        for program in programs:
            program.must_run()
    wait_until(lambda: len(values(*programs)) >= number, timeout,
               lambda: f"{number} records, there are {len(values(*programs))}", give_up=give_up)
    return values(*programs)


def repeated(items):
    return [item for item, count in collections.Counter(items).items() if count > 1]


def committed(kafka, topic, partitions=1, group=None):
    """{partition: offset that the group has committed}; -1001: none."""
    consumer = Consumer({"bootstrap.servers": f"{kafka.host}:{kafka.port}",
                         "group.id": group or group_of(topic)})
    try:
        answer = consumer.committed([TopicPartition(topic, n) for n in range(partitions)], 10)
        return {partition.partition: partition.offset for partition in answer}
    finally:
        consumer.close()


def members(kafka, group):
    """{client id or member's own name: number of its partitions} of a stable group; or None."""
    try:
        found = kafka.admin().describe_consumer_groups([group])[group].result(10)
    except TimeoutError:  # a busy machine
        return None
    except KafkaException as error:
        if error.args[0].code() in NOT_YET:
            return None
        raise
    if found.state.name != "STABLE":
        return None
    return {member.group_instance_id or member.member_id:
            len(member.assignment.topic_partitions) for member in found.members}
