# SPDX-License-Identifier: Apache-2.0
"""codec-json, reading: a record that it cannot use is where the pipeline's `errors` says, and no
one sees its value in a log."""
import json

from harness.kafka_source import to_stdout, wait_values

BAD = '{"id":"SECRET",}'
PLACE = r"event rejected .malformed.: record at offset 1 of partition 0 of topic {}: its value is " \
        r"not JSON: the name of a member is no string; "


def with_codec(kafka, topic, errors, **codec):
    sections = to_stdout(kafka, topic)
    sections["reader"] |= {"codec": "json", "errors": errors}
    return {**sections, "reader.codec": codec}


def produce(kafka, topic, *values):
    kafka.create_topic(topic)
    kafka.produce(topic, [('{"id":1}', value) for value in values])


def test_a_record_that_is_no_json_stops_the_pipeline(kafka, headrace, topic):
    produce(kafka, topic, '{"id":1}', BAD, '{"id":2}')
    program = headrace(with_codec(kafka, topic, "stop"))
    program.wait_log(PLACE.format(topic) + "the pipeline stops")
    assert program.wait() != 0
    assert "SECRET" not in program.log.text()


def test_a_record_that_is_no_json_is_skipped(kafka, headrace, topic):
    produce(kafka, topic, '{"id":1}', BAD, '{"id":2}')
    program = headrace(with_codec(kafka, topic, "skip"))
    assert wait_values(program, number=2) == [{"id": 1}, {"id": 2}]
    program.wait_log(PLACE.format(topic) + "it is skipped .rejected so far: 1")
    assert program.stop() == 0
    assert "SECRET" not in program.log.text()


def test_what_says_nothing_new_is_dropped(kafka, headrace, topic):
    source = {"schema": "public", "table": "t"}
    deleted = json.dumps({"before": {"id": 1}, "after": None, "op": "d", "source": source})
    end = {"status": "END", "id": "1:1", "event_count": 1, "data_collections": [], "ts_ms": 1}
    produce(kafka, topic, deleted, None, json.dumps(end), None)
    program = headrace(with_codec(kafka, topic, "stop"))
    assert wait_values(program, number=2) == [json.loads(deleted), None]
    assert program.stop() == 0
