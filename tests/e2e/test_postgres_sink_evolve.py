# SPDX-License-Identifier: Apache-2.0
"""sink-postgres, schema_evolution = evolve: tables that follow what their events have."""
import json

from harness.postgres_sink import event, rows, to_tables, wait_rows
from harness.waiting import wait_until

from test_postgres_sink_create import types


def with_schema(table, fields, row, op="c"):
    """A record as Debezium writes it with schemas. `fields`: {name: (type, optional)}"""
    columns = [{"field": name, "type": kind, "optional": optional}
               for name, (kind, optional) in fields.items()]
    block = {"type": "struct", "optional": True, "fields": columns}
    source = {"connector": "postgresql", "db": "d", "schema": "public", "table": table}
    names = [{"field": name, "type": "string", "optional": True} for name in source]
    schema = {"type": "struct", "name": "x.Envelope", "fields": [
        {**block, "field": "before", "name": "x.Value"},
        {**block, "field": "after", "name": "x.Value"},
        {"type": "struct", "field": "source", "fields": names},
        {"type": "string", "field": "op"}]}
    key_schema = {"type": "struct", "fields": [columns[0]]}
    name = columns[0]["field"]
    return (json.dumps({"schema": key_schema, "payload": {name: row[name]}}),
            json.dumps({"schema": schema, "payload": {"before": None, "after": row,
                                                      "source": source, "op": op}}))


def test_columns_come_with_their_first_value(kafka, headrace, db, topic):
    """Without schemas: a null does not say of what type it is."""
    kafka.produce(topic, [event("t", after={"id": 1, "a": None}),
                          event("t", after={"id": 2, "a": None, "b": None})])
    program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="evolve"))
    wait_until(lambda: db.value("select to_regclass('t')"), 60, give_up=program.must_run)
    wait_rows(db, 2, program)
    assert types(db, "t") == {"id": "bigint"}
    kafka.produce(topic, [event("t", after={"id": 3, "a": 1.5, "b": None}),
                          event("t", after={"id": 4, "a": None, "b": "x"})])
    wait_rows(db, 4, program)
    assert types(db, "t") == {"id": "bigint", "a": "numeric", "b": "text"}
    assert db.value("select array_agg((a, b)::text order by id) from t") == [
        "(,)", "(,)", "(1.5,)", "(,x)"]


def test_columns_are_added_and_widened(kafka, headrace, db, topic):
    """With schemas: while rows of before and after are on their way together."""
    db.sql("create table t (id smallint primary key, n smallint, r real, gone text not null)")
    old = {"id": ("int16", False), "n": ("int16", True), "gone": ("string", False)}
    new = {"id": ("int32", False), "n": ("int64", True), "r": ("double", True),
           "added": ("boolean", True)}
    kafka.produce(topic, [
        with_schema("t", old, {"id": 1, "n": 1, "gone": "x"}),
        with_schema("t", new, {"id": 70000, "n": 2**40, "r": 0.1, "added": True}),
        with_schema("t", old, {"id": 2, "n": None, "gone": "y"})])
    program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="evolve"))
    wait_rows(db, 3, program)
    assert types(db, "t") == {"id": "integer", "n": "bigint", "r": "double precision",
                              "gone": "text", "added": "boolean"}
    assert db.sql("select * from t order by id") == [
        (1, 1, None, "x", None), (2, None, None, "y", None), (70000, 2**40, 0.1, None, True)]
    assert 'runs: ALTER TABLE "public"."t"' in program.log.text()


def test_a_locked_table_is_waited_for(kafka, headrace, db, topic):
    """Others do not queue up behind us: lock_timeout, then again."""
    db.sql("create table t (id int primary key)")
    with db.connect() as reader:
        reader.execute("begin")
        reader.execute("select from t")
        kafka.produce(topic, rows("t", [1], v=str))
        program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="evolve",
                                       ddl_lock_timeout="50ms"))
        program.wait_log("lock timeout")
        assert program.running()
        reader.execute("commit")
    wait_rows(db, 1, program)


def test_an_operator_may_be_faster(kafka, headrace, db, topic):
    """A column that the table lacks stops the event, not the one after it was added."""
    db.sql("create table t (id int primary key)")
    kafka.produce(topic, rows("t", [1], v=str))
    config = to_tables(kafka, topic, db.conninfo())
    program = headrace(config)
    wait_until(lambda: not program.running(), 60, "the pipeline stops")
    assert 'has no column "v"' in program.log.text()
    db.sql("alter table t add column v text")
    wait_rows(db, 1, headrace(config))


def test_a_column_is_dropped_while_rows_come(kafka, headrace, db, topic):
    """The catalog is asked again after 42703, and the column made again."""
    db.sql("create table t (id int primary key, v text)")
    kafka.produce(topic, rows("t", [1], v=str))
    program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="evolve"))
    wait_rows(db, 1, program)
    db.sql("alter table t drop column v")
    kafka.produce(topic, rows("t", [2], v=str))
    wait_rows(db, 2, program)
    assert db.sql("select id, v from t order by id") == [(1, None), (2, "2")]


def test_a_table_changes_while_flushes_are_on_their_way(kafka, headrace, db, topic):
    """What ALTER TABLE waits for may be our own transaction, which waits for us."""
    kafka.create_topic(topic, 2)
    shapes = [{}, {"b": str}, {"b": str, "c": float}, {"b": str, "c": float, "d": bool}]
    for number, columns in enumerate(shapes):
        kafka.produce(topic, rows("t", range(3000 * number, 3000 * (number + 1)),
                                  a=lambda n: "x" * 500, **columns))
    program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="evolve",
                                 workers="2", batch_rows="500"))
    wait_until(lambda: db.value("select to_regclass('t')"), 60, give_up=program.must_run)
    wait_rows(db, 3000 * len(shapes), program)
    assert db.sql("select count(a), count(b), count(c), count(d) from t") == [
        (12000, 9000, 6000, 3000)]
    assert types(db, "t") == {"id": "bigint", "a": "text", "b": "text", "c": "numeric",
                              "d": "boolean"}
