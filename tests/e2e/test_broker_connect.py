# SPDX-License-Identifier: Apache-2.0
"""Kafka Connect, distributed, with Debezium in it, and headrace as its only Kafka: connectors,
offsets, states and changes are all in PostgreSQL."""
import confluent_kafka.admin
import pytest

from debezium_compare import compare, operation_of, outline
from harness import maven
from harness.broker import Broker
from harness.debezium import Distributed
from harness.load import Load, change_of, check_last_values, check_topic
from harness.waiting import count, wait_until
from test_debezium_parity import CHANGES, LAST, RUNS, SCHEMA

ROUNDS = count(1, 5)


class Connected:
    """A broker over one database, a worker on it, and another database to be followed."""

    def __init__(self, postgres, folder):
        self.log_db, self.db = postgres.create_database(), postgres.create_database()
        self.broker = Broker(folder, self.log_db, {
            "group_initial_rebalance_delay": "0", "group_min_session_timeout": "1s"},
            name="connect-broker").start()
        self.worker = Distributed(folder, self.broker, jars=[maven.debezium_jars])
        self.worker.start()

    def records(self, topic, number):
        return self.broker.wait_records(topic, number, give_up=self.broker.must_run)

    def close(self):
        self.worker.close()
        self.broker.finish()
        self.db.drop()
        self.log_db.drop()


@pytest.fixture(scope="module")
def connected(postgres, session_folder):
    folder = session_folder / "connected"
    folder.mkdir()
    made = Connected(postgres, folder)
    yield made
    made.close()


def config_of(broker, topic):
    asked = confluent_kafka.admin.ConfigResource(confluent_kafka.admin.RESOURCE_TOPIC, topic)
    found = broker.admin().describe_configs([asked])[asked].result(30)
    return {name: entry.value for name, entry in found.items()}


def test_its_topics_are_compacted(connected):
    """As far as it is told: compacting keeps a reader's time short, nothing depends on it."""
    topics = connected.broker.topics()
    for name, partitions in Distributed.topics.items():
        topic = Distributed.topic(name)
        assert topics[topic] == partitions
        assert config_of(connected.broker, topic)["cleanup.policy"] == "compact"


# ---- every kind of change


def routed(topic):
    """All tables into one topic, so that their order is seen too."""
    return {"transforms": "route", "transforms.route.regex": r".*\.public\..*",
            "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
            "transforms.route.replacement": topic}


def until_last(broker, topic):
    """The records, once the last one is there."""
    def found():
        records = broker.consume(topic)
        return records and LAST in (records[-1].value or b"") and records
    return wait_until(found, 60, f"the last record of {topic}", interval=0.3)


def test_every_kind_of_change(connected, headrace):
    """Debezium's records and those of headrace's own stream, both into the broker."""
    db, broker = connected.db, connected.broker
    db.psql(SCHEMA)
    db.sql("create publication parity for all tables")
    properties, codec = RUNS["base"]
    program = headrace({
        "ours": {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
        "ours.source": {"conninfo": db.conninfo(), "slot": f"ours_{db.name}",
                        "slot_create": "yes", "publication": "parity", "messages": "yes"},
        "ours.codec": {"prefix": "all", **codec},
        "ours.sink": {"brokers": broker.brokers, "topic": "ours"}})
    connector = connected.worker.connector(db, "all", publication_name="parity",
                                           publication_autocreate_mode="disabled",
                                           properties=properties | routed("theirs"))
    db.wait_streaming(f"ours_{db.name}", program)
    db.psql(CHANGES)
    db.psql(f"insert into users(id, name) values (1000, '{LAST.decode()}')")
    theirs, ours = (until_last(broker, topic) for topic in ("theirs", "ours"))
    connector.stop()
    # Messages have topics of their own in Debezium, and are in the way of nothing here.
    ours = [record for record in ours if operation_of(record) != "m"]
    assert outline(theirs) == outline(ours) and len(ours) > 100
    for (table, _), one, other in zip(outline(theirs), theirs, ours):
        assert compare("base", table, one, other)[0] == []


# ---- what is killed comes back


TOPIC = "load.public.accounts"


@pytest.fixture(scope="module")
def load(connected):
    return Load(connected.db, pause=0.02)


@pytest.fixture
def connector(connected, load):
    made = connected.worker.connector(
        connected.db, "load", publication_name="load", publication_autocreate_mode="filtered",
        properties={"table.include.list": "public.accounts", "producer.override.linger.ms": "0"})
    load.start()
    yield made
    load.stop()
    connected.worker.request("DELETE", f"/connectors/{made.name}")


def more(connected, number=200):
    """Waits until some more changes have come."""
    before = sum(connected.broker.end_offsets(TOPIC).values())
    connected.records(TOPIC, before + number)


def position(connected, connector):
    """How far the connector says that it is; None before it has said so."""
    answer = connected.worker.request("GET", f"/connectors/{connector.name}/offsets")
    return max((each["offset"]["lsn"] for each in (answer or {}).get("offsets", [])), default=None)


def wait_state(connector, state):
    wait_until(lambda: connector.states() == [state, state], 60,
               lambda: f"{state}: {connector.states()}", interval=0.1)


def change_state(worker, connector, verb, state):
    worker.request("PUT", f"/connectors/{connector.name}/{verb}")
    wait_state(connector, state)


def test_killed(connected, connector, load):
    """The broker, then the worker. Who comes back goes on where it was."""
    broker, worker = connected.broker, connected.worker
    for _ in range(ROUNDS):
        more(connected)
        broker.kill9()
        broker.start()
        more(connected)
        wait_until(lambda: position(connected, connector), what="an offset")
        change_state(worker, connector, "pause", "PAUSED")
        before = position(connected, connector)
        load.stop()
        worker.process.kill9()
        worker.start()
        wait_state(connector, "PAUSED")
        assert position(connected, connector) >= before
        change_state(worker, connector, "resume", "RUNNING")
        load.start()
        more(connected)
    load.stop()
    wait_until(lambda: all_there(broker, load), 30, "the last change")
    records = broker.consume(TOPIC)
    again = check_topic(records, load.histories())
    check_last_values(records, connected.db)
    first = min(version for _, _, version in (change_of(record) for record in records if record.value))
    assert first not in {version for _, _, version in again}, "it did not begin again"


def all_there(broker, load):
    (last,), = load.db.sql("select version from journal order by place desc limit 1")
    return any(f'"version":{last}'.encode() in (record.value or b"")
               for record in broker.consume(TOPIC))


def test_stopped_and_deleted(connected, connector):
    worker, name = connected.worker, connector.name
    more(connected)
    worker.request("PUT", f"/connectors/{name}/stop")
    wait_until(lambda: connector.states() == ["STOPPED"], 60, connector.states)
    assert position(connected, connector)
    assert worker.request("DELETE", f"/connectors/{name}/offsets")
    assert position(connected, connector) is None
    connector.stop()
    assert worker.request("GET", "/connectors") == []
    deleted = [record.key for record in connected.broker.consume(Distributed.topic("config"))
               if record.value is None]
    assert f"connector-{name}".encode() in deleted
