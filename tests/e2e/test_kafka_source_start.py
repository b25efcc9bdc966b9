# SPDX-License-Identifier: Apache-2.0
"""source-kafka: where a partition begins."""
import time

import confluent_kafka
import pytest

from harness.kafka_source import committed, group_of, to_stdout, values, wait_values
from harness.postgres_sink import rows, to_postgres, wait_rows
from harness.program import command, ini


def commit(kafka, topic, offset):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.brokers,
                                         "group.id": group_of(topic)})
    consumer.commit(offsets=[confluent_kafka.TopicPartition(topic, 0, offset)],
                    asynchronous=False)
    consumer.close()


@pytest.fixture
def ten(kafka, topic):
    kafka.create_topic(topic)
    kafka.produce(topic, [(None, str(n)) for n in range(10)])
    return topic


def test_the_groups_offset_counts(kafka, headrace, ten):
    commit(kafka, ten, 7)
    assert wait_values(headrace(to_stdout(kafka, ten)), number=3) == [7, 8, 9]


def test_the_file_counts_unless_the_group_is_further(kafka, headrace, ten):
    program = headrace(to_stdout(kafka, ten, "file"))
    wait_values(program, number=10)
    assert program.stop() == 0
    commit(kafka, ten, 3)  # somebody who was before
    kafka.produce(ten, [(None, "10")])
    program.start()
    wait_values(program, number=11)
    assert program.stop() == 0
    kafka.produce(ten, [(None, "11"), (None, "12")])
    commit(kafka, ten, 12)  # another process had the partition meanwhile
    program.start()
    wait_values(program, number=12)
    assert program.stop() == 0
    assert values(program) == [*range(11), 12]


@pytest.mark.parametrize("take_over, first", [("no", 0), ("yes", 7)])
def test_another_consumers_group(db, kafka, headrace, topic, take_over, first):
    """A sink that knows nothing yet: the group's offset counts only if it is to be taken over."""
    db.sql("create table t (id bigint)")
    kafka.produce(topic, rows("t", range(10)))
    commit(kafka, topic, 7)
    sections = to_postgres(kafka, topic, db.conninfo(), source={"take_over": take_over})
    wait_rows(db, 10 - first, headrace(sections))
    assert db.sql("select id from t order by id") == [(n,) for n in range(first, 10)]


@pytest.mark.parametrize("checkpoint", ["none", "file"])
def test_latest_leaves_nothing_out_later(kafka, headrace, ten, checkpoint):
    """What comes between two starts is read, although nothing was read in the first."""
    program = headrace(to_stdout(kafka, ten, checkpoint, start="latest"))
    program.wait_log("/0 goes on at offset 10")
    assert program.stop() == 0
    assert committed(kafka, ten) == {0: 10}
    kafka.produce(ten, [(None, "10")])
    program.start()
    assert wait_values(program, number=1) == [10]


def test_from_a_time(kafka, headrace, topic):
    kafka.create_topic(topic)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    hour = 3_600_000
    first = int(time.time() * 1000) // hour * hour - 20 * hour
    for n in range(10):
        producer.produce(topic, str(n), timestamp=first + n * hour)
    assert producer.flush(10) == 0
    times = [str(first + 4 * hour - 1),
             time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((first + 4 * hour) // 1000))]
    for number, text in enumerate(times):
        program = headrace(to_stdout(kafka, topic, start="timestamp", start_time=text,
                                     group=f"{topic}-{number}"))
        assert wait_values(program, number=6) == [4, 5, 6, 7, 8, 9]
    young = headrace(to_stdout(kafka, topic, start="timestamp", group=f"{topic}-young",
                               start_time=str(first + 11 * hour)))
    young.wait_log("/0 goes on at offset 10")


BAD = [({"start": "timestamp"}, "start = timestamp needs start_time"),
       ({"start_time": "2026-01-01T00:00:00Z"}, "has no effect without start = timestamp"),
       ({"start": "timestamp", "start_time": "yesterday"}, '"yesterday" is neither'),
       ({"topics": "a b"}, '"a b" is no legal name'),
       ({"revoke_timeout": "10m"}, "must be less than rdkafka.max.poll.interval.ms"),
       ({"rdkafka.group.id": "x"}, "use the key group"),
       ({"rdkafka.auto.offset.reset": "latest"}, "use the keys start")]


@pytest.mark.parametrize("keys, message", BAD, ids=[message for _, message in BAD])
def test_check_refuses(kafka, folder, keys, message):
    sections = to_stdout(kafka, "t")
    sections["reader.source"].update(keys)
    file = folder / "bad.ini"
    file.write_text(ini(sections), encoding="utf-8")
    done = command("check", "-c", file)
    assert done.returncode == 78 and message in done.stderr
