# SPDX-License-Identifier: Apache-2.0
"""source-kafka: transactions of producers."""
import confluent_kafka

from harness.kafka_source import committed, to_stdout, values, wait_values
from harness.waiting import wait_until


def transact(kafka, topic, numbers, commit):
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers,
                                         "transactional.id": topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    for n in numbers:
        producer.produce(topic, str(n))
    producer.flush(10)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


def mixed(kafka, topic):
    kafka.create_topic(topic)
    transact(kafka, topic, range(0, 5), True)
    transact(kafka, topic, range(5, 10), False)
    transact(kafka, topic, range(10, 15), True)
    return 3 * 6  # offsets: each transaction's end takes one


def test_aborted_records_are_left_out(kafka, headrace, topic):
    end = mixed(kafka, topic)
    program = headrace(to_stdout(kafka, topic, commit_interval="100ms"))
    assert wait_values(program, number=10) == [*range(5), *range(10, 15)]
    # The marker behind the last record is passed too: tools show no lag.
    wait_until(lambda: committed(kafka, topic) == {0: end}, 10,
               lambda: committed(kafka, topic), give_up=program.must_run)
    assert program.stop() == 0
    transact(kafka, topic, [15], True)
    program.start()
    assert wait_values(program, number=11)[10:] == [15]


def test_nothing_but_aborted_records(kafka, headrace, topic):
    kafka.create_topic(topic)
    transact(kafka, topic, range(5), False)
    program = headrace(to_stdout(kafka, topic, "file", commit_interval="100ms"))
    wait_until(lambda: committed(kafka, topic) == {0: 6}, 10,
               lambda: committed(kafka, topic), give_up=program.must_run)
    assert values(program) == []


def test_read_uncommitted(kafka, headrace, topic):
    mixed(kafka, topic)
    program = headrace(to_stdout(kafka, topic, isolation="read_uncommitted"))
    assert wait_values(program, number=15) == list(range(15))
