# SPDX-License-Identifier: Apache-2.0
"""The values of rows that are read on demand: those that the stream has, and all of them."""
import pathlib
import re

import pytest

from harness.program import sanitized
from harness.waiting import wait_until
from on_demand import Gate, ask, jobs, pipeline, reads, replay, say, table, wait_over
from pgoutput import changes, run_until_confirmed, slot_of, started

HERE = pathlib.Path(__file__).parent


def test_every_type_is_as_the_stream_has_it(db, headrace):
    for name in ("debezium_schema.sql", "debezium_changes.sql"):
        script = (HERE / name).read_text(encoding="utf-8")
        db.psql(re.sub(r"(?m)^truncate .*;$|delete from \S+;", "", script))  # rows are wanted
    names = [name for (name,) in db.sql("select relname from pg_class where relnamespace = "
                                        "'public'::regnamespace and relkind = 'r' order by 1")]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    sections = pipeline(db, tables=",\n  ".join(quoted), replica_identity="full")
    program = started(headrace, sections)
    for name in quoted:
        say(db, name)
    assert {job[0] for job in wait_over(db, program, len(names))} == {"done"}
    count = len(run_until_confirmed(db, program, sections))
    for name in quoted:
        column = db.value("select attname from pg_attribute where attrelid = %s::regclass and "
                          "attnum > 0 and attgenerated = '' and attidentity = '' and not "
                          "attisdropped order by attnum limit 1", [name])
        if column:
            column = '"' + column.replace('"', '""') + '"'
            db.sql(f"update {name} set {column} = {column}")
    stream = run_until_confirmed(db, program, sections)

    def rows(part):
        return sorted((change["table"], str(change["new"]), str(change["columns"]), change["key"])
                      for change in part if change["new"])
    assert count > 60
    assert rows(stream[:count]) == rows(stream[count:])


def test_unchanged_large_values_of_what_changes_meanwhile(db, headrace):
    """Their rows come with the update alone, which does not have them: they are read by key."""
    db.sql("""create table t (id int primary key, n int, large text, other text);
        alter table t alter column large set storage external;
        insert into t select g, 0, repeat('x' || g, 2000), 'y' from generate_series(0, 49) g;
        create table one (id int primary key)""")
    sections = pipeline(db, tables="t, one")
    program = started(headrace, sections)
    say(db, "one")
    wait_over(db, program)
    db.sql("update t set n = 1 where id = 0")
    gate = Gate(db)
    ask(db, slot_of(sections), "t", Gate.where)
    gate.wait_reached(program)
    db.sql("update t set n = 2 where id between 1 and 9")
    db.sql("update t set n = 3, id = 100 where id = 10")
    db.sql("update t set n = 4 where id = 11; delete from t where id = 11")
    run_until_confirmed(db, program, sections)
    gate.open()
    wait_over(db, program, 2)
    stream = run_until_confirmed(db, program, sections)
    assert isinstance(stream[0]["new"]["large"], dict), "before it was asked for"
    assert replay(stream) == table(db, "t")


@pytest.mark.skipif(sanitized(), reason="memory of sanitizers")
def test_rows_too_large_to_be_held_together(db, headrace):
    """A page of 60 rows, a megabyte each: the chunk is cut where 8 MiB are reached."""
    db.sql("""create table t (id int primary key, large text);
        alter table t alter column large set storage external;
        insert into t select g, repeat(md5(g::text), 32768) from generate_series(0, 59) g""")
    sections = pipeline(db, tables="t")
    program = started(headrace, sections)
    say(db, "t")
    wait_over(db, program)
    assert jobs(db)[0][:2] == ("done", 60)
    assert 7 <= jobs(db)[0][3] <= 12
    assert {int(read["new"]["id"]) for read in reads(program)} == set(range(60))
    assert all(len(read["new"]["large"]) == 1 << 20 for read in reads(program))
    with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])
    assert peak < 64 * 1024, f"{peak} KiB"


@pytest.mark.parametrize("restart", [False, True])
def test_a_commit_that_waits_for_a_standby(postgres_factory, headrace, restart):
    """The stream has it, other sessions do not see it: the chunk is read until they do."""
    cluster = postgres_factory()
    db = cluster.create_database()
    db.sql("""create table t (id int primary key, version int);
        create table one (id int primary key);
        insert into t select g, g from generate_series(1, 100) g""")
    sections = pipeline(db, tables="t, one")
    sections["headrace"] = {"log_level": "debug"}
    program = started(headrace, sections)
    say(db, "one")
    wait_over(db, program)
    quiet = db.connect()
    quiet.execute("set synchronous_commit = local")
    cluster.sql("alter system set synchronous_standby_names = 'nobody'")
    cluster.sql("select pg_reload_conf()")
    wait_until(lambda: db.value("show synchronous_standby_names") == "nobody", 30)
    waiting = db.connect()
    waiting.pgconn.send_query(b"update t set version = 1000 where id = 7")
    wait_until(lambda: len(changes(program)) == 1, 30, "the update is streamed")
    if restart:
        program.stop()
        program.start()
        program.wait_log("streaming database", start=len(program.log.text()) - 200)
    quiet.execute("select pg_logical_emit_message(false, 'headrace.snapshot', 't')")
    quiet.execute("insert into one values (1)")  # flushes it
    program.wait_log("is not visible yet")
    assert not reads(program)
    cluster.sql("alter system set synchronous_standby_names = ''")
    cluster.sql("select pg_reload_conf()")
    wait_over(db, program, 2)
    stream = [change for change in changes(program) if change["table"] == "t"]
    assert replay(stream)[("7",)]["version"] == "1000"
    assert len(stream) == 101
