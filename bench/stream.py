# SPDX-License-Identifier: Apache-2.0
"""The Postgres → Kafka stream against its limits and its peer, on one WAL.

Every reader gets a copy of the same base slot, so all of them decode the same
bytes. Rounds alternate the readers; medians are printed. `bench/stream -h`."""

import argparse
import json
import statistics
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass

import confluent_kafka

from measuring import Servers, measure, process_usage, servers, timed, until_arrived
from harness import debezium, kafka, registry  # in the path of `measuring`
from harness.process import Process

PUBLICATION = "bench_pub"
NAPS_US = (100, 300, 500)

TABLES = """
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, created_on timestamptz);
CREATE TABLE wide (
  id bigserial PRIMARY KEY, customer int NOT NULL, account bigint, kind smallint, weight real,
  height double precision, price numeric(12,2), title text, code varchar(40), active boolean,
  born date, seen timestamp, changed timestamptz, ref uuid, extra jsonb);
CREATE PUBLICATION bench_pub FOR TABLE users, wide;
"""

INSERT = {
    "users": "INSERT INTO users (name, created_on) SELECT 'Oyleli' || g, now()"
             " FROM generate_series({first}, {last}) g",
    "wide": "INSERT INTO wide (customer, account, kind, weight, height, price, title, code, active,"
            " born, seen, changed, ref, extra) SELECT g, g * 7919::bigint, g % 100, g * 0.5,"
            " g * 0.001, g * 0.01, 'title of row ' || g, 'code-' || g, g % 2 = 0,"
            " date '2020-01-01' + g % 1000, timestamp '2024-01-01' + g * interval '1 second', now(),"
            " md5(g::text)::uuid, jsonb_build_object('n', g, 'tag', 'x' || g % 10)"
            " FROM generate_series({first}, {last}) g",
}


@dataclass
class Workload:
    name: str
    table: str
    rows: int
    transaction: int  # rows each


class Bench(Servers):
    def load(self, workload):
        """Writes the workload's WAL behind a new base slot; gives its end."""
        sql = self.postgres.sql
        sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
        sql("DROP PUBLICATION IF EXISTS bench_pub; DROP TABLE IF EXISTS users, wide")
        sql(TABLES)
        sql("SELECT pg_create_logical_replication_slot('base', 'pgoutput')")
        insert = INSERT[workload.table]
        if workload.rows == workload.transaction:
            sql(insert.format(first=1, last=workload.rows))
        else:
            body = insert.format(first="i + 1", last=f"i + {workload.transaction}")
            sql(f"DO $$ BEGIN FOR i IN 0..{workload.rows - 1} BY {workload.transaction} LOOP "
                f"{body}; COMMIT; END LOOP; END $$")
        end = self.postgres.value("SELECT pg_current_wal_lsn()::text")
        sql("CHECKPOINT")  # no background writing while somebody is measured
        return end

    def copy_slot(self, name):
        self.postgres.sql("SELECT pg_copy_logical_replication_slot('base', %s)", [name])


def read_null(bench, workload, end, nap_us):
    bench.copy_slot("null")
    command = [bench.build / "bench/null_reader", bench.conninfo + " replication=database",
               "null", PUBLICATION, end, str(nap_us)]
    result = timed(command, workload.rows)
    bench.postgres.drop_slot("null")
    return result


def read_recvlogical(bench, workload, end):
    bench.copy_slot("recvlogical")
    command = [bench.program("pg_recvlogical"), "-d", bench.conninfo, "--slot",
               "recvlogical", "--start", "-f", "/dev/null", "--endpos", end, "-o",
               "proto_version=1", "-o", f"publication_names={PUBLICATION}"]
    result = timed(command, workload.rows)
    bench.postgres.drop_slot("recvlogical")
    return result


HEADRACE_INI = """
[headrace]
plugin_dir = {build}/plugins
state_dir = {work}/state
log_level = warning
[{name}]
source = pgoutput
codec = {codec}
sink = kafka
{delivery}
[{name}.source]
conninfo = {conninfo}
slot = {slot}
publication = bench_pub
[{name}.codec]
{codec_keys}
[{name}.sink]
brokers = {brokers}
topics = public.users = {topic}, public.wide = {topic}
transactional_id = {topic}
"""
AT_LEAST_ONCE = "checkpoint = none"
EXACTLY_ONCE = "checkpoint = sink\ndelivery = exactly-once"


JSON = {"codec": "json", "codec_keys": "format = debezium"}


def avro(url):
    return {"codec": "avro", "codec_keys": f"registry = {url}"}


def start_headrace(bench, topic, slot, delivery=AT_LEAST_ONCE, codec=JSON):
    ini = bench.work / f"{topic}.ini"
    ini.write_text(HEADRACE_INI.format(build=bench.build, work=bench.work, name="bench", slot=slot,
                                       conninfo=bench.conninfo, topic=topic, delivery=delivery,
                                       brokers=bench.kafka.brokers, **codec))
    process = Process(topic, bench.work)
    process.spawn([bench.build / "core/headrace", "run", "-c", ini])
    return process


def read_headrace(bench, workload, _end, delivery=AT_LEAST_ONCE, codec=JSON):
    topic = f"headrace-{time.time_ns()}"
    bench.kafka.create_topic(topic)
    bench.copy_slot("headrace")
    start = time.monotonic()
    process = start_headrace(bench, topic, "headrace", delivery, codec)
    until_arrived(bench, topic, workload.rows, process)
    seconds = time.monotonic() - start
    cpu, rss = process_usage(process.pid)
    process.terminate()
    bench.postgres.drop_slot("headrace")
    bench.kafka.delete_topic(topic)
    return workload.rows / seconds, cpu * 1e6 / workload.rows, rss


def read_debezium(bench, workload, _end):
    topic = f"debezium-{time.time_ns()}"
    bench.kafka.create_topic(topic)
    bench.copy_slot("debezium")
    folder = bench.work / topic
    folder.mkdir()
    connect = debezium.Connect(folder, bench.kafka, options=kafka.FULL_SPEED)
    connect.start()
    connect.request("POST", "/connectors",
                    {"name": topic, "config": debezium_connector(bench, topic)})
    until_arrived(bench, topic, 1, connect.process)
    warm = time.monotonic()  # the JVM's start is not counted
    cold = bench.watermark(topic)
    until_arrived(bench, topic, workload.rows, connect.process)
    seconds = time.monotonic() - warm
    cpu, rss = process_usage(connect.process.pid)
    connect.close()
    bench.postgres.drop_slot("debezium")
    bench.kafka.delete_topic(topic)
    return (workload.rows - cold) / seconds, cpu * 1e6 / workload.rows, rss


def debezium_connector(bench, topic):
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "plugin.name": "pgoutput", "tasks.max": "1", "database.hostname": bench.postgres.host,
        "database.port": str(bench.postgres.port), "database.user": bench.postgres.user,
        "database.password": "unused", "database.dbname": "postgres",
        "topic.prefix": "dbz", "slot.name": "debezium", "publication.name": PUBLICATION,
        "publication.autocreate.mode": "disabled", "snapshot.mode": "no_data",
        "transforms": "r", "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.r.regex": r"dbz\.public\..*", "transforms.r.replacement": topic,
    }


def readers(registry_url):
    table = {f"null reader, nap {nap} µs": lambda b, w, e, n=nap: read_null(b, w, e, n)
             for nap in NAPS_US}
    table["pg_recvlogical"] = read_recvlogical
    table["headrace → Kafka"] = read_headrace
    table["headrace → Kafka, exactly once"] = \
        lambda b, w, e: read_headrace(b, w, e, EXACTLY_ONCE)
    if registry_url:
        table["headrace → Kafka, Avro"] = \
            lambda b, w, e: read_headrace(b, w, e, codec=avro(registry_url))
    return table


def print_table(workload, results):
    best_null = max(statistics.median(r.rate) for n, r in results.items() if n.startswith("null"))
    recvlogical = statistics.median(results["pg_recvlogical"].rate)
    print(f"\n### {workload.name}: {workload.rows:,} rows\n")
    print("| reader | rows/s (min … max) | × pg_recvlogical | × best null | CPU µs/row | peak RSS MiB |")
    print("|---|---|---|---|---|---|")
    for name, result in results.items():
        rate = statistics.median(result.rate)
        print(f"| {name} | {rate:,.0f} ({min(result.rate):,.0f} … {max(result.rate):,.0f}) "
              f"| {rate / recvlogical:.2f} | {rate / best_null:.2f} "
              f"| {statistics.median(result.cpu_us):.2f} "
              f"| {max(result.rss_mib, default=0):.0f} |".replace(" 0 |", " – |"), flush=True)


def run_workload(bench, workload, options):
    end = bench.load(workload)
    results = {}
    for _ in range(options.rounds):
        for name, reader in readers(options.registry_url).items():
            measure(results, name, reader(bench, workload, end))
    if options.debezium:
        measure(results, "Debezium (once warm)", read_debezium(bench, workload, end))
    print_table(workload, results)


def reading_consumer(bench, topic):
    """A consumer that has the topic's first record: its connections are made."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bench.kafka.brokers, "group.id": topic, "enable.auto.commit": False,
        "fetch.wait.max.ms": 500, "fetch.min.bytes": 1, "log_level": 0})
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, confluent_kafka.OFFSET_BEGINNING)])
    while not consumer.poll(0.5):
        pass
    return consumer


def commit_delays(consumer, load):
    """Milliseconds from each commit (source.ts_us) to this consumer, until the load ends."""
    delays = []
    while True:
        message = consumer.poll(0.5)
        if message is None and load.poll() is not None:
            consumer.close()
            return delays
        if message is None or message.error():
            continue
        now_us = time.time_ns() // 1000
        delays.append((now_us - json.loads(message.value())["source"]["ts_us"]) / 1000)


def run_latency(bench, seconds):
    """1,000 changes a second, each its own transaction."""
    bench.load(Workload("", "users", 1, 1))
    topic = f"latency-{time.time_ns()}"
    bench.kafka.create_topic(topic)
    bench.copy_slot("latency")
    process = start_headrace(bench, topic, "latency")
    until_arrived(bench, topic, 1, process)
    consumer = reading_consumer(bench, topic)
    script = bench.work / "latency.sql"
    script.write_text("INSERT INTO users (name, created_on) VALUES ('Oyleli', now());\n")
    load = subprocess.Popen([bench.program("pgbench"), "-n", "-R", "1000", "-c", "4", "-T",
                             str(seconds), "-f", script, bench.conninfo],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    delays = sorted(commit_delays(consumer, load))
    process.terminate()
    bench.postgres.drop_slot("latency")
    print(f"\n### commit to consumer at 1,000 changes/s: {len(delays):,} changes\n")
    print("| p50 | p99 | max |\n|---|---|---|")
    print(f"| {delays[len(delays) // 2]:.1f} ms | {delays[len(delays) * 99 // 100]:.1f} ms "
          f"| {delays[-1]:.1f} ms |", flush=True)


@contextmanager
def registry_if(wanted, bench):
    """Its URL."""
    if not wanted:
        yield None
        return
    server = registry.Registry(bench.work).start()
    try:
        yield server.url
    finally:
        server.close()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    parser.add_argument("--no-debezium", dest="debezium", action="store_false")
    parser.add_argument("--avro", action="store_true", help="also Avro, with a registry")
    parser.add_argument("--latency-seconds", type=int, default=20)
    return parser.parse_args()


def main():
    options = parse()
    rows = options.rows
    workloads = [
        Workload("users, 10,000 rows a transaction", "users", rows, 10_000),
        Workload("wide, 10,000 rows a transaction", "wide", rows, 10_000),
        Workload("users, 100 rows a transaction", "users", rows, 100),
        Workload("users, 1 row a transaction", "users", rows // 5, 1),
        Workload("users, one transaction", "users", rows, rows),
    ]
    with servers(Bench) as bench, registry_if(options.avro, bench) as options.registry_url:
        warm_up = Workload("warm-up", "users", 500_000, 10_000)
        read_headrace(bench, warm_up, bench.load(warm_up))
        for workload in workloads:
            if options.only in workload.name:
                run_workload(bench, workload, options)
        if options.latency_seconds and options.only in "latency":
            run_latency(bench, options.latency_seconds)


if __name__ == "__main__":
    main()
