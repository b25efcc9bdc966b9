# SPDX-License-Identifier: Apache-2.0
"""kill -9 of PostgreSQL under load: headrace stays up, comes back by itself, loses nothing."""
import signal

from harness.load import Load, check_everything, pipeline, topic_of
from harness.waiting import count


def test_server_killed_under_load(postgres_factory, kafka, headrace):
    cluster = postgres_factory()
    db = cluster.create_database()
    sections = pipeline(db, kafka, f"t{cluster.port}")
    slot = sections["load.source"]["slot"]
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(slot, program)
    load.start()
    for turn in range(count(3, 20)):
        kafka.wait_records(topic_of(sections), load.committed() + 50, give_up=program.must_run)
        cluster.kill9() if turn % 3 != 2 else cluster.stop(signal.SIGQUIT)
        program.live(0.5)
        cluster.start()
        db.wait_streaming(slot, program, timeout=60)
    load.stop()
    assert program.running()  # one process all the time: nobody has started it again
    check_everything(db, kafka, program, load, sections)


def test_server_away_at_the_start(postgres_factory, kafka, headrace):
    """A server that is not there yet is waited for."""
    cluster = postgres_factory()
    db = cluster.create_database()
    load = Load(db)
    sections = pipeline(db, kafka, f"t{cluster.port}")
    cluster.stop()
    program = headrace(sections)
    program.wait_log("cannot connect")
    program.wait_log("trying again in")
    cluster.start()
    db.wait_streaming(sections["load.source"]["slot"], program, timeout=60)
    load.start()
    kafka.wait_records(topic_of(sections), 100, give_up=program.must_run)
    load.stop()
    assert check_everything(db, kafka, program, load, sections) == []
