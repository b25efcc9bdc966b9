# SPDX-License-Identifier: Apache-2.0
"""Avro in Confluent's wire format, read and written by others: fastavro and confluent-kafka."""
import io
import json
import struct

import fastavro
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

# What fastavro makes of logical types is Python's; the data below is compared as it is encoded.
_PLAIN = {"logicalType", "scale", "precision"}


def plain(schema):
    """The schema without logical types, so that data is read as it is encoded."""
    if isinstance(schema, list):
        return [plain(part) for part in schema]
    if isinstance(schema, dict):
        return {name: plain(part) if name in ("type", "items", "values", "fields") else part
                for name, part in schema.items() if name not in _PLAIN}
    return schema


def schema_id(data):
    magic, number = struct.unpack(">bI", data[:5])
    assert magic == 0
    return number


def reader_of(registry):
    """read(bytes): the datum, None for None. Nothing may be left over."""
    schemas = {}

    def read(data):
        if data is None:
            return None
        number = schema_id(data)
        if number not in schemas:
            text = registry.request("GET", f"/schemas/ids/{number}")["schema"]
            schemas[number] = fastavro.parse_schema(plain(json.loads(text)))
        stream = io.BytesIO(data[5:])
        datum = fastavro.schemaless_reader(stream, schemas[number], None)
        assert not stream.read()
        return datum
    return read


def reader_as(registry, schema):
    """read(topic, bytes, field): as data of this schema, by fastavro alone."""
    reader = fastavro.parse_schema(schema)

    def read(_topic, data, _field):
        text = registry.request("GET", f"/schemas/ids/{schema_id(data)}")["schema"]
        writer = fastavro.parse_schema(json.loads(text))
        return fastavro.schemaless_reader(io.BytesIO(data[5:]), writer, reader)
    return read


def deserializer(registry, schema=None):
    """read(topic, bytes, field): confluent-kafka's own reader; `schema`: the reader's own."""
    read = AvroDeserializer(SchemaRegistryClient({"url": registry.url}),
                            schema and json.dumps(schema))
    return lambda topic, data, field: read(data, SerializationContext(topic, field))


def serializer(registry, schema):
    """write(topic, datum, field): confluent-kafka's own writer."""
    client = SchemaRegistryClient({"url": registry.url})
    write = AvroSerializer(client, json.dumps(schema) if not isinstance(schema, str) else schema)
    return lambda topic, datum, field=MessageField.VALUE: write(
        datum, SerializationContext(topic, field))


def schema_of(name, datum):
    """A record's schema for a datum of numbers and texts, each of which may be null."""
    types = {int: "long", str: "string", float: "double", bool: "boolean", bytes: "bytes"}
    return {"type": "record", "name": name, "fields": [
        {"name": field, "type": ["null", types[type(value)]], "default": None}
        for field, value in datum.items()]}


def record(registry, topic, key, value):
    """(key, value) of a record with a row, as confluent-kafka writes it."""
    return (serializer(registry, schema_of("Key", key))(topic, key, MessageField.KEY),
            value and serializer(registry, schema_of("Row", {**key, **value}))(
                topic, {**key, **value}))
