# SPDX-License-Identifier: Apache-2.0
"""Rows of every shape through source-pgoutput, as the ABI has them."""
import pytest

from pgoutput import ABSENT, pipeline, run_until_confirmed, slot_of, started, streamed, wait_changes

IS_KEY, CASCADE, RESTART, TRANSACTIONAL = 1, 2, 4, 8
NUMERIC, TEXT, ENUM, ARRAY, INT32, COMPOSITE, OTHER = 7, 8, 19, 23, 3, 24, 0


def test_operations(any_db, headrace):
    any_db.sql("create table users (id int primary key, name text)")
    found = streamed(any_db, headrace, pipeline(any_db, tables="users"), [
        "insert into users values (1, 'a'), (2, null)",
        "update users set name = 'ü' where id = 1",
        "update users set id = 3 where id = 2",
        "delete from users where id = 3",
        "truncate users"])
    assert [change["op"] for change in found] == ["insert", "insert", "update", "update", "delete",
                                                 "truncate"]
    assert [change["ordinal"] for change in found] == [0, 1, 0, 0, 0, 0]
    assert found[1]["new"] == {"id": "2", "name": None}
    assert found[2]["old"] is None and found[2]["new"] == {"id": "1", "name": "ü"}
    assert found[3]["flags"] == IS_KEY and found[3]["old"] == {"id": "2", "name": ABSENT}
    assert found[4]["flags"] == IS_KEY and found[4]["new"] is None
    assert found[0]["transaction"] == found[1]["transaction"] != found[2]["transaction"]
    assert found[0]["key"] == ["id"]
    previous = [change["previous"] for change in found[1:]]
    assert previous == sorted(previous) and len(set(previous)) == 5


@pytest.mark.parametrize("identity, key, old", [
    ("default", ["b", "a"], {"a": "1", "b": "2", "c": ABSENT, "d": ABSENT}),
    ("using index t_c_key", ["c"], {"a": ABSENT, "b": ABSENT, "c": "3", "d": ABSENT}),
    ("full", ["b", "a"], {"a": "1", "b": "2", "c": "3", "d": None})])
def test_replica_identities(db, headrace, identity, key, old):
    db.sql(f"create table t (a int, b int, c int not null unique, d int, primary key (b, a));"
           f"alter table t replica identity {identity}")
    found = streamed(db, headrace, pipeline(db, tables="t"),
                     ["insert into t values (1, 2, 3)", "delete from t"])
    assert [change["key"] for change in found] == [key, key]
    assert found[1]["old"] == old


def test_replica_identity_nothing(db, headrace):
    db.sql("create table t (id int primary key); alter table t replica identity nothing")
    found = streamed(db, headrace, pipeline(db, tables="t", operations="insert, truncate"),
                     ["insert into t values (1)", "update t set id = 2", "delete from t",
                      "truncate t"])
    assert [(change["op"], change["key"]) for change in found] == [("insert", ["id"]),
                                                                 ("truncate", ["id"])]


def test_keys_without_a_primary_key(db, headrace):
    db.sql("""
        create table uniques (a int not null, b int not null, c int, unique (b, a), unique (c));
        create table partial (a int not null, b int); create unique index on partial (a) where b > 0;
        create table expression (a text not null); create unique index on expression (lower(a));
        create table covering (a int not null, b int not null, unique (a) include (b));
        create table none (a int);""")
    tables = ["uniques", "partial", "expression", "covering", "none"]
    found = streamed(db, headrace,
                     pipeline(db, tables=", ".join(tables), replica_identity="full"),
                     [f"insert into {table} values ('1')" if table in ("partial", "expression", "none")
                      else f"insert into {table} values (1, 2)" for table in tables] +
                     ["update none set a = 2", "delete from none"])
    assert {change["table"]: change["key"] for change in found} == {
        "uniques": ["b", "a"], "partial": [], "expression": [], "covering": ["a"], "none": []}
    assert found[-1]["old"] == {"a": "2"}


def test_truncates(db, headrace):
    db.sql("create table a (id int primary key); "
           "create table b (id serial primary key, a int references a)")
    found = streamed(db, headrace, pipeline(db, tables="a, b"),
                     ["truncate b restart identity", "truncate a cascade"])
    assert [(change["table"], change["flags"]) for change in found[:1]] == [("b", RESTART)]
    assert {(change["table"], change["flags"]) for change in found[1:]} == {("a", CASCADE),
                                                                           ("b", CASCADE)}
    assert [change["ordinal"] for change in found[1:]] == [0, 1]


def test_logical_messages(any_db, headrace):
    any_db.sql("create table t (id int primary key)")
    sections = pipeline(any_db, tables="t", messages="yes")
    program = started(headrace, sections)
    any_db.sql("select pg_logical_emit_message(true, 'in', 'x'),"
               " pg_logical_emit_message(false, 'out', 'ü')")
    any_db.sql("begin; insert into t values (1); select pg_logical_emit_message(true, 'p', '\\x00');"
               "insert into t values (2); commit")
    any_db.sql("select pg_logical_emit_message(false, 'last', '')")
    found = wait_changes(program, 6)
    # The loose message is sent when it is read, the other one at its commit.
    assert [(c["op"], c.get("prefix"), c["flags"], c["ordinal"]) for c in found] == [
        ("message", "out", 0, 0), ("message", "in", TRANSACTIONAL, 0), ("insert", None, 0, 0),
        ("message", "p", TRANSACTIONAL, 1), ("insert", None, 0, 2), ("message", "last", 0, 0)]
    assert "transaction" not in found[0]
    any_db.wait_confirmed(slot_of(sections))
    program.stop()
    any_db.sql("insert into t values (3)")
    program.start()
    any_db.wait_streaming(slot_of(sections), program)
    assert [change["op"] for change in run_until_confirmed(any_db, program, sections, 6)] == [
        "insert"]


def test_messages_are_off_by_default(db, headrace):
    db.sql("create table t (id int primary key)")
    assert streamed(db, headrace, pipeline(db, tables="t"),
                    ["select pg_logical_emit_message(true, 'p', 'x')",
                     "select pg_logical_emit_message(false, 'p', 'x')"]) == []


def test_catalog_adds_what_the_stream_lacks(any_db, headrace):
    any_db.sql("""
        create type mood as enum ('sad', 'ok', 'it''s "good"');
        alter type mood add value 'between' before 'ok';
        create domain positive as int not null check (value > 0);
        create domain price as numeric(10, 2);
        create domain low_price as price;
        create type pair as (a int, b text);
        create function seven() returns int language sql immutable as 'select 7';
        create table t (
          id bigint generated always as identity primary key, s serial, m mood default 'ok',
          ms mood[], p positive default 5, l low_price, ls low_price[] default '{}', c pair,
          v varchar(9) default 'it''s', n numeric(6, 3)[], k int default 1 + 2,
          now timestamptz default now(), ts timestamp default '2020-01-01'::date,
          f int default seven(), b bool default true, i int2vector,
          g int generated always as (1) stored);""")
    found = streamed(any_db, headrace, pipeline(any_db, tables="t"), "insert into t default values")
    columns = found[0]["columns"]

    def of(name, *keys):
        return tuple(columns[name][key] for key in keys)
    labels = ["sad", "between", "ok", 'it\'s "good"']
    assert of("m", "type", "type_name", "labels", "default") == (ENUM, "public.mood", labels, "ok")
    assert of("ms", "type", "element", "labels") == (ARRAY, ENUM, labels)
    assert of("p", "type", "type_name", "nullable", "default") == (INT32, "integer", False, "5")
    assert of("l", "type", "precision", "scale", "nullable") == (NUMERIC, 10, 2, True)
    assert of("ls", "type", "element", "precision", "scale", "default") == (ARRAY, NUMERIC, 10, 2,
                                                                          "{}")
    assert of("c", "type", "type_name") == (COMPOSITE, "public.pair")
    assert of("v", "type", "precision", "default") == (TEXT, 9, "it's")
    assert of("n", "element", "precision", "scale") == (NUMERIC, 6, 3)
    assert of("k", "default") == ("3",)
    assert of("now", "default") == (None,)
    assert of("ts", "default") == ("2020-01-01 00:00:00",)
    assert of("f", "default") == (None,), "a user's function is never called"
    assert of("b", "default") == ("t",)
    assert of("i", "type") == (OTHER,)
    assert of("id", "identity", "nullable") == (True, False)
    assert of("s", "identity", "default") == (True, None)
    assert "g" not in columns


def test_filter_of_a_publication_that_has_more(db, headrace):
    db.sql("create table a (id int primary key); create table b (id int primary key);"
           "create publication pub for table a, b")
    sections = pipeline(db, tables="a", publication_create="no", operations="insert, delete")
    program = started(headrace, sections)
    db.sql("insert into a values (1); insert into b values (1); update a set id = 2; "
           "delete from a; truncate a, b")
    found = run_until_confirmed(db, program, sections)
    assert [(change["table"], change["op"]) for change in found] == [("a", "insert"),
                                                                   ("a", "delete")]
    assert [change["ordinal"] for change in found] == [0, 1]
    program.wait_log("public.b, which is not in `tables`")


def test_origin(db, headrace):
    db.sql("create table t (id int primary key)")
    origin = f"origin_{db.name}"
    found = streamed(db, headrace, pipeline(db, tables="t"), [
        f"select pg_replication_origin_create('{origin}')",
        f"select pg_replication_origin_session_setup('{origin}')",
        "insert into t values (1)",
        "select pg_replication_origin_session_reset()",
        f"select pg_replication_origin_drop('{origin}')"])
    assert [change["origin"] for change in found] == [origin]
