# SPDX-License-Identifier: Apache-2.0
"""filter flatten beside Debezium's ExtractNewRecordState on the same WAL: the same bytes."""
import concurrent.futures
import re

import pytest

from harness.program import Headrace
from harness.waiting import wait_until
from test_debezium_parity import SCHEMAS

TABLE = "create table a (id int primary key, name text, total numeric(10,2), at timestamptz)"
STATEMENTS = [
    "insert into a values (1, 'Ada \"x\"', 12.50, '2026-01-31 04:05:06.5+00'), (2, null, null, null)",
    "update a set name = 'Bob' where id = 1", "update a set id = 3 where id = 2",
    "truncate a", "insert into a values (4, 'x')", "alter table a replica identity full",
    "delete from a where id = 4", "insert into a values (5, 'y')",
    "alter table a replica identity default", "delete from a where id = 5",
    "insert into a values (99)"]
# Debezium's settings, headrace's filter, headrace's codec
RUNS = {
    "default": ({}, {}, {}),
    "rewrite": ({"delete.tombstone.handling.mode": "rewrite-with-tombstone",
                 "add.fields": "op,table,lsn,source.ts_ms,db:database,transaction.id"},
                {"deletes": "rewrite-with-tombstone",
                 "add_fields": "op, table, lsn, source.ts_ms, db:database, transaction.id"}, {}),
    "schemas": ({"delete.tombstone.handling.mode": "rewrite", "add.headers": "op,source.ts_ms",
                 "add.fields": "op,source.schema,source.ts_ms,db,xmin",
                 "add.fields.prefix": "m_"},
                {"deletes": "rewrite", "add_headers": "op, source.ts_ms",
                 "add_fields": "op, source.schema, source.ts_ms, db, xmin",
                 "add_fields_prefix": "m_"}, {"schemas": "yes"}),
    "to": ({"delete.tombstone.handling.mode": "delete-to-tombstone"},
           {"deletes": "delete-to-tombstone"}, {}),
    "drop": ({"delete.tombstone.handling.mode": "drop"}, {"deletes": "drop"}, {}),
}
SMT = "io.debezium.transforms.ExtractNewRecordState"


def sections(db, kafka):
    parts = {}
    for run, (_, flatten, codec) in RUNS.items():
        parts |= {
            run: {"source": "pgoutput", "codec": "json", "filters": "flatten", "sink": "kafka",
                  "checkpoint": "none"},
            f"{run}.source": {"conninfo": db.conninfo(), "slot": f"flatten_{db.name}_{run}",
                              "slot_create": "yes", "publication": "flatten"},
            f"{run}.filter.flatten": flatten,
            f"{run}.codec": {"prefix": f"{db.name}-{run}", "skipped_operations": "none", **codec},
            f"{run}.sink": {"brokers": kafka.brokers, "prefix": f"headrace-{db.name}-{run}"}}
    return parts


@pytest.fixture(scope="module")
def streams(postgres, kafka, debezium, session_folder):
    """{run: (Debezium's records, headrace's)}"""
    db = postgres.create_database()
    folder = session_folder / "debezium-flatten"
    folder.mkdir()
    db.psql(TABLE)
    db.sql("create publication flatten for all tables")
    program = Headrace(folder, "flatten", sections(db, kafka)).start()

    def connector(run):
        settings = {f"transforms.unwrap.{key}": value for key, value in RUNS[run][0].items()}
        return debezium.connector(
            db, f"{db.name}-{run}", publication_name="flatten",
            publication_autocreate_mode="disabled",
            properties={"skipped.operations": "none", "transforms": "unwrap",
                        "transforms.unwrap.type": SMT, **settings,
                        **(SCHEMAS if "schemas" in RUNS[run][2] else {})})
    with concurrent.futures.ThreadPoolExecutor() as pool:
        connectors = list(pool.map(connector, RUNS))
    for run in RUNS:
        db.wait_streaming(f"flatten_{db.name}_{run}", program)
    for statement in STATEMENTS:
        db.sql(statement)
    yield {run: tuple(records(kafka, f"{prefix}{db.name}-{run}.public.a", program)
                      for prefix in ("", "headrace-")) for run in RUNS}
    for one in connectors:
        one.stop()
    program.finish()
    db.drop()


def records(kafka, topic, program):
    def found():
        read = kafka.consume(topic)
        return read if read and b'"id":99' in (read[-1].value or b"") else None
    return wait_until(found, 60, f"the last row in {topic}", give_up=program.must_run)


@pytest.mark.parametrize("run", RUNS)
def test_the_same_bytes(streams, run):
    theirs, ours = streams[run]
    assert len(ours) >= 6
    for one, other in zip(theirs, ours):
        # Connect's JsonConverter makes the text null of a delete's empty value, which is no
        # tombstone for Kafka; headrace's is one.
        assert other.value == (None if one.value == b"null" else one.value)
        assert other.key == one.key
        assert other.headers == one.headers
    assert len(ours) == len(theirs)


def test_what_is_in_them(streams):
    """So that nobody has to trust that both are not wrong in the same way."""
    values = [record.value and re.sub(rb'"__(lsn|source_ts_ms)":\d+', b'"__\\1":0', record.value)
              for record in streams["rewrite"][1]]
    assert values[0].startswith(b'{"id":1,"name":"Ada \\"x\\"","total":"BOI="')
    assert b'"__deleted":"false","__op":"c","__table":"a","__lsn":0,"__source_ts_ms":0' in values[0]
    assert any(value and b'{"id":5,"name":null' in value and b'"__deleted":"true"' in value
               for value in values)
    assert None in values
    assert [dict(record.headers).get("__op") for record in streams["schemas"][1]][:2] == [b"c", b"c"]
