# SPDX-License-Identifier: Apache-2.0
"""librdkafka's own tests: what passes on Apache Kafka passes on headrace, but for what
librdkafka_differences.tsv gives a reason for."""
import concurrent.futures
import pathlib

import pytest

from harness import librdkafka_suite as suite
from harness.two_columns import Row, TwoColumns, read_reasons
from harness.waiting import is_long

REASONS = pathlib.Path(__file__).parent / "librdkafka_differences.tsv"

# Of what is run every day: numbers, and parts of the admin API's.
EVERY_DAY = """0011 0022 0030 0034 0036 0042 0044 0053 0054 0056 0060 0067 0073 0082 0090 0099 0112
0118 0127 0130 0140 AlterConsumerGroupOffsets CreatePartitions DeleteRecords DescribeTopics
ListOffsets""".split()


def kafka_settings(automatic):
    return {
        "num.partitions": 4,
        "auto.create.topics.enable": str(automatic).lower(),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }


def headrace_settings(automatic):
    return {"default_partitions": "4", "auto_create_topics": "yes" if automatic else "no",
            "group_initial_rebalance_delay": "0"}


def run(make_server, folder):
    """All of it on servers of one kind, one with topics that appear when they are named and one
    without: {test: result}."""
    results = {}
    for scenario in (suite.DEFAULT, suite.NO_AUTO_CREATE):
        server = make_server(scenario == suite.DEFAULT)
        runner = suite.Runner(server, folder / scenario)
        results |= runner.run([job for job in suite.jobs() if job.scenario == scenario], 2)
        server.stop()
    return results


def check(rows, whole, show_table):
    table = TwoColumns(suite.TITLE, rows, read_reasons(REASONS), whole)
    show_table(table.text())
    assert table.problems() == []


@pytest.mark.skipif(not is_long(), reason="--long: takes a quarter of an hour")
@pytest.mark.timeout(5400)
def test_all_on_both(broker_factory, kafka_factory, folder, show_table):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ours = pool.submit(run, lambda automatic: broker_factory(headrace_settings(automatic)),
                           folder / "headrace")
        theirs = pool.submit(run, lambda automatic: kafka_factory(kafka_settings(automatic)),
                             folder / "kafka")
        ours, theirs = ours.result(), theirs.result()
    check([Row(test, theirs[test], result) for test, result in ours.items()], True, show_table)


@pytest.mark.skipif(is_long(), reason="all of it is run")
def test_some_on_headrace(broker_factory, folder, show_table):
    runner = suite.Runner(broker_factory(headrace_settings(True)), folder / "headrace")
    some = [job for job in suite.jobs() if job.scenario == suite.DEFAULT and
            {job.number, (job.part or "").removeprefix("do_test_")} & set(EVERY_DAY)]
    results = runner.run(some, 4)
    assert len(results) > 20
    check([Row(test, None, result) for test, result in results.items()], False, show_table)
