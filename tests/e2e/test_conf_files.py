# SPDX-License-Identifier: Apache-2.0
"""Each file of conf/ passes `headrace check` and runs, on the variables that it names."""
import hmac
import json

import psycopg
import pytest

from harness import avro, places
from harness.program import command
from harness.waiting import wait_until
from test_json_registry import deserializer as json_deserializer

FILES = sorted((places.TREE / "conf").glob("*.ini"))


@pytest.fixture
def variables(db, folder):
    return {"PG_HOST": db.host, "PG_PORT": str(db.port), "PG_DATABASE": db.name,
            "PG_USERNAME": db.user, "PG_PASSWORD": "unused", "KAFKA_BROKERS": "127.0.0.1:9",
            "DATABASE_URL": f"postgresql://{db.user}@{db.host}:{db.port}/{db.name}",
            "SCHEMA_REGISTRY_URL": "http://127.0.0.1:9", "STATE_DIR": str(folder),
            "SHADOW_FROM": "127.0.0.1:9", "SHADOW_TO": "127.0.0.1:9",
            "MASK_SALT": "0123456789abcdef", "HANDLER": str(places.TREE / "conf" / "handler.lua")}


@pytest.fixture
def run(db, kafka, headrace, variables):
    """run(NAME.ini, slot): it streams, until the end of the test, when the slot is dropped."""
    def start(name, slot):
        text = (places.TREE / "conf" / name).read_text()
        program = headrace(text, {**variables, "KAFKA_BROKERS": kafka.brokers})
        db.wait_streaming(slot, program)
        return program
    return start


@pytest.fixture
def named(variables):
    """named(path): those of the variables that the file names."""
    def choose(path):
        text = path.read_text()
        return {name: value for name, value in variables.items() if "${" + name + "}" in text}
    return choose


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_check_likes_it(path, named):
    done = command("check", "-c", path, env=named(path))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_check_misses_each_variable(path, named):
    """The variables above are not there by accident."""
    used = named(path)
    assert used
    for name in used:
        rest = {key: value for key, value in used.items() if key != name}
        done = command("check", "-c", path, env=rest)
        assert done.returncode == 78 and name in done.stderr


def values(kafka, program, topic, number):
    records = kafka.wait_records(topic, number, give_up=program.must_run)
    return [(record.key, record.value and json.loads(record.value)) for record in records]


def test_terminal(db, run):
    db.sql("create table users (id serial primary key, name text not null, email text)")
    program = run("terminal.ini", "terminal")
    db.sql("insert into users (name) values ('Ada'); update users set email = 'a@b'; "
           "delete from users")
    lines = wait_until(lambda: len(program.lines()) == 3 and program.lines(),
                       what=program.output.text)
    assert [line["op"] for line in lines] == ["INSERT", "UPDATE", "DELETE"]
    assert lines[1]["before"] == {"id": 1, "name": "Ada", "email": None}
    assert lines[1]["after"] == {"id": 1, "name": "Ada", "email": "a@b"}


def test_postgres_to_kafka(db, kafka, run):
    db.sql("create table users (id int primary key, name text); "
           "create table orders (id int primary key, total numeric)")
    program = run("postgres-to-kafka.ini", "shop")
    db.sql("insert into users values (1, 'Ada'); insert into orders values (2, 9.50); "
           "delete from users")
    assert [(key, value and value["op"]) for key, value in
            values(kafka, program, "shop.public.users", 3)] == \
        [(b'{"id":1}', "c"), (b'{"id":1}', "d"), (b'{"id":1}', None)]
    (_, order), = values(kafka, program, "shop.public.orders", 1)
    assert order["after"]["id"] == 2 and order["source"]["name"] == "shop"
    assert kafka.topics()["shop.public.users"] == 3


def test_exactly_once(db, kafka, run):
    db.sql("create table accounts (id int primary key, amount int); "
           "insert into accounts values (1, 10), (2, 20)")
    program = run("exactly-once.ini", "ledger")
    values(kafka, program, "ledger.public.accounts", 2)
    db.sql("update accounts set amount = amount + 1")
    found = values(kafka, program, "ledger.public.accounts", 4)
    assert sorted((value["op"], value["after"]["id"], value["after"]["amount"])
                  for _, value in found) == \
        [("r", 1, 10), ("r", 2, 20), ("u", 1, 11), ("u", 2, 21)]
    assert "headrace-ledger-checkpoint" in kafka.topics()


def test_envelope(db, kafka, run):
    db.sql("create table users (id int primary key, name text); "
           "create publication my_publication for table users")
    program = run("envelope.ini", "pg_replicate_kafka_slot")
    db.sql("insert into users values (1, 'Ada')")
    (_, value), = values(kafka, program, "cdc.public.users", 1)
    assert (value["op"], value["schema"], value["table"], value["before"], value["after"]) == \
        ("INSERT", "public", "users", None, {"id": 1, "name": "Ada"})
    assert value["source"]["connector"] and value["source"]["db"] == db.name


def test_cloudevents(db, kafka, run):
    db.sql("create table invoices (id int primary key, total numeric(6,2))")
    program = run("cloudevents.ini", "billing")
    db.sql("insert into invoices values (1, 9.50); delete from invoices")
    found = values(kafka, program, "billing.public.invoices", 3)
    assert [json.loads(key)["payload"] for key, _ in found] == [{"id": 1}] * 3
    (_, made), (_, deleted), (_, tombstone) = found
    assert (made["specversion"], made["source"], made["iodebeziumop"], deleted["iodebeziumop"]) == \
        ("1.0", "/debezium/postgresql/billing", "c", "d")
    assert made["data"]["payload"] == {"before": None, "after": {"id": 1, "total": "A7Y="}}
    assert made["data"]["schema"]["type"] == "struct" and tombstone is None


def test_op(db, kafka, run):
    db.sql("create table inventory_table (id int primary key, organization_id int); "
           "alter table inventory_table replica identity full; "
           "create publication publication_1 for table inventory_table")
    program = run("op.ini", "slot_1")
    db.sql("insert into inventory_table values (1, 42)")
    (key, value), = values(kafka, program, "inventory_topic", 1)
    assert json.loads(key) == {"organization_id": 42}
    assert (value["table_name"], value["col_names"], value["op"]) == \
        ("inventory_table", ["id", "organization_id"], {"Insert": ["1", "42"]})


def test_plain(db, kafka, run):
    db.sql("create table users (id int primary key, name text)")
    program = run("plain.ini", "cdc_slot")
    db.sql("insert into users values (1, 'Ada'); delete from users")
    (key, inserted), (_, deleted) = values(kafka, program, "users.0", 2)
    assert key == b"1"
    assert inserted == {"id": 1, "name": "Ada", "operation": "INSERT"}
    assert deleted == {"id": 1, "name": "Ada", "operation": "DELETE"}
    assert db.value("select relreplident from pg_class where relname = 'users'") in ("f", b"f")


def test_filters(db, kafka, run):
    db.sql("create table customers (id int primary key, name text, email text, note text); "
           "create table orders_2025 (id int primary key, customer int, total numeric, status text); "
           "create table orders_2026 (like orders_2025 including all)")
    program = run("filters.ini", "filtered")
    db.sql("insert into customers values (1, 'Ada', 'ada@example.org', 'secret')")
    db.sql("insert into orders_2025 values (1, 1, 5, 'paid'), (2, 1, 10.00, 'paid')")
    db.sql("insert into orders_2026 values (2, 1, 99.50, 'open')")
    db.sql("update orders_2026 set status = 'shipped'; truncate customers; "
           "update orders_2025 set status = 'cancelled' where id = 2")
    (key, customer), = values(kafka, program, "filtered.public.customers", 1)
    assert json.loads(key) == {"id": 1}
    assert customer == {"id": 1, "name": "A", "email": hmac.new(
        b"0123456789abcdef", b"ada@example.org", "sha256").hexdigest()}
    records = kafka.wait_records("filtered.public.orders", 3, give_up=program.must_run)
    assert [(json.loads(record.key), record.value and json.loads(record.value)["status"],
             dict(record.headers)["__op"]) for record in records] == [
        ({"id": 2, "source_table": "public.orders_2025"}, "paid", b"c"),
        ({"id": 2, "source_table": "public.orders_2026"}, "shipped", b"c"),
        ({"id": 2, "source_table": "public.orders_2025"}, None, b"d")]
    assert "__ts" in dict(records[0].headers)


def test_handler(db, kafka, run):
    db.sql("create table users (id int primary key, name text)")
    program = run("handler.ini", "handler")
    db.sql("insert into users values (1, 'Ada'); delete from users; truncate users; "
           "insert into users values (2, null)")
    records = kafka.wait_records("users.handled", 3, give_up=program.must_run)
    assert [(record.key, json.loads(record.value), record.headers) for record in records] == [
        (key, {"id": int(key), "name": name, "operation": operation},
         [("table", b"public.users")]) for key, name, operation in
        [(b"1", "Ada", "INSERT"), (b"1", "Ada", "DELETE"), (b"2", None, "INSERT")]]


def test_kafka_to_postgres(db, kafka, headrace, variables):
    text = (places.TREE / "conf" / "kafka-to-postgres.ini").read_text()
    program = headrace(text, {**variables, "KAFKA_BROKERS": kafka.brokers})
    source = {"connector": "postgresql", "db": "shop", "schema": "public", "table": "customers"}

    def event(op, before, after):
        return json.dumps({"id": 1}), json.dumps({"op": op, "before": before, "after": after,
                                                  "source": source})
    ada, bob = {"id": 1, "name": "Ada"}, {"id": 1, "name": "Bob"}
    topic = "shop.public.customers"
    kafka.produce(topic, [event("c", None, ada), event("u", ada, bob)])

    def names():
        try:
            return db.sql("select name from customers")
        except psycopg.errors.UndefinedTable:
            return None
    wait_until(lambda: names() == [("Bob",)], what=names, give_up=program.must_run)
    kafka.produce(topic, [event("d", bob, None), (json.dumps({"id": 1}), None)])
    wait_until(lambda: names() == [], what=names, give_up=program.must_run)
    assert program.stop() == 0
    # Other tests have topics that the expression fits, too.
    assert db.value("select next_offset from headrace.sink_offset where part = %s",
                    [f"{topic}/0"]) == 4


def test_dead_letters_to_kafka(db, kafka, headrace, variables):
    """Both files in one directory, so one process: what cannot be read comes to the topic."""
    variables = {**variables, "KAFKA_BROKERS": kafka.brokers}
    text = "".join((places.TREE / "conf" / name).read_text()
                   for name in ("kafka-to-postgres.ini", "dead-letters-to-kafka.ini"))
    program = headrace(text, variables)
    kafka.produce("shop.public.broken", [("7", "{no json")])
    found = kafka.wait_records("warehouse.dead-letters", 1, give_up=program.must_run)
    assert [(record.key, record.value) for record in found] == [(b"7", b"{no json")]
    assert dict(found[0].headers)["__connect.errors.topic"] == b"shop.public.broken"
    wait_until(lambda: db.value("select count(forwarded_at) from headrace.dead_letter") == 1,
               what="the mark", give_up=program.must_run)


def test_avro(db, kafka, registry, run, variables):
    variables["SCHEMA_REGISTRY_URL"] = registry.url
    db.sql("create table users (id int primary key, name text)")
    program = run("avro.ini", "catalogue")
    db.sql("insert into users values (1, 'Ada'); delete from users")
    records = kafka.wait_records("catalogue.public.users", 3, give_up=program.must_run)
    read = avro.reader_of(registry)
    assert [(read(record.key), record.value and read(record.value)["op"]) for record in records] \
        == [({"id": 1}, "c"), ({"id": 1}, "d"), ({"id": 1}, None)]


def test_json_schema(db, kafka, registry, run, variables):
    """confluent-kafka's own reader, which checks each row with its schema."""
    variables["SCHEMA_REGISTRY_URL"] = registry.url
    db.sql("create table members (id int primary key, fee numeric(6,2), since date)")
    program = run("json-schema.ini", "members")
    db.sql("insert into members values (1, 9.50, '2026-11-21'); delete from members")
    records = kafka.wait_records("members.public.members", 3, give_up=program.must_run)
    read = json_deserializer(registry)
    found = [read(record) for record in records]
    assert [key for key, _ in found] == [{"id": 1}] * 3
    assert [value and {name: value[name] for name in value if name != "__source_ts_ms"}
            for _, value in found] == [
        {"id": 1, "fee": "9.50", "since": "2026-11-21Z", "__deleted": "false", "__op": "c"},
        {"id": 1, "fee": None, "since": None, "__deleted": "true", "__op": "d"}, None]
    assert found[0][1]["__source_ts_ms"] > 1600000000000
    schema = registry.latest("members.public.members-value")["schema"]
    assert schema["title"] == "members.public.members.Value" and "__op" in schema["properties"]


def test_avro_to_postgres(db, kafka, registry, headrace, variables):
    topic = "catalogue.public.films"
    kafka.create_topic(topic)
    kafka.produce(topic, [avro.record(registry, topic, {"id": 1}, {"title": "Metropolis"})])
    text = (places.TREE / "conf" / "avro-to-postgres.ini").read_text()
    program = headrace(text, {**variables, "KAFKA_BROKERS": kafka.brokers,
                              "SCHEMA_REGISTRY_URL": registry.url})
    wait_until(lambda: db.sql("select to_regclass('films')") != [(None,)] and
               db.sql("select id, title from films") == [(1, "Metropolis")], 40, "the row",
               give_up=program.must_run)
