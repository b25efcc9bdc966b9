# SPDX-License-Identifier: Apache-2.0
"""librdkafka's own tests, on a server that runs already. They are in the npm package node-rdkafka,
which is fetched, checked and built once; nothing of it is in this tree."""
import collections
import concurrent.futures
import hashlib
import json
import re
import shlex
import subprocess

from . import maven, places
from .kafka import java
from .process import Log
from .program import environment
from .two_columns import FAIL, PASS, SKIP

Release = collections.namedtuple("Release", "package sha256")
RELEASES = {
    "2.12.0": Release("node-rdkafka@3.6.1",
                      "148f7e7b65c510314c70762d8f1be052c8fe1fdf03a128e6c78083a729a57a30"),
    "2.0.2": Release("node-rdkafka@2.15.0",  # Debian's, and older encodings
                     "2766852839ffef5fcbc2cdedaa301a546e51928ef6f427709ddb4ed164b1afd5"),
}
NEWEST = "2.12.0"

# ---- the sources, built


def _quietly(command, folder):
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert not done.returncode, f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}"


def _fetch(release, folder):
    _quietly(["npm", "pack", "--silent", release.package], folder)
    archive = next(folder.glob("*.tgz"))
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == release.sha256, release.package
    _quietly(["tar", "-xzf", archive, "--strip-components=3", "package/deps/librdkafka"], folder)
    archive.unlink()


def _for_one_broker(folder):
    """Some tests create topics with three replicas, and need no more than one."""
    path, wanted = folder / "tests" / "test.c", "partition_cnt, replication_factor,\n"
    text = path.read_text(encoding="utf-8")
    assert text.count(wanted) == 1
    path.write_text(text.replace(wanted, "partition_cnt, 1,\n"), encoding="utf-8")


def _build(release, folder):
    _fetch(release, folder)
    _for_one_broker(folder)
    _quietly(["./configure", "--disable-optimization", "--disable-debug-symbols",
              "--disable-gssapi", "--disable-curl"], folder)
    _quietly(["make", "-j2", "libs"], folder)
    _quietly(["make", "-j2", "-C", "tests", "build"], folder)
    for made in folder.rglob("*.o"):
        made.unlink()


# ---- what there is to run

# `number` is how the runner is told; several tests may have the same. `part`: of the test, alone.
Job = collections.namedtuple("Job", "number part scenario")
Test = collections.namedtuple("Test", "name number scenario")
DEFAULT, NO_AUTO_CREATE = "default", "noautocreate"

# By themselves, without a server, or known to fail.
NOT_RUN = {"TEST_F_LOCAL", "TEST_F_MANUAL", "TEST_F_KNOWN_ISSUE"}

# Tests that say little as a whole, because they are large or need transactions for some of it: what
# their parts are called, or that those are the functions of their file.
FUNCTIONS = object()
PARTS = {
    "0055": ["standard settings", "low linger.ms", "microsecond linger.ms", "high linger.ms",
             "linger.ms < 1000", "no acks", "idempotence", "transactions"],
    "0061": ["Test consumer lag without transactions", "Test consumer lag with transactions"],
    "0081": FUNCTIONS,
    "0137": FUNCTIONS,
}


class Suite:
    def __init__(self, version):
        self.version = version
        self.sources = places.into_cache(
            f"librdkafka-{version}", lambda folder: _build(RELEASES[version], folder))
        self.tests = list(self._tests())
        self.jobs = sorted({Job(test.number, part, test.scenario)
                            for test in self.tests for part in self._parts(test.number)},
                           key=str, reverse=True)  # the longest are among the last

    def _tests(self):
        """Those that need a server: the others have one of librdkafka's own, or none."""
        text = (self.sources / "tests" / "test.c").read_text(encoding="utf-8")
        for entry in text.partition("struct test tests[]")[2].split("_TEST(")[1:]:
            name = re.match(r"\s*(\w+)", entry).group(1)
            scenario = re.search(r'\.scenario\s*=\s*"(\w+)', entry)
            if not set(re.findall(r"TEST_F_\w+", entry)) & NOT_RUN and not name.endswith("_mock"):
                yield Test(name, name[:4], scenario.group(1) if scenario else DEFAULT)

    def _parts(self, number):
        parts = PARTS.get(number, [None])
        if parts is not FUNCTIONS:
            return parts
        text = next((self.sources / "tests").glob(f"{number}-*.c")).read_text(encoding="utf-8")
        functions = re.findall(r"^static void (do_test_\w+)\((.*?)^}", text, re.MULTILINE | re.DOTALL)
        return [name for name, body in functions if "SUB_TEST" in body]


# ---- running

# "DNS": an earlier one of the same number has not ended.
STATES = {"PASSED": PASS, "FAILED": FAIL, "RUNNING": FAIL, "DNS": FAIL, "SKIPPED": SKIP}
TOOLS = {"kafka-topics.sh": "TopicCommand", "kafka-acls.sh": "AclCommand"}  # that tests call

# Without a version that has ACLs this one would do nothing but ask for them.
SPEAKS = {"0109": "2.0.0"}


def _write_tools(folder):
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name, main in TOOLS.items():
        command = java([maven.kafka_jars()], f"org.apache.kafka.tools.{main}", heap="128m")
        (tools / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)


def _as_is_told(part):
    """The runner looks for it in "FUNCTION:LINE: PART"."""
    return f"{part}:" if part.startswith("do_test_") else f": {part}"


class Runner:
    """Runs jobs on a server. librdkafka's quick mode (-Q) is not used: a good part of the tests
    does nothing in it, and passes."""

    def __init__(self, suite, server, folder, timeout=1500):
        self.suite, self.server, self.folder, self.timeout = suite, server, folder, timeout
        folder.mkdir(parents=True)
        (folder / "src").symlink_to(suite.sources / "src")  # a test reads a file of it as ../src/…
        _write_tools(folder)

    def run(self, todo, at_a_time):
        """{test: result}. What fails is tried once more, alone: these tests know little patience."""
        with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
            done = dict(zip(todo, pool.map(self._run, todo)))
        for job, results in done.items():
            if FAIL in results.values():
                done[job] = self._run(job, "again")
                self._show(job, done[job])
        return {name: result for results in done.values() for name, result in results.items()}

    def _show(self, job, results):
        if FAIL in results.values():
            Log(self._folder(job, "again") / "log", f"{job.number} {job.part or ''}")

    def _folder(self, job, turn):
        name = "-".join(filter(None, [*map(str, job), turn]))
        return self.folder / re.sub(r"\W+", "-", name)

    def _run(self, job, turn=None):
        folder = self._folder(job, turn)
        folder.mkdir()
        (folder / "test.conf").write_text(
            f"bootstrap.servers={self.server.brokers}\nbroker.address.family=v4\n"
            "test.timeout.multiplier=2\n", encoding="utf-8")
        command = [self.suite.sources / "tests" / "test-runner", "-p1", "-L", "-s", job.scenario]
        with open(folder / "log", "wb") as log:
            try:
                code = subprocess.run(command, cwd=folder, env=self._environment(job), stdout=log,
                                      stderr=log, stdin=subprocess.DEVNULL, check=False,
                                      timeout=self.timeout).returncode
            except subprocess.TimeoutExpired:
                code = None
        return self._results(job, folder, code)

    def _environment(self, job):
        env = environment({
            "TESTS": job.number, "TEST_REPORT": "report.json", "BROKERS": self.server.brokers,
            "TEST_KAFKA_VERSION": SPEAKS.get(job.number, maven.KAFKA_VERSION),
            "KAFKA_PATH": str(self.folder),
            "LD_LIBRARY_PATH": f"{self.suite.sources / 'src'}:{self.suite.sources / 'src-cpp'}",
            **({"SUBTESTS": _as_is_told(job.part)} if job.part else {})})
        env.pop("CI", None)  # there it would be more lenient
        return env

    def _results(self, job, folder, code):
        names = [test.name for test in self.suite.tests
                 if test[1:] == (job.number, job.scenario)]
        report = folder / "report.json"
        states = {}
        if report.exists():  # the tests' own lines in it are not always JSON
            text = re.sub(r'"report": \[.*?\] \}', '"report": [] }',
                          report.read_text(encoding="utf-8"), flags=re.DOTALL)
            states = {name: STATES[test["state"]] for name, test in json.loads(text)["tests"].items()
                      if name in names}
        if len(states) < len(names) or code and FAIL not in states.values():
            states = dict.fromkeys(names, FAIL)
        elif job.part and b": PASS (" not in (folder / "log").read_bytes():
            states = {name: min(state, SKIP) for name, state in states.items()}
        return {f"{name}::{job.part}" if job.part else name: state
                for name, state in states.items()}
