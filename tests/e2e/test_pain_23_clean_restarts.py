# SPDX-License-Identifier: Apache-2.0
"""SIGTERM under load drains; the next start repeats nothing and misses nothing."""
import random
import signal

import pytest

from harness.load import Load, check_everything, pipeline
from harness.waiting import count


@pytest.mark.parametrize("checkpoint", ["file", "none"])
def test_stopped_and_started_under_load(db, kafka, headrace, topic_prefix, checkpoint):
    sections = pipeline(db, kafka, topic_prefix, checkpoint=checkpoint)
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    load.start()
    restarts = count(6, 100)
    for _ in range(restarts):
        program.live(random.uniform(0, 1))
        assert program.stop() == 0
        program.start()
    load.stop()
    again = check_everything(db, kafka, program, load, sections)
    if checkpoint == "none":  # a slot knows whole transactions: one that a stop cut comes again
        assert len(load.transactions(again)) <= restarts
    else:
        assert again == []


def test_sigint_is_a_clean_stop_too(db, kafka, headrace, topic_prefix):
    sections = pipeline(db, kafka, topic_prefix)
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    load.start()
    program.live(1)
    program.send(signal.SIGINT)
    assert program.wait() == 0
    load.stop()
    program.start()
    assert check_everything(db, kafka, program, load, sections) == []
