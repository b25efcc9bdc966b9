# SPDX-License-Identifier: Apache-2.0
"""Filters between clients and the log: who produces is answered also for what they drop, and nobody
reads it."""
import confluent_kafka
import pytest

from harness.broker import sections
from harness.program import filtered


@pytest.fixture
def filtering(broker_factory, db):
    broker = broker_factory(start=False)
    broker.write_config(filtered(sections(db, broker.port), "broker", {
        "where": {"on": "records", "expression": "@key <> 'no'"}}))
    return broker.start()


def produce(broker, keys, idempotent=False):
    failed = []
    producer = confluent_kafka.Producer({
        "bootstrap.servers": broker.brokers, "enable.idempotence": idempotent, "log_level": 0})
    for key in keys:
        producer.produce("t", key, key=key, on_delivery=lambda error, _: failed.append(error))
    assert producer.flush(20) == 0
    assert failed == [None] * len(keys)


@pytest.mark.parametrize("idempotent", [False, True])
def test_what_is_dropped_is_answered(filtering, db, idempotent):
    for keys in (["no"] * 3, ["a", "no", "b"], ["no"]):
        produce(filtering, keys, idempotent)
    assert db.sql("select convert_from(key, 'utf8'), partition_offset from kafka.messages"
                  " order by 2") == [("a", 0), ("b", 1)]
