# SPDX-License-Identifier: Apache-2.0
"""A transaction that the slot takes for done, and that others do not see yet, is not missed."""
import threading

from pgoutput import run_until_confirmed
from snapshots import chunks, initial

from harness.waiting import wait_until


def waits_for(db, xid):
    return db.value("select count(*) from pg_locks where not granted and locktype = "
                    "'transactionid' and transactionid = %s::text::xid", [xid])


def begin(connection):
    connection.execute("begin")
    return connection.execute("select pg_current_xact_id()::text").fetchone()[0]


def insert(db, value):
    with db.connect() as connection:
        connection.execute("insert into users values (%s)", [value])


def test_commit_that_waits_for_a_standby(postgres_factory, headrace):
    """Its commit is in the WAL before the slot's start: the stream does not have it, and a chunk
    that was read now would not either."""
    db = postgres_factory(15).create_database()
    db.sql("create table users (id int primary key); create publication pub for table users")
    sections = initial(db, tables="users", publication_create="no")
    with db.connect() as first, db.connect() as second:
        xid = begin(first)
        program = headrace(sections)
        wait_until(lambda: waits_for(db, xid), 30, "slot waits for the first transaction")
        xid = begin(second)
        first.execute("rollback")
        wait_until(lambda: waits_for(db, xid), 30, "slot waits for the second transaction")
        db.sql("alter system set synchronous_standby_names = 'nobody'")
        db.sql("select pg_reload_conf()")
        wait_until(lambda: db.value("show synchronous_standby_names") == "nobody", 10, "setting")
        writer = threading.Thread(target=insert, args=(db, 1))
        writer.start()
        wait_until(lambda: db.value("select count(*) from pg_stat_activity where wait_event = "
                                    "'SyncRep' and query like 'insert%%'"), 10, "commit waits")
        second.execute("rollback")
    program.wait_log("created the replication slot at")
    program.live(0.7)
    assert chunks(db) == 0, "nothing is read before all see it"
    db.sql("alter system reset synchronous_standby_names")
    db.sql("select pg_reload_conf()")
    writer.join()
    program.wait_log("streaming database")
    found = run_until_confirmed(db, program, sections)
    assert [(change["op"], change["new"]["id"]) for change in found] == [("read", "1")]
