# SPDX-License-Identifier: Apache-2.0
"""sink-postgres: dead letters, in the same transaction, and `headrace dlq`."""
import base64
import json

import confluent_kafka
import pytest

from harness.postgres_sink import event, rows, to_postgres, wait_rows
from harness.program import command


@pytest.fixture
def letters(db, kafka, headrace, topic):
    """A program that has met two bad rows and two records that are no JSON."""
    db.sql("create table t (id bigint, v text check (v <> 'bad'))")
    good, bad = rows("t", range(10), v=lambda n: "good"), event("t", after={"id": 77, "v": "bad"})
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    for key, value in [*good, bad, ("a", b"{no json"), *good, ("b", b"\x00\xff"), bad]:
        producer.produce(topic, value, key, headers=[("h", b"1"), ("h", None)])
    assert producer.flush(30) == 0
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter"))
    wait_rows(db, 20, program)
    wait_rows(db, 4, program, table="headrace.dead_letter")
    return program


def test_what_is_kept(db, letters, topic):
    found = db.sql('select "offset", stage, error_class, sqlstate, key, value, relation, operation '
                   "from headrace.dead_letter order by 1")
    bad = json.dumps({"id": 77}).encode(), event("t", after={"id": 77, "v": "bad"})[1].encode()
    of_sink = ("sink", "constraint", "23514", *bad, "public.t", "insert")
    assert found[0] == (10, *of_sink) and found[3] == (23, *of_sink)
    assert [(row[0], row[1], row[3], row[5]) for row in found[1:3]] == \
        [(11, "codec", None, b"{no json"), (22, "codec", None, b"\x00\xff")]
    assert db.sql("select distinct pipeline, topic, partition, headers from headrace.dead_letter") \
        == [("apply", topic, 0, [{"h": base64.b64encode(b"1").decode()}, {"h": None}])]
    assert letters.stop() == 0
    letters.wait_log("rejected 4$")


def test_list_export_delete(db, letters, topic):
    def dlq(*words):
        return command("dlq", "-c", letters.config, "apply", *words)
    lines = dlq("list").stdout.splitlines()
    assert len(lines) == 4
    assert sum(f"{topic}/0@10  public.t  constraint 23514  new row for relation" in line
               for line in lines) == 1
    exported = sorted((json.loads(line) for line in dlq("export").stdout.splitlines()),
                      key=lambda letter: letter["offset"])
    assert [letter["offset"] for letter in exported] == [10, 11, 22, 23]
    assert base64.b64decode(exported[1]["value"]) == b"{no json"
    assert dlq("export", exported[2]["id"]).stdout.count("\n") == 1
    assert dlq("delete", exported[0]["id"], exported[1]["id"]).stdout == "2 letters deleted\n"
    assert db.value("select count(*) from headrace.dead_letter") == 2
    wrong = dlq("delete")
    assert wrong.returncode != 0 and "list [ID ...]" in wrong.stderr
    assert dlq("delete", "all").stdout == "2 letters deleted\n"


def test_a_letter_comes_once(db, kafka, headrace, topic):
    """The transaction with it is rolled back and run again, and headrace is killed meanwhile."""
    db.sql("create table t (id bigint, v text check (v <> 'bad'))")
    kafka.create_topic(topic, 2)
    kafka.produce(topic, rows("t", range(2000), v=lambda n: "bad" if n % 100 == 7 else "good"))
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter", workers=2,
                                   batch_rows=100, source={"member": "m"}))
    for share in (100, 700, 1300):
        wait_rows(db, share, program)
        program.kill9()
        program.start()
    wait_rows(db, 1980, program)
    assert program.stop() == 0
    assert db.sql("select count(*), count(distinct id) from t") == [(1980, 1980)]
    assert db.sql("select count(*), count(distinct key) from headrace.dead_letter") == [(20, 20)]
