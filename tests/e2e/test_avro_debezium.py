# SPDX-License-Identifier: Apache-2.0
"""codec = avro: a real Debezium with Apicurio's Avro converter and headrace stream the same changes
through one registry; what a third program reads of both, and the schemas, are compared, with the
differences that docs/debezium-compatibility.md lists."""
import base64
import concurrent.futures
import decimal
import json
import pathlib
import re

import pytest

from debezium_compare import compare, outline
from harness import avro, places
from harness.program import Headrace
from harness.waiting import wait_until

HERE = pathlib.Path(__file__).parent
SCHEMA = (HERE / "debezium_schema.sql").read_text(encoding="utf-8")
CHANGES = (HERE / "debezium_changes.sql").read_text(encoding="utf-8")
LAST = b"the last row of all"

# Arrays in arrays cannot be said in the schema: headrace refuses the event, Debezium sends null or
# the address of a Java object for the inner ones.
ARRAY_IN_ARRAY = b'"after":{"id":4,'


def converter(registry):
    settings = {"": "io.apicurio.registry.utils.converter.AvroConverter",
                ".apicurio.registry.url": f"http://127.0.0.1:{registry.port}/apis/registry/v2",
                ".apicurio.registry.auto-register": "true",
                ".apicurio.registry.headers.enabled": "false",
                ".apicurio.registry.as-confluent": "true",
                ".apicurio.registry.use-id": "contentId"}
    return {f"{side}.converter{name}": value for side in ("key", "value")
            for name, value in settings.items()}


# As in test_debezium_parity.py, in Debezium's words and in headrace's.
ADJUSTED = {"schema.name.adjustment.mode": "avro", "field.name.adjustment.mode": "avro",
            "errors.tolerance": "all"}
RUNS = {
    "base": ({"skipped.operations": "none"},
             {"skipped_operations": "none", "unknown_types": "omit"}),
    "double": ({"decimal.handling.mode": "double", "time.precision.mode": "connect",
                "interval.handling.mode": "string", "binary.handling.mode": "base64",
                "hstore.handling.mode": "map"},
               {"decimal": "double", "time": "connect", "interval": "string", "binary": "base64",
                "hstore": "map", "unknown_types": "omit"}),
}


def text_of(datum):
    """As JSON: bytes in base64."""
    def as_text(value):
        return base64.b64encode(value).decode()
    return json.dumps(datum, default=as_text, ensure_ascii=False, separators=(",", ":")).encode()


class Streams:
    def __init__(self, db, kafka, debezium, registry, folder):
        self.db, self.kafka, self.registry = db, kafka, registry
        self.read, self.raw = avro.reader_of(registry), []
        self.prefix = {run: f"{db.name}-avro-{run}" for run in RUNS}
        db.psql(SCHEMA)
        db.sql("create publication parity for all tables")
        self.program = Headrace(folder, "avro", self._sections()).start()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.connectors = list(pool.map(lambda run: debezium.connector(
                db, self.prefix[run], publication_name="parity",
                publication_autocreate_mode="disabled",
                properties={**RUNS[run][0], **ADJUSTED, **converter(registry)}), RUNS))
        for run in RUNS:
            db.wait_streaming(f"slot_{db.name}_{run}", self.program)
        db.psql(CHANGES)
        db.psql(f"insert into users(id, name) values (1000, '{LAST.decode()}')")
        for run in RUNS:
            for prefix in self._prefixes(run):
                wait_until(lambda: self._ended(f"{prefix}.public.users"), 120,
                           lambda: f"the last record of {prefix}: "
                           f"{[connector.states() for connector in self.connectors]}",
                           interval=0.3, give_up=self.program.must_run)
        self.records = {run: self._read(run) for run in RUNS}

    def _prefixes(self, run):
        return self.prefix[run], f"headrace-{self.prefix[run]}"

    def _sections(self):
        sections = {}
        for run, (_, codec) in RUNS.items():
            prefix = self._prefixes(run)[1]
            sections |= {
                run: {"source": "pgoutput", "codec": "avro", "sink": "kafka",
                      "checkpoint": "none", "errors": "skip"},
                f"{run}.source": {"conninfo": self.db.conninfo(),
                                  "slot": f"slot_{self.db.name}_{run}", "slot_create": "yes",
                                  "publication": "parity", "messages": "yes"},
                f"{run}.codec": {"prefix": self.prefix[run], "registry": self.registry.url,
                                 "topic": f"{prefix}.{{schema}}.{{table}}", **codec},
                f"{run}.sink": {"brokers": self.kafka.brokers, "prefix": prefix}}
        return sections

    def _ended(self, topic):
        records = self.kafka.consume(topic)
        return records and LAST in (records[-1].value or b"")

    def _read(self, run):
        """{topic without prefix: (Debezium's records, headrace's)}, as JSON; self.raw keeps
        headrace's of tables as they are."""
        theirs, ours = self._prefixes(run)
        names = sorted({topic.partition(".")[2] for topic in self.kafka.topics()
                        if topic.partition(".")[0] in (theirs, ours)})
        pairs = {}
        for name in names:
            raw = [self.kafka.consume(f"{prefix}.{name}") for prefix in (theirs, ours)]
            self.raw += raw[1]
            pairs[name] = tuple([record for record in map(self._as_json, records)
                                 if name != "public.arrs" or ARRAY_IN_ARRAY not in record.value]
                                for records in raw)
        return pairs

    def _as_json(self, record):
        return record._replace(key=record.key and text_of(self.read(record.key)),
                               value=record.value and text_of(self.read(record.value)))

    def close(self):
        for connector in self.connectors:
            connector.stop()
        self.program.finish()


@pytest.fixture(scope="module")
def streams(postgres, kafka, debezium, registry, session_folder):
    db = postgres.create_database()
    folder = session_folder / "avro-parity"
    folder.mkdir()
    made = Streams(db, kafka, debezium, registry, folder)
    yield made
    made.close()
    db.drop()


@pytest.mark.parametrize("run", RUNS)
def test_records_are_the_same(streams, run):
    unexplained, count = [], 0
    for name, (theirs, ours) in streams.records[run].items():
        if outline(theirs) != outline(ours):
            unexplained.append(f"{run} {name}: other records:\n{outline(theirs)}\n{outline(ours)}")
        for (table, _), one, other in zip(outline(theirs), theirs, ours):
            more, _ = compare(run, table, one, other)
            unexplained += more
            count += 1
    assert count > 100
    assert not unexplained, f"{len(unexplained)} differences:\n" + "\n".join(map(str, unexplained))


def subjects(streams, run):
    """{subject: (Debezium's schema, headrace's)}, with "(none)" for what is not there."""
    names = set(streams.registry.subjects())
    pair = streams.prefix[run], f"headrace-{streams.prefix[run]}"
    ends = {name.removeprefix(prefix) for prefix in pair for name in names
            if name.startswith(f"{prefix}.")}
    return {end: tuple(streams.registry.latest(prefix + end)["schema"]
                       if prefix + end in names else "(none)" for prefix in pair)
            for end in sorted(ends)}


def differences(theirs, ours, path=()):
    """(path, Debezium's, headrace's); a record, field or type with a name is a step of that name."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in {**theirs, **ours}:
            yield from differences(theirs.get(name, "(missing)"), ours.get(name, "(missing)"),
                                   (*path, name))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for number, (one, other) in enumerate(zip(theirs, ours)):
            step = one.get("name", number) if isinstance(one, dict) else number
            yield from differences(one, other, (*path, step))
    elif theirs != ours:
        yield path, theirs, ours


# Those of docs/debezium-compatibility.md that are seen in schemas: name, subject, a step of the
# path (None: the whole schema).
TOLERATED = {
    ("schema-default", ".public.defs-value", column) for column in "deilmuvwy"
} | {
    ("array-of-bits", ".public.arrs-value", "bi"),
    ("vectors", ".public.odd_arrs-value", "fields"),
    ("identity-index-key", ".public.id_indexpk-key", "id"),
    ("nullable-unique-key", ".public.uniq-key", None),
}


def test_schemas_are_the_same(streams):
    used, unexplained = set(), []
    for run in RUNS:
        for subject, pair in subjects(streams, run).items():
            if subject.startswith(".message-"):  # both programs use the same, by the same prefix
                continue
            for path, theirs, ours in differences(*pair):
                found = {row for row in TOLERATED
                         if row[1] == subject and (row[2] in path or row[2] is None)}
                used |= found
                if not found:
                    unexplained.append((run, subject, path, theirs, ours))
    assert not unexplained, "\n".join(map(str, unexplained))
    assert used == TOLERATED


def same(one, other):
    """Whether both readers say the same, but for what only the first takes for a decimal."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, decimal.Decimal):
        sign, digits, _ = one.as_tuple()
        unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
        return int.from_bytes(other, "big", signed=True) == unscaled
    return one == other or (one != one and other != other)


def test_confluent_kafka_reads_all(streams):
    read = avro.deserializer(streams.registry)
    records = [record for record in streams.raw if b"avro-base" in (record.value or b"")]
    assert len(records) > 100
    for record in records:
        for data, field in ((record.key, avro.MessageField.KEY),
                            (record.value, avro.MessageField.VALUE)):
            assert data is None or same(read(record.topic, data, field), streams.read(data))


def test_headrace_reads_debezium(streams, postgres, kafka, registry, headrace):
    """Debezium's records of a table become that table."""
    target = postgres.create_database()
    program = headrace({
        "copy": {"source": "kafka", "codec": "avro", "sink": "postgres", "checkpoint": "sink"},
        "copy.source": {"brokers": kafka.brokers, "group": target.name, "start": "earliest",
                        "topics": f"{streams.prefix['base']}.public.users"},
        "copy.codec": {"registry": registry.url},
        "copy.sink": {"conninfo": target.conninfo(), "schema_evolution": "create"}})
    query = "select id, name, created_on from users order by id"
    expected = streams.db.sql(query)
    assert expected

    def rows():
        made = target.sql("select to_regclass('users')") != [(None,)]
        return made and target.sql(query)
    wait_until(lambda: rows() == expected, 30, lambda: f"{expected}\n{rows()}",
               give_up=program.must_run)
    program.terminate()
    target.drop()


def test_messages_have_one_schema(streams):
    """Of both programs: the same text, so that the registry gave the same id."""
    for run in RUNS:
        theirs, ours = streams.records[run]["message"]
        assert theirs and len(theirs) == len(ours)
        for side in ("key", "value"):
            assert streams.registry.request(
                "GET", f"/subjects/{streams.prefix[run]}.message-{side}/versions") == [1]


def test_tolerances_are_documented():
    text = (places.TREE / "docs" / "debezium-compatibility.md").read_text(encoding="utf-8")
    assert {name for name, _, _ in TOLERATED} <= set(re.findall(r"^\| `([a-z-]+)` \|", text, re.M))
