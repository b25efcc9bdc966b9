# SPDX-License-Identifier: Apache-2.0
"""The check of the kill -9 tests sees what it is there to see."""
import json

import pytest

from harness.kafka import Record
from harness.load import check_topic

HISTORIES = {1: [("c", 1), ("u", 2), ("u", 4), ("d", 4)], 2: [("c", 3)]}


def records(*changes, partition=0):
    made = []
    for key, op, version in changes:
        row = {"id": key, "version": version}
        value = {"op": op, "before": row if op == "d" else None,
                 "after": None if op == "d" else row}
        made.append(Record("t", partition, len(made), json.dumps({"id": key}).encode(),
                           json.dumps(value).encode(), [], 0))
    return made


ALL = [(1, "c", 1), (1, "u", 2), (2, "c", 3), (1, "u", 4), (1, "d", 4)]


def test_complete():
    assert check_topic(records(*ALL), HISTORIES) == []


def test_stretch_that_came_again():
    again = ALL[:4] + ALL[1:]
    assert check_topic(records(*again), HISTORIES) == ALL[1:4]


@pytest.mark.parametrize("changes, complaint", [
    (ALL[:-1], r"\{1: \(2, 3\)\}"),
    (ALL[:2] + ALL[3:], r"\{2: \(None, 0\)\}"),
    (ALL[:1] + ALL[2:], "was not there yet"),
    ([ALL[1], ALL[0], *ALL[2:]], "was not there yet"),
    (ALL + [(1, "u", 9)], "never happened"),
    (ALL + [(1, "u", 2)], r"\{1: \(1, 3\)\}"),
], ids=["last missing", "key missing", "gap", "swapped", "invented", "old one last"])
def test_faults(changes, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check_topic(records(*changes), HISTORIES)


def test_key_in_two_partitions():
    with pytest.raises(AssertionError, match="two partitions"):
        check_topic(records(*ALL) + records(ALL[-1], partition=1), HISTORIES)
