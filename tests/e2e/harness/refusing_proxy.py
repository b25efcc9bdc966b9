# SPDX-License-Identifier: Apache-2.0
"""A proxy before Kafka that answers chosen Produce requests itself: "not enough replicas"."""
import collections
import struct
import threading

from .proxy import Pair, Proxy

PRODUCE, NOT_ENOUGH_REPLICAS = 0, 19


def _text(data, at):
    """A string of the protocol, and where it ends; None has the length -1."""
    length, = struct.unpack_from(">h", data, at)
    end = at + 2 + max(length, 0)
    return data[at + 2:end].decode(), end


class RefusingProxy(Proxy):
    """Set `refuses`, a function of (topic, partition): while it is true of a request's first
    partition, the broker does not see that request. `refused` counts them.

    Requests and answers as in librdkafka's Produce version 7 (Kafka's message definitions,
    ProduceRequest.json): it asks for one partition in each.
    """

    def __init__(self, target_port=None, target_host="127.0.0.1"):
        self.refuses = lambda topic, partition: False
        self.refused = 0
        super().__init__(target_port, target_host)

    def pair(self, client, server):
        return _RefusingPair(self, client, server)

    def answer(self, frame):
        """The refusal of this request, or None if it is for the broker."""
        api, version, correlation = struct.unpack_from(">hhi", frame)
        if api != PRODUCE:
            return None
        assert version == 7, f"Produce version {version} is not known here"
        _, at = _text(frame, 8)  # client id
        _, at = _text(frame, at)  # transactional id
        topic, at = _text(frame, at + 2 + 4 + 4)  # acks, timeout, number of topics
        partition, = struct.unpack_from(">i", frame, at + 4)
        if not self.refuses(topic, partition):
            return None
        self.refused += 1
        name = topic.encode()
        return struct.pack(f">iih{len(name)}siihqqqi", correlation, 1, len(name), name, 1, partition,
                           NOT_ENOUGH_REPLICAS, -1, -1, -1, 0)


class _RefusingPair(Pair):
    """Answers leave in the order of the requests, whoever gives them."""

    def __init__(self, proxy, client, server):
        super().__init__(proxy, client, server)
        self._order = collections.deque()  # None: the broker's turn
        self._lock = threading.Lock()

    def pump(self, source, target):
        try:
            while frame := self._frame(source):
                with self._lock:
                    if source is self.client:
                        self._request(frame)
                    else:
                        self._answer(frame)
        except OSError:
            pass
        self.close()

    @staticmethod
    def _frame(source):
        head = source.recv(4, 0x100)  # MSG_WAITALL
        return source.recv(struct.unpack(">i", head)[0], 0x100) if len(head) == 4 else None

    def _send(self, target, frame):
        target.sendall(struct.pack(">i", len(frame)) + frame)
        self.proxy.forwarded += len(frame)

    def _request(self, frame):
        answer = self.proxy.answer(frame)
        self._order.append(answer)
        if answer is None:
            self._send(self.server, frame)
        self._flush()

    def _answer(self, frame):
        assert self._order.popleft() is None
        self._send(self.client, frame)
        self._flush()

    def _flush(self):
        while self._order and self._order[0] is not None:
            self._send(self.client, self._order.popleft())
