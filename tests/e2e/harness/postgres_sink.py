# SPDX-License-Identifier: Apache-2.0
"""Pipelines from Kafka to PostgreSQL, and records for them."""
import json
import threading

import confluent_kafka

from .waiting import wait_until


def event(table, op="c", after=None, before=None, key=("id",)):
    """(key, value) of a record: what Debezium writes without schemas."""
    row = after or before
    source = {"connector": "postgresql", "db": "d", "schema": "public", "table": table, "lsn": 1}
    return (json.dumps({name: row[name] for name in key}),
            json.dumps({"before": before, "after": after, "source": source, "op": op}))


def rows(table, numbers, **more):
    """Inserts of rows with these ids; `more`: other columns, as functions of the id."""
    return [event(table, after={"id": n, **{name: make(n) for name, make in more.items()}})
            for n in numbers]


def to_postgres(kafka, topics, conninfo, name="apply", source=None, codec=None, process=None,
                checkpoint="sink", errors="stop", **sink):
    """Sections of a pipeline. `sink`: keys of the sink."""
    delivery = "exactly-once" if checkpoint == "sink" else "at-least-once"
    return {
        "headrace": process or {},
        name: {"source": "kafka", "codec": "json", "sink": "postgres", "checkpoint": checkpoint,
               "delivery": delivery, "errors": errors},
        f"{name}.source": {"brokers": kafka.brokers, "topics": topics, "group": f"g-{topics}",
                           **(source or {})},
        f"{name}.codec": codec or {},
        f"{name}.sink": {"conninfo": conninfo, "insert_mode": "insert", **sink},
    }


def to_tables(kafka, topics, conninfo, **more):
    """The same with the sink's own default: rows are upserted."""
    return to_postgres(kafka, topics, conninfo, insert_mode="upsert", **more)


def wait_rows(db, number, *programs, table="t", timeout=60):
    """Waits until the table has so many rows."""
    def give_up():
        for program in programs:
            program.must_run()
    wait_until(lambda: db.value(f"select count(*) from {table}") >= number, timeout,
               lambda: f"{number} rows, there are {db.value(f'select count(*) from {table}')}",
               give_up=give_up)


def stored(db, name="apply"):
    """{part: lowest offset that a writer has stored}."""
    return dict(db.sql("select part, min(next_offset) from headrace.sink_offset "
                       "where pipeline = %s and part <> '' group by part", [name]))


class Stream:
    """Produces inserts of t, ids from 0 on, until it is stopped; `sent` is how many."""

    def __init__(self, kafka, topic, pause=0.005, burst=20):
        self.sent, self._over, self._pause, self._burst = 0, threading.Event(), pause, burst
        self._producer = confluent_kafka.Producer({"bootstrap.servers": kafka.brokers,
                                                   "enable.idempotence": True, "linger.ms": 2})
        self._topic, self._thread = topic, threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._over.wait(self._pause):
            for key, value in rows("t", range(self.sent, self.sent + self._burst)):
                self._producer.produce(self._topic, value, key)
            self.sent += self._burst
            self._producer.poll(0)

    def stop(self):
        self._over.set()
        self._thread.join()
        assert self._producer.flush(60) == 0
        return self.sent


def check_once(db, sent, *programs, timeout=120):
    """Every id from 0 to `sent` is in the table t, once."""
    wait_rows(db, sent, *programs, timeout=timeout)
    total, distinct, last = db.sql("select count(*), count(distinct id), max(id) from t")[0]
    assert (total, distinct, last) == (sent, sent, sent - 1)
