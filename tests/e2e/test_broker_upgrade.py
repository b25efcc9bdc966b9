# SPDX-License-Identifier: Apache-2.0
"""Tables that an earlier version made are upgraded when the broker opens them; what is in there goes
on as it was."""
import pathlib

import confluent_kafka
from confluent_kafka.admin import (AdminClient, OffsetSpec, ScramCredentialInfo, ScramMechanism,
                                   UserScramCredentialUpsertion)

from harness.program import Headrace
from harness.waiting import wait_until

OLD = pathlib.Path(__file__).with_name("log_schema_4.sql")


def read_all(server, topic):
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": server.brokers, "group.id": "others", "log_level": 0})
    consumer.assign([confluent_kafka.TopicPartition(topic, n, 0) for n in (0, 1)])
    found = []
    while len(found) < 21:
        found += [(m.partition(), m.offset(), m.value()) for m in consumer.consume(21, 20)]
        assert found
    consumer.close()
    return sorted(found)


def committed(server, topic):
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": server.brokers, "group.id": "readers", "log_level": 0})
    place = consumer.committed([confluent_kafka.TopicPartition(topic, 0)], 20)[0].offset
    consumer.close()
    return place


def test_one_upgrades_at_a_time(broker_factory, db):
    """Whoever comes second waits for the advisory lock, and finds it done."""
    db.psql(OLD.read_text())
    broker = broker_factory(start=False)
    with db.connect() as holder:
        holder.execute("select pg_advisory_lock(7308895160483668324)")
        Headrace.start(broker)
        wait_until(lambda: db.value("select count(*) from pg_locks where not granted and"
                                    " locktype = 'advisory'") == 1, what="it waits")
        assert db.value("select schema_version from kafka.meta") == 4
    wait_until(broker.listens, what="the broker listens")
    assert db.value("select schema_version from kafka.meta") >= 6


def test_a_newer_one_upgrades_first(broker_factory, db):
    """What it made is not taken for older than it is."""
    db.psql(OLD.read_text())
    broker = broker_factory(start=False)
    with db.connect() as holder:
        holder.execute("select pg_advisory_lock(7308895160483668324)")
        Headrace.start(broker)
        wait_until(lambda: db.value("select count(*) from pg_locks where not granted and"
                                    " locktype = 'advisory'") == 1, what="it waits")
        db.psql("update kafka.meta set schema_version = 99")
    broker.wait_log("a newer one has to be used")
    assert db.value("select schema_version from kafka.meta") == 99


def test_tables_of_version_4(broker_factory, db):
    db.psql(OLD.read_text())
    before = db.value("select cluster_id from kafka.meta")
    broker = broker_factory()
    assert db.sql("select schema_version >= 6, cluster_id from kafka.meta") == [(True, before)]
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.brokers, "log_level": 0})
    producer.produce("old", "20", partition=0, timestamp=1_600_000_100_000)
    assert producer.flush(20) == 0
    assert read_all(broker, "old") == [
        (n, i, str(2 * i + n).encode()) for n in (0, 1) for i in range(11 - n)]
    assert committed(broker, "old") == 4
    place = confluent_kafka.TopicPartition("old", 1)
    admin = AdminClient({"bootstrap.servers": broker.brokers, "log_level": 0})
    assert admin.list_offsets({place: OffsetSpec.for_timestamp(1_600_000_008_000)})[place] \
        .result(20).offset == 4
    upsertion = UserScramCredentialUpsertion(
        "ann", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), b"secret")
    admin.alter_user_scram_credentials([upsertion])["ann"].result(20)
    assert db.value("select user_name from kafka.credentials") == "ann"
