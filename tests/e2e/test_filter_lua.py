# SPDX-License-Identifier: Apache-2.0
"""filter lua: a script that loops, eats memory or errs stops its pipeline, or its event goes to the
dead letters or is skipped, as `errors` says; and the process and its other pipelines go on."""
import json

import pytest

from harness.postgres_sink import to_tables
from harness.program import filtered, to_stdout
from harness.waiting import wait_until

FAULTS = {
    "error": ("error('bad luck')", "bad luck"),
    "loop": ("while true do end", "more than 20000 instructions for one event"),
    "pattern": ("('a'):rep(1000):find(('a-'):rep(30) .. 'b')", "more than 20000 instructions"),
    "memory": ("local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(9999) .. i end", "memory = 1048576"),
}


def script(folder, fault):
    path = folder / "faulty.lua"
    path.write_text(f"function filter(event) if event.new.id == 2 then {FAULTS[fault][0]} end\n"
                    "event.new.name = 'seen' return event end")
    return {"lua": {"file": path, "instructions": 20000, "memory": "1MiB"}}


@pytest.mark.parametrize("fault", FAULTS)
def test_skip(users, headrace, folder, fault):
    sections = to_stdout(users, "one", "public.users")
    sections["one"]["errors"] = "skip"
    program = headrace(filtered(sections, "one", script(folder, fault)))
    users.wait_streaming(f"one_{users.name}", program)
    users.sql("insert into users select n, 'x' from generate_series(1, 300) n")
    lines = wait_until(lambda: len(program.lines()) >= 299 and program.lines(),
                       what=program.log.text, give_up=program.must_run)
    assert [line["value"]["after"]["id"] for line in lines] == [1, *range(3, 301)]
    assert {line["value"]["after"]["name"] for line in lines} == {"seen"}
    program.wait_log(f"event rejected .script.: .*{FAULTS[fault][1]}.*it is skipped")
    users.wait_confirmed(f"one_{users.name}")


@pytest.mark.parametrize("fault", ["error", "loop", "memory"])
def test_stop(users, headrace, folder, fault):
    """The pipeline beside it goes on, and what was not passed on is not acknowledged."""
    one = filtered(to_stdout(users, "one", "public.users"), "one", script(folder, fault))
    other = to_stdout(users, "other", "public.users")
    program = headrace({**one, **other})
    for name in ("one", "other"):
        users.wait_streaming(f"{name}_{users.name}", program)
    before = users.lsn()
    users.sql("insert into users values (2, 'x')")
    program.wait_log(f"event rejected .script.: .*{FAULTS[fault][1]}.*the pipeline stops")
    users.sql("insert into users values (3, 'y')")
    lines = wait_until(lambda: len(program.lines()) >= 2 and program.lines(),
                       what=program.log.text, give_up=program.must_run)
    assert {line["value"]["after"]["name"] for line in lines} == {"x", "y"}
    users.wait_confirmed(f"other_{users.name}")
    assert users.confirmed_lsn(f"one_{users.name}") <= before


def test_dead_letters(users, kafka, headrace, topic_prefix, folder):
    """The letter of a change that was never encoded is JSON."""
    sections = to_stdout(users, "one", "public.users")
    sections["one"] |= {"errors": "dead-letter", "sink": "kafka"}
    sections["one.sink"] = {"brokers": kafka.brokers, "prefix": topic_prefix,
                            "dead_letter": f"{topic_prefix}.dead"}
    program = headrace(filtered(sections, "one", script(folder, "loop")))
    users.wait_streaming(f"one_{users.name}", program)
    users.sql("insert into users values (1, 'a'), (2, 'b'), (3, 'c')")
    good = kafka.wait_records(f"{topic_prefix}.public.users", 2, give_up=program.must_run)
    assert [json.loads(record.value)["after"]["id"] for record in good] == [1, 3]
    letter, = kafka.wait_records(f"{topic_prefix}.dead", 1, give_up=program.must_run)
    assert json.loads(letter.value) == {"operation": "insert", "schema": "public", "table": "users",
                                        "new": {"id": "2", "name": "b"}}
    headers = dict(letter.headers)
    assert b"instructions" in headers["__connect.errors.exception.message"]
    assert headers["__connect.errors.class.name"] == b"headrace.filter.lua"


def test_dead_letters_in_a_table(db, kafka, headrace, topic, folder):
    db.sql("create table t (id int primary key, name text)")
    kafka.create_topic(topic)
    kafka.produce(topic, [(None, json.dumps({"id": n, "name": "x"})) for n in (1, 2, 3)])
    sections = to_tables(kafka, topic, db.conninfo(), errors="dead-letter", table="t")
    program = headrace(filtered(sections, "apply", script(folder, "memory")))
    wait_until(lambda: db.sql("select id, name from t order by id") == [(1, "seen"), (3, "seen")],
               what=program.log.text, give_up=program.must_run)
    assert db.sql("select error_class, convert_from(value, 'utf8')::json->>'id' "
                  "from headrace.dead_letter") == [("script", "2")]
