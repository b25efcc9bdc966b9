# SPDX-License-Identifier: Apache-2.0
"""The differences between Debezium and headrace that are meant: the rows of the first table in
docs/debezium-compatibility.md, by the same names. debezium_tolerances.tsv has them value by
value; here are those that are not constant."""
import pathlib
import re

# Not compared at all: (name, pattern in the value, what is left of it).
CUTS = [
    ("version", rb'"source":\{"version":"[^"]*"', b'"source":{"version":""'),
    ("clock", rb'("op":"[curdt]"),"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+', rb"\1"),
    ("clock", rb'(\{"op":"m"),"ts_ms":\d+', rb"\1"),
]


def message_clock(difference):
    """source.ts_* of a message outside of transactions, in ms, us or ns: both are clocks."""
    unit = {"ts_ms": 10 ** 3, "ts_us": 10 ** 6, "ts_ns": 10 ** 9}.get(difference.path[-1])
    return (unit is not None and difference.operation == "m" and
            abs(int(difference.theirs) - int(difference.ours)) < 60 * unit)


def nullable_unique_key(difference):
    return (difference.table == "uniq" and difference.path == ("key",) and
            difference.ours == "(none)" and
            re.search(r'\{"a":(1|null)\}\}?$', difference.theirs) is not None)


PREDICATES = {"message-clock": message_clock, "nullable-unique-key": nullable_unique_key}


def _read_table():
    """{(place, Debezium's text, headrace's text): name}"""
    table = {}
    text = pathlib.Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            name, places, theirs, ours = line.split("\t")
            table.update({(place, theirs, ours): name for place in places.split(", ")})
    return table


TABLE = _read_table()
NAMES = {name for name, _, _ in CUTS} | set(PREDICATES) | set(TABLE.values())


def explanation(difference):
    """What the difference needs to be tolerated: a name, or (name, place, theirs, ours); or None."""
    for name, excuses in PREDICATES.items():
        if excuses(difference):
            return name
    theirs = re.sub(r"@[0-9a-f]+", "@…", difference.theirs)  # addresses of Java's objects
    row = (difference.place, theirs, difference.ours)
    return (TABLE[row], *row) if row in TABLE else None


def unneeded(used):
    """What of the list no difference has needed, given all that explanation() and CUTS gave."""
    rows = {(name, *row) for row, name in TABLE.items()}
    return ({name for name, _, _ in CUTS} | set(PREDICATES) | rows) - set(used)
