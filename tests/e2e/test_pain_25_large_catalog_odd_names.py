# SPDX-License-Identifier: Apache-2.0
"""Many tables and types cost little at the start, and names may be anything."""
import time

from harness.program import sanitized
from harness.waiting import count
from pgoutput import pipeline, streamed, wait_changes


def test_odd_names(db, headrace):
    db.sql('''
        create schema "Grüße, Welt";
        create table "Grüße, Welt"."Ta""ble.x" ("ID" int, "id" int, "sp ace" text, "#/日本" text,
                                                primary key ("id", "ID"));
        create table noc ();''')
    sections = pipeline(db, tables='"Grüße, Welt"."Ta""ble.x", noc', publication='Ü "pub\\',
                        replica_identity="full")
    found = streamed(db, headrace, sections, [
        '''insert into "Grüße, Welt"."Ta""ble.x" values (1, 2, 'a', 'b')''',
        "insert into noc default values", "delete from noc"])
    assert found[0]["schema"] == "Grüße, Welt" and found[0]["table"] == 'Ta"ble.x'
    assert found[0]["key"] == ["id", "ID"]
    assert found[0]["new"] == {"ID": "1", "id": "2", "sp ace": "a", "#/日本": "b"}
    assert [(c["op"], c["columns"], c["old"], c["new"]) for c in found[1:]] == [
        ("insert", {}, None, {}), ("delete", {}, {}, None)]


def test_start_beside_many_tables_and_types(postgres_factory, headrace):
    """What has to be asked before the stream begins does not grow with each table's round trip."""
    tables, enums = count(2_000, 20_000), count(500, 5_000)
    db = postgres_factory(settings={"max_locks_per_transaction": 1000}).create_database()
    for first in range(0, tables, 1000):
        db.sql(f"""do $$ begin for n in {first}..{first + 999} loop
                   execute format('create table "T%s x" (id int primary key, "ID" text)', n);
                   end loop; end $$""")
    db.sql(f"""do $$ begin for n in 1..{enums} loop
               execute format('create type "mood %s" as enum (%L)', n, n); end loop; end $$""")
    db.sql(f"create table moods (id int primary key, a \"mood 1\", b \"mood {enums}\"[])")
    program = headrace(pipeline(db, tables="public.*"), start=False)
    begun = time.monotonic()
    program.start()
    program.wait_log("streaming database", timeout=count(30, 120))
    first = time.monotonic() - begun
    for n in range(10):
        db.sql(f'insert into "T{n * tables // 10} x" values (%s)', [n])
    db.sql(f"insert into moods values (1, '1', '{{{enums}}}')")
    found = wait_changes(program, 11)
    assert [change["table"] for change in found[:10]] == [f"T{n * tables // 10} x"
                                                          for n in range(10)]
    assert found[10]["columns"]["b"]["labels"] == [str(enums)]
    peak = program.peak_rss_kib()
    program.stop()
    begun = time.monotonic()
    offset = program.log.size()
    program.start()
    program.wait_log("streaming database", start=offset)
    again = time.monotonic() - begun
    print(f"{tables} tables: first start {first:.1f} s, again {again:.1f} s, {peak} KiB")
    assert again < count(3, 20) or sanitized()
    assert peak < 64 * 1024 or sanitized()
