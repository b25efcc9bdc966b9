# SPDX-License-Identifier: Apache-2.0
"""A slot that the server gave up is a clear end, not a loop of attempts."""
import os
import re

import pytest

from harness.waiting import wait_until
from pgoutput import changes, pipeline, run_until_confirmed, slot_of, started


def invalidated(postgres_factory, headrace, major, **source):
    """A pipeline that was stopped, and its slot, which the server gave up since."""
    cluster = postgres_factory(major, {"max_slot_wal_keep_size": "1MB", "min_wal_size": "32MB",
                                       "max_wal_size": "32MB"})
    db = cluster.create_database()
    db.sql("create table users (id int primary key)")
    sections = pipeline(db, tables="users", **source)
    program = started(headrace, sections)
    db.sql("insert into users values (1)")
    run_until_confirmed(db, program, sections)
    program.stop()
    db.sql("insert into users values (2)")

    def lost():
        db.sql("select pg_logical_emit_message(false, 'fill', repeat('x', 8000000))")
        db.sql("select pg_switch_wal(); checkpoint")
        return db.slot(slot_of(sections))["wal_status"] == "lost"
    wait_until(lost, 60, "the slot is invalidated")
    return db, sections, program


@pytest.mark.parametrize("major", [14, 17])
def test_slot_was_invalidated(postgres_factory, headrace, major):
    _, _, program = invalidated(postgres_factory, headrace, major)
    program.start()
    assert program.wait(30) == 1
    assert re.search("was invalidated by the server .*max_slot_wal_keep_size", program.log.text())
    assert "trying again" not in program.log.text()


def test_a_new_snapshot_by_policy(postgres_factory, headrace):
    db, sections, program = invalidated(postgres_factory, headrace, 17, snapshot="when-needed")
    begun, offset = len(changes(program)), program.log.size()
    program.start()
    program.wait_log("warning .*was invalidated by the server .*read again", start=offset)
    program.wait_log("streaming database", start=offset)
    db.sql("insert into users values (3)")
    found = run_until_confirmed(db, program, sections, begun)
    assert [(change["op"], change["new"]["id"]) for change in found] == [
        ("read", "1"), ("read", "2"), ("insert", "3")]


def test_idle_for_too_long(postgres_factory, headrace):
    """PostgreSQL 18 gives up slots that nobody used for a while."""
    cluster = postgres_factory(18, {"idle_replication_slot_timeout": "1s"})
    db = cluster.create_database()
    db.sql("create table users (id int primary key)")
    sections = pipeline(db, tables="users")
    program = started(headrace, sections)
    run_until_confirmed(db, program, sections)
    program.stop()

    def invalidated():
        db.sql("checkpoint")
        return db.slot(slot_of(sections))["invalidation_reason"]
    wait_until(invalidated, what="the slot is invalidated", interval=0.2)
    program.start()
    assert program.wait(30) == 1
    assert re.search(r"was invalidated by the server \(idle_timeout\)", program.log.text())


def test_while_the_sink_is_blocked(postgres_factory, headrace):
    """Nobody reads the stream that the server has ended: it is seen all the same."""
    cluster = postgres_factory(settings={"max_slot_wal_keep_size": "16MB"})
    db = cluster.create_database()
    db.sql("create table users (id int primary key, filler text)")
    sections = pipeline(db, tables="users")
    # The server's last words do not fit into the full socket: it gives up after this time, and
    # its checkpoint waits meanwhile. (headrace sets a minute.)
    sections["p.source"]["conninfo"] += " options='-c tcp_user_timeout=2000'"
    sections["headrace"] = {"shutdown_timeout": "500ms"}
    program = headrace(sections, start=False)
    reader, writer = os.pipe()
    program.start(stdout=writer)
    os.close(writer)
    program.wait_log("streaming database")
    db.sql("insert into users select g, repeat('x', 1000) from generate_series(1, 30000) g")
    db.sql("select pg_switch_wal(); checkpoint; checkpoint")
    assert program.wait(60) == 1
    assert re.search("was invalidated by the server .*the WAL after", program.log.text())
    assert "connection to the server is lost" not in program.log.text(), "the slot is watched"
    assert len(re.findall("trying again", program.log.text())) == 1
    os.close(reader)
