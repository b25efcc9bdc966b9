# SPDX-License-Identifier: Apache-2.0
"""Rows of every shape through source-pgoutput, as the ABI has them."""
import pytest

from pgoutput import ABSENT, pipeline, run_until_confirmed, slot_of, started, streamed, wait_changes

LARGE = "repeat(md5('x'), 200)"
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


IDENTITIES = {"default": ("replica identity default", ABSENT),
              "full": ("replica identity full", "large"),
              "index": ("replica identity using index t_other_key", ABSENT)}


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("type_, value", [
    ("text", LARGE), ("bytea", f"{LARGE}::bytea"), ("json", f"to_json({LARGE})"),
    ("int[]", "array_fill(7, array[3000])"), ("numeric", "repeat('9', 20000)::numeric")])
def test_unchanged_large_value(db, headrace, type_, value, identity):
    db.sql(f"create table t (id int primary key, other int not null unique, large {type_}, n int);"
           f"alter table t alter large set storage external;"
           f"alter table t {IDENTITIES[identity][0]};")
    found = streamed(db, headrace, pipeline(db, tables="t"), [
        f"insert into t values (1, 1, {value}, 0)", "update t set n = 1",
        "update t set id = 2, other = 2", "update t set large = null"])
    large = found[0]["new"]["large"]
    expected = large if identity == "full" else ABSENT
    assert len(large) > 4000
    assert found[1]["new"] == {"id": "1", "other": "1", "large": expected, "n": "1"}
    assert found[2]["new"]["large"] == expected
    assert found[3]["new"]["large"] is None
    if identity == "full":
        assert found[1]["old"] == {**found[1]["new"], "n": "0"} and found[1]["flags"] == 0


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


def test_partitioned_root(any_db, headrace):
    any_db.sql("""
        create table part (id int, k text, n int, primary key (id, k)) partition by list (k);
        create table part_a partition of part for values in ('a');
        create table part_b (n int, k text not null, id int not null, primary key (id, k));
        alter table part attach partition part_b for values in ('b');
        create table part_sub partition of part for values in ('c', 'd') partition by list (k);
        create table part_c partition of part_sub for values in ('c');""")
    found = streamed(any_db, headrace, pipeline(any_db, tables="part"), [
        "insert into part values (1, 'a'), (2, 'b'), (3, 'c')",
        "update part set k = 'b' where id = 1",
        "update part_b set n = 5 where id = 2",
        "create table part_d partition of part_sub for values in ('d')",
        "insert into part values (4, 'd')",
        "alter table part detach partition part_a",
        "truncate part"])
    assert {(change["schema"], change["table"]) for change in found} == {("public", "part")}
    assert [change["op"] for change in found] == ["insert"] * 3 + ["delete", "insert", "update",
                                                                  "insert", "truncate"]
    assert found[1]["new"] == {"id": "2", "k": "b", "n": None}
    assert found[5]["new"] == {"id": "2", "k": "b", "n": "5"}


def test_odd_names(db, headrace):
    db.sql('''
        create schema "Grüße, Welt";
        create table "Grüße, Welt"."Ta""ble.x" ("ID" int, "id" int, "sp ace" text, "#/日本" text,
                                                primary key ("id", "ID"));
        create table noc ();''')
    sections = pipeline(db, tables='"Grüße, Welt"."Ta""ble.x", noc', publication='Ü "pub\\',
                        replica_identity="full")
    found = streamed(db, headrace, sections, [
        '''insert into "Grüße, Welt"."Ta""ble.x" values (1, 2, 'a', 'b')''',
        "insert into noc default values", "delete from noc"])
    assert found[0]["schema"] == "Grüße, Welt" and found[0]["table"] == 'Ta"ble.x'
    assert found[0]["key"] == ["id", "ID"]
    assert found[0]["new"] == {"ID": "1", "id": "2", "sp ace": "a", "#/日本": "b"}
    assert [(c["op"], c["columns"], c["old"], c["new"]) for c in found[1:]] == [
        ("insert", {}, None, {}), ("delete", {}, {}, None)]


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


def test_settings_of_the_database_do_not_show(db, headrace):
    db.sql(f"""
        alter database {db.name} set datestyle = 'SQL, DMY';
        alter database {db.name} set intervalstyle = 'sql_standard';
        alter database {db.name} set timezone = 'Asia/Tokyo';
        alter database {db.name} set extra_float_digits = -15;
        alter database {db.name} set bytea_output = 'escape';
        alter database {db.name} set default_transaction_read_only = off;
        create table t (id int primary key, d date, i interval, z timestamptz, f float8, b bytea,
                        m money, ms money[]);""")
    sections = pipeline(db, tables="t")
    sections["p.source"]["conninfo"] += " options='-c work_mem=5MB -c DateStyle=German'"
    found = streamed(db, headrace, sections, """
        insert into t values (1, date '2026-01-31', interval '1 year 2 mons 3 days 04:05:06.789',
          '2026-01-31 04:05:06.789+00', 0.1::float8 + 0.2::float8, '\\x00ff', '-1234567.5',
          array['-1234.5', '0.1', null]::money[])""")
    assert found[0]["new"] == {
        "id": "1", "d": "2026-01-31", "i": "1 year 2 mons 3 days 04:05:06.789",
        "z": "2026-01-31 04:05:06.789+00", "f": "0.30000000000000004", "b": "\\x00ff",
        "m": "-1234567.50", "ms": '{"-1234.50",0.10,NULL}'}


def test_columns_change_in_mid_stream(any_db, headrace):
    any_db.sql("create table t (id int primary key, a text, b int, c int)")
    found = streamed(any_db, headrace, pipeline(any_db, tables="t"), [
        "insert into t values (1, 'a', 2, 3)",
        "alter table t add d text default 'new'", "insert into t values (2)",
        "alter table t drop b", "insert into t values (3)",
        "alter table t rename a to \"A\"", "insert into t values (4, 'a')",
        "alter table t alter c type text", "update t set \"A\" = 'z' where id = 1",
        "update t set \"A\" = 'a' where \"A\" is null",
        "begin; insert into t values (5, 'a'); alter table t add e int[]; insert into t values (6, 'a');"
        "alter table t drop constraint t_pkey; alter table t add primary key (id, \"A\", d);"
        "insert into t values (7, 'x', 'y'); commit",
        "analyze t", "insert into t values (8, 'x', 'y')"])
    narrow, wide = ["id", "A", "c", "d"], ["id", "A", "c", "d", "e"]
    assert [list(change["new"]) for change in found] == [
        ["id", "a", "b", "c"], ["id", "a", "b", "c", "d"], ["id", "a", "c", "d"],
        narrow, narrow, narrow, narrow, narrow, wide, wide, wide]
    assert found[1]["new"]["d"] == "new"
    assert found[4]["new"] == {"id": "1", "A": "z", "c": "3", "d": "new"}
    assert found[4]["columns"]["c"]["type"] == TEXT and found[3]["columns"]["c"]["type"] == INT32
    assert found[-1]["key"] == ["id", "A", "d"]
    assert found[-1]["relation"] == found[-2]["relation"], "ANALYZE makes no new relation"
    assert found[0]["relation"] != found[1]["relation"]


def test_dropped_before_it_was_read(db, headrace):
    """The catalog has moved on: the stream alone tells what it can."""
    db.sql("create type mood as enum ('sad'); "
           "create table t (id int primary key, m mood, gone int not null, n numeric(5, 1))")
    sections = pipeline(db, tables="t, keep")
    db.sql("create table keep (id int primary key)")
    program = started(headrace, sections)
    program.stop()
    db.sql("insert into t values (1, 'sad', 5, 1.5); alter table t drop gone; "
           "insert into t values (2, 'sad', 2.5); drop table t; drop type mood")
    sections["p.source"]["tables"] = "keep"
    program.write_config(sections)
    program.start()
    found = run_until_confirmed(db, program, sections)
    # The publication no longer has it: what the server still sends, it sends.
    for change in found:
        assert change["columns"]["n"]["scale"] == 1
        assert change["key"] == ["id"]


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
