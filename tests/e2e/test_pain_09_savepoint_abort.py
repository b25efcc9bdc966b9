# SPDX-License-Identifier: Apache-2.0
"""A savepoint that is rolled back takes its own rows along, and no others."""
import pytest

from harness.waiting import count
from pgoutput import ids, pipeline, run_until_confirmed, started

STREAMING = {"at the commit": {}, "in progress": {"streaming": "yes"}}


@pytest.mark.parametrize("mode", STREAMING)
def test_exactly_what_was_committed(numbers, headrace, mode):
    """The server begins to send such a transaction while it runs, if it may."""
    rows = count(5_000, 50_000)
    numbers.cluster.sql(f"alter database {numbers.name} set logical_decoding_work_mem = '64kB'")
    program = started(headrace, pipeline(numbers, tables="t", **STREAMING[mode]))
    fill = ("insert into t select g, repeat('x', 100) "
            f"from generate_series({{}}, {{}} + {rows - 1}) g;")
    with numbers.connect(autocommit=False) as connection:
        connection.execute(fill.format(0, 0))
        connection.execute("savepoint outer_one;" + fill.format(rows, rows) +
                           "savepoint inner_one;" + fill.format(2 * rows, 2 * rows) +
                           "release inner_one; rollback to outer_one;")
        connection.execute(fill.format(3 * rows, 3 * rows))
        connection.execute("savepoint kept;" + fill.format(4 * rows, 4 * rows) + "release kept")
    with numbers.connect(autocommit=False) as connection:
        connection.execute(fill.format(9 * rows, 9 * rows))
        connection.rollback()
    found = ids(run_until_confirmed(numbers, program, pipeline(numbers)))
    assert found == [*range(rows), *range(3 * rows, 5 * rows)]
