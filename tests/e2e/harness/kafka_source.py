# SPDX-License-Identifier: Apache-2.0
"""Pipelines from Kafka to standard output."""
from .waiting import wait_until


def to_stdout(kafka, topics, checkpoint="none", name="reader", pipeline=None, **source):
    """Sections of a pipeline that prints records. `source`: keys of the source."""
    keys = {key.replace("rdkafka_", "rdkafka.").replace("__", "."): value
            for key, value in source.items()}
    return {
        name: {"source": "kafka", "sink": "stdout", "checkpoint": checkpoint, **(pipeline or {})},
        f"{name}.source": {"brokers": kafka.brokers, "topics": topics, "group": f"g-{topics}",
                           **keys},
        f"{name}.sink": {},
    }


def values(*programs):
    """The values that they have printed, in order."""
    return [line["value"] for program in programs for line in program.lines()]


def wait_values(*programs, number, timeout=30):
    """Waits until they have printed so many records; their values."""
    def give_up():
        for program in programs:
            program.must_run()
    wait_until(lambda: len(values(*programs)) >= number, timeout,
               lambda: f"{number} records, there are {len(values(*programs))}", give_up=give_up)
    return values(*programs)
