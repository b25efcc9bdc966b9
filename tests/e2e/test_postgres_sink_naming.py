# SPDX-License-Identifier: Apache-2.0
"""sink-postgres: which table a record goes to, which columns, and how rows are found."""
import json
import re

import confluent_kafka
import pytest

from harness import places
from harness.postgres_sink import event, rows, to_tables, wait_rows
from harness.waiting import wait_until


def of_table(schema, table, row, op="c"):
    """A record as Debezium writes it, of any table."""
    key, value = event(table, op, row)
    value = json.loads(value)
    value["source"]["schema"] = schema
    return key, json.dumps(value)


def must_stop(program, *words):
    """The pipeline stops, and says why in these words."""
    wait_until(lambda: not program.running(), 60, "the pipeline stops")
    for word in words:
        assert word in program.log.text()


def test_names_are_exact(kafka, headrace, db, topic):
    """Complaint 17: capitals, dots, quotes, 63 bytes; nothing is folded."""
    longest = "L" + "o" * 61 + "g"
    columns = {"Order": "o", 'sel"ect': "s", "a.b": "d", "ORDER": "O", longest: "l"}
    definitions = ", ".join('"' + name.replace('"', '""') + '" text' for name in columns)
    db.sql('create schema "a.B"')
    for name in ('C""d.e', 'c""d.e'):
        db.sql(f'create table "a.B"."{name}" (id int primary key, {definitions})')
    kafka.produce(topic, [of_table("a.B", 'C"d.e', {"id": 1, **columns})])
    program = headrace(to_tables(kafka, topic, db.conninfo()))
    wait_rows(db, 1, program, table='"a.B"."C""d.e"')
    assert db.sql('select * from "a.B"."C""d.e"') == [(1, *columns.values())]
    assert db.value('select count(*) from "a.B"."c""d.e"') == 0


def test_a_name_that_postgresql_would_cut_is_refused(kafka, headrace, db, topic):
    name = "n" * 64
    db.sql(f"create table {name[:63]} (id int primary key)")
    kafka.produce(topic, rows(name, [1]))
    program = headrace(to_tables(kafka, topic, db.conninfo()))
    must_stop(program, f'"{name}", has 64 bytes', "42622")
    assert db.value(f"select count(*) from {name[:63]}") == 0


def test_templates_maps_and_cases(kafka, headrace, db, topic):
    """The map comes first and is exact; then the template, then the rule of case."""
    db.sql("create schema shop; create table shop.order_lines (id int primary key); "
           'create table "Exact" (id int primary key); create table shop.a_1 (id int primary key)')
    topics = [f"{topic}.OrderLines", f"{topic}.mapped", f"{topic}.many.a"]
    for name in topics:
        kafka.produce(name, rows(name.rsplit(".", 1)[1], [1]))
    program = headrace(to_tables(
        kafka, ", ".join(topics), db.conninfo(), table="shop.{table}", table_case="snake",
        tables=f'{topics[1]} = public.Exact, ^{topic}\\.many\\.(.*)$ = shop.\\1_1'))
    for table in ("shop.order_lines", '"Exact"', "shop.a_1"):
        wait_rows(db, 1, program, table=table)


def test_a_header_names_the_table(kafka, headrace, db, topic):
    db.sql("create schema acme; create schema wile; create table acme.t (id int primary key); "
           "create table wile.t (id int primary key)")
    kafka.create_topic(topic)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    for number, tenant in enumerate(["acme", "wile", "acme"]):
        key, value = event("t", after={"id": number})
        producer.produce(topic, value, key, headers=[("tenant", tenant)])
    assert producer.flush(10) == 0
    program = headrace(to_tables(kafka, topic, db.conninfo(), table="{header.tenant}.{table}"))
    wait_rows(db, 2, program, table="acme.t")
    wait_rows(db, 1, program, table="wile.t")


def test_two_topics_do_not_meet_in_a_table(kafka, headrace, db, topic):
    """a.t and b.t without their schemas: unless somebody wants it."""
    db.sql("create table t (id int primary key)")
    topics = [f"{topic}.a.t", f"{topic}.b.t"]
    for number, name in enumerate(topics):
        kafka.produce(name, rows("t", [number]))
    config = to_tables(kafka, ", ".join(topics), db.conninfo(), table="{table}")
    must_stop(headrace(config), 'would both be written to table "public"."t"', "merge_topics")
    config["apply.sink"]["merge_topics"] = "yes"
    wait_rows(db, 2, headrace(config))


def test_columns_are_chosen_renamed_cast_and_added(kafka, headrace, db, topic):
    db.sql('create table t ("Key" int primary key, note text, total int, source text, '
           "at bigint, op text, site text)")
    kafka.produce(topic, [event("t", after={"id": n, "note": "n", "total": "12.00", "secret": "x"})
                          for n in (1, 2)])
    program = headrace(to_tables(
        kafka, topic, db.conninfo(), rename_columns="t:id = Key", exclude_columns="secret",
        cast_columns="total = numeric",
        add_columns="source = topic, at = offset, op = operation, site = 'here'"))
    wait_rows(db, 2, program)
    assert db.sql("select * from t order by 1") == [
        (1, "n", 12, topic, 0, "c", "here"), (2, "n", 12, topic, 1, "c", "here")]


def test_tables_are_chosen(kafka, headrace, db, topic):
    """Events of others are passed over, whether there is a table for them or not."""
    db.sql("create table a (id int primary key)")
    kafka.produce(topic, [event("gone", after={"id": 0, "x": 1}), *rows("a", [1])])
    wait_rows(db, 1, headrace(to_tables(kafka, topic, db.conninfo(), include_tables="public.a")),
              table="a")


def test_a_table_of_nothing_but_its_key(kafka, headrace, db, topic):
    """Complaint 15: there is nothing to SET."""
    db.sql("create table t (a int, b text, primary key (a, b))")
    row = {"a": 1, "b": "x"}
    kafka.produce(topic, [event("t", "c", row, key=row), event("t", "u", row, row, key=row),
                          event("t", "c", {"a": 2, "b": "y"}, key=row)])
    program = headrace(to_tables(kafka, topic, db.conninfo()))
    wait_rows(db, 2, program)
    assert db.sql("select * from t order by 1") == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("definition", [
    "id int, v int",
    "id int primary key deferrable, v int",
    "id int unique, v int",
    "id int, v int, primary key (id, v) deferrable initially deferred",
])
def test_a_table_without_a_usable_key_is_refused(kafka, headrace, db, topic, definition):
    """Complaint 16: the message names the table and what to do."""
    db.sql(f"create table t ({definition})")
    kafka.produce(topic, [event("t", after={"id": 1, "v": 1})])
    program = headrace(to_tables(kafka, topic, db.conninfo()))
    must_stop(program, 'table "public"."t" has no key', 'ADD PRIMARY KEY ("id")', "deferrable")
    assert db.value("select count(*) from t") == 0


def test_partitions_with_keys_of_their_own_are_no_key(kafka, headrace, db, topic):
    """Complaint 16: the key of a partitioned table has the partition's columns."""
    db.sql("create table t (id int not null, v int not null) partition by range (v); "
           "create table t1 partition of t (primary key (id)) for values from (0) to (10)")
    kafka.produce(topic, [event("t", after={"id": 1, "v": 1})])
    config = to_tables(kafka, topic, db.conninfo())
    must_stop(headrace(config), 'table "public"."t" has no key', "the partition key")
    db.sql("alter table t1 drop constraint t1_pkey; alter table t add primary key (id, v)")
    wait_rows(db, 1, headrace(config))


@pytest.mark.parametrize("keys", [{"key": "record"}, {"key": "fields", "key_fields": "code"}])
def test_another_key_than_the_tables_own(kafka, headrace, db, topic, keys):
    db.sql("create table t (id int primary key, code text unique, v int)")
    kafka.produce(topic, [event("t", "c", {"id": 1, "code": "a", "v": 1}, key=["code"]),
                          event("t", "u", {"id": 2, "code": "a", "v": 2}, key=["code"]),
                          event("t", "c", {"id": 3, "code": "b", "v": 3}, key=["code"])])
    wait_rows(db, 2, headrace(to_tables(kafka, topic, db.conninfo(), **keys)))
    assert db.sql("select * from t order by v") == [(2, "a", 2), (3, "b", 3)]


def test_the_place_in_kafka_as_key(kafka, headrace, db, topic):
    """Every record is a row, the same key or not, and the same row when it comes again."""
    db.sql("create table t (id int, __connect_topic text, __connect_partition int, "
           "__connect_offset bigint, primary key (__connect_topic, __connect_partition, "
           "__connect_offset))")
    kafka.produce(topic, rows("t", [1, 1, 2]))
    wait_rows(db, 3, headrace(to_tables(kafka, topic, db.conninfo(), key="kafka")))
    assert db.sql("select * from t order by 4") == [(1, topic, 0, 0), (1, topic, 0, 1),
                                                    (2, topic, 0, 2)]


def test_identity_and_generated_columns(kafka, headrace, db, topic):
    """Complaint 22: values of an identity are the source's, generated ones the target's; and the
    manual's query sets the sequences."""
    db.sql("create table t (id int generated always as identity primary key, "
           "n int generated by default as identity, double int generated always as (n * 2) stored)")
    kafka.produce(topic, [event("t", "c", {"id": 7, "n": 3, "double": 99}),
                          event("t", "u", {"id": 7, "n": 4, "double": 99}),
                          event("t", "c", {"id": 8, "n": 5, "double": 99})])
    program = headrace(to_tables(kafka, topic, db.conninfo()))
    wait_rows(db, 2, program)
    assert db.sql("select * from t order by 1") == [(7, 4, 8), (8, 5, 10)]
    page = (places.TREE / "plugins/sink-postgres/headrace-sink-postgres.7").read_text()
    query = re.search(r"^\.Bd -literal\n(SELECT format.*?)^\.Ed", page, re.MULTILINE | re.DOTALL)[1]
    db.psql(query.replace(r"\e", "\\"))
    db.sql("insert into t default values")
    assert db.sql("select * from t order by 1 desc limit 1") == [(9, 6, 12)]
