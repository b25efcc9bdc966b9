# SPDX-License-Identifier: Apache-2.0
"""A snapshot into Kafka under load and kill -9: the topic makes the table, and little comes twice."""
import collections
import json
import random
import threading
import time

import pytest

from confluent_kafka import Consumer, KafkaError, TopicPartition

from harness.waiting import count, is_long, wait_until

ROWS = count(60_000, 5_000_000)
CHUNK, WORKERS = count(2000, 10_000), 2
RATE = 1000  # changes a second


class Changes(threading.Thread):
    """Inserts, updates and deletes at RATE, ten a transaction, until it is stopped."""

    def __init__(self, db):
        super().__init__()
        self.db, self.stopped, self.made = db, threading.Event(), 0

    def run(self):
        begun = time.monotonic()
        with self.db.connect() as connection:
            connection.autocommit = True
            while not self.stopped.is_set():
                connection.execute("select churn(10)")
                self.made += 10
                self.stopped.wait(max(0, self.made / RATE - (time.monotonic() - begun)))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()


@pytest.fixture
def big(db):
    db.sql(f"""create table t (id int primary key, version bigint not null, note text);
        create sequence versions; create sequence keys start {ROWS + 1};
        insert into t select g, nextval('versions'), repeat('x', 60) from
        generate_series(1, {ROWS}) g;
        create function churn(changes int) returns void language plpgsql as $$
        declare what float; key int;
        begin
          for i in 1..changes loop
            what := random(); key := 1 + random() * {ROWS - 1};
            if what < 0.2 then
              insert into t values (nextval('keys'), nextval('versions'), 'new');
            elsif what < 0.8 then
              update t set version = nextval('versions') where id = key;
            else
              delete from t where id = key;
            end if;
          end loop;
        end $$""")
    db.sql("analyze t")
    return db


def sections_of(db, kafka, prefix, **source):
    return {
        "p": {"source": "pgoutput", "codec": "json", "sink": "kafka", "checkpoint": "none"},
        "p.source": {"conninfo": db.conninfo(), "slot": f"s_{db.name}", "slot_create": "yes",
                     "publication": "pub", "publication_create": "yes", "tables": "t",
                     "snapshot": "initial", "snapshot_workers": WORKERS,
                     "snapshot_chunk_rows": CHUNK, **source},
        "p.codec": {"format": "debezium"},
        "p.sink": {"brokers": kafka.brokers, "prefix": prefix, "topic_create": "yes",
                   "topic_partitions": 3},
    }


def rebuilt(kafka, topic):
    """The last version of each key, how many rows were read more than once, and all records."""
    consumer = Consumer({"bootstrap.servers": kafka.brokers, "group.id": "nobody",
                         "enable.auto.commit": False, "auto.offset.reset": "earliest",
                         "enable.partition.eof": True})
    ends = kafka.end_offsets(topic)
    consumer.assign([TopicPartition(topic, number, 0) for number in ends])
    versions, read, records = {}, collections.Counter(), 0
    unfinished = set(ends)
    while unfinished:
        for message in consumer.consume(10_000, timeout=1):
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                unfinished.discard(message.partition())
                continue
            records += 1
            if message.value() is None:
                continue
            value = json.loads(message.value())
            row = value["after"] or value["before"]
            if value["op"] == "d":
                versions.pop(row["id"], None)
                continue
            versions[row["id"]] = row["version"]
            read[row["id"]] += value["op"] == "r"
    consumer.close()
    return versions, sum(times - 1 for times in read.values() if times > 1), records


def kill_until_done(db, programs, between):
    """Kills one of them every so many seconds, until the snapshot is done; how often."""
    kills = 0
    done = "select count(*) from headrace.snapshot_job where state = 'done'"
    while True:
        programs[0].live(between)
        if db.value("select to_regclass('headrace.snapshot_chunk') is not null") and db.value(done):
            return kills
        victim = random.choice(programs)
        victim.kill9()
        victim.start()
        kills += 1


@pytest.mark.parametrize("processes", [1, 3])
def test_killed_under_load(big, kafka, headrace, topic_prefix, processes):
    sections = sections_of(big, kafka, topic_prefix, standby="yes" if processes > 1 else "no")
    with Changes(big) as load:
        begun = time.monotonic()
        programs = [headrace(sections) for _ in range(processes)]
        kills = kill_until_done(big, programs, count(0.2, 2))
        took = time.monotonic() - begun
    wait_until(lambda: any("streaming database" in p.log.text() for p in programs), 60, "a stream")
    big.wait_confirmed(sections["p.source"]["slot"], timeout=count(60, 600))
    versions, again, records = rebuilt(kafka, f"{topic_prefix}.public.t")
    expected = dict(big.sql("select id, version from t"))
    print(f"{ROWS} rows in {took:.1f} s, {kills} kills, {load.made} changes, {records} records, "
          f"{again} rows read again, peak RSS {max(p.peak_rss_kib() for p in programs)} KiB")
    assert versions == expected
    assert again <= kills * WORKERS * CHUNK * 1.1
    assert not is_long() or kills >= 3
