# SPDX-License-Identifier: Apache-2.0
"""sink-postgres, mode = table: what becomes of rows that the peers lose, double or refuse."""
import itertools
import json
import threading

import pytest

from harness.postgres_sink import event, rows, stored, to_postgres
from harness.waiting import count, wait_until

UNAVAILABLE = "__debezium_unavailable_value"


@pytest.fixture
def applied(db, kafka, headrace, topic):
    """applied(events, **sink): writes them to Kafka, runs until all are stored, stops."""
    sent = itertools.count()

    def run(events, errors="stop", **sink):
        kafka.produce(topic, events)
        total = sum(1 for _ in events)
        so_far = next(sent)
        run.total = total if not so_far else run.total + total
        program = headrace(to_postgres(kafka, topic, db.conninfo(), errors=errors,
                                       **{"insert_mode": "upsert", **sink}))
        wait_until(lambda: db.value("select to_regclass('headrace.sink_offset') is not null") and
                   stored(db).get(f"{topic}/0") == run.total, 60,
                   lambda: f"all is stored:\n{program.log.text()[-3000:]}",
                   give_up=program.must_run)
        assert program.stop() == 0
        return program
    return run


# ---- large values that did not change


@pytest.mark.parametrize("type_, value, sent", [
    ("text", "'a text'", UNAVAILABLE), ("json", "'[1, 2]'", UNAVAILABLE),
    ("jsonb", "'{\"a\": 1}'", UNAVAILABLE),
    ("bytea", r"'\xdead'", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="),
    ("text[]", "'{a,b}'", [UNAVAILABLE]), ("numeric", "12.5", UNAVAILABLE)])
def test_unchanged_large_value_is_left_alone(db, applied, type_, value, sent):
    db.sql(f"create table t (id int primary key, n int, large {type_})")
    db.sql(f"insert into t values (1, 0, {value})")
    applied([event("t", "u", {"id": 1, "n": 7, "large": sent})])
    assert db.value(f"select n = 7 and large::text = ({value}::{type_})::text from t")


def test_unchanged_large_value_behind_its_insert(db, applied):
    """Both in one batch: what the insert said stays."""
    db.sql("create table t (id int primary key, n int, large text)")
    applied([event("t", "c", {"id": 1, "n": 0, "large": "all of it"}),
             event("t", "u", {"id": 1, "n": 1, "large": UNAVAILABLE})])
    assert db.sql("select * from t") == [(1, 1, "all of it")]


def test_unchanged_large_value_of_a_missing_row_is_counted(db, applied, headrace):
    db.sql("create table t (id int primary key, n int, large text)")
    applied([event("t", "u", {"id": 1, "n": 7, "large": UNAVAILABLE})])
    assert db.value("select count(*) from t") == 0


# ---- many changes of few rows


def test_ten_thousand_changes_of_seven_rows(db, applied):
    db.sql("create table t (id int primary key, n int)")
    applied([event("t", "u", {"id": n % 7, "n": n}) for n in range(10_000)], batch_ms="2s")
    assert db.sql("select * from t order by id") == [
        (key, max(range(key, 10_000, 7))) for key in range(7)]


def test_last_event_of_a_key_wins(db, applied):
    db.sql("create table t (id int primary key, n int)")
    row, gone = {"id": 1, "n": 1}, {"before": {"id": 1, "n": 1}}
    applied([event("t", "c", row), event("t", "d", **gone), event("t", "c", {"id": 1, "n": 2}),
             event("t", "c", {"id": 2, "n": 1}), event("t", "d", before={"id": 2, "n": 1})])
    assert db.sql("select * from t") == [(1, 2)]


def test_row_that_comes_again_has_nothing_of_the_one_before(db, applied):
    """A delete and an insert of one batch: a column that the source does not know is reset."""
    db.sql("create table t (id int primary key, n int, ours text default 'fresh')")
    db.sql("insert into t values (1, 0, 'old')")
    applied([event("t", "d", before={"id": 1, "n": 0}), event("t", "c", {"id": 1, "n": 1})])
    assert db.sql("select * from t") == [(1, 1, "fresh")]


# ---- order that constraints ask for


def test_unique_value_is_used_again(db, applied):
    """The row that has it goes, another gets it, in one batch."""
    db.sql("create table t (id int primary key, u text unique)")
    db.sql("insert into t values (1, 'a')")
    applied([event("t", "d", before={"id": 1, "u": "a"}), event("t", "c", {"id": 2, "u": "a"}),
             event("t", "u", {"id": 2, "u": "b"}), event("t", "c", {"id": 3, "u": "a"})])
    assert db.sql("select * from t order by id") == [(2, "b"), (3, "a")]


def test_two_rows_swap_a_unique_value(db, applied):
    db.sql("create table t (id int primary key, u text unique deferrable initially deferred)")
    db.sql("insert into t values (1, 'a'), (2, 'b')")
    applied([event("t", "u", {"id": 1, "u": "b"}), event("t", "u", {"id": 2, "u": "a"})])
    assert db.sql("select * from t order by id") == [(1, "b"), (2, "a")]


def test_parents_and_children(db, applied):
    db.sql("create table parent (id int primary key); create table child (id int primary key, "
           "parent int not null references parent)")
    events = []
    for n in range(50):
        events += [event("parent", "c", {"id": n}), event("child", "c", {"id": n, "parent": n}),
                   event("child", "u", {"id": n, "parent": 0})]
    events += [event("parent", "d", before={"id": n}) for n in range(1, 50)]
    program = applied(events)
    assert db.value("select count(*) from child where parent = 0") == 50
    assert db.value("select count(*) from parent") == 1
    assert program.log.text().count("is written row by row") == 2


def test_trigger_sees_every_change(db, applied):
    db.sql("create table t (id int primary key, n int); create table seen (n int);"
           "create function note() returns trigger language plpgsql as "
           "$$ begin insert into seen values (new.n); return new; end $$;"
           "create trigger note before update on t for each row execute function note()")
    applied([event("t", "u", {"id": 1, "n": n}) for n in range(20)])
    assert db.sql("select n from seen") == [(n,) for n in range(1, 20)]


# ---- somebody else is there


def test_deadlocks_are_tried_again(db, kafka, headrace, topic):
    """Somebody updates the same rows the other way round, in transactions of two."""
    db.sql("create table t (id int primary key, n int)")
    db.sql("insert into t select g, 0 from generate_series(0, 9) g")
    kafka.create_topic(topic, partitions=1)
    over = threading.Event()

    def disturb():
        with db.connect(autocommit=False) as connection:
            while not over.is_set():
                try:
                    for key in range(9, -1, -1):
                        connection.execute("update t set n = n where id = %s", [key])
                    connection.commit()
                except Exception:  # pylint: disable=broad-except
                    connection.rollback()  # it was the one that the server chose
    thread = threading.Thread(target=disturb)
    thread.start()
    total = count(3000, 30_000)
    kafka.produce(topic, [event("t", "u", {"id": n % 10, "n": n}) for n in range(total)])
    program = headrace(to_postgres(kafka, topic, db.conninfo(), insert_mode="replicate",
                                   batch_rows=100))
    try:
        wait_until(lambda: db.value("select sum(n) from t where n >= 0") ==
                   sum(range(total - 10, total)), 120, "the last values",
                   give_up=program.must_run)
    finally:
        over.set()
        thread.join()
    assert program.stop() == 0


# ---- values


@pytest.mark.parametrize("policy, found", [("strip", "ab"), ("replace", "a\ufffdb")])
def test_character_zero(db, applied, policy, found):
    db.sql("create table t (id int primary key, v text, j jsonb)")
    applied([event("t", "c", {"id": 1, "v": "a\0b", "j": "{}"})], nul_characters=policy)
    assert db.sql("select v from t") == [(found,)]


def test_character_zero_is_an_error_of_its_row(db, applied):
    db.sql("create table t (id int primary key, v text, j jsonb)")
    applied([event("t", "c", {"id": 1, "v": "a\0b"}), event("t", "c", {"id": 2, "j": '["\\u0000"]'}),
             event("t", "c", {"id": 3, "v": "good"})], errors="dead-letter")
    assert db.sql("select id, v from t") == [(3, "good")]
    assert db.value("select count(*) from headrace.dead_letter") == 2


def test_absent_is_not_null(db, applied):
    db.sql("create table t (id int primary key, a int, b int default 9, c int)")
    applied([event("t", "c", {"id": 1, "a": 1}), event("t", "c", {"id": 1, "c": 2}),
             event("t", "c", {"id": 2, "b": None})])
    assert db.sql("select * from t order by id") == [(1, 1, 9, 2), (2, None, None, None)]


def test_table_that_is_nothing_but_its_key(db, applied):
    db.sql("create table t (id int, k text, primary key (k, id))")
    applied([event("t", "c", {"id": 1, "k": "a"}, key=("id", "k"))] * 3 +
            [event("t", "u", {"id": 1, "k": "b"}, key=("id", "k"))])
    assert db.sql("select * from t order by k") == [(1, "a"), (1, "b")]


def test_times_and_numbers_are_exact(db, applied):
    db.sql("create table t (id int primary key, at timestamp, short timestamp(3), d date, "
           "tm time, n numeric(38, 18), free numeric, big bigint, f float8)")
    applied([event("t", "c", {
        "id": 1, "at": 1756393260123456, "short": 1756393260123, "d": -719162, "tm": 86400000000,
        "n": "AMlGPjSLm4Y6wxmKgQ==", "free": {"scale": 3, "value": "AeJA"},
        "big": 9223372036854775807, "f": 0.1}),
        event("t", "c", {"id": 2, "at": 9223372036825200000, "d": 2147483647, "f": "NaN"})])
    assert db.sql("select at::text, short::text, d::text, tm::text, free::text, big, f from t "
                  "where id = 1") == [("2025-08-28 15:01:00.123456", "2025-08-28 15:01:00.123",
                                      "0001-01-01", "24:00:00", "123.456",
                                      9223372036854775807, 0.1)]
    unscaled = int.from_bytes(__import__("base64").b64decode("AMlGPjSLm4Y6wxmKgQ=="), "big")
    assert db.value("select (n * 10::numeric ^ 18)::numeric(60, 0)::text from t where id = 1") == \
        str(unscaled)
    assert db.sql("select at::text, d::text, f::text from t where id = 2") == [
        ("infinity", "infinity", "NaN")]


def test_types_that_only_the_table_knows(db, applied):
    db.sql("create type mood as enum ('sad', 'happy'); create table t (id int primary key, "
           "m mood, u uuid, b bytea, i int[], x text[][], j json, r int4range, ip inet, iv interval,"
           " bits bit(12), one bit(1), p point, y money, tz timestamptz, tt timetz)")
    wanted = ["happy", "00000000-0000-0000-0000-00000000000a", r"\x00ff", "{1,NULL,-3}",
              '{{a,"b\\"c"},{NULL,"{}"}}', '{"a": 1}', "[1,10)", "10.0.0.0/8", "01:02:03.000004",
              "101000000001", "1", "(1.5,-2)", "-$12.50", "2026-01-31 04:05:06+00", "04:05:06+01"]
    rows_ = [event("t", "c", {
        "id": n, "m": "happy", "u": wanted[1], "b": "AP8=", "i": [1, None, -3],
        "x": [["a", 'b"c'], [None, "{}"]], "j": '{"a": 1}', "r": "[1,10)", "ip": "10.0.0.0/8",
        "iv": 3723000004, "bits": "AQo=", "one": True, "p": {"x": 1.5, "y": -2, "wkb": "", "srid": None},
        "y": "+x4=", "tz": "2026-01-31T04:05:06Z", "tt": "04:05:06+01:00"}) for n in range(3)]
    applied(rows_)
    found = db.sql("select m::text, u::text, b::text, i::text, x::text, j::text, r::text, ip::text, "
                   "iv::text, bits::text, one::text, p::text, y::text, tz::text, tt::text from t")
    assert [list(row) for row in found] == [wanted] * 3


# ---- tables


def test_generated_columns_and_identities(db, applied):
    db.sql("create table t (id int generated always as identity primary key, n int, "
           "twice int generated always as (n * 2) stored)")
    applied([event("t", "c", {"id": 40, "n": 1, "twice": 2}),
             event("t", "u", {"id": 40, "n": 5, "twice": 10})])
    assert db.sql("select * from t") == [(40, 5, 10)]


def test_sixteen_hundred_columns(db, applied):
    names = [f"c{n}" for n in range(1599)]
    db.sql("create table t (id int primary key, " + ", ".join(f"{name} int" for name in names) + ")")
    total = count(200, 20_000)
    applied([event("t", "c", {"id": n, **{name: n for name in names}}) for n in range(total)])
    assert db.value("select count(*) from t where c0 = id and c1598 = id") == total


def test_deletes_do_not_scan_the_table(db, applied):
    db.sql("create table t (id int primary key, v text); "
           "insert into t select g, 'x' from generate_series(1, 200000) g; analyze t")
    db.sql("select pg_stat_force_next_flush()")  # else this session's own may come after the reset
    db.sql("select pg_stat_reset()")
    applied([event("t", "d", before={"id": n, "v": "x"}) for n in range(0, 20_000, 10)] +
            [event("t", "u", {"id": n, "v": UNAVAILABLE}) for n in range(1, 2000)])
    wait_until(lambda: db.value("select idx_scan from pg_stat_user_tables where relname = 't'") > 2000,
               what="what the sink's session counted")
    assert db.value("select seq_scan from pg_stat_user_tables where relname = 't'") == 0
    assert db.value("select count(*) from t") == 200_000 - 1999


# ---- modes


def test_soft_delete(db, applied):
    db.sql("create table t (id int primary key, n int, __deleted boolean)")
    applied([event("t", "c", {"id": 1, "n": 1}), event("t", "c", {"id": 2, "n": 2}),
             event("t", "d", before={"id": 1, "n": 1}), (json.dumps({"id": 1}), None)],
            insert_mode="soft-delete")
    assert db.sql("select * from t order by id") == [(1, 1, True), (2, 2, False)]
    applied([event("t", "c", {"id": 1, "n": 3})], insert_mode="soft-delete")
    assert db.sql("select * from t order by id") == [(1, 3, False), (2, 2, False)]


def test_history(db, applied):
    db.sql("create table t (id int, n int, __op text, __time timestamptz, __sequence bigint)")
    applied([event("t", "c", {"id": 1, "n": 1}), event("t", "u", {"id": 1, "n": 2}),
             event("t", "d", before={"id": 1, "n": 2})], insert_mode="history")
    assert db.sql("select id, n, __op from t") == [(1, 1, "c"), (1, 2, "u"), (1, 2, "d")]


def test_insert_ignore(db, applied):
    db.sql("create table t (id int primary key, n int)")
    db.sql("insert into t values (1, -1)")
    applied(rows("t", range(5), n=lambda n: n) * 2, insert_mode="insert-ignore")
    assert db.sql("select * from t order by id") == [(0, 0), (1, -1), (2, 2), (3, 3), (4, 4)]


@pytest.mark.parametrize("policy", ["truncate", "delete", "ignore"])
def test_truncate(db, applied, policy):
    db.sql("create table t (id int primary key, n int)")
    applied(rows("t", range(5), n=lambda n: n) + [(None, json.dumps(
        {"op": "t", "before": None, "after": None,
         "source": {"connector": "postgresql", "db": "d", "schema": "public", "table": "t"}}))] +
            rows("t", [7], n=lambda n: n), truncate=policy)
    assert db.value("select count(*) from t") == (6 if policy == "ignore" else 1)


def test_deletes_that_are_not_wanted_are_counted(db, applied):
    db.sql("create table t (id int primary key, n int)")
    applied(rows("t", range(3), n=lambda n: n) + [event("t", "d", before={"id": 1, "n": 1})],
            delete="no")
    assert db.value("select count(*) from t") == 3


def test_profile_of_kafka_cdc_sink(db, applied):
    """Tables that are not there yet, of events without schemas, as that tool makes them."""
    applied([event("orders", "c", {"id": 1, "price": "MDk=", "amount": "AA==", "total": "/w==",
                                   "created_at": 1756393260123456, "tags": {"a": [1]},
                                   "name": "x", "n": 5, "ok": True})],
            schema_evolution="create", key="record", profile="kafka-cdc-sink")
    assert db.sql("select id, price::text, amount::text, total::text, created_at::text, tags::text,"
                  " name, n, ok from orders") == [
        (1, "123.45", "0.00", "-0.01", "2025-08-28 15:01:00.123456", '{"a": [1]}', "x", 5, True)]
    types = dict(db.sql("select attname, format_type(atttypid, atttypmod) from pg_attribute where "
                        "attrelid = 'orders'::regclass and attnum > 0"))
    assert types["price"] == "numeric(38,2)" and types["tags"] == "jsonb"
