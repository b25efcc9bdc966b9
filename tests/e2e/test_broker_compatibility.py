# SPDX-License-Identifier: Apache-2.0
"""The same script of each client on Apache Kafka and on headrace: every answer is compared, but for
the differences that docs/kafka-compatibility.md lists."""
import json
import os
import re
import subprocess

import pytest

import broker_script_kcat
import broker_script_python
import broker_script_tools
from broker_compare import TOLERANCES, compare, on_both
from harness import npm, places
from harness.broker import Broker
from harness.kafka_tools import Tools


def of_tools(folder, topic):
    tools = Tools(folder)

    def script(server, answers):
        broker_script_tools.script(broker_script_tools.Session(tools, server, answers, topic, folder))
    return script, tools.close


def of_kafkajs(_, topic):
    environment = {**os.environ, "NODE_PATH": str(npm.kafkajs_modules())}
    program = places.TREE / "tests" / "e2e" / "broker_script_kafkajs.js"

    def script(server, answers):
        done = subprocess.run(["node", program, server.brokers, topic], env=environment, text=True,
                              capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr
        for line in done.stdout.splitlines():
            step = json.loads(line)
            answers.say(step["step"], "\n".join(str(each) for each in step["lines"]))
    return script, lambda: None


def of_function(function):
    def prepare(_, topic):
        return lambda server, answers: function(server, answers, topic), lambda: None
    return prepare


CLIENTS = {
    "tools": of_tools,
    "kcat": of_function(broker_script_kcat.script),
    "confluent-kafka": of_function(broker_script_python.confluent_script),
    "kafka-python": of_function(broker_script_python.kafka_python_script),
    "aiokafka": of_function(broker_script_python.aiokafka_script),
    "kafkajs": of_kafkajs,
}


@pytest.fixture(scope="module")
def servers(session_folder, postgres, kafka):
    """Kafka's tests begin groups at once; so does this broker."""
    folder = session_folder / "compatibility"
    folder.mkdir()
    database = postgres.create_database()
    broker = Broker(folder, database, {"group_initial_rebalance_delay": "0"}).start()
    yield kafka, broker
    broker.finish()
    database.drop()


@pytest.fixture(scope="module")
def compared(session_folder, servers):
    """compared(client): (differences without a reason, tolerances that were needed)."""
    results = {}

    def ask(client):
        if client not in results:
            folder = session_folder / f"compatibility-{client}"
            folder.mkdir()
            script, close = CLIENTS[client](folder, f"c{os.getpid()}-{client}")
            try:
                results[client] = compare(client, *on_both(script, *servers))
            finally:
                close()
        return results[client]
    return ask


@pytest.mark.parametrize("client", CLIENTS)
def test_same_answers(compared, client):
    unexplained, _ = compared(client)
    assert not unexplained, "\n".join(map(str, unexplained))


def test_every_tolerance_is_needed(compared):
    used = set().union(*(compared(client)[1] for client in CLIENTS))
    assert [each for each in TOLERANCES if each not in used] == []


def test_tolerances_are_documented():
    text = (places.TREE / "docs" / "kafka-compatibility.md").read_text(encoding="utf-8")
    table = text.split("## Tolerated differences")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|(.*)\|(.*)\|(.*)\|$", table, re.MULTILINE)
    assert sorted(name for name, *_ in rows) == sorted({each.name for each in TOLERANCES})
    assert all(cell.strip() for _, *cells in rows for cell in cells)


def test_traps_are_tested():
    folder = places.TREE / "tests" / "e2e"
    text = (places.TREE / "docs" / "kafka-compatibility.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|.*\|(.*)\|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 24))
    for number, cell in rows:
        tests = re.findall(r"`(?:(test_\w+\.py)::)?(test_\w+)`", cell)
        assert tests, number
        for file, name in tests:
            source = (folder / (file or "test_broker_traps.py")).read_text(encoding="utf-8")
            assert f"def {name}(" in source, name
