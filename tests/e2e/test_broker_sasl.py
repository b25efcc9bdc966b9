# SPDX-License-Identifier: Apache-2.0
"""Users and their passwords: clients that have to log in, by SASL, and SCRAM's credentials, which
they list and alter."""
import base64
import hashlib
import hmac
import os
import socket
import struct
import subprocess
import time

import confluent_kafka
import kafka as kafka_python
import pytest
from confluent_kafka.admin import AdminClient, ConfigResource
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
from kafka.protocol.admin import users as messages

from harness import places, wire
from harness.broker import Broker, sections
from harness.program import Headrace, command, ini
from harness.waiting import is_long, wait_until

MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
HANDSHAKE, AUTHENTICATE = 17, 36
WRONG = "Authentication failed during authentication due to invalid credentials with SASL mechanism "

# ---- what is listed and altered


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


# ---- logging in


def hidden_file(folder, text):
    path = folder / f"users-{time.monotonic_ns()}"
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    return path


def verifier(mechanism, password):
    """As PostgreSQL writes it."""
    word, salt = mechanism.removeprefix("SCRAM-").replace("-", "").lower(), os.urandom(16)
    salted = hashlib.pbkdf2_hmac(word, password.encode(), salt, 5000)
    stored, server = (hmac.digest(salted, key, word) for key in (b"Client Key", b"Server Key"))
    salt, stored, server = (base64.b64encode(each).decode()
                            for each in (salt, hashlib.new(word, stored).digest(), server))
    return f"{mechanism}$5000:{salt}${stored}:{server}"


USERS = "# who may come in\n\nadmin = adm,in=pw \n\tkept = {}\nkept={}\n".format(
    *(verifier(mechanism, "kept-pw") for mechanism in MECHANISMS[1:]))


@pytest.fixture(scope="module")
def guarded(session_folder, postgres):
    folder = session_folder / "guarded"
    folder.mkdir()
    database = postgres.create_database()
    broker = Broker(folder, database, {"sasl": ", ".join(MECHANISMS),
                                       "users_file": hidden_file(folder, USERS)}).start()
    yield broker
    broker.finish()
    database.drop()


def login(mechanism="SCRAM-SHA-256", user="admin", password="adm,in=pw"):
    return {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism,
            "sasl.username": user, "sasl.password": password}


def python_login(mechanism, user, password):
    return {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": mechanism,
            "sasl_plain_username": user, "sasl_plain_password": password}


def error_of(server, **settings):
    """What librdkafka says; None: it is in."""
    errors = []
    client = confluent_kafka.Producer({"bootstrap.servers": server.brokers, "log_level": 0,
                                       "error_cb": errors.append, **login(**settings)})
    while not errors:
        client.poll(0.02)
        try:
            client.list_topics(timeout=0.2)
            return None
        except confluent_kafka.KafkaException:
            pass
    assert errors[0].code() == confluent_kafka.KafkaError._AUTHENTICATION
    return errors[0].str()


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_clients_log_in(guarded, topic, mechanism):
    guarded.client_settings = login(mechanism)
    guarded.produce(topic, [(b"k", b"one")])
    producer = kafka_python.KafkaProducer(bootstrap_servers=guarded.brokers,
                                          **python_login(mechanism, "admin", "adm,in=pw"))
    producer.send(topic, b"two").get(20)
    producer.close()
    words = [word for setting in login(mechanism).items() for word in ("-X", "=".join(setting))]
    shown = subprocess.run(["kcat", "-b", guarded.brokers, *words, "-C", "-t", topic, "-e", "-q"],
                           text=True, capture_output=True, timeout=60, check=False)
    assert shown.stdout == "one\ntwo\n", shown.stderr
    assert error_of(guarded, mechanism=mechanism, user="kept", password="kept-pw") is None
    said = "Invalid username or password" if mechanism == "PLAIN" else WRONG + mechanism
    assert said in error_of(guarded, mechanism=mechanism, password="guess-1")
    guarded.wait_log(f"was refused: a wrong password of user 'admin' \\({mechanism}\\)")
    assert said in error_of(guarded, mechanism=mechanism, user="guess-2")
    guarded.wait_log(f"was refused: there is no such user \\({mechanism}\\)")
    assert "guess" not in guarded.log.text() and "adm,in" not in guarded.log.text()


def test_listeners_are_named_as_they_are(guarded):
    admin = AdminClient({"bootstrap.servers": guarded.brokers, "log_level": 0, **login()})
    resource = ConfigResource(ConfigResource.Type.BROKER, "1")
    found = admin.describe_configs([resource])[resource].result(20)
    for name in ("listeners", "advertised.listeners"):
        assert found[name].value == f"SASL_PLAINTEXT://{guarded.brokers}"


def test_another_client_is_refused(guarded):
    begun = len(guarded.log.text())
    with pytest.raises(kafka_python.errors.KafkaError):
        KafkaAdminClient(bootstrap_servers=guarded.brokers, bootstrap_timeout_ms=300,
                         **python_login("SCRAM-SHA-256", "admin", "guess"))
    guarded.wait_log("was refused: a wrong password of user 'admin' .*256", start=begun)


def assert_in_at_once(server, token):
    """Nothing is waited for in between; no request is looked at before the token is."""
    door = Door(server)
    door.send(wire.request(HANDSHAKE, 0, 1, wire.text("PLAIN")),
              struct.pack(">i", len(token)) + token, wire.metadata(3))
    assert door.answer()[0] == 1
    assert door.bare() == b"" and door.answer()[0] == 3


def test_passwords_change_while_it_runs(guarded):
    """Who is in stays in; the next login has the new password, also after a restart."""
    odd = "o=d,d =2C"

    def set_password(password, mechanism="SCRAM_SHA_256"):
        admin = KafkaAdminClient(bootstrap_servers=guarded.brokers,
                                 **python_login("SCRAM-SHA-512", "admin", "adm,in=pw"))
        said = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(
            odd, ScramMechanism[mechanism], password.encode(), iterations=4096)])
        admin.close()
        assert said == {odd: None}
    assert WRONG in error_of(guarded, user=odd, password="one")
    set_password("one")
    early = confluent_kafka.Producer({"bootstrap.servers": guarded.brokers, "log_level": 0,
                                      **login(user=odd, password="one")})
    early.list_topics(timeout=20)
    assert error_of(guarded, mechanism="PLAIN", user=odd, password="one") is None
    assert_in_at_once(guarded, f"\0{odd}\0one".encode())
    assert WRONG in error_of(guarded, mechanism="SCRAM-SHA-512", user=odd, password="one")
    set_password("two")
    assert WRONG in error_of(guarded, user=odd, password="one")
    guarded.stop()
    guarded.start()
    assert error_of(guarded, user=odd, password="two") is None
    guarded.sql("delete from kafka.credentials")
    assert WRONG in error_of(guarded, user=odd, password="two")


def test_users_of_the_file_are_not_altered(guarded):
    admin = KafkaAdminClient(bootstrap_servers=guarded.brokers,
                             **python_login("PLAIN", "admin", "adm,in=pw"))
    assert admin.alter_user_scram_credentials([UserScramCredentialUpsertion(
        "kept", ScramMechanism.SCRAM_SHA_256, b"x", iterations=4096)]) == {
            "kept": "The user's password is in the broker's users_file"}
    admin.close()


# ---- by hand


class Door(wire.Connection):
    def handshake(self, mechanism, version=1):
        """(error, mechanisms)"""
        self.send(wire.request(HANDSHAKE, version, 1, wire.text(mechanism)))
        reader = wire.Reader(self.answer()[1])
        return reader.take("h"), [reader.bytes(reader.take("h")).decode()
                                  for _ in range(reader.take("i"))]

    def token(self, token):
        """(error, message, token)"""
        self.send(wire.request(AUTHENTICATE, 1, 2, struct.pack(">i", len(token)) + token))
        reader = wire.Reader(self.answer()[1])
        error, size = reader.take("hh")
        message = reader.bytes(size).decode() if size >= 0 else None
        answer = reader.bytes(reader.take("i"))
        assert reader.take("q") == 0 and reader.at == len(reader.body)
        return error, message, answer

    def send_bare(self, token):
        self.send(struct.pack(">i", len(token)) + token)

    def bare(self):
        return self._exactly(struct.unpack(">i", self._exactly(4))[0])

    def is_in(self):
        self.send(wire.metadata(9))
        return self.answer()[0] == 9


PLAIN_TOKEN = b"\0admin\0adm,in=pw"


def last_message(first, challenge, password, word="sha256"):
    """What a client answers, and what the server has to say to it."""
    fields = dict(each.split("=", 1) for each in challenge.decode().split(","))
    salted = hashlib.pbkdf2_hmac(word, password, base64.b64decode(fields["s"]), int(fields["i"]))
    client, server = (hmac.digest(salted, key, word) for key in (b"Client Key", b"Server Key"))
    final = b"c=biws,r=" + fields["r"].encode()
    message = b",".join((first.removeprefix(b"n,,"), challenge, final))
    proof = hmac.digest(hashlib.new(word, client).digest(), message, word)
    proof = bytes(a ^ b for a, b in zip(client, proof))
    return final + b",p=" + base64.b64encode(proof), \
        b"v=" + base64.b64encode(hmac.digest(server, message, word))


def test_tokens_without_requests(guarded):
    """After SaslHandshake of version 0, and all at once."""
    assert_in_at_once(guarded, PLAIN_TOKEN)
    door, first = Door(guarded), b"n,,n=kept,r=nonce"
    assert door.handshake("SCRAM-SHA-256", version=0) == (0, MECHANISMS)
    door.send_bare(first)
    answer, expected = last_message(first, door.bare(), b"kept-pw")
    door.send_bare(answer)
    assert door.bare() == expected and door.is_in()
    door = Door(guarded)
    door.handshake("PLAIN", version=0)
    door.send_bare(PLAIN_TOKEN + b"x")
    assert door.is_closed()


def test_requests_in_their_turn(guarded):
    door = Door(guarded)
    door.send(wire.request(wire.API_VERSIONS, 0, 1))
    assert door.answer()[0] == 1 and door.handshake("PLAIN") == (0, MECHANISMS)
    assert door.token(PLAIN_TOKEN) == (0, "", b"") and door.is_in()
    assert door.handshake("PLAIN") == (34, [])
    assert door.token(PLAIN_TOKEN)[:2] == (
        34, "SaslAuthenticate request received after successful authentication")
    assert door.is_in()


# What is sent: a mechanism, and tokens; None is the right last message of SCRAM for the password.
OTHER = "Authentication failed: Client requested an authorization id that is different from username"
TOKENS = "Invalid SASL/PLAIN response: expected 3 tokens, got "
DIALOGUES = {
    ("GSSAPI",): [33],
    ("PLAIN", PLAIN_TOKEN): [0, (0, "")],
    ("PLAIN", b"admin" + PLAIN_TOKEN): [0, (0, "")],
    ("PLAIN", PLAIN_TOKEN + b"x"): [0, (58, "Authentication failed: Invalid username or password")],
    ("PLAIN", b"\0nobody\0x"): [0, (58, "Authentication failed: Invalid username or password")],
    ("PLAIN", b"other" + PLAIN_TOKEN): [0, (58, OTHER)],
    ("PLAIN", b"\0\0x"): [0, (58, "Authentication failed: username not specified")],
    ("PLAIN", b"\0admin\0"): [0, (58, "Authentication failed: password not specified")],
    ("PLAIN", b"\0admin"): [0, (58, TOKENS + "2")],
    ("PLAIN", b""): [0, (58, TOKENS + "1")],
    ("PLAIN", b"\0a\0b\0"): [0, (58, TOKENS + "4")],
    ("PLAIN", b"\0" * 9): [0, (58, TOKENS + "4")],
    ("SCRAM-SHA-256", b"n,,n=kept,r=x", None): [0, (0, ""), (0, "")],
    ("SCRAM-SHA-512", b"n,,n=kept,r=x", None): [0, (0, ""), (0, "")],
    ("SCRAM-SHA-256", b"n,a=kept,n=kept,r=x"): [0, (0, "")],
    ("SCRAM-SHA-256", b"n,,n=kept,r=x", b""): [0, (0, ""), (58, WRONG + "SCRAM-SHA-256")],
    ("SCRAM-SHA-256", b"n,,n=kept,r=x", b"c=biws,r=x,p=eHg="):
        [0, (0, ""), (58, WRONG + "SCRAM-SHA-256")],
    ("SCRAM-SHA-256", b"n,a=admin,n=kept,r=x"): [0, (58, OTHER)],
    ("SCRAM-SHA-256", b"p=tls-unique,,n=kept,r=x"): [0, (58, WRONG + "SCRAM-SHA-256")],
    ("SCRAM-SHA-256", b"n,,n=kept=,r=x"): [0, (58, WRONG + "SCRAM-SHA-256")],
    ("SCRAM-SHA-256", b"n,,n=kept,r="): [0, (58, WRONG + "SCRAM-SHA-256")],
}


def dialogue(server, mechanism, *tokens):
    """Error codes and messages; what is refused closes the connection, and not at once."""
    door, first, begun = Door(server), b"", time.monotonic()
    said = [door.handshake(mechanism)[0]]
    for token in tokens:
        if token is None:
            token, expected = last_message(*first, b"kept-pw", mechanism[6:].replace("-", "").lower())
        *answer, challenge = door.token(token)
        assert first == b"" or answer[0] or challenge == expected
        said.append(tuple(answer))
        first = token, challenge
    if said[-1] == 33 or said[-1][0]:
        assert door.is_closed() and time.monotonic() - begun > 0.09
    elif mechanism == "PLAIN" or len(tokens) == 2:
        assert door.is_in()
    return said


def test_answers_by_hand(guarded):
    for asked, answers in DIALOGUES.items():
        assert dialogue(guarded, *asked) == answers, asked


@pytest.mark.skipif(not is_long(), reason="--long: needs a Kafka with users")
def test_kafka_gives_these_answers(kafka_factory):
    """What a user of SCRAM who is not there hears is not among them: Kafka tells him at once."""
    port, module = places.free_port(), "org.apache.kafka.common.security.{0}.{1}LoginModule required"
    each = "listener.name.sasl_plaintext.{}.sasl.jaas.config".format
    broker = kafka_factory(settings=lambda broker: {
        "listeners": f"PLAINTEXT://{broker.host}:{broker.port},SASL_PLAINTEXT://{broker.host}:{port},"
                     f"CONTROLLER://{broker.host}:{broker.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{broker.host}:{broker.port},"
                                f"SASL_PLAINTEXT://{broker.host}:{port}",
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        each("plain"): module.format("plain", "Plain") + ' user_admin="adm,in=pw";',
        **{each(name.lower()): module.format("scram", "Scram") + ";" for name in MECHANISMS[1:]}})
    for number, word in ((1, "sha256"), (2, "sha512")):
        salted = hashlib.pbkdf2_hmac(word, b"kept-pw", b"salt", 4096)
        ask(broker, "AlterUserScramCredentials", deletions=[],
            upsertions=[("kept", number, 4096, b"salt", salted)])
    wait_until(lambda: describe(broker, ["kept"])["kept"][2] == [(1, 4096), (2, 4096)], 20, "users")
    broker.port = port
    for asked, answers in DIALOGUES.items():
        assert dialogue(broker, *asked) == answers, asked


def test_what_strangers_may_not_send(guarded, topic):
    """Nothing of it is looked at, nor waited for."""
    records = wire.record_batch(0, wire.ONE_RECORD)
    large = wire.request(HANDSHAKE, 1, 1, b"\x7f\xff" + b"x" * 70_000)
    for before, frame in ((None, wire.metadata(2)), (None, wire.produce(2, topic, records)),
                          (None, large), (None, struct.pack(">ib", 1, 0)),
                          (None, wire.request(AUTHENTICATE, 1, 2, struct.pack(">i", 0))),
                          ("PLAIN", wire.metadata(2)), ("PLAIN", wire.request(HANDSHAKE, 1, 2)),
                          ("SCRAM-SHA-512", wire.request(wire.API_VERSIONS, 0, 2))):
        door = Door(guarded)
        if before:
            assert door.handshake(before)[0] == 0
        door.send(frame)
        assert door.is_closed()
    guarded.wait_log("it sent a request that must not come before it has logged in")
    assert topic not in str(guarded.sql("select name from kafka.topics"))


def test_the_store_is_away(broker_factory, folder, db):
    """No refusal, which clients take for final: the connection is closed, and they come again."""
    broker = broker_factory({"sasl": "PLAIN", "users_file": hidden_file(folder, USERS)},
                            {"lock_timeout": "100ms"})
    with db.connect() as holder, holder.transaction():
        holder.execute("lock table kafka.credentials")
        door = Door(broker)
        door.handshake("PLAIN")
        door.send(wire.request(AUTHENTICATE, 1, 2, struct.pack(">i", 7) + b"\0ann\0pw"))
        assert door.is_closed()
        assert error_of(broker, mechanism="PLAIN") is None  # he is in the file
    broker.wait_log("its user cannot be looked up now")


# ---- the configuration


@pytest.mark.parametrize("settings, complaint", [
    ({"sasl": "PLAIN, GSSAPI"}, "sasl: 'GSSAPI' is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
    ({"users": "ann = pw"}, "users_file: without sasl nobody has to log in"),
    ({"sasl": "PLAIN", "users": "ann = pw", "mode": 0o640}, "others may read or change"),
    ({"sasl": "PLAIN", "users": "ann = secret-1\nann = secret-2\n"},
     "line 2: the user is there already"),
    ({"sasl": "PLAIN", "users": "#\nann secret-1\n"}, "line 2: it is not user = password"),
    ({"sasl": "PLAIN", "users": "ann =\n"}, "line 1: it is not user = password"),
    ({"sasl": "PLAIN", "users": "ann = SCRAM-SHA-256$secret-1\n"}, "line 1: this is no verifier"),
    ({"sasl": "PLAIN", "users": "ann = " + "x" * 9000}, "line 1: it is too long"),
    ({"sasl": "PLAIN", "users_file": "/nowhere/users"}, "cannot read /nowhere/users")])
def test_mistakes(folder, db, settings, complaint):
    settings, path = dict(settings), folder / "broker.ini"
    mode, users = settings.pop("mode", 0o600), settings.pop("users", None)
    if users:
        settings["users_file"] = hidden_file(folder, users)
        settings["users_file"].chmod(mode)
    path.write_text(ini(sections(db, 9092, settings)), encoding="utf-8")
    done = command("check", "-c", path)
    assert done.returncode and complaint in done.stderr and "secret" not in done.stderr


def test_a_sink_without_users(broker_factory):
    broker = broker_factory({"sasl": "PLAIN"}, {"mode": "table", "table": "{topic}"}, start=False)
    Headrace.start(broker)
    broker.wait_log("sasl: the sink keeps no users, so users_file has to")
