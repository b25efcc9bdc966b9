# SPDX-License-Identifier: Apache-2.0
"""Kafka's own command line tools, all in one JVM: see KafkaTools.java."""
import collections
import itertools
import json
import subprocess
import threading

from . import maven, places
from .kafka import QUICK_START

LOGGING = """log4j.rootLogger=WARN, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.file={path}
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d %p %c %m%n
"""

Done = collections.namedtuple("Done", "status out err")


class Tools:
    """run() from several threads at once is fine."""

    def __init__(self, folder):
        logging = folder / "tools-log4j.properties"
        logging.write_text(LOGGING.format(path=folder / "tools.log"), encoding="utf-8")
        source = places.TREE / "tests" / "e2e" / "harness" / "KafkaTools.java"
        self.child = subprocess.Popen(
            ["java", "-Xmx512m", *QUICK_START, "--add-opens=java.base/java.lang=ALL-UNNAMED", f"-Dlog4j.configuration=file:{logging}",
             "-cp", f"{maven.kafka_jars()}/*", str(source)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.numbers, self.lock = itertools.count(1), threading.Lock()
        self.waiting = {}  # id: (event, answer)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.child.stdout:
            answer = json.loads(line)
            event, found = self.waiting[answer["id"]]
            found.update(answer)
            event.set()

    def run(self, main, *arguments, text="", timeout=60):
        """Runs a class of Kafka's to its end."""
        number, event, found = next(self.numbers), threading.Event(), {}
        self.waiting[number] = event, found
        question = {"id": number, "main": main, "arguments": [str(word) for word in arguments],
                    "input": text}
        with self.lock:
            self.child.stdin.write(json.dumps(question) + "\n")
            self.child.stdin.flush()
        assert event.wait(timeout), f"{main} {' '.join(map(str, arguments))}: no end"
        return Done(found["status"], found["out"], found["err"])

    def close(self):
        self.child.stdin.close()
        self.child.wait(30)
