# SPDX-License-Identifier: Apache-2.0
"""SQL as a client of the broker: kafka.produce() wakes a consumer that waits."""
import subprocess
import time


def test_produce_wakes_a_consumer(broker, db, topic):
    subprocess.run(["kcat", "-b", broker.brokers, "-P", "-t", topic], input="first\n", text=True,
                   check=True, timeout=60)
    consumer = subprocess.Popen(
        ["kcat", "-b", broker.brokers, "-C", "-t", topic, "-u", "-q", "-f", "%k %s %h\n", "-c", "2",
         "-X", "fetch.wait.max.ms=20000"], text=True, stdout=subprocess.PIPE)
    assert consumer.stdout.readline() == " first \n"
    began = time.monotonic()
    db.sql("select kafka.produce(%s, 'k', 'from SQL', '{\"a\": \"b\"}')", (topic,))
    assert consumer.stdout.readline() == "k from SQL a=b\n"
    assert time.monotonic() - began < 5  # and not when the fetch has waited for its time
    assert consumer.wait(60) == 0
