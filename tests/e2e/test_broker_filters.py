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


@pytest.mark.parametrize("idempotent", [False, True])
def test_what_is_dropped_is_answered(filtering, db, idempotent):
    """Also to a producer whose next records seem to have a gap before them then."""
    said = []
    producer = confluent_kafka.Producer({"bootstrap.servers": filtering.brokers, "log_level": 0,
                                         "enable.idempotence": idempotent})
    for keys in (["no"], ["a"], ["no"] * 3, ["b", "no", "c"], ["no"], ["d"]):
        said.clear()
        for key in keys:
            producer.produce("t", key, key=key, on_delivery=lambda error, _: said.append(error))
        assert producer.flush(20) == 0
        assert said == [None] * len(keys)
    assert db.sql("select convert_from(key, 'utf8'), partition_offset from kafka.messages"
                  " order by 2") == [("a", 0), ("b", 1), ("c", 2), ("d", 3)]
