# SPDX-License-Identifier: Apache-2.0
"""Kafka Streams on headrace: a word count whose repartition topic, changelog and offsets are in
PostgreSQL, killed in the middle, and counts compared with a model.

At least once: what was counted and not committed when the process was killed is counted again."""
import collections
import random
import shutil

import pytest

from harness import maven, places
from harness.kafka import LOGGING, java
from harness.process import Process
from harness.waiting import count, wait_until

LINES, ROUNDS = count(3000, 100_000), count(1, 10)
WORDS = ["water", "wheel", "channel", "gate", "mill", "weir", "stream", "lade", "flume", "sluice"]


class WordCount(Process):
    def __init__(self, folder, broker):
        super().__init__("wordcount", folder)
        self.broker, self.state = broker, folder / "state"
        (folder / "log4j.properties").write_text(LOGGING, encoding="utf-8")

    def start(self):
        source = places.TREE / "tests" / "e2e" / "harness" / "WordCount.java"
        start = self.log.size()
        self.spawn(java([maven.kafka_streams_jars()], source, self.broker.brokers, self.state,
                        logging=self.folder / "log4j.properties"))
        self.log.wait("^RUNNING", 60, start, self.must_run)


@pytest.fixture
def server(broker_factory):
    broker = broker_factory({"group_initial_rebalance_delay": "0",
                             "group_min_session_timeout": "1s"})
    for name in ("lines", "counts"):
        broker.create_topic(name, 3)
    return broker


@pytest.fixture
def wordcount(folder, server):
    process = WordCount(folder, server)
    yield process
    process.kill9()


def lines(number, seed):
    choose = random.Random(seed)
    return [" ".join(choose.choices(WORDS, k=choose.randint(1, 8))) for _ in range(number)]


def model(some):
    return collections.Counter(word for line in some for word in line.split())


def counted(server):
    """The last count of each word."""
    return {record.key.decode(): int.from_bytes(record.value, "big")
            for record in server.consume("counts")}


def until_counted(server, expected):
    wait_until(lambda: counted(server) == expected, 60,
               lambda: f"{expected}, there is {counted(server)}", interval=0.2)


def send(server, some):
    server.produce("lines", [(b"%d" % n, line.encode()) for n, line in enumerate(some)])


def committed(server):
    """Whether the group has no lag, in the view that people look at."""
    lags = dict(server.sql("select topic, sum(lag) from kafka.group_lag group by 1"))
    return lags == {"lines": 0, "wordcount-words-repartition": 0}


def test_a_word_count(server, wordcount):
    wordcount.start()
    sent = lines(LINES, 0)
    send(server, sent)
    until_counted(server, model(sent))
    internal = {name for name in server.topics() if name.startswith("wordcount-")}
    assert internal == {"wordcount-words-repartition", "wordcount-words-changelog"}

    # When all is committed a kill repeats nothing; the state comes back from the changelog alone.
    wait_until(lambda: committed(server), what="offsets", interval=0.1)
    wordcount.kill9()
    shutil.rmtree(wordcount.state)
    wordcount.start()
    sent += lines(100, 1)
    send(server, sent[LINES:])
    until_counted(server, model(sent))

    # In the middle of it nothing is left out, and at most what was not committed is counted again.
    for number in range(ROUNDS):
        wait_until(lambda: committed(server), what="offsets", interval=0.1)
        before, more = counted(server), lines(LINES, 2 + number)
        send(server, more[:LINES // 2])
        wait_until(lambda: counted(server) != before, what="it counts", interval=0.02)
        wordcount.kill9()
        send(server, more[LINES // 2:])
        server.kill9()
        server.start()
        wordcount.start()
        wait_until(lambda: committed(server), 60, "all is read", interval=0.1)
        added, expected = counted(server), model(more)
        for word in WORDS:
            assert expected[word] <= added[word] - before[word] <= 2 * expected[word], word
