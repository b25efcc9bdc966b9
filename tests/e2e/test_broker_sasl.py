# SPDX-License-Identifier: Apache-2.0
"""Users and their passwords: SCRAM's credentials, which clients list and alter."""
import hashlib
import hmac
import os
import socket
import struct

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
from kafka.protocol.admin import users as messages

from harness.waiting import wait_until


def exactly(door, size):
    data = b""
    while len(data) < size:
        piece = door.recv(size - len(data))
        assert piece, "the connection was closed"
        data += piece
    return data


def ask(server, name, **fields):
    """One request, as its fields are: nothing is checked before it is sent."""
    request = getattr(messages, name + "Request")[0](**fields)
    request.with_header(1, "by-hand")
    with socket.create_connection((server.host, server.port), 20) as door:
        door.sendall(request.encode(header=True, framed=True))
        frame = exactly(door, struct.unpack(">i", exactly(door, 4))[0])
    return getattr(messages, name + "Response").decode(frame, version=0, header=True)


def alter(server, deletions=(), upsertions=()):
    """{user: (error, message)}; an upsertion: user, mechanism, iterations."""
    answer = ask(server, "AlterUserScramCredentials", deletions=list(deletions), upsertions=[
        (*each, b"salt", hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", max(each[2], 1)))
        for each in upsertions])
    return {each.user: (each.error_code, each.error_message) for each in answer.results}


def describe(server, users):
    answer = ask(server, "DescribeUserScramCredentials", users=users and [(u,) for u in users])
    assert (answer.error_code, answer.error_message) == (0, "")
    assert len({each.user for each in answer.results}) == len(answer.results)
    return {each.user: (each.error_code, each.error_message, sorted(
        (info.mechanism, info.iterations) for info in each.credential_infos))
        for each in answer.results}


def alterations(name):
    """Requests one after another; each user's name is the test's own."""
    one, other, odd = name, f"{name}-other", f"{name}-a=b,c 'd' \\é"
    yield [(one, 1)], []
    yield [], [(one, 1, 4096), (other, 2, 16384), (odd, 1, 8192)]
    yield [], [(one, 2, 5000)]
    yield [], [(one, 1, 4095), (other, 1, 16385), ("", 1, 4096), (f"{name}-x", 3, 4096)]
    yield [], [(other, 1, 4096), (other, 2, 4096), (other, 2, 5000)]
    yield [], [(one, 1, 1), (one, 2, 4096)]
    yield [(one, 1), (one, 2)], []
    yield [(one, 1)], [(one, 2, 6000)]
    yield [(other, 1), (odd, 2), (f"{name}-nobody", 1), ("", 1), (f"{name}-x", 0)], []
    yield [(one, 1), (odd, 1)], [(other, 2, 7000)]
    yield [], []


def test_the_same_answers(kafka, broker, topic_prefix):
    asked = [topic_prefix, f"{topic_prefix}-other", f"{topic_prefix}-nobody"]
    for deletions, upsertions in alterations(topic_prefix):
        assert alter(broker, deletions, upsertions) == alter(kafka, deletions, upsertions)
        ours = describe(broker, asked)
        wait_until(lambda: describe(kafka, asked) == ours, 20, f"Kafka says {ours}")
    for users in ([topic_prefix] * 3 + asked, [""], None, []):
        theirs, ours = ({user: said for user, said in describe(server, users).items()
                         if user.startswith(topic_prefix) or not user} for server in (kafka, broker))
        assert ours == theirs


def test_what_is_stored(broker, db):
    """Neither the password nor what clients send of it; a restart changes nothing."""
    salt, password = os.urandom(20), b"s3cret-password"
    admin = KafkaAdminClient(bootstrap_servers=broker.brokers)
    assert admin.alter_user_scram_credentials([UserScramCredentialUpsertion(
        "ann", ScramMechanism.SCRAM_SHA_512, password, iterations=5000, salt=salt)]) == {"ann": None}
    admin.close()
    salted = hashlib.pbkdf2_hmac("sha512", password, salt, 5000)
    row = db.sql("select mechanism, iterations, salt, stored_key, server_key from kafka.credentials")
    client_key, server_key = (hmac.digest(salted, word, "sha512")
                              for word in (b"Client Key", b"Server Key"))
    assert row == [("SCRAM-SHA-512", 5000, salt, hashlib.sha512(client_key).digest(), server_key)]
    broker.stop()
    broker.start()
    assert describe(broker, ["ann"]) == {"ann": (0, "", [(2, 5000)])}
    assert alter(broker, [("ann", 2)]) == {"ann": (0, None)}
    assert db.value("select count(*) from kafka.credentials") == 0
    assert "s3cret" not in broker.log.text()


@pytest.mark.parametrize("user, message", [
    ("x" * 1025, "Username must not be longer than 1024 bytes"),
    ("a\0b", "Username must not have a zero byte")])
def test_names_that_cannot_be_kept(broker, user, message):
    assert alter(broker, [], [(user, 1, 4096)]) == {user: (93, message)}
