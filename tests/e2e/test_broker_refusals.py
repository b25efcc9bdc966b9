# SPDX-License-Identifier: Apache-2.0
"""What is not served is refused as Kafka refuses it, in words that a client shows, and at once."""
import re

import confluent_kafka
import pytest
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType,
                                   AdminClient, ResourcePatternType, ResourceType)
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import IncompatibleBrokerVersion, InvalidTimestampError, KafkaError
from kafka.structs import TopicPartitionReplica

from harness.waiting import wait_until

LITERAL = ResourcePatternType.LITERAL
READ, ALLOW = AclOperation.READ, AclPermissionType.ALLOW


@pytest.fixture
def servers(broker, kafka):
    return [broker, kafka]


def outcome(future):
    try:
        return future.result(20)
    except confluent_kafka.KafkaException as error:
        return error.args[0].name()


def same(servers, script, *arguments):
    ours, theirs = (script(server, *arguments) for server in servers)
    assert ours == theirs
    return ours


def test_access_control_lists(servers):
    """There is no authorizer, as in a Kafka without one."""
    def script(server):
        admin = AdminClient({"bootstrap.servers": server.brokers, "log_level": 0})
        acl = AclBinding(ResourceType.TOPIC, "t", LITERAL, "User:x", "*", READ, ALLOW)
        acls = AclBindingFilter(ResourceType.TOPIC, "t", LITERAL, "User:x", "*", READ, ALLOW)
        futures = [admin.describe_acls(acls), admin.create_acls([acl])[acl],
                   admin.delete_acls([acls])[acls]]
        return [outcome(each) for each in futures]
    # librdkafka does not look at the error of the first.
    assert same(servers, script) == [[], "SECURITY_DISABLED", "SECURITY_DISABLED"]


def test_folders_of_logs(servers, topic):
    """A partition can be "moved" to the folder where it is; there is no other."""
    def script(server):
        admin = KafkaAdminClient(bootstrap_servers=server.brokers)
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
        wait_until(lambda: topic in admin.list_topics(), what="the topic")
        folder = admin.describe_log_dirs()[0]["log_dirs"][0]["log_dir"]
        replicas = [TopicPartitionReplica(*name, 1) for name in ((topic, 0), (topic, 9), ("no", 0))]
        answers = [admin.alter_replica_log_dirs({replica: place})[replica].__name__
                   for place in (folder, "/nowhere") for replica in replicas]
        admin.close()
        return answers
    assert same(servers, script)[0] == "NoError"


def test_offsets_of_a_group_that_is_not_there(servers, topic):
    """Nor does the request make it."""
    def script(server):
        admin = KafkaAdminClient(bootstrap_servers=server.brokers)
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
        wait_until(lambda: topic in admin.list_topics(), what="the topic")
        group, place = f"{topic}-group", confluent_kafka.TopicPartition(topic, 0)

        def refusal():
            """Not Kafka's first ones, while it makes its coordinator."""
            with pytest.raises(KafkaError) as refused:
                admin.delete_group_offsets(group, [place])
            name = type(refused.value).__name__
            return not name.startswith("Coordinator") and name
        answers = wait_until(refusal, what="the coordinator"), admin.delete_groups([group])[group]
        admin.close()
        return answers
    assert same(servers, script) == ("GroupIdNotFoundError", "GroupIdNotFoundError")


def test_times_out_of_range(servers, topic):
    def script(server):
        admin = KafkaAdminClient(bootstrap_servers=server.brokers)
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}},
                            wait_for_metadata=True)
        admin.close()
        producer = KafkaProducer(bootstrap_servers=server.brokers)
        with pytest.raises(InvalidTimestampError) as refused:
            producer.send(topic, b"x", timestamp_ms=9_000_000_000_000).get(30)
        producer.close()
        return re.sub(r"within \[-\d+, \d+\]", "within [A, B]", str(refused.value))
    assert "should be within [A, B]" in same(servers, script)


def test_transactions(broker):
    """Final, and not after a time."""
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.brokers, "log_level": 0,
                                         "transactional.id": "one"})
    with pytest.raises(confluent_kafka.KafkaException) as refused:
        producer.init_transactions(20)
    error = refused.value.args[0]
    assert error.fatal() and error.name() == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"


def test_the_new_protocol_of_groups(broker, topic):
    """KIP-848."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": broker.brokers, "log_level": 0, "group.id": f"{topic}-group",
        "group.protocol": "consumer"})
    consumer.subscribe([topic])
    error = wait_until(lambda: consumer.poll(0.1), 20, "an error").error()
    assert error.code() == confluent_kafka.KafkaError._FATAL
    assert "API version not supported: ConsumerGroupHeartbeat" in error.str()
    consumer.close()


@pytest.mark.parametrize("method", ["describe_metadata_quorum", "list_transactions"])
def test_what_is_not_advertised(broker, method):
    admin = KafkaAdminClient(bootstrap_servers=broker.brokers)
    with pytest.raises(IncompatibleBrokerVersion, match="does not support the"):
        getattr(admin, method)()
    admin.close()
