# SPDX-License-Identifier: Apache-2.0
"""sink-postgres: some events cannot be written. They are found, and the rest is written."""
import re

import pytest

from harness.postgres_sink import rows, stored, to_postgres, wait_rows

BAD = {0, 2500, 4999}


@pytest.fixture
def table(db):
    db.sql("create table t (id bigint, v varchar(10) check (v <> 'bad'))")
    return db


def five_thousand(value):
    """Three bad ones: the first, one in the middle, the last."""
    return rows("t", range(5000), v=lambda n: value if n in BAD else "good")


@pytest.mark.parametrize("value, error_class",
                         [("bad", "constraint"), ("canary that is too long", "value")])
def test_three_of_five_thousand(table, kafka, headrace, topic, value, error_class):
    table.sql(f"alter database {table.name} set log_statement = 'all'")
    start = table.cluster.log.size()
    kafka.produce(topic, five_thousand(value))
    program = headrace(to_postgres(kafka, topic, table.conninfo(), errors="dead-letter",
                                   batch_ms="10s"))
    wait_rows(table, 4997, program)
    assert program.stop() == 0
    assert table.value("select count(distinct id) from t where v = 'good'") == 4997
    letters = table.sql('select "offset", error_class from headrace.dead_letter order by 1')
    assert letters == [(n, error_class) for n in sorted(BAD)]
    assert stored(table) == {f"{topic}/0": 5000}
    tries = len(re.findall(r"execute \S+: (?:ROLLBACK TO )?SAVEPOINT headrace",
                           table.cluster.log.text(start)))
    batches = table.value("select count(distinct xmin::text) from t")
    assert 0 < tries <= 3 * (13 + 3) + batches
    assert "canary" not in program.log.text()


def test_stop_writes_nothing_of_the_transaction(table, kafka, headrace, topic):
    kafka.produce(topic, rows("t", range(10), v=lambda n: "bad" if n == 5 else "good"))
    program = headrace(to_postgres(kafka, topic, table.conninfo()))
    assert program.wait() != 0
    program.wait_log(f'event rejected .constraint.: .*"t_v_check".*topic {topic}, partition 0, '
                     "offset 5; the pipeline stops")
    found = table.value("select count(*) from t")
    assert found in (0, *range(1, 6)) and stored(table)[f"{topic}/0"] in (-1, found)


def test_skip(table, kafka, headrace, topic):
    kafka.produce(topic, five_thousand("bad"))
    program = headrace(to_postgres(kafka, topic, table.conninfo(), errors="skip"))
    wait_rows(table, 4997, program)
    assert program.stop() == 0
    program.wait_log("rejected 3$")
    assert table.value("select to_regclass('headrace.dead_letter')") is None


def test_too_many_are_no_dead_letters(table, kafka, headrace, topic):
    """Then it is not the events: nothing is put aside."""
    kafka.produce(topic, rows("t", range(1000), v=lambda n: "bad"))
    program = headrace(to_postgres(kafka, topic, table.conninfo(), errors="dead-letter",
                                   batch_ms="10s"))
    assert program.wait() != 0
    program.wait_log("more than reject_limit")
    assert table.value("select to_regclass('headrace.dead_letter')") is None or \
        table.value("select count(*) from headrace.dead_letter") < 1000


def test_a_missing_right_is_not_the_events_fault(table, kafka, headrace, topic):
    kafka.produce(topic, rows("t", range(100), v=lambda n: "good"))
    role = f"writer_{table.name}"
    table.sql(f"create role {role} login")
    table.sql(f"grant create on database {table.name} to {role}")
    program = headrace(to_postgres(kafka, topic, table.conninfo(), errors="dead-letter",
                                   user=role))
    try:
        assert program.wait() != 0
        program.wait_log("permission denied for table t.*42501")
        assert table.value("select to_regclass('headrace.dead_letter')") is None
        table.sql(f"grant all on t to {role}")
        program.start()
        wait_rows(table, 100, program)
        assert program.stop() == 0
    finally:
        table.sql(f"drop owned by {role}")
        table.sql(f"drop role {role}")


def test_a_missing_table_is_not_the_events_fault(db, kafka, headrace, topic):
    kafka.produce(topic, rows("t", range(50)))
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter"))
    assert program.wait() != 0
    program.wait_log('there is no table "public"."t": make it, .*42P01.*, partition 0, offset 0')
    assert db.value("select to_regclass('headrace.dead_letter')") is None
    db.sql("create table t (id bigint)")
    program.start()
    wait_rows(db, 50, program)
    assert program.stop() == 0


def test_a_column_too_many_without_a_schema(table, kafka, headrace, topic):
    """Each event says by itself what it has: that one is put aside."""
    events = rows("t", range(50))
    events[20:21] = rows("t", [20], surplus=lambda n: n)
    kafka.produce(topic, events)
    program = headrace(to_postgres(kafka, topic, table.conninfo(), errors="dead-letter"))
    wait_rows(table, 49, program)
    assert program.stop() == 0
    assert table.sql('select "offset", error_class from headrace.dead_letter') == [(20, "schema")]


def test_no_values_in_the_log(table, kafka, headrace, topic):
    """Details of constraints, and messages about values, quote rows."""
    table.sql("create unique index on t (v)")
    table.sql("alter table t add n int")
    events = rows("t", range(50), v=lambda n: "canary" if n % 10 == 3 else f"v{n}",
                  n=lambda n: "canary" if n % 10 == 7 else n)
    kafka.produce(topic, events)
    program = headrace(to_postgres(kafka, topic, table.conninfo(), errors="dead-letter"),
                       arguments=["-v"])
    wait_rows(table, 41, program)
    assert program.stop() == 0
    assert "23505" in program.log.text() and "22P02" in program.log.text()
    assert "canary" not in program.log.text()
