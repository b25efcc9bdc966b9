# SPDX-License-Identifier: Apache-2.0
"""sink-kafka: which topic a record goes to, how topics are created, which partition a key gets."""
import json
import subprocess

import confluent_kafka
import pytest

from harness import maven
from harness.kafka import java
from harness.load import pipeline

TABLES = """create table accounts (id int primary key, note text);
            create table "Odd names" (id int primary key, note text)"""


def sections_for(db, kafka, prefix, **sink):
    db.sql(TABLES)
    sections = pipeline(db, kafka, prefix)
    sections["load.source"]["tables"] = 'public.accounts, public."Odd names"'
    sections["load.sink"] = {"brokers": kafka.brokers, "prefix": prefix, **sink}
    return sections


def streaming(db, headrace, sections):
    program = headrace(sections)
    db.wait_streaming(sections["load.source"]["slot"], program)
    return program


def topic_settings(kafka, topic):
    resource = confluent_kafka.admin.ConfigResource("topic", topic)
    found = kafka.admin().describe_configs([resource])[resource].result(30)
    return {name: entry.value for name, entry in found.items()}


def test_topics_are_created_as_wished(db, kafka, headrace, topic_prefix):
    sections = sections_for(db, kafka, topic_prefix, topic_create="yes", topic_partitions=4,
                            topic_replication=1,
                            topic_config="cleanup.policy = compact, max.message.bytes = 2000000")
    program = streaming(db, headrace, sections)
    db.sql("""insert into accounts values (1, 'a'); insert into "Odd names" values (2, 'b')""")
    topics = [f"{topic_prefix}.public.accounts", f"{topic_prefix}.public.Odd_names"]
    for topic in topics:
        kafka.wait_records(topic, 1, give_up=program.must_run)
        assert kafka.topics()[topic] == 4
        settings = topic_settings(kafka, topic)
        assert (settings["cleanup.policy"], settings["max.message.bytes"]) == \
            ("compact", "2000000")
        program.wait_log(f"created topic {topic}")
    program.wait_log('Odd names" is no legal topic name')


def test_a_topic_that_exists_is_used(db, kafka, headrace, topic_prefix):
    topic = kafka.create_topic(f"{topic_prefix}.public.accounts", partitions=2)
    sections = sections_for(db, kafka, topic_prefix, topic_create="yes", topic_partitions=5)
    program = streaming(db, headrace, sections)
    db.sql("insert into accounts values (1, 'a')")
    kafka.wait_records(topic, 1, give_up=program.must_run)
    assert kafka.topics()[topic] == 2


def test_too_many_replicas_are_said(db, kafka, headrace, topic_prefix):
    sections = sections_for(db, kafka, topic_prefix, topic_create="yes", topic_replication=3)
    program = streaming(db, headrace, sections)
    db.sql("insert into accounts values (1, 'a')")
    committed = db.lsn()
    program.log.wait(f"cannot create topic {topic_prefix}.public.accounts: .*; set "
                     "topic_replication to at most the number of brokers")
    assert program.wait() != 0
    assert db.confirmed_lsn(sections["load.source"]["slot"]) < committed


def test_map_and_template(db, kafka, headrace, topic_prefix):
    sections = sections_for(db, kafka, topic_prefix, topic="{prefix}-{table}",
                            topics=f"public.accounts = {topic_prefix}.mapped")
    program = streaming(db, headrace, sections)
    db.sql("""insert into accounts values (1, 'a'); insert into "Odd names" values (2, 'b')""")
    kafka.wait_records(f"{topic_prefix}.mapped", 1, give_up=program.must_run)
    kafka.wait_records(f"{topic_prefix}-Odd_names", 1, give_up=program.must_run)


def test_logical_messages_have_their_own_topic(db, kafka, headrace, topic_prefix):
    sections = sections_for(db, kafka, topic_prefix)
    sections["load.source"]["messages"] = "yes"
    program = streaming(db, headrace, sections)
    db.sql("select pg_logical_emit_message(true, 'mine', 'content')")
    records = kafka.wait_records(f"{topic_prefix}.message", 1, give_up=program.must_run)
    assert json.loads(records[0].value)["message"]["prefix"] == "mine"


def java_partitions(kafka, topic, keys):
    """{key: partition} as Java's own producer chooses them."""
    command = java([maven.kafka_jars()], "org.apache.kafka.tools.ConsoleProducer",
                   "--bootstrap-server", kafka.brokers, "--topic", topic,
                   "--property", "parse.key=true", "--property", "key.separator=\t")
    lines = "".join(f"{key.decode()}\tx\n" for key in keys)
    subprocess.run(command, input=lines, text=True, check=True, timeout=120, capture_output=True)
    return {record.key: record.partition for record in kafka.wait_records(topic, len(keys))}


def test_keys_go_where_java_sends_them(db, kafka, headrace, topic_prefix):
    topic = f"{topic_prefix}.public.accounts"
    sections = sections_for(db, kafka, topic_prefix, topic_create="yes", topic_partitions=7)
    streaming(db, headrace, sections)
    db.sql("insert into accounts select i, 'x' from generate_series(1, 200) i")
    db.wait_confirmed(sections["load.source"]["slot"])
    ours = {record.key: record.partition for record in kafka.consume(topic)}
    java_topic = kafka.create_topic(f"{topic_prefix}.java", partitions=7)
    assert len(set(ours.values())) == 7
    assert ours == java_partitions(kafka, java_topic, ours)


@pytest.mark.parametrize("name", ["Hash", "ReferenceHash", "CRC32Balancer", "Murmur2Balancer"])
def test_every_hash_keeps_a_key_together(name, db, kafka, headrace, topic_prefix):
    topic = f"{topic_prefix}.public.accounts"
    sections = sections_for(db, kafka, topic_prefix, topic_create="yes", topic_partitions=5,
                            partitioner=name)
    streaming(db, headrace, sections)
    for note in "abc":
        db.sql("insert into accounts select i, %s from generate_series(1, 50) i "
               "on conflict (id) do update set note = excluded.note", [note])
    db.wait_confirmed(sections["load.source"]["slot"])
    records = kafka.consume(topic)
    assert len(records) == 150
    assert len({(record.key, record.partition) for record in records}) == 50
    assert len({record.partition for record in records}) == 5


@pytest.mark.parametrize("name", ["RoundRobin", "LeastBytes"])
def test_balancers_without_keys_spread_evenly(name, db, kafka, headrace, topic_prefix):
    topic = f"{topic_prefix}.public.accounts"
    kafka.create_topic(topic, partitions=5)
    sections = sections_for(db, kafka, topic_prefix, partitioner=name)
    program = streaming(db, headrace, sections)
    db.sql("insert into accounts select i, 'x' from generate_series(1, 500) i")
    kafka.wait_records(topic, 500, give_up=program.must_run)
    ends = kafka.end_offsets(topic).values()
    assert max(ends) - min(ends) <= 25
