# SPDX-License-Identifier: Apache-2.0
"""Kafka → Postgres against the server's own limit and its peer, on one topic.

The limit: INSERT … SELECT … ON CONFLICT DO UPDATE of the same rows, which are in a table
already; of rows that are only appended, COPY from a file of the server's. Debezium's events are made by headrace from a table that is filled, then updated.
Rounds alternate the two; medians are printed. `bench/sink -h`."""

import argparse
import statistics
import time

from measuring import measure, process_usage, servers, until_arrived
from harness import debezium, kafka, maven  # in the path of `measuring`
from harness.process import Process

COLUMNS = ("customer int NOT NULL, account bigint, kind smallint, weight double precision, "
           "price numeric(12,2), title text, code varchar(40), active boolean, born date, "
           "changed timestamp")
VALUES = ("{n}, {n} * 7919::bigint, {n} % 100, {n} * 0.001, {n} * 0.01, 'title of row ' || {n}, "
          "'code-' || {n}, {n} % 2 = 0, date '2020-01-01' + {n} % 1000, "
          "timestamp '2024-01-01' + {n} * interval '1 second'")
UPDATE = ("UPDATE source SET customer = customer + 1, price = price + 1, title = title || '!', "
          "changed = changed + interval '1 day'")
DEBEZIUM_ROWS = 200_000  # at most: it is some twenty times slower

TO_KAFKA = """
[headrace]
plugin_dir = {build}/plugins
state_dir = {work}/state
[produce]
source = pgoutput
codec = json
sink = kafka
checkpoint = none
[produce.source]
conninfo = {conninfo}
slot = produce
slot_create = yes
publication = bench_pub
[produce.codec]
format = debezium
schemas = {schemas}
[produce.sink]
brokers = {brokers}
topic = {topic}
"""

TO_POSTGRES = """
[headrace]
plugin_dir = {build}/plugins
state_dir = {work}/state
log_level = warning
[bench]
source = kafka
codec = json
sink = postgres
checkpoint = {checkpoint}
ring_bytes = {ring}
[bench.source]
brokers = {brokers}
group = {group}
topics = {topics}
start = earliest
{source}
[bench.codec]
format = debezium
[bench.sink]
conninfo = {conninfo}
mode = table
table = target
insert_mode = {mode}
workers = {workers}
"""


def spawn(bench, name, ini):
    path = bench.work / f"{name}.ini"
    path.write_text(ini)
    process = Process(name, bench.work)
    process.spawn([bench.build / "core/headrace", "run", "-c", path])
    return process


# ---- the events


def produce(bench, name, options, rows, sql, schemas="no"):
    """A topic of what `sql` changes in table source."""
    topic = bench.kafka.create_topic(f"{name}-{time.time_ns()}", partitions=options.partitions)
    process = spawn(bench, topic, TO_KAFKA.format(build=bench.build, work=bench.work, topic=topic,
                                                  conninfo=bench.conninfo, schemas=schemas,
                                                  brokers=bench.kafka.brokers))
    process.log.wait("streaming database")
    bench.postgres.sql(sql)
    until_arrived(bench, topic, rows, process, options.partitions)
    process.terminate()
    bench.postgres.drop_slot("produce")
    return topic


def load(bench, rows):
    sql = bench.postgres.sql
    sql("DROP PUBLICATION IF EXISTS bench_pub; DROP TABLE IF EXISTS source, inserted, updated")
    sql(f"CREATE TABLE source (id int PRIMARY KEY, {COLUMNS})")
    sql("CREATE PUBLICATION bench_pub FOR TABLE source")
    return ("INSERT INTO source SELECT n, " + VALUES.format(n="n") +
            f" FROM generate_series(1, {rows}) n")


def make_events(bench, options, rows, schemas="no"):
    """The topics of inserts and of updates of the same rows; tables inserted and updated are what
    a target holds behind them."""
    insert = load(bench, rows)
    inserts = produce(bench, "inserts", options, rows, insert, schemas)
    bench.postgres.sql("CREATE TABLE inserted AS TABLE source")
    updates = produce(bench, "updates", options, rows, UPDATE, schemas)
    bench.postgres.sql("CREATE TABLE updated AS TABLE source; ANALYZE inserted, updated")
    return inserts, updates


def must_equal(bench, table):
    """Rows that are not what they should be were written for nothing."""
    wrong = bench.postgres.value(
        f"SELECT (SELECT count(*) FROM (TABLE {table} EXCEPT TABLE target) e) + "
        f"abs((SELECT count(*) FROM {table}) - (SELECT count(*) FROM target))")
    if wrong:
        raise SystemExit(f"{wrong} rows of the target are not as in {table}")


def new_target(bench, key="PRIMARY KEY"):
    bench.postgres.sql("DROP TABLE IF EXISTS target; DROP SCHEMA IF EXISTS headrace CASCADE")
    bench.postgres.sql(f"CREATE TABLE target (id int {key}, {COLUMNS})")
    bench.postgres.sql("CHECKPOINT")  # no background writing while somebody is measured


# ---- the limit


def on_the_server(bench, table, rows):
    """Rows/s of an upsert whose rows the server has."""
    assign = ", ".join(f"{column.split()[0]} = EXCLUDED.{column.split()[0]}"
                       for column in COLUMNS.split(", "))
    start = time.monotonic()
    bench.postgres.sql(f"INSERT INTO target SELECT * FROM {table} "
                       f"ON CONFLICT (id) DO UPDATE SET {assign}")
    return rows / (time.monotonic() - start), None, None


def copied_on_the_server(bench, table, rows):
    """Rows/s of COPY from a file that the server wrote."""
    file = bench.postgres.data / f"{table}.copy"
    bench.postgres.sql(f"COPY {table} TO '{file}' (FORMAT binary)")
    start = time.monotonic()
    bench.postgres.sql(f"COPY target FROM '{file}' (FORMAT binary)")
    return rows / (time.monotonic() - start), None, None


# ---- headrace


def stored(bench, group_start):
    """How many records the sink has stored, by its own offsets."""
    row = bench.postgres.value("SELECT to_regclass('headrace.sink_offset') IS NOT NULL")
    if not row:
        return 0
    return bench.postgres.value("SELECT coalesce(sum(next_offset), 0)::int8 FROM ("
                                "SELECT min(next_offset) AS next_offset FROM headrace.sink_offset "
                                "GROUP BY part) p") - group_start


def by_headrace(bench, topics, rows, options, mode="upsert"):
    """Counted from the first transaction on: neither are the start of the peers."""
    group = f"bench-{time.time_ns()}"
    before = stored(bench, 0)
    process = spawn(bench, group, TO_POSTGRES.format(
        build=bench.build, work=bench.work, brokers=bench.kafka.brokers, group=group,
        topics=topics, conninfo=bench.conninfo, workers=options.workers, ring=options.ring,
        source="\n".join(options.source), mode=mode,
        checkpoint="sink"))
    first, done = 0, 0
    while done < rows:
        process.must_run()
        time.sleep(0.02)  # the resolution of the measurement, not a synchronisation
        done = stored(bench, before)
        if done and not first:
            first, start = done, time.monotonic()
    seconds = time.monotonic() - start
    cpu, rss = process_usage(process.pid)
    process.terminate()
    return (rows - first) / seconds, cpu * 1e6 / rows, rss


# ---- Debezium


def by_debezium(bench, connect, topic, rows, arrived):
    """Counted from the first rows on, so that nothing of the start is measured. `arrived`: which
    rows of the target are this topic's."""
    connector = connect.jdbc_sink(
        DatabaseOf(bench), [topic], collection_name_format="target", batch_size=10000,
        dialect_postgres_unnest_insert_enabled="true", use_reduction_buffer="true",
        consumer_override_max_poll_records=10000,
        consumer_override_max_partition_fetch_bytes=16 << 20)

    def count():
        connect.process.must_run()
        time.sleep(0.1)  # the resolution of the measurement, not a synchronisation
        return bench.postgres.value(f"SELECT count(*) FROM target WHERE {arrived}")
    first = 0
    while not first:
        first = count()
    start, (cpu_before, _) = time.monotonic(), process_usage(connect.process.pid)
    if first == rows:
        raise SystemExit(f"Debezium writes {rows} rows at once: more --rows, or --no-debezium")
    while count() < rows:
        pass
    seconds = time.monotonic() - start
    cpu, rss = process_usage(connect.process.pid)
    connector.stop()
    return (rows - first) / seconds, (cpu - cpu_before) * 1e6 / (rows - first), rss


def measure_debezium(bench, options, inserting, updating):
    rows, name = min(options.rows, DEBEZIUM_ROWS), "Debezium's JDBC sink, once warm"
    inserts, updates = make_events(bench, options, rows, schemas="yes")
    connect = debezium.Connect(bench.work, bench.kafka, options=kafka.FULL_SPEED,
                               jars=[maven.debezium_jdbc_jars]).start()
    new_target(bench)
    measure(inserting, name, by_debezium(bench, connect, inserts, rows, "true"))
    must_equal(bench, "inserted")
    measure(updating, name, by_debezium(bench, connect, updates, rows, "title LIKE '%!'"))
    must_equal(bench, "updated")
    connect.close()


class DatabaseOf:
    """What harness.debezium wants to know of a database."""

    def __init__(self, bench):
        self.host, self.port = bench.postgres.host, bench.postgres.port
        self.user, self.name = bench.postgres.user, "postgres"


# ---- all


def print_table(title, results, limit):
    print(f"\n### {title}\n\n| | rows/s (min … max) | × the server alone | CPU µs/row "
          "| peak RSS MiB |\n|---|---|---|---|---|")
    ceiling = statistics.median(results[limit].rate)
    for name, result in results.items():
        rate = statistics.median(result.rate)
        cpu = f"{statistics.median(result.cpu_us):.2f}" if result.cpu_us else "–"
        rss = f"{max(result.rss_mib):.0f}" if result.rss_mib else "–"
        print(f"| {name} | {rate:,.0f} ({min(result.rate):,.0f} … {max(result.rate):,.0f}) "
              f"| {rate / ceiling:.2f} | {cpu} | {rss} |", flush=True)


def run(bench, options):
    rows = options.rows
    inserts, updates = make_events(bench, options, rows)
    server, ours = "INSERT … SELECT … ON CONFLICT", "headrace, upsert"
    copy = "COPY FROM, binary"
    inserting, updating, appending = {}, {}, {}
    for _ in range(options.rounds):
        new_target(bench)
        measure(inserting, server, on_the_server(bench, "inserted", rows))
        measure(updating, server, on_the_server(bench, "updated", rows))
        new_target(bench)
        measure(inserting, ours, by_headrace(bench, inserts, rows, options))
        must_equal(bench, "inserted")
        measure(updating, ours, by_headrace(bench, updates, rows, options))
        must_equal(bench, "updated")
        new_target(bench, key="")
        measure(appending, copy, copied_on_the_server(bench, "inserted", rows))
        new_target(bench, key="")
        measure(appending, "headrace, insert", by_headrace(bench, inserts, rows, options, "insert"))
        must_equal(bench, "inserted")
    if options.debezium:
        measure_debezium(bench, options, inserting, updating)
    print_table(f"Inserting {rows:,} rows of 11 columns", inserting, server)
    print_table(f"Updating {rows:,} rows of 11 columns", updating, server)
    print_table(f"Appending {rows:,} rows of 11 columns without a key", appending, copy)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--ring", default="32MiB")
    parser.add_argument("--source", action="append", default=[], help="KEY = VALUE of the source")
    parser.add_argument("--no-debezium", dest="debezium", action="store_false")
    return parser.parse_args()


def main():
    options = parse()
    with servers() as bench:
        run(bench, options)


if __name__ == "__main__":
    main()
