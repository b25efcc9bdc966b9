# SPDX-License-Identifier: Apache-2.0
"""What the broker refuses for a while is sent again in its place: nothing overtakes it."""
import itertools
import json

from harness.load import Load, check_everything, pipeline, topic_of
from harness.waiting import count, wait_until


def commits(records):
    """Where the transaction before each record's had ended, as its partition has them."""
    return [int(json.loads(json.loads(record.value)["source"]["sequence"])[0] or 0)
            for record in records if record.value]


def test_refused_with_many_in_flight(db, refusing_kafka, headrace):
    kafka, door = refusing_kafka
    sections = pipeline(db, kafka, "t", sink__topic_create="no")
    topic = kafka.create_topic(topic_of(sections), partitions=2)
    load = Load(db)
    # Small requests: several are under way when one of them is refused.
    sections["load.sink"].update({"rdkafka.batch.num.messages": 20, "linger": "0"})
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    load.start()
    kafka.wait_records(topic, 300, give_up=program.must_run)
    numbers = itertools.count()
    door.refuses = lambda name, partition: name == topic and next(numbers) % 5 == 0
    wait_until(lambda: door.refused >= count(20, 200), 60, "refusals", give_up=program.must_run)
    door.refuses = lambda name, partition: False
    load.stop()
    assert check_everything(db, kafka, program, load, sections) == []
    records = kafka.consume(topic)
    for partition in (0, 1):
        found = commits(record for record in records if record.partition == partition)
        assert found == sorted(found)
