# SPDX-License-Identifier: Apache-2.0
"""pgoutput straight to sink-postgres: one position, stored with the rows, so that a table without
a key gets every row once, whichever of the two is killed."""
import threading

import pytest

from harness.postgres_sink import wait_rows
from harness.waiting import count


@pytest.fixture
def target(postgres):
    database = postgres.create_database()
    database.sql("create table t (id bigint)")
    yield database
    database.drop()


@pytest.fixture
def inserts(db):
    """Calls stop() for the number of rows that were inserted."""
    db.sql("create table t (id bigint primary key)")
    over, sent = threading.Event(), [0]

    def insert():
        with db.connect() as connection:
            while not over.wait(0.005):
                connection.execute("insert into t select generate_series(%s::bigint, %s::bigint)",
                                   [sent[0], sent[0] + 9])
                connection.commit()
                sent[0] += 10
    thread = threading.Thread(target=insert)
    thread.start()

    def stop():
        over.set()
        thread.join()
        return sent[0]
    yield stop
    stop()


def sections(db, target, **sink):
    return {
        "copy": {"source": "pgoutput", "sink": "postgres", "checkpoint": "sink",
                 "delivery": "exactly-once"},
        "copy.source": {"conninfo": db.conninfo(), "slot": f"copy_{db.name}", "slot_create": "yes",
                        "publication": f"copy_{db.name}", "publication_create": "yes",
                        "tables": "public.t"},
        "copy.sink": {"conninfo": target.conninfo(), "insert_mode": "insert", **sink}}


def test_killed(db, target, headrace, inserts):
    program = headrace(sections(db, target))
    db.wait_streaming(f"copy_{db.name}", program)
    first = db.value("select count(*) from t")
    for _ in range(count(4, 50)):
        wait_rows(target, target.value("select count(*) from t") + 100, program)
        program.kill9()
        program.start()
    sent = inserts()
    missed = target.value("select coalesce(min(id), 0) from t")  # from before the slot
    assert missed <= first
    wait_rows(target, sent - missed, program)
    assert target.sql("select count(*), count(distinct id), max(id) from t") == \
        [(sent - missed, sent - missed, sent - 1)]


def test_one_position_has_one_writer(db, target, headrace, inserts):
    program = headrace(sections(db, target, workers=2))
    assert program.wait() != 0
    program.wait_log("set workers = 1")
    inserts()
