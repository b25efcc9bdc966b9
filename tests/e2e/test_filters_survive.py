# SPDX-License-Identifier: Apache-2.0
"""Filters that drop and multiply: the position moves on though nothing passes, and after kill -9
every event has had its effect once."""
import json

from harness.postgres_sink import Stream, to_postgres, wait_rows
from harness.program import filtered, to_stdout
from harness.waiting import count, wait_until

NOTHING = {"where": {"expression": "false"}}
TWICE = """function filter(event)
  local row = event.new
  if row.id % 4 == 0 then return nil end
  return {{operation = "insert", new = {id = row.id}}, {operation = "insert", new = {id = -row.id}}}
end"""


def test_the_slot_moves_though_nothing_passes(users, headrace):
    program = headrace(filtered(to_stdout(users, "none", "public.users"), "none", NOTHING))
    slot = f"none_{users.name}"
    users.wait_streaming(slot, program)
    users.sql("insert into users select n, 'x' from generate_series(1, 5000) n")
    users.wait_confirmed(slot)
    users.sql("create table beside (id int); insert into beside values (1)")  # and now it is idle
    users.wait_confirmed(slot)
    assert program.stop() == 0
    program.start()
    users.wait_streaming(slot, program)
    assert program.lines() == []


def test_offsets_in_the_sink_move_though_nothing_passes(db, kafka, headrace, topic):
    """checkpoint = sink: batches without an event have a place to be stored, too."""
    db.sql("create table t (id bigint)")
    kafka.create_topic(topic)
    kafka.produce(topic, [(None, json.dumps({"id": n})) for n in range(1000)])
    program = headrace(filtered(to_postgres(kafka, topic, db.conninfo()), "apply", NOTHING))

    def stored():
        return db.value("select to_regclass('headrace.sink_offset')") and db.value(
            "select min(next_offset) from headrace.sink_offset where part = %s", [f"{topic}/0"])
    wait_until(lambda: stored() == 1000, what=stored, give_up=program.must_run)
    assert db.value("select count(*) from t") == 0


def test_headrace_killed_while_a_filter_splits(db, kafka, headrace, topic, folder):
    db.sql("create table t (id bigint)")
    script = folder / "twice.lua"
    script.write_text(TWICE)
    kafka.create_topic(topic, 3)
    stream = Stream(kafka, topic)
    sections = filtered(to_postgres(kafka, topic, db.conninfo(), batch_rows=200, workers=2,
                                    source={"member": "m"}),
                        "apply", {"lua": {"file": script}})
    program = headrace(sections)
    for turn in range(count(3, 50)):
        wait_rows(db, db.value("select count(*) from t") + 100 + 37 * (turn % 5), program)
        program.kill9()
        program.start()
    sent = stream.stop()
    expected = sorted(sign * n for n in range(sent) if n % 4 for sign in (1, -1))
    wait_rows(db, len(expected), program)
    assert [row for row, in db.sql("select id from t order by id")] == expected
