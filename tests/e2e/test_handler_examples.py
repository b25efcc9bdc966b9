# SPDX-License-Identifier: Apache-2.0
"""examples/handlers: each form runs as it stands there, but for names of servers."""
import configparser
import json
import subprocess

import confluent_kafka
import pytest

from harness import places
from harness.program import sanitized
from harness.waiting import wait_until

EXAMPLES = places.TREE / "examples" / "handlers"


def run(headrace, kafka, db, topic, name, **sink):
    """The example's pipeline on this database and topic."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(EXAMPLES / f"{name}.ini")
    sections = {section: {key: value.replace("\n", "\n  ") for key, value in
                          parser[section].items()} for section in parser.sections()}
    pipeline = parser.sections()[0]
    sections[f"{pipeline}.source"] |= {"brokers": kafka.brokers, "topics": topic,
                                       "group": f"g-{topic}"}
    sections[f"{pipeline}.sink"] |= {"conninfo": db.conninfo(), **sink}
    return headrace(sections)


def prepare(db, *names):
    for name in names:
        db.psql((EXAMPLES / name).read_text())


def send(kafka, topic, messages):
    """(key, value, headers) of each."""
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    for key, value, headers in messages:
        producer.produce(topic, value, key, headers=headers)
    assert producer.flush(30) == 0


def wait_done(db, program, sent):
    """Until the pipeline has stored that it has read so many messages."""
    def read():
        if not db.value("select to_regclass('headrace.sink_offset')"):
            return 0
        return db.value("select sum(next) from (select min(next_offset) as next from "
                        "headrace.sink_offset where part <> '' group by part) as parts")
    wait_until(lambda: read() == sent, what=lambda: f"{sent}: {read()}; {program.log.text()}",
               give_up=program.must_run)


def test_message(db, kafka, headrace, topic):
    prepare(db, "message.sql")

    def payment(number, account, value, **headers):
        return account, json.dumps(value), [("ce_id", str(number)), *headers.items()]
    send(kafka, topic, [payment(1, "ada", {"amount": 10}, traceparent="00-abc-def-01"),
                        payment(2, "ada", {"kind": "ping"}),
                        payment(3, "ada", {"amount": -11}),
                        payment(4, "bob", {"amount": 1.5}),
                        payment(1, "ada", {"amount": 10}),
                        payment(5, "ada", {"amount": "much"}),
                        ("ada", "no json", []),
                        payment(6, "ada", {"amount": 1})])
    program = run(headrace, kafka, db, topic, "message", batch_ms="5s")
    wait_done(db, program, 8)
    assert program.stop() == 0
    assert db.sql("select account, amount::text from balance order by 1") == [("ada", "11"),
                                                                             ("bob", "1.5")]
    assert db.sql("select account, nullif(trace, '') from outbox order by id") == [
        ("ada", "00-abc-def-01"), ("bob", None), ("ada", None)]
    assert db.sql('select "offset", error_class from headrace.dead_letter order by 1') == [
        (2, "constraint"), (5, "value"), (6, "value")]
    assert db.sql("select id from headrace.seen order by 1") == [("1",), ("4",), ("6",)]


def test_batch(db, kafka, headrace, topic):
    prepare(db, "types.sql", "batch.sql")
    kafka.create_topic(topic, 3)
    send(kafka, topic, [(f"s{n % 5}", json.dumps({"celsius": 1000 if n % 100 == 7 else n % 50}),
                         None) for n in range(1000)])
    program = run(headrace, kafka, db, topic, "batch")
    wait_done(db, program, 1000)
    assert program.stop() == 0
    assert db.value("select count(*) from headrace.dead_letter where sqlstate = 'HR002' "
                    "and reason = 'no such temperature'") == 10
    assert db.value("select count(distinct sensor) from reading") == 5
    assert db.value("select max(celsius) from reading") < 60


def test_statement(db, kafka, headrace, topic):
    prepare(db, "statement.sql")
    send(kafka, topic, [(None, json.dumps({"page": f"/{n % 3}"}), None) for n in range(3000)] +
         [("k", None, None), ("k", "{}", None)])
    program = run(headrace, kafka, db, topic, "statement")
    wait_done(db, program, 3002)
    assert program.stop() == 0
    assert db.sql("select page, views from page_views order by 1") == [
        ("/0", 1000), ("/1", 1000), ("/2", 1000)]


def test_inbox(db, kafka, headrace, topic):
    send(kafka, topic, [("k", json.dumps({"n": n}), [("h", b"1"), ("b", b"\xff")])
                        for n in range(250)])
    program = run(headrace, kafka, db, topic, "inbox")
    with db.connect() as listener:
        listener.execute("listen headrace_inbox")
        listener.commit()
        wait_done(db, program, 250)
    take = (EXAMPLES / "take.sql").read_text()
    taken = [row for _ in range(4) for row in db.sql(take)]
    assert sorted(row[4]["n"] for row in taken) == list(range(250))
    assert taken[0][5] == {"h": "1", "b": "\\xff"}
    assert program.stop() == 0
    assert db.value("select count(*) from headrace.inbox") == 0


@pytest.mark.skipif(sanitized(), reason="an uninstrumented plugin in an instrumented host")
def test_plugin(db, kafka, headrace, topic, folder):
    prepare(db, "plugin.sql")
    subprocess.run(["gcc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fPIC",
                    "-shared", "-fvisibility=hidden", f"-I{places.TREE}/include", "-o",
                    folder / "ledger.so", EXAMPLES / "ledger.c"], check=True)
    send(kafka, topic, [(None, None if n % 100 == 5 else f"bad {n}" if n % 100 == 7 else
                         b"\xff" if n == 500 else f"text {n}", None) for n in range(1000)])
    program = run(headrace, kafka, db, topic, "plugin", handler=folder / "ledger.so")
    wait_done(db, program, 1000)
    assert program.stop() == 0
    assert db.value("select count(*) from ledger where body = 'text ' || \"offset\"") == 979
    assert db.sql("select error_class, count(*) from headrace.dead_letter group by 1 order by 1") == [
        ("handler", 10), ("value", 1)]
    assert db.value("select min(reason) from headrace.dead_letter "
                    "where error_class = 'handler'") == "it says so itself"
