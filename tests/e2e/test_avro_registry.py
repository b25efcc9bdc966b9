# SPDX-License-Identifier: Apache-2.0
"""codec = avro: a registry that is away, that refuses, that wants to know who asks; a restart
without one. No change is lost, none is written without its schema."""

import pytest

from harness import avro
from harness.registry import Guard
from harness.waiting import wait_until
from registry_trouble import away_at_start_and_in_mid_stream, incompatible_is_refused


def sections(db, kafka, url, codec=None, pipeline=None):
    return {
        "orders": {"source": "pgoutput", "codec": "avro", "sink": "kafka", "checkpoint": "none",
                   **(pipeline or {})},
        "orders.source": {"conninfo": db.conninfo(), "slot": f"slot_{db.name}",
                          "slot_create": "yes", "publication": "everything",
                          "status_interval": "1s"},
        "orders.codec": {"registry": url, "prefix": db.name, **(codec or {})},
        "orders.sink": {"brokers": kafka.brokers, "prefix": db.name},
    }


@pytest.fixture
def stream(users, kafka, headrace):
    """stream(url, **sections): it streams."""
    users.sql("create publication everything for all tables")

    def start(url, codec=None, pipeline=None):
        program = headrace(sections(users, kafka, url, codec, pipeline))
        users.wait_streaming(f"slot_{users.name}", program)
        return program
    return start


def rows(db, kafka, registry, number, program, table="users"):
    """What the topic's records have in `after`."""
    topic = f"{db.name}.public.{table}"
    records = kafka.wait_records(topic, number, timeout=60, give_up=program.must_run)
    read = avro.reader_of(registry)
    return [read(record.value)["after"] for record in records]


def test_away_at_start_and_in_mid_stream(users, kafka, registry, stream, proxy):
    away_at_start_and_in_mid_stream(users, kafka, registry, stream, proxy, rows)


def test_stop_while_it_hangs(users, registry, stream, proxy):
    """Neither its answer nor registry_wait is waited for; what was read comes again."""
    door = proxy(registry.port)
    door.pause()
    program = stream(f"http://127.0.0.1:{door.port}/apis/ccompat/v7",
                     {"registry_wait": "10m", "registry_timeout": "10m"})
    users.sql("insert into users values (1, 'Ada')")
    wait_until(lambda: door.connections(), 20, "the question")
    program.terminate(timeout=15)


def test_restart_without_registry(users, kafka, registry, stream, proxy):
    """Nobody answers any more; the file has the ids."""
    db, door = users, proxy(registry.port)
    program = stream(f"http://127.0.0.1:{door.port}/apis/ccompat/v7")
    db.sql("insert into users values (1, 'Ada')")
    topic = f"{db.name}.public.users"
    kafka.wait_records(topic, 1, give_up=program.must_run)
    program.terminate()
    door.refuse()
    db.sql("insert into users values (2, 'Bob')")
    program.start()
    first, second = kafka.wait_records(topic, 2, give_up=program.must_run)
    assert avro.schema_id(first.value) == avro.schema_id(second.value)
    assert b"Bob" in second.value
    assert (program.state / "orders.codec.schemas").exists()


def test_incompatible(users, kafka, registry, stream):
    subject, db = incompatible_is_refused(users, kafka, registry, stream, rows), users
    registry.set_compatibility(subject, "NONE")
    wait_until(lambda: db.sql("insert into users values ('3', 'Eve') on conflict (id) do update "
                              "set name = 'Eve' returning 1") and
               len(kafka.consume(f"{db.name}.public.users")) > 1, 20, "its next try", interval=1)


def test_unregistered(users, kafka, registry, stream):
    program = stream(registry.url, {"register": "no"})
    users.sql("insert into users values (1, 'Ada')")
    program.log.wait(r"unknown-schema.*register the schema there, or set register = yes")
    assert program.wait() != 0
    assert f"{users.name}.public.users" not in kafka.topics()


def test_not_a_registry(users, registry, stream):
    """Its other interface: no event is refused for that, the pipeline stops."""
    program = stream(f"http://127.0.0.1:{registry.port}/apis", pipeline={"errors": "skip"})
    users.sql("insert into users values (1, 'Ada')")
    program.log.wait("does not answer as a schema registry does .*apis/ccompat/v7")
    assert program.wait() != 0


def test_tls_and_basic_authentication(users, kafka, registry, stream, certificate):
    """A password, over TLS, to a server whose certificate is checked."""
    db, guard = users, Guard(registry, certificate, "me", "s3cret")
    known = {"registry_user": "me", "registry_ca": certificate[0]}
    program = stream(guard.url, {**known, "registry_password": "wrong"})
    db.sql("insert into users values (1, 'Ada')")
    program.log.wait("answers with HTTP status 401 .*who are you.*set registry_user and")
    assert program.wait() != 0
    program.write_config(sections(db, kafka, guard.url, {**known, "registry_password": "s3cret"}))
    program.start()
    assert rows(db, kafka, registry, 1, program) == [{"id": 1, "name": "Ada"}]
    program.terminate()
    db.sql("alter table users add column city text; insert into users values (2, 'Bob', 'Rome')")
    program.write_config(sections(db, kafka, guard.url, {
        "registry_user": "me", "registry_password": "s3cret", "registry_wait": "1s"}))
    start = program.log.size()
    program.start()
    program.log.wait("does not answer: .*certificate", start=start)
    assert "s3cret" not in program.log.text()
    guard.close()
