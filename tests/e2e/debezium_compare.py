# SPDX-License-Identifier: Apache-2.0
"""Compares what Debezium and headrace sent of the same changes, byte by byte but for the
differences that debezium_tolerances.py lists."""
import dataclasses
import itertools
import re

import debezium_json
from debezium_tolerances import CUTS, explanation


@dataclasses.dataclass
class Difference:
    """At one place of one record. `path` begins with key, value or headers; `theirs` and `ours`
    are the JSON texts there, or "(missing)"."""
    run: str
    table: str
    operation: str
    path: tuple
    theirs: str
    ours: str

    @property
    def place(self):
        """As the tolerances name it: `table.column` of a row, `schema table.column`,
        `key table.column`, `key-schema table.column`, `headers table`, `key table`."""
        part, *path = (step for step in self.path if step not in ("payload", "fields"))
        kind = "schema" if path[:1] == ["schema"] else ""
        if part == "value":
            names = path[2:] if kind else path[1:]
        else:
            kind = "-".join(filter(None, (part, kind)))
            names = [] if part == "headers" else path[path[:1] == ["schema"]:]
        return f"{kind} {'.'.join([self.table, *names])}".strip()

    def __str__(self):
        return (f"{self.run} {self.table} {self.operation} {'/'.join(self.path)}: "
                f"Debezium {_short(self.theirs)} headrace {_short(self.ours)}")


def _short(text):
    return text if len(text) < 300 else f"{text[:300]}…"


def operation_of(record):
    found = re.search(rb'"op":"(.)"', record.value[-2000:]) if record.value else None
    if record.value and not found:  # op comes first in messages
        found = re.search(rb'"op":"(.)"', record.value)
    return found.group(1).decode() if found else "tombstone"


def table_of(record):
    """The table that the record says, or None."""
    found = re.search(rb'"schema":"[^"]*","table":"([^"]*)","txId"', record.value or b"")
    return found.group(1).decode() if found else None


def outline(records):
    """[(table, operation)] of a topic; a tombstone belongs to the table of the record before."""
    table, lines = None, []
    for record in records:
        table = table_of(record) if record.value else table
        lines.append((table, operation_of(record)))
    return lines


def compare(run, table, theirs, ours):
    """(unexplained Differences, ids of the tolerances that were needed) of one pair of records."""
    operation = operation_of(theirs)
    found, used = _of_headers(theirs.headers, ours.headers), set()
    for part, one, other in (("key", theirs.key, ours.key), ("value", theirs.value, ours.value)):
        one, other = (_cut(part, text, used) for text in (one, other))
        if one != other:
            found += _differences(part, one, other)
    unexplained = []
    for path, *texts in found:
        difference = Difference(run, table, operation, path, *texts)
        reason = explanation(difference)
        if reason:
            used.add(reason)
        else:
            unexplained.append(difference)
    return unexplained, used


def _of_headers(theirs, ours):
    pairs = itertools.zip_longest(theirs, ours, fillvalue=debezium_json.MISSING)
    return [(("headers", str(number)), str(one), str(other))
            for number, (one, other) in enumerate(pairs) if one != other]


def _cut(part, text, used):
    for name, pattern, replacement in CUTS if part == "value" and text else []:
        text, times = re.subn(pattern, replacement, text)
        if times:
            used.add(name)
    return text


def _differences(part, one, other):
    if one is None or other is None:  # no key at all
        return [((part,), *("(none)" if text is None else text.decode() for text in (one, other)))]
    trees = [debezium_json.parse(text.decode()) for text in (one, other)]
    return debezium_json.differences(*trees, (part,)) or [((part, "(bytes)"), one.decode(),
                                                           other.decode())]
