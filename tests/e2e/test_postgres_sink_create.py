# SPDX-License-Identifier: Apache-2.0
"""sink-postgres, schema_evolution = create and validate: tables that are missing."""
import json

from harness.kafka_source import members
from harness.postgres_sink import event, rows, to_tables, wait_rows
from harness.waiting import wait_until


def types(db, table):
    """{column: its type}"""
    return dict(db.sql("select attname, format_type(atttypid, atttypmod) from pg_attribute "
                       "where attrelid = %s::regclass and attnum > 0 order by attnum", [table]))


def key(db, table):
    return [name for name, in db.sql(
        "select attname from pg_index i join pg_attribute a on attrelid = indrelid and "
        "attnum = any(indkey) where indisprimary and indrelid = %s::regclass order by attnum",
        [table])]


def test_the_first_values_show_the_types(kafka, headrace, db, topic):
    """Events without schemas: and no string is taken for a time."""
    row = {"id": 1, "flag": True, "big": 2**40, "huge": 2**80, "price": 1.5, "name": "x",
           "at": "2026-01-31T04:05:06Z", "doc": {"a": [1]}, "list": [1, 2], "unknown": None}
    kafka.produce(topic, [event("New Table", after=row)])
    program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="create",
                                   table="made.{table}"))
    wait_until(lambda: db.value("select to_regclass('made.\"New Table\"')"), 60,
               give_up=program.must_run)
    wait_rows(db, 1, program, table='made."New Table"')
    assert types(db, 'made."New Table"') == {
        "id": "bigint", "flag": "boolean", "big": "bigint", "huge": "numeric", "price": "numeric",
        "name": "text", "at": "text", "doc": "jsonb", "list": "jsonb", "unknown": "text"}
    assert key(db, 'made."New Table"') == ["id"]
    assert db.sql('select huge, doc, "unknown" from made."New Table"') == [
        (2**80, {"a": [1]}, None)]


def test_what_the_operator_says_comes_first(kafka, headrace, db, topic):
    row = {"Id": 1, "Total": "12.5", "Secret": "x"}
    kafka.produce(topic, [event("t", after=row, key=["Id"])])
    program = headrace(to_tables(
        kafka, topic, db.conninfo(), schema_evolution="create", column_case="lower",
        cast_columns='t:Total = "numeric(9,2)"', exclude_columns="Secret",
        add_columns="place = offset"))
    wait_until(lambda: db.value("select to_regclass('t')"), 60, give_up=program.must_run)
    wait_rows(db, 1, program)
    assert types(db, "t") == {"id": "bigint", "total": "numeric(9,2)", "place": "bigint"}
    assert db.value("select total::text from t") == "12.50"


def test_nothing_is_deleted_from_a_table_that_is_not_there(kafka, headrace, db, topic):
    """A delete and a tombstone come first: the row that follows makes the table, whole."""
    kafka.produce(topic, [event("t", "d", before={"id": 1}), (json.dumps({"id": 1}), None),
                          event("t", after={"id": 2, "v": 1})])
    program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="create",
                                   tables=f"{topic} = t"))
    wait_until(lambda: db.value("select to_regclass('t')"), 60, give_up=program.must_run)
    wait_rows(db, 1, program)
    assert db.sql("select * from t") == [(2, 1)]


def test_eight_instances_start_at_once(kafka, headrace, db, topic):
    """Complaint 21. Eight processes, a partition each, an empty database, and then rows for all."""
    kafka.create_topic(topic, 8)
    programs = [headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="evolve"))
                for _ in range(8)]
    wait_until(lambda: list((members(kafka, f"g-{topic}") or {}).values()) == [1] * 8, 60)
    kafka.produce(topic, rows("t", range(400), a=str, b=lambda n: n / 2))
    wait_until(lambda: db.value("select to_regclass('t')"), 60)
    wait_rows(db, 400, *programs)
    assert db.value("select count(*) from t") == 400


def test_without_leave_no_table_is_made(kafka, headrace, db, topic):
    kafka.produce(topic, rows("t", [1]))
    for evolution in ("none", "validate"):
        program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution=evolution))
        wait_until(lambda: not program.running(), 60, "the pipeline stops")
        assert 'there is no table "public"."t"' in program.log.text()
    assert db.value("select to_regclass('t')") is None


def test_a_table_that_lacks_values_is_found(kafka, headrace, db, topic):
    """validate: before the first row is written."""
    db.sql("create table t (id int primary key, v text, must int not null)")
    kafka.produce(topic, rows("t", [1], v=str))
    program = headrace(to_tables(kafka, topic, db.conninfo(), schema_evolution="validate"))
    wait_until(lambda: not program.running(), 60, "the pipeline stops")
    assert 'column "must" is NOT NULL, and events may lack it' in program.log.text()
