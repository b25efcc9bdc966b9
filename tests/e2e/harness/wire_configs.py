# SPDX-License-Identifier: Apache-2.0
"""Requests about configurations by hand: several in flight together, brokers by any name, sources and
synonyms."""
import collections
import struct

from . import wire

TOPIC, BROKER = 2, 4
SET, DELETE, APPEND, SUBTRACT = range(4)

Entry = collections.namedtuple("Entry", "value read_only source kind synonyms")


def _nullable(value):
    return struct.pack(">h", -1) if value is None else wire.text(value)


def _array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, letter):
        size = struct.calcsize(letter)
        self.at += size
        return struct.unpack_from(">" + letter, self.data, self.at - size)[0]

    def text(self):
        size = self.number("h")
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at].decode()


class Configs:
    """One connection. An answer is read by whoever has asked, or later: in_flight()."""

    def __init__(self, server):
        self.door, self.numbers = wire.Connection(server), 0

    def close(self):
        self.door.close()

    def _send(self, key, version, body):
        self.numbers += 1
        self.door.send(wire.request(key, version, self.numbers, body))

    def _altered(self):
        """[(error, text)] of the resources."""
        reader = _Reader(self.door.answer()[1])
        reader.number("i")
        found = []
        for _ in range(reader.number("i")):
            found.append((reader.number("h"), reader.text()))
            reader.number("b")
            reader.text()
        return found

    def send_changes(self, kind, name, *changes, validate=False, times=1):
        """IncrementalAlterConfigs; a change is (name, operation, value)."""
        items = [wire.text(config) + struct.pack(">b", operation) + _nullable(value)
                 for config, operation, value in changes]
        resource = struct.pack(">b", kind) + wire.text(name) + _array(items)
        self._send(44, 0, _array([resource] * times) + struct.pack(">?", validate))

    def in_flight(self, count):
        return [self._altered()[0] for _ in range(count)]

    def change(self, kind, name, *changes, validate=False, times=1):
        """(error, text)"""
        self.send_changes(kind, name, *changes, validate=validate, times=times)
        return self._altered()[0]

    def replace(self, kind, name, **values):
        """AlterConfigs, the old form; underscores are dots."""
        items = [wire.text(config.replace("_", ".")) + _nullable(value)
                 for config, value in values.items()]
        resource = struct.pack(">b", kind) + wire.text(name) + _array(items)
        self._send(33, 1, _array([resource]) + struct.pack(">?", False))
        return self._altered()[0]

    def describe(self, kind, name, *names):
        """{name: Entry}; (error, text) if it is refused."""
        wanted = _array([wire.text(each) for each in names]) if names else struct.pack(">i", -1)
        self._send(32, 3, _array([struct.pack(">b", kind) + wire.text(name) + wanted]) +
                   struct.pack(">??", True, False))
        reader = _Reader(self.door.answer()[1])
        reader.number("i")
        assert reader.number("i") == 1
        error, message, _, _ = reader.number("h"), reader.text(), reader.number("b"), reader.text()
        found = dict(_entry(reader) for _ in range(reader.number("i")))
        return (error, message) if error else found


def _entry(reader):
    name, value = reader.text(), reader.text()
    read_only, source, _ = reader.number("?"), reader.number("b"), reader.number("?")
    synonyms = [(reader.text(), reader.text(), reader.number("b"))
                for _ in range(reader.number("i"))]
    kind, _ = reader.number("b"), reader.text()
    return name, Entry(value, read_only, source, kind, synonyms)
