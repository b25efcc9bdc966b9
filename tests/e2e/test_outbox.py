# SPDX-License-Identifier: Apache-2.0
"""The transactional outbox, conf/outbox.ini: what Debezium's EventRouter makes of the same table,
and each event once whatever crashes."""
import json
import random
import threading
import uuid

import pytest

from harness import places
from harness.waiting import count, wait_until

TABLE = ("create table outbox (id uuid primary key, aggregatetype text not null, "
         "aggregateid text not null, type text not null, payload jsonb)")
INSERT = "insert into outbox values (%s, %s, %s, %s, %s)"
STRING = "org.apache.kafka.connect.storage.StringConverter"
ROUTER = {
    "transforms": "outbox",
    "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
    "transforms.outbox.route.topic.replacement": "debezium.event.${routedByValue}",
    "transforms.outbox.table.fields.additional.placement": "type:header:eventType",
    "key.converter": STRING, "value.converter": STRING,
}


@pytest.fixture
def outbox(db, kafka, headrace):
    """(start(), aggregate): conf/outbox.ini on the table, and a type that no other test has."""
    db.sql(TABLE)
    variables = {"PG_HOST": db.host, "PG_PORT": str(db.port), "PG_DATABASE": db.name,
                 "PG_USERNAME": db.user, "PG_PASSWORD": "unused", "KAFKA_BROKERS": kafka.brokers}
    text = (places.TREE / "conf" / "outbox.ini").read_text()
    # The name of a producer is the cluster's.
    text += f"\ntransactional_id = outbox-{db.name}\n"

    def start():
        program = headrace(text, variables)
        db.wait_streaming("outbox", program)
        return program
    return start, f"order-{db.name}"


def test_like_the_event_router(db, kafka, debezium, outbox):
    start, aggregate = outbox
    program = start()
    connector = debezium.connector(db, db.name, publication_name="outbox",
                                   publication_autocreate_mode="disabled", properties=ROUTER)
    payloads = ['{"a":  [1, 2.50, "x\\"é"], "b": null}', "{}", "[]", '"text"', "12.3400", None, "{}"]
    with db.connect() as connection:
        for number, payload in enumerate(payloads):
            with connection.transaction():
                connection.execute(INSERT, (uuid.uuid4(), aggregate, f"o{number % 3}",
                                            f"Made{number}", payload))
                if number == 1:
                    connection.execute("update outbox set type = 'Changed'")
                connection.execute("delete from outbox")
    ours = kafka.wait_records(f"outbox.event.{aggregate}", len(payloads), 60, program.must_run)
    theirs = kafka.wait_records(f"debezium.event.{aggregate}", len(payloads), 60)
    assert [(one.key, one.value, one.headers) for one in ours] == \
        [(one.key, one.value, [header for header in one.headers
                               if not header[0].startswith("__debezium.context.")])
         for one in theirs]
    assert ours[0].value == '{"a": [1, 2.50, "x\\"é"], "b": null}'.encode()
    assert [name for name, _ in ours[0].headers] == ["id", "eventType"]
    assert "public.outbox: rows were changed, of which there are no records" in program.log.text()
    connector.stop()


def test_without_a_table(db, kafka, outbox):
    start, aggregate = outbox
    program = start()

    def emit(prefix, **event):
        db.sql("select pg_logical_emit_message(true, %s, %s)", [prefix, json.dumps(event)])
    event = {"id": "e1", "aggregatetype": aggregate, "aggregateid": 7, "type": "Made",
             "payload": {"total": 1}}
    emit("other", **event)
    emit("outbox", **event)
    found = kafka.wait_records(f"outbox.event.{aggregate}", 1, give_up=program.must_run)
    assert [(one.key, one.value, one.headers) for one in found] == [
        (b"7", b'{"total": 1}', [("id", b"e1"), ("eventType", b"Made")])]
    emit("outbox", id="e2")
    program.wait_log("logical message: there is no column \"aggregatetype\", which `topic` names")
    assert program.wait() != 0


def test_killed_while_events_come(db, kafka, outbox):
    """Four writers, each with an order of its own; some transactions are rolled back."""
    start, aggregate = outbox
    program = start()
    stop, counts = threading.Event(), [0] * 4

    def write(number):
        with db.connect() as connection:
            while not stop.wait(0.001):
                rollback = random.random() < 0.1
                events = random.randint(1, 5)
                with connection.transaction(force_rollback=rollback):
                    for event in range(events):
                        connection.execute(INSERT, (
                            uuid.uuid4(), aggregate, str(number), "Made",
                            json.dumps(-1 if rollback else counts[number] + event)))
                    connection.execute("delete from outbox where aggregateid = %s", [str(number)])
                if not rollback:
                    counts[number] += events
    writers = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(count(5, 50)):
        program.live(random.uniform(0.1, 1))
        program.kill9()
        program.start()
    stop.set()
    for writer in writers:
        writer.join()
    topic = f"outbox.event.{aggregate}"

    def arrived():
        found = {str(number).encode(): [] for number in range(4)}
        for record in kafka.consume(topic):
            found[record.key].append(int(record.value))
        return found if sum(map(len, found.values())) >= sum(counts) else None
    found = wait_until(arrived, 60, "all events", give_up=program.must_run)
    assert found == {str(number).encode(): list(range(counts[number])) for number in range(4)}
    assert min(counts) > 20


EVENTS = ("create table events (id uuid primary key, aggregatetype text not null, "
          "aggregateid text, type text, payload bytea, part int, happened timestamp)")
# Debezium's placements and value converter, headrace's codec
MORE = {
    "bytes": ("type:header:eventType,part:partition",
              "org.apache.kafka.connect.converters.ByteArrayConverter",
              {"value": "payload", "headers": "id = id, eventType = type"}),
    "envelope": ("type:envelope:eventType,part:envelope,aggregateid:header:of,part:partition",
                 "org.apache.kafka.connect.json.JsonConverter",
                 {"envelope": "payload = payload, eventType = type, part = part",
                  "headers": "id = id, of = aggregateid"}),
}


def more_sections(db, kafka, run):
    return {
        run: {"source": "pgoutput", "codec": "columns", "sink": "kafka", "checkpoint": "none"},
        f"{run}.source": {"conninfo": db.conninfo(), "slot": f"{run}_{db.name}",
                          "slot_create": "yes", "publication": "events"},
        f"{run}.codec": {"topic": f"ours.{run}.{{aggregatetype}}", "key": "aggregateid",
                         "partition": "part", "timestamp": "happened", **MORE[run][2]},
        f"{run}.sink": {"brokers": kafka.brokers, "topic": "{topic}"}}


def more_router(run):
    placement, converter, _ = MORE[run]
    return {**ROUTER, "value.converter": converter, "value.converter.schemas.enable": "false",
            "transforms.outbox.route.topic.replacement": f"theirs.{run}.${{routedByValue}}",
            "transforms.outbox.table.field.event.timestamp": "happened",
            "transforms.outbox.table.fields.additional.placement": placement}


def test_other_placements_like_the_event_router(db, kafka, debezium, headrace):
    """Bytes as they are, an object with more columns in it, partitions and timestamps."""
    db.sql(EVENTS)
    db.sql("create publication events for table events")
    for run in MORE:
        for whose in ("ours", "theirs"):
            kafka.create_topic(f"{whose}.{run}.{db.name}", 3)
    program = headrace({name: keys for run in MORE
                        for name, keys in more_sections(db, kafka, run).items()})
    connectors = [debezium.connector(db, f"{db.name}-{run}", publication_name="events",
                                     publication_autocreate_mode="disabled",
                                     properties=more_router(run)) for run in MORE]
    for run in MORE:
        db.wait_streaming(f"{run}_{db.name}", program)
    payloads = [b"\xff\x00\x01", b"", b"{}", None, b"x" * 3000]
    for number, payload in enumerate(payloads):
        db.sql("insert into events values (%s, %s, %s, %s, %s, %s, %s)",
               [uuid.uuid4(), db.name, f"o{number}", f"Made \"{number}\"", payload, number % 3,
                "2020-09-13 12:26:40.000999"])

    def parts(record):
        return (record.partition, record.key, record.value, record.timestamp,
                [pair for pair in record.headers if not pair[0].startswith("__debezium.context.")])
    for run in MORE:
        ours, theirs = (kafka.wait_records(f"{whose}.{run}.{db.name}", len(payloads), 60,
                                           program.must_run) for whose in ("ours", "theirs"))
        assert list(map(parts, ours)) == list(map(parts, theirs))
        assert ours[0].timestamp == 1600000000000
    for one in connectors:
        one.stop()
