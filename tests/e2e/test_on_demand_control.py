# SPDX-License-Identifier: Apache-2.0
"""Pause, resume, stop; and a process that dies in the middle."""
import signal

import pytest

from on_demand import Churn, Gate, ask, jobs, nudge, reads, replay, say, table, wait_over
from pgoutput import pipeline, run_until_confirmed, slot_of, started

from harness.waiting import count, wait_until

SLOW = "pg_sleep(0.0005) is not null"


@pytest.fixture
def things(db):
    """A table of some thirty pages, and a table of jobs with one that is done."""
    db.sql("""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        create table one (id int primary key); insert into one values (1);
        insert into t select g, nextval('versions'), 'note ' || g
        from generate_series(0, 4999) g""")
    return db


def running(things, headrace, **source):
    sections = pipeline(things, tables="t, one", snapshot_chunk_rows=200, **source)
    program = started(headrace, sections)
    say(things, "one")
    wait_over(things, program)
    return sections, program


def wait_chunks(things, program, number):
    wait_until(lambda: jobs(things)[1][3] >= number, 30, lambda: f"{number} chunks: {jobs(things)}",
               give_up=program.must_run)


def wait_log(program, text):
    wait_until(lambda: text in program.log.text(), 30, text, give_up=program.must_run)


def test_pause_and_resume(things, headrace):
    sections, program = running(things, headrace)
    ask(things, slot_of(sections), "t", SLOW)
    wait_chunks(things, program, 2)
    say(things, "pause public.t")
    wait_log(program, "rests")
    run_until_confirmed(things, program, sections)
    chunks = jobs(things)[1][3]
    say(things, "one")  # others are not held up
    wait_over(things, program, 2)
    assert jobs(things)[1][0] == "paused" and jobs(things)[1][3] == chunks < 20
    say(things, "resume t")
    wait_over(things, program, 3)
    assert jobs(things)[1][:2] == ("done", 5000)
    assert "goes on" in program.log.text()
    seen = [read["new"]["id"] for read in reads(program) if read["table"] == "t"]
    assert sorted(map(int, seen)) == list(range(5000)), "each chunk once"


def test_stop(things, headrace):
    sections, program = running(things, headrace)
    ask(things, slot_of(sections), "t", SLOW)
    ask(things, slot_of(sections), "t", SLOW)
    wait_chunks(things, program, 2)
    say(things, "stop")
    wait_over(things, program, 3)
    assert [job[0] for job in jobs(things)] == ["done", "stopped", "stopped"]
    wait_log(program, "rests")
    program.stop()
    program.start()
    program.wait_log("streaming database")
    say(things, "one")
    wait_over(things, program, 4)
    assert len([read for read in reads(program) if read["table"] == "t"]) < 5000


def test_what_was_said_before_a_crash_is_not_done_twice(things, headrace):
    """With `checkpoint = none` and a slot that did not move, the messages come again."""
    sections, program = running(things, headrace)
    gate = Gate(things)
    ask(things, slot_of(sections), "t", Gate.where)
    gate.wait_reached(program)
    say(things, "pause t")
    wait_log(program, "rests")
    things.sql("update headrace.on_demand set state = 'waiting', "
               "command_lsn = pg_current_wal_insert_lsn() where state = 'paused'")
    program.kill9()
    gate.open()
    program.start()
    wait_over(things, program, 2)
    assert [job[:2] for job in jobs(things)] == [("done", 1), ("done", 5000)]


@pytest.mark.parametrize("checkpoint", ["file", "none"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_restart_between_the_watermarks(things, headrace, how, checkpoint):
    sections, program = running(things, headrace, checkpoint=checkpoint)
    gate = Gate(things)
    ask(things, slot_of(sections), "t", Gate.where)
    gate.wait_reached(program)
    things.sql("update t set version = nextval('versions') where id = 7")
    if how == signal.SIGKILL:
        program.kill9()
    else:
        program.stop()
    things.sql("update t set version = nextval('versions') where id = 8")
    gate.open()
    program.start()
    wait_over(things, program, 2)
    stream = [change for change in run_until_confirmed(things, program, sections)
              if change["table"] == "t"]
    assert jobs(things)[1][:2] in (("done", 5000), ("done", 4999), ("done", 4998))
    assert replay(stream) == table(things, "t")


def test_kill9_again_and_again(things, headrace):
    """Goes on with the chunk that was not delivered: at most one is read again for each kill."""
    kills = count(4, 30)
    sections, program = running(things, headrace)
    with Churn(things, "t", 5000, pause=0.005):
        ask(things, slot_of(sections), "t", SLOW)
        for n in range(kills):
            wait_until(lambda: jobs(things)[1][3] >= 2 * n or jobs(things)[1][0] == "done", 60,
                       lambda: f"{2 * n} chunks", give_up=program.must_run)
            program.kill9()
            program.start()
        wait_over(things, program, 2, timeout=120)
    stream = [change for change in run_until_confirmed(things, program, sections)
              if change["table"] == "t"]
    rows = {}
    for change in stream:
        key = (change["new"] or change["old"])["id"]
        if change["op"] == "delete":
            rows.pop(key, None)
        else:
            rows[key] = change["new"]
    assert rows == {row["id"]: row for row in table(things, "t").values()}
    rows_of_job = jobs(things)[1][1]
    again = sum(change["op"] == "read" for change in stream) - rows_of_job
    assert again <= kills * 600, "about a chunk"


def test_a_role_without_rights(things, headrace):
    """It says so, and the stream goes on."""
    role = f"reader_{things.name}"
    things.sql(f"create role {role} login replication; grant select on t to {role};"
               "create publication pub for table t")
    sections = pipeline(things, tables="t", publication_create="no")
    sections["p.source"]["conninfo"] = things.conninfo(user=role)
    program = started(headrace, sections)
    say(things, "t")
    program.wait_log("the message is ignored; the role of the pipeline needs the right")
    things.sql("create schema headrace; create table headrace.on_demand (id int)")
    nudge(things)
    program.wait_log("cannot read the snapshots on demand: permission denied")
    things.sql("update t set version = 0 where id = 1")
    assert len(run_until_confirmed(things, program, sections)) == 1
    things.sql(f"drop table headrace.on_demand; grant create, usage on schema headrace to {role}")
    say(things, "t")
    assert wait_over(things, program)[0][:2] == ("done", 5000)
    things.sql(f"drop owned by {role}; drop role {role}")


def test_the_server_crashes(postgres_factory, headrace):
    cluster = postgres_factory()
    db = cluster.create_database()
    db.sql("""create sequence versions;
        create table t (id int primary key, version bigint not null);
        create table one (id int primary key); insert into one values (1);
        insert into t select g, nextval('versions') from generate_series(0, 4999) g""")
    sections, program = running(db, headrace)
    ask(db, slot_of(sections), "t", SLOW)
    wait_chunks(db, program, 3)
    cluster.kill9()
    cluster.start()
    wait_over(db, program, 2)
    db.sql("update t set version = nextval('versions') where id = 7")
    stream = [change for change in run_until_confirmed(db, program, sections)
              if change["table"] == "t"]
    assert jobs(db)[1][0] == "done"
    assert replay(stream) == table(db, "t")
    assert len(stream) <= 5001 + 600, "at most a chunk is read again"
