# SPDX-License-Identifier: Apache-2.0
"""kill -9 of headrace and of PostgreSQL, and rebalances, while a table without a key is appended
to: nothing is lost and nothing comes twice."""
import signal

import pytest

from harness.postgres_sink import Stream, check_once, to_postgres, wait_rows
from harness.waiting import count


@pytest.fixture
def stream(kafka, topic):
    kafka.create_topic(topic, 3)
    running = Stream(kafka, topic)
    yield running
    running.stop()


def rounds(db, number, do, *programs):
    """Lets some rows come between; `do`(turn) is what befalls them."""
    for turn in range(number):
        before = db.value("select count(*) from t")
        wait_rows(db, before + 100 + 37 * (turn % 5), *programs)
        do(turn)


@pytest.mark.parametrize("workers", [1, 3])
def test_headrace_killed(db, kafka, headrace, topic, stream, workers):
    db.sql("create table t (id bigint)")
    program = headrace(to_postgres(kafka, topic, db.conninfo(), workers=workers, batch_rows=200,
                                   source={"member": "m"}))

    def kill(_):
        program.kill9()
        program.start()
    rounds(db, count(4, 100), kill, program)
    check_once(db, stream.stop(), program)


@pytest.mark.parametrize("workers", [1, 3])
def test_postgres_killed(postgres_factory, kafka, headrace, topic, stream, workers):
    cluster = postgres_factory()
    db = cluster.create_database()
    db.sql("create table t (id bigint)")
    program = headrace(to_postgres(kafka, topic, db.conninfo(), workers=workers, batch_rows=200))

    def kill(turn):
        cluster.kill9() if turn % 3 != 2 else cluster.stop(signal.SIGQUIT)
        cluster.start()
    rounds(db, count(3, 100), kill, program)
    check_once(db, stream.stop(), program)
    program.must_run()  # one process all the time: nobody has started it again


def test_connections_cut(db, kafka, headrace, topic, stream, proxy):
    """Also between COMMIT and its answer: whether it was done is found out."""
    db.sql("create table t (id bigint)")
    way = proxy(db.port)
    program = headrace(to_postgres(kafka, topic, db.conninfo(way.port), workers=2, batch_rows=200))
    rounds(db, count(10, 200), lambda _: way.cut(), program)
    check_once(db, stream.stop(), program)
    program.must_run()


def test_rebalances(db, kafka, headrace, topic, stream):
    """Whoever is killed leaves its partitions to the others, in the middle of transactions."""
    db.sql("create table t (id bigint)")
    sections = to_postgres(kafka, topic, db.conninfo(), batch_rows=200,
                           source={"rdkafka.session.timeout.ms": 6000})
    steady, other = headrace(sections), headrace(sections)

    def kill(_):
        other.kill9()
        other.start()
    rounds(db, count(3, 100), kill, steady)
    check_once(db, stream.stop(), steady, other)
