# SPDX-License-Identifier: Apache-2.0
"""What headrace writes is good for Debezium's own JDBC sink: its tables follow the source's."""
from harness.waiting import wait_until

TABLE = """create table things (id int primary key, small smallint, big bigint, ok boolean, f real,
    d double precision, n numeric(12, 3), v varchar(20), t text, b bytea, day date, tm time(6),
    at timestamp(6), tz timestamptz)"""
ROWS = """insert into things values
    (1, -5, 9223372036854775807, true, 1.5, 0.1, -123.456, 'ä', 'long', '\\x00ff', '2026-01-31',
     '04:05:06.789123', '2026-01-31 04:05:06.789123', '2026-01-31 04:05:06.5+02'),
    (2, null, null, null, null, null, null, null, null, null, null, null, null, null),
    (3, 0, 0, false, 0, 0, 0, '', '', '', '1970-01-01', '00:00', '1970-01-01', '1970-01-01 00:00Z')"""
CHANGES = ["update things set n = n + 1, v = 'changed' where id = 1", "delete from things where id = 3",
           "update things set id = 20 where id = 2",
           "insert into things (id, t) select g, 'many' from generate_series(100, 199) g"]


def contents(db, table):
    """With the types of the source: the sink makes columns of its own choice."""
    columns = ("id::int, small::int, big::int8, ok::bool, f::float4, d::float8, "
               "n::numeric(12,3), v::text, t::text, b::bytea, day::date, tm::time, at::timestamp, "
               "tz::timestamptz")
    return set(db.sql(f"select {columns} from {table}"))


def test_tables_follow(postgres, kafka, headrace, topic_prefix, debezium):
    source, target = postgres.create_database(), postgres.create_database()
    source.sql(TABLE)
    topic = kafka.create_topic(f"{topic_prefix}.public.things")
    program = headrace({
        "p": {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
        "p.source": {"conninfo": source.conninfo(), "slot": f"jdbc_{source.name}",
                     "slot_create": "yes", "publication": "pub", "publication_create": "yes",
                     "tables": "public.things"},
        "p.codec": {"format": "debezium", "schemas": "yes"},
        "p.sink": {"brokers": kafka.brokers, "prefix": topic_prefix}})
    source.wait_streaming(f"jdbc_{source.name}", program)
    source.sql(ROWS)
    connector = debezium.jdbc_sink(target, [topic], collection_name_format="things")
    wait_until(lambda: target.value("select to_regclass('things') is not null") and
               len(contents(target, "things")) == 3, 60, "the first rows",
               give_up=debezium.process.must_run)
    for change in CHANGES:
        source.sql(change)
    wanted = contents(source, "things")
    wait_until(lambda: contents(target, "things") == wanted, 60,
               lambda: f"equal, but for {sorted(contents(target, 'things') ^ wanted, key=str)[:4]}",
               give_up=debezium.process.must_run)
    connector.stop()
    assert program.stop() == 0
