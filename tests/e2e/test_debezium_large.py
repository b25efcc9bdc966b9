# SPDX-License-Identifier: Apache-2.0
"""A record over 1 MiB, which stops Debezium even where the topic would take it."""
from harness.load import pipeline


def test_a_record_over_one_mebibyte(db, kafka, headrace, topic_prefix):
    topic = kafka.create_topic(f"{topic_prefix}.public.accounts", max_message_bytes=20_000_000)
    db.sql("create table accounts (id int primary key, note text)")
    sections = pipeline(db, kafka, topic_prefix)
    sections["load.source"]["tables"] = "public.accounts"
    sections["load.sink"] = {"brokers": kafka.brokers, "prefix": topic_prefix,
                             "rdkafka.message.max.bytes": 20_000_000}
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    db.sql("insert into accounts values (1, repeat('x', 5000000)), (2, 'y')")
    large, small = kafka.wait_records(topic, 2, give_up=program.must_run)
    assert large.value.count(b"x") >= 5_000_000
    assert small.key == b'{"id":2}'
