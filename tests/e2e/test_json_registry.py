# SPDX-License-Identifier: Apache-2.0
"""codec = json with a registry: JSON with the id of its JSON Schema. confluent-kafka reads and
writes it; a registry that is away or refuses loses nothing."""
import json
import struct

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from every_type import LOSSES, ROWS, SCHEMA, TABLES, add_row, differences
from harness.waiting import wait_until
from registry_trouble import away_at_start_and_in_mid_stream, incompatible_is_refused

LAST = 1000


def sections(db, kafka, url, codec=None, pipeline=None):
    return {
        "orders": {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none",
                   **(pipeline or {})},
        "orders.source": {"conninfo": db.conninfo(), "slot": f"slot_{db.name}",
                          "slot_create": "yes", "publication": "everything", "messages": "yes"},
        "orders.codec": {"registry": url, "prefix": db.name, **(codec or {})},
        "orders.sink": {"brokers": kafka.brokers, "prefix": db.name},
    }


@pytest.fixture
def stream(users, kafka, headrace):
    """stream(url, **sections): it streams."""
    users.sql("create publication everything for all tables")

    def start(url, codec=None, pipeline=None):
        program = headrace(sections(users, kafka, url, codec, pipeline))
        users.wait_streaming(f"slot_{users.name}", program)
        return program
    return start


def deserializer(registry):
    """read(record): (key, value), checked against the schemas of their ids."""
    read = JSONDeserializer(None, schema_registry_client=SchemaRegistryClient(
        {"url": registry.url}))

    def both(record):
        return tuple(read(data, SerializationContext(record.topic, field))
                     for data, field in ((record.key, MessageField.KEY),
                                         (record.value, MessageField.VALUE)))
    return both


def rows(db, kafka, registry, number, program, table="users"):
    records = kafka.wait_records(f"{db.name}.public.{table}", number, timeout=60,
                                 give_up=program.must_run)
    read = deserializer(registry)
    return [read(record)[1]["after"] for record in records]


def test_others_read_it(users, kafka, registry, stream):
    db = users
    program = stream(registry.url)
    db.sql("insert into users values (1, 'Ada'); delete from users; "
           "select pg_logical_emit_message(true, 'note', 'x')")
    topic = f"{db.name}.public.users"
    made, deleted, tombstone = kafka.wait_records(topic, 3, give_up=program.must_run)
    read = deserializer(registry)
    (key, value), (same, gone) = read(made), read(deleted)
    assert key == same == {"id": 1}
    assert (value["before"], value["after"], value["op"]) == (None, {"id": 1, "name": "Ada"}, "c")
    assert (gone["op"], tombstone.key, tombstone.value) == ("d", made.key, None)
    message, = kafka.wait_records(f"{db.name}.message", 1, give_up=program.must_run)
    assert read(message)[1]["message"] == {"prefix": "note", "content": "eA=="}
    schema = registry.latest(f"{topic}-value")
    assert schema["schemaType"] == "JSON" and struct.unpack(">bI", made.value[:5]) == \
        (0, schema["id"])
    assert schema["schema"]["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["schema"]["title"] == f"{topic}.Envelope"
    assert schema["schema"]["properties"]["after"] == {"oneOf": [{"type": "null"}, {
        "title": f"{topic}.Value", "type": "object", "properties": {
            "id": {"type": "integer", "connect.type": "int32", "connect.index": 0},
            "name": {"oneOf": [{"type": "null"}, {"type": "string"}], "connect.index": 1}}}],
        "connect.index": 1}
    assert registry.latest(f"{topic}-key")["schema"]["title"] == f"{topic}.Key"


def test_subjects_by_record(users, kafka, registry, stream):
    program = stream(registry.url, {"subject_strategy": "record", "topic": "unused"})
    users.sql("insert into users values (1, 'Ada')")
    rows(users, kafka, registry, 1, program)
    assert {f"{users.name}.public.users.Key", f"{users.name}.public.users.Envelope"} <= \
        set(registry.subjects())


def test_every_type_comes_back(postgres, kafka, registry, headrace):
    """Rows of all types through a topic into tables made of their schemas; every record is valid
    by its schema."""
    source, target = postgres.create_database(), postgres.create_database()
    for db in (source, target):
        db.psql(SCHEMA)
    source.sql("create publication everything for all tables")
    both = sections(source, kafka, registry.url, {"interval": "string"})
    both |= {
        "apply": {"source": "kafka", "codec": "json", "sink": "postgres", "checkpoint": "sink",
                  "delivery": "exactly-once"},
        "apply.source": {"brokers": kafka.brokers, "group": target.name, "start": "earliest",
                         "topics": rf"^{source.name}\.public\..*",
                         "rdkafka.topic.metadata.refresh.interval.ms": 500},
        "apply.codec": {"registry": registry.url, "interval": "string"},
        "apply.sink": {"conninfo": target.conninfo()}}
    program = headrace(both)
    source.wait_streaming(f"slot_{source.name}", program)
    source.psql(ROWS)
    for table in TABLES:
        add_row(source, table, LAST)
    for table in TABLES:
        wait_until(lambda table=table: target.value(
            f'select count(*) from "{table}" where id = {LAST}'), 60, table,
            give_up=program.must_run)
    assert [line for table in TABLES for line in differences(source, target, table, LOSSES)] == []
    read = deserializer(registry)
    topics = [topic for topic in kafka.topics() if topic.startswith(f"{source.name}.public.")]
    assert len(topics) == len(TABLES)
    for topic in topics:
        assert all(read(record) for record in kafka.consume(topic))
    program.terminate()
    source.drop()
    target.drop()


def test_it_reads_what_others_write(kafka, registry, headrace, db, topic):
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Film",
              "type": "object", "required": ["id"], "definitions": {"name": {"type": "string"}},
              "properties": {"id": {"type": "integer"}, "title": {"$ref": "#/definitions/name"},
                             "length": {"type": ["null", "number"]},
                             "seen": {"oneOf": [{"type": "null"}, {"type": "boolean"}]}}}
    write = JSONSerializer(json.dumps(schema), SchemaRegistryClient({"url": registry.url}))
    films = [{"id": 1, "title": "Metropolis", "length": 153.5, "seen": True},
             {"id": 2, "title": "M", "length": None, "seen": None}]
    kafka.create_topic(topic)
    kafka.produce(topic, [(json.dumps({"id": film["id"]}), write(
        film, SerializationContext(topic, MessageField.VALUE))) for film in films])
    kafka.produce(topic, [('{"id":3}', '{"id":3}'), ('{"id":4}', b"\0\x7f\xff\xff\xff{}")])
    program = headrace({
        "apply": {"source": "kafka", "codec": "json", "sink": "postgres", "checkpoint": "sink",
                  "delivery": "exactly-once", "errors": "skip"},
        "apply.source": {"brokers": kafka.brokers, "group": db.name, "start": "earliest",
                         "topics": topic},
        "apply.codec": {"registry": registry.url},
        "apply.sink": {"conninfo": db.conninfo(), "table": "films", "schema_evolution": "create"}})
    program.log.wait(r"malformed.*not JSON with a schema's id")
    program.log.wait(r"event rejected \(unknown-schema\)")
    wait_until(lambda: db.sql("select to_regclass('films')") != [(None,)] and
               db.sql("select id, title, length, seen from films order by id") ==
               [(1, "Metropolis", 153.5, True), (2, "M", None, None)], 30, "the rows",
               give_up=program.must_run)
    assert db.sql("select data_type from information_schema.columns where table_name = 'films' "
                  "order by ordinal_position") == [("bigint",), ("text",), ("double precision",),
                                                   ("boolean",)]


def test_away_at_start_and_in_mid_stream(users, kafka, registry, stream, proxy):
    away_at_start_and_in_mid_stream(users, kafka, registry, stream, proxy, rows)


def test_incompatible(users, kafka, registry, stream):
    incompatible_is_refused(users, kafka, registry, stream, rows)
