# SPDX-License-Identifier: Apache-2.0
"""A snapshot that is killed again and again goes on, and holds back nobody's vacuum."""
from on_demand import Churn, table
from pgoutput import run_until_confirmed
from snapshots import chunks, duplicates, initial

from harness.waiting import count, wait_until

ROWS, CHUNK, WORKERS = count(40_000, 2_000_000), 500, 2
OLDEST = """select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8
            from pg_stat_activity where application_name like 'headrace%' and backend_xmin is not null"""


def last_rows(stream):
    rows = {}
    for change in stream:
        key = (change["new"] or change["old"])["id"]
        if change["op"] == "delete":
            rows.pop(key, None)
        else:
            rows[key] = change["new"]["version"]
    return rows


def test_killed_under_load(db, headrace):
    db.sql(f"""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        insert into t select g, nextval('versions'), repeat('x', 200)
        from generate_series(0, {ROWS - 1}) g; analyze t""")
    sections = initial(db, tables="t", snapshot_chunk_rows=CHUNK, snapshot_workers=WORKERS)
    kills, oldest = count(3, 20), 0
    with Churn(db, "t", ROWS):
        program = headrace(sections)
        planned = wait_until(lambda: chunks(db), what="chunks are planned")
        for number in range(1, kills + 1):
            def so_far(aim=planned * number // (kills + 1)):
                nonlocal oldest
                oldest = max(oldest, db.value(OLDEST))
                return chunks(db, "done") >= aim
            wait_until(so_far, 60, "chunks are done", interval=0.005)
            program.kill9()
            program.start()
        program.wait_log("streaming database", timeout=60)
    found = run_until_confirmed(db, program, sections)
    assert last_rows(found) == {row["id"]: row["version"] for row in table(db, "t").values()}
    # "About" 500 rows a chunk: pages are not cut. A worker loses the chunk that it reads.
    assert duplicates(found) <= kills * WORKERS * 2 * CHUNK
    assert db.value("select sum(times_claimed) from headrace.snapshot_chunk") <= \
        planned + kills * WORKERS
    assert oldest < 5, "one transaction is one chunk"
