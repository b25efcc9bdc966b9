# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy with faults: pause, delay, cut, refuse."""
import select
import socket
import struct
import threading
import time

CHUNK = 65536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST


class Proxy:
    """Listens on `port` and forwards to target (host, port), which may be set later."""

    def __init__(self, target_port=None, target_host="127.0.0.1"):
        self.target = (target_host, target_port)
        self.paused = threading.Event()
        self.delay = 0.0         # seconds that each piece is held back
        self.forwarded = 0       # bytes, both ways
        self._pairs, self._lock = set(), threading.Lock()
        self._listener = None
        self.port = 0
        self.accept()

    # ---- faults

    def pause(self):
        """Connections stay, nothing gets through."""
        self.paused.set()

    def resume(self):
        self.paused.clear()

    def cut(self):
        """Resets every connection; new ones are welcome."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            pair.close()

    def refuse(self):
        """No new connections, and the old ones are reset."""
        if self._listener:
            self._listener.close()
            self._listener = None
        self.cut()

    def accept(self):
        """Listens (again), on the same port."""
        if self._listener:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(50)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._serve, args=[listener], daemon=True).start()

    def connections(self):
        with self._lock:
            return len(self._pairs)

    def close(self):
        self.resume()
        self.refuse()

    # ---- works

    def _serve(self, listener):
        while True:
            try:
                if not select.select([listener], [], [], 0.2)[0]:
                    continue
                client, _ = listener.accept()
            except (OSError, ValueError):
                return
            try:
                server = socket.create_connection(self.target, 5)
                server.settimeout(None)
            except OSError:
                _reset(client)
                continue
            pair = self.pair(client, server)
            with self._lock:
                self._pairs.add(pair)
            pair.start()

    def pair(self, client, server):
        return Pair(self, client, server)

    def forget(self, pair):
        with self._lock:
            self._pairs.discard(pair)


class Pair:
    """One connection through the proxy."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self):
        for source, target in ((self.client, self.server), (self.server, self.client)):
            threading.Thread(target=self.pump, args=[source, target], daemon=True).start()

    def pump(self, source, target):
        try:
            while piece := source.recv(CHUNK):
                if self.proxy.delay:
                    time.sleep(self.proxy.delay)  # the fault itself, not a wait for something
                while self.proxy.paused.is_set():
                    time.sleep(0.01)
                target.sendall(piece)
                self.proxy.forwarded += len(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def close(self):
        self.proxy.forget(self)
        for end in (self.client, self.server):
            _reset(end)


def _reset(end):
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
