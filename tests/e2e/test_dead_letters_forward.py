# SPDX-License-Identifier: Apache-2.0
"""source-dead-letters, purpose = forward: letters in a topic of Kafka, with Kafka Connect's headers."""
import json

import confluent_kafka
import pytest

from harness.postgres_sink import event, rows, to_postgres, wait_rows
from harness.program import command, ini
from harness.waiting import count, wait_until


def forwarding(db, kafka, topic, **source):
    """Sections of a pipeline that forwards to TOPIC.dlq."""
    return {
        "letters": {"source": "dead-letters", "sink": "kafka", "checkpoint": "none"},
        "letters.source": {"conninfo": db.conninfo(), "pipeline": "apply", "purpose": "forward",
                           "poll_interval": "20ms", "topic": f"{topic}.dlq", **source},
        "letters.sink": {"brokers": kafka.brokers, "topic": "{topic}", "topic_create": "yes",
                         "topic_partitions": "3"},
    }


@pytest.fixture
def store(db, headrace):
    """Makes the table of letters, as the sink does, and gives store(first, last): letters of the
    offsets first to last, in one transaction each unless a session is given."""
    program = headrace(ini({
        "apply": {"source": "dead-letters", "sink": "postgres", "checkpoint": "none"},
        "apply.source": {"conninfo": db.conninfo(), "pipeline": "x"},
        "apply.sink": {"conninfo": db.conninfo()}}))
    assert program.wait() == 0
    assert command("dlq", "-c", program.config, "apply", "list").returncode == 0

    def store_letters(first, last, session=None):
        sql = """insert into headrace.dead_letter
                   (pipeline, topic, partition, "offset", key, value, stage, error_class, reason)
                 select 'apply', 'from', 0, n, convert_to(n::text, 'UTF8'), '\\x00', 'sink', 'value',
                   'why' from generate_series(%s::int, %s) n"""
        if session:
            session.execute(sql, [first, last])
        else:
            db.sql(sql, [first, last])
    return store_letters


def keys_in(kafka, topic):
    return [int(record.key) for record in kafka.consume(f"{topic}.dlq")]


def unmarked(db):
    return db.value("select count(*) from headrace.dead_letter where forwarded_at is null")


# ---- what a record is

CONNECT = "__connect.errors."


def test_the_record_and_its_headers(db, kafka, headrace, topic):
    """Bytes are as they were; the headers are those of DeadLetterQueueReporter."""
    db.sql("create table t (id bigint, v text not null)")
    own = [("h", b"\x00\xff"), ("h", None), ("e", b"")]
    null = event("t", after={"id": 77, "v": None})
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    for n, (key, value) in enumerate([("a", "ok"), null, (None, b"{no json \x00\xff")]):
        if n:
            producer.produce(topic, value, key, headers=own, timestamp=1_700_000_000_123 + n)
    assert producer.flush(30) == 0
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter"))
    wait_until(lambda: program.log.text().count("goes to the dead letters") == 2, what="letters")
    assert program.stop() == 0
    assert headrace(forwarding(db, kafka, topic)).wait() == 0
    records = sorted(kafka.consume(f"{topic}.dlq"), key=lambda record: record.timestamp)
    assert [(record.key, record.value, record.timestamp) for record in records] == \
        [(null[0].encode(), null[1].encode(), 1_700_000_000_124),
         (None, b"{no json \x00\xff", 1_700_000_000_125)]
    assert all(record.headers[:3] == own for record in records)
    of_sink, of_codec = (dict(record.headers[3:]) for record in records)
    where = {f"{CONNECT}topic": topic.encode(), f"{CONNECT}partition": b"0",
             f"{CONNECT}connector.name": b"apply", f"{CONNECT}task.id": b"0"}
    assert of_sink.items() >= {
        **where, f"{CONNECT}offset": b"0", f"{CONNECT}stage": b"TASK_PUT",
        f"{CONNECT}class.name": b"headrace.sink",
        f"{CONNECT}exception.class.name": b"not_null_violation",
        "headrace.sqlstate": b"23502", "headrace.table": b"public.t"}.items()
    assert b"violates not-null constraint" in of_sink[f"{CONNECT}exception.message"]
    assert of_codec.items() >= {
        **where, f"{CONNECT}offset": b"1", f"{CONNECT}stage": b"VALUE_CONVERTER",
        f"{CONNECT}class.name": b"headrace.codec",
        f"{CONNECT}exception.class.name": b"malformed"}.items()
    assert "headrace.sqlstate" not in of_codec and "headrace.table" not in of_codec
    assert {of_sink["headrace.letter"], of_codec["headrace.letter"]} == {b"1", b"2"}
    assert db.value("select count(*) from headrace.dead_letter") == 0


def test_topics_of_their_own(kafka, db, headrace, topic, store):
    """The sink's template names one for each that letters came from."""
    store(1, 3)
    sections = forwarding(db, kafka, topic)
    del sections["letters.source"]["topic"]
    sections["letters.sink"]["topic"] = topic + "-{topic}-dead"
    assert headrace(sections).wait() == 0
    assert len(kafka.consume(f"{topic}-from-dead")) == 3


# ---- following

def test_every_letter_arrives(db, kafka, headrace, topic, store):
    """From one pipeline's rejections to the topic, with kill -9 of both in the middle."""
    number = count(2000, 20000)
    db.sql("create table t (id bigint, v text check (v <> 'bad'))")
    pipeline = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter",
                                    batch_rows=100, source={"member": "m"}))
    letters = headrace(forwarding(db, kafka, topic, follow="yes", done="mark"))
    for share in range(4):
        first, last = share * number // 4, (share + 1) * number // 4
        kafka.produce(topic, rows("t", range(first, last),
                                  v=lambda n: "bad" if n % 4 == 3 else "good"))
        wait_rows(db, first // 4 + number // 20, pipeline, table="headrace.dead_letter")
        for program in (pipeline, letters):
            program.kill9()
            program.start()
    wait_rows(db, number // 4, pipeline, table="headrace.dead_letter")
    wait_until(lambda: unmarked(db) == 0, what=lambda: f"{unmarked(db)} are not marked",
               give_up=letters.must_run)
    found = {json.loads(record.key)["id"] for record in kafka.consume(f"{topic}.dlq")}
    assert found == set(range(3, number, 4))
    assert db.value("select count(*) from headrace.dead_letter") == number // 4
    # A clean stop and start repeats nothing.
    assert letters.stop() == 0
    before = kafka.end_offsets(f"{topic}.dlq")
    kafka.produce(topic, rows("t", [number + 3], v=lambda n: "bad"))
    letters.start()
    wait_rows(db, number // 4 + 1, pipeline, table="headrace.dead_letter")
    wait_until(lambda: unmarked(db) == 0, what="the last letter", give_up=letters.must_run)
    assert [json.loads(record.key)["id"] for record in
            kafka.consume(f"{topic}.dlq", start=before)] == [number + 3]


def test_a_transaction_that_comes_late(db, kafka, headrace, topic, store):
    """Its letters have lower ids than some that were forwarded before."""
    letters = headrace(forwarding(db, kafka, topic, follow="yes"))
    with db.connect(autocommit=False) as session:
        store(1, 10, session)
        store(11, 20)
        wait_until(lambda: db.value("select count(*) from headrace.dead_letter") == 0,
                   what="letters 11 to 20", give_up=letters.must_run)
    wait_until(lambda: len(keys_in(kafka, topic)) == 20, what="letters 1 to 10",
               give_up=letters.must_run)
    assert sorted(keys_in(kafka, topic)) == list(range(1, 21))
    assert db.value("select count(*) from headrace.dead_letter") == 0


def test_before_there_is_a_table(db, kafka, headrace, topic, request):
    """It waits for the first letter, and marks in a table that the sink has made."""
    letters = headrace(forwarding(db, kafka, topic, follow="yes", done="mark"))
    letters.wait_log("1 pipeline")
    request.getfixturevalue("store")(1, 3)
    wait_until(lambda: len(keys_in(kafka, topic)) == 3, what="letters", give_up=letters.must_run)
    assert letters.stop() == 0
    assert unmarked(db) == 0 and " error " not in letters.log.text()


def test_put_aside_anew(db, kafka, headrace, topic, store):
    """A letter that was tried again while it was on its way is another one, and comes too."""
    store(1, 4)
    sections = forwarding(db, kafka, topic, follow="yes")
    sections["letters.sink"] |= {"linger": "1s"}
    letters = headrace(sections)
    wait_until(lambda: f"{topic}.dlq" in kafka.topics(), what="the topic", give_up=letters.must_run)
    db.sql("update headrace.dead_letter set at = now(), reason = 'another' where \"offset\" = 2")
    wait_until(lambda: db.value("select count(*) from headrace.dead_letter") == 0, what="the end",
               give_up=letters.must_run)
    reasons = [(record.key, dict(record.headers)[f"{CONNECT}exception.message"])
               for record in kafka.consume(f"{topic}.dlq")]
    assert sorted(reasons) == [(b"1", b"why"), (b"2", b"another"), (b"2", b"why"), (b"3", b"why"),
                               (b"4", b"why")]


def test_forwarded_and_tried_again(db, kafka, headrace, topic):
    db.sql("create table t (id bigint, v varchar(1))")
    kafka.produce(topic, rows("t", range(3), v=lambda n: "xx"))
    pipeline = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter"))
    wait_until(lambda: pipeline.log.text().count("goes to the dead letters") == 3, what="letters")
    letters = headrace(forwarding(db, kafka, topic, follow="yes", done="mark"))
    kafka.wait_records(f"{topic}.dlq", 3, give_up=letters.must_run)
    db.sql("alter table t alter v type text")
    done = command("dlq", "-c", pipeline.config, "apply", "retry")
    assert done.stdout == "3 stored, 0 rejected again\n"
    assert letters.stop() == 0
    assert len(kafka.consume(f"{topic}.dlq")) == 3


# ---- what is refused

@pytest.mark.parametrize("keys, text", [
    ({"purpose": "retry", "done": "mark"}, "done = mark is for purpose = forward"),
    ({"purpose": "retry"}, "topic is for purpose = forward"),
    ({"follow": "yes", "ids": "1"}, "does not go with ids"),
    ({"poll_interval": "0"}, "poll_interval: at least 1ms")])
def test_keys_that_do_not_fit(db, folder, keys, text):
    class NoKafka:
        brokers = "127.0.0.1:9"
    (folder / "x.ini").write_text(ini(forwarding(db, NoKafka, "x", **keys)))
    done = command("check", "-c", folder / "x.ini")
    assert done.returncode == 78 and text in done.stderr


def test_a_role_that_does_not_own_the_table(db, kafka, headrace, topic, store):
    """It is said what the owner may run, and that is enough."""
    store(1, 3)
    role = f"forwarder_{db.name}"
    db.sql(f"create role {role} login; grant usage on schema headrace to {role}; "
           f"grant select, update on headrace.dead_letter to {role}")
    try:
        sections = forwarding(db, kafka, topic, done="mark", user=role)
        letters = headrace(sections)
        assert letters.wait() == 1
        needed = letters.log.wait("its owner may run this: (.*)$")[1]
        db.sql(needed)
        letters.start()
        assert letters.wait() == 0
        assert unmarked(db) == 0
    finally:
        db.sql(f"drop owned by {role}; drop role {role}")
