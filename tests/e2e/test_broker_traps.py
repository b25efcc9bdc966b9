# SPDX-License-Identifier: Apache-2.0
"""What clients have stumbled over in other brokers, and no other test asks for. What is the same in
Kafka is asked of both. docs/kafka-compatibility.md names the test of each."""
import ipaddress
import pathlib
import re
import struct
import threading

import confluent_kafka
import kafka as kafka_python
import pytest
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from harness import places, wire
from harness.waiting import count, wait_until


@pytest.fixture(params=["kafka", "broker"])
def server(request):
    return request.getfixturevalue(request.param)


def admin_of(server):
    return AdminClient({"bootstrap.servers": server.brokers, "log_level": 0})


def create(server, topic, **config):
    """Its id, once it is known."""
    admin = admin_of(server)
    options = {name.replace("_", "."): value for name, value in config.items()}
    admin.create_topics([NewTopic(topic, 1, 1, config=options)])[topic].result(30)
    wait_until(lambda: topic in admin.list_topics(timeout=10).topics, what="the topic")
    found = admin.describe_topics(confluent_kafka.TopicCollection([topic]))[topic].result(20)
    return struct.pack(">qq", found.topic_id.get_most_significant_bits(),
                       found.topic_id.get_least_significant_bits())


def produce(server, topic, values, **settings):
    producer = confluent_kafka.Producer({
        "bootstrap.servers": server.brokers, "log_level": 0,
        **{name.replace("_", "."): value for name, value in settings.items()}})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(30) == 0


def ask(server, request):
    """The body of the answer."""
    door = wire.Connection(server)
    door.send(request)
    body = door.answer()[1]
    door.close()
    return body


# ---- 4: features


def test_features_are_those_of_what_is_served(server):
    """A client takes a finalized transaction.version for leave to write as KIP-890 says."""
    needed = {b"transaction.version": 26, b"group.version": 68, b"share.version": 76}
    software = b"\x08testing\x021\x00"
    reader = wire.Reader(ask(server, wire.flexible_request(wire.API_VERSIONS, 3, 1, software)))
    assert reader.take("h") == 0
    served = set()
    for _ in range(reader.varint() - 1):
        served.add(reader.take("hhh")[0])
        reader.tags()
    assert reader.take("i") == 0  # throttle time
    features = wire.Reader(reader.tags().get(2, b"\1"))
    for _ in range(features.varint() - 1):
        name = features.compact()
        level, _ = features.take("hh")
        features.tags()
        assert level == 0 or name not in needed or needed[name] in served, name


# ---- 6: records


def test_records_are_never_null(server, topic):
    """librdkafka takes -1 for a broken message set."""
    topic_id = create(server, topic)

    def size(offset):
        """Of the records, in version 4."""
        reader = wire.Reader(ask(server, wire.fetch(1, topic, offset, 0)))
        reader.bytes(4 + 4 + 2 + len(topic) + 4 + 4 + 2 + 8 + 8 + 4)
        return reader.take("i")
    assert [size(offset) for offset in (0, 99)] == [0, 0]  # nothing is there; out of range
    wait_until(lambda: by_id(server, topic_id)[1] == 0, what="it is known by its id")
    assert [by_id(server, topic_id, offset)[3] for offset in (0, 99)] == [b"", b""]


# ---- 8: the checksum


def stored_batch(server, topic, offset=0):
    """The record batch as a consumer gets it; Fetch, version 4."""
    reader = wire.Reader(ask(server, wire.fetch(1, topic, offset, 1000)))
    reader.bytes(4 + 4 + 2 + len(topic) + 4)
    assert reader.take("ihqqi")[:2] == (0, 0)
    return reader.bytes(reader.take("i"))


def produced(server, topic, batch):
    """(error, offset)"""
    reader = wire.Reader(ask(server, wire.produce(1, topic, batch)))
    reader.bytes(4 + 2 + len(topic) + 4 + 4)
    return reader.take("hq")


BASE_OFFSET, LEADER_EPOCH, ATTRIBUTES = slice(0, 8), slice(12, 16), 21


def test_checksum_covers_what_lies_behind_it(server, topic):
    """Not the base offset and the leader's epoch: these the broker writes. All else is checked."""
    create(server, topic)
    produce(server, topic, ["some value"])
    batch = bytearray(stored_batch(server, topic))
    batch[BASE_OFFSET], batch[LEADER_EPOCH] = struct.pack(">q", 0), struct.pack(">i", 12345)
    assert produced(server, topic, bytes(batch)) == (0, 1)
    again = bytearray(stored_batch(server, topic, 1))
    assert struct.unpack(">q", again[BASE_OFFSET])[0] in (0, 1)
    corrupt = 2
    for at in range(17, len(batch)):  # the checksum itself, then all of it
        wrong = bytes(batch[:at]) + bytes([batch[at] ^ 1]) + bytes(batch[at + 1:])
        assert produced(server, topic, wrong)[0] == corrupt, at
    reader = confluent_kafka.Consumer({"bootstrap.servers": server.brokers, "group.id": topic,
                                       "check.crcs": True, "log_level": 0})
    reader.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    messages = [reader.poll(20) for _ in range(2)]
    assert [(each.offset(), each.value()) for each in messages] == \
        [(0, b"some value"), (1, b"some value")]
    reader.close()


# ---- 9: which topics


def topics_of(server, version, count, *rest):
    """{name: error} that Metadata has; `rest`: after the number of topics."""
    body = struct.pack(">i", count) + b"".join(rest)
    reader = wire.Reader(ask(server, wire.request(wire.METADATA, version, 1, body)))
    if version >= 3:
        reader.take("i")  # throttle time
    for _ in range(reader.take("i")):
        reader.take("i")
        reader.bytes(reader.take("h"))
        reader.take("i")
        if version >= 1:
            reader.bytes(max(reader.take("h"), 0))  # the rack
    if version >= 2:
        reader.bytes(max(reader.take("h"), 0))  # the cluster's id
    if version >= 1:
        reader.take("i")  # the controller
    found = {}
    for _ in range(reader.take("i")):
        error = reader.take("h")
        name = reader.bytes(reader.take("h")).decode()
        found[name] = error
        if version >= 1:
            reader.take("b")
        for _ in range(reader.take("i")):
            reader.take("hii")
            for _ in range(2):
                reader.bytes(4 * reader.take("i"))
    return found


def test_which_topics_are_meant(server, topic):
    create(server, topic)
    assert topic in topics_of(server, 0, 0)
    assert topics_of(server, 1, 0) == {}
    assert topic in topics_of(server, 1, -1)
    unknown, new = 3, f"{topic}-new"
    assert topics_of(server, 4, 1, wire.text(new), b"\0") == {new: unknown}
    assert new not in topics_of(server, 1, -1)
    wait_until(lambda: topics_of(server, 4, 1, wire.text(new), b"\1") == {new: 0}, what="it is made")


# ---- 10: ids of topics


def by_id(server, topic_id, offset=0, rack=""):
    """(error of the request, of the partition, preferred replica, records)"""
    reader = wire.Reader(ask(server, wire.fetch_by_id(1, topic_id, offset, 200, rack)))
    reader.tags()
    assert reader.take("i") == 0  # throttle time
    error, _ = reader.take("hi")
    assert reader.varint() == 2 and reader.bytes(16) == topic_id and reader.varint() == 2
    _, fault, _, _, _ = reader.take("ihqqq")
    for _ in range(reader.varint() - 1):
        reader.take("qq")
        reader.tags()
    replica = reader.take("i")
    return error, fault, replica, reader.compact()


def test_a_topic_made_again_has_another_id(server, topic):
    """Who knows the old one is told so, and gets nothing of the new topic."""
    unknown_topic_id = 100
    first = create(server, topic)
    produce(server, topic, ["old"])
    assert wait_until(lambda: by_id(server, first)[3], what="the record, by id").endswith(b"old\0")
    assert by_id(server, bytes(15) + b"\1")[:2] == (0, unknown_topic_id)
    assert by_id(server, bytes(16))[:2] == (0, unknown_topic_id)
    admin = admin_of(server)
    admin.delete_topics([topic])[topic].result(30)
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, what="it is gone")
    second = create(server, topic)
    produce(server, topic, ["new"])
    assert second != first
    wait_until(lambda: by_id(server, first)[1] == unknown_topic_id, what="the old one is unknown")
    assert by_id(server, second)[3].endswith(b"new\0")


# ---- 11: epochs of leaders


def test_records_keep_the_epoch_of_their_leader(broker, topic):
    """A consumer commits the epoch of what it has read: were it the present one, another leader's
    records would seem to have been read."""
    create(broker, topic)
    produce(broker, topic, ["0", "1"])
    broker.stop()
    broker.sql("update kafka.meta set timeline = '00000000'")  # as after a standby was promoted
    broker.start()
    produce(broker, topic, ["2", "3"])
    group = {"bootstrap.servers": broker.brokers, "group.id": f"{topic}-group", "log_level": 0,
             "enable.auto.commit": False}

    def read(number, start):
        consumer = confluent_kafka.Consumer(group)
        consumer.assign([confluent_kafka.TopicPartition(topic, 0, start)])
        messages = [consumer.poll(20) for _ in range(number)]
        return consumer, [(each.offset(), each.leader_epoch()) for each in messages]
    consumer, seen = read(4, 0)
    assert seen == [(0, 0), (1, 0), (2, 1), (3, 1)]
    consumer.close()
    consumer, seen = read(1, 1)
    consumer.commit(offsets=[confluent_kafka.TopicPartition(topic, 0, 2, leader_epoch=0)],
                    asynchronous=False)
    found, = consumer.committed([confluent_kafka.TopicPartition(topic, 0)], 20)
    assert (seen, found.offset, found.leader_epoch) == ([(1, 0)], 2, 0)
    admin, place = admin_of(broker), confluent_kafka.TopicPartition(topic, 0)
    epochs = [admin.list_offsets({place: spec})[place].result(20).leader_epoch for spec in
              (OffsetSpec.earliest(), OffsetSpec.for_timestamp(0), OffsetSpec.latest())]
    assert epochs == [0, 0, 1]
    consumer.close()


# ---- 13: sessions of fetches


def in_session(door, session, epoch, topics, forgotten=()):
    """(error, session, number of topics); version 7."""
    body = struct.pack(">iiiibii", -1, 0, 0, 1 << 20, 0, session, epoch)
    body += struct.pack(">i", len(topics))
    for name, offset in topics:
        body += wire.text(name) + struct.pack(">iiqqi", 1, 0, offset, -1, 1 << 20)
    body += struct.pack(">i", len(forgotten))
    for name in forgotten:
        body += wire.text(name) + struct.pack(">ii", 1, 0)
    door.send(wire.request(wire.FETCH, 7, 1, body))
    return wire.Reader(door.answer()[1]).take("ihii")[1:]


def test_more_fetch_sessions_than_are_kept(broker_factory, topic):
    """Some clients open one each time: who comes too late is served without one."""
    broker = broker_factory({"fetch_sessions": 2})
    unknown_session, wrong_epoch = 70, 71
    for name in (topic, f"{topic}-other"):
        create(broker, name)
        produce(broker, name, ["x"])
    door = wire.Connection(broker)
    both = [(topic, 0), (f"{topic}-other", 0)]
    opened = [in_session(door, 0, 0, both) for _ in range(3)]
    assert [(error, session != 0, count) for error, session, count in opened] == \
        [(0, True, 2), (0, True, 2), (0, False, 2)]
    session = opened[0][1]
    assert in_session(door, session, 1, [], [topic]) == (0, session, 1)  # the other has records
    assert in_session(door, session, 2, [(f"{topic}-other", 1)]) == (0, session, 0)
    assert in_session(door, session, 9, [])[0] == wrong_epoch
    assert in_session(door, 12345, 1, [])[0] == unknown_session
    assert in_session(door, session, -1, [])[:2] == (0, 0)  # it is closed, and there is room
    assert in_session(door, 0, 0, both)[1] != 0


# ---- 19: racks


def test_a_rack_changes_nothing(server, topic):
    """There is no nearer replica to send anyone to."""
    topic_id = create(server, topic)
    produce(server, topic, ["x"])
    answers = wait_until(lambda: (found := [by_id(server, topic_id, 0, rack) for rack in
                                            ("", "somewhere")]) and found[0][3] and found,
                         what="the record")
    assert [answer[:3] for answer in answers] == [(0, 0, -1)] * 2
    assert answers[0][3] == answers[1][3]
    consumer = confluent_kafka.Consumer({"bootstrap.servers": server.brokers, "group.id": topic,
                                         "client.rack": "somewhere", "log_level": 0})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
    assert consumer.poll(20).value() == b"x"
    consumer.close()


# ---- 20: SASL


def test_a_client_with_sasl_is_told(broker, kafka, topic):
    """Nobody has to log in here, and who wants to hears of it at once, as from Kafka."""
    for server in (broker, kafka):
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            reader = wire.Reader(ask(server, wire.request(17, 0, 1, wire.text(mechanism))))
            assert reader.take("hi") == (34, 0)
        reader = wire.Reader(ask(server, wire.request(36, 0, 1, b"\0\0\0\3\0u\0")))
        error, size = reader.take("hh")
        assert (error, reader.bytes(size)) == (
            34, b"SaslAuthenticate request received after successful authentication")
    errors = []
    producer = confluent_kafka.Producer({
        "bootstrap.servers": broker.brokers, "security.protocol": "SASL_PLAINTEXT", "log_level": 0,
        "sasl.mechanism": "PLAIN", "sasl.username": "u", "sasl.password": "secret-password",
        "error_cb": errors.append})
    wait_until(lambda: producer.poll(0.05) or errors, 20, "librdkafka's error")
    with pytest.raises(kafka_python.errors.KafkaError):
        kafka_python.KafkaProducer(bootstrap_servers=broker.brokers, bootstrap_timeout_ms=5000,
                                   security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN",
                                   sasl_plain_username="u", sasl_plain_password="secret-password")
    produce(broker, topic, ["others go on"])
    assert "secret-password" not in broker.log.text()


# ---- 21: addresses


def test_clients_are_sent_to_where_they_have_come(broker_factory, topic):
    """A name may be one address for one client and another for the next."""
    port = places.free_port()
    listens = ", ".join(f"{host}:{port}" for host in ("127.0.0.1", "127.0.0.2", "[::1]"))
    broker = broker_factory({"listen": listens}, start=False)
    broker.port, broker.brokers = port, f"127.0.0.1:{port}"
    broker.start()
    for host in ("127.0.0.1", "127.0.0.2", "::1"):
        brackets = f"[{host}]" if ":" in host else host
        admin = AdminClient({"bootstrap.servers": f"{brackets}:{port}", "log_level": 0})
        node, = admin.list_topics(timeout=10).brokers.values()
        assert (ipaddress.ip_address(node.host), node.port) == (ipaddress.ip_address(host), port)
    for host, family in (("localhost", "any"), ("localhost", "v4"), ("[::1]", "v6")):
        producer = confluent_kafka.Producer({"bootstrap.servers": f"{host}:{port}",
                                             "broker.address.family": family, "log_level": 0})
        producer.produce(topic, family)
        assert producer.flush(20) == 0


# ---- 22: readiness


def switches(server):
    """How often its threads have gone to sleep."""
    found = [re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.MULTILINE)
             for status in pathlib.Path(f"/proc/{server.pid}/task").glob("*/status")]
    return sum(int(each.group(1)) for each in found)


def test_nobody_polls(broker, topic):
    """While fetches wait, the broker sleeps; a loop of 5 ms would wake 400 times."""
    create(broker, topic)
    produce(broker, topic, ["x"])
    doors = [wire.Connection(broker) for _ in range(5)]
    for door in doors:
        door.send(wire.fetch(1, topic, 1, 2000))
    before = switches(broker)
    for door in doors:
        assert door.answer()[0] == 1
        door.close()
    assert switches(broker) - before < 150


# ---- 23: what Jepsen has found in others


class Reader(threading.Thread):
    """Reads on, whatever happens to the broker, and notes what it has seen in which order."""

    def __init__(self, server, topic, values):
        super().__init__(daemon=True)
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": server.brokers, "group.id": f"{topic}-group", "log_level": 0,
            "auto.offset.reset": "error", "reconnect.backoff.max.ms": 100})
        self.consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
        self.values, self.seen, self.faults = values, [], []

    def run(self):
        while not self.seen or self.seen[-1][1] != self.values[-1]:
            message = self.consumer.poll(1)
            if message is None:
                continue
            if message.error():
                self.faults.append(message.error())
            else:
                self.seen.append((message.offset(), message.value()))
        self.consumer.close()


def test_readers_see_one_history(broker, topic):
    """Through kill -9: nothing is read that was not to stay, at another place, or twice; nobody is
    stuck, and nobody is sent back to offset zero."""
    create(broker, topic)
    values = [b"%d" % i for i in range(count(3000, 50_000))]
    readers = [Reader(broker, topic, values) for _ in range(2)]
    for reader in readers:
        reader.start()
    producer = confluent_kafka.Producer({
        "bootstrap.servers": broker.brokers, "enable.idempotence": True, "log_level": 0,
        "linger.ms": 1, "reconnect.backoff.max.ms": 100, "batch.num.messages": 50})
    for i, value in enumerate(values):
        producer.produce(topic, value, partition=0)
        producer.poll(0)
        if i in (len(values) // 3, len(values) // 2):
            wait_until(lambda: producer.poll(0.01) or readers[0].seen, 60, "something was read")
            broker.kill9()
            broker.start()
    assert producer.flush(60) == 0
    for reader in readers:
        reader.join(60)
    expected = list(enumerate(values))
    assert [reader.seen == expected for reader in readers] == [True, True]
    faults = {fault.name() for reader in readers for fault in reader.faults}
    assert faults <= {"_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE"}
