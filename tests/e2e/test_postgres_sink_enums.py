# SPDX-License-Identifier: Apache-2.0
"""sink-postgres, schema_evolution: enums and defaults of the events' schemas, in tables that are
made and in columns that are added."""
import json

import pytest

from harness.postgres_sink import to_tables, wait_rows
from harness.waiting import wait_until

from test_postgres_sink_create import types


def mood(labels, **more):
    return {"type": "string", "name": "io.debezium.data.Enum", "version": 1,
            "parameters": {"allowed": labels}, **more}


ID = {"type": "int32", "optional": False, "default": 0}


def record(table, fields, row):
    """With schemas, as Debezium writes them. `fields`: {name: schema}"""
    columns = [{"optional": True, **schema, "field": name} for name, schema in fields.items()]
    block = {"type": "struct", "optional": True, "fields": columns}
    source = {"connector": "postgresql", "db": "d", "schema": "public", "table": table}
    names = [{"field": name, "type": "string", "optional": True} for name in source]
    schema = {"type": "struct", "name": "x.Envelope", "fields": [
        {**block, "field": "before"}, {**block, "field": "after"},
        {"type": "struct", "field": "source", "fields": names}, {"type": "string", "field": "op"}]}
    key = {"type": "struct", "fields": [columns[0]]}
    return (json.dumps({"schema": key, "payload": {"id": row["id"]}}),
            json.dumps({"schema": schema, "payload": {"before": None, "after": row, "source": source,
                                                      "op": "c"}}))


def labels(db, name):
    return db.value("select array_agg(enumlabel::text order by enumsortorder) from pg_enum "
                    "where enumtypid = %s::regtype", [name])


@pytest.fixture
def pipeline(db, kafka, headrace, topic):
    def make(**keys):
        return headrace(to_tables(kafka, topic, db.conninfo(), **keys))
    return make


def test_enums_are_made_and_get_labels(db, kafka, pipeline, topic):
    kind = {"__debezium.source.column.type": "MOOD"}
    named = mood("sad,so so")
    named["parameters"].update(kind)
    fields = {"id": ID, "a": mood("x,it's"), "m": named, "n": named,
              "l": {"type": "array", "items": mood("x,it's")}}
    kafka.produce(topic, [record("t", fields, {"id": 1, "a": "it's", "m": "so so", "n": None,
                                               "l": ["x", "it's"]})])
    program = pipeline(schema_evolution="evolve", enums="type")
    wait_until(lambda: db.value("select to_regclass('t')"), give_up=program.must_run)
    wait_rows(db, 1, program)
    assert types(db, "t") == {"id": "integer", "a": "t_a", "m": "mood", "n": "mood", "l": "t_l[]"}
    assert labels(db, "t_a") == ["x", "it's"] and labels(db, "mood") == ["sad", "so so"]
    fields["m"] = mood("sad,new,so so")
    fields["added"] = named
    kafka.produce(topic, [record("t", fields, {"id": 2, "a": "x", "m": "new", "n": "sad",
                                               "l": None, "added": "sad"})])
    wait_rows(db, 2, program)
    assert program.stop() == 0
    assert labels(db, "mood") == ["sad", "new", "so so"]
    assert db.sql("select a::text, m::text, n::text, added::text from t order by id") == [
        ("it's", "so so", None, None), ("x", "new", "sad", "sad")]
    assert db.value("select l::text from t where id = 1") == "{x,it's}"


def test_enums_are_texts_if_nobody_asks(db, kafka, pipeline, topic):
    kafka.produce(topic, [record("t", {"id": ID, "a": mood("x,y")}, {"id": 1, "a": "y"})])
    program = pipeline(schema_evolution="create")
    wait_until(lambda: db.value("select to_regclass('t')"), give_up=program.must_run)
    wait_rows(db, 1, program)
    assert types(db, "t") == {"id": "integer", "a": "text"}


def test_defaults_go_with_the_columns(db, kafka, pipeline, topic):
    """A row that was there has the default of a column that is added, as at the source."""
    first = {"id": ID, "n": {"type": "int32", "default": 7}, "b": {"type": "bytes", "default": "AP8="}}
    kafka.produce(topic, [record("t", first, {"id": 1, "n": None, "b": None})])
    program = pipeline(schema_evolution="evolve", enums="type")
    wait_until(lambda: db.value("select to_regclass('t')"), give_up=program.must_run)
    wait_rows(db, 1, program)
    added = {"t": {"type": "string", "optional": False, "default": "it's"},
             "d": {"type": "int32", "name": "io.debezium.time.Date", "optional": False, "default": 1},
             "e": mood("x,y", optional=False, default="y")}
    kafka.produce(topic, [record("t", {**first, **added}, {
        "id": 2, "n": 1, "b": None, "t": "x", "d": 2, "e": "x"})])
    wait_rows(db, 2, program)
    assert program.stop() == 0
    assert db.sql("select id, n, t, d::text, e::text from t order by id") == [
        (1, None, "it's", "1970-01-02", "y"), (2, 1, "x", "1970-01-03", "x")]
    db.sql("insert into t (id) values (3)")
    assert db.sql("select n, b, t from t where id = 3") == [(7, b"\0\xff", "it's")]
    assert db.value("select array_agg(attname::text order by attnum) from pg_attribute "
                    "where attrelid = 't'::regclass and attnotnull and attnum > 0") == [
        "id", "t", "d", "e"]
    assert not db.value("select atthasdef from pg_attribute where attrelid = 't'::regclass "
                        "and attname = 'id'")
