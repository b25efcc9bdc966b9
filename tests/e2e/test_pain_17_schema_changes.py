# SPDX-License-Identifier: Apache-2.0
"""Rows have the columns of their time: no cache of the schema is older or newer than the stream."""
from pgoutput import pipeline, run_until_confirmed, slot_of, started, streamed


TEXT, INT32 = 8, 3


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


def test_columns_change_while_nobody_reads(any_db, headrace):
    """What waits in the slot is decoded with the columns, types and labels of its own time."""
    any_db.sql("create type mood as enum ('sad'); "
               "create table t (id int primary key, a text, b int, m mood)")
    sections = pipeline(any_db, tables="t")
    program = started(headrace, sections)
    any_db.sql("insert into t values (1, 'a', 1, 'sad')")
    run_until_confirmed(any_db, program, sections)
    program.stop()
    for statement in (
            "insert into t values (2, 'a', 1)", "alter table t add c int default 7",
            "insert into t values (3, 'a', 1)", "alter table t drop b",
            "insert into t values (4, 'a')", "alter table t rename a to z",
            "insert into t values (5, 'z')", "alter table t alter c type text using 'c' || c",
            "insert into t values (6, 'z')", "alter type mood add value 'ok'",
            "insert into t (id, m) values (7, 'ok')", "alter type mood rename value 'sad' to 'low'",
            "insert into t (id, m) values (8, 'low')"):
        any_db.sql(statement)
    program.start()
    any_db.wait_streaming(slot_of(sections), program)
    found = run_until_confirmed(any_db, program, sections, 1)
    assert found[3]["columns"]["c"]["type"] == INT32 and found[4]["columns"]["c"]["type"] == TEXT
    assert [change["new"] for change in found] == [
        {"id": "2", "a": "a", "b": "1", "m": None},
        {"id": "3", "a": "a", "b": "1", "m": None, "c": "7"},
        {"id": "4", "a": "a", "m": None, "c": "7"}, {"id": "5", "z": "z", "m": None, "c": "7"},
        {"id": "6", "z": "z", "m": None, "c": "7"}, {"id": "7", "z": None, "m": "ok", "c": "7"},
        {"id": "8", "z": None, "m": "low", "c": "7"}]
