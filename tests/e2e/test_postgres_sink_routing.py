# SPDX-License-Identifier: Apache-2.0
"""sink-postgres with several workers: what a table is changed to between a crash and the restart,
or the number of workers, decides which writer an event has then. Nothing is lost or doubled."""
import pytest

from harness.postgres_sink import rows, stored, to_postgres
from harness.waiting import wait_until

PLACES = "select count(distinct next_offset) from headrace.sink_offset where part <> ''"
BLOCKED = ("select pid from pg_stat_activity where datname = current_database() "
           "and wait_event_type = 'Lock'")
SERIAL = "create table child (id bigint references t)"
CONCURRENT = "drop table child"


def killed_in_the_middle(db, kafka, headrace, topic, sections, row):
    """Ids 0 to 299 but for `row`: all writers have committed theirs, except for that of this row."""
    kafka.produce(topic, rows("t", range(300)))
    program = headrace(sections, start=False)
    with db.connect() as holder:
        holder.execute("begin")
        holder.execute("insert into t values (%s)", [row])
        program.start()
        wait_until(lambda: db.value(BLOCKED) and db.value(PLACES) == 2, give_up=program.must_run)
        pid = db.value(BLOCKED)
        program.freeze()
        db.sql(f"select pg_terminate_backend({pid})")
        wait_until(lambda: not db.value(f"select 1 from pg_stat_activity where pid = {pid}"))
        program.kill9()
        holder.execute("rollback")


@pytest.mark.parametrize("before, after, workers", [
    (None, SERIAL, 3), (SERIAL, CONCURRENT, 3), (None, SERIAL, 2), (None, None, 1), (None, None, 5)])
def test_routed_otherwise_after_a_crash(db, kafka, headrace, topic, before, after, workers):
    db.sql("create table t (id bigint primary key)")
    if before:
        db.sql(before)
    sections = to_postgres(kafka, topic, db.conninfo(), insert_mode="insert", workers=3,
                           batch_ms="10s", batch_rows=300, source={"member": "m"})
    killed_in_the_middle(db, kafka, headrace, topic, sections, 299)
    if after:
        db.sql(after)
    sections["apply.sink"]["workers"] = workers
    program = headrace(sections)
    wait_until(lambda: stored(db).get(f"{topic}/0") == 300, give_up=program.must_run)
    assert program.stop() == 0
    assert db.value("select count(*) from t") == 300
