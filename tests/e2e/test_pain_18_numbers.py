# SPDX-License-Identifier: Apache-2.0
"""Numbers of any size and scale arrive digit by digit; what is no number is told apart."""
import base64
import decimal

import pytest

from harness.program import to_stdout
from harness.waiting import count, wait_until

SCHEMA = """
create table numbers (id int primary key, free numeric, fixed numeric(40, 12), cash money);
"""
ROWS = """
select setseed(0.18);
insert into numbers
select id, trunc(((random() - 0.5) * 10.0 ^ (random() * 80 - 40))::numeric, (id % 50)),
       ((random() - 0.5) * 10.0 ^ (random() * 24))::numeric, ((random() - 0.5) * 1e12)::numeric::money
from generate_series(1, %s) id;
insert into numbers values
  (-1, 'NaN', 'NaN', '-92233720368547758.08'), (-2, 'Infinity', null, '92233720368547758.07'),
  (-3, '-Infinity', null, 0), (-4, repeat('9', 131072)::numeric, repeat('9', 28)::numeric, -0.01),
  (-5, ('-0.' || repeat('0', 16382) || '1')::numeric, -0.000000000001, 0.1),
  (-6, 1.10, 0, null), (-7, 10000, 1e27, null), (-8, null, null, null);
"""


def bytes_of(text, scale):
    return decimal.Decimal(int.from_bytes(base64.b64decode(text), "big", signed=True)).scaleb(-scale)


def precise(row):
    """What a consumer makes of Debezium's Decimal and VariableScaleDecimal."""
    free, fixed, cash = row["free"], row["fixed"], row["cash"]
    return (free and bytes_of(free["value"], free["scale"]), fixed and bytes_of(fixed, 12),
            cash and bytes_of(cash, 2))


SPECIAL = {"NAN": "NaN", "POSITIVE_INFINITY": "Infinity", "NEGATIVE_INFINITY": "-Infinity"}


def texts(row):
    return tuple(value and decimal.Decimal(SPECIAL.get(value, value))
                 for value in (row["free"], row["fixed"], row["cash"]))


@pytest.mark.parametrize("mode, read", [("precise", precise), ("string", texts)])
def test_no_digit_is_lost(db, headrace, mode, read):
    db.sql(SCHEMA)
    program = headrace(to_stdout(db, "n", "public.numbers", {"decimal": mode}))
    db.wait_streaming(f"n_{db.name}", program)
    rows = count(500, 50_000)
    with db.connect() as connection:
        connection.execute(ROWS.replace("%s", str(rows)))
    wait_until(lambda: len(program.lines()) == rows + 8, what="all rows", interval=0.2,
               give_up=program.must_run)
    decimal.getcontext().prec = 200_000
    expected = {row[0]: row[1:] for row in db.sql(
        "select id, free, fixed, cash::numeric from numbers")}
    for line in program.lines():
        row = line["value"]["after"]
        wanted = expected[row["id"]]
        if mode == "precise":  # Debezium's has no place for these; the string mode has
            wanted = tuple(value if value is not None and value.is_finite() else None
                           for value in wanted)
        found = read(row)
        assert [str(value) for value in map(normal, found)] == \
            [str(value) for value in map(normal, wanted)], row["id"]


def normal(value):
    """Trailing zeros do not count: Debezium's scale of a free numeric drops them."""
    return value if value is None or not value.is_finite() else value.normalize()
