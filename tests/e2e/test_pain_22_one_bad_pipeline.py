# SPDX-License-Identifier: Apache-2.0
"""One pipeline fails for good: the others go on, and a supervisor hears of it."""
from harness.program import to_stdout
from test_several_pipelines import streaming, wait_rows


def test_one_fails_for_good_and_the_other_goes_on(db, headrace):
    db.sql("create table a (id int primary key); create table b (id int primary key)")
    broken = to_stdout(db, "broken", "public.a", publication_create="no")
    program = headrace({**broken, **to_stdout(db, "good", "public.b")})
    program.wait_log(r"error broken\.source: publication \"broken_\w+\" does not exist")
    program.wait_log(r"error broken: failed")
    streaming(db, program, "good")
    db.sql("insert into b values (1)")
    wait_rows(program, "b", [1])
    assert not db.slot(f"broken_{db.name}")
    assert program.stop() == 1, "a supervisor must hear that a pipeline failed"
    assert program.log.text().count("does not exist") == 1, "an error is said once"
