# SPDX-License-Identifier: Apache-2.0
"""sink-postgres, checkpoint = sink: offsets in the same transaction, so that every event is written
once: into a table without a key, which would show whatever comes twice."""
import pytest

from harness.kafka_source import committed
from harness.postgres_sink import Stream, check_once, rows, stored, to_postgres, wait_rows
from harness.waiting import count, wait_until


@pytest.fixture
def table(db):
    db.sql("create table t (id bigint)")
    return db


@pytest.fixture
def stream(kafka, topic):
    """Half a second's worth is sent every second or so, until the test stops it."""
    kafka.create_topic(topic, 4)
    running = Stream(kafka, topic)
    yield running
    running.stop()


@pytest.mark.parametrize("workers", [1, 3])
def test_a_restart_repeats_nothing(table, kafka, headrace, topic, workers):
    kafka.create_topic(topic, 3)
    kafka.produce(topic, rows("t", range(500)))
    program = headrace(to_postgres(kafka, topic, table.conninfo(), workers=workers))
    wait_rows(table, 500, program)
    assert program.stop() == 0
    assert sum(stored(table).values()) == 500
    kafka.produce(topic, rows("t", range(500, 700)))
    program.start()
    check_once(table, 700, program)


def test_what_is_committed_to_kafka_is_only_a_hint(table, kafka, headrace, topic):
    """The offsets of the group say another thing: those of the database count."""
    kafka.produce(topic, rows("t", range(300)))
    sections = to_postgres(kafka, topic, table.conninfo(), source={"commit_interval": "50ms"})
    program = headrace(sections)
    wait_rows(table, 300, program)
    wait_until(lambda: committed(kafka, topic) == {0: 300}, give_up=program.must_run)
    assert program.stop() == 0
    table.sql("update headrace.sink_offset set next_offset = 100 where part <> ''")
    table.sql("delete from t where id >= 100")
    program.start()
    check_once(table, 300, program)


def test_another_number_of_workers(table, kafka, headrace, topic, stream):
    """Killed while the writers are not equally far, and started with more or fewer of them."""
    programs = [headrace(to_postgres(kafka, topic, table.conninfo(), workers=workers,
                                     batch_rows=50, source={"member": "m"}), start=False) for workers in (4, 1, 3, 2)]
    for program in programs * count(1, 10):
        before = table.value("select count(*) from t")
        program.start()
        wait_rows(table, before + 500, program)
        program.kill9()
    sent = stream.stop()
    programs[0].start()
    check_once(table, sent, programs[0])
    assert programs[0].stop() == 0
    programs[0].start()
    wait_until(lambda: table.value("select count(distinct workers) from headrace.sink_offset "
                                   "where part <> ''") == 1, give_up=programs[0].must_run)


def test_members_come_and_go(table, kafka, headrace, topic, stream):
    sections = to_postgres(kafka, topic, table.conninfo(), workers=2)
    programs = [headrace(sections)]
    for turn in range(count(4, 40)):
        before = table.value("select count(*) from t")
        if turn % 3 == 2:
            assert programs.pop(0).stop() == 0
        else:
            programs.append(headrace(sections))
        wait_rows(table, before + 300, *programs)
    check_once(table, stream.stop(), *programs)


@pytest.mark.parametrize("workers", [(1, 1), (2, 3)])
def test_a_frozen_process_is_shut_out(table, kafka, headrace, topic, stream, workers):
    """It wakes up behind its successor's back, with events that it had read before. The other one
    may have another number of writers."""
    sections, others = (to_postgres(kafka, topic, table.conninfo(), workers=number,
                                    source={"rdkafka.session.timeout.ms": 6000})
                        for number in workers)
    first, second = headrace(sections), None
    for _ in range(count(1, 10)):
        before = table.value("select count(*) from t")
        wait_rows(table, before + 300, first)
        first.freeze()
        before = table.value("select count(*) from t")
        second = second or headrace(others)
        wait_rows(table, before + 500, second)
        first.thaw()
        before = table.value("select count(*) from t")
        wait_rows(table, before + 500, first, second)
    check_once(table, stream.stop(), first, second)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_topic_made_anew(table, kafka, headrace, topic, workers):
    """Offsets begin again: the rows of the sink are set back, and nothing is taken for written."""
    kafka.create_topic(topic, 2)
    kafka.produce(topic, rows("t", range(400)))
    program = headrace(to_postgres(kafka, topic, table.conninfo(), workers=workers,
                                   source={"topic_recreated": "restart"}))
    wait_rows(table, 400, program)
    assert program.stop() == 0
    kafka.delete_topic(topic)
    kafka.create_topic(topic, 2)
    kafka.produce(topic, rows("t", range(400, 450)))
    program.start()
    wait_rows(table, 450, program)
    assert program.stop() == 0
    assert sum(stored(table).values()) == 50
    kafka.produce(topic, rows("t", range(450, 500)))
    program.start()
    check_once(table, 500, program)
