# SPDX-License-Identifier: Apache-2.0
"""Neither secrets nor the values of rows reach a log, whatever goes wrong, however loud."""
import pytest

from harness import places
from harness.load import pipeline
from harness.program import command, to_stdout

PASSWORD = "pw-4711-horse"
WRONG = "pw-0815-wrong"
ROW = "row-0042-private"
HBA = "local all all trust\nhost all postgres 127.0.0.1/32 trust\n" \
      "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n"


@pytest.fixture
def locked(postgres_factory):
    """A database whose role `carrier` needs its password."""
    cluster = postgres_factory(hba=HBA)
    db = cluster.create_database()
    cluster.sql(f"create role carrier login superuser password '{PASSWORD}'")
    db.sql("create table a (id int primary key, v text)")
    return db


def source(db, **keys):
    return {"host": db.host, "port": db.port, "database": db.name, "user": "carrier",
            "conninfo": None, **keys}


def sections(db, **keys):
    made = to_stdout(db, "one", "public.a")
    merged = {**made["one.source"], **source(db, **keys)}
    made["one.source"] = {key: value for key, value in merged.items() if value is not None}
    return made


def ways(db, password, folder):
    """(what the section says, environment) for each way to give a password."""
    (folder / "secret").write_text(password + "\n")
    uri = f"postgresql://carrier:{password}@{db.host}:{db.port}/{db.name}"
    words = f"host={db.host} port={db.port} dbname={db.name} user=carrier password={password}"
    alone = {"host": None, "port": None, "database": None, "user": None}
    return {
        "key": ({"password": password}, {}),
        "variable": ({"password": "${SECRET_OF_THE_TEST}"}, {"SECRET_OF_THE_TEST": password}),
        "override": ({}, {"PG_PASSWORD": password}),
        "file": ({"password_file": folder / "secret"}, {}),
        "conninfo": ({**alone, "conninfo": words}, {}),
        "uri": ({**alone, "conninfo": uri}, {}),
    }


WAYS = ["key", "variable", "override", "file", "conninfo", "uri"]


@pytest.mark.parametrize("way", WAYS)
def test_password_that_is_right(locked, headrace, folder, way):
    keys, env = ways(locked, PASSWORD, folder)[way]
    program = headrace(sections(locked, **keys), env, ["-v", "-v"])
    locked.wait_streaming(f"one_{locked.name}", program)
    locked.sql("insert into a values (1, %s)", [ROW])
    program.output.wait(ROW)
    assert program.stop() == 0
    assert PASSWORD not in program.log.text()
    assert ROW not in program.log.text()


@pytest.mark.parametrize("way", WAYS)
def test_password_that_is_wrong(locked, headrace, folder, way):
    keys, env = ways(locked, WRONG, folder)[way]
    program = headrace(sections(locked, **keys), env, ["-v", "-v"])
    program.wait_log("password authentication failed")
    program.terminate()
    assert WRONG not in program.log.text()


MISTAKES = {
    "with a comment": f"password = {WRONG} ;x",
    "too long": f"password = {WRONG}{'x' * 300}",
    "twice": f"password = x\npassword = {WRONG}",
    "misspelt": f"pasword = {WRONG}",
    "bad conninfo": f"conninfo = host=x password={WRONG} nonsense=1",
    "bad uri": f"conninfo = postgresql://carrier:{WRONG}@[::1/y",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_in_the_file_do_not_repeat_the_secret(folder, mistake):
    path = folder / "a.ini"
    path.write_text("[a]\nsource = pgoutput\nsink = stdout\ncodec = json\n[a.source]\nslot = s\n"
                    "publication = p\n" + MISTAKES[mistake] + "\n")
    done = command("check", "-v", "-c", path)
    assert done.returncode == 78
    assert WRONG not in done.stdout + done.stderr


def test_kafka_passwords(db, headrace, topic_prefix):
    """Nobody listens there; librdkafka is as loud as it can be."""
    db.sql("create table accounts (id int primary key)")
    made = pipeline(db, None, topic_prefix)
    made["load.sink"].update({"brokers": f"127.0.0.1:{places.free_port()}",
                              "sasl_mechanism": "PLAIN", "sasl_username": "carrier",
                              "sasl_password": PASSWORD, "rdkafka.debug": "all"})
    program = headrace(made, {}, ["-v", "-v"])
    program.wait_log(r"127\.0\.0\.1:\d+.*refused")
    program.terminate()
    assert PASSWORD not in program.log.text()


def test_row_that_cannot_be_sent(db, kafka, headrace, topic_prefix):
    """What is said about a refused record names it without showing it."""
    topic = f"{topic_prefix}.public.accounts"
    kafka.create_topic(topic, max_message_bytes=2000)
    db.sql("create table accounts (id int primary key, v text)")
    program = headrace(pipeline(db, kafka, topic_prefix), {}, ["-v", "-v"])
    db.wait_streaming(f"load_{db.name}", program)
    db.sql("insert into accounts values (1, repeat(%s, 1000))", [ROW])
    program.wait_log("error load: failed")
    assert program.wait() == 1
    assert topic in program.log.text()
    assert ROW not in program.log.text()
