# SPDX-License-Identifier: Apache-2.0
"""A proxy that speaks TLS to PostgreSQL's client and cuts the server's bytes into records."""
import select
import ssl
import struct
import threading

from .proxy import Pair, Proxy

SSL_REQUEST = struct.pack(">ii", 8, 80877103)


class TlsProxy(Proxy):
    """`records` gives, for the bytes that have come from the server, those of each TLS record
    (at most 16 KiB) that go to the client now, and what is kept for later."""

    def __init__(self, target_port, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.records = lambda data: ([data], b"")
        super().__init__(target_port)

    def pair(self, client, server):
        return _TlsPair(self, client, server)


class _TlsPair(Pair):
    def start(self):
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        try:
            assert self.client.recv(8, 0x100) == SSL_REQUEST  # MSG_WAITALL
            self.client.sendall(b"S")
            self.client = self.proxy.context.wrap_socket(self.client, server_side=True)
            kept = b""
            while True:
                # One thread for both ways: a TLS connection may have no two at once.
                ready = [self.client] if self.client.pending() else \
                    select.select([self.client, self.server], [], [], 0.05)[0]
                if self.client in ready:
                    self._forward()
                piece = self.server.recv(1 << 20) if self.server in ready else b""
                if self.server in ready and not piece:
                    break
                if kept or piece:
                    pieces, kept = self.proxy.records(kept + piece)
                    for record in pieces:
                        self.client.sendall(record)
        except (OSError, EOFError):
            pass
        self.close()

    def _forward(self):
        piece = self.client.recv(1 << 16)
        if not piece:
            raise EOFError
        self.server.sendall(piece)
