# SPDX-License-Identifier: Apache-2.0
"""Fixtures on real servers. The servers of a session start when the first test asks for them."""
import itertools
import os
import re
import shutil
import subprocess

import pytest

from harness import places, process
from harness.broker import Broker
from harness.debezium import Connect
from harness.kafka import Kafka
from harness.postgres import OTHER_MAJORS, VOLATILE, Postgres, Standby
from harness.program import Headrace
from harness.proxy import Proxy
from harness.refusing_proxy import RefusingProxy
from harness.registry import Registry
from harness.tls_proxy import TlsProxy

# ---- order

# They come first: no worker should be left alone with a long one at the end.
LONGEST = ["quickstart", "example_plugin", "kill9_kafka", "exactly_once", "snapshot_kafka",
           "kafka_source_outage", "snapshot_killed", "postgres_sink_engine", "postgres_sink_kill",
           "kafka_source_group", "kafka_security", "kill9_headrace", "broker_connect",
           "pain_03_slot_lost_on_failover", "pain_25_large_catalog_odd_names", "slot_lag",
           "broker_librdkafka_suite", "pain_11_back_pressure", "kill9_postgres", "pgbench_through",
           "streaming_in_progress", "kafka_source_blocked", "memory_limit", "broker_streams"]


def pytest_collection_modifyitems(items):
    order = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


# ---- folders and logs


@pytest.fixture(scope="session")
def session_folder():
    folder = places.scratch_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def memory_folder():
    folder = places.memory_folder()
    yield folder
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder(session_folder, request):
    """An own scratch folder of the test, which every user may read."""
    name = re.sub(r"\W+", "-", request.node.name)[:60]
    folder = next(path for path in (session_folder / f"{name}-{n}" for n in itertools.count())
                  if not path.exists())
    folder.mkdir()
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    process.mark_logs()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test's report shows the end of each log that grew, and the logs are kept."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    kept = places.KEPT_LOGS / re.sub(r"[^\w.-]+", "-", item.nodeid)
    for log, text in process.logs_of_this_test():
        kept.mkdir(parents=True, exist_ok=True)
        (kept / log.path.name).write_text(text, encoding="utf-8")
        report.sections.append((f"end of {log.name} (all of it: {kept})", text[-3000:]))


@pytest.fixture
def show_table(record_property):
    """show_table(text): pytest's last words have it, whichever process the test ran in."""
    return lambda text: record_property("table", text)


def pytest_terminal_summary(terminalreporter):
    for report in itertools.chain(*terminalreporter.stats.values()):
        for name, text in getattr(report, "user_properties", ()):
            if name == "table" and report.when == "call":
                terminalreporter.write(f"\n{text}\n")


# ---- PostgreSQL


@pytest.fixture(scope="session")
def postgres(session_folder, memory_folder):
    """The session's cluster of Debian's PostgreSQL 15. Do not stop it: see postgres_factory."""
    cluster = Postgres(session_folder, settings=VOLATILE, memory=memory_folder,
                       unique=True).start()
    yield cluster
    cluster.close()


@pytest.fixture
def db(postgres):
    """A fresh database in the session's cluster; dropped with its slots after the test."""
    database = postgres.create_database()
    yield database
    database.drop()


@pytest.fixture
def users(db):
    """A database with a table of users."""
    db.sql("create table users (id int primary key, name text)")
    return db


@pytest.fixture
def numbers(db):
    """A database with a table of numbers."""
    db.sql("create table t (id int primary key, filler text)")
    return db


@pytest.fixture
def postgres_factory(session_folder):
    """postgres_factory(version=None, settings={}, hba=None): a started cluster of the test's own.

    `version` is a major: 14 to 18.
    """
    clusters = []

    def make(version=None, settings=None, hba=None):
        clusters.append(Postgres(session_folder, version, settings, hba))
        return clusters[-1].start()
    yield make
    for cluster in clusters:
        cluster.close()
        shutil.rmtree(cluster.data, ignore_errors=True)


@pytest.fixture
def standby_factory(postgres_factory):
    """standby_factory(primary, synchronized=True, settings={}): a started standby of it."""
    standbys = []

    def make(primary, synchronized=True, settings=None):
        standbys.append(Standby(primary, synchronized, settings))
        return standbys[-1].start()
    yield make
    for standby in standbys:
        standby.close()
        shutil.rmtree(standby.data, ignore_errors=True)


@pytest.fixture(scope="session", params=sorted([15, *OTHER_MAJORS]), ids="pg{}".format)
def any_postgres(request, session_folder, memory_folder):
    """One cluster of each major that headrace supports: tests that use it run on all."""
    cluster = Postgres(session_folder, request.param, VOLATILE, memory=memory_folder).start()
    yield cluster
    cluster.close()
    shutil.rmtree(cluster.data, ignore_errors=True)


@pytest.fixture
def any_db(any_postgres):
    """A fresh database on each major."""
    database = any_postgres.create_database()
    yield database
    database.drop()


# ---- Kafka and Debezium


@pytest.fixture(scope="session")
def kafka(session_folder):
    """The session's broker. Do not stop it: see kafka_factory."""
    broker = Kafka(session_folder).start()
    yield broker
    broker.close()


@pytest.fixture
def topic_prefix(db):
    """A beginning of topic names that no other test uses."""
    return f"t{os.getpid()}-{db.name}"


@pytest.fixture
def kafka_factory(session_folder):
    """kafka_factory(settings={}, advertise=None, start=True): a broker of the test's own."""
    brokers = []

    def make(settings=None, advertise=None, start=True):
        brokers.append(Kafka(session_folder, settings, advertise))
        return brokers[-1].start() if start else brokers[-1]
    yield make
    for broker in brokers:
        broker.close()


@pytest.fixture
def refusing_kafka(kafka_factory):
    """(broker, door): a broker of the test's own, and the RefusingProxy that clients come through."""
    door = RefusingProxy()
    broker = kafka_factory(advertise=door.port)
    door.target = (broker.host, broker.port)
    yield broker, door
    door.close()


_topic_numbers = itertools.count(1)


@pytest.fixture
def topic():
    """A name of a topic that no other test uses."""
    return f"topic{os.getpid()}-{next(_topic_numbers)}"


@pytest.fixture(scope="session")
def debezium(session_folder, kafka):
    """The session's Connect worker on the session's Kafka: debezium.connector(db, prefix, ...)
    and debezium.jdbc_sink(db, topics, ...)."""
    worker = Connect(session_folder, kafka).start()
    yield worker
    worker.close()


@pytest.fixture(scope="session")
def registry(session_folder):
    """The session's schema registry. Do not stop it: a proxy before it can be shut."""
    server = Registry(session_folder).start()
    yield server
    server.close()


# ---- the program, the network


@pytest.fixture
def headrace(folder):
    """headrace(config, env={}, arguments=[], start=True): a Headrace, stopped after the test.

    The test fails if one of them crashed or a sanitizer complained.
    """
    programs, numbers = [], itertools.count(1)

    def make(config, env=None, arguments=(), start=True):
        programs.append(Headrace(folder, f"headrace-{next(numbers)}", config, env, arguments))
        return programs[-1].start() if start else programs[-1]
    yield make
    errors = []
    for program in programs:
        try:
            program.finish()
        except AssertionError as error:
            errors.append(str(error))
    assert not errors, "\n".join(errors)


@pytest.fixture
def broker_factory(folder, db):
    """broker_factory(source={}, sink={}, start=True): headrace as a broker over the test's
    database, stopped after the test; it must not have crashed."""
    brokers = []

    def make(source=None, sink=None, start=True):
        name = f"broker-{len(brokers) + 1}"
        brokers.append(Broker(folder, db, source, sink, name))
        return brokers[-1].start() if start else brokers[-1]
    yield make
    for each in brokers:
        each.finish()


@pytest.fixture
def broker(broker_factory):
    return broker_factory()


@pytest.fixture
def proxy():
    """proxy(target_port=None): a Proxy; several are fine."""
    proxies = []

    def make(target_port=None, target_host="127.0.0.1"):
        proxies.append(Proxy(target_port, target_host))
        return proxies[-1]
    yield make
    for each in proxies:
        each.close()


@pytest.fixture
def certificate(folder):
    """(certificate, key) of localhost."""
    key, certificate = folder / "server.key", folder / "server.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def proxy_tls(db, certificate):
    """A TlsProxy before the database."""
    door = TlsProxy(db.port, *certificate)
    yield door
    door.close()
