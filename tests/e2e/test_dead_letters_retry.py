# SPDX-License-Identifier: Apache-2.0
"""`headrace dlq PIPELINE retry`: letters go through the pipeline's own stages once more, and are
taken off in the transaction that writes their rows."""
import json
import subprocess

import pytest

from harness import places
from harness.postgres_sink import rows, to_postgres, wait_rows
from harness.program import command, environment
from harness.waiting import count, wait_until

LONG = {2: "too long", 5: "much too long", 8: "very much too long"}


@pytest.fixture
def letters(db, kafka, headrace, topic):
    """A program that runs on, and has put aside the rows 2, 5 and 8 as letters 1 to 3."""
    db.sql("create table t (id bigint, v varchar(5))")
    kafka.produce(topic, rows("t", range(10), v=lambda n: LONG.get(n, "good")))
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter"))
    wait_rows(db, 7, program)
    assert left(db) == [1, 2, 3]
    return program


def left(db):
    return [row[0] for row in db.sql("select id from headrace.dead_letter order by 1")]


def retry(program, *words):
    return command("dlq", "-c", program.config, "apply", "retry", *words)


def test_all_are_written(db, letters):
    db.sql("alter table t alter v type text")
    done = retry(letters)
    assert (done.returncode, done.stdout) == (0, "3 stored, 0 rejected again\n")
    assert left(db) == []
    assert dict(db.sql("select * from t where length(v) > 5")) == LONG
    assert db.value("select count(*) from t") == 10
    assert retry(letters).stdout == "0 stored, 0 rejected again\n"
    assert letters.running()


def test_some_are_rejected_again(db, letters):
    """They stay, with what is wrong now."""
    db.sql("alter table t alter v type varchar(13); "
           "alter table t add constraint odd check (id % 2 = 1) not valid")
    before = db.sql("select id, at from headrace.dead_letter order by 1")
    done = retry(letters)
    assert (done.returncode, done.stdout) == (1, "1 stored, 2 rejected again\n")
    after = db.sql("select id, sqlstate, topic is not null, at from headrace.dead_letter order by 1")
    assert [row[:3] for row in after] == [(1, "23514", True), (3, "22001", True)]
    assert after[0][3] > before[0][1]
    assert db.value("select v from t where id = 5") == LONG[5]


def test_chosen_ones(db, letters):
    db.sql("alter table t alter v type text")
    done = retry(letters, 1, 3)
    assert (done.returncode, done.stdout) == (0, "2 stored, 0 rejected again\n")
    assert left(db) == [2]
    wrong = retry(letters, "2;")
    assert wrong.returncode == 1 and "retry [ID ...]" in wrong.stderr


def test_what_a_filter_drops_is_done(db, letters):
    """Nothing is left of it, and nothing is wrong with it."""
    config = letters.config.read_text()
    letters.write_config(config.replace("insert_mode = insert", "exclude_tables = t"))
    assert retry(letters).stdout == "3 stored, 0 rejected again\n"
    assert left(db) == [] and db.value("select count(*) from t") == 7


def test_it_cannot_write(db, letters):
    db.sql("create function stop() returns trigger language plpgsql as "
           "$$begin raise exception sqlstate '28000'; end$$; "
           "create trigger stop before insert on t execute function stop()")
    done = retry(letters)
    assert (done.returncode, done.stdout) == (1, "0 stored, 3 left: the run was broken off\n")
    assert left(db) == [1, 2, 3]


def test_a_dry_run(db, letters):
    db.sql("alter table t alter v type text")
    done = command("dlq", "-c", letters.config, "apply", "retry",
                   env={"HEADRACE_APPLY_SINK_DRY_RUN": "yes"})
    assert (done.returncode, done.stdout) == (1, "0 stored, 3 left: it was a dry run\n")
    assert "would run, for 3 rows: INSERT" in done.stderr
    assert left(db) == [1, 2, 3] and db.value("select count(*) from t") == 7


def test_an_event_without_a_record(db, letters):
    db.sql("update headrace.dead_letter set topic = null, key = null, value = null where id < 3; "
           "alter table t alter v type text")
    done = retry(letters)
    assert done.stdout == ("1 stored, 0 rejected again\n2 left alone: their events had no record to "
                           "read again\n")
    assert left(db) == [1, 2]


# ---- many letters, each of them once

@pytest.fixture
def many(db, letters):
    """Letters of rows 100 and following, which a table without a key would take twice."""
    number = count(3000, 30000)
    letters.write_config(letters.config.read_text().replace(
        "insert_mode = insert", "insert_mode = insert\nbatch_rows = 100"))
    db.sql("alter table t alter v type text; delete from headrace.dead_letter; delete from t")
    db.sql("""insert into headrace.dead_letter
                (pipeline, topic, partition, "offset", value, stage, error_class, reason)
              select 'apply', 'many', 0, n, convert_to(json_build_object('op', 'c', 'after',
                json_build_object('id', n, 'v', 'x'), 'source', json_build_object('schema',
                'public', 'table', 't'))::text, 'UTF8'), 'sink', 'value', 'once'
              from generate_series(0, %s) n""", [number - 1])
    return number


def spawn(program):
    return subprocess.Popen([places.BINARY, "dlq", "-c", program.config, "apply", "retry"],
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment())


def check_once(db, number):
    assert left(db) == []
    assert db.sql("select count(*), count(distinct id), max(id) from t") == \
        [(number, number, number - 1)]


def test_kill9(db, letters, many):
    """Whenever it dies, a letter is either still there or written."""
    for share in (1, 2, 3):
        process = spawn(letters)
        wait_until(lambda: db.value("select count(*) from t") >= many * share / 5 or
                   process.poll() is not None, what="rows")
        process.kill()
        process.communicate()
        written = "select (select count(*) from t) + (select count(*) from headrace.dead_letter)"
        assert db.value(written) == many
    assert retry(letters).returncode == 0
    check_once(db, many)


def test_two_at_once(db, letters, many):
    """One of them finds letters gone, and writes nothing of theirs."""
    with db.connect() as session:
        session.execute("begin; lock table t in share mode")
        both = [spawn(letters), spawn(letters)]
        wait_until(lambda: db.value("select count(*) from pg_locks where not granted and relation = "
                                    "'t'::regclass") == 2, what="both at the table")
        session.execute("commit")
    said = [process.communicate(timeout=60) for process in both]
    assert all(process.returncode == 0 for process in both), said
    assert any("another process has written dead letters" in stderr for _, stderr in said)
    check_once(db, many)


# ---- your own code

MESSAGE = """create or replace function f(value jsonb) returns void language plpgsql as $$
  declare n int = value ->> 'n';
  begin
    if n % 5 = 2 then {bad} end if;
    insert into done values (n);
  end $$"""
BATCH = """create or replace function f(batch msg[]) returns setof verdict language plpgsql as $$
  begin
    return query select m.ord, '{bad}', 'not yet' from unnest(batch) as m
      where (m.value ->> 'n')::int % 5 = 2;
    insert into done select (m.value ->> 'n')::int from unnest(batch) as m
      where (m.value ->> 'n')::int % 5 <> 2 or '{bad}' = 'ok';
  end $$"""


@pytest.mark.parametrize("form, function, bad, mended, stored", [
    ("message", MESSAGE, "raise sqlstate 'HR002';", "null;", 20),
    ("message", MESSAGE, "raise sqlstate 'HR002';", "raise sqlstate 'HR001';", 16),
    ("batch", BATCH, "dlq", "ok", 20), ("batch", BATCH, "dlq", "skip", 16)])
def test_a_handler(db, kafka, headrace, topic, form, function, bad, mended, stored):
    """It is called once more, by the same rules: what it skips is done, too."""
    db.psql("create table done (n int); create type msg as (value jsonb, ord int); "
            "create type verdict as (ord int, action text, reason text)")
    db.psql(function.format(bad=bad))
    kafka.produce(topic, [("k", json.dumps({"n": n})) for n in range(20)])
    sections = to_postgres(kafka, topic, db.conninfo(), errors="dead-letter", mode="handler",
                           handler_mode=form, handler="f")
    del sections["apply"]["codec"], sections["apply.codec"], sections["apply.sink"]["insert_mode"]
    program = headrace(sections)
    wait_rows(db, 16, program, table="done")
    assert program.stop() == 0
    assert len(left(db)) == 4
    assert retry(program).stdout == "0 stored, 4 rejected again\n"
    db.psql(function.format(bad=mended))
    done = retry(program)
    assert (done.returncode, done.stdout) == (0, "4 stored, 0 rejected again\n")
    assert left(db) == []
    assert db.sql("select count(*), count(distinct n) from done") == [(stored, stored)]
