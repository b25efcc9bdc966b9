# SPDX-License-Identifier: Apache-2.0
"""A partitioned table is one table, whatever happens to its partitions."""
from pgoutput import ids, pipeline, streamed


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


def test_partitions_come_and_go(any_db, headrace):
    """Rows of a partition are the root's from its attachment on, and until it is detached."""
    any_db.sql("create table root (id int primary key) partition by range (id); "
               "create table first partition of root for values from (0) to (10)")
    # PostgreSQL 14's pgoutput does not notice what becomes of a table that it has already met.
    blind = any_db.cluster.major == 14
    meet = "select 11" if blind else "insert into second values (11)"
    found = streamed(any_db, headrace, pipeline(any_db, tables="root"), [
        "insert into root values (1)",
        f"create table second (id int primary key); {meet}",
        "alter table root attach partition second for values from (10) to (20)",
        "insert into root values (12)", "insert into second values (13)",
        "truncate second",
        "alter table root detach partition second", "insert into second values (14)",
        "insert into root values (2)"])
    names = {(change["schema"], change["table"]) for change in found if change["op"] == "insert"}
    assert names == {("public", "root")}
    assert ids(change for change in found if change["op"] == "insert") == \
        ([1, 12, 13, 14, 2] if blind else [1, 12, 13, 2])
    # Only a part of the root was emptied: that must not look as if all of it was.
    assert [change["table"] for change in found if change["op"] == "truncate"] in ([], ["second"])
