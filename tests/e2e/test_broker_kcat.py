# SPDX-License-Identifier: Apache-2.0
"""kcat has the same answers from headrace's broker as from Apache Kafka."""
import re
import subprocess

import pytest

from harness import places
from harness.waiting import wait_until

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def kcat(server, *arguments, text=None):
    done = subprocess.run(["kcat", "-b", server.brokers, *arguments], input=text, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def consume(server, topic, *more):
    return kcat(server, "-C", "-t", topic, "-e", "-q", "-f", "%p %o %K %k %S %s %h\n", *more)


def produce_and_read(server, topic, codec):
    for number in (1, 1000):
        text = "".join(f"key{i}:value {i}\n" for i in range(number))
        kcat(server, "-P", "-t", topic, "-K", ":", "-z", codec, "-H", "first=1", "-H", "empty=",
             "-H", "first=again", text=text)
    return consume(server, topic, "-o", "beginning")


@pytest.mark.parametrize("codec", CODECS)
def test_produce_and_read(broker, kafka, topic, codec):
    ours, theirs = (produce_and_read(server, topic, codec) for server in (broker, kafka))
    assert ours == theirs
    assert ours.count("\n") == 1001


def test_keys_and_values_that_are_null_or_empty(broker, kafka, topic):
    def script(server):
        kcat(server, "-P", "-t", topic, "-K", ":", text=":empty key\n:\na:\n")
        kcat(server, "-P", "-t", topic, "-K", ":", "-Z", text=":null key\n:\nb:\n")
        return consume(server, topic, "-o", "beginning")
    assert script(broker) == script(kafka)


def test_places_to_begin(broker, kafka, topic):
    def script(server):
        kcat(server, "-P", "-t", topic, text="".join(f"{i}\n" for i in range(20)))
        return [consume(server, topic, "-o", start) for start in ("5", "-3", "19", "beginning")]
    assert script(broker) == script(kafka)


def test_metadata(broker, kafka, topic):
    """A topic that is asked for is made; the list is Kafka's but for numbers and addresses."""
    def script(server):
        wait_until(lambda: "leader 1" in kcat(server, "-L", "-t", topic), what="a leader")
        text = kcat(server, "-L", "-t", topic)
        return re.sub(r"127\.0\.0\.1:\d+(/\w+)?", "ADDRESS", text)
    assert script(broker) == script(kafka)


def test_offsets_by_time(broker, kafka, topic):
    def script(server):
        for text in ("a\n", "b\n"):
            kcat(server, "-P", "-t", topic, text=text)
        times = [int(line) for line in kcat(server, "-C", "-t", topic, "-e", "-q", "-f",
                                            "%T\n").split()]
        asked = [-1, -2, 0, times[1], times[1] + 1]
        return [kcat(server, "-Q", "-t", f"{topic}:0:{time}") for time in asked]
    assert script(broker) == script(kafka)


def test_rows_of_what_was_produced(broker, topic):
    """What a client sends is a row that SQL reads."""
    kcat(broker, "-P", "-t", topic, "-K", ":", "-H", "h=1", text="k:v\n")
    assert broker.sql("select m.partition_id, m.partition_offset, convert_from(m.key, 'utf8'), "
                      "convert_from(m.value, 'utf8') from kafka.messages m join kafka.topics t "
                      f"using (topic_id) where t.name = '{topic}'") == [(0, 0, "k", "v")]


def test_a_restart_keeps_everything(broker, topic):
    kcat(broker, "-P", "-t", topic, text="a\nb\n")
    before = consume(broker, topic, "-o", "beginning")
    assert broker.stop() == 0
    broker.start()
    assert consume(broker, topic, "-o", "beginning") == before
    kcat(broker, "-P", "-t", topic, text="c\n")
    assert consume(broker, topic, "-o", "beginning").split("\n")[2].startswith("0 2 ")


def test_configuration_file(db, headrace):
    """conf/broker.ini runs, but for the port, which others may have."""
    port = places.free_port()
    text = (places.TREE / "conf" / "broker.ini").read_text().replace(
        "listen = 127.0.0.1:9092", f"listen = 127.0.0.1:{port}")
    program = headrace(text, {"PG_HOST": db.host, "PG_PORT": str(db.port), "PG_DATABASE": db.name,
                              "PG_USERNAME": db.user, "PG_PASSWORD": "unused"})

    def produced():
        program.must_run()
        done = subprocess.run(["kcat", "-b", f"127.0.0.1:{port}", "-P", "-t", "hello",
                               "-X", "log_level=0"], input="world\n", text=True, timeout=30,
                              capture_output=True, check=False)
        return done.returncode == 0
    wait_until(produced, what="it listens", interval=0.2)
    assert db.value("select count(*) from kafka.messages") == 1
    assert db.value("select count(*) from kafka.partitions") == 3
