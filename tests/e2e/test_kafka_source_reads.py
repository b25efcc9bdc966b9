# SPDX-License-Identifier: Apache-2.0
"""source-kafka: what is read, from where, and that a restart repeats nothing."""
import json

import pytest

from harness.kafka_source import to_stdout, values, wait_values
from harness.waiting import wait_until


def numbers(first, last):
    return [(str(n), json.dumps(n)) for n in range(first, last)]


@pytest.mark.parametrize("checkpoint", ["none", "file"])
def test_reads_and_goes_on_behind_it(kafka, headrace, topic, checkpoint):
    kafka.create_topic(topic, 3)
    kafka.produce(topic, numbers(0, 500))
    program = headrace(to_stdout(kafka, topic, checkpoint=checkpoint))
    assert sorted(wait_values(program, number=500)) == list(range(500))
    assert program.stop() == 0
    kafka.produce(topic, numbers(500, 700))
    program.start()
    assert sorted(wait_values(program, number=700)) == list(range(700))
    assert program.stop() == 0
    assert len(values(program)) == 700
