# SPDX-License-Identifier: Apache-2.0
"""format=debezium: a real Debezium and headrace stream the same changes; keys, values and headers
of every record are compared. docs/debezium-compatibility.md lists the differences that are meant,
debezium_tolerances.py is that list for the test."""
import collections
import concurrent.futures
import pathlib
import re

import pytest

from debezium_compare import compare, outline
from debezium_tolerances import NAMES, unneeded
from harness import places
from harness.program import Headrace
from harness.waiting import NotInTime, wait_until

HERE = pathlib.Path(__file__).parent
SCHEMA = (HERE / "debezium_schema.sql").read_text(encoding="utf-8")
CHANGES = (HERE / "debezium_changes.sql").read_text(encoding="utf-8")
LAST = b"the last row of all"

CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
SCHEMAS = {"key.converter": CONVERTER, "key.converter.schemas.enable": "true",
           "value.converter": CONVERTER, "value.converter.schemas.enable": "true"}

# The same modes in Debezium's words and in headrace's. In the first run tables have topics of
# their own, in the others all records go to one topic, so that their order is seen too.
RUNS = {
    "base": ({"skipped.operations": "none"}, {"skipped_operations": "none"}),
    "schemas": ({"skipped.operations": "none", **SCHEMAS},
                {"skipped_operations": "none", "schemas": "yes", "unknown_types": "omit"}),
    "double": ({"decimal.handling.mode": "double", "time.precision.mode": "connect",
                "interval.handling.mode": "string", "binary.handling.mode": "base64",
                "hstore.handling.mode": "map", "include.unknown.datatypes": "true", **SCHEMAS},
               {"decimal": "double", "time": "connect", "interval": "string", "binary": "base64",
                "hstore": "map", "unknown_types": "bytes", "schemas": "yes"}),
    "string": ({"decimal.handling.mode": "string",
                "time.precision.mode": "adaptive_time_microseconds",
                "binary.handling.mode": "hex", "tombstones.on.delete": "false",
                "message.key.columns": "public.users:name;public.nokey:a,b", **SCHEMAS},
               {"decimal": "string", "time": "adaptive_time_microseconds", "binary": "hex",
                "tombstones": "no", "key_columns": "public.users = name, public.nokey = a+b",
                "unknown_types": "omit", "schemas": "yes"}),
    "isostring": ({"time.precision.mode": "isostring", "interval.handling.mode": "string",
                   "binary.handling.mode": "base64-url-safe",
                   "unavailable.value.placeholder": "large", **SCHEMAS},
                  {"time": "isostring", "interval": "string", "binary": "base64-url-safe",
                   "unavailable_value": "large", "unknown_types": "omit", "schemas": "yes"}),
    "microseconds": ({"time.precision.mode": "microseconds", "extended.headers.enabled": "false",
                      **SCHEMAS},
                     {"time": "microseconds", "context_headers": "no", "unknown_types": "omit",
                      "schemas": "yes"}),
    "nanoseconds": ({"time.precision.mode": "nanoseconds", "skipped.operations": "t,u",
                     **SCHEMAS},
                    {"time": "nanoseconds", "skipped_operations": "t, u",
                     "unknown_types": "omit", "schemas": "yes"}),
}
OWN_TOPICS = "base"


class Streams:
    """Both programs on one database, and all that they sent: (Debezium's, headrace's) records
    by run and by topic."""

    def __init__(self, db, kafka, debezium, folder):
        self.db, self.kafka = db, kafka
        self.prefix = {run: f"{db.name}-{run}" for run in RUNS}
        db.psql(SCHEMA)
        db.sql("create publication parity for all tables")
        self.program = Headrace(folder, "parity", self._sections()).start()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.connectors = list(pool.map(lambda run: self._connector(debezium, run), RUNS))
        for run in RUNS:
            db.wait_streaming(self._slot(run), self.program)
        self._change()
        self.records = {run: self._read(run) for run in RUNS}

    # ---- the two programs

    def _connector(self, debezium, run):
        exact = dict(RUNS[run][0])
        if run != OWN_TOPICS:
            exact |= {"transforms": "route", "transforms.route.regex": r".*\.public\..*",
                      "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
                      "transforms.route.replacement": self._topics(run)[0]}
        return debezium.connector(self.db, self.prefix[run], publication_name="parity",
                                  publication_autocreate_mode="disabled", properties=exact)

    def _slot(self, run):
        return f"headrace_{self.db.name}_{run}"

    def _topics(self, run):
        """Where the records of a run go if not to topics of their own."""
        return f"{self.prefix[run]}-debezium", f"{self.prefix[run]}-headrace"

    def _sections(self):
        sections = {}
        for run, (_, codec) in RUNS.items():
            sink = {"prefix": f"headrace-{self.prefix[run]}"}
            if run != OWN_TOPICS:
                sink["topic"] = self._topics(run)[1]
            sections |= {
                run: {"source": "pgoutput", "codec": "json", "sink": "kafka",
                      "checkpoint": "none"},
                f"{run}.source": {"conninfo": self.db.conninfo(), "slot": self._slot(run),
                                  "slot_create": "yes", "publication": "parity",
                                  "messages": "yes"},
                f"{run}.codec": {"prefix": self.prefix[run], **codec},
                f"{run}.sink": {"brokers": self.kafka.brokers, **sink}}
        return sections

    # ---- the changes

    def _change(self):
        """Runs them, and waits until both programs have sent the last one."""
        self.db.psql(CHANGES)
        self.db.psql(f"insert into users(id, name) values (1000, '{LAST.decode()}')")
        for run in RUNS:
            topics = self._topics(run)
            if run == OWN_TOPICS:
                topics = [f"{prefix}.public.users" for prefix in self._prefixes(run)]
            for topic in topics:
                wait_until(lambda topic=topic: self._ends_with_last(topic), 120,
                           lambda topic=topic: f"the last record in {topic}; connectors: "
                           f"{[connector.states() for connector in self.connectors]}",
                           interval=0.3, give_up=self.program.must_run)

    def _ends_with_last(self, topic):
        records = self.kafka.consume(topic)
        return records and LAST in (records[-1].value or b"")

    # ---- the records

    def _prefixes(self, run):
        return self.prefix[run], f"headrace-{self.prefix[run]}"

    def _read(self, run):
        """{topic without prefix: (Debezium's records, headrace's)}"""
        theirs, ours = self._prefixes(run)
        names = sorted({topic.partition(".")[2] for topic in self.kafka.topics()
                        if topic.partition(".")[0] in (theirs, ours)})
        try:  # topics are independent: the last record need not be the last to arrive
            wait_until(lambda: all(
                self.kafka.end_offsets(f"{theirs}.{name}") ==
                self.kafka.end_offsets(f"{ours}.{name}") for name in names), 10)
        except NotInTime:
            pass  # the comparison says which differ
        pairs = {name: (f"{theirs}.{name}", f"{ours}.{name}") for name in names}
        if run != OWN_TOPICS:
            pairs["all tables"] = self._topics(run)
        return {name: tuple(map(self.kafka.consume, pair)) for name, pair in pairs.items()}

    def compare(self, run):
        """(unexplained differences, tolerances used, records compared)"""
        unexplained, used, count = [], set(), 0
        for name, (theirs, ours) in self.records[run].items():
            if outline(theirs) != outline(ours):
                unexplained.append(f"{run} {name}: other records:\n{outline(theirs)}\n"
                                   f"{outline(ours)}")
                theirs, ours = _aligned(theirs, ours)
            for (table, _), one, other in zip(outline(theirs), theirs, ours):
                more, names = compare(run, table, one, other)
                unexplained += more
                used |= names
                count += 1
        return unexplained, used, count

    def close(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda connector: connector.stop(), self.connectors))
        self.program.finish()


def _aligned(theirs, ours):
    """The pairs that can be made table by table, to show more than that the order differs."""
    tables = []
    for records in (theirs, ours):
        by_table, lines = collections.defaultdict(list), outline(records)
        for (table, _), record in zip(lines, records):
            by_table[table].append(record)
        tables.append(by_table)
    pairs = [pair for table in tables[0] for pair in zip(tables[0][table], tables[1][table])]
    return [one for one, _ in pairs], [other for _, other in pairs]


@pytest.fixture(scope="module")
def streams(postgres, kafka, debezium, session_folder):
    db = postgres.create_database()
    folder = session_folder / "parity"
    folder.mkdir()
    made = Streams(db, kafka, debezium, folder)
    yield made
    made.close()
    db.drop()


@pytest.mark.parametrize("run", RUNS)
def test_records_are_the_same(streams, run):
    unexplained, _, count = streams.compare(run)
    assert count > 100
    assert not unexplained, f"{len(unexplained)} differences:\n" + "\n".join(map(str, unexplained))


def test_every_tolerance_is_needed(streams):
    used = set().union(*(streams.compare(run)[1] for run in RUNS))
    assert not unneeded(used)


def test_a_changed_byte_is_found(streams):
    """The comparison itself: one other digit in key, value or header, one other escape."""
    theirs, ours = (records[0] for records in streams.records[OWN_TOPICS]["public.users"])
    assert compare(OWN_TOPICS, "users", theirs, ours)[0] == []
    for changed in (ours._replace(key=ours.key.replace(b"1", b"2")),
                    ours._replace(value=ours.value.replace(b"John", b"J\\u006fhn")),
                    ours._replace(value=ours.value.replace(b',"op":"c"', b', "op":"c"')),
                    ours._replace(headers=[(ours.headers[0][0], b"7"), *ours.headers[1:]]),
                    ours._replace(value=None)):
        assert changed != ours
        try:
            found = compare(OWN_TOPICS, "users", theirs, changed)[0]
        except AssertionError:
            found = ["spaces"]
        assert found


def test_connectors_survive(streams):
    """What stops Debezium is in test_debezium_survived.py."""
    assert [connector.states() for connector in streams.connectors] == \
        [["RUNNING", "RUNNING"]] * len(RUNS)


# Types that no user can have values of: their input functions refuse everything.
NO_VALUES = {"pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "gtsvector",
             "_gtsvector", "_cstring", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"}


def test_the_schema_has_every_built_in_type(streams):
    missing = streams.db.sql("""
        select typname from pg_type t
        where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm')
          and not exists (select from pg_type row where row.oid = t.typelem and row.typtype = 'c')
          and not exists (select from pg_attribute join pg_class c on c.oid = attrelid
                          where atttypid = t.oid and attnum > 0 and relkind = 'r'
                            and relnamespace = 'public'::regnamespace)""")
    assert {name for (name,) in missing} == NO_VALUES


def test_tolerances_are_documented():
    text = (places.TREE / "docs" / "debezium-compatibility.md").read_text(encoding="utf-8")
    table = text.split("## Tolerated differences")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|(.*)\|(.*)\|(.*)\|$", table, re.MULTILINE)
    assert sorted(name for name, *_ in rows) == sorted(NAMES)
    assert all(cell.strip() for _, *cells in rows for cell in cells)
