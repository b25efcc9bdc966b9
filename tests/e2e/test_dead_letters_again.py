# SPDX-License-Identifier: Apache-2.0
"""source-dead-letters: what sink-postgres put aside is written once its reason is mended."""
import confluent_kafka
import pytest

from harness.postgres_sink import rows, to_postgres, wait_rows


@pytest.fixture
def letters(db, kafka, headrace, topic):
    """Letters 1 to 3: rows 2, 5 and 8, with headers."""
    db.sql("create table t (id bigint, v varchar(5))")
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    for key, value in rows("t", range(10), v=lambda n: "much too long" if n % 3 == 2 else "good"):
        producer.produce(topic, value, key, headers=[("h", b"\x00"), ("n", None), ("e", b"")])
    assert producer.flush(30) == 0
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter"))
    wait_rows(db, 7, program)
    assert db.value("select count(*) from headrace.dead_letter") == 3
    assert program.stop() == 0
    return db


def again(db, sink="postgres", errors="stop", **source):
    sections = {
        "again": {"source": "dead-letters", "codec": "json", "sink": sink, "checkpoint": "none",
                  "errors": errors},
        "again.source": {"conninfo": db.conninfo(), "pipeline": "apply", **source},
        "again.codec": {},
        "again.sink": {"conninfo": db.conninfo(), "insert_mode": "insert"}}
    if sink == "stdout":
        del sections["again"]["codec"], sections["again.codec"]
        sections["again.sink"] = {}
    return sections


def left(db):
    return db.sql('select "offset", pipeline from headrace.dead_letter order by 1')


def test_they_are_written_and_deleted(letters, headrace):
    letters.sql("alter table t alter v type text")
    program = headrace(again(letters))
    assert program.wait() == 0
    assert left(letters) == []
    assert letters.value("select count(distinct id) from t") == 10
    program.start()
    assert program.wait() == 0
    assert letters.value("select count(*) from t") == 10


def test_the_record_is_whole(letters, headrace, topic):
    program = headrace(again(letters, "stdout", ids=2))
    assert program.wait() == 0
    line, = program.lines()
    assert line["topic"] == topic and line["key"] == {"id": 5}
    assert line["value"]["after"] == {"id": 5, "v": "much too long"}
    assert line["headers"] == {"h": "\\x00", "n": None, "e": "\\x"}
    assert left(letters) == [(2, "apply"), (8, "apply")]


def test_rejected_again(letters, headrace):
    """Nothing is lost: with stop they stay, with dead-letter they are letters of this pipeline."""
    assert headrace(again(letters)).wait() != 0
    assert left(letters) == [(2, "apply"), (5, "apply"), (8, "apply")]
    assert headrace(again(letters, errors="dead-letter", ids="1, 3")).wait() == 0
    assert left(letters) == [(2, "again"), (5, "apply"), (8, "again")]


def test_wrong_ids(letters, headrace):
    program = headrace(again(letters, ids="1, x"))
    assert program.wait() == 78
    assert 'ids: "x" is no id of a dead letter' in program.log.text()
