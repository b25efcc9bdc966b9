# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka: one KRaft node a cluster."""
import base64
import collections
import itertools
import os
import shutil
import subprocess
import time
import uuid

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from . import maven, places
from .class_archive import ClassArchive
from .process import Process
from .waiting import NotInTime, wait_until

LOGGING = """log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d %p %c %m%n
"""

NO_LEADER_YET = {confluent_kafka.KafkaError.LEADER_NOT_AVAILABLE,
                 confluent_kafka.KafkaError.NOT_LEADER_FOR_PARTITION,
                 confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
                 confluent_kafka.KafkaError._UNKNOWN_PARTITION}

Record = collections.namedtuple("Record",
                                "topic partition offset key value headers timestamp")


QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
FULL_SPEED = ("-XX:+UseG1GC",)  # what measurements need: the whole compiler


def java(jars, main, *arguments, heap="512m", logging=None, options=QUICK_START):
    """The command that runs a class; `jars` are folders."""
    command = ["java", f"-Xmx{heap}", *options]
    if logging:
        command.append(f"-Dlog4j.configuration=file:{logging}")
    return [*command, "-cp", ":".join(f"{folder}/*" for folder in jars), main, *arguments]


def write_properties(path, values):
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()),
                    encoding="utf-8")

KAFKAS_OWN = ("__consumer_", "__transaction_", "__share_")  # beginnings of topic names


class Clients:
    """The test's own clients of a server at host:port that speaks Kafka's protocol."""

    host, port = None, None
    client_settings = {}  # TLS, SASL
    _admin = None

    # ---- topics

    def _client(self, **more):
        return {"bootstrap.servers": f"{self.host}:{self.port}", "log_level": 0,
                **self.client_settings, **more}

    def admin(self):
        if self._admin is None:
            self._admin = AdminClient(self._client())
        return self._admin

    def topics(self):
        """{name: number of partitions}, without Kafka's own."""
        found = self.admin().list_topics(timeout=10).topics
        return {name: len(topic.partitions) for name, topic in found.items()
                if not name.startswith(KAFKAS_OWN)}

    def create_topic(self, name, partitions=1, **config):
        """Dots in config names are written as underscores: max_message_bytes=1000."""
        options = {key.replace("_", "."): str(value) for key, value in config.items()}
        topic = NewTopic(name, partitions, 1, config=options)
        self.admin().create_topics([topic])[name].result(30)
        wait_until(lambda: name in self.topics(), what=f"topic {name}")
        return name

    def delete_topic(self, name):
        self.admin().delete_topics([name])[name].result(30)
        wait_until(lambda: name not in self.topics(), what=f"topic {name} gone")

    def add_partitions(self, name, total):
        self.admin().create_partitions([NewPartitions(name, total)])[name].result(30)

    # ---- records

    def produce(self, topic, records, timeout=30):
        """Sends (key, value) pairs and waits until the broker has them, in this order: without
        idempotence what a new leader refuses at first comes behind what follows it."""
        producer = confluent_kafka.Producer(self._client(**{"enable.idempotence": True}))
        for key, value in records:
            producer.produce(topic, value, key)
        assert producer.flush(timeout) == 0

    def _consumer(self, topic):
        consumer = confluent_kafka.Consumer(self._client(**{
            "group.id": f"test-{uuid.uuid4()}", "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "isolation.level": "read_committed",
            "enable.partition.eof": True, "fetch.wait.max.ms": 20,
            "fetch.message.max.bytes": 50_000_000}))
        found = consumer.list_topics(topic, 10).topics.get(topic)
        partitions = list(found.partitions) if found and not found.error else []
        return consumer, partitions

    def end_offsets(self, topic):
        """{partition: offset after the last record}."""
        consumer, partitions = self._consumer(topic)

        def offset(number):
            """None while the partition of a new topic has no leader yet."""
            partition = confluent_kafka.TopicPartition(topic, number)
            try:
                return consumer.get_watermark_offsets(partition, 10)
            except confluent_kafka.KafkaException as error:
                if error.args[0].code() in NO_LEADER_YET:
                    return None
                raise
        try:
            return {number: wait_until(lambda number=number: offset(number),
                                       what=f"leader of {topic}/{number}")[1]
                    for number in partitions}
        finally:
            consumer.close()

    def consume(self, topic, timeout=30, start=None):
        """Every record that is in the topic now, partition by partition, in offset order.

        `start`: {partition: offset} of an earlier end_offsets(), to get only what came since.
        A topic that does not exist is empty.
        """
        if topic not in self.topics():
            return []
        consumer, partitions = self._consumer(topic)
        first = start or {}
        consumer.assign([confluent_kafka.TopicPartition(
            topic, number, first.get(number, confluent_kafka.OFFSET_BEGINNING))
            for number in partitions])
        records, unfinished = [], set(partitions)
        deadline = time.monotonic() + timeout
        try:
            while unfinished:
                if time.monotonic() > deadline:
                    raise NotInTime(f"{topic} not read to its end within {timeout} s")
                for message in consumer.consume(10_000, 0.2):
                    if message.error() is None:
                        records.append(_record(message))
                    elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                        unfinished.discard(message.partition())
                    elif not message.error().retriable():
                        raise confluent_kafka.KafkaException(message.error())
        finally:
            consumer.close()
        return sorted(records, key=lambda record: (record.partition, record.offset))

    def wait_records(self, topic, number, timeout=30, give_up=None):
        """Waits until the topic holds at least so many records and returns all of them."""
        def enough():
            if topic not in self.topics():
                return None
            return sum(self.end_offsets(topic).values()) >= number
        wait_until(enough, timeout, lambda: f"{number} records in {topic}, "
                   f"there are {len(self.consume(topic))}", interval=0.1, give_up=give_up)
        return self.consume(topic)


def _formatted():
    """A folder that StorageTool has formatted: but for the ids they are all the same, and it takes
    as long as the broker to start."""
    def make(folder):
        properties = {"process.roles": "broker,controller", "node.id": 1,
                      "controller.quorum.voters": "1@127.0.0.1:9093",
                      "listeners": "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
                      "controller.listener.names": "CONTROLLER", "log.dirs": folder / "data"}
        write_properties(folder / "server.properties", properties)
        subprocess.run(java([maven.kafka_jars()], "kafka.tools.StorageTool", "format",
                            "-t", "headrace-template-0000", "-c", folder / "server.properties"),
                       check=True, stdout=subprocess.DEVNULL)
    return places.into_cache(f"kafka-formatted-{maven.KAFKA_VERSION}", make) / "data"


class Kafka(Clients):
    """One broker. `settings` override its properties; a function gets the broker and gives
    them. `advertise`: the port that clients are told, where a proxy listens."""

    _numbers = itertools.count(1)

    def __init__(self, scratch, settings=None, advertise=None, options=QUICK_START):
        number = next(self._numbers)
        self.archive = ClassArchive(f"kafka-{maven.KAFKA_VERSION}")
        self.options = [*options, *self.archive.options()]
        self.folder = scratch / f"kafka-{number}"
        self.folder.mkdir()
        self.host, self.port, self.controller_port = "127.0.0.1", places.free_port(), \
            places.free_port()
        self.advertised_port = advertise or self.port
        self.process = Process(f"kafka-{number}", self.folder)
        self.log = self.process.log
        self.properties_path = self.folder / "server.properties"
        self.logging_path = self.folder / "log4j.properties"
        self.logging_path.write_text(LOGGING, encoding="utf-8")
        self.client_settings = {}
        more = settings(self) if callable(settings) else settings or {}
        properties = {**self._properties(), **more}
        write_properties(self.properties_path, properties)
        self._format(properties["node.id"])

    def _properties(self):
        listen = f"PLAINTEXT://{self.host}"
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{self.host}:{self.controller_port}",
            "listeners": f"{listen}:{self.port},CONTROLLER://{self.host}:{self.controller_port}",
            "advertised.listeners": f"{listen}:{self.advertised_port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map":
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,"
                "SASL_SSL:SASL_SSL",
            "log.dirs": self.folder / "data",
            "num.partitions": 1,
            "offsets.topic.num.partitions": 1,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "true",
            "controlled.shutdown.enable": "false",
            "broker.session.timeout.ms": 2000,  # else a restart after kill -9 waits 9 s
            "broker.heartbeat.interval.ms": 500,
        }

    def _format(self, node_id):
        shutil.copytree(_formatted(), self.folder / "data")
        # The id is 16 bytes in base64. The broker gives the folder one of its own.
        cluster = base64.urlsafe_b64encode(b"headrace" + os.urandom(8)).decode().rstrip("=")
        write_properties(self.folder / "data" / "meta.properties",
                         {"version": 1, "cluster.id": cluster, "node.id": node_id})

    @property
    def brokers(self):
        """host:port, as clients are told."""
        return f"{self.host}:{self.advertised_port}"

    # ---- life

    def start(self, wait=True):
        self.process.spawn(java([maven.kafka_jars()], "kafka.Kafka", str(self.properties_path),
                                heap="768m", logging=self.logging_path, options=self.options))
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=90):
        def answers():
            try:
                return self.admin().list_topics(timeout=1).brokers
            except confluent_kafka.KafkaException:
                return False
        wait_until(answers, timeout, f"{self.process.name} answers", interval=0.1,
                   give_up=self.process.must_run)

    def stop(self):
        self.process.terminate(60)

    def kill9(self):
        self.process.kill9()

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        self.archive.close(self.process)
        shutil.rmtree(self.folder / "data", ignore_errors=True)


def _record(message):
    return Record(message.topic(), message.partition(), message.offset(), message.key(),
                  message.value(), message.headers() or [], message.timestamp()[1])
