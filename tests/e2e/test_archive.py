# SPDX-License-Identifier: Apache-2.0
"""Topics into tables as they are, conf/archive.ini: each record a row, once, whatever crashes."""
import json
import random

import confluent_kafka
import psycopg
import pytest

from harness import places
from harness.postgres_sink import to_tables
from harness.waiting import count, wait_until


@pytest.fixture
def archive(db, kafka, headrace, topic):
    """(start(), name of a topic that it reads)"""
    variables = {"PG_HOST": db.host, "PG_PORT": str(db.port), "PG_DATABASE": db.name,
                 "PG_USERNAME": db.user, "PG_PASSWORD": "unused", "KAFKA_BROKERS": kafka.brokers}
    text = (places.TREE / "conf" / "archive.ini").read_text()
    assert "group = archive" in text and "^archived" in text
    text = text.replace("group = archive", f"group = {topic}\nmember = archive")
    text = text.replace("^archived", f"^{topic}")
    return (lambda: headrace(text, variables)), f"{topic}.orders"


def rows(db, columns="*"):
    try:
        return db.sql(f'select {columns} from archive order by topic, partition, "offset"')
    except psycopg.errors.UndefinedTable:
        return []


def test_each_record_is_a_row(db, kafka, archive):
    start, topic = archive
    kafka.create_topic(topic, 2)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    sent = [("k1", '{"a": 1.50}', [("x", b"1"), ("x", b"\xff\x00"), ("y", None)], 0),
            (None, "[1]", [], 0), ("k2", None, [], 0), ("k3", '"é"', [], 1),
            ("k4", "no json", [], 1), ("k5", "7", [], 1)]
    for number, (key, value, headers, partition) in enumerate(sent):
        producer.produce(topic, value, key, partition, headers=headers,
                         timestamp=1600000000000 + number)
    assert producer.flush(30) == 0
    program = start()
    wait_until(lambda: len(rows(db)) == 5, what=lambda: rows(db), give_up=program.must_run)
    assert rows(db, "topic, partition, \"offset\", extract(epoch from timestamp)::numeric * 1000, "
                    "key, value::text, headers::text") == [
        (topic, 0, 0, 1600000000000, "k1", '{"a": 1.50}',
         '[["x", "1"], ["x", "\\\\xff00"], ["y", null]]'),
        (topic, 0, 1, 1600000000001, None, "[1]", None),
        (topic, 0, 2, 1600000000002, "k2", None, None),
        (topic, 1, 0, 1600000000003, "k3", '"é"', None),
        (topic, 1, 2, 1600000000005, "k5", "7", None)]
    assert db.sql('select partition, "offset" from headrace.dead_letter') == [(1, 1)]
    assert db.sql("select column_name, data_type from information_schema.columns "
                  "where table_name = 'archive' order by ordinal_position") == [
        ("topic", "text"), ("partition", "integer"), ("offset", "bigint"),
        ("timestamp", "timestamp with time zone"), ("key", "text"), ("value", "jsonb"),
        ("headers", "jsonb")]


def test_killed_while_records_come(db, kafka, archive):
    start, topic = archive
    kafka.create_topic(topic, 3)
    program = start()
    total = count(6, 40)
    for turn in range(total):
        kafka.produce(topic, [(str(n), json.dumps(turn * 500 + n)) for n in range(500)])
        program.live(random.uniform(0, 0.7))
        program.kill9()
        program.start()
    wait_until(lambda: len(rows(db)) >= 500 * total, 60, lambda: len(rows(db)),
               give_up=program.must_run)
    found = rows(db, 'partition, "offset", value::int')
    assert sorted(value for _, _, value in found) == list(range(500 * total))
    ends = {partition: sum(1 for one, _, _ in found if one == partition) for partition in range(3)}
    assert ends == kafka.end_offsets(topic)


def test_bytes_and_other_names(db, kafka, headrace, topic):
    """Any bytes, and columns by other names, in a table that is there."""
    kafka.create_topic(topic)
    kafka.produce(topic, [("k", b"\xff\x00")])
    db.sql("create table raw (position bigint primary key, body bytea)")
    sections = to_tables(kafka, topic, db.conninfo(), table="public.raw", codec={
        "columns": "offset:position, value:body", "value_type": "bytes"})
    sections["apply"]["codec"] = "columns"
    program = headrace(sections)
    wait_until(lambda: db.sql("select * from raw") == [(0, b"\xff\x00")], what=program.log.text,
               give_up=program.must_run)
