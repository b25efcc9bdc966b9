# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: servers at full speed, and the time, CPU and memory of a program."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import confluent_kafka

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/e2e"))
from harness import kafka, places, postgres  # noqa: E402

POSTGRES = {"shared_buffers": "1GB", "max_wal_size": "16GB", "min_wal_size": "2GB"}
KAFKA = {"log.retention.bytes": 8_000_000_000}


@dataclass
class Result:
    rate: list = field(default_factory=list)  # rows/s of each round
    cpu_us: list = field(default_factory=list)  # per row
    rss_mib: list = field(default_factory=list)


@dataclass
class Servers:
    postgres: postgres.Postgres
    kafka: kafka.Kafka
    build: Path
    work: Path

    @property
    def conninfo(self):
        return self.postgres.conninfo()

    def program(self, name):
        return self.postgres.binaries / name

    def watermark(self, topic, partitions=1):
        """How many records a topic holds."""
        client = self.kafka.watermark_client
        return sum(client.get_watermark_offsets(confluent_kafka.TopicPartition(topic, number),
                                                10)[1] for number in range(partitions))


def start_kafka(scratch):
    broker = kafka.Kafka(scratch, settings=KAFKA, options=kafka.FULL_SPEED).start()
    broker.watermark_client = confluent_kafka.Consumer(
        {"bootstrap.servers": broker.brokers, "group.id": "bench", "log_level": 0})
    return broker


@contextmanager
def servers(kind=Servers, with_kafka=True):
    """A private PostgreSQL and Kafka; `kind` is made of them."""
    scratch = places.scratch_folder()
    cluster = postgres.Postgres(scratch, settings=POSTGRES).start()
    broker = start_kafka(scratch) if with_kafka else None
    try:
        yield kind(cluster, broker, places.BUILD, scratch)
    finally:
        if broker:
            broker.close()
        cluster.close()
        shutil.rmtree(scratch, ignore_errors=True)


def timed(command, rows, **options):
    """Runs a reader that ends by itself: rows/s and CPU µs a row; what the kernel says of its
    peak memory is that of the Python it was forked from."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    seconds = time.monotonic() - start
    return rows / seconds, (usage.ru_utime + usage.ru_stime) * 1e6 / rows, None


def process_usage(pid):
    """CPU seconds and peak RSS in MiB of a process that lives."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return ticks / os.sysconf("SC_CLK_TCK"), int(peak.group(1)) / 1024


def until_arrived(bench, topic, count, process, partitions=1):
    while bench.watermark(topic, partitions) < count:
        process.must_run()
        time.sleep(0.005)  # the resolution of the measurement, not a synchronisation


def measure(results, name, figures):
    result = results.setdefault(name, Result())
    for values, figure in zip((result.rate, result.cpu_us, result.rss_mib), figures):
        if figure is not None:
            values.append(figure)
