# SPDX-License-Identifier: Apache-2.0
"""The stream's life: clean restarts, back-pressure, lost connections."""
import os
import re
import shutil
import signal
import time

import pytest

from harness.program import sanitized
from harness.waiting import wait_until
from pgoutput import (checkpoint, ids, pipeline, run_until_confirmed, slot_of, started,
                      wait_changes)


def test_clean_restarts_repeat_nothing(numbers, headrace):
    sections = pipeline(numbers, tables="t")
    program = started(headrace, sections)
    for n in range(5):
        numbers.sql("insert into t select g from generate_series(%s::int, %s::int) g",
                    [100 * n, 100 * n + 99])
        if n == 2:
            numbers.sql("select pg_switch_wal()")
        program.stop()
        program.start()
        numbers.wait_streaming(slot_of(sections), program)
    assert ids(run_until_confirmed(numbers, program, sections)) == list(range(500))
    # And the slot needs nothing of what is done: the checkpoint is not ahead of it.
    program.stop()
    lsn = re.search(r" lsn=(\w+/\w+)", checkpoint(program))[1]
    assert numbers.value("select confirmed_flush_lsn = %s::pg_lsn from pg_replication_slots "
                         "where slot_name = %s", [lsn, slot_of(sections)])


def test_without_a_checkpoint_the_slot_knows(numbers, headrace):
    sections = pipeline(numbers, tables="t", checkpoint="none")
    program = started(headrace, sections)
    for n in range(3):
        numbers.sql("insert into t values (%s)", [n])
        program.stop()
        program.start()
        numbers.wait_streaming(slot_of(sections), program)
    assert ids(run_until_confirmed(numbers, program, sections)) == [0, 1, 2]


def test_a_blocked_sink_keeps_the_connection(postgres_factory, headrace):
    """Nobody reads the output for three times wal_sender_timeout."""
    db = postgres_factory(settings={"wal_sender_timeout": "1s"}).create_database()
    db.sql("create table t (id int primary key, filler text)")
    sections = pipeline(db, tables="t")
    program = headrace(sections, start=False)
    os.mkfifo(program.output.path)
    reader = os.open(program.output.path, os.O_RDONLY | os.O_NONBLOCK)
    program.start()
    program.wait_log("streaming database")
    pid = db.slot(slot_of(sections))["active_pid"]
    db.sql("insert into t select g, repeat('x', 500) from generate_series(1, 50000) g")
    end = db.lsn()
    started = db.value("select clock_timestamp()")
    wait_until(lambda: db.value("select clock_timestamp() > %s + interval '4 s'", [started]),
               interval=0.2)
    assert db.slot(slot_of(sections))["active_pid"] == pid, program.log.text()
    assert db.confirmed_lsn(slot_of(sections)) < end
    taken = 0

    def read_all():
        nonlocal taken
        try:
            while piece := os.read(reader, 1 << 20):
                taken += piece.count(b"\n")
        except BlockingIOError:
            pass
        return taken >= 50_000
    wait_until(read_all, 60, "everything arrives")
    assert db.slot(slot_of(sections))["active_pid"] == pid
    program.kill9()
    os.close(reader)


def test_server_restarts(postgres_factory, headrace):
    cluster = postgres_factory()
    db = cluster.create_database()
    db.sql("create table t (id int primary key)")
    sections = pipeline(db, tables="t")
    program = started(headrace, sections)
    db.sql("insert into t values (1)")
    wait_changes(program, 1)
    cluster.stop(signal.SIGINT)  # a fast shutdown waits until the walsender's client has it all
    cluster.start()
    db.sql("insert into t values (2)")
    wait_changes(program, 2)
    cluster.kill9()
    cluster.start()
    db.sql("insert into t values (3)")
    assert ids(wait_changes(program, 3)) == [1, 2, 3]


def test_network_is_cut_and_catalog_is_killed(numbers, headrace, proxy):
    way = proxy(numbers.port)
    sections = pipeline(numbers, port=way.port, tables="t")
    program = started(headrace, sections)
    numbers.sql("insert into t values (1)")
    wait_changes(program, 1)
    way.cut()
    numbers.sql("insert into t values (2)")
    wait_changes(program, 2)
    numbers.sql("select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'headrace catalog'")
    numbers.sql("alter table t add c int; insert into t values (3)")
    found = wait_changes(program, 3)
    assert ids(found) == [1, 2, 3]
    assert "c" in found[2]["columns"]
    assert "error" not in program.log.text()[program.log.text().rfind("streaming database"):]


def test_lone_transaction_is_not_held_back(numbers, headrace):
    """No timer between the commit and the output."""
    sections = pipeline(numbers, tables="t")
    program = started(headrace, sections)
    numbers.sql("insert into t values (0)")
    wait_changes(program, 1)
    fastest = 1e9
    for n in range(1, 30):
        begun = numbers.value("select extract(epoch from clock_timestamp()) * 1000")
        numbers.sql("insert into t values (%s)", [n])
        wait_until(lambda: len(program.lines()) > n, interval=0.001)
        ended = numbers.value("select extract(epoch from clock_timestamp()) * 1000")
        fastest = min(fastest, ended - begun)
    assert fastest < 50


def test_one_of_many_hosts(numbers, headrace):
    sections = pipeline(numbers, tables="t")
    sections["p.source"]["conninfo"] = (
        f"host=127.0.0.1,127.0.0.1 port=1,{numbers.port} user=postgres dbname={numbers.name}")
    program = started(headrace, sections)
    numbers.sql("insert into t values (1)")
    assert ids(run_until_confirmed(numbers, program, sections)) == [1]


@pytest.mark.parametrize("delivered", ["less", "more"])
def test_server_goes_to_another_timeline(postgres_factory, headrace, delivered):
    """What was delivered of the old timeline must be in the new one's past."""
    cluster = postgres_factory(settings={"restore_command": "/bin/false"})
    db = cluster.create_database()
    db.sql("create table t (id int primary key)")
    sections = pipeline(db, tables="t")
    program = started(headrace, sections)
    db.sql("insert into t values (1)")
    run_until_confirmed(db, program, sections)
    program.stop()
    cluster.stop()
    signal_file = cluster.data / "recovery.signal"
    signal_file.touch()
    if os.getuid() == 0:
        shutil.chown(signal_file, "postgres", "postgres")
    if delivered == "more":
        for path in filter(os.path.isfile, program.state.glob("**/*")):
            path.write_text(re.sub(r" lsn=\w+/\w+", " lsn=FF/0", path.read_text()))
    cluster.start()
    wait_until(lambda: not db.value("select pg_is_in_recovery()"), what="the end of recovery")
    db.sql("insert into t values (2)")
    program.start()
    if delivered == "more":
        assert program.wait(30) != 0
        assert "the server lacks changes that were already delivered" in program.log.text()
    else:
        program.wait_log("went from timeline 1 to 2")
        assert ids(wait_changes(program, 2)) == [1, 2]


# OpenSSL itself keeps two small things of its first use.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"}


def test_over_tls(postgres_factory, headrace, certificate):
    cluster = postgres_factory()
    for file, name in zip(certificate, ("server.crt", "server.key")):
        shutil.copy(file, cluster.data / name)
        if os.getuid() == 0:
            shutil.chown(cluster.data / name, "postgres", "postgres")
    (cluster.data / "server.key").chmod(0o600)
    cluster.sql("alter system set ssl = on")
    cluster.sql("select pg_reload_conf()")
    wait_until(lambda: cluster.value("show ssl") == "on", what="TLS")
    db = cluster.create_database()
    db.sql("create table t (id int primary key, filler text)")
    sections = pipeline(db, tables="t")
    sections["p.source"]["conninfo"] += " sslmode=require"
    program = headrace(sections, env=NO_LEAKS)
    program.wait_log("streaming database")
    assert db.value("select bool_and(ssl) from pg_stat_ssl s join pg_stat_activity a using (pid) "
                    "where application_name like 'headrace%'")
    db.sql("insert into t select g, repeat('x', g * 1001 % 40000) from generate_series(0, 999) g")
    assert ids(run_until_confirmed(db, program, sections)) == list(range(1000))


def test_the_end_of_a_row_waits_inside_tls(numbers, headrace, proxy_tls):
    """TLS may hold bytes that poll() does not see: here the last three of a row, because libpq's
    buffer of 16 KiB began with the three that the record before had."""
    sections = pipeline(numbers, port=proxy_tls.port, tables="t")
    sections["p.source"]["conninfo"] += " sslmode=require"
    program = headrace(sections, env=NO_LEAKS)
    program.wait_log("streaming database")
    cut = [0.0]  # when the row was sent

    def records(data):
        at = 0
        while not cut and at + 5 <= len(data) and data[at:at + 1] == b"d":
            size = 1 + int.from_bytes(data[at + 1:at + 5], "big")
            if size == 16_387 and at + size <= len(data):
                cut.append(time.monotonic())
                return [data[:at + 3], data[at + 3:at + size]], data[at + size:]
            at += size
        if cut and data[:1] == b"d" and time.monotonic() < cut[0] + 1:
            return [], data  # the commit comes later
        return [data], b""
    proxy_tls.records = records

    def seconds_to_arrive(number):
        numbers.wait_confirmed(slot_of(sections))
        program.live(0.5)  # no status is due soon, which would end the wait
        cut.clear()
        numbers.sql(f"alter table t set (fillfactor = {50 + number})")  # it is described anew
        numbers.sql("insert into t values (%s, repeat('x', 16338))", [number])
        wait_until(lambda: cut, what="a row of that size")
        wait_changes(program, number + 1)
        return time.monotonic() - cut[0]
    # What lies about until the next half second does so each time; a busy machine does not.
    assert min(map(seconds_to_arrive, range(3))) < 0.4 or sanitized()
