# SPDX-License-Identifier: Apache-2.0
"""snapshot=initial beside Debezium's snapshot.mode=initial: both read the same tables, keys, values
and headers of every record are compared. What differs is in docs/debezium-compatibility.md: beside
what differs in the stream too, EXCUSES, and what the source block says of the moment, CUTS."""
import collections
import concurrent.futures
import re

import pytest

from debezium_compare import compare, table_of
from harness import places
from harness.program import Headrace
from harness.waiting import wait_until
from test_debezium_parity import CHANGES, SCHEMA, SCHEMAS

# All rows stay: nothing is deleted or truncated, but in a savepoint that is rolled back.
# Debezium's snapshot of a refcursor fails: its driver fetches from it.
ROWS = re.sub(r"\b(truncate|delete from) [^;]*;", "", CHANGES) + "update odd set rf = null;"
RUNS = {"base": ({}, {}), "schemas": (SCHEMAS, {"schemas": "yes", "unknown_types": "omit"})}
LAST = b"the last row of all"

CUTS = [(rb'("name":"[^"]*"),"ts_ms":\d+,"snapshot":"[a-z_]+"', rb'\1,"snapshot":"true"'),
        (rb'"sequence":"\[null,\\"\d+\\"\]","ts_us":\d+,"ts_ns":\d+', rb'"sequence":"[null]"'),
        (rb'"txId":(?:\d+|null),"lsn":\d+,', b""),
        (rb'("op":"r"),"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+', rb"\1")]

GREGORIAN_S = -12219292800  # 1582-10-15


def before_1582_or_infinite(difference):
    """As java.sql.Date and Timestamp have it."""
    table, _, column = difference.place.partition(".")
    ours = difference.ours.strip('"')
    if table != "times":
        return False
    if column.startswith("tt"):
        return ours.startswith("-") or ours < "1582-10-15"
    if column == "d":
        return int(ours) < GREGORIAN_S // 86400 or int(ours) in (2147483647, -2147483648)
    unit = 10 ** 3 if column in ("ts0", "ts2", "ts3") else 10 ** 6
    return column.startswith("ts") and int(ours) < GREGORIAN_S * unit


EXCUSES = {
    "old-dates": before_1582_or_infinite,
    "varbit-of-one": lambda difference: difference.place == "bins.vb1" and
    difference.theirs == "null" and difference.ours in ("true", "false"),
    "large-money": lambda difference: difference.place == "nums.m" and
    (difference.theirs, difference.ours) in (('"/3////////9A"', '"gAAAAAAAAAA="'),
                                             ('"AIAAAAAAAADA"', '"f/////////8="')),
    "generated-columns": lambda difference: difference.place.endswith("defs.ge") and
    difference.ours == "(missing)",
    "null-of-unknown-type": lambda difference: difference.place == "odd.rf" and
    (difference.theirs, difference.ours) == ("(missing)", "null"),
}


def without_moment(record):
    value = record.value
    for pattern, left in CUTS:
        value, times = re.subn(pattern, left, value)
        assert times == 1, (pattern, record.value)
    return record._replace(value=value)


def topic(db, run, program):
    return f"{db.name}-snapshot-{run}-{program}"


def sections(db, kafka):
    parts = {}
    for run, (_, codec) in RUNS.items():
        parts |= {
            run: {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
            f"{run}.source": {"conninfo": db.conninfo(), "slot": f"snapshot_{db.name}_{run}",
                              "slot_create": "yes", "publication": "parity",
                              "snapshot": "initial"},
            f"{run}.codec": {"prefix": f"{db.name}-{run}", **codec},
            f"{run}.sink": {"brokers": kafka.brokers, "topic": topic(db, run, "headrace")}}
    return parts


def connector(debezium, db, run):
    return debezium.connector(
        db, f"{db.name}-{run}", publication_name="parity", publication_autocreate_mode="disabled",
        snapshot_mode="initial", properties={
            "transforms": "route", "transforms.route.regex": r".*\.public\..*",
            "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
            "transforms.route.replacement": topic(db, run, "debezium"), **RUNS[run][0]})


@pytest.fixture(scope="module")
def snapshots(postgres, kafka, debezium, session_folder):
    """{run: (Debezium's records, headrace's)}"""
    db = postgres.create_database()
    folder = session_folder / "debezium-snapshot"
    folder.mkdir()
    db.psql(SCHEMA)
    db.psql(ROWS)
    db.sql("create publication parity for all tables")
    program = Headrace(folder, "snapshot", sections(db, kafka)).start()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        connectors = list(pool.map(lambda run: connector(debezium, db, run), RUNS))
    for run in RUNS:
        db.wait_streaming(f"snapshot_{db.name}_{run}", program)
    db.sql("insert into users(id, name) values (1000, %s)", [LAST.decode()])
    yield {run: tuple(records_of(kafka, topic(db, run, name), program)
                      for name in ("debezium", "headrace")) for run in RUNS}
    for each in connectors:
        each.stop()
    program.finish()
    db.drop()


def records_of(kafka, name, program):
    def to_the_last():
        records = kafka.consume(name)
        return records if records and LAST in (records[-1].value or b"") else None
    return wait_until(to_the_last, 60, f"the last record in {name}", give_up=program.must_run)


def by_table(records):
    """Snapshots have tables in one order or another, and then the stream begins."""
    tables = collections.defaultdict(list)
    for record in records:
        if b'"op":"r"' in (record.value or b""):
            tables[table_of(record)].append(record)
    return tables


def differences(snapshots, run):
    """(unexplained, excuses used, records compared)"""
    theirs, ours = map(by_table, snapshots[run])
    unexplained, used, count = [], set(), 0
    assert theirs.pop("parts"), "Debezium reads partitions, and once more the partitioned table"
    assert {table: len(records) for table, records in theirs.items()} == \
        {table: len(records) for table, records in ours.items()}
    for table, records in theirs.items():
        for one, other in zip(records, ours[table]):
            for found in compare(run, table, without_moment(one), without_moment(other))[0]:
                names = [name for name, excuses in EXCUSES.items() if excuses(found)]
                used |= set(names)
                unexplained += [] if names else [found]
            count += 1
    return unexplained, used, count


@pytest.mark.parametrize("run", RUNS)
def test_records_are_the_same(snapshots, run):
    unexplained, _, count = differences(snapshots, run)
    assert count > 60
    assert not unexplained, f"{len(unexplained)} differences:\n" + "\n".join(map(str, unexplained))


def test_every_excuse_is_needed_and_documented(snapshots):
    assert set().union(*(differences(snapshots, run)[1] for run in RUNS)) == set(EXCUSES)
    text = (places.TREE / "docs" / "debezium-compatibility.md").read_text(encoding="utf-8")
    section = text.split("## Snapshots, transactions, heartbeats")[1].split("\n## ")[0]
    assert all(f"| `{name}` |" in section for name in EXCUSES)


def test_the_source_block_says_that_it_is_a_snapshot(snapshots):
    words = [{re.search(rb'"snapshot":"(\w+)"', record.value).group(1) for record in records
              if record.value} for records in snapshots["base"]]
    assert words[0] > {b"true", b"first_in_data_collection", b"false"}
    assert words[1] == {b"true", b"false"}
