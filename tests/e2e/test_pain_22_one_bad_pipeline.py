# SPDX-License-Identifier: Apache-2.0
"""One pipeline fails for good: the others go on, and a supervisor hears of it."""
from harness.load import pipeline
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


def test_a_topic_that_refuses_stops_its_own_pipeline(db, kafka, headrace, topic_prefix):
    """Each has a slot of its own: the one that fails holds its WAL, not the other's."""
    bad = kafka.create_topic(f"{topic_prefix}.public.bad", max_message_bytes=1000)
    good = kafka.create_topic(f"{topic_prefix}.public.good")
    sections = {}
    for name in ("bad", "good"):
        db.sql(f"create table {name} (id int primary key, note text)")
        sections.update(pipeline(db, kafka, topic_prefix, name, source__tables=f"public.{name}"))
    program = headrace(sections)
    streaming(db, program, "bad", "good")
    db.sql("insert into bad values (1, repeat('x', 5000))")
    held = db.lsn()
    program.wait_log(r"error bad: failed")
    for n in range(100):
        db.sql("insert into good values (%s)", [n])
        db.sql("insert into bad values (%s)", [100 + n])
    kafka.wait_records(good, 100, give_up=program.must_run)
    db.wait_confirmed(f"good_{db.name}")
    assert db.confirmed_lsn(f"bad_{db.name}") < held
    assert kafka.consume(bad) == [], "nothing overtakes the row that was refused"
    assert program.stop() == 1
