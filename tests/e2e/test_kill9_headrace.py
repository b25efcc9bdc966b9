# SPDX-License-Identifier: Apache-2.0
"""kill -9 of headrace at random points under load loses nothing and keeps each key's order."""
import random

import pytest

from harness.load import Load, check_everything, pipeline
from harness.waiting import count


@pytest.mark.parametrize("checkpoint", ["file", "none"])
def test_killed_at_random_points(db, kafka_factory, headrace, topic_prefix, checkpoint):
    """In every other round Kafka does not answer before the kill: much is under way then."""
    broker = kafka_factory()
    sections = pipeline(db, broker, topic_prefix, checkpoint=checkpoint)
    load = Load(db)
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    load.start()
    for turn in range(count(10, 100)):
        program.live(random.uniform(0, 1.5))  # also while it starts
        if turn % 2:
            broker.process.freeze()
            program.live(random.uniform(0, 1))
        program.kill9()
        broker.process.thaw()
        program.start()
    load.stop()
    check_everything(db, broker, program, load, sections)
