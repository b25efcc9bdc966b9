# SPDX-License-Identifier: Apache-2.0
"""Chunks that several workers of several processes read are of one moment."""
from test_snapshot_modes import Transfers, accounts, only, total  # pylint: disable=unused-import

from pgoutput import changes


def test_the_sum_of_moved_money(accounts, headrace):  # pylint: disable=redefined-outer-name
    """Every other way of reading would find some of it twice, or not at all."""
    sections = only(accounts, checkpoint="none", tables="a, b", snapshot_chunk_rows=50,
                    snapshot_workers=2)
    with Transfers(accounts):
        programs = [headrace(sections) for _ in range(2)]
        assert [program.wait(60) for program in programs] == [0, 0]
    assert total([change for program in programs for change in changes(program)]) == 1_000_000
