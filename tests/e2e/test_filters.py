# SPDX-License-Identifier: Apache-2.0
"""Filters in whole pipelines: before an encoding codec, after a decoding one, without a codec; in
order; and what `headrace check` says of them."""
import json

import pytest

from harness.broker import Broker
from harness.broker import sections as sections_of_a_broker
from harness.kafka_source import to_stdout as from_kafka
from harness.kafka_source import wait_values
from harness.postgres_sink import to_tables
from harness.program import command, filtered, ini, to_stdout
from harness.waiting import wait_until


def wait_lines(program, number):
    return wait_until(lambda: len(program.lines()) >= number and program.lines(),
                      what=program.log.text, give_up=program.must_run)


def test_in_order_before_an_encoding_codec(db, headrace):
    db.sql("create table people (id int primary key, name text, email text, born date); "
           "create table logs (id int primary key)")
    sections = filtered(
        to_stdout(db, "one", "public.people, public.logs", replica_identity="full"), "one", {
            "where": {"expression": "email like '%@example.org' or @operation = 'delete'"},
            "select": {"tables": "people", "columns": "email", "rename": "email = address"},
            "again": {"plugin": "where", "expression": "address is not null"},
            "mask": {"hash": "address", "salt": "0123456789abcdef", "hash_length": "8"},
            "route": {"rules": "^public\\.(.*) = crm.\\1"}})
    program = headrace(sections)
    db.wait_streaming(f"one_{db.name}", program)
    db.sql("insert into people values (1, 'Ada', 'ada@example.org', '1815-12-10'), "
           "(2, 'Bob', 'bob@other.org', null); insert into logs values (1)")
    db.sql("delete from people")
    lines = wait_lines(program, 5)
    assert [line["topic"] for line in lines] == ["crm.people"] * 5
    after = {"id": 1, "address": "48eef528"}  # of Python's hmac
    assert lines[0]["value"]["after"] == after
    assert lines[0]["value"]["source"]["schema"] == "crm"
    assert lines[1]["value"]["before"] == after and lines[2]["value"] is None
    assert lines[3]["value"]["before"]["id"] == 2


def test_after_a_decoding_codec(db, kafka, headrace, topic, folder):
    """Records as they were read and the rows that they became, both can be looked at."""
    script = folder / "rows.lua"
    script.write_text("function filter(event) event.new.topic = event.record.topic\n"
                      "event.new.total = event.new.total * 2 return event end")
    kafka.create_topic(topic)
    kafka.produce(topic, [(json.dumps({"id": n}), json.dumps(
        {"id": n, "Name": f"n{n}", "total": n, "secret": "s"})) for n in range(1, 6)])
    db.sql("create table people (id int primary key, name text, total numeric, topic text)")
    program = headrace(filtered(to_tables(kafka, topic, db.conninfo()), "apply", {
        "where": {"expression": "id > 1 and @offset < 4 and @key like '{%'"},
        "select": {"exclude_columns": "secret", "rename": "Name = name"},
        "route": {"rules": "^ = public.people"},
        "lua": {"file": script}}))
    rows = [(n, f"n{n}", 2 * n, topic) for n in (2, 3, 4)]
    wait_until(lambda: db.sql("select id, name, total, topic from people order by id") == rows,
               what=program.log.text, give_up=program.must_run)


def test_records_without_a_codec(kafka, headrace, topic):
    kafka.create_topic(topic, 2)
    kafka.produce(topic, [(f"k{n}", f"v{n}") for n in range(6)])
    sections = filtered(from_kafka(kafka, topic), "reader", {
        "where": {"on": "records", "expression": "@key in ('k1', 'k4')"},
        "route": {"on": "records", "rules": f"^{topic}$ = copy-{{partition}}"}})
    program = headrace(sections)
    assert sorted(wait_values(program, number=2)) == [r"\x7631", r"\x7634"]
    assert {line["topic"] for line in program.lines()} <= {"copy-0", "copy-1"}


def test_the_wrong_side_is_said(kafka, headrace, topic):
    kafka.create_topic(topic)
    kafka.produce(topic, [("k", "v")])
    program = headrace(filtered(from_kafka(kafka, topic), "reader", {"select": {"tables": "x"}}))
    program.wait_log("filter select works on changes, but the source gives records and there is no codec")
    assert program.wait() != 0
    assert program.lines() == []


@pytest.mark.parametrize("filters, said", [
    ({"where": {"expression": "id = 7 and and"}},
     "a.filter.where: expression: column 12: expected a value instead of \"and\""),
    ({"where": {"expression": "id = 7", "tabels": "x"}},
     '[a.filter.where] tabels: unknown key; did you mean "tables"?'),
    ({"x": {"plugin": "select", "tables": "^(", "columns": "a.b.c.d"}},
     'a.filter.x: columns: "a.b.c.d" has 4 components'),
    ({"mask": {"hash": "a", "salt": "short"}}, "a.filter.mask: salt: hash needs a salt of 16"),
    ({"route": {"rules": "a = b"}}, 'a.filter.route: rules: "a" is to begin with ^'),
    ({"lua": {"file": "/nowhere.lua"}}, "a.filter.lua: cannot open /nowhere.lua"),
    ({"flatten": {"add_fields": "source."}}, 'a.filter.flatten: add_fields: "source." names no'),
    ({"flatten": {"deletes": "none"}}, "[a.filter.flatten] deletes: "),
])
def test_check(folder, filters, said):
    path = folder / "a.ini"
    sections = {"a": {"source": "pgoutput", "codec": "json", "sink": "stdout"},
                "a.source": {"conninfo": "x", "slot": "s", "publication": "p"}}
    path.write_text(ini(filtered(sections, "a", filters)))
    done = command("check", "-c", path)
    assert done.returncode == 78
    assert said in done.stderr


def test_records_of_a_broker(db, folder):
    """Its readers get what the filters have left, not what the client sent, and offsets have no
    gaps."""
    script = folder / "hide.lua"
    script.write_text("function filter(event) if event.key == 'k3' then return nil end\n"
                      "event.value = 'hidden' return event end")
    broker = Broker(folder, db)
    broker.write_config(filtered(
        sections_of_a_broker(db, broker.port), "broker",
        {"where": {"on": "records", "expression": "@key <> 'k5'"},
         "lua": {"on": "records", "file": script}}))
    broker.start()
    try:
        broker.create_topic("t")
        broker.produce("t", [(f"k{n}", f"secret {n}") for n in range(8)])
        records = broker.wait_records("t", 6, give_up=broker.must_run)
        assert [(record.key, record.value, record.offset) for record in records] == [
            (key, b"hidden", offset) for offset, key in
            enumerate([b"k0", b"k1", b"k2", b"k4", b"k6", b"k7"])]
    finally:
        broker.finish()
