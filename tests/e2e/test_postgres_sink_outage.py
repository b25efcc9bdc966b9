# SPDX-License-Identifier: Apache-2.0
"""sink-postgres while the server is away, busy, full or read-only: it waits, for as long as it
takes, keeps its place in the group, and puts no event aside."""
import pytest

from harness.kafka_source import members
from harness.postgres_sink import check_once, rows, to_postgres, wait_rows
from harness.waiting import count, wait_until

IMPATIENT = {"rdkafka.max.poll.interval.ms": 6000, "rdkafka.session.timeout.ms": 6000,
             "revoke_timeout": "3s"}


def test_a_server_that_is_away(postgres_factory, kafka, headrace, topic):
    """Longer than max.poll.interval.ms: no rebalance."""
    cluster = postgres_factory()
    db = cluster.create_database()
    db.sql("create table t (id bigint)")
    kafka.produce(topic, rows("t", range(100)))
    sections = to_postgres(kafka, topic, db.conninfo(), errors="dead-letter",
                           source=IMPATIENT)
    program = headrace(sections)
    wait_rows(db, 100, program)
    cluster.stop()
    kafka.produce(topic, rows("t", range(100, 5000)))
    program.wait_log("trying again for as long as it takes, reading waits")
    program.live(count(8, 60))
    assert list(members(kafka, f"g-{topic}").values()) == [1]
    cluster.start()
    check_once(db, 5000, program)
    program.wait_log("writing goes on, after")
    assert program.log.text().count("the group assigns") == 1
    assert db.value("select to_regclass('headrace.dead_letter')") is None


def test_a_server_that_comes_later(postgres_factory, kafka, headrace, topic):
    cluster = postgres_factory()
    db = cluster.create_database()
    db.sql("create table t (id bigint)")
    cluster.stop()
    kafka.produce(topic, rows("t", range(100)))
    program = headrace(to_postgres(kafka, topic, db.conninfo()))
    program.wait_log("sink.*(cannot|no connection)")
    cluster.start()
    check_once(db, 100, program)


def test_a_failover(standby_factory, postgres_factory, kafka, headrace, topic):
    """The first server is gone; the second is read-only until it is promoted."""
    primary = postgres_factory()
    db = primary.create_database()
    standby = standby_factory(primary, synchronized=False)
    db.sql("alter system set synchronous_standby_names = '*'")
    db.sql("select pg_reload_conf()")
    db.sql("create table t (id bigint)")
    kafka.produce(topic, rows("t", range(100)))
    both = (f"host={primary.host},{standby.host} port={primary.port},{standby.port} "
            f"user={primary.user} dbname={db.name}")
    program = headrace(to_postgres(kafka, topic, both))
    wait_rows(db, 100, program)
    primary.kill9()
    kafka.produce(topic, rows("t", range(100, 300)))
    program.wait_log("trying again for as long as it takes")
    standby.promote()
    check_once(db.on(standby), 300, program)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "53100", "57014", "25006"])
def test_errors_that_may_pass(db, kafka, headrace, topic, sqlstate):
    """The server answers with them for a while. The number of times is kept outside of
    transactions, in a sequence."""
    db.sql("create table t (id bigint)")
    db.sql("create sequence calls")
    db.sql("create function refuse() returns trigger language plpgsql as $$ begin "
           "if nextval('calls') <= 3 then raise exception 'canary' using errcode = "
           f"'{sqlstate}'; end if; return new; end $$")
    db.sql("create trigger refuse before insert on t for each row execute function refuse()")
    kafka.produce(topic, rows("t", range(50)))
    program = headrace(to_postgres(kafka, topic, db.conninfo(), errors="dead-letter"))
    check_once(db, 50, program)
    program.wait_log("writing goes on, after")
    assert db.value("select to_regclass('headrace.dead_letter')") is None


def test_a_locked_table(db, kafka, headrace, topic):
    """Longer than max.poll.interval.ms, and no rebalance."""
    db.sql("create table t (id bigint)")
    kafka.produce(topic, rows("t", range(50)))
    with db.connect() as other:
        other.autocommit = False
        other.execute("lock table t in exclusive mode")
        program = headrace(to_postgres(kafka, topic, db.conninfo(),
                                       source=IMPATIENT))
        wait_until(lambda: db.value("select count(*) from pg_locks where not granted") == 1,
                   give_up=program.must_run)
        program.live(count(8, 360))
        other.rollback()
    check_once(db, 50, program)
    assert program.log.text().count("the group assigns") == 1
