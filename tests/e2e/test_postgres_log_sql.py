# SPDX-License-Identifier: Apache-2.0
"""What a log looks like to SQL. Its rows are written by tests/unit/sink_postgres_log_driver.c."""
import subprocess

import psycopg
import pytest

from harness import places
from harness.program import environment


@pytest.fixture
def log(any_db):
    """A log whose topic t has 20 records in three partitions."""
    subprocess.run([places.BUILD / "tests" / "unit" / "sink_postgres_log_driver",
                    any_db.conninfo(), "1"], check=True, env=environment(), timeout=60,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return any_db


def test_views(log):
    log.sql("insert into kafka.groups (group_id) values ('g');"
            "insert into kafka.offsets (group_id, topic_id, partition_id, committed_offset)"
            " values ('g', 1, 0, 2)")
    assert log.sql("select group_id, active, topic, partition_id, committed_offset, end_offset, lag"
                   " from kafka.group_lag") == [("g", False, "t", 0, 2, 7, 5)]
    assert log.sql("select topic, partitions, records, bytes > 20000 from kafka.topic_sizes") == [
        ("t", 3, 20, True)]
    assert log.sql("select topic, partition_offset, key, value, headers from kafka.records"
                   " where partition_id = 1 order by 2 limit 1") == [("t", 0, None, "1-7", None)]


def test_headers(log):
    assert log.value("select kafka.headers_jsonb(array[['a', '1'], ['a', null], ['b', '\\xff']]"
                     "::bytea[])") == [["a", "1"], ["a", None], ["b", "\\xff"]]


def test_read(log):
    read = ("select partition_offset, convert_from(value, 'UTF8') from kafka.read('t', 0, %s, %s)")
    assert log.sql(read, (5, 100)) == [(5, "1-5"), (6, "1-6")]
    assert log.sql(read, (0, 1)) == [(0, "1-0")]
    log.sql("update kafka.partitions set start_offset = 6 where partition_id = 0")
    assert log.sql(read, (0, 100)) == [(6, "1-6")]
    with pytest.raises(psycopg.Error, match="no partition 3 of topic t"):
        log.sql("select * from kafka.read('t', 3, 0)")
