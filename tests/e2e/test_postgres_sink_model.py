# SPDX-License-Identifier: Apache-2.0
"""Whatever the batches and however many writers: the table is what one writer would have made.

Random strings of inserts, updates, updates without a large value, and deletes over few keys.
"""
import json
import random

import confluent_kafka
import pytest

from harness.waiting import count, wait_until

KEYS = 7
UNAVAILABLE = "__debezium_unavailable_value"
COLUMNS = "id int primary key, n int, small text, large text"


def random_events(seed, length):
    """(key, envelope or None) as Debezium would send them: a tombstone behind each delete."""
    dice = random.Random(seed)
    for number in range(length):
        key = dice.randrange(KEYS)
        row = {"id": key, "n": number, "small": dice.choice(["", "ä", "x" * 40, None]),
               "large": dice.choice([None, f"large {number}"])}
        operation = dice.choices("crupd", [2, 1, 4, 5, 2])[0]
        if operation == "d":
            yield key, {"op": "d", "before": {"id": key}, "after": None}
            yield key, None
        elif operation == "p":
            yield key, {"op": "u", "before": None, "after": {**row, "large": UNAVAILABLE}}
        else:
            yield key, {"op": operation, "before": None, "after": row}


def serially(events, insert_mode):
    """What one after the other makes of them."""
    table = {}
    for key, event in events:
        if event is None or event["op"] == "d":
            table.pop(key, None)
            continue
        row, there = event["after"], key in table
        partial = row["large"] == UNAVAILABLE
        update = event["op"] == "u" and insert_mode == "replicate" or insert_mode == "update"
        if there and insert_mode == "replicate" and event["op"] != "u":
            continue
        if there and partial:
            table[key] = {**row, "large": table[key]["large"]}
        elif (there or not update) and not partial:
            table[key] = row
    return sorted(tuple(row.values()) for row in table.values())


def produce(kafka, topic, events):
    # In order: without idempotence what a new leader refuses at first comes behind the next.
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers, "linger.ms": 5,
                                         "enable.idempotence": True})
    source = {"db": "d", "schema": "public", "table": "t"}
    for key, event in events:
        value = None if event is None else json.dumps({**event, "source": source})
        producer.produce(topic, key=json.dumps({"id": key}), value=value,
                         partition=hash(key) % 3)
    assert producer.flush(60) == 0


def pipeline(name, db, kafka, topic, **sink):
    return {name: {"source": "kafka", "codec": "json", "sink": "postgres", "checkpoint": "sink"},
            f"{name}.source": {"brokers": kafka.brokers, "group": f"{topic}-{name}",
                               "topics": topic, "start": "earliest"},
            f"{name}.codec": {"format": "debezium"},
            f"{name}.sink": {"conninfo": db.conninfo(), "table": name, **sink}}


def read_up_to(db, name):
    """Of all partitions together, as far as every writer has it."""
    return db.value("select coalesce(sum(next), 0)::int from (select min(next_offset) as next "
                    "from headrace.sink_offset where pipeline = %s and part <> '' group by part) p",
                    [name])


WAYS = [{"insert_mode": mode, "batch_rows": rows, "workers": workers}
        for mode, rows, workers in [("upsert", 1, 1), ("upsert", 3, 2), ("upsert", 17, 1),
                                    ("upsert", 1000, 4), ("upsert", 100000, 1),
                                    ("replicate", 2, 1), ("replicate", 500, 3),
                                    ("update", 50, 2)]]


@pytest.mark.parametrize("seed", range(count(2, 30)))
def test_as_one_after_the_other(db, kafka, headrace, topic, seed):
    kafka.create_topic(topic, partitions=3)
    events = list(random_events(seed, 1500))
    produce(kafka, topic, events)
    sections = {}
    for number, way in enumerate(WAYS):
        db.sql(f"create table w{number} ({COLUMNS})")
        if way["insert_mode"] == "update":
            db.sql(f"insert into w{number} values (1, -1, 'there', 'before')")
        sections.update(pipeline(f"w{number}", db, kafka, topic, **way))
    program = headrace(sections)
    wait_until(lambda: db.value("select to_regclass('headrace.sink_offset') is not null"), 30,
               "the offsets' table", give_up=program.must_run)
    for number, way in enumerate(WAYS):
        wait_until(lambda name=f"w{number}": read_up_to(db, name) == len(events), 60, str(way),
                   give_up=program.must_run)
        found = db.sql(f"select id, n, small, large from w{number} order by id")
        if way["insert_mode"] == "update":
            continue
        assert found == serially(events, way["insert_mode"]), way
    assert program.stop() == 0


def test_the_model_sees_a_difference():
    """The oracle itself: order and presence matter in it."""
    events = [(1, {"op": "c", "after": {"id": 1, "n": 0, "small": "", "large": "old"}}),
              (1, {"op": "u", "after": {"id": 1, "n": 1, "small": "", "large": UNAVAILABLE}})]
    assert serially(events, "upsert") == [(1, 1, "", "old")]
    assert serially(events[::-1], "upsert") == [(1, 0, "", "old")]
    assert serially([*events, (1, None)], "upsert") == []
