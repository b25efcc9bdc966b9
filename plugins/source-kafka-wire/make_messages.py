#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes messages*.[ch] (C structs and tables of fields) from the schemas in the kafka-clients jar.

usage: make_messages.py KAFKA-CLIENTS.JAR [--check]

--check compares with the files that are there instead of writing them."""
import json
import pathlib
import re
import sys
import zipfile

FOLDER = pathlib.Path(__file__).resolve().parent

# What is served, the one list: API, first and last version, and the file that it goes into.
# The schemas may end before the last version; then so do we.
APIS = {
    "Produce": (3, 13, "data"),
    "Fetch": (4, 18, "data"),
    "ListOffsets": (1, 11, "data"),
    "Metadata": (0, 13, "data"),
    "OffsetCommit": (2, 10, "group"),
    "OffsetFetch": (1, 10, "group"),
    "FindCoordinator": (0, 6, "group"),
    "JoinGroup": (0, 9, "group"),
    "Heartbeat": (0, 4, "group"),
    "LeaveGroup": (0, 5, "group"),
    "SyncGroup": (0, 5, "group"),
    "DescribeGroups": (0, 6, "group"),
    "ListGroups": (0, 5, "group"),
    "SaslHandshake": (0, 1, "data"),
    "ApiVersions": (0, 5, "data"),
    "CreateTopics": (2, 7, "admin"),
    "DeleteTopics": (1, 6, "admin"),
    "DeleteRecords": (0, 2, "admin"),
    "InitProducerId": (0, 5, "data"),
    "OffsetForLeaderEpoch": (2, 4, "data"),
    "DescribeAcls": (1, 3, "admin"),
    "CreateAcls": (1, 3, "admin"),
    "DeleteAcls": (1, 3, "admin"),
    "DescribeConfigs": (1, 4, "admin"),
    "AlterConfigs": (0, 2, "admin"),
    "AlterReplicaLogDirs": (1, 2, "admin"),
    "DescribeLogDirs": (1, 5, "admin"),
    "SaslAuthenticate": (0, 2, "data"),
    "CreatePartitions": (0, 3, "admin"),
    "DeleteGroups": (0, 3, "group"),
    "ElectLeaders": (0, 2, "admin"),
    "IncrementalAlterConfigs": (0, 1, "admin"),
    "AlterPartitionReassignments": (0, 1, "admin"),
    "ListPartitionReassignments": (0, 0, "admin"),
    "DescribeClientQuotas": (0, 1, "admin"),
    "OffsetDelete": (0, 0, "group"),
    "DescribeUserScramCredentials": (0, 0, "admin"),
    "AlterUserScramCredentials": (0, 0, "admin"),
    "DescribeCluster": (0, 2, "admin"),
    "DescribeProducers": (0, 0, "admin"),
    "ConsumerGroupHeartbeat": (0, 1, "group"),
    "ListConfigResources": (0, 1, "admin"),
    "DescribeTopicPartitions": (0, 0, "data"),
}
# librdkafka takes the absence of old versions of Produce for a broker that cannot compress
# (KAFKA-18659), so Kafka advertises them without serving them; and so do we.
ADVERTISED_FROM = {"Produce": 0}

AREAS = ("data", "group", "admin")
HEADERS = ("RequestHeader", "ResponseHeader")

SCALARS = {  # of the schema: the table's, C's, the arrays' name
    "bool": ("WIRE_BOOL", "bool", None),
    "int8": ("WIRE_INT8", "int8_t", "int8"),
    "int16": ("WIRE_INT16", "int16_t", None),
    "uint16": ("WIRE_UINT16", "uint16_t", None),
    "int32": ("WIRE_INT32", "int32_t", "int32"),
    "uint32": ("WIRE_UINT32", "uint32_t", None),
    "int64": ("WIRE_INT64", "int64_t", "int64"),
    "float64": ("WIRE_FLOAT64", "double", None),
    "uuid": ("WIRE_UUID", "struct wire_uuid", "uuid"),
    "string": ("WIRE_STRING", "struct wire_slice", "slice"),
    "bytes": ("WIRE_BYTES", "struct wire_slice", "slice"),
    "records": ("WIRE_BYTES", "struct wire_slice", "slice"),
}
NO_VERSIONS = (0, -1)
LATEST = 32767
C_WORDS = set("auto break case char const continue default do double else enum extern float for "
              "goto if inline int long register return short signed sizeof static struct switch "
              "typedef union unsigned void volatile while bool true false".split())

NOTICE = ("/* SPDX-License-Identifier: Apache-2.0\n"
          " *\n"
          " * Made by make_messages.py from the schemas of Kafka's messages: change that instead. */\n"
          "/* clang-format off */\n")


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def versions(text):
    """'3+', '3-5', '3' or 'none'."""
    if text in (None, "none"):
        return NO_VERSIONS
    first, dash, last = text.partition("-")
    if first.endswith("+"):
        return int(first[:-1]), LATEST
    return int(first), int(last if dash else first)


def braces(range_):
    return "{%d, %s}" % (range_[0], "WIRE_LATEST" if range_[1] == LATEST else range_[1])


def include(header):
    return f'#include "{header}"'


def read_schemas(jar):
    schemas = {}
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"common/message/\w+\.json", name):
                text = archive.read(name).decode()
                schema = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
                schemas[schema["name"]] = schema
    return schemas


class Field:
    def __init__(self, message, schema):
        self.schema = schema
        self.array = schema["type"].startswith("[]")
        self.type = schema["type"].removeprefix("[]")
        self.name = snake(schema["name"])
        assert self.name not in C_WORDS, self.name
        self.struct = None if self.type in SCALARS else message.struct_name(self.type)
        self.nullable = versions(schema.get("nullableVersions"))
        self.pointer = bool(self.struct) and not self.array and self.nullable != NO_VERSIONS
        assert not self.pointer or schema.get("default") == "null", self.name

    def c_type(self):
        if self.array:
            element = self.struct or "wire_" + SCALARS[self.type][2]
            return f"struct {element}_array "
        if self.struct:
            return f"struct {self.struct} {'*' if self.pointer else ''}"
        return SCALARS[self.type][1] + " "

    def initial(self):
        """Null or not, and the number."""
        default = self.schema.get("default")
        if default is None or default == "":
            return False, 0
        if default == "null":
            return True, 0
        assert not self.array and not self.struct and self.type not in ("string", "bytes"), self.name
        truth = {"true": 1, "false": 0}
        text = str(default).strip().lower()
        return False, truth[text] if text in truth else int(text, 0)

    def row(self, owner):
        null, number = self.initial()
        parts = [f'"{self.schema["name"]}"', f".offset = offsetof(struct {owner}, {self.name})",
                 f".type = {SCALARS[self.type][0] if not self.struct else 'WIRE_STRUCT'}",
                 f".versions = {braces(versions(self.schema['versions']))}",
                 f".nullable = {braces(self.nullable)}",
                 f".tagged = {braces(versions(self.schema.get('taggedVersions')))}"]
        flags = {"array": self.array, "pointer": self.pointer, "initially_null": null,
                 "ignorable": self.schema.get("ignorable", False),
                 "never_compact": self.schema.get("flexibleVersions") == "none"}
        parts += [f".{flag} = true" for flag, on in flags.items() if on]
        if number:
            parts.append(f".initial = {number}" if number != -2 ** 63 else ".initial = INT64_MIN")
        if "tag" in self.schema:
            parts.append(f".tag = {self.schema['tag']}")
        if self.struct:
            parts.append(f".layout = &{self.struct}_layout")
        return "  {" + ", ".join(parts) + "},"


class Message:
    """The structs of a schema, inner ones first."""

    def __init__(self, schema):
        self.name = schema["name"]
        self.flexible = versions(schema["flexibleVersions"])
        self.first_flexible = self.flexible[0] if self.flexible != NO_VERSIONS else LATEST
        self.structs = {}  # C name: fields
        self.common = {struct["name"]: struct for struct in schema.get("commonStructs", [])}
        self.add(self.name, schema["fields"])

    def struct_name(self, name):
        """What the message's own name says already is left out."""
        if name == self.name:
            return snake(name)
        api = re.sub(r"(Request|Response)$", "", self.name)
        for prefix in (self.name, api):
            if name.startswith(prefix) and name[len(prefix):len(prefix) + 1].isupper():
                name = name[len(prefix):]
                break
        return snake(self.name) + "_" + snake(name)

    def add(self, name, fields):
        own = [Field(self, field) for field in fields]
        tags = [field["tag"] for field in fields if "tag" in field]
        assert tags == sorted(tags) and len(tags) <= 32, name  # wire_write.c counts on both
        for field in own:
            inner = field.schema.get("fields") or self.common.get(field.type, {}).get("fields")
            if field.struct and field.struct not in self.structs:
                self.add(field.type, inner)
        assert self.struct_name(name) not in self.structs, name
        self.structs[self.struct_name(name)] = own

    def declarations(self):
        arrays = {field.struct for fields in self.structs.values() for field in fields
                  if field.array and field.struct}
        lines = []
        for name, fields in self.structs.items():
            lines += ["", f"struct {name} {{"]
            lines += [f"  {field.c_type()}{field.name};" for field in fields] or ["  char nothing;"]
            lines.append("};")
            if name in arrays:
                lines.append(f"struct {name}_array {{ struct {name} *items; int32_t count; }};")
        return lines + [""] + [f"extern const struct wire_layout {name}_layout;" for name in self.structs]

    def tables(self):
        lines = []
        for name, fields in self.structs.items():
            table = "NULL"
            if fields:
                table = f"{name}_fields"
                lines += ["", f"static const struct wire_field {table}[] = {{"]
                lines += [field.row(name) for field in fields] + ["};"]
            flexible = "WIRE_LATEST" if self.first_flexible == LATEST else self.first_flexible
            lines.append(f'const struct wire_layout {name}_layout = {{"{self.name}", {table}, '
                         f"{len(fields)}, sizeof(struct {name}), {flexible}}};")
        return lines


def overview(schemas):
    """messages.h and messages.c: the keys, and the table of APIs."""
    header = [NOTICE + "#ifndef HEADRACE_KAFKA_MESSAGES_H\n#define HEADRACE_KAFKA_MESSAGES_H", ""]
    header += ["enum wire_key {"]
    rows = []
    for name in sorted(APIS, key=lambda api: schemas[api + "Request"]["apiKey"]):
        request, response = schemas[name + "Request"], schemas[name + "Response"]
        assert request["flexibleVersions"] == response["flexibleVersions"], name
        first, last, _ = APIS[name]
        valid = versions(request["validVersions"])
        assert valid[0] <= first <= valid[1], name
        last = min(last, valid[1])
        header.append(f"  KEY_{snake(name).upper()} = {request['apiKey']},")
        flexible = versions(request["flexibleVersions"])
        rows.append(f'  {{{request["apiKey"]}, "{name}", {braces((first, last))}, '
                    f"{braces((ADVERTISED_FROM.get(name, first), last))}, "
                    f"{'WIRE_LATEST' if flexible == NO_VERSIONS else flexible[0]}, "
                    f"&{snake(name)}_request_layout, &{snake(name)}_response_layout}},")
    header += ["};"] + [include(f"messages_{area}.h") for area in AREAS] + ["#endif"]
    source = [NOTICE + include("wire.h"), "const struct wire_api wire_apis[] = {", *rows, "};",
              "const size_t wire_api_count = sizeof wire_apis / sizeof *wire_apis;"]
    return header, source


def generate(schemas):
    """The files' texts by name."""
    files = {}
    files["messages.h"], files["messages.c"] = overview(schemas)
    for area in AREAS:
        guard = f"HEADRACE_KAFKA_MESSAGES_{area.upper()}_H"
        names = [api + kind for api, what in APIS.items() if what[2] == area
                 for kind in ("Request", "Response")]
        messages = [Message(schemas[name]) for name in names + list(HEADERS if area == "data" else ())]
        files[f"messages_{area}.h"] = [NOTICE + f"#ifndef {guard}\n#define {guard}", *(
            line for message in messages for line in message.declarations()), "#endif"]
        files[f"messages_{area}.c"] = [NOTICE + include("wire.h"), *(
            line for message in messages for line in message.tables())]
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def main(arguments):
    if not arguments or arguments[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    files = generate(read_schemas(arguments[0]))
    if arguments[1:]:
        stale = [name for name, text in files.items() if (FOLDER / name).read_text() != text]
        sys.exit(f"not up to date: {', '.join(stale)}" if stale else 0)
    for name, text in files.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
