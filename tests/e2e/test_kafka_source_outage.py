# SPDX-License-Identifier: Apache-2.0
"""source-kafka: brokers that are away, come back, or refuse."""
import json

import confluent_kafka
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, ResourcePatternType,
                                   ResourceType)

from harness.kafka_source import committed, repeated, to_stdout, values, wait_values
from harness.waiting import wait_until


def send(kafka, topic, first, last):
    kafka.produce(topic, [(None, json.dumps(n)) for n in range(first, last)])


def test_brokers_are_down_at_the_start(kafka_factory, headrace, topic):
    broker = kafka_factory(start=False)
    program = headrace(to_stdout(broker, topic))
    program.wait_log("no broker can be reached")
    broker.start()
    send(broker, topic, 0, 10)
    assert wait_values(program, number=10, timeout=60) == list(range(10))


def test_the_broker_dies_and_returns(kafka_factory, headrace, topic):
    """Nothing is lost; without a crash of ours nothing comes twice."""
    broker = kafka_factory()
    broker.create_topic(topic, 3)
    send(broker, topic, 0, 1000)
    program = headrace(to_stdout(broker, topic, **{"rdkafka.session.timeout.ms": 6000}))
    wait_values(program, number=1000)
    broker.kill9()
    program.wait_log("no broker can be reached")
    assert program.running()
    broker.start()
    send(broker, topic, 1000, 2000)
    found = wait_values(program, number=2000, timeout=90)
    assert sorted(found) == list(range(2000)) and repeated(found) == []
    wait_until(lambda: sum(committed(broker, topic, 3).values()) == 2000, 30,
               lambda: committed(broker, topic, 3))


def test_away_for_longer_than_the_session(kafka_factory, headrace, topic):
    """The partitions are lost, but what is durable is known here: nothing comes twice."""
    broker = kafka_factory()
    send(broker, topic, 0, 500)
    program = headrace(to_stdout(broker, topic, commit_interval="1h",
                                 **{"rdkafka.session.timeout.ms": 6000}))
    wait_values(program, number=500)
    broker.kill9()
    program.wait_log("the group went on without this member")
    broker.start()
    send(broker, topic, 500, 600)
    found = wait_values(program, number=600, timeout=60)
    assert found == list(range(600))
    assert program.log.text().count("librdkafka: COMMITFAIL") == 0


def test_a_clean_stop_while_brokers_are_away(kafka_factory, headrace, topic):
    """It does not hang; what could not be committed comes again."""
    broker = kafka_factory()
    send(broker, topic, 0, 10)
    program = headrace(to_stdout(broker, topic, commit_interval="1h",
                                 **{"rdkafka.session.timeout.ms": 6000}))
    wait_values(program, number=10)
    broker.kill9()
    program.wait_log("no broker can be reached")
    assert program.stop(timeout=20) == 0
    broker.start()
    program.start()
    assert set(wait_values(program, number=20, timeout=60)) == set(range(10))


def sasl(broker):
    listen = f"SASL_PLAINTEXT://{broker.host}:{broker.port}"
    users = " ".join(f'user_{name}="secret"' for name in ["admin", "reader"])
    return {
        "listeners": f"{listen},CONTROLLER://{broker.host}:{broker.controller_port}",
        "advertised.listeners": listen,
        "inter.broker.listener.name": "SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config":
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'username="admin" password="secret" {users};',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:admin;User:ANONYMOUS",
    }


def allow(broker, kind, name, *operations):
    acls = [AclBinding(kind, name, ResourcePatternType.LITERAL, "User:reader", "*", operation,
                       AclPermissionType.ALLOW) for operation in operations]
    for future in broker.admin().create_acls(acls).values():
        future.result(10)


def test_without_permission_it_says_which(kafka_factory, headrace, topic):
    broker = kafka_factory(settings=sasl, start=False)
    broker.client_settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
                              "sasl.username": "admin", "sasl.password": "secret"}
    broker.start()
    broker.create_topic(topic)
    send(broker, topic, 0, 3)
    sections = to_stdout(broker, topic, sasl_mechanism="PLAIN", sasl_username="reader",
                         sasl_password="secret")
    group = sections["reader.source"]["group"]
    program = headrace(sections)
    program.wait_log("allow this user to READ the group")
    wait_until(lambda: not program.running(), what="it stops")
    allow(broker, ResourceType.GROUP, group, AclOperation.READ)
    program.start()
    program.wait_log("allow this user to READ and DESCRIBE the topic")
    wait_until(lambda: not program.running(), what="it stops")
    allow(broker, ResourceType.TOPIC, topic, AclOperation.READ)
    program.start()
    assert wait_values(program, number=3) == [0, 1, 2]
    assert "secret" not in program.log.text()
