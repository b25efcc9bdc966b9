# SPDX-License-Identifier: Apache-2.0
"""Snapshots on demand, as their tests ask for them and look at what came."""
import threading

from harness.waiting import wait_until
from pgoutput import changes
from pgoutput import pipeline as any_pipeline

READ_ON_DEMAND = 16


def pipeline(db, **source):
    """Without a checkpoint, of which there is one a second: the slot tells sooner what is done."""
    return any_pipeline(db, **{"checkpoint": "none", **source})


def say(db, content):
    """A logical message, which anybody who may connect can write."""
    db.sql("select pg_logical_emit_message(true, 'headrace.snapshot', %s)", [content])


def nudge(db):
    say(db, "")


def ask(db, slot, table, where=None):
    """As the command line does it: a row of the table of jobs, and a message to look at it."""
    schema, _, name = table.rpartition(".")
    db.sql("insert into headrace.on_demand (slot, schema_name, table_name, filter) "
           "values (%s, %s, %s, %s)", [slot, schema or "public", name, where])
    nudge(db)


def jobs(db):
    """State, rows sent and reason of each, the oldest first."""
    if not db.value("select to_regclass('headrace.on_demand') is not null"):
        return []
    return db.sql("select state, rows_sent, reason, chunks from headrace.on_demand order by id")


def wait_over(db, program, count=1, timeout=60):
    """Waits until so many jobs are over, in whatever way; their rows."""
    over = ("done", "failed", "stopped")
    wait_until(lambda: sum(job[0] in over for job in jobs(db)) >= count, timeout,
               lambda: f"{count} jobs over: {jobs(db)}", give_up=program.must_run)
    return jobs(db)


class Gate:
    """While it is shut, chunks of jobs with the condition `where` wait: they have their snapshot,
    and no row yet. (With `table` locked they wait before that, behind the low watermark.)"""

    where = "pg_advisory_xact_lock_shared(77) is not null"

    def __init__(self, db, table=None):
        self.db, self.connection = db, db.connect()
        self.connection.autocommit = table is None
        self.shut(table)

    def shut(self, table=None):
        self.connection.execute(f"lock table {table}" if table
                                else "select pg_advisory_lock(77)")

    def wait_reached(self, program):
        waiting = ("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
                   "application_name = 'headrace snapshot'")
        wait_until(lambda: self.db.value(waiting), 30, "a chunk is at the gate",
                   give_up=program.must_run)

    def open(self):
        self.connection.close()


def reads(program):
    return [change for change in changes(program) if change["op"] == "read"]


def key_of(change):
    row = change["new"] or change["old"]
    return tuple(row[column] for column in change["key"])


def replay(stream, ordered=True):
    """The table that the changes make; fails on a row that is older than what came before it.

    Column `version` only grows, also when a row is deleted and made anew. Not `ordered`: behind a
    snapshot that came before the stream, which tells once more of what was changed meanwhile.
    """
    rows, newest = {}, {}
    for change in stream:
        key = key_of(change)
        row = change["new"] if change["op"] != "delete" else change["old"]
        version = row.get("version")
        if isinstance(version, str):
            read = change["op"] == "read"
            known = newest.get(key, -1)
            stale = int(version) < known or (read and int(version) == known and key not in rows)
            assert not stale or not ordered, \
                f"{change['op']} of {key} has version {version} after {known}"
            newest[key] = max(known, int(version))
        if change["op"] == "delete":
            rows.pop(key, None)
        else:
            before = rows.get(key, {})
            rows[key] = {name: before.get(name, value) if isinstance(value, dict) else value
                         for name, value in row.items()}
    return rows


def table(db, name, columns="*", where="true"):
    """The table as `replay` would have it: texts."""
    key = db.sql("select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid "
                 "and a.attnum = any(i.indkey) where i.indrelid = %s::regclass and i.indisprimary "
                 "order by array_position(i.indkey, a.attnum)", [name])
    rows = db.sql(f"select to_jsonb(j) from (select {columns} from {name} where {where}) j")
    texts = [{column: value if value is None else str(value) for column, value in row.items()}
             for (row,) in rows]
    return {tuple(row[column] for (column,) in key): row for row in texts}


class Churn:
    """Writers that change random rows of a table (id, version) until they are stopped."""

    def __init__(self, db, name, keys, writers=2, pause=0.001):
        self.db, self.name, self.keys, self.pause = db, name, keys, pause
        self.stopped = threading.Event()
        self.failure = None
        self.threads = [threading.Thread(target=self._write, args=(n,)) for n in range(writers)]
        self.numbers = writers

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        if self.failure:
            raise self.failure

    def _write(self, number):
        name = self.name
        try:
            with self.db.connect() as connection:
                while not self.stopped.wait(self.pause):
                    # Each writer has rows of its own, so that versions and commits have one order.
                    key = ("%s * floor(random() * %s)::int + %s"
                           % (self.numbers, self.keys // self.numbers, number))
                    connection.execute(f"""
                        with old as (delete from {name} where id = {key} and random() < 0.3
                                     returning id)
                        select count(*) from old""")
                    connection.execute(f"""
                        insert into {name} (id, version) select k, nextval('versions') from
                        (select {key} as k) n on conflict (id) do update
                        set version = excluded.version""")
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
