# SPDX-License-Identifier: Apache-2.0
"""What an idempotent producer numbers, repeats and leaves out: batches by hand have the same answers
from Kafka and from headrace."""
import struct

from kafka import KafkaAdminClient

from harness import wire
from harness.waiting import wait_until

NOT_LEADER, LARGEST, TRANSACTIONAL = 6, 2 ** 31 - 1, 0x10
PRODUCER = 5000


def record(number):
    """Of a batch, with the value "x"."""
    return b"\x0e\0\0" + bytes([2 * number]) + b"\1\2x\0"


def batch(epoch, sequence, count=1, producer=PRODUCER, attributes=0):
    return wire.record_batch(attributes, b"".join(map(record, range(count))), count,
                             producer=(producer, epoch, sequence))


SCENARIOS = {
    "repeated": [(0, 0), (0, 0), (0, 1), (0, 0), (0, 1)],
    "left out": [(0, 0), (0, 5), (0, 1), (0, 3)],
    "five are known": [(0, number) for number in [*range(8), *range(8)]],
    "begins anywhere": [(0, 5), (0, 6), (0, 5), (0, 0)],
    "epochs": [(0, 0), (1, 0), (0, 1), (1, 1), (2, 3), (2, 0), (2, 0)],
    "begins with an epoch": [(3, 0), (2, 0), (3, 1)],
    "the last epoch": [(32767, 0), (32767, 1), (0, 0)],
    "batches of several": [(0, 0, 3), (0, 0, 3), (0, 3, 2), (0, 0, 2), (0, 1, 2), (0, 2, 3),
                           (0, 3, 2), (0, 5)],
    "numbers begin again": [(0, LARGEST - 1), (0, LARGEST), (0, 0), (0, LARGEST), (0, 1)],
    "in a batch too": [(0, LARGEST - 1, 4), (0, 2), (0, LARGEST - 1, 4), (0, 3)],
    "no number": [(0, -1), (0, -5), (-1, -1, 1, -1), (-1, 5, 1, -1)],
    "two producers": [(0, 0), (0, 0, 1, PRODUCER + 1), (0, 1), (0, 1, 1, PRODUCER + 1), (0, 0)],
    "in a transaction": [(0, 0, 1, PRODUCER, TRANSACTIONAL)],
}


def produce(door, topic, records):
    """(error, offset)"""
    door.send(wire.produce(1, topic, records))
    return struct.unpack_from(">hq", door.answer()[1], 4 + 2 + len(topic) + 4 + 4)


def answers(server, topic):
    """{name of the scenario: its answers}; each has a topic of its own."""
    topics = {name: f"{topic}-{number}" for number, name in enumerate(SCENARIOS)}
    admin = KafkaAdminClient(bootstrap_servers=server.brokers)
    admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}
                         for name in topics.values()}, wait_for_metadata=True)
    admin.close()
    door = wire.Connection(server)

    def once_there_is_a_leader(name, records):
        found = produce(door, name, records)
        return found[0] != NOT_LEADER and [found]
    said = {name: [wait_until(lambda: once_there_is_a_leader(topics[name], batch(*each)))[0]
                   for each in batches] for name, batches in SCENARIOS.items()}
    door.close()
    return said


def test_the_same_rules(broker, kafka, topic):
    ours, theirs = answers(broker, topic), answers(kafka, topic)
    assert ours == theirs
    assert ours["repeated"] == [(0, 0), (0, 0), (0, 1), (0, 0), (0, 1)]
