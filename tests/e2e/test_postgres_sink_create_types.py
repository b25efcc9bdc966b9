# SPDX-License-Identifier: Apache-2.0
"""sink-postgres, schema_evolution = create, with schemas: from a table over Kafka into one that
was not there."""
from harness.postgres_sink import to_tables
from harness.waiting import wait_until

from test_postgres_sink_create import key, types

# Type at the source, a value, type of the column that is made (None: the same). What Debezium's
# schemas do not tell is in docs/debezium-compatibility.md; the last are such types.
COLUMNS = [
    ("smallint", "-1", None), ("integer", "2", None), ("bigint", "9223372036854775807", None),
    ("real", "1.5", None), ("double precision", "0.1", None), ("numeric", "1.5", None),
    ("numeric(12,3)", "1.5", None), ("boolean", "true", None), ("text", "it's", None),
    ("character varying(9)", "x", "text"), ("bytea", "\\x00ff", None), ("uuid",
     "11111111-2222-3333-4444-555555555555", None), ("xml", "<a/>", None),
    ("jsonb", '{"a": [1]}', None), ("bit(3)", "101", None), ("bit varying", "10", None),
    ("date", "infinity", None), ("date", "0044-03-15 BC", None),
    ("time(3) without time zone", "24:00:00", None), ("time without time zone", "04:05:06.789", None),
    ("time with time zone", "12:05:06.789+00", None),
    ("timestamp(3) without time zone", "2026-01-31 04:05:06.789", None),
    ("timestamp without time zone", "2026-01-31 04:05:06.789123", None),
    ("timestamp with time zone", "2026-01-31 04:05:06.789123+00", None),
    ("interval", "04:05:06.7", None), ("point", "(1,2)", None), ("tsvector", "'a':1", None),
    ("integer[]", "{1,NULL}", None), ("text[]", '{a,"b c"}', None),
    ("numeric(5,2)[]", "{1.50}", None), ("types.mood", "so so", "text"),
    ("int4range", "[1,3)", "text"), ("money", "12.50", "numeric"),
]


def pipelines(source, target, kafka, topic):
    """Both ways in one process."""
    return {
        "write": {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
        "write.source": {"conninfo": source.conninfo(), "slot": f"s_{source.name}",
                         "slot_create": "yes", "publication": "pub", "publication_create": "yes",
                         "tables": "public.t", "snapshot": "initial"},
        "write.codec": {"schemas": "yes"},
        "write.sink": {"brokers": kafka.brokers, "topic": topic, "topic_create": "yes"},
        **to_tables(kafka, topic, target.conninfo(), schema_evolution="create", table="{table}"),
    }


def test_types_and_values(postgres, kafka, headrace, topic):
    source, target = postgres.create_database(), postgres.create_database()
    source.sql("create schema types; create type types.mood as enum ('so so')")
    source.sql("create table t (z int, k text, " + ", ".join(
        f"c{n} {kind}" for n, (kind, _, _) in enumerate(COLUMNS)) + ", primary key (k, z))")
    places = ", ".join(f"%s::{kind}" for kind, _, _ in COLUMNS)
    source.sql(f"insert into t values (1, 'k', {places})", [text for _, text, _ in COLUMNS])
    source.sql("insert into t values (2, 'k')")
    kafka.create_topic(topic)
    program = headrace(pipelines(source, target, kafka, topic))
    wait_until(lambda: target.value("select to_regclass('t')"), 60, give_up=program.must_run)
    wait_until(lambda: target.value("select count(*) from t") == 2, 60, give_up=program.must_run)
    made = types(target, "t")
    assert [made[f"c{n}"] for n in range(len(COLUMNS))] == [
        other or kind for kind, _, other in COLUMNS]
    assert key(target, "t") == ["z", "k"]
    as_text = "select z, " + ", ".join(
        f"c{n}::{'numeric::' if kind == 'money' else ''}text" for n, (kind, _, _)
        in enumerate(COLUMNS)) + " from t order by z"
    assert target.sql(as_text) == source.sql(as_text)
    source.drop()
    target.drop()
