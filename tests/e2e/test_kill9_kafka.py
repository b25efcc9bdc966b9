# SPDX-License-Identifier: Apache-2.0
"""kill -9 of Kafka under load: headrace stays up, sends what was not acknowledged, in order."""
from harness.load import Load, check_everything, pipeline, topic_of
from harness.waiting import count


def test_broker_killed_under_load(db, kafka_factory, headrace, topic_prefix):
    broker = kafka_factory()
    sections = pipeline(db, broker, topic_prefix)
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    load.start()
    for _ in range(count(3, 20)):
        records = sum(broker.end_offsets(topic_of(sections)).values())
        broker.wait_records(topic_of(sections), records + 200, timeout=60,
                            give_up=program.must_run)
        broker.kill9()
        program.live(0.5)
        broker.start()
    load.stop()
    check_everything(db, broker, program, load, sections)


def test_broker_away_at_the_start(db, kafka_factory, headrace, topic_prefix):
    broker = kafka_factory()
    broker.stop()
    sections = pipeline(db, broker, topic_prefix)
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    load.start()
    program.live(1)
    load.stop()
    assert program.running()
    broker.start()
    assert check_everything(db, broker, program, load, sections) == []
