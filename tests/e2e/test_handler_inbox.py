# SPDX-License-Identifier: Apache-2.0
"""handler_mode = inbox: its days, and what becomes of them."""
import datetime

import confluent_kafka

from harness.postgres_sink import to_postgres
from harness.waiting import wait_until

DAY_MS = 86400000


def pipeline(kafka, topic, db, **more):
    sections = to_postgres(kafka, topic, db.conninfo(), mode="handler", handler_mode="inbox",
                           **more)
    del sections["apply"]["codec"], sections["apply.codec"]
    return sections


def make_topic(kafka, topic):
    """It keeps messages of any time."""
    kafka.create_topic(topic, retention_ms=-1, message_timestamp_after_max_ms=1000 * DAY_MS)


def send(kafka, topic, *times):
    """A message of each time, in milliseconds."""
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers})
    for time in times:
        producer.produce(topic, "{}", timestamp=time)
    assert producer.flush(30) == 0


def days(db):
    return {name for name, in db.sql("select relname from pg_class where relkind = 'r' and "
                                     "relnamespace = 'headrace'::regnamespace and "
                                     "relname like 'inbox_%'")}


def name_of(time):
    day = datetime.datetime.fromtimestamp(time / 1000, datetime.timezone.utc)
    return f"inbox_{day:%Y%m%d}"


def wait_messages(db, number, program):
    wait_until(lambda: db.value("select to_regclass('headrace.inbox')") and
               db.value("select count(*) from headrace.inbox") == number,
               what=program.log.text, give_up=program.must_run)


def test_days(db, kafka, headrace, topic):
    """A partition a day; times that cannot be are together. A day that is over goes when it is
    empty, not before."""
    now = int(datetime.datetime.now().timestamp() * 1000)
    make_topic(kafka, topic)
    read, unread = now - 9 * DAY_MS, now - 10 * DAY_MS
    send(kafka, topic, now, read, unread, 1000, now + 100 * DAY_MS)
    program = headrace(pipeline(kafka, topic, db))
    wait_messages(db, 5, program)
    assert program.stop() == 0
    assert {name_of(now), name_of(read), name_of(unread), "inbox_other"} <= days(db)
    assert db.value("select count(*) from headrace.inbox_other where day = 'infinity'") == 2
    db.sql(f"delete from headrace.{name_of(read)}")
    send(kafka, topic, now)
    program.start()
    wait_messages(db, 5, program)
    assert program.stop() == 0
    assert name_of(read) not in days(db)
    assert {name_of(now), name_of(unread), "inbox_other"} <= days(db)


def test_messages_that_come_again_without_a_checkpoint(db, kafka, headrace, topic):
    now = int(datetime.datetime.now().timestamp() * 1000)
    make_topic(kafka, topic)
    send(kafka, topic, now, now - DAY_MS, 1000)
    for number in (3, 4):  # the second one reads all again, up to a message that is new
        send(kafka, topic, *[now] * (number - 3))
        program = headrace(pipeline(kafka, topic, db, checkpoint="none",
                                    source={"group": f"{topic}-{number}", "start": "earliest"}))
        wait_messages(db, number, program)
        assert program.stop() == 0
    assert "at the end: 4 events durable" in program.log.text()
