# SPDX-License-Identifier: Apache-2.0
"""The same script of a client on Apache Kafka and on headrace's broker, and what the answers differ
in. kafka_tolerances.tsv has the differences that are meant, by the names that the table in
docs/kafka-compatibility.md has."""
import concurrent.futures
import dataclasses
import difflib
import pathlib
import re

# What no two runs have in common.
NOT_COMPARED = [
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (r"\b1[78]\d{11}\b", "TIME"),
    (r"[ \t]+", " "),
]


class Answers:
    """What one server said, step by step, as lines."""

    def __init__(self, server):
        self.server = server
        self.cuts = [(re.escape(server.brokers), "ADDRESS"), (rf"\b{server.port}\b", "PORT"),
                     *NOT_COMPARED]
        self.steps = {}

    def say(self, step, value):
        """`value`: text, or anything else, whose elements are lines if it is a list or a dict."""
        assert step not in self.steps, step
        self.steps[step] = [self._cut(line) for line in _lines(value)]

    def _cut(self, line):
        for pattern, replacement in self.cuts:
            line = re.sub(pattern, replacement, line)
        return line.strip()


def _lines(value):
    if isinstance(value, str):
        return value.strip().splitlines()
    if isinstance(value, dict):
        return [f"{name}: {each!r}" for name, each in sorted(value.items())]
    if isinstance(value, list):
        return [repr(each) for each in value]
    return [repr(value)]


@dataclasses.dataclass(frozen=True)
class Difference:
    """In one step of a client; the lines that only one has, or none."""
    step: str
    theirs: str
    ours: str

    def __str__(self):
        return f"{self.step}\n    Kafka    {self.theirs!r}\n    headrace {self.ours!r}"


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """Regular expressions of all that may stand there. `step`: "client: step"."""
    name: str
    step: str
    theirs: str
    ours: str

    def excuses(self, difference):
        return all(re.fullmatch(getattr(self, part), getattr(difference, part), re.DOTALL)
                   for part in ("step", "theirs", "ours"))


def _read_table():
    text = pathlib.Path(__file__).with_name("kafka_tolerances.tsv").read_text(encoding="utf-8")
    return [Tolerance(*line.split("\t")) for line in text.splitlines() if not line.startswith("#")]


TOLERANCES = _read_table()


def compare(client, theirs, ours):
    """(Differences that nothing excuses, Tolerances that were needed)"""
    unexplained, used = [], set()
    assert list(theirs.steps) == list(ours.steps)
    found = [each for step in theirs.steps for each in
             _differences(f"{client}: {step}", theirs.steps[step], ours.steps[step])]
    for difference in found:
        excuse = next((each for each in TOLERANCES if each.excuses(difference)), None)
        if excuse:
            used.add(excuse)
        else:
            unexplained.append(difference)
    return unexplained, used


def _differences(step, theirs, ours):
    for kind, *bounds in difflib.SequenceMatcher(None, theirs, ours, False).get_opcodes():
        if kind == "equal":
            continue
        one, other = theirs[bounds[0]:bounds[1]], ours[bounds[2]:bounds[3]]
        if len(one) == len(other) or not one or not other:
            width = max(len(one), len(other))
            yield from (Difference(step, *pair) for pair in
                        zip(one or [""] * width, other or [""] * width))
        else:
            yield Difference(step, "\n".join(one), "\n".join(other))


def on_both(script, *servers):
    """The Answers of each server to script(server, answers); at the same time."""
    everything = [Answers(server) for server in servers]
    with concurrent.futures.ThreadPoolExecutor(len(servers)) as threads:
        for done in [threads.submit(script, each.server, each) for each in everything]:
            done.result()
    return everything
