# SPDX-License-Identifier: Apache-2.0
"""transaction_metadata = yes and heartbeats beside Debezium's provide.transaction.metadata and
heartbeat.interval.ms: the same records, byte by byte but for what docs/debezium-compatibility.md
says of them."""
import concurrent.futures
import json
import re

import pytest

from debezium_compare import compare, outline
from harness.program import Headrace
from harness.waiting import wait_until
from test_debezium_parity import SCHEMAS

TABLES = """
create table a (id int primary key, v text);
create table "b.O" (id int primary key, v text);
create table c (id int primary key);
"""
TRANSACTIONS = [
    ["insert into a values (10, '1'), (11, '2')", "insert into \"b.O\" values (10, '1')",
     "update a set id = 12 where id = 10", "delete from a where id = 11",
     "select pg_logical_emit_message(true, 'in', 'c')",
     "select pg_logical_emit_message(false, 'beside', 'd')", "update a set v = 'x'",
     "truncate \"b.O\""],
    ["insert into a values (20, '1')"],
    ["select pg_logical_emit_message(true, 'alone', 'c')"],
    ["select pg_logical_emit_message(false, 'outside', 'c')"],
    ["delete from a where id = 20", "update a set id = 13 where id = 12"],
    ["create table d (id int primary key)"],
    ["insert into c select generate_series(1, 5000)", "insert into a values (99, 'last')"],
]
RUNS = {
    "plain": ({"skipped.operations": "none"}, {"skipped_operations": "none"}),
    "schemas": ({"skipped.operations": "t,d", **SCHEMAS},
                {"skipped_operations": "t, d", "schemas": "yes"}),
}
# Debezium names the messages of a transaction by the address of a Java object.
MESSAGES = rb'"io\.debezium[^"]*LogicalDecodingMessageId@[0-9a-f]+"'


@pytest.fixture(scope="module")
def streams(postgres, kafka, debezium, session_folder):
    """{run: {topic: (Debezium's records, headrace's)}}"""
    db = postgres.create_database()
    folder = session_folder / "debezium-metadata"
    folder.mkdir()
    db.psql(TABLES)
    db.sql("create publication metadata for all tables")
    program = Headrace(folder, "metadata", sections(db, kafka)).start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        connectors = list(pool.map(lambda run: debezium.connector(
            db, f"{db.name}-{run}", publication_name="metadata",
            publication_autocreate_mode="disabled",
            properties={"provide.transaction.metadata": "true", "heartbeat.interval.ms": "300",
                        **RUNS[run][0]}), RUNS))
    for run in RUNS:
        db.wait_streaming(f"metadata_{db.name}_{run}", program)
    for statements in TRANSACTIONS:
        with db.connect() as connection, connection.transaction():
            for statement in statements:
                connection.execute(statement)
    yield {run: records_of(db, kafka, run, program) for run in RUNS}
    for connector in connectors:
        connector.stop()
    program.finish()
    db.drop()


def sections(db, kafka):
    parts = {}
    for run, (_, codec) in RUNS.items():
        parts |= {
            run: {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
            f"{run}.source": {"conninfo": db.conninfo(), "slot": f"metadata_{db.name}_{run}",
                              "slot_create": "yes", "publication": "metadata", "messages": "yes",
                              "heartbeat_interval": "300ms"},
            f"{run}.codec": {"prefix": f"{db.name}-{run}", "transaction_metadata": "yes", **codec},
            f"{run}.sink": {"brokers": kafka.brokers, "prefix": f"headrace-{db.name}-{run}",
                            "topics": f"__debezium-heartbeat.{db.name}-{run} = "
                                      f"__heartbeat.{db.name}-{run}"}}
    return parts


def last_end(records):
    return records and b'"event_count":5001' in records[-1].value


def records_of(db, kafka, run, program):
    prefixes = f"{db.name}-{run}", f"headrace-{db.name}-{run}"
    for prefix in prefixes:
        wait_until(lambda prefix=prefix: last_end(kafka.consume(f"{prefix}.transaction")), 60,
                   f"the end of the last transaction in {prefix}", give_up=program.must_run)
    names = {name.partition(".")[2] for name in kafka.topics()
             if name.partition(".")[0] in prefixes}
    pairs = {name: tuple(f"{prefix}.{name}" for prefix in prefixes) for name in names}
    pairs["heartbeat"] = (f"__debezium-heartbeat.{prefixes[0]}", f"__heartbeat.{prefixes[0]}")
    for topic in pairs["heartbeat"]:
        wait_until(lambda topic=topic: len(kafka.consume(topic)) > 2, 30, f"heartbeats in {topic}")
    return {name: tuple(map(kafka.consume, pair)) for name, pair in pairs.items()}


def comparable(value):
    """The record of an end with its tables in one order: Debezium has that of a Java hash map."""
    value = re.sub(MESSAGES, b'"message"', value)
    found = re.search(rb'"data_collections":(\[\{.*?\}\])', value[value.find(b'"status":'):])
    if not found:
        return value
    tables = sorted(json.loads(found.group(1)), key=lambda table: table["data_collection"])
    return value.replace(found.group(1), json.dumps(tables).encode())


@pytest.mark.parametrize("run", RUNS)
def test_beginnings_and_ends(streams, run):
    theirs, ours = streams[run]["transaction"]
    assert len(ours) >= 10
    assert [(record.key, comparable(record.value)) for record in ours] == \
        [(record.key, comparable(record.value)) for record in theirs]
    assert all(record.headers == [] for record in ours)


@pytest.mark.parametrize("run", RUNS)
def test_each_record_tells_its_transaction(streams, run):
    blocks = 0
    for name, (theirs, ours) in streams[run].items():
        if name in ("transaction", "heartbeat"):
            continue
        assert outline(theirs) == outline(ours), name
        for (table, _), one, other in zip(outline(theirs), theirs, ours):
            assert compare(run, table, one, other)[0] == []
            blocks += b'"total_order":' in (other.value or b"")
    assert blocks > 5000


@pytest.mark.parametrize("run", RUNS)
def test_heartbeats(streams, run):
    def without_time(records):
        return {(record.key, re.sub(rb'"ts_ms":\d+', b"", record.value), str(record.headers))
                for record in records}
    theirs, ours = streams[run]["heartbeat"]
    assert without_time(theirs) == without_time(ours)
