# SPDX-License-Identifier: Apache-2.0
"""Every type, from one database to another: Debezium or headrace writes the events, with schemas
and without, in the default modes and in others; headrace applies them. Then EXCEPT is empty both
ways for every table."""
import concurrent.futures
import itertools

import pytest

from every_type import CHANGES, LOSSES, ROWS, SCHEMA, TABLES, add_row, differences
from harness.postgres_sink import to_tables
from harness.program import Headrace
from harness.waiting import wait_until

LAST = 1000

# The modes in Debezium's words, and what both ends of headrace are told. An interval is exact only
# as a string.
MODES = {
    "default": ({"interval.handling.mode": "string"}, {"interval": "string"}),
    "texts": ({"interval.handling.mode": "string", "decimal.handling.mode": "string",
               "time.precision.mode": "isostring", "binary.handling.mode": "hex",
               "hstore.handling.mode": "map"},
              {"interval": "string", "decimal": "string", "time": "isostring", "binary": "hex",
               "hstore": "map"}),
}
RUNS = {f"{writer}-{mode}-{'schemas' if schemas else 'plain'}": (writer, mode, schemas)
        for writer, mode, schemas in itertools.product(("debezium", "headrace"), MODES,
                                                       (False, True))}
CONVERTER = "org.apache.kafka.connect.json.JsonConverter"

# What the events of such a run have lost besides: compared as this.
MORE_LOSSES = {
    "debezium": {"texts.nm": "null"},
    "debezium-texts": {name: "null" for name in ("times.t", "times.t0", "times.t3")},
}


class Copies:
    """A source, and a target for each run, all of it through one program."""

    def __init__(self, postgres, kafka, debezium, folder):
        self.kafka = kafka
        self.source = postgres.create_database()
        self.targets = {run: postgres.create_database() for run in RUNS}
        for database in (self.source, *self.targets.values()):
            database.psql(SCHEMA)
        self.source.psql(ROWS)
        self.source.sql("create publication copies for all tables")
        self.program = Headrace(folder, "copies", self._sections()).start()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.connectors = list(pool.map(
                lambda run: self._connector(debezium, run),
                [run for run in RUNS if RUNS[run][0] == "debezium"]))
        self._wait_for("the snapshot's rows", "numbers", 1)
        self._change()

    def _prefix(self, run):
        return f"{self.source.name}-{run}"

    # ---- the programs

    def _connector(self, debezium, run):
        _, mode, schemas = RUNS[run]
        exact = {**MODES[mode][0], **{f"{side}.converter": CONVERTER for side in ("key", "value")},
                 **{f"{side}.converter.schemas.enable": str(schemas).lower()
                    for side in ("key", "value")}}
        return debezium.connector(self.source, self._prefix(run), snapshot_mode="initial",
                                  publication_name="copies",
                                  publication_autocreate_mode="disabled", properties=exact)

    def _sections(self):
        sections = {}
        for run, (writer, mode, schemas) in RUNS.items():
            told = MODES[mode][1]
            topics = rf"^{self._prefix(run)}\.public\..*"
            sections |= to_tables(self.kafka, topics, self.targets[run].conninfo(),
                                  name=f"apply-{run}", codec=told,
                                  source={"group": run + self.source.name, "start": "earliest",
                                          "rdkafka.topic.metadata.refresh.interval.ms": 500})
            if writer == "headrace":
                sections |= self._writer(run, {**told, "schemas": "yes" if schemas else "no"})
        return sections

    def _writer(self, run, codec):
        slot = f"copy_{self.source.name}_{run.replace('-', '_')}"
        return {run: {"source": "pgoutput", "codec": "json", "sink": "kafka",
                      "checkpoint": "none"},
                f"{run}.source": {"conninfo": self.source.conninfo(), "slot": slot,
                                  "slot_create": "yes", "publication": "copies",
                                  "snapshot": "initial"},
                f"{run}.codec": {"prefix": self._prefix(run), **codec},
                f"{run}.sink": {"brokers": self.kafka.brokers, "prefix": self._prefix(run)}}

    # ---- the changes

    def _wait_for(self, what, table, number):
        def missing():
            return [run for run, target in self.targets.items()
                    if not target.value(f'select count(*) from "{table}" where id = {number}')]
        wait_until(lambda: not missing(), 90, lambda: f"{what} of {table} in {missing()}, "
                   f"{[connector.states() for connector in self.connectors]}", interval=0.2,
                   give_up=self._must_run)

    def _must_run(self):
        self.program.must_run()
        errors = [line for line in self.program.log.text().splitlines()
                  if " error apply-" in line]
        assert not errors, "\n".join(errors)

    def _change(self):
        """A table's events keep their order: its last row says that all are there."""
        self.source.psql(CHANGES)
        for table in TABLES:
            add_row(self.source, table, LAST)
        for table in TABLES:
            self._wait_for("the last row", table, LAST)

    def differences(self, run):
        losses = dict(LOSSES)
        for beginning, more in MORE_LOSSES.items():
            losses |= more if run.startswith(beginning) else {}
        return [line for table in TABLES
                for line in differences(self.source, self.targets[run], table, losses)]

    def close(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda connector: connector.stop(), self.connectors))
        self.program.finish()
        for database in (self.source, *self.targets.values()):
            database.drop()


@pytest.fixture(scope="module")
def copies(postgres, kafka, debezium, session_folder):
    folder = session_folder / "copies"
    folder.mkdir()
    made = Copies(postgres, kafka, debezium, folder)
    yield made
    made.close()


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_lost(copies, run):
    found = copies.differences(run)
    assert not found, "\n".join(found)
