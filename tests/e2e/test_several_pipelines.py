# SPDX-License-Identifier: Apache-2.0
"""Several pipelines in one process: each plugin serves several."""
from harness.program import to_stdout
from harness.waiting import wait_until


def rows(program, table):
    """The `id`s that have arrived of that table, in order."""
    return [line["value"]["after"]["id"] for line in program.lines()
            if line["topic"].endswith(f".{table}")]


def wait_rows(program, table, ids):
    wait_until(lambda: rows(program, table) == ids, what=lambda: f"{ids}, not "
               f"{rows(program, table)}; log:\n{program.log.text()}", give_up=program.must_run)


def streaming(db, program, *names):
    for name in names:
        db.wait_streaming(f"{name}_{db.name}", program)


def test_two_pipelines_with_the_same_plugins(db, headrace):
    """Two instances of each .so do not share anything."""
    db.sql("create table a (id int primary key); create table b (id int primary key)")
    program = headrace({**to_stdout(db, "one", "public.a"), **to_stdout(db, "two", "public.b")})
    streaming(db, program, "one", "two")
    for n in range(1, 51):
        db.sql("insert into a values (%s)", [n])
        db.sql("insert into b values (%s)", [-n])
    wait_rows(program, "a", list(range(1, 51)))
    wait_rows(program, "b", list(range(-1, -51, -1)))
    assert program.stop() == 0


def test_all_failed_ends_the_process(db, headrace):
    db.sql("create table a (id int primary key)")
    program = headrace({**to_stdout(db, "one", "public.a", publication_create="no"),
                        **to_stdout(db, "two", "public.a", slot_create="no")})
    assert program.wait() == 1


def test_one_waits_for_its_server_and_the_other_goes_on(db, headrace, proxy):
    db.sql("create table a (id int primary key); create table b (id int primary key)")
    door = proxy(db.port)
    door.refuse()
    away = to_stdout(db, "away", "public.a", conninfo=db.conninfo(port=door.port))
    program = headrace({**away, **to_stdout(db, "here", "public.b")})
    program.wait_log(r"warning away: trying again in \d+ ms")
    streaming(db, program, "here")
    db.sql("insert into b values (1)")
    wait_rows(program, "b", [1])
    door.accept()
    streaming(db, program, "away")
    db.sql("insert into a values (2)")
    wait_rows(program, "a", [2])
    assert program.stop() == 0
