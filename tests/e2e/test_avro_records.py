# SPDX-License-Identifier: Apache-2.0
"""Postgres to Kafka with codec = avro: what it sends is what other readers of Avro read."""
import json

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
