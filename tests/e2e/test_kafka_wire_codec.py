# SPDX-License-Identifier: Apache-2.0
"""Our codec of Kafka's protocol beside Kafka's own: every message in every version that is served,
with values by chance, read and written to the same bytes."""
import base64
import json
import random
import re
import subprocess
import sys
from unittest.mock import ANY

import pytest

from harness import maven, places
from harness.kafka_codecs import ask_kafka, ask_us
from harness.waiting import count

FOLDER = places.TREE / "plugins" / "source-kafka-wire"

sys.path.insert(0, str(FOLDER))
import make_messages  # noqa: E402

BOUNDS = {"int8": 7, "int16": 15, "int32": 31, "int64": 63}


@pytest.fixture(scope="module")
def schemas():
    return make_messages.read_schemas(maven.kafka_clients_jar())


# ---- values by chance

class Chance:
    """Messages of a version, as JSON that Kafka's converters read."""

    def __init__(self, schema, version, seed):
        self.common = {struct["name"]: struct["fields"] for struct in schema.get("commonStructs", [])}
        self.version = version
        self.random = random.Random(f"{schema['name']} {version} {seed}")

    def has(self, field, key):
        first, last = make_messages.versions(field.get(key))
        return first <= self.version <= last

    def struct(self, fields):
        return {field["name"][0].lower() + field["name"][1:]: self.field(field) for field in fields
                if self.has(field, "versions") and
                not (self.has(field, "taggedVersions") and self.random.random() < 0.3)}

    def field(self, field):
        kind = field["type"].removeprefix("[]")
        if self.has(field, "nullableVersions") and self.random.random() < 0.2:
            return None
        if kind == field["type"]:
            return self.single(kind, field)
        return [self.single(kind, field) for _ in range(self.random.choice((0, 1, 2, 3, 130)[:self.few()]))]

    def few(self):
        return 5 if self.random.random() < 0.03 else 4

    def number(self, bits):
        return self.random.choice((0, -1, 1, 2 ** bits - 1, -2 ** bits, self.random.getrandbits(bits)))

    def single(self, kind, field):
        chance = self.random
        if kind in BOUNDS:
            return self.number(BOUNDS[kind])
        if kind in ("uint16", "uint32"):
            return chance.getrandbits(int(kind[4:]))
        if kind == "bool":
            return chance.random() < 0.5
        if kind == "float64":
            return chance.uniform(-1e9, 1e9)
        if kind == "string":
            return "".join(chance.choices("aZ0-ß€😀 \"\\\n\0", k=chance.choice((0, 1, 5, 140))))
        if kind == "uuid":
            return base64.urlsafe_b64encode(chance.randbytes(16)).decode().rstrip("=")
        if kind in ("bytes", "records"):
            return base64.b64encode(chance.randbytes(chance.choice((0, 1, 100, 300)))).decode()
        return self.struct(field.get("fields") or self.common[kind])


def in_hex(value, schema, common):
    """Kafka's JSON with strings, bytes and UUIDs in hex, as ours has them. It shows records as
    empty always: that they are right is seen by the bytes that we write."""
    fields = {field["name"][0].lower() + field["name"][1:]: field for field in schema}

    def single(item, kind, field):
        if item is None or isinstance(item, (bool, int, float)):
            return item
        if kind == "string":
            return item.encode().hex()
        if kind == "uuid":
            return base64.urlsafe_b64decode(item + "==").hex()
        if kind == "records":
            return ANY
        if kind == "bytes":
            return base64.b64decode(item).hex()
        return in_hex(item, field.get("fields") or common[kind], common)

    def member(item, field):
        kind = field["type"].removeprefix("[]")
        if kind != field["type"] and item is not None:
            return [single(element, kind, field) for element in item]
        return single(item, kind, field)
    return {name: member(item, fields[name]) for name, item in value.items()}


def only_those_of(ours, theirs):
    """Kafka leaves out tagged fields that have their default; what we have more is such a field."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {name: only_those_of(ours.get(name, "missing"), value) for name, value in theirs.items()}
    if isinstance(theirs, list) and isinstance(ours, list) and len(ours) == len(theirs):
        return [only_those_of(*pair) for pair in zip(ours, theirs)]
    return ours


def cases(schemas):
    """(message's name, version) of all that is served."""
    for api, (first, last, _) in make_messages.APIS.items():
        for name in (api + "Request", api + "Response"):
            valid = make_messages.versions(schemas[name]["validVersions"])
            for version in range(first, min(last, valid[1]) + 1):
                yield name, version
    yield from [("RequestHeader", 1), ("RequestHeader", 2), ("ResponseHeader", 0),
                ("ResponseHeader", 1)]


def latest(schema):
    return make_messages.versions(schema["validVersions"])[1]


def compare(schema, ours, theirs, case):
    common = {struct["name"]: struct["fields"] for struct in schema.get("commonStructs", [])}
    expected = in_hex(theirs, schema["fields"], common)
    assert only_those_of(ours, expected) == expected, case


# ---- tests

def test_messages_are_made_from_the_schemas():
    """If this fails: plugins/source-kafka-wire/make_messages.py KAFKA-CLIENTS.JAR"""
    subprocess.run([sys.executable, FOLDER / "make_messages.py", maven.kafka_clients_jar(), "--check"], check=True)


def test_error_codes():
    text = (FOLDER / "kafka_errors.h").read_text()
    ours = {name: int(code) for name, code in re.findall(r"X\((\w+), (-?\d+)\)", text)}
    theirs = json.loads(ask_kafka(["errors"], newest=True)[0])
    assert ours == theirs


def test_every_message_in_every_version(schemas):
    asked = [(name, version, seed) for name, version in cases(schemas)
             for seed in range(count(12, 500))]
    theirs = ask_kafka((f"message {name} {version} " + json.dumps(
        Chance(schemas[name], version, seed).struct(schemas[name]["fields"]))
        for name, version, seed in asked), newest=True)
    theirs = [answer.split("\t") for answer in theirs]
    ours = ask_us(f"message {name} {version} {latest(schemas[name])} {answer[0]}"
                  for (name, version, _), answer in zip(asked, theirs))
    assert len(asked) > 3000
    compared = 0
    for case, (their_bytes, *their_jsons), our_answer in zip(asked, theirs, ours):
        assert "refused" not in our_answer, (case, our_answer, their_jsons)
        our_bytes, *our_jsons = our_answer.split("\t")
        assert our_bytes == their_bytes, case
        for our_json, their_json in zip(our_jsons, their_jsons):
            if their_json != "-":
                compare(schemas[case[0]], json.loads(our_json), json.loads(their_json), case)
                compared += 1
    assert compared > 1.5 * len(asked)
