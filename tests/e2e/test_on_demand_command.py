# SPDX-License-Identifier: Apache-2.0
"""`headrace snapshot`: what it asks of the pipeline, and what it refuses."""
import pytest

from harness.program import command
from on_demand import jobs, reads, wait_over
from pgoutput import pipeline, started


@pytest.fixture
def things(db):
    db.sql("""create table t (id int primary key, note text); create table other (id int);
        insert into t select g, 'note ' || g from generate_series(0, 1999) g;
        create view v as select * from t""")
    return db


def snapshot(program, *arguments):
    done = command("snapshot", "-c", program.config, "p", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_asks_for_one(things, headrace):
    program = started(headrace, pipeline(things, tables="t", snapshot_chunk_rows=100))
    assert snapshot(program, "--status") == (0, "", "")
    code, out, _ = snapshot(program, "public.t", "--where", "id < 500 -- half")
    assert (code, out) == (0, "snapshot 1 of public.t is asked for\n")
    wait_over(things, program)
    assert sorted(int(read["new"]["id"]) for read in reads(program)) == list(range(500))
    code, out, _ = snapshot(program, "--status")
    assert (code, out) == (0, "1 public.t done, 500 rows, where id < 500 -- half\n")


def test_pauses_resumes_and_stops(things, headrace):
    program = started(headrace, pipeline(things, tables="t", snapshot_chunk_rows=100))
    snapshot(program, "t", "--where", "pg_sleep(0.001) is not null")
    program.wait_log("snapshot 1 .* begins")
    code, out, _ = snapshot(program, "--pause", "t")
    assert code == 0 and " paused, " in out
    program.wait_log("snapshot 1 .* rests")
    assert jobs(things)[0][0] == "paused"
    code, out, _ = snapshot(program, "--resume")
    assert code == 0 and (" waiting, " in out or " running, " in out)
    code, out, _ = snapshot(program, "t", "--stop")
    assert code == 0 and " stopped, " in out
    assert wait_over(things, program)[0][0] == "stopped"


def test_asked_for_while_nobody_streams(things, headrace):
    program = started(headrace, pipeline(things, tables="t"))
    program.stop()
    code, out, _ = snapshot(program, "t")
    assert code == 0 and "it begins when the pipeline streams" in out
    program.start()
    assert wait_over(things, program)[0][:2] == ("done", 2000)


@pytest.mark.parametrize("arguments, reason", [
    ((), "name a table"),
    (("t", "u"), "one at a time"),
    (("t", "--where"), "needs a condition"),
    (("t", "--where", "nonsense = 1"), "nonsense"),
    (("t", "--where", "true) to stdout; drop table t; select (1"), "syntax error|multiple commands"),
    (("t", "--pause", "--stop"), "only one of"),
    (("--pause", "--where", "true"), "--where only goes"),
    (("t", "--quickly"), "there are the options"),
    (("other",), "does not stream public.other"),
    (("v",), "does not stream public.v"),
    (("absent",), "does not stream public.absent"),
    (("public.*",), "name one table"),
    (("t where id = 1",), "a space needs quotes")])
def test_refuses(things, headrace, arguments, reason):
    program = headrace(pipeline(things, tables="t"))
    program.wait_log("streaming database")
    code, out, err = snapshot(program, *arguments)
    assert code != 0 and not out
    assert any(word in err for word in reason.split("|")), err
    assert jobs(things) == []
    assert things.value("select count(*) from t") == 2000
