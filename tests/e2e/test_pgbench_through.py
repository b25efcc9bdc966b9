# SPDX-License-Identifier: Apache-2.0
"""pgbench and random changes of every type at a source, through Kafka to three copies: Debezium to
headrace, headrace to headrace with both of them killed, headrace to Debezium's JDBC sink. Then
EXCEPT is empty both ways for every table."""
import concurrent.futures
import re
import time

import psycopg
import pytest

import every_type
from harness.postgres import DEBIAN_BINARIES
from harness.postgres_sink import to_tables
from harness.process import Process
from harness.program import Headrace
from harness.waiting import count, wait_until

PGBENCH = {"pgbench_accounts": "aid", "pgbench_branches": "bid", "pgbench_tellers": "tid",
           "pgbench_history": "id"}
ALL = [*PGBENCH, *every_type.TABLES]
LAST = 1_000_000_000  # the id of each table's last row
COPIES = {"debezium": ALL, "headrace": ALL, "jdbc": list(PGBENCH)}
LOSSES = {"debezium": {**every_type.LOSSES, "texts.nm": "null"}, "headrace": every_type.LOSSES,
          "jdbc": {}}


class Through:
    """A source, its copies, and the programs between them."""

    def __init__(self, postgres, kafka, folder):
        self.kafka, self.folder = kafka, folder
        self.source = postgres.create_database()
        self.targets = {copy: postgres.create_database() for copy in COPIES}
        self.connectors, self.writer, self.appliers = [], None, {}
        self.prefixes = {writer: f"{self.source.name}-through-{writer}"
                         for writer in ("debezium", "headrace")}

    def run(self, debezium):
        self._make_tables()
        for connector in (self._jdbc_sink, self._debezium):
            self.connectors.append(connector(debezium))
        self.writer = Headrace(self.folder, "writer", self._writer()).start()
        for writer in self.prefixes:
            self.appliers[writer] = Headrace(self.folder, f"apply-{writer}",
                                             self._applier(writer)).start()
        self._run(count(5, 120))
        started = time.monotonic()
        self._catch_up(count(60, 1800))
        print(f"caught up {time.monotonic() - started:.0f} s later")

    # ---- the tables

    def _make_tables(self):
        every_type.prepare(self.source)
        # Else an update of its key has no values for what it did not change.
        self.source.sql("alter table large replica identity full")
        for copy in ("debezium", "headrace"):
            self.targets[copy].psql(every_type.SCHEMA)
        self._pgbench(self.source, "-i", "-q", "-s", str(count(1, 5))).wait(60)
        # Keeps snapshots short; pgbench takes no offence.
        self.source.sql(f"delete from pgbench_accounts where aid > {count(10_000, 500_000)}")
        for database in self.targets.values():
            self._pgbench(database, "-i", "-q", "-I", "tp").wait(60)
        for database in (self.source, *self.targets.values()):
            database.sql("alter table pgbench_history add id bigserial primary key")
        self.source.sql("create publication through for tables in schema public")

    def _pgbench(self, database, *arguments):
        process = Process("pgbench", self.folder)
        process.spawn([DEBIAN_BINARIES / "pgbench", *arguments, "-h", database.host, "-p",
                       database.port, "-U", database.user, database.name])
        return process

    # ---- the programs

    def _writer(self):
        prefix = self.prefixes["headrace"]
        return {"w": {"source": "pgoutput", "codec": "json", "sink": "kafka"},
                "w.source": {"conninfo": self.source.conninfo(), "slot": "through_headrace",
                             "slot_create": "yes", "publication": "through",
                             "snapshot": "initial"},
                "w.codec": {"prefix": prefix, "schemas": "yes", "interval": "string",
                            "skipped_operations": "none"},
                "w.sink": {"brokers": self.kafka.brokers, "prefix": prefix,
                           "topic_create": "yes"}}

    def _applier(self, writer):
        return to_tables(self.kafka, rf"^{self.prefixes[writer]}\.public\..*",
                         self.targets[writer].conninfo(), codec={"interval": "string"},
                         source={"group": self.prefixes[writer], "start": "earliest",
                                 "rdkafka.topic.metadata.refresh.interval.ms": 500,
                                 "rdkafka.session.timeout.ms": 6000},
                         schema_evolution="evolve")

    def _debezium(self, connect):
        exact = {"value.converter": "org.apache.kafka.connect.json.JsonConverter",
                 "value.converter.schemas.enable": "false",
                 "value.converter.replace.null.with.default": "false"}  # else null is lost
        return connect.connector(
            self.source, self.prefixes["debezium"], snapshot_mode="initial",
            publication_name="through", publication_autocreate_mode="disabled",
            schema_include_list="public", skipped_operations="none",
            interval_handling_mode="string", properties=exact)

    def _jdbc_sink(self, connect):
        topics = [self.kafka.create_topic(f"{self.prefixes['headrace']}.public.{table}")
                  for table in PGBENCH]
        return connect.jdbc_sink(self.targets["jdbc"], topics,
                                 collection_name_format="${source.table}", batch_size=5000,
                                 use_reduction_buffer="true")

    # ---- the load

    def _run(self, seconds):
        """Both loads, and in the middle of them what an operator and a bad day do."""
        events = (lambda: self._kill(self.writer), self._add_columns,
                  lambda: self._kill(self.appliers["headrace"]), self._truncate,
                  lambda: self._kill(self.writer),
                  lambda: self._kill(self.appliers["headrace"]))
        load = every_type.Load(self.source).start()
        pgbench = self._pgbench(self.source, "-n", "-c", "2", "-T", str(seconds))
        try:
            for event in events:
                load.live(seconds / (len(events) + 1))
                event()
            assert pgbench.wait(seconds + 60) == 0
        finally:
            pgbench.kill9()
            load.stop()
        print(re.search(r"actually processed: \d+", pgbench.log.text()).group(), "by pgbench;",
              sum(load.changes), "changes in", sum(load.transactions), "transactions of all types")

    @staticmethod
    def _kill(program):
        program.must_run()
        program.kill9()
        program.start()

    def _add_columns(self):
        self.source.sql("alter table texts add added text")
        self.source.sql('alter table "Odd Names" add added text')

    def _truncate(self):
        """Both at once; a deadlock with the load may cost this a try."""
        def done():
            try:
                self.source.sql("truncate arrays, pairs")
            except psycopg.errors.DeadlockDetected:
                return False
            return True
        wait_until(done)

    # ---- the end

    def _catch_up(self, timeout):
        """A table's events keep their order: its last row says that all are there."""
        for table, key in PGBENCH.items():
            self.source.sql(f"insert into {table} ({key}) values ({LAST})")
        for table in every_type.TABLES:
            every_type.add_row(self.source, table, LAST)

        def missing():
            return [f"{copy} {table}" for copy, tables in COPIES.items() for table in tables
                    if not self.targets[copy].value(
                        f'select count(*) from "{table}" where {PGBENCH.get(table, "id")} = '
                        f"{LAST}")]
        wait_until(lambda: not missing(), timeout, lambda: f"the last row of {missing()}",
                   interval=0.2, give_up=self._must_run)

    def _must_run(self):
        for program in (self.writer, *self.appliers.values()):
            program.must_run()
        for connector in self.connectors:
            assert "FAILED" not in connector.states(), connector.connect.log.text()[-4000:]

    def close(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda connector: connector.stop(), self.connectors))
        for program in filter(None, (self.writer, *self.appliers.values())):
            program.finish()
        for database in (self.source, *self.targets.values()):
            database.drop()


@pytest.fixture(scope="module")
def through(postgres, kafka, debezium, session_folder):
    folder = session_folder / "through"
    folder.mkdir()
    made = Through(postgres, kafka, folder)
    try:
        made.run(debezium)
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_equal(through, copy):
    found = [line for table in COPIES[copy] for line in every_type.differences(
        through.source, through.targets[copy], table, LOSSES[copy])]
    assert not found, "\n".join(found[:50])
