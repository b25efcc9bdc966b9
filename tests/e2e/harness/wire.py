# SPDX-License-Identifier: Apache-2.0
"""Kafka's protocol by hand: frames, for what no client sends."""
import socket
import struct

PRODUCE, FETCH, METADATA, API_VERSIONS = 0, 1, 3, 18


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def request(key, version, correlation, body=b"", client="by-hand"):
    """A frame with its length; header version 1."""
    frame = struct.pack(">hhi", key, version, correlation) + text(client) + body
    return struct.pack(">i", len(frame)) + frame


def metadata(correlation, topics=()):
    body = struct.pack(">i", len(topics)) + b"".join(map(text, topics))
    return request(METADATA, 1, correlation, body)


def fetch(correlation, topic, offset, wait_ms, min_bytes=1):
    """Version 4, one partition."""
    body = struct.pack(">iiiib", -1, wait_ms, min_bytes, 1 << 20, 0) + \
        struct.pack(">i", 1) + text(topic) + struct.pack(">iiqi", 1, 0, offset, 1 << 20)
    return request(FETCH, 4, correlation, body)


def produce(correlation, topic, records, acks=-1):
    """Version 3, one partition."""
    body = struct.pack(">hhi", -1, acks, 30_000) + struct.pack(">i", 1) + text(topic) + \
        struct.pack(">iii", 1, 0, len(records)) + records
    return request(PRODUCE, 3, correlation, body)


def produce_many(correlation, topic, batches, acks=-1, timeout_ms=60_000):
    """Version 7, a batch for each partition from 0 on."""
    body = struct.pack(">hhi", -1, acks, timeout_ms) + struct.pack(">i", 1) + text(topic) + \
        struct.pack(">i", len(batches)) + \
        b"".join(struct.pack(">ii", i, len(batch)) + batch for i, batch in enumerate(batches))
    return request(PRODUCE, 7, correlation, body)


def varint(value):
    """Of records, once it is zigzag."""
    data = b""
    while value >= 0x80:
        data, value = data + bytes([value & 0x7f | 0x80]), value >> 7
    return data + bytes([value])


def _crc32c_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
        yield value


CRC32C = tuple(_crc32c_table())


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = CRC32C[(crc ^ byte) & 0xff] ^ crc >> 8
    return crc ^ 0xffffffff


ONE_RECORD = b"\x0e\0\0\0\1\2x\0"  # without a key, its value "x"


def record_batch(codec, packed, count=1, time=0, producer=(-1, -1, -1)):
    """A batch around what is compressed, as a producer writes it; `producer`: its id, epoch and
    sequence."""
    after = struct.pack(">hiqqqhii", codec, count - 1, time, time, *producer, count) + packed
    return struct.pack(">qiibI", 0, 9 + len(after), -1, 2, crc32c(after)) + after


# ---- flexible versions: compact lengths, and tagged fields, which are all empty here


def flexible_request(key, version, correlation, body=b"", client="by-hand"):
    """Header version 2."""
    frame = struct.pack(">hhi", key, version, correlation) + text(client) + b"\0" + body
    return struct.pack(">i", len(frame)) + frame


def array_of_one(item):
    return b"\2" + item + b"\0"


def fetch_by_id(correlation, topic_id, offset, wait_ms=0, rack=""):
    """Version 13, partition 0."""
    partition = struct.pack(">iiqiqi", 0, -1, offset, -1, -1, 1 << 20)
    body = struct.pack(">iiiibii", -1, wait_ms, 1, 1 << 20, 0, 0, -1) + \
        array_of_one(topic_id + array_of_one(partition)) + b"\1" + \
        bytes([len(rack) + 1]) + rack.encode() + b"\0"
    return flexible_request(FETCH, 13, correlation, body)


class Reader:
    """Takes a body apart."""

    def __init__(self, body):
        self.body, self.at = body, 0

    def take(self, form):
        """One value, or several."""
        values = struct.unpack_from(">" + form, self.body, self.at)
        self.at += struct.calcsize(">" + form)
        return values[0] if len(values) == 1 else values

    def bytes(self, size):
        self.at += size
        return self.body[self.at - size:self.at]

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.take("B")
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def compact(self):
        """A string or bytes; None: null."""
        size = self.varint()
        return self.bytes(size - 1) if size else None

    def tags(self):
        """{number: bytes}"""
        return {self.varint(): self.bytes(self.varint()) for _ in range(self.varint())}


class Connection:
    def __init__(self, server, timeout=10):
        self.socket = socket.create_connection((server.host, server.port), timeout)

    def send(self, *frames):
        self.socket.sendall(b"".join(frames))

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def answer(self):
        """(correlation id, body); EOFError once the other side has closed."""
        frame = self._exactly(struct.unpack(">i", self._exactly(4))[0])
        return struct.unpack(">i", frame[:4])[0], frame[4:]

    def is_closed(self):
        try:
            self.answer()
        except (EOFError, ConnectionResetError):
            return True
        return False

    def close(self):
        self.socket.close()
