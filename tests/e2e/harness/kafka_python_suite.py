# SPDX-License-Identifier: Apache-2.0
"""kafka-python's own integration tests, on a server that runs already. They are in its source
distribution, which pip fetches once and checks; nothing of it is in this tree."""
import subprocess
import sys
import xml.etree.ElementTree

from . import places
from .process import Log
from .program import environment
from .two_columns import FAIL, PASS, SKIP

VERSION = "3.0.12"
SHA256 = "4ccda3616b9aa5c353d74a97f2770d6cd1b950890d77ab0e8890e09a48eeed65"
TITLE = f"kafka-python {VERSION}, test/integration"
# What the suite's test_kafka_version_infer makes of headrace's ApiVersions: they end with Kafka 4.4.
HEADRACE_SPEAKS = "4.3.0"
FILES = [f"test/integration/test_{name}_integration.py" for name in (
    "admin", "consumer", "producer")]  # those of SASL and TLS start servers of their own


def kafka_settings(kafka):
    """As the suite's own Kafka is configured."""
    return {
        "node.id": 0,
        "controller.quorum.voters": f"0@{kafka.host}:{kafka.controller_port}",
        "num.partitions": 4,
        "group.min.session.timeout.ms": 1000,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }


HEADRACE_SETTINGS = {"node_id": "0", "default_partitions": "4", "group_min_session_timeout": "1s",
                     "group_initial_rebalance_delay": "0"}

# The distribution lacks two files that its tests import: without the first Python's own "test" is
# found. The second starts servers, which KAFKA_URI makes needless.
LEFT_OUT = {
    "__init__.py": "",
    "service.py": "class ExternalService:\n    def __init__(self, host, port):\n        pass\n\n\n"
                  "SpawnedService = None\n",
}


def _fetch(folder):
    wanted = folder / "wanted.txt"
    wanted.write_text(f"kafka-python=={VERSION} --hash=sha256:{SHA256}\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                    "--no-binary", ":all:", "--require-hashes", "-r", wanted, "-d", folder],
                   check=True, stdin=subprocess.DEVNULL)
    archive = next(folder.glob("*.tar.gz"))
    subprocess.run(["tar", "-xzf", archive, "-C", folder, "--strip-components=1"], check=True)
    archive.unlink()
    for name, text in LEFT_OUT.items():
        (folder / "test" / name).write_text(text, encoding="utf-8")


def sources():
    return places.into_cache(f"kafka-python-{VERSION}", _fetch)


def _result(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return FAIL
    return SKIP if case.find("skipped") is not None else PASS


def _results(report):
    """A test may be there twice, once more for its end: what is worse counts."""
    found = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        file = case.get("classname").removeprefix("test.integration.")
        name = f"{file}::{case.get('name')}"
        found[name] = max(found.get(name, PASS), _result(case), key=[PASS, SKIP, FAIL].index)
    return found


def _environment(server, version):
    """`version`: of Kafka, that the server is or says it is."""
    env = environment({"KAFKA_URI": f"kafka://{server.brokers}", "KAFKA_VERSION": version,
                       "KAFKA_ROOT": str(places.TREE),  # has to exist, and is not used
                       "PYTHONPATH": "."})
    return {name: value for name, value in env.items() if not name.startswith("PYTEST_")}


def run(server, version, folder, name, tests=()):
    """{file::test: result}, of all or of some `tests`; what they say goes to a log of that name in
    the folder."""
    report, log = folder / f"{name}.xml", Log(folder / f"{name}.log", name)
    files = [f"test/integration/{test.replace('::', '.py::', 1)}" for test in tests] or FILES
    command = [sys.executable, "-m", "pytest", *files, "-q", "--tb=short",
               "-p", "no:cacheprovider", "-p", "no:xdist", f"--junitxml={report}"]
    with open(log.path, "wb") as output:
        subprocess.run(command, cwd=sources(), env=_environment(server, version), check=False,
                       stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=280)
    assert report.exists(), log.text()[-3000:]
    return _results(report)
