# SPDX-License-Identifier: Apache-2.0
"""Which tables a snapshot reads, and what happens to them meanwhile."""
import threading

import pytest

from on_demand import replay, table
from pgoutput import changes, pipeline, run_until_confirmed, started
from snapshots import chunks, duplicates, initial

from harness.waiting import wait_until


def rows_of(program, sections, db):
    """(table, new row) of all reads, once the stream has begun."""
    found = run_until_confirmed(db, program, sections)
    assert {change["op"] for change in found} <= {"read"}
    return [(change["schema"], change["table"], change["new"]) for change in found]


def test_names_and_keys(any_db, headrace):
    db = any_db
    db.sql('''create schema "Odd ""one""";
        create table "Odd ""one"""."Ta.ble" ("Co'l" int primary key, "select" text);
        insert into "Odd ""one"""."Ta.ble" values (1, E'a\\tb\\\\c\\nd'), (2, null);
        create table keyless (a int, b text);
        insert into keyless select 1, 'same' from generate_series(1, 10);
        create table empty (id int primary key);
        create table no_columns ()''')
    sections = initial(db, tables='"Odd ""one"""."Ta.ble", keyless, empty, no_columns',
                       operations="insert")
    program = started(headrace, sections)
    rows = rows_of(program, sections, db)
    odd = [row for schema, name, row in rows if (schema, name) == ('Odd "one"', "Ta.ble")]
    assert odd == [{"Co'l": "1", "select": "a\tb\\c\nd"}, {"Co'l": "2", "select": None}]
    assert [row for _, name, row in rows if name == "keyless"] == [{"a": "1", "b": "same"}] * 10
    assert len(rows) == 12


def test_partitioned_once(any_db, headrace):
    db = any_db
    db.sql("""create table p (id int, part int, primary key (id, part)) partition by list (part);
        create table p1 partition of p for values in (1);
        create table p2 partition of p for values in (2, 3) partition by list (part);
        create table p3 partition of p2 default;
        insert into p select g, 1 + g % 3 from generate_series(1, 300) g""")
    sections = initial(db, tables="p")
    program = started(headrace, sections)
    rows = rows_of(program, sections, db)
    assert {name for _, name, _ in rows} == {"p"}
    assert sorted(int(row["id"]) for *_, row in rows) == list(range(1, 301))


def test_column_lists_and_row_filters(db, headrace):
    db.sql("""create table t (id int primary key, secret text, kind text);
        insert into t select g, 'secret', case when g % 2 = 0 then 'even' else 'odd' end
        from generate_series(1, 100) g;
        alter table t replica identity full;
        create publication pub for table t (id, kind) where (kind = 'even')
        with (publish = 'insert')""")
    sections = initial(db, publication_create="no")
    program = started(headrace, sections)
    rows = [row for *_, row in rows_of(program, sections, db)]
    assert len(rows) == 50
    assert all(set(row) == {"id", "kind"} and row["kind"] == "even" for row in rows)


@pytest.fixture
def things(db):
    db.sql("""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        insert into t select g, nextval('versions'), repeat('x', 200)
        from generate_series(0, 19999) g""")
    return db


def stopped_in_the_middle(db, headrace, **source):
    """A pipeline that has read some chunks, and is stopped."""
    sections = initial(db, tables="t", snapshot_chunk_rows=500, **source)
    program = headrace(sections)
    wait_until(lambda: chunks(db, "done") >= 5, 30, "some chunks are done", interval=0.005)
    program.stop()
    assert chunks(db, "done") < chunks(db), "it was stopped in the middle"
    return sections, program


def test_rewritten_between_chunks(things, headrace):
    """VACUUM FULL moves rows to pages that were read already, and the stream says nothing of it."""
    sections, program = stopped_in_the_middle(things, headrace)
    things.sql("delete from t where id < 10000")
    with things.connect() as connection:
        connection.autocommit = True
        connection.execute("vacuum full t")
    program.start()
    program.wait_log("was rewritten or altered")
    program.wait_log("streaming database")
    found = run_until_confirmed(things, program, sections)
    assert replay(found, ordered=False) == table(things, "t")
    after = {change["new"]["id"] for change in found if change["op"] == "read"}
    assert {str(number) for number in range(10000, 20000)} <= after


def test_altered_between_chunks(things, headrace):
    sections, program = stopped_in_the_middle(things, headrace)
    things.sql("alter table t add column more text default 'more'")
    program.start()
    program.wait_log("streaming database")
    found = run_until_confirmed(things, program, sections)
    assert found[-1]["new"]["more"] == "more"
    assert set(replay(found, ordered=False)) == set(table(things, "t"))


def test_a_row_with_a_large_value_moves(things, headrace):
    """Its only record is an update without the large value, which is read from the table."""
    things.sql("alter table t alter note set storage external")
    things.sql("insert into t select g, nextval('versions'), 'last' from generate_series(60000, "
               "60400) g; insert into t values (70000, nextval('versions'), repeat('L', 9000))")
    sections, program = stopped_in_the_middle(things, headrace)
    page = things.value("select (ctid::text::point)[0]::int from t where id = 70000")
    things.sql("delete from t where id between 100 and 600")
    things.sql("vacuum t")
    things.sql("update t set version = nextval('versions') where id = 70000")
    moved = things.value("select (ctid::text::point)[0]::int from t where id = 70000")
    assert moved < page, "the row moved to a page that was read already"
    program.start()
    program.wait_log("streaming database")
    found = run_until_confirmed(things, program, sections)
    mine = [change for change in found if (change["new"] or change["old"])["id"] == "70000"]
    assert [change["op"] for change in mine] == ["update"]
    assert mine[0]["new"]["note"] == "L" * 9000


def test_no_long_transaction(things, headrace):
    """backend_xmin is never held for longer than a chunk."""
    ages = []
    done = threading.Event()

    def watch():
        with things.connect() as connection:
            connection.autocommit = True
            while not done.is_set():
                (row,) = connection.execute(
                    "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0) "
                    "from pg_stat_activity where application_name like 'headrace%' and "
                    "backend_xmin is not null").fetchall()
                ages.append(float(row[0]))
    watcher = threading.Thread(target=watch)
    watcher.start()
    sections = initial(things, tables="t", snapshot_chunk_rows=100)
    program = started(headrace, sections)
    done.set()
    watcher.join()
    assert duplicates(run_until_confirmed(things, program, sections)) == 0
    assert len(ages) > 20 and max(ages) < 2, max(ages)


def test_a_slot_that_was_there(users, headrace):
    """Made by somebody else, with the least rights for the pipeline."""
    users.sql("insert into users values (1)")
    sections = initial(users, tables="users", slot_create="no")
    users.sql("create publication pub for table users")
    users.sql(f"select pg_create_logical_replication_slot('{sections['p.source']['slot']}', "
              "'pgoutput')")
    users.sql("insert into users values (2)")
    program = started(headrace, sections)
    found = run_until_confirmed(users, program, sections)
    assert [(change["op"], change["new"]["id"]) for change in found] == \
        [("read", "1"), ("read", "2"), ("insert", "2")]


def test_never(users, headrace):
    users.sql("insert into users values (1)")
    sections = pipeline(users, tables="users")
    program = started(headrace, sections)
    run_until_confirmed(users, program, sections)
    assert changes(program) == []
    assert not users.value("select to_regclass('headrace.snapshot_job') is not null")
