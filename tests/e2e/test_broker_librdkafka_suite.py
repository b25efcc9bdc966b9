# SPDX-License-Identifier: Apache-2.0
"""librdkafka's own tests: what passes on Apache Kafka passes on headrace, but for what
librdkafka_differences.tsv gives a reason for."""
import concurrent.futures
import pathlib

import pytest

from harness.librdkafka_suite import DEFAULT, NEWEST, NO_AUTO_CREATE, RELEASES, Runner, Suite
from harness.two_columns import Row, TwoColumns, read_reasons
from harness.waiting import is_long

REASONS = pathlib.Path(__file__).parent / "librdkafka_differences.tsv"

# Of what is run every day: numbers, and parts of the admin API's.
EVERY_DAY = """0011 0022 0030 0034 0036 0042 0044 0053 0054 0056 0060 0067 0073 0082 0090 0099 0112
0118 0127 0130 0140 AlterConfigs AlterConsumerGroupOffsets CreatePartitions DeleteRecords DescribeTopics
ListOffsets UserScramCredentials""".split()


def kafka_settings(automatic):
    return {
        "num.partitions": 4,
        "auto.create.topics.enable": str(automatic).lower(),
        "group.initial.rebalance.delay.ms": 3000,  # Kafka's default: some tests count rebalances
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }


def headrace_settings(automatic):
    return {"default_partitions": "4", "auto_create_topics": "yes" if automatic else "no"}


def run(suite, make_server, folder):
    """All of it on servers of one kind, one with topics that appear when they are named and one
    without: {test: result}."""
    results = {}
    for scenario in (DEFAULT, NO_AUTO_CREATE):
        server = make_server(scenario == DEFAULT)
        runner = Runner(suite, server, folder / scenario)
        results |= runner.run([job for job in suite.jobs if job.scenario == scenario], 2)
        server.stop()
    return results


def check(version, rows, whole, show_table):
    table = TwoColumns(f"librdkafka {version}, tests/", rows, read_reasons(REASONS), whole)
    show_table(table.text())
    assert table.problems() == []


@pytest.mark.skipif(not is_long(), reason="--long: takes a quarter of an hour")
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("version", RELEASES)
def test_all_on_both(version, broker_factory, kafka_factory, folder, show_table):
    suite = Suite(version)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ours = pool.submit(run, suite, lambda automatic: broker_factory(
            headrace_settings(automatic)), folder / "headrace")
        theirs = pool.submit(run, suite, lambda automatic: kafka_factory(
            kafka_settings(automatic)), folder / "kafka")
        ours, theirs = ours.result(), theirs.result()
    check(version, [Row(test, theirs[test], result) for test, result in ours.items()],
          version == NEWEST, show_table)


@pytest.mark.skipif(is_long(), reason="all of it is run")
@pytest.mark.timeout(600)  # the first time it is built
def test_some_on_headrace(broker_factory, folder, show_table):
    suite = Suite(NEWEST)
    broker = broker_factory(headrace_settings(True) | {"group_initial_rebalance_delay": "0"})
    runner = Runner(suite, broker, folder / "headrace")
    some = [job for job in suite.jobs if job.scenario == DEFAULT and
            {job.number, (job.part or "").removeprefix("do_test_")} & set(EVERY_DAY)]
    results = runner.run(some, 6)
    assert len(results) > 20
    check(NEWEST, [Row(test, None, result) for test, result in results.items()], False, show_table)
