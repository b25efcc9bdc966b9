# SPDX-License-Identifier: Apache-2.0
"""A real schema registry: Apicurio, which speaks Confluent's interface, schemas in memory."""
import base64
import http.server
import json
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request

from . import maven, places
from .class_archive import ClassArchive
from .kafka import QUICK_START
from .process import Process
from .waiting import wait_until

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


class Registry:
    """One registry. What it keeps dies with it; so does what kill9() kills."""

    def __init__(self, scratch, port=None):
        self.port = port or places.free_port()
        self.folder = scratch / f"registry-{self.port}"
        self.folder.mkdir()
        self.process = Process("registry", self.folder)
        self.log = self.process.log
        self.archive = ClassArchive(f"registry-{maven.APICURIO_VERSION}")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def start(self):
        jar = next(maven.apicurio_registry().glob("*-runner.jar"))
        self.process.spawn(["java", "-Xmx256m", *QUICK_START, *self.archive.options(),
                            f"-Dquarkus.http.port={self.port}",
                            "-Dquarkus.http.host=127.0.0.1", "-jar", str(jar)],
                           cwd=self.folder)
        wait_until(lambda: self._answers(), 60, "the registry answers", interval=0.1,
                   give_up=self.process.must_run)
        return self

    def _answers(self):
        try:
            return self.subjects() is not None
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def close(self):
        self.archive.close(self.process)

    # ---- asking

    def request(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": MEDIA_TYPE})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def subjects(self):
        return self.request("GET", "/subjects")

    def latest(self, subject):
        """{id, version, schema, references} of the newest version; the schema decoded."""
        path = f"/subjects/{urllib.parse.quote(subject, safe='')}/versions/latest"
        answer = self.request("GET", path)
        return {**answer, "schema": json.loads(answer["schema"])}

    def register(self, subject, schema, references=()):
        """The id of a schema, a JSON text or what json.dumps makes one of."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        path = f"/subjects/{urllib.parse.quote(subject, safe='')}/versions"
        return self.request("POST", path, {"schema": text, "references": list(references)})["id"]

    def set_compatibility(self, subject, level):
        path = f"/config/{urllib.parse.quote(subject, safe='')}"
        self.request("PUT", path, {"compatibility": level})


class Guard:
    """HTTPS before a registry, for who knows the name and the password."""

    def __init__(self, registry, certificate, user, password):
        wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = 401, b'{"error_code":401,"message":"who are you?"}'
                if self.headers.get("Authorization") == wanted:
                    status, answer = forward(self.command, self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            do_GET = do_POST = _answer

            def log_message(self, *_):
                pass

        def forward(method, path, body):
            request = urllib.request.Request(f"http://127.0.0.1:{registry.port}{path}",
                                             method=method, data=body or None,
                                             headers={"Content-Type": MEDIA_TYPE})
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}/apis/ccompat/v7"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
