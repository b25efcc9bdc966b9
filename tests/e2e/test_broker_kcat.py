# SPDX-License-Identifier: Apache-2.0
"""What kcat has produced, in tables and after a restart. That it has the same answers as from
Apache Kafka is in test_broker_compatibility.py."""
import subprocess

from harness import places
from harness.waiting import wait_until


def kcat(server, *arguments, text=None):
    done = subprocess.run(["kcat", "-b", server.brokers, *arguments], input=text, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def consume(server, topic, *more):
    return kcat(server, "-C", "-t", topic, "-e", "-q", "-f", "%p %o %K %k %S %s %h\n", *more)


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
