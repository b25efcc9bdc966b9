# SPDX-License-Identifier: Apache-2.0
"""A snapshot before the stream: the table, whatever happens to it meanwhile."""
from on_demand import Churn, replay, table
from pgoutput import changes, run_until_confirmed, started
from snapshots import duplicates, initial, jobs

from harness.program import to_stdout
from harness.waiting import count, wait_until


def test_then_the_stream(any_db, headrace):
    db = any_db
    db.sql("create table t (id int primary key, note text);"
           "insert into t select g, 'note ' || g from generate_series(1, 3000) g;"
           "create table empty (id int primary key)")
    sections = initial(db, tables="t, empty", snapshot_chunk_rows=500)
    program = started(headrace, sections)
    db.sql("insert into t values (3001, 'streamed')")
    found = run_until_confirmed(db, program, sections)
    assert [change["op"] for change in found] == ["read"] * 3000 + ["insert"]
    assert duplicates(found) == 0
    assert found[0]["columns"] == found[-1]["columns"] and found[0]["key"] == ["id"]
    assert jobs(db)[0][0] == "done"
    program.stop()
    program.start()
    program.wait_log("streaming database")
    db.sql("insert into t values (3002, 'streamed')")
    assert len(run_until_confirmed(db, program, sections)) == 3002, "no second snapshot"


def test_while_rows_change(db, headrace):
    rows = count(30_000, 300_000)
    db.sql(f"""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        insert into t select g, nextval('versions'), repeat('x', 200)
        from generate_series(0, {rows - 1}) g""")
    sections = initial(db, tables="t", snapshot_chunk_rows=500)
    with Churn(db, "t", rows, writers=4):
        program = started(headrace, sections)
        wait_until(lambda: len({change["op"] for change in changes(program)}) == 4, 30, "all kinds",
                   interval=0.2)
    found = run_until_confirmed(db, program, sections)
    assert replay(found, ordered=False) == table(db, "t")


def test_several_pipelines_begin_at_once(db, headrace):
    """They make the tables of their snapshots in one database, one after the other."""
    sections = {}
    for number in range(4):
        db.sql(f"create table t{number} (id int primary key)")
        db.sql(f"insert into t{number} values ({number})")
        sections.update(to_stdout(db, f"p{number}", f"public.t{number}", snapshot="initial"))
    program = headrace(sections)
    wait_until(lambda: len(program.lines()) == 4, what=lambda: program.log.text()[-3000:],
               give_up=program.must_run)
    assert program.stop() == 0
    assert " error " not in program.log.text()
