# SPDX-License-Identifier: Apache-2.0
"""source-kafka: while the sink takes nothing, the group is kept, and the memory is bounded."""
import os
import threading

import confluent_kafka
import pytest

from harness.kafka_source import (committed, group_of, members, repeated, to_stdout, values,
                                  wait_values)
from harness.program import sanitized
from harness.waiting import wait_until

LINE = '"' + 1000 * "x" + '{}"'
SHORT = {"rdkafka.session.timeout.ms": 6000, "rdkafka.max.poll.interval.ms": 6000,
         "revoke_timeout": "5s"}


def small(kafka, topic, **source):
    """Little memory, and something of every partition in it."""
    sections = to_stdout(kafka, topic, **{"rdkafka.fetch.message.max.bytes": 50_000, **source})
    sections["reader"]["ring_bytes"] = "4MiB"
    return sections


class Pipe:
    """A standard output that nobody reads until drain()."""

    def __init__(self, program):
        self.reader, writer = os.pipe()
        program.start(stdout=writer)
        os.close(writer)

    def drain(self, program):
        """From now on everything goes where a program's output usually goes; the thread."""
        thread = threading.Thread(target=self._copy, args=[program])
        thread.start()
        return thread

    def _copy(self, program):
        with os.fdopen(self.reader, "rb") as reader, open(program.output.path, "ab", 0) as output:
            while chunk := reader.read1(65536):
                output.write(chunk)


def fill(kafka, topic, partitions, number=20_000):
    """Small batches: a fetch brings some of each partition."""
    kafka.create_topic(topic, partitions)
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers,
                                         "batch.num.messages": 20})
    for n in range(number):
        producer.produce(topic, LINE.format(n), partition=n % partitions)
    assert producer.flush(30) == 0
    return number


def rss_mib(program):
    with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


def wait_blocked(kafka, topic):
    wait_until(lambda: members(kafka, group_of(topic)), what="it has joined")


def test_longer_than_max_poll_interval(kafka, headrace, topic):
    number = fill(kafka, topic, 2)
    sections = small(kafka, topic, **SHORT)
    program = headrace(sections, start=False)
    pipe = Pipe(program)
    wait_blocked(kafka, topic)
    program.live(9)
    assert len(members(kafka, group_of(topic))) == 1
    assert program.log.text().count("the group") == 1, program.log.text()
    if not sanitized():
        assert rss_mib(program) < 64
    drain = pipe.drain(program)
    found = wait_values(program, number=number)
    assert program.stop() == 0
    drain.join()
    assert len(found) == number and repeated(found) == []


@pytest.mark.parametrize("assignor", ["cooperative-sticky", "range"])
def test_gives_back_after_revoke_timeout(kafka, headrace, topic, assignor):
    """Another member may not wait for ever for one that cannot write."""
    number = fill(kafka, topic, 2)
    sections = small(kafka, topic, assignor=assignor, **{**SHORT, "revoke_timeout": "1s"})
    blocked = headrace(sections, start=False)
    pipe = Pipe(blocked)
    wait_blocked(kafka, topic)
    other = headrace(sections)
    blocked.wait_log("the sink did not finish within revoke_timeout")
    wait_until(lambda: values(other), what="the other one reads")
    drain = pipe.drain(blocked)
    wait_until(lambda: sum(committed(kafka, topic, 2).values()) == number, 30,
               lambda: committed(kafka, topic, 2), give_up=other.must_run)
    assert blocked.stop() == 0 and other.stop() == 0
    drain.join()
    assert sum(committed(kafka, topic, 2).values()) == number, "the late one set it back"
    assert len(set(values(blocked, other))) == number


def test_waits_for_what_is_on_its_way(kafka, headrace, topic):
    """The sink goes on before revoke_timeout: nothing comes twice."""
    number = fill(kafka, topic, 2)
    sections = small(kafka, topic)
    slow = headrace(sections, start=False)
    pipe = Pipe(slow)
    wait_blocked(kafka, topic)
    other = headrace(sections)
    slow.wait_log("the group takes back 1 partitions")
    slow.live(1)
    assert values(other) == []
    drain = pipe.drain(slow)
    found = wait_values(slow, other, number=number)
    assert slow.stop() == 0 and other.stop() == 0
    drain.join()
    assert "revoke_timeout" not in slow.log.text()
    assert values(other) and repeated(values(slow, other)) == []
    assert len(found) == number
