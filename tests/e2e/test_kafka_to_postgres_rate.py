# SPDX-License-Identifier: Apache-2.0
"""Many statements, slow servers, streams that do not end: what is sent and received is bounded."""
import json

import pytest

from harness.postgres_sink import Stream, check_once, rows, to_postgres, wait_rows
from harness.program import sanitized
from harness.waiting import count, wait_until


@pytest.mark.skipif(sanitized(), reason="measures time and memory")
def test_many_small_statements(db, kafka, headrace, topic):
    """A statement for each event, none of which waits for the one before: the time is that of
    the statements, not of moving ever longer buffers, and the memory has an end."""
    db.sql("create table t (id int)")
    db.sql("create function f(key int, value text) returns text language sql as "
           "'insert into t values (key) returning repeat(''x'', 200)'")
    first, second = count((5000, 25000), (50000, 400000))
    config = to_postgres(kafka, topic, db.conninfo(), mode="handler", handler="f")
    del config["apply"]["codec"], config["apply.codec"]
    kafka.produce(topic, [(str(n), "{}") for n in range(first)])
    program = headrace(config)
    wait_rows(db, first, program)
    begin = program.cpu_seconds()
    kafka.produce(topic, [(str(n), "{}") for n in range(second)])
    wait_rows(db, first + second, program, timeout=240)
    each = (program.cpu_seconds() - begin) / second
    assert program.peak_rss_kib() < 128 * 1024
    assert program.stop() == 0
    assert each < 0.0001, f"{each * 1e6:.0f} us of CPU a statement"


def test_both_sides_have_much_to_say(db, kafka, headrace, topic):
    """The server does not read while it cannot write: who does not read meanwhile waits for ever."""
    db.sql("create table t (id int)")
    db.sql("create function f(value jsonb) returns text language sql as "
           "'insert into t values ((value ->> ''id'')::int) returning repeat(''x'', 20000)'")
    config = to_postgres(kafka, topic, db.conninfo(), mode="handler", handler="f", batch_ms="10s")
    del config["apply"]["codec"], config["apply.codec"]
    kafka.produce(topic, [(None, json.dumps({"id": n, "filler": "y" * 5000}))
                          for n in range(1500)])
    program = headrace(config)
    wait_rows(db, 1500, program)
    assert program.stop() == 0


def test_a_peer_that_stops_reading(db, kafka, headrace, topic, proxy):
    """The connection stands still in the middle of a large transaction, and goes on."""
    db.sql("create table t (id int, v text)")
    way = proxy(db.port)
    number = count(20000, 200000)
    kafka.produce(topic, rows("t", range(number), v=lambda n: "x" * 500))
    program = headrace(to_postgres(kafka, topic, db.conninfo(way.port), batch_rows=5000))
    for n in range(3):
        wait_rows(db, n * number // 10 + 1, program)
        way.pause()
        program.live(0.5)
        way.resume()
    wait_rows(db, number, program)
    assert program.stop() == 0
    check_once(db, number)


def test_keeps_up_with_a_stream(db, kafka, headrace, topic):
    """What was sent while it ran is there soon after it ends."""
    db.sql("create table t (id int primary key)")
    stream = Stream(kafka, topic)
    try:
        program = headrace(to_postgres(kafka, topic, db.conninfo(), insert_mode="upsert"))
        wait_until(lambda: stream.sent > count(10000, 1000000), 600, give_up=program.must_run)
    finally:
        sent = stream.stop()
    check_once(db, sent, program, timeout=10)
    assert program.stop() == 0
