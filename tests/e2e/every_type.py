# SPDX-License-Identifier: Apache-2.0
"""Tables of every type, random changes of them, and whether a copy has the same rows."""
import pathlib
import threading

import psycopg

HERE = pathlib.Path(__file__).parent
SCHEMA, ROWS, CHANGES, LOAD = ((HERE / name).read_text(encoding="utf-8") for name in (
    "every_type.sql", "every_type_rows.sql", "every_type_changes.sql", "every_type_load.sql"))
TABLES = ["numbers", "texts", "bytes", "times", "ranges", "arrays", "large", "pairs", "Odd Names",
          "only_key"]
NO_EQUALITY = ("json", "xml", "point", "json[]")

# An event has lost the zone of a timetz (docs/debezium-compatibility.md): compared as this.
LOSSES = {"times.tz": "tz at time zone 'UTC'"}


def add_row(db, table, number):
    """Only its id: a table's events keep their order, so it says that all before it are there."""
    extra = ", a" if table == "pairs" else ""
    db.sql(f'insert into "{table}" (id{extra}) values ({number}{", 0" if extra else ""})')


# ---- comparing


def _columns(source, table, losses):
    """An expression for each column, of a type that can be compared."""
    expressions = []
    for name, type_name in source.sql(
            "select attname, format_type(atttypid, null) from pg_attribute where attnum > 0 "
            "and not attisdropped and attrelid = %s::regclass order by attnum",
            [f'public."{table}"']):
        quoted = '"' + name.replace('"', '""') + '"'
        if type_name in NO_EQUALITY:
            quoted += "::text"
        quoted = losses.get(f"{table}.{name}", quoted)
        expressions.append((name, f"{quoted} as c{len(expressions)}"))
    return expressions


def _shortened(row):
    return ", ".join(text if len(text) < 60 else f"{text[:30]}…{len(text)} long"
                     for text in map(repr, row))


def differences(source, target, table, losses):
    """Rows that only one side has, by EXCEPT in the source, and whether there are as many.

    `losses`: {table.column: expression} of what cannot be the same.
    """
    copy, found = f'"{target.name}"."{table}"', []
    columns = _columns(source, table, losses)
    names = ", ".join('"' + name.replace('"', '""') + '"' for name, _ in columns)
    expressions = ", ".join(expression for _, expression in columns)
    with source.connect() as here, target.connect() as there:
        here.execute(f'create schema if not exists "{target.name}"')
        here.execute(f'create table {copy} (like public."{table}")')
        with there.cursor().copy(f'copy public."{table}" ({names}) to stdout') as rows, \
                here.cursor().copy(f"copy {copy} ({names}) from stdin") as into:
            for data in rows:
                into.write(data)
        counts = [here.execute(f"select count(*) from {one}").fetchone()[0]
                  for one in (f'public."{table}"', copy)]
        if counts[0] != counts[1]:
            found.append(f"{counts[0]} rows in the source, {counts[1]} in the target")
        for one, two, which in ((f'public."{table}"', copy, "only in the source"),
                                (copy, f'public."{table}"', "only in the target")):
            found += [f"{which}: {_shortened(row)}" for row in here.execute(
                f"(select {expressions} from {one}) except (select {expressions} from {two}) "
                "order by 1").fetchall()]
    return [f"{table}: {line}" for line in found]


# ---- random changes


def prepare(db):
    """The tables with their first rows, and every value that they ever have put aside."""
    db.psql(SCHEMA + ROWS + CHANGES)
    db.psql(LOAD)
    db.sql("select load.take_values(%s)", [TABLES])
    db.psql(ROWS)


class Load:
    """Writers in threads, from start() to stop(), each with keys of its own."""

    def __init__(self, db, writers=2, keys=40, pause=0.002):
        self.db, self.writers, self.keys, self.pause = db, writers, keys, pause
        self.changes, self.transactions = [0] * writers, [0] * writers
        self._errors, self._over, self._threads = [], threading.Event(), []

    def start(self):
        self._threads = [threading.Thread(target=self._run, args=[number])
                         for number in range(self.writers)]
        for thread in self._threads:
            thread.start()
        return self

    def live(self, seconds):
        """Lets them write for so long, unless one of them fails."""
        self._over.wait(seconds)
        if self._errors:
            raise self._errors[0]

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.live(0)

    def _run(self, number):
        try:
            with self.db.connect() as connection:
                while not self._over.wait(self.pause):
                    self._write(connection, number)
        except Exception as error:  # pylint: disable=broad-except
            self._errors.append(error)
            self._over.set()

    def _write(self, connection, number):
        turn = self.transactions[number]
        changes = 200 if turn % 50 == 0 else 1 + turn % 9
        try:
            connection.execute("select load.change(%s, %s, %s, %s)",
                               [TABLES, 1000 + number * self.keys, self.keys, changes])
        except psycopg.errors.DeadlockDetected:
            return  # with somebody who alters or truncates: rolled back, and nothing is lost
        self.changes[number] += changes
        self.transactions[number] += 1
