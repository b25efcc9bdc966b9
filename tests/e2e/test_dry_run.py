# SPDX-License-Identifier: Apache-2.0
"""`headrace run --dry-run`: what would be done is logged, and nothing of it stays."""
import re

import confluent_kafka
import pytest

from harness.postgres_sink import rows, to_tables, wait_rows
from harness.program import command, ini
from harness.waiting import wait_until


@pytest.fixture
def sections(db, kafka, topic):
    """A pipeline into a table that is not there yet, of 50 events."""
    kafka.produce(topic, rows("t", range(50), v=lambda n: n * n))
    return to_tables(kafka, topic, db.conninfo(), schema_evolution="create",
                     source={"start": "earliest"})


def committed(kafka, topic):
    """The offset that the group has in Kafka; it may be the first before anything is written."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.brokers,
                                         "group.id": f"g-{topic}"})
    try:
        return consumer.committed([confluent_kafka.TopicPartition(topic, 0)], 20)[0].offset
    finally:
        consumer.close()


def test_nothing_stays(db, kafka, headrace, topic, sections):
    program = headrace(sections, arguments=["--dry-run"])
    program.wait_log("would run: CREATE TABLE")
    program.wait_log('would run, for 50 rows: INSERT INTO "public"."t"')
    assert program.stop() == 0
    assert "the dry run ends after 50 events" in program.log.text()
    assert re.search(r"apply: ended$", program.log.text(), re.MULTILINE)
    assert db.value("select to_regclass('t')::text") is None
    assert db.value("select count(*) from pg_namespace where nspname = 'headrace'") == 0
    assert committed(kafka, topic) <= 0
    program.arguments = []
    program.start()
    wait_until(lambda: db.value("select to_regclass('t')::text"), what="the table",
               give_up=program.must_run)
    wait_rows(db, 50, program)
    assert program.stop() == 0
    assert committed(kafka, topic) == 50


def test_an_event_that_would_stop_it(db, kafka, headrace, topic, sections):
    db.sql("create table t (id int primary key, v int check (v < 100))")
    program = headrace(sections, arguments=["--dry-run"])
    assert program.wait() == 1
    assert "SQLSTATE 23514" in program.log.text()
    assert db.value("select count(*) from t") == 0


def test_a_sink_that_cannot(db, headrace, sections):
    """Its pipeline is left out, and its source is not touched."""
    sections |= {"lines": {"source": "kafka", "sink": "stdout", "checkpoint": "none"},
                 "lines.source": {**sections["apply.source"], "group": "lines"}}
    program = headrace(sections, arguments=["--dry-run"])
    program.wait_log("would run, for 50 rows")
    assert program.stop() == 0
    assert "lines.sink: sink stdout cannot undo what it does (it has no key dry_run)" in \
        program.log.text()
    assert "--dry-run: so pipeline lines is not run" in program.log.text()
    assert program.output.text() == ""


def test_no_sink_that_can(folder):
    (folder / "x.ini").write_text(ini({
        "lines": {"source": "kafka", "sink": "stdout", "checkpoint": "none"},
        "lines.source": {"brokers": "127.0.0.1:9", "group": "g", "topics": "t"}}))
    done = command("run", "--dry-run", "-c", folder / "x.ini")
    assert done.returncode == 64 and "pipeline lines is not run" in done.stderr
    (folder / "y.ini").write_text(ini({
        "log": {"source": "kafka", "sink": "postgres", "checkpoint": "none"},
        "log.source": {"brokers": "127.0.0.1:9", "group": "g", "topics": "t"},
        "log.sink": {"conninfo": "host=127.0.0.1 port=9", "mode": "log"}}))
    done = command("run", "--dry-run", "-c", folder / "y.ini")
    assert done.returncode == 64 and "dry_run is not for mode = log" in done.stderr
    done = command("check", "--dry-run", "-c", folder / "x.ini")
    assert done.returncode == 64 and "--dry-run is for run" in done.stderr
