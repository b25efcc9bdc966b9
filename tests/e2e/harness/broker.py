# SPDX-License-Identifier: Apache-2.0
"""headrace as a broker over a database, in the place of Kafka."""
import socket

from . import places
from .kafka import Clients
from .program import Headrace
from .waiting import wait_until


def sections(db, port, source=None, sink=None):
    """The INI file's, of a pipeline called "broker"."""
    return {
        "broker": {"source": "kafka-wire", "sink": "postgres", "checkpoint": "none"},
        "broker.source": {"listen": f"127.0.0.1:{port}", **(source or {})},
        "broker.sink": {"conninfo": db.conninfo(), "mode": "log", **(sink or {})},
    }


class Broker(Headrace, Clients):
    """Where Kafka has the same, it has the same name: host, port, brokers, kill9 …"""

    def __init__(self, folder, db, source=None, sink=None, name="broker"):
        self.host, self.port = "127.0.0.1", places.free_port()
        self.brokers = f"{self.host}:{self.port}"
        self.db = db
        super().__init__(folder, name, sections(db, self.port, source, sink))

    def listens(self):
        try:
            socket.create_connection((self.host, self.port), 1).close()
        except OSError:
            return False
        return True

    def start(self, stdout=None):
        super().start(stdout)
        wait_until(self.listens, 30, "the broker listens", interval=0.02,
                   give_up=self.must_run)
        return self

    def sql(self, statement):
        return self.db.sql(statement)
