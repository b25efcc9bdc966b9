# SPDX-License-Identifier: Apache-2.0
"""The slot is still active for a process that is dead to the world."""
import os

from harness.waiting import wait_until
from pgoutput import changes, ids, pipeline, run_until_confirmed, slot_of, started


def test_slot_is_in_use(users, headrace):
    sections = pipeline(users, tables="users")
    first = started(headrace, sections)
    pid = users.slot(slot_of(sections))["active_pid"]
    second = headrace(sections)
    second.wait_log(rf"is in use by process {pid} \(headrace p from 127\.0\.0\.1\)")
    first.stop()
    second.wait_log("streaming database")
    users.sql("insert into users values (1)")
    assert len(run_until_confirmed(users, second, sections)) == 1


def test_a_frozen_process_behind_a_dead_network(postgres_factory, headrace, proxy):
    """The new process says who has the slot, waits, and takes over when the server has noticed."""
    db = postgres_factory(settings={"wal_sender_timeout": "2s"}).create_database()
    db.sql("create table users (id int primary key, name text)")
    way = proxy(db.port)
    # Two processes of one pipeline share no file: the slot is their memory.
    sections = pipeline(db, port=way.port, tables="users", checkpoint="none")
    old = started(headrace, sections)
    db.sql("insert into users values (1)")
    run_until_confirmed(db, old, sections)
    pid = db.slot(slot_of(sections))["active_pid"]
    old.freeze()
    way.pause()
    sections["p.source"]["conninfo"] = db.conninfo()
    new = headrace(sections)
    new.wait_log(rf"is in use by process {pid} .*pg_terminate_backend\({pid}\)")
    new.wait_log("streaming database")
    db.sql("insert into users values (2)")
    assert ids(run_until_confirmed(db, new, sections)) == [2]
    # Awake again, it sees that it was replaced, and ends.
    way.resume()
    old.thaw()
    assert old.wait() == 1
    assert "used by another program" in old.log.text()
    db.sql("insert into users values (3)")
    assert ids(run_until_confirmed(db, new, sections)) == [2, 3]
    assert ids(changes(old)) == [1]


def keepalive_seconds(port, peer):
    """In how many seconds the kernel will ask whether the peer of this socket lives."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            _, local, remote, _, _, timer, *_ = line.split()
            if local.endswith(f":{port:04X}") and remote.endswith(f":{peer:04X}"):
                kind, when = timer.split(":")
                if kind == "02":
                    return int(when, 16) / os.sysconf("SC_CLK_TCK")
    return None


def test_the_server_looks_for_dead_clients(db, headrace):
    """Also with wal_sender_timeout = 0: within a minute, not after two hours."""
    db.sql("create table users (id int primary key)")
    sections = pipeline(db, tables="users")
    started(headrace, sections)
    for name in ("headrace p", "headrace catalog"):
        peer = db.value("select client_port from pg_stat_activity where application_name = %s "
                        "and datname = %s", [name, db.name])
        assert wait_until(lambda: keepalive_seconds(db.port, peer), what="a keepalive") <= 30
