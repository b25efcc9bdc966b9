# SPDX-License-Identifier: Apache-2.0
"""A snapshot into Kafka against its limits and its peers, on one table and one broker.

The limits: librdkafka alone, sending as many messages of the same sizes with the sink's settings,
and COPY to /dev/null. Rounds alternate all of them; medians are printed. `bench/snapshot -h`."""

import argparse
import statistics
import time
from dataclasses import dataclass

from measuring import measure, servers, timed, until_arrived
from harness import debezium, kafka  # in the path of `measuring`
from harness.process import Process

FIRST_ID = 1_000_001  # all ids have as many digits, all records the same size
KEY_SIZE = 7
AROUND = len('{"id":1000001,"v":""}')
FORMATS = {"plain": "format = plain\noperation_field =", "debezium": "format = debezium"}
WRITER = ["acks=all", "enable.idempotence=true", "linger.ms=5", "batch.num.messages=10000",
          "batch.size=1000000", "queue.buffering.max.messages=500000", "message.timeout.ms=0"]


@dataclass
class Workload:
    rows: int
    size: int  # bytes of a row as JSON
    format: str
    partitions: int

    @property
    def name(self):
        return f"format = {self.format}, rows of {self.size} bytes"


def load(bench, workload):
    filler = workload.size - AROUND
    bench.postgres.sql("DROP PUBLICATION IF EXISTS bench_pub; DROP TABLE IF EXISTS t")
    bench.postgres.sql("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)")
    bench.postgres.sql(f"INSERT INTO t SELECT g, repeat('x', {filler}) FROM generate_series("
                       f"{FIRST_ID}, {FIRST_ID + workload.rows - 1}) g")
    bench.postgres.sql("CREATE PUBLICATION bench_pub FOR TABLE t")
    bench.postgres.sql("VACUUM (FREEZE, ANALYZE) t")
    bench.postgres.sql("CHECKPOINT")  # no background writing while somebody is measured


def topic_of(bench, workload, name):
    return bench.kafka.create_topic(f"{name}-{time.time_ns()}", partitions=workload.partitions)


# ---- the limits


def copy(bench, workload):
    return timed([bench.program("psql"), "-qX", "-d", bench.conninfo, "-c", "COPY t TO STDOUT"],
                 workload.rows)


def write(bench, workload, value_size):
    topic = topic_of(bench, workload, "writer")
    result = timed([bench.build / "bench/kafka_writer", topic, str(workload.rows), str(KEY_SIZE),
                    str(value_size), f"bootstrap.servers={bench.kafka.brokers}", *WRITER],
                   workload.rows)
    bench.kafka.delete_topic(topic)
    return result


# ---- headrace

INI = """
[headrace]
plugin_dir = {build}/plugins
state_dir = {work}/state
log_level = warning
[bench]
source = pgoutput
codec = json
sink = kafka
checkpoint = none
[bench.source]
conninfo = {conninfo}
slot = bench
slot_create = yes
publication = bench_pub
snapshot = {mode}
snapshot_workers = {workers}
[bench.codec]
{codec}
[bench.sink]
brokers = {brokers}
topic = {topic}
"""


def run_headrace(bench, workload, mode, workers):
    """Its figures, and the topic."""
    topic = topic_of(bench, workload, "headrace")
    ini = bench.work / f"{topic}.ini"
    ini.write_text(INI.format(build=bench.build, work=bench.work, conninfo=bench.conninfo,
                              mode=mode, workers=workers, codec=FORMATS[workload.format],
                              brokers=bench.kafka.brokers, topic=topic))
    process = Process(topic, bench.work)
    start = time.monotonic()
    process.spawn([bench.build / "core/headrace", "run", "-c", ini])
    cpu, rss = sample_until_arrived(bench, workload, topic, process)
    seconds = time.monotonic() - start
    process.terminate()
    return (workload.rows / seconds, cpu * 1e6 / workload.rows, rss), topic


def snapshot(bench, workload, mode, workers):
    figures, topic = run_headrace(bench, workload, mode, workers)
    clean(bench, topic)
    return figures


def record_size(bench, workload, workers):
    """Of a record's value; also warms the servers up."""
    _, topic = run_headrace(bench, workload, "only", workers)
    ends = bench.kafka.end_offsets(topic)
    last = bench.kafka.consume(topic, start={number: end - 1 for number, end in ends.items()})
    clean(bench, topic)
    return max(len(record.value) for record in last)


def sample_until_arrived(bench, workload, topic, process):
    """CPU seconds and peak RSS in MiB, as far as they were seen: a process that has done its
    work may be gone."""
    usage = None
    while True:
        alive = process.running()
        if alive:
            usage = usage_of(process) or usage
        if bench.watermark(topic, workload.partitions) >= workload.rows:
            return usage
        if not alive:
            process.must_run()
        time.sleep(0.005)  # the resolution of the measurement, not a synchronisation


def usage_of(process):
    try:
        return process.cpu_seconds(), process.peak_rss_kib() / 1024
    except (OSError, StopIteration):
        return None  # it has just ended


def clean(bench, topic):
    bench.postgres.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
    bench.postgres.sql("DROP SCHEMA IF EXISTS headrace CASCADE")
    bench.kafka.delete_topic(topic)


# ---- Debezium


def debezium_snapshot(bench, workload):
    topic = f"debezium-{time.time_ns()}"
    bench.kafka.create_topic(topic, partitions=workload.partitions)
    folder = bench.work / topic
    folder.mkdir()
    connect = debezium.Connect(folder, bench.kafka, options=kafka.FULL_SPEED).start()
    connect.request("POST", "/connectors", {"name": topic, "config": {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "plugin.name": "pgoutput", "tasks.max": "1", "database.hostname": bench.postgres.host,
        "database.port": str(bench.postgres.port), "database.user": bench.postgres.user,
        "database.password": "unused", "database.dbname": "postgres", "topic.prefix": "dbz",
        "slot.name": "debezium", "publication.name": "bench_pub",
        "publication.autocreate.mode": "disabled", "snapshot.mode": "initial_only",
        "transforms": "r", "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.r.regex": r"dbz\.public\..*", "transforms.r.replacement": topic}})
    until_arrived(bench, topic, 1, connect.process, workload.partitions)
    start = time.monotonic()  # the JVM's start is not counted
    cold = bench.watermark(topic, workload.partitions)
    before = connect.process.cpu_seconds()
    until_arrived(bench, topic, workload.rows, connect.process, workload.partitions)
    rows, seconds = workload.rows - cold, time.monotonic() - start
    cpu, rss = connect.process.cpu_seconds() - before, connect.process.peak_rss_kib() / 1024
    connect.close()
    clean(bench, topic)
    return rows / seconds, cpu * 1e6 / rows, rss


# ---- rounds


def contestants(options, value_size):
    table = {"COPY to /dev/null": copy,
             "librdkafka alone": lambda b, w: write(b, w, value_size)}
    for workers in options.workers:
        for mode in ("only", "initial"):
            table[f"headrace, snapshot = {mode}, workers {workers}"] = (
                lambda b, w, m=mode, n=workers: snapshot(b, w, m, n))
    return table


def print_table(workload, value_size, results):
    limit = statistics.median(results["librdkafka alone"].rate)
    print(f"\n### {workload.name}: records of {value_size} bytes, {workload.rows:,} rows, "
          f"{workload.partitions} partitions\n")
    print("| | rows/s (min … max) | × librdkafka alone | CPU µs/row | peak RSS MiB |")
    print("|---|---|---|---|---|")
    for name, result in results.items():
        rate = statistics.median(result.rate)
        rss = f"{max(result.rss_mib):.0f}" if result.rss_mib else "–"
        print(f"| {name} | {rate:,.0f} ({min(result.rate):,.0f} … {max(result.rate):,.0f}) "
              f"| {rate / limit:.2f} | {statistics.median(result.cpu_us):.2f} | {rss} |",
              flush=True)


def run_workload(bench, workload, options):
    load(bench, workload)
    value_size = record_size(bench, workload, options.workers[0])
    results = {}
    for _ in range(options.rounds):
        for name, contestant in contestants(options, value_size).items():
            measure(results, name, contestant(bench, workload))
    if options.debezium and workload.format == "debezium":
        measure(results, "Debezium (once warm)", debezium_snapshot(bench, workload))
    print_table(workload, value_size, results)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    parser.add_argument("--no-debezium", dest="debezium", action="store_false")
    return parser.parse_args()


def main():
    options = parse()
    workloads = [Workload(options.rows, size, shape, options.partitions)
                 for shape, sizes in (("plain", options.sizes), ("debezium", options.sizes[:1]))
                 for size in sizes]
    with servers() as bench:
        for workload in workloads:
            if options.only in workload.name:
                run_workload(bench, workload, options)


if __name__ == "__main__":
    main()
