# SPDX-License-Identifier: Apache-2.0
"""sink-kafka: TLS both ways, SASL, and what a broker's ACLs forbid."""
import subprocess

import pytest

from harness import places
from harness.load import pipeline

PASSWORD = "not-for-the-log"


def start(db, broker, headrace, prefix, port, errors="stop", streams=True, patient=True, **sink):
    db.sql("create table if not exists accounts (id int primary key, note text)")
    sections = pipeline(db, broker, prefix, errors=errors)
    sections["load.sink"] = {"brokers": f"localhost:{port}", "prefix": prefix, **sink}
    if not patient:  # what it has read never becomes durable
        sections["headrace"] = {"shutdown_timeout": "500ms"}
    program = headrace(sections)
    if streams:
        db.wait_streaming(sections["load.source"]["slot"], program)
        db.sql("insert into accounts select coalesce(max(id), 0) + 1, 'x' from accounts")
    return program


# ---- TLS


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificate(folder, name):
    """NAME.key and NAME.crt, signed by ca.crt."""
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", f"/CN={name}")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-out", f"{name}.crt", "-extfile", "names")


@pytest.fixture
def certificates(folder):
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
            "ca.crt", "-days", "2", "-subj", "/CN=test authority")
    certificate(folder, "broker")
    certificate(folder, "client")
    both = (folder / "broker.key").read_text() + (folder / "broker.crt").read_text()
    (folder / "broker.pem").write_text(both)
    openssl(folder, "rsa", "-aes256", "-passout", f"pass:{PASSWORD}", "-in", "client.key", "-out",
            "locked.key")
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "other.key",
            "-out", "other.crt", "-days", "2", "-subj", "/CN=another authority")
    return folder


def listeners(broker, protocol, port):
    plain = f"PLAINTEXT://{broker.host}:{broker.port}"
    more = f"{protocol}://localhost:{port}"
    return {"listeners": f"{plain},{more},CONTROLLER://{broker.host}:{broker.controller_port}",
            "advertised.listeners": f"{plain},{more}"}


def test_tls_both_ways(db, kafka_factory, headrace, topic_prefix, certificates):
    port = places.free_port()
    broker = kafka_factory(settings=lambda broker: {
        **listeners(broker, "SSL", port),
        "ssl.keystore.type": "PEM", "ssl.keystore.location": certificates / "broker.pem",
        "ssl.truststore.type": "PEM", "ssl.truststore.location": certificates / "ca.crt",
        "ssl.client.auth": "required"})
    tls = {"tls": "yes", "tls_ca": certificates / "ca.crt",
           "tls_cert": certificates / "client.crt", "tls_key": certificates / "locked.key"}
    secret = certificates / "secret"
    secret.write_text(PASSWORD + "\n")
    good = start(db, broker, headrace, topic_prefix, port, tls_key_password_file=secret, **tls)
    broker.wait_records(f"{topic_prefix}.public.accounts", 1, give_up=good.must_run)
    assert good.stop() == 0
    assert PASSWORD not in good.log.text()

    tls["tls_ca"] = certificates / "other.crt"
    bad = start(db, broker, headrace, topic_prefix, port, patient=False,
                tls_key_password=PASSWORD, **tls)
    bad.wait_log("a broker refuses the connection, trying on: check the tls and sasl keys")
    assert bad.running()
    assert PASSWORD not in bad.log.text()


# ---- SASL and ACLs


@pytest.fixture
def guarded(kafka_factory):
    """A broker where user `headrace` may do nothing yet, and this test everything."""
    port = places.free_port()
    module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    broker = kafka_factory(settings=lambda broker: {
        **listeners(broker, "SASL_PLAINTEXT", port),
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config":
            f'{module} user_headrace="{PASSWORD}";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS"})
    broker.sasl_port = port
    return broker


LOGIN = {"sasl_mechanism": "PLAIN", "sasl_username": "headrace", "sasl_password": PASSWORD}


def allow(broker, topic):
    from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType,
                                       ResourcePatternType, ResourceType)
    binding = AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:headrace",
                         "*", AclOperation.WRITE, AclPermissionType.ALLOW)
    broker.admin().create_acls([binding])[binding].result(30)


def test_a_wrong_password_is_said(db, guarded, headrace, topic_prefix):
    program = start(db, guarded, headrace, topic_prefix, guarded.sasl_port,
                    patient=False, **{**LOGIN, "sasl_password": "wrong-" + PASSWORD})
    program.wait_log("a broker refuses the connection, trying on: check the tls and sasl keys")
    assert program.running()
    assert PASSWORD not in program.log.text()


def test_a_user_who_may_nothing_stops(db, guarded, headrace, topic_prefix):
    program = start(db, guarded, headrace, topic_prefix, guarded.sasl_port, streams=False, **LOGIN)
    program.log.wait("allow this user to WRITE to a topic, or IDEMPOTENT_WRITE on the cluster")
    assert program.wait() != 0


def test_a_forbidden_topic_stops(db, guarded, headrace, topic_prefix):
    topic = guarded.create_topic(f"{topic_prefix}.public.accounts")
    allow(guarded, guarded.create_topic("another"))
    program = start(db, guarded, headrace, topic_prefix, guarded.sasl_port, **LOGIN)
    program.log.wait(rf"authorization.*topic {topic}: .*allow this user to WRITE and DESCRIBE")
    assert program.wait() != 0
    allow(guarded, topic)
    program.start()
    guarded.wait_records(topic, 1, give_up=program.must_run)
    assert PASSWORD not in program.log.text()


def test_a_forbidden_topic_becomes_dead_letters(db, guarded, headrace, topic_prefix):
    guarded.create_topic(f"{topic_prefix}.public.accounts")
    letters = guarded.create_topic(f"{topic_prefix}.dead-letter")
    allow(guarded, letters)
    program = start(db, guarded, headrace, topic_prefix, guarded.sasl_port, errors="dead-letter",
                    **LOGIN)
    (letter,) = guarded.wait_records(letters, 1, give_up=program.must_run)
    assert b'"id":1' in letter.value
    assert dict(letter.headers)["__connect.errors.exception.class.name"] == b"authorization"
    assert program.stop() == 0
