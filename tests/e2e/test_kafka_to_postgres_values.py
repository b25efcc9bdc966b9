# SPDX-License-Identifier: Apache-2.0
"""Events of Kafka in tables: values that others lose or cannot write, deletes in every shape."""
import base64
import json

import pytest

from harness.postgres_sink import event, to_postgres, wait_rows
from harness.waiting import wait_until

def base64_of(data):
    return base64.b64encode(data).decode()


def test_null_is_not_the_default(db, kafka, headrace, topic):
    """Neither that of the schema in the event nor that of the table."""
    db.sql("create table t (id int primary key, v text default 'of the table')")
    fields = [{"field": "id", "type": "int32", "optional": False},
              {"field": "v", "type": "string", "optional": True, "default": "of the schema"}]
    row = {"type": "struct", "optional": True, "name": "d.public.t.Value", "fields": fields}
    source = {"type": "struct", "optional": False, "field": "source", "fields": [
        {"field": name, "type": "string", "optional": True} for name in ("db", "schema", "table")]}
    schema = {"type": "struct", "optional": False, "name": "d.public.t.Envelope", "fields": [
        {**row, "field": "before"}, {**row, "field": "after"}, source,
        {"field": "op", "type": "string", "optional": False}]}
    key = {"schema": {"type": "struct", "optional": False, "fields": fields[:1]},
           "payload": {"id": 1}}
    payload = {"before": None, "after": {"id": 1, "v": None}, "op": "c",
               "source": {"db": "d", "schema": "public", "table": "t"}}
    kafka.produce(topic, [(json.dumps(key), json.dumps({"schema": schema, "payload": payload}))])
    program = headrace(to_postgres(kafka, topic, db.conninfo(), insert_mode="upsert"))
    wait_rows(db, 1, program)
    assert program.stop() == 0
    assert db.sql("select * from t") == [(1, None)]


KINDS = {  # type of the column: (as the event has it, as the server prints it)
    "uuid": ("0b1f2f6c-9a3e-4a1b-8d0e-0123456789ab", "0b1f2f6c-9a3e-4a1b-8d0e-0123456789ab"),
    "jsonb": ('{"a": [1, 2.50]}', '{"a": [1, 2.50]}'),
    "text[]": (["a", None, 'b"c', "d,e", ""], '{a,NULL,"b\\"c","d,e",""}'),
    "integer[]": ([1, None, -3], "{1,NULL,-3}"),
    "mood": ("so so", "so so"),
    "bytea": (base64_of(b"\0\1\xff"), "\\x0001ff"),
    "inet": ("10.0.0.0/8", "10.0.0.0/8"),
    "numeric": ("123456789012345678.901234567890123456", "123456789012345678.901234567890123456"),
    "numeric(36,18)": ("-0.000000000000000001", "-0.000000000000000001"),
    "bigint": (-9223372036854775808, "-9223372036854775808"),
    "double precision": (0.1, "0.1"),
    "date": (-719162, "0001-01-01"),
    "timestamp": (1756393260123456, "2025-08-28 15:01:00.123456"),
    "timestamptz": ("9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999+00"),
    "time": (86400000000, "24:00:00"),
    "interval": ("P1Y2M3DT4H5M6.789S", "1 year 2 mons 3 days 04:05:06.789"),
    "tsrange": ('["2025-01-01 00:00:00",)', '["2025-01-01 00:00:00",)'),
}
CODEC = {"decimal": "string", "interval": "string"}


@pytest.fixture
def kinds(db):
    db.sql("create type mood as enum ('good', 'so so')")
    columns = ", ".join(f"c{n} {name}" for n, name in enumerate(KINDS))
    db.sql(f"create table t (id int primary key, {columns})")
    return db


def every_kind(number):
    return {"id": number, **{f"c{n}": value for n, (value, _) in enumerate(KINDS.values())}}


@pytest.mark.parametrize("mode", ["upsert", "insert"])
@pytest.mark.parametrize("batch_rows", [1, 1000])
def test_types_alone_and_in_batches(kinds, kafka, headrace, topic, mode, batch_rows):
    """The same texts from every path, of Debezium's forms without schemas."""
    kinds.sql("create table last (id int primary key)")
    kafka.produce(topic, [event("t", after=every_kind(n)) for n in range(20)] +
                  [event("t", "u", after=every_kind(3)), event("t", "d", before=every_kind(4))]
                  * (mode == "upsert") + [event("last", after={"id": 1})])
    program = headrace(to_postgres(kafka, topic, kinds.conninfo(), codec=CODEC, insert_mode=mode,
                                   batch_rows=batch_rows))
    wait_until(lambda: kinds.value("select count(*) from last") > 0, 60, program.log.text,
               give_up=program.must_run)
    assert program.stop() == 0
    kinds.sql(f"alter database {kinds.name} set timezone = 'UTC'")
    expressions = ", ".join(f"c{n}::text" for n in range(len(KINDS)))
    with kinds.connect() as fresh:
        rows = fresh.execute(f"select count(*), {expressions} from t "
                             f"group by {', '.join(str(n + 2) for n in range(len(KINDS)))}").fetchall()
    assert [dict(zip(KINDS, row[1:])) for row in rows] == [
        {name: text for name, (_, text) in KINDS.items()}]
    assert rows[0][0] == (19 if mode == "upsert" else 20)


DELETES = {
    "envelope": [event("t", "d", before={"id": 1}), ('{"id": 1}', None)],
    "tombstone": [('{"id": 1}', None)],
    "flattened": [('{"id": 1}', json.dumps({"id": 1, "v": None, "__deleted": "true",
                                            "__table": "t", "__schema": "public"}))],
}


@pytest.mark.parametrize("shape", DELETES)
def test_deletes_are_deletes(db, kafka, headrace, topic, shape):
    """By default, in every shape, and none that is already done is an error."""
    db.sql("create table t (id int primary key, v text)")
    db.sql("insert into t values (1, 'a'), (2, 'b')")
    kafka.produce(topic, DELETES[shape] * 2)
    program = headrace(to_postgres(kafka, topic, db.conninfo(), insert_mode="upsert",
                                   tables=f"{topic} = public.t"))
    wait_until(lambda: db.sql("select id from t") == [(2,)], what=program.log.text,
               give_up=program.must_run)
    assert program.stop() == 0


def test_a_child_before_its_parent(db, kafka, headrace, topic):
    """In one partition, so that it cannot wait behind it: the child is what is at fault."""
    db.sql("create table parent (id int primary key)")
    db.sql("create table child (id int primary key, parent int references parent)")
    kafka.produce(topic, [event("child", after={"id": 1, "parent": 7}),
                          event("parent", after={"id": 7}),
                          event("child", after={"id": 2, "parent": 7}),
                          event("child", after={"id": 3, "parent": 8})])
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter",
                                   insert_mode="upsert", batch_ms="5s",
                                   foreign_key_wait="100ms"))
    wait_rows(db, 1, program, table="child")
    wait_until(lambda: db.value("select to_regclass('headrace.dead_letter')") and
               db.sql('select "offset", sqlstate from headrace.dead_letter order by 1') == [
                   (0, "23503"), (3, "23503")], what=program.log.text, give_up=program.must_run)
    assert program.stop() == 0
    assert "child_parent_fkey" in program.log.text()
    assert db.sql("select id from child") == [(2,)]


def test_a_row_moves_without_its_large_value(db, postgres, kafka, headrace, topic_prefix):
    """The event does not have it, and the delete before takes it away: said, never a null."""
    target = postgres.create_database()
    for database in (db, target):
        database.sql("create table t (id int primary key, large text)")
    db.sql("alter table t alter large set storage external")
    prefix = topic_prefix + "-moves"
    topic = kafka.create_topic(f"{prefix}.public.t")
    writer = headrace({
        "w": {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
        "w.source": {"conninfo": db.conninfo(), "slot": f"moves_{db.name}", "slot_create": "yes",
                     "publication": "moves", "publication_create": "yes", "tables": "t"},
        "w.sink": {"brokers": kafka.brokers, "prefix": prefix}})
    program = headrace(to_postgres(kafka, topic, target.conninfo(), insert_mode="upsert"))
    db.wait_streaming(f"moves_{db.name}", writer)
    db.sql("insert into t values (1, repeat('x', 5000)); update t set id = 2")
    program.wait_log('another key, and the event lacks its large value "large", .* '
                     'REPLICA IDENTITY FULL')
    assert program.wait() == 1
    assert not target.value("select count(*) from t where large is null")
    target.drop()
