# SPDX-License-Identifier: Apache-2.0
"""codec = avro, reading: what confluent-kafka, fastavro and headrace itself write becomes rows, of
every type; schemas change in mid stream."""
import datetime
import decimal
import uuid

import pytest

from harness import avro
from harness.waiting import wait_until

KEY = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}


def sections(db, kafka, registry, topic, codec=None, sink=None):
    return {
        "copy": {"source": "kafka", "codec": "avro", "sink": "postgres", "checkpoint": "sink"},
        "copy.source": {"brokers": kafka.brokers, "group": f"group-{db.name}", "topics": topic,
                        "start": "earliest"},
        "copy.codec": {"registry": registry.url, **(codec or {})},
        "copy.sink": {"conninfo": db.conninfo(), "schema_evolution": "evolve", **(sink or {})}}


def field(name, kind, **more):
    return {"name": name, "type": kind, **more}


def record(name, *fields):
    return {"type": "record", "name": name, "fields": [field("id", "long"), *fields]}


@pytest.fixture
def write(kafka, registry, topic):
    """write(schema, row): a record of the test's topic, by confluent-kafka."""
    kafka.create_topic(topic)
    write_key = avro.serializer(registry, KEY)

    def produce(schema, row):
        value = avro.serializer(registry, schema)(topic, row) if row.get("id") and schema else None
        key = write_key(topic, {"id": row["id"]}, avro.MessageField.KEY)
        kafka.produce(topic, [(key, value)])
    return produce


def wait_rows(db, program, query, expected, timeout=30):
    def rows():
        try:
            return db.sql(query)
        except Exception as error:  # no table yet, no column yet
            return str(error)
    wait_until(lambda: rows() == expected, timeout, lambda: f"{query}: {rows()}\n{expected}",
               give_up=program.must_run)


UTC = datetime.timezone.utc
# A field's type, a value of it as Python has it, and the column's type and text.
TYPES = {
    "b": ("boolean", True, "boolean", "true"),
    "i": ("int", -2147483648, "integer", "-2147483648"),
    "s": ({"type": "int", "connect.type": "int16"}, -32768, "smallint", "-32768"),
    "l": ("long", 9223372036854775807, "bigint", "9223372036854775807"),
    "f": ("float", 1.5, "real", "1.5"),
    "d": ("double", 0.1, "double precision", "0.1"),
    "y": ("bytes", b"\0\xff", "bytea", "\\x00ff"),
    "t": ("string", "é\"\\\n😀", "text", "é\"\\\n😀"),
    "e": ({"type": "enum", "name": "Mood", "symbols": ["sad", "ok"]}, "ok", "text", "ok"),
    "x": ({"type": "fixed", "name": "Four", "size": 4}, b"\1\2\3\4", "bytea", "\\x01020304"),
    "n": ({"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2},
          decimal.Decimal("-123.45"), "numeric(10,2)", "-123.45"),
    "nf": ({"type": "fixed", "name": "Six", "size": 6, "logicalType": "decimal", "precision": 10,
            "scale": 2}, decimal.Decimal("123.45"), "numeric(10,2)", "123.45"),
    "da": ({"type": "int", "logicalType": "date"}, datetime.date(2024, 2, 29), "date",
           "2024-02-29"),
    "tm": ({"type": "int", "logicalType": "time-millis"}, datetime.time(4, 5, 6, 789000),
           "time(3) without time zone", "04:05:06.789"),
    "tu": ({"type": "long", "logicalType": "time-micros"}, datetime.time(4, 5, 6, 789012),
           "time without time zone", "04:05:06.789012"),
    "sm": ({"type": "long", "logicalType": "timestamp-millis"},
           datetime.datetime(2024, 2, 29, 1, 2, 3, 456000, UTC), "timestamp(3) without time zone",
           "2024-02-29 01:02:03.456"),
    "su": ({"type": "long", "logicalType": "timestamp-micros"},
           datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
           "timestamp without time zone", "1969-12-31 23:59:59.999999"),
    "u": ({"type": "string", "logicalType": "uuid"},
          uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "uuid",
          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "a": ({"type": "array", "items": ["null", "int"]}, [1, None, 3], "integer[]", "{1,NULL,3}"),
    "ta": ({"type": "array", "items": "string"}, ["a b", "c,d", ""], "text[]", '{"a b","c,d",""}'),
    "m": ({"type": "map", "values": "long"}, {"k": 1}, "jsonb", '{"k": 1}'),
    "r": ({"type": "record", "name": "Inner", "fields": [
        {"name": "p", "type": "double"}, {"name": "q", "type": ["null", "bytes"]}]},
        {"p": 1.5, "q": b"\xff"}, "jsonb", '{"p": 1.5, "q": "/w=="}'),
    "un": (["null", "long", "string"], "both", "jsonb", '"both"'),
    "un2": (["null", "long", "string"], 7, "jsonb", "7"),
    "z": (["null", "string"], None, "text", None),
}


def test_every_type(db, kafka, registry, topic, write, headrace):
    schema = record("Everything", *(field(name, kind) for name, (kind, *_) in TYPES.items()))
    # A name is defined once; a second union is written out.
    write(schema, {"id": 1, **{name: value for name, (_, value, *_) in TYPES.items()}})
    program = headrace(sections(db, kafka, registry, topic))
    columns = ", ".join(f'"{name}"::text' for name in TYPES)
    wait_rows(db, program, f'select {columns} from "{topic}"',
              [tuple(text for *_, text in TYPES.values())])
    types = dict(db.sql("select attname, format_type(atttypid, atttypmod) from pg_attribute "
                        f"where attrelid = '\"{topic}\"'::regclass and attnum > 0"))
    assert {name: types[name] for name in TYPES} == \
        {name: column for name, (_, _, column, _) in TYPES.items()}


def test_deletes_and_keys(db, kafka, registry, topic, write, headrace):
    schema = record("Row", field("name", ["null", "string"]))
    write(schema, {"id": 1, "name": "Ada"})
    write(schema, {"id": 2, "name": None})
    write(None, {"id": 1})
    program = headrace(sections(db, kafka, registry, topic))
    wait_rows(db, program, f'select id, name from "{topic}"', [(2, None)])


def test_schemas_change(db, kafka, registry, topic, write, headrace):
    """Added, dropped and widened, each record by its own schema."""
    program = headrace(sections(db, kafka, registry, topic))
    write(record("Row", field("n", "int"), field("gone", ["null", "string"], default=None)),
          {"id": 1, "n": 1, "gone": "x"})
    wait_rows(db, program, f'select id, n, gone from "{topic}"', [(1, 1, "x")])
    write(record("Row", field("n", "long"), field("more", "string", default="none")),
          {"id": 2, "n": 2 ** 40, "more": "y"})
    wait_rows(db, program, f'select id, n, gone, more from "{topic}" where id = 2',
              [(2, 2 ** 40, None, "y")])


def test_reader_is_the_latest(db, kafka, registry, topic, write, headrace):
    """All records as data of the newest schema, which changes in mid stream: renamed by alias, widened,
    added, dropped. An older producer goes on beside it."""
    old = record("Row", field("first", "string"), field("n", "int"), field("gone", "string"))
    new = record("Row", field("name", "string", aliases=["first"]), field("n", "long"),
                 field("more", "string", default="none"))
    write(old, {"id": 1, "first": "Ada", "n": 7, "gone": "x"})
    program = headrace(sections(db, kafka, registry, topic, {"reader": "latest"}))
    wait_rows(db, program, f'select id, first, n, gone from "{topic}"', [(1, "Ada", 7, "x")])
    write(new, {"id": 2, "name": "Bob", "n": 2 ** 40, "more": "y"})
    write(old, {"id": 3, "first": "Eve", "n": 8, "gone": "x"})
    write(old, {"id": 1, "first": "Ida", "n": 9, "gone": "z"})
    wait_rows(db, program, f'select id, name, n, more, gone from "{topic}" order by id',
              [(1, "Ida", 9, "none", "x"), (2, "Bob", 2 ** 40, "y", None),
               (3, "Eve", 8, "none", None)])


def test_references(db, kafka, registry, topic, headrace):
    """A schema that is made of another subject's."""
    kafka.create_topic(topic)
    address = {"type": "record", "name": "Address", "namespace": "shop",
               "fields": [field("city", "string")]}
    registry.register(f"{topic}-address", address)
    schema = record("Row", field("address", "shop.Address"))
    number = registry.register(f"{topic}-value", schema, [
        {"name": "shop.Address", "subject": f"{topic}-address", "version": 1}])
    kafka.produce(topic, [(b"1", b"\0" + number.to_bytes(4, "big") + b"\x02\x08Rome")])
    program = headrace(sections(db, kafka, registry, topic, {"key_columns": f"{topic} = id"}))
    wait_rows(db, program, f'select id, address from "{topic}"', [(1, {"city": "Rome"})])


@pytest.mark.parametrize("value, reason", [
    (b"{}", "it is not Avro with a schema's id"),
    (b"\0\x7f\xff\xff\xff\x02", "the schema with id 2147483647: the schema registry answers"),
])
def test_refused(db, kafka, registry, topic, headrace, value, reason):
    kafka.create_topic(topic)
    kafka.produce(topic, [(b"1", value)])
    program = headrace(sections(db, kafka, registry, topic))
    program.log.wait(f"record at offset 0 of partition 0 of topic {topic}: its value: {reason}")
    assert program.wait() != 0


def test_from_postgres_to_postgres(users, postgres, kafka, registry, headrace):
    """Headrace writes, headrace reads; the table is altered in between."""
    source, target = users, postgres.create_database()
    source.sql("create publication everything for all tables; "
               "alter table users add amount numeric(10,2), add tags text[]")
    program = headrace({
        "to": {"source": "pgoutput", "codec": "avro", "sink": "kafka", "checkpoint": "none"},
        "to.source": {"conninfo": source.conninfo(), "slot": f"slot_{source.name}",
                      "slot_create": "yes", "publication": "everything"},
        "to.codec": {"registry": registry.url, "prefix": source.name},
        "to.sink": {"brokers": kafka.brokers, "prefix": source.name, "topic_create": "yes"},
        **sections(target, kafka, registry, f"{source.name}.public.users")})
    source.wait_streaming(f"slot_{source.name}", program)
    source.sql("insert into users values (1, 'Ada', 12.50, '{a,b}'), (2, 'Bob', null, null)")
    query = "select to_jsonb(users) from users order by id"
    wait_rows(target, program, query, source.sql(query), 60)
    source.sql("update users set amount = 0.01 where id = 1; delete from users where id = 2; "
               "alter table users add city text default 'Rome'; alter table users drop tags; "
               "alter table users alter id type bigint; insert into users values (2 ^ 40, 'Eve')")
    wait_rows(target, program, "select id, name, amount, city from users order by id",
              source.sql("select id, name, amount, city from users order by id"), 60)
    program.terminate()
    target.drop()
