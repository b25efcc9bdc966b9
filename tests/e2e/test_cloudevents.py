# SPDX-License-Identifier: Apache-2.0
"""format=cloudevents: a real Debezium with its CloudEventsConverter and headrace stream the same
changes; attributes and data of every record are compared, and headrace reads both back."""
import concurrent.futures
import json
import pathlib
import re

import pytest

import debezium_json
from debezium_compare import compare, outline
from harness import places
from harness.postgres_sink import to_tables
from harness.program import Headrace
from harness.waiting import wait_until

HERE = pathlib.Path(__file__).parent
SCHEMA = (HERE / "debezium_schema.sql").read_text(encoding="utf-8")
CHANGES = (HERE / "debezium_changes.sql").read_text(encoding="utf-8")
LAST = b"the last row of all"
LEFT = """
    insert into users(id, name, created_on) values (900, 'Ada', '2026-11-21 01:02:03.456+00');
    insert into id_full values (900, 'a', 1), (901, 'b', 2), (902, 'c', 3);
    update id_full set id = 903 where id = 901;
    update id_full set a = 'd' where id = 902;
    delete from id_full where id = 900"""

KEY = "org.apache.kafka.connect.json.JsonConverter"
CLOUDEVENTS = {"value.converter": "io.debezium.converters.CloudEventsConverter",
               "value.converter.serializer.type": "json",
               "value.converter.data.serializer.type": "json"}
# In Debezium's words and in headrace's.
RUNS = {
    "plain": ({"value.converter.json.schemas.enable": "false", "skipped.operations": "none",
               "provide.transaction.metadata": "true"},
              {"skipped_operations": "none", "transaction_metadata": "yes"}),
    "schemas": ({"skipped.operations": "none", "key.converter": KEY,
                 "key.converter.schemas.enable": "true"},
                {"skipped_operations": "none", "schemas": "yes"}),
}


class Streams:
    """Both programs on one database: all tables' records of a run in one topic of each."""

    def __init__(self, db, kafka, debezium, folder):
        self.db, self.kafka = db, kafka
        db.psql(SCHEMA)
        db.sql("create publication cloud for all tables")
        self.program = Headrace(folder, "cloud", self._sections()).start()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.connectors = list(pool.map(lambda run: self._connector(debezium, run), RUNS))
        for run in RUNS:
            db.wait_streaming(f"{db.name}_{run}", self.program)
        db.psql(CHANGES)
        db.psql(LEFT)
        db.psql(f"insert into users(id, name) values (1000, '{LAST.decode()}')")
        self.records = {run: [self._read(topic) for topic in self._topics(run)] for run in RUNS}

    def prefix(self, run):
        return f"{self.db.name}-cloud-{run}"

    def _topics(self, run):
        return f"{self.prefix(run)}-debezium", f"{self.prefix(run)}-headrace"

    def _connector(self, debezium, run):
        route = {"transforms": "route", "transforms.route.regex": r".*\.public\..*",
                 "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
                 "transforms.route.replacement": self._topics(run)[0]}
        return debezium.connector(self.db, self.prefix(run), publication_name="cloud",
                                  publication_autocreate_mode="disabled",
                                  properties={**CLOUDEVENTS, **RUNS[run][0], **route})

    def _sections(self):
        sections = {}
        for run, (_, codec) in RUNS.items():
            sections |= {
                run: {"source": "pgoutput", "codec": "json", "sink": "kafka",
                      "checkpoint": "none"},
                f"{run}.source": {"conninfo": self.db.conninfo(), "slot": f"{self.db.name}_{run}",
                                  "slot_create": "yes", "publication": "cloud",
                                  "messages": "yes"},
                f"{run}.codec": {"format": "cloudevents", "prefix": self.prefix(run),
                                 "unknown_types": "omit", **codec},
                f"{run}.sink": {"brokers": self.kafka.brokers, "topic": self._topics(run)[1],
                                "prefix": f"headrace-{self.prefix(run)}"}}
        return sections

    def _read(self, topic):
        def ended():
            records = self.kafka.consume(topic)
            return records and LAST in (records[-1].value or b"") and records
        return wait_until(ended, 120, lambda: f"the last record in {topic}; connectors: "
                          f"{[connector.states() for connector in self.connectors]}",
                          interval=0.3, give_up=self.program.must_run)

    def close(self):
        for connector in self.connectors:
            connector.stop()
        self.program.finish()


@pytest.fixture(scope="module")
def streams(postgres, kafka, debezium, session_folder):
    db = postgres.create_database()
    folder = session_folder / "cloudevents"
    folder.mkdir()
    made = Streams(db, kafka, debezium, folder)
    yield made
    made.close()
    db.drop()


def split(record):
    """(attributes, the record with an envelope of the data, which compare() knows)"""
    if record.value is None:
        return None, record
    event = debezium_json.parse(record.value.decode())
    data = event.pop("data")
    rows = data.get("payload", data)
    table = {name: event[f"iodebezium{name}"] for name in ("schema", "table", "txId")}
    envelope = {**rows, "source": table, "op": event["iodebeziumop"]}
    if rows is not data:
        envelope = {"schema": data["schema"], "payload": envelope}
    version = event.pop("iodebeziumversion")
    assert re.fullmatch(r'"\d+\.\d+\.\d+(\.Final)?"', version)
    return list(event.items()), record._replace(value=debezium_json.text_of(envelope).encode())


@pytest.mark.parametrize("run", RUNS)
def test_events_are_the_same(streams, run):
    theirs, ours = ([split(record) for record in records] for records in streams.records[run])
    tables = outline([record for _, record in ours])
    assert outline([record for _, record in theirs]) == tables and len(tables) > 100
    assert {operation for _, operation in tables} >= {"c", "u", "d", "tombstone"}
    unexplained = []
    for (table, _), (one, their), (other, our) in zip(tables, theirs, ours):
        unexplained += compare(run, table, their, our)[0]
        if one != other:
            unexplained.append((table, one, other))
    assert not unexplained, f"{len(unexplained)} differences:\n" + "\n".join(map(str, unexplained))


def test_messages_keep_their_content(streams):
    """Debezium's converter knows rows only, and makes tombstones of all else."""
    prefix = streams.prefix("plain")
    for kind in ("message", "transaction"):
        theirs, ours = (streams.kafka.consume(f"{topic}.{kind}")
                        for topic in (prefix, f"headrace-{prefix}"))
        assert [record.key for record in theirs] == [record.key for record in ours] != []
        assert not any(record.value for record in theirs)
        assert all(json.loads(record.value) for record in ours)


@pytest.mark.parametrize("writer", ["debezium", "headrace"])
def test_headrace_reads_them(streams, postgres, kafka, headrace, writer):
    """With schemas they make the tables, without they fill them."""
    target = postgres.create_database()
    tables = {"users": "id, name, created_on", "id_full": "id, a, b"}
    for run in RUNS:
        records = streams.records[run][writer == "headrace"]
        of_table = [table for table, _ in outline([split(record)[1] for record in records])]
        for table in tables:
            topic = f"{streams.prefix(run)}-{writer}-again.{run}.{table}"
            kafka.create_topic(topic)
            kafka.produce(topic, [(record.key, record.value)
                                  for name, record in zip(of_table, records) if name == table])
    target.sql("create table users(id int primary key, name text, created_on timestamptz); "
               "create table id_full(id int primary key, a text, b int)")
    made = postgres.create_database()
    sections = {}
    for run, database in (("plain", target), ("schemas", made)):
        sections |= to_tables(kafka, rf"^{streams.prefix(run)}-{writer}-again\..*",
                              database.conninfo(), name=run, schema_evolution="create",
                              source={"group": f"{database.name}-{run}", "start": "earliest"})
    program = headrace(sections)

    def rows(database):
        if database.value("select to_regclass('users') is null or to_regclass('id_full') is null"):
            return None
        return [database.sql(f"select {columns} from {table} order by 1")
                for table, columns in tables.items()]
    expected = rows(streams.db)
    assert all(expected)
    for database in (target, made):
        wait_until(lambda database=database: rows(database) == expected, 30,
                   lambda database=database: f"{expected}\n{rows(database)}",
                   give_up=program.must_run)
    program.terminate()
    target.drop()
    made.drop()
