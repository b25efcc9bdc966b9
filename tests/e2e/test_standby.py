# SPDX-License-Identifier: Apache-2.0
"""Several processes of one pipeline with standby = yes: one streams, another takes over."""
import random

from harness.load import Load, check_everything, topic_of
from harness.load import pipeline as load_pipeline
from harness.waiting import count, wait_until
from pgoutput import changes, ids, pipeline, run_until_confirmed, started


def test_killed_under_load(db, kafka, headrace, topic_prefix):
    """Whichever streams is killed: the other one has the slot within a second or two."""
    sections = load_pipeline(db, kafka, topic_prefix, checkpoint="none", source__standby="yes",
                             source__slot_activity_interval="500ms")
    load = Load(db)
    streaming = headrace(sections)
    streaming.wait_log("streaming database")
    waiting = headrace(sections)
    waiting.wait_log("replication slot .* is active in process")
    load.start()
    for _ in range(count(4, 40)):
        kafka.wait_records(topic_of(sections), load.committed() + 100, give_up=streaming.must_run)
        streaming.live(random.uniform(0, 0.3))
        offset = waiting.log.size()
        streaming.kill9()
        waiting.wait_log("streaming database", timeout=5, start=offset)
        offset = streaming.log.size()
        streaming.start()
        streaming.wait_log(".*waiting for it", start=offset)
        streaming, waiting = waiting, streaming
    load.stop()
    assert waiting.stop() == 0, "one that waits is stopped at once"
    check_everything(db, kafka, streaming, load, sections)


def test_the_one_that_slept_waits_again(postgres_factory, headrace):
    """What it remembers of its own turn does not count after another one's."""
    db = postgres_factory(settings={"wal_sender_timeout": "2s"}).create_database()
    db.sql("create table t (id int primary key)")
    sections = pipeline(db, tables="t", checkpoint="none", standby="yes",
                        slot_activity_interval="200ms")
    first = started(headrace, sections)
    db.sql("insert into t values (1)")
    run_until_confirmed(db, first, sections)
    first.freeze()
    second = headrace(sections)
    second.wait_log("streaming database")
    db.sql("insert into t values (2)")
    assert ids(run_until_confirmed(db, second, sections)) == [2]
    first.thaw()
    first.wait_log(".*waiting for it")
    assert second.stop() == 0
    db.sql("insert into t values (3)")
    first.wait_log("streaming database")
    wait_until(lambda: ids(changes(first)) == [1, 3], what="its next turn", give_up=first.must_run)


def test_clean_stop_hands_over_without_repeating(numbers, headrace):
    sections = pipeline(numbers, tables="t", checkpoint="none", standby="yes",
                        slot_activity_interval="200ms")
    first = started(headrace, sections)
    second = headrace(sections)
    second.wait_log("waiting for it")
    for n in range(20):
        numbers.sql("insert into t values (%s)", [n])
    assert first.stop() == 0
    second.wait_log("streaming database")
    found = ids(changes(first)) + ids(run_until_confirmed(numbers, second, sections))
    assert found == list(range(20))
