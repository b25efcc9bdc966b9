# SPDX-License-Identifier: Apache-2.0
"""Debezium, both ways, in a Connect standalone worker, driven through Connect's REST interface."""
import itertools
import json
import urllib.error
import urllib.request

from . import kafka as kafka_module
from . import maven, places
from .class_archive import ClassArchive
from .process import Process
from .waiting import wait_until


class Connect:
    """One worker on one Kafka; it runs any number of connectors of the plugins in `jars`."""

    def __init__(self, scratch, kafka, options=kafka_module.QUICK_START,
                 jars=(maven.debezium_jars, maven.debezium_jdbc_jars,
                       maven.apicurio_converter_jars)):
        self.folder = scratch / "connect"
        self.folder.mkdir()
        self.kafka, self.port = kafka, places.free_port()
        self.jars = [maven.kafka_jars(), *(fetch() for fetch in jars)]
        versions = "-".join(folder.name for folder in self.jars)
        self.archive = ClassArchive(f"{self.main.rsplit('.')[-1]}-{versions}")
        self.options = [*options, *self.archive.options()]
        self.process = Process("connect", self.folder)
        self.log = self.process.log
        self._numbers = itertools.count(1)

    main = "org.apache.kafka.connect.cli.ConnectStandalone"

    def _properties(self):
        converter = "org.apache.kafka.connect.json.JsonConverter"
        return {
            "bootstrap.servers": self.kafka.brokers,
            "key.converter": converter,
            "value.converter": converter,
            "key.converter.schemas.enable": "false",
            "value.converter.schemas.enable": "false",
            "offset.flush.interval.ms": 1000,
            "plugin.discovery": "service_load",  # the other ways look into every jar
            "listeners": f"http://127.0.0.1:{self.port}",
            **self._state(),
        }

    def _state(self):
        return {"offset.storage.file.filename": self.folder / "offsets"}

    def start(self):
        worker = self.folder / "worker.properties"
        kafka_module.write_properties(worker, self._properties())
        logging = self.folder / "log4j.properties"
        logging.write_text(kafka_module.LOGGING, encoding="utf-8")
        self.process.spawn(kafka_module.java(self.jars, self.main, str(worker), heap="1g",
                                             logging=logging, options=self.options))
        wait_until(lambda: self.request("GET", "/") is not None, 90, "Connect answers",
                   interval=0.2, give_up=self.process.must_run)
        return self

    def request(self, method, path, body=None):
        """The decoded answer ({} if empty), or None if the worker does not answer or says no."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def close(self):
        self.archive.close(self.process)

    # ---- connectors

    def connector(self, db, prefix, **properties):
        """Debezium's PostgreSQL connector on a Database; dots are written as underscores.

        Waits until its task runs and its slot is being read. Properties given override the
        defaults; `properties={...}` takes names as they are.
        """
        number = next(self._numbers)
        name = f"debezium-{number}"
        exact = properties.pop("properties", {})
        config = {
            "name": name,
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "plugin.name": "pgoutput",
            "tasks.max": "1",
            "database.hostname": db.host,
            "database.port": str(db.port),
            "database.user": db.user,
            "database.password": "unused",
            "database.dbname": db.name,
            "topic.prefix": prefix,
            "slot.name": f"debezium_{db.name}_{number}",
            "publication.name": f"debezium_{number}",
            "publication.autocreate.mode": "all_tables",
            "snapshot.mode": "no_data",
            **{key.replace("_", "."): str(value) for key, value in properties.items()},
            **exact,
        }
        connector = Connector(self, name, config, db)
        return connector.start()

    def jdbc_sink(self, db, topics, **properties):
        """Debezium's JDBC sink into a Database, for events with schemas; dots as underscores."""
        name = f"jdbc-{next(self._numbers)}"
        config = {
            "name": name,
            "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
            "tasks.max": "1",
            "topics": ",".join(topics),
            "connection.url": f"jdbc:postgresql://{db.host}:{db.port}/{db.name}",
            "connection.username": db.user,
            "connection.password": "unused",
            "key.converter.schemas.enable": "true",
            "value.converter.schemas.enable": "true",
            "insert.mode": "upsert",
            "delete.enabled": "true",
            "primary.key.mode": "record_key",
            "schema.evolution": "basic",
            **{key.replace("_", "."): str(value) for key, value in properties.items()},
        }
        # Connect takes converters of a connector only as a pair of class and settings.
        for side in ("key", "value"):
            config[f"{side}.converter"] = "org.apache.kafka.connect.json.JsonConverter"
        return Connector(self, name, config, db).start()


class Distributed(Connect):
    """A worker that keeps connectors, offsets and states in topics of its Kafka; what is killed
    and started again finds them there."""

    main = "org.apache.kafka.connect.cli.ConnectDistributed"
    topics = {"config": 1, "offset": 5, "status": 2}  # partitions

    def _state(self):
        kept = {"group.id": "connect", "session.timeout.ms": 2000, "heartbeat.interval.ms": 500,
                "rebalance.timeout.ms": 2000, "scheduled.rebalance.max.delay.ms": 0}
        for name, partitions in self.topics.items():
            kept |= {f"{name}.storage.topic": self.topic(name),
                     f"{name}.storage.replication.factor": 1}
            if partitions > 1:
                kept[f"{name}.storage.partitions"] = partitions
        return kept

    @staticmethod
    def topic(name):
        return f"connect-{name}"


class Connector:
    """A running connector."""

    def __init__(self, connect, name, config, db):
        self.connect, self.name, self.config, self.db = connect, name, config, db

    def start(self):
        created = self.connect.request("POST", "/connectors",
                                       {"name": self.name, "config": self.config})
        assert created is not None, f"Connect refused {self.name}:\n" \
                                    f"{self.connect.log.text()[-4000:]}"
        wait_until(lambda: self.states() == ["RUNNING", "RUNNING"], 60,
                   lambda: f"{self.name} runs: {self.states()}", interval=0.1)
        if self.config.get("snapshot.mode", "initial_only") != "initial_only":
            slot = self.config["slot.name"]
            wait_until(lambda: self.db.streams(slot), 60, f"{self.name} reads its slot",
                       interval=0.1)
        return self

    def states(self):
        """States of the connector and its tasks: RUNNING, FAILED, ..."""
        status = self.connect.request("GET", f"/connectors/{self.name}/status")
        if not status:
            return []
        return [status["connector"]["state"], *(task["state"] for task in status["tasks"])]

    def stop(self):
        self.connect.request("DELETE", f"/connectors/{self.name}")
        wait_until(lambda: not self.states(), 60, f"{self.name} gone")
