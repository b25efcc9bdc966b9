# SPDX-License-Identifier: Apache-2.0
"""source-kafka: members come and go, and nothing is lost or repeated where that can be."""
import threading

import confluent_kafka
import pytest

from harness.kafka_source import (committed, group_of, members, repeated, to_stdout, values,
                                  wait_values)
from harness.waiting import count, wait_until

PARTITIONS = 4


class Stream:
    """Produces numbers until it is stopped; `sent` is how many."""

    def __init__(self, kafka, topic):
        self.sent, self._stop = 0, threading.Event()
        self._producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers,
                                                   "linger.ms": 2})
        self._topic, self._thread = topic, threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(0.01):
            for _ in range(20):
                self._producer.produce(self._topic, str(self.sent), str(self.sent))
                self.sent += 1
            self._producer.poll(0)

    def stop(self):
        self._stop.set()
        self._thread.join()
        assert self._producer.flush(30) == 0
        return self.sent


@pytest.fixture
def stream(kafka, topic):
    kafka.create_topic(topic, PARTITIONS)
    running = Stream(kafka, topic)
    yield running
    running.stop()


def wait_members(kafka, topic, number):
    """Until so many share all partitions; how many each has."""
    def shared():
        found = members(kafka, group_of(topic))
        return found and len(found) == number and sum(found.values()) == PARTITIONS and found
    return wait_until(shared, 60, lambda: f"{number} members: {members(kafka, group_of(topic))}")


def wait_all(kafka, topic, sent):
    wait_until(lambda: sum(committed(kafka, topic, PARTITIONS).values()) == sent, 60,
               lambda: f"{sent} committed: {committed(kafka, topic, PARTITIONS)}", interval=0.2)


@pytest.mark.parametrize("assignor", ["cooperative-sticky", "range"])
def test_join_and_leave_repeat_nothing(kafka, headrace, topic, stream, assignor):
    sections = to_stdout(kafka, topic, assignor=assignor, commit_interval="200ms")
    programs = [headrace(sections) for _ in range(2)]
    assert sorted(wait_members(kafka, topic, 2).values()) == [2, 2]
    for _ in range(count(2, 20)):
        before = [len(values(program)) for program in programs[:2]]
        programs.append(headrace(sections))
        wait_members(kafka, topic, 3)
        wait_until(lambda: len(values(programs[-1])) > 50, what="the new one reads")
        assert programs[-1].stop() == 0
        wait_members(kafka, topic, 2)
        wait_until(lambda: all(len(values(program)) > number
                               for program, number in zip(programs, before)), what="both go on")
    sent = stream.stop()
    wait_all(kafka, topic, sent)
    for program in programs[:2]:
        assert program.stop() == 0
    found = values(*programs)
    assert repeated(found) == []
    assert sorted(found) == list(range(sent))


def test_who_stays_goes_on_reading(kafka, headrace, topic, stream):
    """With the cooperative assignor a join takes away only what the new member gets."""
    sections = to_stdout(kafka, topic)
    first = headrace(sections)
    wait_members(kafka, topic, 1)
    headrace(sections)
    wait_members(kafka, topic, 2)
    taken = first.log.text().count("the group takes back 2 partitions")
    assert taken == 1 and "takes back 4 partitions" not in first.log.text()


def test_kill9_loses_nothing(kafka, headrace, topic, stream):
    """At least once: what was not committed comes again, by others."""
    sections = to_stdout(kafka, topic, **{"rdkafka.session.timeout.ms": 6000})
    stays, dies = headrace(sections), headrace(sections)
    wait_members(kafka, topic, 2)
    wait_values(dies, number=100)
    dies.kill9()
    wait_members(kafka, topic, 1)
    sent = stream.stop()
    wait_all(kafka, topic, sent)
    lines = dies.output.text().split("\n")[:-1]
    assert len(lines) >= 100
    assert set(values(stays, dies)) == set(range(sent))


def test_a_frozen_member_loses_its_partitions(kafka, headrace, topic, stream):
    """SIGSTOP until the group goes on without it, then it wakes up and joins again."""
    sections = to_stdout(kafka, topic, **{"rdkafka.session.timeout.ms": 6000})
    stays, sleeps = headrace(sections), headrace(sections)
    wait_members(kafka, topic, 2)
    wait_values(sleeps, number=100)
    sleeps.freeze()
    wait_members(kafka, topic, 1)
    sleeps.thaw()
    sleeps.wait_log("the group went on without this member")
    wait_members(kafka, topic, 2)
    sent = stream.stop()
    wait_all(kafka, topic, sent)
    assert set(values(stays, sleeps)) == set(range(sent))
    assert sleeps.stop() == 0 and stays.stop() == 0


def test_a_member_with_a_name_keeps_its_partitions(kafka, headrace, topic, stream):
    one = headrace(to_stdout(kafka, topic, member="one"))
    two = headrace(to_stdout(kafka, topic, member="two"))
    assert wait_members(kafka, topic, 2) == {"one": 2, "two": 2}
    wait_until(lambda: two.log.text().count("goes on at") >= 2, what="it reads both")
    size = two.log.size()
    for _ in range(2):
        one.kill9()
        before = len(values(one))
        one.start()
        wait_until(lambda: len(values(one)) > before + 20, 10, "it reads at once",
                   give_up=one.must_run)
    assert "the group takes back" not in two.log.text(size), "the other one was troubled"
    assert "the group assigns" not in two.log.text(size)
    sent = stream.stop()
    wait_all(kafka, topic, sent)
    assert set(values(one, two)) == set(range(sent))


def test_two_with_one_name(kafka, headrace, topic):
    kafka.create_topic(topic, PARTITIONS)
    first = headrace(to_stdout(kafka, topic, member="me"))
    wait_members(kafka, topic, 1)
    second = headrace(to_stdout(kafka, topic, member="me"))
    first.wait_log("another process joined with the same `member`")
    wait_until(lambda: not first.running(), what="it stops")
    second.must_run()


def test_members_must_share_in_the_same_way(kafka, headrace, topic):
    kafka.create_topic(topic, PARTITIONS)
    headrace(to_stdout(kafka, topic))
    wait_members(kafka, topic, 1)
    other = headrace(to_stdout(kafka, topic, assignor="range"))
    other.wait_log("set the same `assignor`")
    wait_until(lambda: not other.running(), what="it stops")
