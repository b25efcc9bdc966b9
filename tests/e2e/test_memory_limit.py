# SPDX-License-Identifier: Apache-2.0
"""One large transaction goes into Kafka within 96 MiB, whichever way it comes and is sent."""
import pytest

from harness.load import pipeline, topic_of
from harness.program import sanitized
from harness.waiting import count

LIMIT_MIB = 96
DELIVERIES = {"at-least-once": {}, "exactly-once": {"checkpoint": "sink",
                                                    "delivery": "exactly-once"}}


@pytest.mark.skipif(sanitized(), reason="memory of sanitizers")
@pytest.mark.parametrize("streaming", ["yes", "no"])
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_one_transaction(db, kafka, headrace, topic_prefix, streaming, delivery):
    rows = count(200_000, 5_000_000)
    db.cluster.sql(f"alter database {db.name} set logical_decoding_work_mem = '4MB'")
    db.sql("create table accounts (id int primary key, v text)")
    sections = pipeline(db, kafka, topic_prefix, source__streaming=streaming,
                        **DELIVERIES[delivery])
    if delivery == "exactly-once":
        sections["load.sink"]["transactional_id"] = topic_prefix
    program = headrace(sections)
    slot = sections["load.source"]["slot"]
    db.wait_streaming(slot, program)
    db.sql("insert into accounts select g, repeat('x', 100) from generate_series(1, %s::int) g",
           [rows])
    db.wait_confirmed(slot, timeout=900)
    peak = program.peak_rss_kib()
    assert program.stop() == 0
    assert peak < LIMIT_MIB * 1024, f"{peak} KiB"
    streamed = db.value("select stream_count from pg_stat_replication_slots where slot_name = %s",
                        [slot])
    assert (streamed > 0) == (streaming == "yes")
    # The end offsets count the markers of Kafka's transactions, too.
    assert sum(kafka.end_offsets(topic_of(sections)).values()) >= rows
