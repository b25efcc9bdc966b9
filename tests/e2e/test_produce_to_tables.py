# SPDX-License-Identifier: Apache-2.0
"""Clients of Kafka produce straight into tables: conf/produce-to-tables.ini."""
import json

import confluent_kafka
import kafka as kafka_python
import pytest
from confluent_kafka import KafkaError

from harness import places
from harness.kafka import Clients
from harness.program import Headrace, command
from harness.waiting import count, wait_until

ROWS = count(5000, 200_000)


class Intake(Headrace, Clients):
    """conf/produce-to-tables.ini, but for the port, which others may have."""

    def __init__(self, folder, db):
        self.host, self.port, self.db = "127.0.0.1", places.free_port(), db
        self.brokers = f"{self.host}:{self.port}"
        text = (places.TREE / "conf" / "produce-to-tables.ini").read_text()
        assert "listen = 127.0.0.1:9092" in text
        super().__init__(folder, "intake", text.replace("127.0.0.1:9092", self.brokers), {
            "PG_HOST": db.host, "PG_PORT": str(db.port), "PG_DATABASE": db.name,
            "PG_USERNAME": db.user, "PG_PASSWORD": "unused"})

    def start(self, stdout=None):
        super().start(stdout)
        wait_until(lambda: self.topics() == {"customers": 3, "orders": 3}, what=self.topics,
                   give_up=self.must_run)
        return self


@pytest.fixture
def intake(db, folder):
    db.sql("create table customers (id int primary key, name text not null check (name <> ''));"
           "create table orders (id int primary key, customer int, total numeric)")
    program = Intake(folder, db).start()
    yield program
    program.finish()


def record(number, **row):
    return json.dumps({"id": number}), json.dumps({"id": number, **row})


def test_rows(intake, db):
    intake.produce("customers", [record(1, name="Ada"), record(2, name="Grace"),
                                 record(1, name="Ada L."), (record(2)[0], None)])
    assert db.sql("select * from customers") == [(1, "Ada L.")]
    producer = kafka_python.KafkaProducer(bootstrap_servers=intake.brokers, acks="all",
                                          compression_type="gzip")
    key, value = record(7, customer=1, total=12.50)
    sent = producer.send("orders", value.encode(), key.encode()).get(30)
    producer.close()
    assert sent.offset == -1, "there is no log that has it"
    assert [tuple(map(str, row)) for row in db.sql("select * from orders")] == [("7", "1", "12.5")]


def deliveries(intake, topic, records, **settings):
    """What became of each record."""
    producer = confluent_kafka.Producer({"bootstrap.servers": intake.brokers, "log_level": 0,
                                         "linger.ms": 0, **settings})
    errors = [None] * len(records)
    for number, (key, value) in enumerate(records):
        def told(error, _, number=number):
            errors[number] = error and error.code()
        producer.produce(topic, value, key, on_delivery=told)
        producer.flush(30)
    return errors


def test_what_the_table_refuses_is_refused_to_the_producer(intake, db):
    """Also what is no row at all. Others go on."""
    refused = KafkaError.INVALID_RECORD
    records = [record(1, name="Ada"), record(2, name=""), record(3, name=None),
               ('{"id": 4}', "{no json"), record(5, name="Bob")]
    assert deliveries(intake, "customers", records) == [None, refused, refused, refused, None]
    assert db.sql("select id from customers order by 1") == [(1,), (5,)]
    assert deliveries(intake, "no_table", [record(1)], **{"message.timeout.ms": 2000}) != [None]
    intake.must_run()


def test_nothing_can_be_read(intake, topic):
    """And clients are told so, and do not wait."""
    intake.produce("customers", [record(1, name="Ada")])
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": intake.brokers, "group.id": topic, "auto.offset.reset": "earliest",
        "log_level": 0})
    consumer.assign([confluent_kafka.TopicPartition("customers", 0, 0)])
    message = wait_until(lambda: consumer.poll(1), what="an answer")
    assert message.error().code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    with pytest.raises(confluent_kafka.KafkaException) as told:
        consumer.get_watermark_offsets(confluent_kafka.TopicPartition("customers", 0), 10)
    assert told.value.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    with pytest.raises(confluent_kafka.KafkaException):
        consumer.commit(offsets=[confluent_kafka.TopicPartition("customers", 0, 1)],
                        asynchronous=False)
    consumer.close()
    with pytest.raises(confluent_kafka.KafkaException):
        intake.create_topic("compacted", cleanup_policy="compact")
    with pytest.raises(confluent_kafka.KafkaException):
        intake.delete_topic("orders")


def test_a_topic_without_a_table(intake, db):
    """That is a fault of the configuration, and not of the producer: it waits, and is not refused."""
    db.sql("drop table orders")
    assert deliveries(intake, "orders", [record(1)], **{"message.timeout.ms": 2000}) == \
        [KafkaError._MSG_TIMED_OUT]
    assert intake.wait() == 1 and '"orders"' in intake.log.text()


def test_refusals_go_to_the_client_only(intake):
    text = intake.config.read_text()
    intake.write_config(text.replace("checkpoint = none", "checkpoint = none\nerrors = dead-letter"))
    done = command("check", "-c", intake.config, env=intake.env)
    assert done.returncode == 78 and "tells its clients" in done.stderr


def test_killed_under_load(intake, db):
    """What was answered is in the table, once: its key says so."""
    answered, failed = set(), []
    producer = confluent_kafka.Producer({
        "bootstrap.servers": intake.brokers, "enable.idempotence": True, "log_level": 0,
        "linger.ms": 5, "reconnect.backoff.max.ms": 100, "message.timeout.ms": 60_000})

    def send(first, last):
        for number in range(first, last):
            key, value = record(number, name=f"n{number}")
            producer.produce("customers", value, key, on_delivery=told)
            producer.poll(0)

    def told(error, message):
        if error:
            failed.append(error)
        else:
            answered.add(json.loads(message.key())["id"])
    send(0, ROWS // 2)
    wait_until(lambda: producer.poll(0) is not None and answered, what="an answer", interval=0)
    intake.kill9()
    there = {number for (number,) in db.sql("select id from customers")}
    assert answered <= there
    intake.start()
    send(ROWS // 2, ROWS)
    assert (producer.flush(60), failed) == (0, [])
    assert intake.stop() == 0
    assert db.sql("select count(*), min(id), max(id) from customers") == [(ROWS, 0, ROWS - 1)]
