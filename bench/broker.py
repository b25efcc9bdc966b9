# SPDX-License-Identifier: Apache-2.0
"""The broker over PostgreSQL beside its limit and its peer.

Producing: against COPY BINARY of the same rows into the same table by psql, which is the server's
own limit, and against Apache Kafka with the same client (librdkafka, acks=all). Consuming and
latency: against Apache Kafka. Rounds alternate all of them; medians are printed.
`bench/broker -h`."""

import argparse
import os
import re
import statistics
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic

from measuring import Servers, process_usage, servers, timed
from harness.broker import Broker  # in the path of `measuring`

# Partitions are chosen for each record, not for 10 ms of them: what is hardest for a broker.
WRITER = ("sticky.partitioning.linger.ms=0", "message.timeout.ms=60000")
READER = ("group.id=bench", "enable.auto.commit=false")
COLUMNS = "topic_id, partition_id, partition_offset, global_offset, timestamp, key, value, headers"


@dataclass
class Figures:
    """Of one subject and case, a value each round."""
    rate: list = field(default_factory=list)  # records/s
    client_us: list = field(default_factory=list)  # CPU a record
    broker_us: list = field(default_factory=list)
    server_us: list = field(default_factory=list)  # PostgreSQL
    transaction: list = field(default_factory=list)  # records in one

    def add(self, **values):
        for name, value in values.items():
            getattr(self, name).append(value)


@dataclass(frozen=True)
class Case:
    size: int
    partitions: int
    rows: int

    def __str__(self):
        partitions = "1 partition" if self.partitions == 1 else f"{self.partitions} partitions"
        return f"{self.size} bytes, {partitions}"


class Subject:
    """A broker under test: headrace, or Kafka."""

    def __init__(self, bench, name, brokers, process):
        self.bench, self.name, self.brokers, self.process = bench, name, brokers, process
        self.admin = AdminClient({"bootstrap.servers": brokers})

    def create(self, case, what):
        topic = f"{what}-{time.time_ns()}"
        for future in self.admin.create_topics([NewTopic(topic, case.partitions)]).values():
            future.result(30)
        return topic

    def delete(self, topic):
        for future in self.admin.delete_topics([topic]).values():
            future.result(30)

    def cpu(self):
        return process_usage(self.process.pid)[0]

    def properties(self, *more):
        return [f"bootstrap.servers={self.brokers}", "log_level=0", *more]

    def writer(self, case, topic, more=()):
        return [self.bench.build / "bench/kafka_writer", topic, str(case.rows), "0", str(case.size),
                *self.properties(*WRITER, *more)]

    def reader(self, case, topic, rounds):
        return [self.bench.build / "bench/kafka_reader", topic, str(case.partitions),
                str(case.rows), str(rounds), *self.properties(*READER)]


def postgres_cpu(bench):
    """CPU seconds of the server and all its processes, also those that have ended."""
    def ticks(pid, names):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0
        return sum(int(fields[name]) for name in names)
    pid = bench.postgres.postmaster_pid()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (ticks(pid, range(11, 15)) + sum(ticks(child, (11, 12)) for child in children)) / 100


def transactions(bench):
    return bench.postgres.value("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'")


# ---- producing


def produce(bench, subject, case, topic, figures, more=()):
    broker, server = subject.cpu(), postgres_cpu(bench)
    before = transactions(bench)
    rate, client_us, _ = timed(subject.writer(case, topic, more), case.rows)
    count = transactions(bench) - before
    figures.add(rate=rate, client_us=client_us, transaction=case.rows // max(1, count),
                broker_us=(subject.cpu() - broker) * 1e6 / case.rows,
                server_us=(postgres_cpu(bench) - server) * 1e6 / case.rows)


def must_hold(bench, case, topic):
    """Records that are not there were acknowledged for nothing."""
    table = messages(bench, topic)
    count, size = bench.postgres.sql(f"SELECT count(*), sum(length(value)) FROM {table}")[0]
    if (count, size) != (case.rows, case.rows * case.size):
        raise SystemExit(f"{table} has {count} records of {size} bytes, and not {case.rows}")


def messages(bench, topic):
    number = bench.postgres.value("SELECT topic_id FROM kafka.topics WHERE name = %s", [topic])
    return f"kafka.messages_{number}"


def copy(bench, case, topic, figures):
    """The topic's rows once more, in the order in which they were written."""
    file, table = bench.postgres.data / "rows.copy", messages(bench, topic)
    bench.postgres.sql(f"COPY (SELECT {COLUMNS} FROM {table} ORDER BY global_offset) TO '{file}' "
                       f"(FORMAT binary)")
    bench.postgres.sql(f"TRUNCATE {table}")
    bench.postgres.sql("CHECKPOINT")  # no background writing while somebody is measured
    server = postgres_cpu(bench)
    rate, client_us, _ = timed(
        [bench.program("psql"), "-qX", "-d", bench.conninfo, "-c",
         f"\\copy kafka.messages ({COLUMNS}) FROM '{file}' (FORMAT binary)"], case.rows)
    figures.add(rate=rate, client_us=client_us,
                server_us=(postgres_cpu(bench) - server) * 1e6 / case.rows)
    must_hold(bench, case, topic)
    file.unlink()


def run_producing(bench, options, case):
    results = defaultdict(Figures)
    for _ in range(options.rounds):
        topic = bench.headrace.create(case, "produce")
        bench.postgres.sql("CHECKPOINT")
        produce(bench, bench.headrace, case, topic, results["headrace"])
        must_hold(bench, case, topic)
        copy(bench, case, topic, results["COPY BINARY"])
        bench.headrace.delete(topic)
        if bench.apache:
            produce_and_delete(bench, bench.apache, case, results["Kafka"])
        for subject in bench.subjects if options.idempotent else ():
            produce_and_delete(bench, subject, case, results[f"{subject.name}, idempotent"],
                               ["enable.idempotence=true"])
    print_table(f"Producing {case.rows:,} records of {case}", results, "COPY BINARY", "Kafka")


def produce_and_delete(bench, subject, case, figures, more=()):
    topic = subject.create(case, "produce")
    produce(bench, subject, case, topic, figures, more)
    subject.delete(topic)


# ---- consuming


class Client:
    """A program that prints its figures."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def finish(self):
        """What it printed, as numbers, and its CPU seconds."""
        output = self.process.stdout.read()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != 0:
            raise SystemExit(f"{self.process.args[0]} failed with {self.process.returncode}")
        return [float(word) for word in output.split()], usage.ru_utime + usage.ru_stime


def consume(bench, subject, case, topic, figures, again=1):
    rows, broker, server = case.rows * again, subject.cpu(), postgres_cpu(bench)
    (counted, seconds), client = Client(subject.reader(case, topic, again)).finish()
    figures.add(rate=counted / seconds, client_us=client * 1e6 / rows,
                broker_us=(subject.cpu() - broker) * 1e6 / rows,
                server_us=(postgres_cpu(bench) - server) * 1e6 / rows)


def filled(bench, subject, case):
    topic = subject.create(case, "consume")
    timed(subject.writer(case, topic), case.rows)
    return topic


def follow(bench, subject, case, figures):
    """A reader that is there before the first record."""
    topic = subject.create(case, "follow")
    broker, server = subject.cpu(), postgres_cpu(bench)
    reader = Client(subject.reader(case, topic, 1))
    timed(subject.writer(case, topic), case.rows)
    (counted, seconds), client = reader.finish()
    figures.add(rate=counted / seconds, client_us=client * 1e6 / case.rows,
                broker_us=(subject.cpu() - broker) * 1e6 / case.rows,
                server_us=(postgres_cpu(bench) - server) * 1e6 / case.rows)
    subject.delete(topic)


TAIL_BYTES = 24 << 20  # fits into tail_bytes


def run_consuming(bench, options, case):
    results, following = defaultdict(Figures), defaultdict(Figures)
    short = Case(case.size, case.partitions, min(case.rows, TAIL_BYTES // (case.size + 10)))
    again = max(1, case.rows // short.rows)
    for _ in range(options.rounds):
        topic = filled(bench, bench.headrace, short)
        consume(bench, bench.headrace, short, topic, results["headrace, from memory"], again)
        bench.restart_headrace()
        consume(bench, bench.headrace, short, topic, results["headrace, from PostgreSQL"])
        bench.headrace.delete(topic)
        if bench.apache:
            topic = filled(bench, bench.apache, short)
            consume(bench, bench.apache, short, topic, results["Kafka"], again)
            bench.apache.delete(topic)
        for subject in bench.subjects:
            follow(bench, subject, case, following[subject.name])
    print_table(f"Consuming {short.rows:,} records of {case}", results, "Kafka")
    print_table(f"Following while {case.rows:,} records of {case} are produced", following, "Kafka")


# ---- latency


def run_latency(bench, options):
    print(f"\n### From producer to consumer, {options.latency_rate:,} messages of 100 bytes a "
          "second, ms\n\n| | p50 | p99 | max |\n|---|---|---|---|")
    results = {subject.name: [] for subject in bench.subjects}
    for _ in range(options.rounds):
        for subject in bench.subjects:
            topic = subject.create(Case(100, 1, 0), "latency")
            figures, _ = Client([bench.build / "bench/kafka_pinger", topic,
                                 str(options.latency_rate), str(options.latency_seconds), "100",
                                 *subject.properties(*READER)]).finish()
            results[subject.name].append(figures)
            subject.delete(topic)
    for name, figures in results.items():
        p50, p99, most = map(statistics.median, zip(*figures))
        print(f"| {name} | {p50:.1f} | {p99:.1f} | {most:.1f} |", flush=True)


# ---- all


class Bench(Servers):
    def start_headrace(self):
        self.broker = Broker(self.work, self.postgres, sink=self.sink, source=self.source)
        keys = "\n".join(f"{key} = {value}" for key, value in self.pipeline.items())
        text = self.broker.config.read_text()
        self.broker.write_config(text.replace("[broker]\n", f"[broker]\n{keys}\n"))
        self.broker.start()
        self.headrace = Subject(self, "headrace", self.broker.brokers, self.broker)
        self.apache = self.kafka and Subject(self, "Kafka", self.kafka.brokers, self.kafka.process)
        self.subjects = [self.headrace, self.apache] if self.apache else [self.headrace]
        self.peak = 0

    def note_memory(self):
        self.peak = max(self.peak, process_usage(self.broker.pid)[1])

    def restart_headrace(self):
        """Its memory of the latest records is empty then."""
        self.note_memory()
        self.broker.stop()
        self.broker.start()


def median(values, digits=2):
    return f"{statistics.median(values):.{digits}f}" if values else "–"


def print_table(title, results, *peers):
    peers = [peer for peer in peers if peer in results]
    columns = ["subject", "records/s (min … max)", *(f"× {peer}" for peer in peers),
               "CPU µs/record: client", "broker", "PostgreSQL", "records a transaction"]
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for name, figures in results.items():
        rate = statistics.median(figures.rate)
        ratios = "".join(f" {rate / statistics.median(results[peer].rate):.2f} |" for peer in peers)
        print(f"| {name} | {rate:,.0f} ({min(figures.rate):,.0f} … {max(figures.rate):,.0f}) |"
              f"{ratios} {median(figures.client_us)} | {median(figures.broker_us)} "
              f"| {median(figures.server_us)} | {median(figures.transaction, 0)} |", flush=True)


def pairs(values):
    return dict(value.split(" = ", 1) for value in values)


def of_example(section, *keys):
    """What conf/broker.ini sets, as an option says it."""
    text = (Path(__file__).resolve().parents[1] / "conf/broker.ini").read_text()
    values = dict(re.findall(r"^(\w+) = (.*)$", text.split(f"[{section}]\n")[1], re.MULTILINE))
    return [f"{key} = {values[key]}" for key in keys]


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000, help="of 100 bytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="100,1024")
    parser.add_argument("--partitions", default="1,16")
    parser.add_argument("--only", default="produce,consume,latency")
    parser.add_argument("--idempotent", action="store_true", help="also with that producer")
    parser.add_argument("--no-kafka", dest="kafka", action="store_false")
    parser.add_argument("--latency-rate", type=int, default=1000)
    parser.add_argument("--latency-seconds", type=int, default=20)
    parser.add_argument("--pipeline", action="append", default=[], help="KEY = VALUE of it")
    parser.add_argument("--sink", action="append", default=[], help="KEY = VALUE of the sink")
    parser.add_argument("--source", action="append", default=[], help="KEY = VALUE of the source")
    return parser.parse_args()


def cases(options):
    for size in map(int, options.sizes.split(",")):
        for partitions in map(int, options.partitions.split(",")):
            yield Case(size, partitions, options.rows if size < 1000 else options.rows // 5)


def warm_up(bench):
    """A JVM that has not compiled anything yet is not what anybody runs."""
    case = Case(100, 1, 1_000_000)
    for _ in range(2):
        topic = filled(bench, bench.apache, case)
        consume(bench, bench.apache, case, topic, Figures())
        bench.apache.delete(topic)


def make_wal(bench, files=96):
    """Files of the WAL that are used again: who comes first would have to make them."""
    for _ in range(files):
        bench.postgres.sql("SELECT pg_logical_emit_message(false, '', '')")
        bench.postgres.sql("SELECT pg_switch_wal()")
    bench.postgres.sql("CHECKPOINT")


def main():
    options = parse()
    with servers(Bench, options.kafka) as bench:
        bench.sink = pairs(of_example("broker.sink", "batch_rows") + options.sink)
        bench.source = pairs(options.source)
        bench.pipeline = pairs(of_example("broker", "ring_bytes") + options.pipeline)
        bench.start_headrace()
        make_wal(bench)
        if bench.apache:
            warm_up(bench)
        for case in cases(options):
            if "produce" in options.only:
                run_producing(bench, options, case)
            if "consume" in options.only:
                run_consuming(bench, options, case)
        if "latency" in options.only:
            run_latency(bench, options)
        bench.note_memory()
        print(f"\nheadrace's peak RSS: {bench.peak:.0f} MiB")
        bench.broker.finish()


if __name__ == "__main__":
    main()
