# SPDX-License-Identifier: Apache-2.0
"""sink-postgres: whatever the kind of table, the batches and the workers, the rows are those that one
event after the other would have left."""
import json
import random

import pytest

from harness.postgres_sink import event, to_postgres
from harness.waiting import count, wait_until

UNCHANGED = "__debezium_unavailable_value"
DEFAULTS = {"a": 7, "b": "none", "c": None}

TABLES = {
    "plain": "create table t (id int, part text, a int default 7, b text default 'none', "
             "c int[], primary key (id))",
    "two_columns": "create table t (id int, part text, a int default 7, b text default 'none', "
                   "c int[], primary key (part, id))",
    "serial": "create table t (id int primary key, part text, a int default 7, "
              "b text default 'none', c int[], other int references t)",
    "numeric_key": "create table t (id numeric primary key, part text, a int default 7, "
                   "b text default 'none', c int[])",
}
KEYS = {"two_columns": ("id", "part")}


def row_of(rng, number):
    return {"id": number, "part": f"part {number % 2}", "a": rng.choice([None, rng.randrange(99)]),
            "b": rng.choice([None, "", f"text {rng.randrange(99)}", "ü" * 300]),
            "c": rng.choice([None, [], [1, None, 3]])}


def events(rng, number):
    """(operation, id, row) with few ids, so that they meet in a batch."""
    for _ in range(number):
        row = row_of(rng, rng.randrange(6))
        operation = rng.choice("ccuuuppd")
        if operation == "p":  # an update that does not have all of the row
            for name in rng.sample(["a", "b", "c"], rng.randrange(1, 4)):
                del row[name]
            if "b" not in row and rng.random() < 0.5:
                row["b"] = UNCHANGED
        elif operation == "c" and rng.random() < 0.3:  # absent is not null
            del row[rng.choice(["a", "b", "c"])]
        yield operation, row


def record(operation, row, key, number=int):
    """`number`: how the row writes its id; 1.0 is the same key as 1 in a numeric column."""
    row_given = {**row, "id": number(row["id"])}
    if operation == "d":
        value = event("t", "d", before=row_given)[1]
    else:
        value = event("t", "u" if operation == "p" else operation, after=row_given)[1]
    return event("t", after=row, key=key)[0], value


def upsert(model, operation, row):
    given = {name: value for name, value in row.items() if value != UNCHANGED}
    number = row["id"]
    if operation == "d":
        model.pop(number, None)
    elif number in model:
        model[number].update(given)
    elif operation != "p":
        model[number] = {**DEFAULTS, **given}


def replicate(model, operation, row):
    number = row["id"]
    if operation in "up" and number in model or operation == "c" and number not in model or \
            operation == "d":
        upsert(model, operation, row)


MODELS = {"upsert": upsert, "replicate": replicate}


@pytest.mark.parametrize("mode", MODELS)
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("workers, batch_rows", [(1, 1000000), (3, 40), (4, 7)])
def test_equal_to_a_serial_model(db, kafka, headrace, topic, mode, table, workers, batch_rows):
    db.sql(TABLES[table])
    start = db.cluster.log.size()
    rng = random.Random(f"{mode} {table} {workers}")
    sent = list(events(rng, count(400, 20000)))
    model = {}
    for operation, row in sent:
        MODELS[mode](model, operation, row)
    kafka.create_topic(topic, partitions=3)
    key = KEYS.get(table, ("id",))
    numbers = [int, float] if table == "numeric_key" else [int]
    kafka.produce(topic, [record(*one, key, rng.choice(numbers)) for one in sent])
    # The last one of each partition tells that all is done.
    program = headrace(to_postgres(kafka, topic, db.conninfo(), insert_mode=mode, workers=workers,
                                   batch_rows=batch_rows, batch_ms="200ms"))
    wait_until(lambda: done(db, len(sent)), 60, "all events stored", give_up=program.must_run)
    assert program.stop() == 0
    found = db.sql("select json_build_object('id', id, 'part', part, 'a', a, 'b', b, 'c', c)::text "
                   "from t order by id")
    assert [json.loads(row) for row, in found] == [model[number] for number in sorted(model)]
    assert "ERROR" not in db.cluster.log.text(start)  # else it was one by one that made it right


def test_tables_that_refer_to_each_other_have_one_writer(db, kafka, headrace, topic):
    """Whatever their keys: a parent in another transaction would come too late, or go too soon."""
    db.sql("create table parent (id int primary key, v text)")
    db.sql("create table child (id int primary key, parent int references parent)")
    start = db.cluster.log.size()
    sent = []
    for number in range(300):
        sent += [event("parent", after={"id": number, "v": "first"}),
                 event("child", after={"id": 7 * number, "parent": number}),
                 event("parent", "u", after={"id": number, "v": "second"})]
        if number % 3 == 0:
            sent += [event("child", "d", before={"id": 7 * number}),
                     event("parent", "d", before={"id": number})]
    kafka.produce(topic, sent)
    program = headrace(to_postgres(kafka, topic, db.conninfo(), insert_mode="upsert", workers=4,
                                   batch_rows=100))
    wait_until(lambda: done(db, len(sent)), 60, "all events stored", give_up=program.must_run)
    assert program.stop() == 0
    assert db.value("select count(*) from parent where v = 'second'") == 200
    assert db.value("select count(*) from child") == 200
    assert "ERROR" not in db.cluster.log.text(start)


def done(db, number):
    if not db.value("select to_regclass('headrace.sink_offset') is not null"):
        return False
    return db.value("select coalesce(sum(n), 0)::int from (select min(next_offset) n from "
                    "headrace.sink_offset where part <> '' group by part) p") == number


def test_events_may_lack_any_of_their_columns(db, kafka, headrace, topic):
    """More sets of columns in a batch than statements are kept: each is one of its own."""
    names = [f"c{n}" for n in range(12)]
    db.sql(f"create table t (id int primary key, {', '.join(f'{n} int default -1' for n in names)})")
    rng = random.Random(5)
    model = {}
    sent = []
    for number in range(count(2000, 20000)):
        given = {name: number for name in names if rng.random() < 0.5}
        number = rng.randrange(1500)
        model[number] = {**model.get(number, {**dict.fromkeys(names, -1)}), **given}
        sent.append(event("t", after={"id": number, **given}))
    kafka.produce(topic, sent)
    program = headrace(to_postgres(kafka, topic, db.conninfo(), insert_mode="upsert",
                                   batch_ms="500ms"))
    wait_until(lambda: done(db, len(sent)), 60, "all events stored", give_up=program.must_run)
    assert program.stop() == 0
    found = db.sql(f"select id, {', '.join(names)} from t order by id")
    assert found == [(number, *model[number].values()) for number in sorted(model)]
