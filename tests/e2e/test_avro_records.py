# SPDX-License-Identifier: Apache-2.0
"""Postgres to Kafka with codec = avro: what it sends is what other readers of Avro read."""
import decimal
import json

from harness import avro
from harness.avro import reader_of
from harness.waiting import wait_until


def sections(db, kafka, registry, codec=None):
    return {
        "orders": {"source": "pgoutput", "codec": "avro", "sink": "kafka", "checkpoint": "none"},
        "orders.source": {"conninfo": db.conninfo(), "slot": f"slot_{db.name}",
                          "slot_create": "yes", "publication": "everything"},
        "orders.codec": {"registry": registry.url, "prefix": db.name, **(codec or {})},
        "orders.sink": {"brokers": kafka.brokers, "prefix": db.name},
    }


def test_rows_and_keys(users, kafka, registry, headrace):
    db = users
    db.sql("create publication everything for all tables")
    program = headrace(sections(db, kafka, registry))
    db.wait_streaming(f"slot_{db.name}", program)
    db.sql("insert into users values (1, 'Ada')")
    topic = f"{db.name}.public.users"
    wait_until(lambda: len(kafka.consume(topic)) == 1, 30, "the record",
               give_up=program.must_run)
    (record,) = kafka.consume(topic)
    read = reader_of(registry)
    assert read(record.key) == {"id": 1}
    value = read(record.value)
    assert value["after"] == {"id": 1, "name": "Ada"}
    assert value["before"] is None
    assert (value["op"], value["source"]["table"]) == ("c", "users")
    assert registry.latest(f"{topic}-value")["schema"]["connect.name"] == \
        f"{db.name}.public.users.Envelope"


def test_others_read_altered_tables(users, kafka, registry, headrace):
    """confluent-kafka and fastavro, with a reader's schema of their own, go on over columns that are
    added, dropped, renamed and widened in mid stream."""
    db, topic = users, f"{users.name}.public.users"
    db.sql("create publication everything for all tables; "
           "alter table users add n int, add gone text, add doc jsonb, add amount numeric(4,2)")
    program = headrace(sections(db, kafka, registry, {"format": "plain"}))
    db.wait_streaming(f"slot_{db.name}", program)
    for number, statement in enumerate((
            "select 1", "alter table users add more text default 'none'",
            "alter table users drop gone", "alter table users rename name to title",
            "alter table users alter n type bigint", "alter table users alter n type float8"), 1):
        title = "title" if number > 3 else "name"
        db.sql(f"{statement}; insert into users (id, {title}, n, doc, amount) "
               f"values ({number}, 'x', 7, '[1]', 9.5)")
    records = kafka.wait_records(topic, 6, timeout=60, give_up=program.must_run)
    assert len({avro.schema_id(one.value) for one in records}) == 6
    text = ["null", "string"]
    wanted = {"type": "record", "name": "Value", "namespace": topic, "fields": [
        {"name": "id", "type": "long"}, {"name": "title", "type": text, "aliases": ["name"]},
        {"name": "doc", "type": text}, {"name": "amount", "type": ["null", {
            "type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}]},
        {"name": "n", "type": ["null", "double"]}, {"name": "more", "type": text, "default": None}]}
    expected = [{"id": number, "title": "x", "doc": "[1]", "amount": decimal.Decimal("9.50"), "n": 7.0, "more": "none" if number > 1 else None}
                for number in range(1, 7)]
    for read in (avro.deserializer(registry, wanted), avro.reader_as(registry, wanted)):
        assert [read(topic, one.value, avro.MessageField.VALUE) for one in records] == expected
