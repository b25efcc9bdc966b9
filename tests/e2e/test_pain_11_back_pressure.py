# SPDX-License-Identifier: Apache-2.0
"""Kafka is away for longer than wal_sender_timeout: the stream waits and loses nothing."""
from harness.load import Load, check_everything, pipeline, topic_of
from harness.waiting import wait_until

TIMEOUT_S = 2


def walsender(db, slot):
    return db.value("select active_pid from pg_replication_slots where slot_name = %s", [slot])


def test_away_for_three_times_wal_sender_timeout(postgres_factory, kafka_factory, headrace):
    cluster = postgres_factory(settings={"wal_sender_timeout": f"{TIMEOUT_S}s"})
    db, broker = cluster.create_database(), kafka_factory()
    sections = pipeline(db, broker, "away")
    slot = sections["load.source"]["slot"]
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(slot, program)
    load.start()
    broker.wait_records(topic_of(sections), 200, give_up=program.must_run)
    broker.kill9()
    program.wait_log("no broker can be reached")
    program.live(TIMEOUT_S)  # the last acknowledgement is sent by then
    pid, held = walsender(db, slot), db.confirmed_lsn(slot)
    program.live(3 * TIMEOUT_S)
    assert walsender(db, slot) == pid, "the replication connection did not live"
    assert db.confirmed_lsn(slot) == held, "something was acknowledged that Kafka has not"
    broker.start()
    wait_until(lambda: db.confirmed_lsn(slot) > held, 60, "the slot moves again",
               give_up=program.must_run)
    load.stop()
    check_everything(db, broker, program, load, sections)
