# SPDX-License-Identifier: Apache-2.0
"""Kafka's codec of its protocol and ours, asked the same questions: see KafkaVectors.java and
tests/unit/wire_vectors.c."""
import subprocess

from . import maven, places


def _ask(command, lines):
    """The answers, one a line."""
    lines = list(lines)
    done = subprocess.run([str(word) for word in command], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines), answers[-1:]
    return answers


def ask_kafka(lines, newest=False):
    """newest: the messages and errors of the jar that ours are made from; else the broker's."""
    jars = [maven.kafka_clients_jar()] if newest else []
    jars.append(f"{maven.kafka_jars()}/*")
    return _ask(["java", "-XX:TieredStopAtLevel=1", "-cp", ":".join(map(str, jars)),
                 places.TREE / "tests" / "e2e" / "harness" / "KafkaVectors.java"], lines)


def ask_us(lines):
    return _ask([places.BUILD / "tests" / "unit" / "wire_vectors"], lines)
