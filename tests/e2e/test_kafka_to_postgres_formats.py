# SPDX-License-Identifier: Apache-2.0
"""The other shapes than Debezium's: what headrace writes as envelope, op and plain rows it reads
back into an equal table. But for two things that are not in the records: in JSON's own types a
document that is null is no other than null, and a plain row has no old key."""
import pytest

from harness.kafka_source import group_of
from harness.waiting import wait_until

TABLE = """create table t (a int, "B c" text, i2 smallint, i8 bigint, n numeric, n52 numeric(5,2),
    f8 double precision, ok boolean, t text, b bytea, j json, jb jsonb, d date, tm time,
    ts timestamp, ts3 timestamp(3), tt timestamptz, iv interval, u uuid, ai int[], ai2 int[][],
    at text[], bi bit(4), ip inet, r int4range, p point, m money, primary key (a, "B c"))"""
ROWS = [
    """1, 'x', -32768, 9223372036854775807, 123456789012345678901234567890.000000000001, -999.99,
    0.1, true, E'a"\\\\\\n\t\u00e4\U0001f600', '\\x00ff', '{"a": [1, 2.50]}', '{"a": "\\u00e4"}',
    '2026-01-31', '04:05:06.789', '2026-01-31 04:05:06.789123', '1999-12-31 23:59:59.999',
    '2026-01-31 04:05:06+02', '1 year 2 mons -3 days 04:05:06.7', gen_random_uuid(), '{1,NULL,-3}',
    '{{1,2},{3,4}}', '{a,NULL,"b \\"c\\\\","{}"}', '0101', '10.0.0.0/8', '[1,10)', '(1.5,-2)',
    -12.50""",
    """2, '+', 0, 0, 'NaN', 0, 'Infinity', false, '', '', '0', '[]', '0044-03-15 BC', '24:00',
    'infinity', null, '-infinity', '0', '00000000-0000-0000-0000-000000000000', '{}', '{}', '{}',
    '0000', '::1', 'empty', '(0,0)', 0""",
    "3, ''" + ", null" * 25,
]
CHANGES = ["""update t set n = 1, t = 'new', at = null where a = 1""",
           """delete from t where a = 3""",
           """insert into t (a, "B c", t) select g, 'many', 'x' from generate_series(10, 300) g""",
           """update t set n = a where "B c" = 'many' and a % 3 = 0""",
           """delete from t where "B c" = 'many' and a % 3 = 1"""]
FORMATS = {"envelope": {}, "op": {}, "plain": {"operation_field": "what"},
           "envelope-hex": {"binary": "hex"}, "plain-json-key": {"key_format": "json"}}


def to_kafka(db, kafka, topic, codec):
    return {
        "write": {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
        "write.source": {"conninfo": db.conninfo(), "slot": f"s_{db.name}", "slot_create": "yes",
                         "publication": "pub", "publication_create": "yes", "tables": "public.t"},
        "write.codec": codec,
        "write.sink": {"brokers": kafka.brokers, "topic": topic, "topic_create": "yes"},
    }


def to_table(db, kafka, topic, codec):
    return {
        "read": {"source": "kafka", "codec": "json", "sink": "postgres", "checkpoint": "sink",
                 "delivery": "exactly-once"},
        "read.source": {"brokers": kafka.brokers, "topics": topic, "group": group_of(topic)},
        "read.codec": codec,
        "read.sink": {"conninfo": db.conninfo(), "table": "{table}"},
    }


def contents(db):
    return {row for row, in db.sql("select row(t.*)::text from t")}


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_is_read_back(postgres, kafka, headrace, topic, name):
    source, target = postgres.create_database(), postgres.create_database()
    codec = {"format": name.split("-")[0], **FORMATS[name]}
    if codec["format"] == "plain":
        topic = f"{topic}.t"  # it is all that tells the table
    for db in (source, target):
        db.psql(TABLE)
    source.sql("alter table t replica identity full")
    program = headrace({**to_kafka(source, kafka, topic, codec),
                        **to_table(target, kafka, topic, codec)})
    source.wait_streaming(f"s_{source.name}", program)
    changes_key = [] if codec["format"] == "plain" else ["update t set a = 4 where a = 2"]
    for statement in [*(f'insert into t values ({row})' for row in ROWS), *CHANGES, *changes_key]:
        source.sql(statement)
    wanted = contents(source)
    wait_until(lambda: contents(target) == wanted, 30,
               lambda: f"equal, but for {sorted(contents(target) ^ wanted)[:4]}",
               give_up=program.must_run)
    assert program.stop() == 0
