# SPDX-License-Identifier: Apache-2.0
"""kafka-python's own integration tests: what passes on Apache Kafka passes on headrace, but for
what kafka_python_differences.tsv gives a reason for."""
import pathlib

from harness import kafka_python_suite as suite
from harness import maven
from harness.two_columns import Row, TwoColumns, read_reasons
from harness.waiting import is_long

REASONS = pathlib.Path(__file__).parent / "kafka_python_differences.tsv"


def on_headrace(broker, folder, reasons):
    """{test: result}. Now and then a consumer of kafka-python waits for ever: a subscription that is
    made while an answer to Metadata is read is not asked for. So what fails is tried again; a fault
    of headrace fails each time."""
    found = suite.run(broker, suite.HEADRACE_SPEAKS, folder, "suite-on-headrace")
    for attempt in range(2, 6):
        table = TwoColumns("", [Row(test, None, result) for test, result in found.items()], reasons)
        failed = [row.test for row in table.unexplained()]
        if failed:
            found |= suite.run(broker, suite.HEADRACE_SPEAKS, folder, f"suite-{attempt}", failed)
    return found


def test_kafka_pythons_own_tests(broker_factory, request, folder, show_table):
    """Every day on headrace only; scripts/test --long has Kafka beside it, and shows the table."""
    broker = broker_factory(suite.HEADRACE_SETTINGS)
    reasons = read_reasons(REASONS)
    ours = on_headrace(broker, folder, reasons)
    theirs = {}
    if is_long():
        kafka = request.getfixturevalue("kafka_factory")(suite.kafka_settings)
        theirs = suite.run(kafka, maven.KAFKA_VERSION, folder, "suite-on-kafka")
        assert theirs.keys() == ours.keys()
    table = TwoColumns(suite.TITLE, [Row(test, theirs.get(test), result)
                                     for test, result in ours.items()], reasons)
    assert len(ours) > 50
    if is_long() or table.problems():
        show_table(table.text())
    assert table.problems() == []
