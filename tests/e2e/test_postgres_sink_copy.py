# SPDX-License-Identifier: Apache-2.0
"""sink-postgres: rows that are only appended come by COPY, and are what INSERT makes of them."""
import base64
import itertools

import pytest

from harness.postgres_sink import rows, stored, to_postgres
from harness.waiting import wait_until

ROWS = 2_000
NUMBERS = ["0", "-0.00", "1.5", "-12345678901234567890.123456789", "10000", "0.0001",
           "99999999.9999", "000120.50", None, "123456789" * 9, "0.00001230", "-1234.5"]
OTHERS = ["1e10", "NaN", "Infinity", "-Infinity"]  # have no plain digits
# Column: its type, and what the event of row n has.
COLUMNS = {
    "small": ("smallint", lambda n: n % 30_000 - 15_000),
    "large": ("bigint", lambda n: n * 10**14),
    "price": ("numeric(12,2)", lambda n: None if n % 7 == 0 else f"{n}.{n % 100:02}"),
    "exact": ("numeric", lambda n: NUMBERS[n % 12]),
    "flag": ("boolean", lambda n: [True, False, None][n % 3]),
    "ratio": ("double precision", lambda n: n / 7),
    "title": ("text", lambda n: None if n % 5 == 0 else "é\t\\N\n" * (n % 40)),
    "code": ("varchar(20)", lambda n: f"code {n}"),
    "fixed": ("char(8)", lambda n: f"f{n}"),
    "plain": ("json", lambda n: f'{{"a": [{n}, null]}}'),
    "tree": ("jsonb", lambda n: None if n % 11 == 0 else f'{{"b": {n}, "a": "x"}}'),
    "mood": ("mood", lambda n: ["sad", "glad"][n % 2]),
    "born": ("date", lambda n: n - 1_000),
    "seen": ("timestamp", lambda n: n * 1_000_003),
    "bytes": ("bytea", lambda n: base64.b64encode(bytes(range(n % 256))).decode()),
    "who": ("uuid", lambda n: f"00000000-0000-4000-8000-{n:012}"),
}


@pytest.fixture
def apply(db, kafka, headrace, topic):
    """apply(events, into, **sink): a pipeline of its own; returns what the server was sent."""
    names = itertools.count()
    db.sql(f"alter database {db.name} set log_statement = 'all'; "
           f"alter database {db.name} set log_parameter_max_length = 0")

    def run(events, into, errors="stop", **sink):
        name = f"copy{next(names)}"
        if events:
            kafka.produce(topic, events)
        run.total += len(events)
        program = headrace(to_postgres(kafka, topic, db.conninfo() + f" application_name={name}",
                                       name=name, errors=errors, table=into, batch_ms="5s",
                                       source={"group": name}, codec={"decimal": "string"}, **sink))
        wait_until(lambda: db.value("select to_regclass('headrace.sink_offset') is not null") and
                   stored(db, name).get(f"{topic}/0") == run.total, 60,
                   lambda: f"all is stored:\n{program.log.text()[-3000:]}",
                   give_up=program.must_run)
        assert program.stop() == 0
        return program
    run.total = 0
    return run


@pytest.fixture
def copies(db):
    """copies(table): how many COPYs into it the server has logged in this test."""
    start = db.cluster.log.path.stat().st_size
    return lambda table: db.cluster.log.text(start).count(f'COPY "public"."{table}"')


def table(db, name, more=""):
    columns = ", ".join(f"{column} {of}" for column, (of, _) in COLUMNS.items())
    db.sql(f"create table {name} (id int, {columns}){more}")


@pytest.fixture
def tables(db):
    db.sql("create type mood as enum ('sad', 'glad')")
    for name in ("t", "u"):
        table(db, name)


def events():
    return rows("t", range(ROWS), **{name: make for name, (_, make) in COLUMNS.items()})


def differences(db, one, other):
    columns = ", ".join(name + ("::text" if of == "json" else "") for name, (of, _)
                        in COLUMNS.items())
    sides = [f"select id, {columns} from {name}" for name in (one, other)]
    return db.value(f"select count(*) from (({sides[0]} except all {sides[1]}) union all "
                    f"({sides[1]} except all {sides[0]})) d")


def test_the_same_rows(db, tables, apply, copies):
    """As INSERT makes of them, which is what fewer rows at a time come to."""
    apply(events(), "t")
    apply([], "u", batch_rows=100)
    assert db.value("select count(*) from t") == ROWS
    assert differences(db, "t", "u") == 0
    assert copies("t") > 0
    assert copies("u") == 0


@pytest.mark.parametrize("numbers", [NUMBERS, NUMBERS + OTHERS], ids=["digits", "all"])
def test_numbers(db, apply, copies, numbers):
    db.sql("create table n (id int, value numeric)")
    db.sql("create table s (id int, value text)")
    sent = rows("t", range(ROWS), value=lambda n: numbers[n % len(numbers)])
    apply(sent, "n")
    apply([], "s")
    assert db.value("select count(*) from n") == ROWS
    assert db.sql("select distinct n.value::text, s.value from n join s using (id) where "
                  "n.value is distinct from s.value::numeric or "
                  "(s.value !~ '[eEN]' and scale(n.value) <> scale(s.value::numeric))") == []
    assert (copies("n") > 0) == (numbers is NUMBERS)


def test_one_of_them_is_refused(db, tables, apply, copies):
    sent = events()
    sent[777] = rows("t", [777], code=lambda n: "too long for twenty characters")[0]
    apply(sent, "t", errors="dead-letter")
    assert db.value("select count(*) from t") == ROWS - 1
    assert db.value("select count(*) from headrace.dead_letter") == 1
    assert copies("t") > 0


@pytest.mark.parametrize("how", [
    "alter table t enable row level security",
    "create rule away as on insert to t where new.id = 5 do instead nothing"])
def test_where_copy_is_something_else(db, tables, apply, copies, how):
    """COPY knows no rules, and refuses tables with policies."""
    db.sql(how)
    apply(events(), "t")
    assert db.value("select count(*) from t") == ROWS - ("rule" in how)
    assert copies("t") == 0
