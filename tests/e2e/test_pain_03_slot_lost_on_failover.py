# SPDX-License-Identifier: Apache-2.0
"""A standby is promoted: with a failover slot nothing is lost; what cannot go on says why."""
import re

import pytest

from harness.load import Load, check_everything, topic_of
from harness.load import pipeline as load_pipeline
from harness.waiting import wait_until
from pgoutput import pipeline, run_until_confirmed, slot_of, started

LSN = "[0-9A-F]+/[0-9A-F]+"


def both(primary, standby, database):
    """A connection string of two hosts, of which the writable one is meant."""
    return (f"host={primary.host},{standby.host} port={primary.port},{standby.port} "
            f"user={primary.user} dbname={database} target_session_attrs=read-write")


@pytest.mark.parametrize("major", [17, 18])
def test_promoted_under_load(postgres_factory, standby_factory, kafka, headrace, major):
    primary = postgres_factory(major)
    db = primary.create_database()
    standby = standby_factory(primary)
    load = Load(db)
    sections = load_pipeline(db, kafka, f"failover{primary.port}", source__slot_failover="yes",
                             source__conninfo=both(primary, standby, db.name))
    slot = sections["load.source"]["slot"]
    program = headrace(sections)
    db.wait_streaming(slot, program)
    standby.wait_synced(slot)
    load.start()
    kafka.wait_records(topic_of(sections), 500, give_up=program.must_run)
    primary.kill9()
    standby.promote()
    load.db = after = db.on(standby)
    after.wait_streaming(slot, program, timeout=60)
    kafka.wait_records(topic_of(sections), load.committed() + 500, give_up=program.must_run)
    load.stop()
    program.wait_log("warning load.source: the server went from timeline 1 to 2")
    check_everything(after, kafka, program, load, sections)


def failed_over(postgres_factory, standby_factory, headrace, behind=False, **source):
    """A pipeline that delivered two rows and was stopped, and the server that was promoted then;
    `behind`: it has not got the second row."""
    primary = postgres_factory(17)
    db = primary.create_database()
    db.sql("create table t (id int primary key)")
    standby = standby_factory(primary, synchronized=False)
    sections = pipeline(db, tables="t", **source)
    sections["p.source"]["conninfo"] = both(primary, standby, db.name)
    program = started(headrace, sections)
    db.sql("insert into t values (1)")
    run_until_confirmed(db, program, sections)
    if source:
        standby.wait_synced(slot_of(sections))
    wait_until(lambda: db.on(standby).sql("select * from t") == [(1,)], what="the row's copy")
    if behind:
        standby.stop()
    db.sql("insert into t values (2)")
    run_until_confirmed(db, program, sections)
    program.stop()
    primary.stop()
    if behind:
        standby.start()
    standby.promote()
    return program, db.on(standby)


def refusal(program):
    program.start()
    assert program.wait(30) == 1, program.log.text()
    log = program.log.text()[program.log.text().rfind("info headrace"):]
    assert "trying again" not in log
    return log


def test_without_a_failover_slot_it_refuses(postgres_factory, standby_factory, headrace):
    program, after = failed_over(postgres_factory, standby_factory, headrace)
    after.sql("insert into t values (3)")
    assert re.search(rf"slot \"\w+\" does not exist, but the checkpoint says that it was streamed "
                     rf"up to {LSN} on timeline 1; the server is at {LSN} on timeline 2 of system",
                     refusal(program))
    assert after.slot("slot_" + after.name) is None, "it was not made anew behind the gap"
    # Nor does it help to make the slot by hand.
    after.sql(f"select pg_create_logical_replication_slot('slot_{after.name}', 'pgoutput')")
    assert re.search(rf"is at {LSN}, ahead of the checkpoint at {LSN}", refusal(program))


def test_a_standby_that_lacks_what_was_delivered(postgres_factory, standby_factory, headrace):
    program, after = failed_over(postgres_factory, standby_factory, headrace, behind=True,
                                 slot_failover="yes")
    after.sql("insert into t values (3)")
    assert re.search(rf"checkpoint is at {LSN} on timeline 1, but the server is on timeline 2, "
                     rf"which left it at {LSN}: the server lacks changes that were already "
                     "delivered",
                     refusal(program))
