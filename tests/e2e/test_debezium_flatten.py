# SPDX-License-Identifier: Apache-2.0
"""Beside Debezium's ExtractNewRecordState on the same WAL: filter flatten behind codec json, codec
json with format = flat and, with Apicurio's Avro converter there, codec avro with format = flat: the
same bytes, or the same schemas and data."""
import concurrent.futures
import json
import re

import pytest

from harness import avro
from harness.program import Headrace
from harness.waiting import wait_until
from test_avro_debezium import ADJUSTED, converter, differences
from test_debezium_parity import SCHEMAS

TABLE = "create table a (id int primary key, name text, total numeric(10,2), at timestamptz)"
STATEMENTS = [
    "insert into a values (1, 'Ada \"x\"', 12.50, '2026-01-31 04:05:06.5+00'), (2, null, null, null)",
    "update a set name = 'Bob' where id = 1", "update a set id = 3 where id = 2",
    "truncate a", "insert into a values (4, 'x')", "alter table a replica identity full",
    "delete from a where id = 4", "insert into a values (5, 'y')",
    "alter table a replica identity default", "delete from a where id = 5",
    "insert into a values (99)"]
# Debezium's settings, headrace's filter or codec with format = flat, headrace's codec
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
EVERYTHING = ({"delete.tombstone.handling.mode": "rewrite-with-tombstone",
               "add.fields": "op,table,lsn,source.ts_ms,source.ts_us,db:database,transaction.id,ts_ms,"
                             "source.sequence",
               "add.headers": "op,source.lsn,source.txId"},
              {"deletes": "rewrite-with-tombstone", "add_headers": "op, source.lsn, source.txId",
               "add_fields": "op, table, lsn, source.ts_ms, source.ts_us, db:database, "
                             "transaction.id, ts_ms, source.sequence"})
AVRO = {"avro": ({"add.headers": "op,source.lsn"}, {"add_headers": "op, source.lsn"}), "avro-all": EVERYTHING,
        "avro-to": ({"delete.tombstone.handling.mode": "delete-to-tombstone",
                     "add.headers": "op"},
                    {"deletes": "delete-to-tombstone", "add_headers": "op"})}
SMT = "io.debezium.transforms.ExtractNewRecordState"


def slot(db, name):
    return f"flatten_{db.name}_{name.replace('-', '_')}"


def pipeline(db, kafka, name, run, **parts):
    """One that writes to headrace-DATABASE-NAME.public.a what Debezium writes to DATABASE-RUN…"""
    codec = parts.pop("codec")
    return {name: {"source": "pgoutput", "sink": "kafka", "checkpoint": "none", **parts["pipeline"]},
            f"{name}.source": {"conninfo": db.conninfo(), "slot": slot(db, name),
                               "slot_create": "yes", "publication": "flatten"},
            f"{name}.filter.flatten": parts.get("filter", {}),
            f"{name}.codec": {"prefix": f"{db.name}-{run}", "skipped_operations": "none", **codec},
            f"{name}.sink": {"brokers": kafka.brokers, "prefix": f"headrace-{db.name}-{name}"}}


def sections(db, kafka, registry):
    parts = {}
    for run, (_, flatten, codec) in RUNS.items():
        parts |= pipeline(db, kafka, run, run, codec=codec, filter=flatten,
                          pipeline={"codec": "json", "filters": "flatten"})
        parts |= pipeline(db, kafka, f"{run}-flat", run, pipeline={"codec": "json"},
                          codec={"format": "flat", **codec, **flatten})
    for run, (_, flatten) in AVRO.items():
        parts |= pipeline(db, kafka, run, run, pipeline={"codec": "avro"}, codec={
            "format": "flat", "registry": registry.url,
            "topic": f"headrace-{db.name}-{run}.{{schema}}.{{table}}", **flatten})
    return {name: part for name, part in parts.items() if part}


@pytest.fixture(scope="module")
def streams(postgres, kafka, debezium, registry, session_folder):
    """{pipeline: (Debezium's records, headrace's)}"""
    db = postgres.create_database()
    folder = session_folder / "debezium-flatten"
    folder.mkdir()
    db.psql(TABLE)
    db.sql("create publication flatten for all tables")
    program = Headrace(folder, "flatten", sections(db, kafka, registry)).start()
    runs = {run: (settings, SCHEMAS if "schemas" in codec else {})
            for run, (settings, _, codec) in RUNS.items()}
    runs |= {run: (settings, {**ADJUSTED, **converter(registry)})
             for run, (settings, _) in AVRO.items()}

    def connector(run):
        smt, others = runs[run]
        settings = {f"transforms.unwrap.{key}": value for key, value in smt.items()}
        return debezium.connector(
            db, f"{db.name}-{run}", publication_name="flatten",
            publication_autocreate_mode="disabled",
            properties={"skipped.operations": "none", "transforms": "unwrap",
                        "transforms.unwrap.type": SMT, **settings, **others})
    with concurrent.futures.ThreadPoolExecutor() as pool:
        connectors = list(pool.map(connector, runs))
    names = {**{run: run for run in runs}, **{f"{run}-flat": run for run in RUNS}}
    for name in names:
        db.wait_streaming(slot(db, name), program)
    for statement in STATEMENTS:
        db.sql(statement)
    found = {name: tuple(records(kafka, registry, f"{topic}.public.a", program)
                         for topic in (f"{db.name}-{run}", f"headrace-{db.name}-{name}"))
             for name, run in names.items()}
    found["schemas of"] = {run: tuple(
        [registry.latest(f"{prefix}{db.name}-{run}.public.a-{side}")["schema"]
         for side in ("key", "value")] for prefix in ("", "headrace-")) for run in AVRO}
    yield found
    for one in connectors:
        one.stop()
    program.finish()
    db.drop()


def records(kafka, registry, topic, program):
    """Of Avro, as JSON."""
    read = avro.reader_of(registry)

    def text(data):
        return data and (json.dumps(read(data), default=repr).encode() if data[:1] == b"\0" else data)

    def found():
        made = [record._replace(key=text(record.key), value=text(record.value))
                for record in kafka.consume(topic)]
        return made if made and re.search(rb'"id": ?99', made[-1].value or b"") else None
    return wait_until(found, 60, f"the last row in {topic}", give_up=program.must_run)


CLOCK = re.compile(rb'"__ts_ms": \d+')  # when each of both programs saw the change


@pytest.mark.parametrize("name", [*RUNS, *(f"{run}-flat" for run in RUNS), *AVRO])
def test_the_same(streams, name):
    theirs, ours = streams[name]
    assert len(ours) >= 6
    for one, other in zip(theirs, ours):
        # Connect's JsonConverter makes the text null of a delete's empty value, which is no
        # tombstone for Kafka; headrace's is one.
        assert CLOCK.sub(b"", other.value or b"") == \
            CLOCK.sub(b"", b"" if one.value == b"null" else one.value or b"")
        assert other.key == one.key
        # Debezium says "d" a second time in a tombstone's headers where it passes the delete, too.
        assert other.headers == list(dict.fromkeys(one.headers))
    assert len(ours) == len(theirs)


@pytest.mark.parametrize("run", AVRO)
def test_the_same_schemas(streams, run):
    theirs, ours = streams["schemas of"][run]
    assert list(differences(theirs, ours)) == []


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
    assert b'"__deleted": "true"' in b"".join(
        record.value or b"" for record in streams["avro-all"][1])
