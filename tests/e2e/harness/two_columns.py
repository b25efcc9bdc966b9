# SPDX-License-Identifier: Apache-2.0
"""The tests of another project on two servers, side by side: what came out on Apache Kafka, what
on headrace, and why they may differ.

The reasons are a file of the tree, a line each: a pattern of names of tests, in which only `*` is
special, a tab, and why they do not pass on headrace. A difference without a reason is an error,
and so is a reason whose tests all pass."""
import collections
import re

PASS, FAIL, SKIP = "pass", "fail", "skip"

# `kafka` is None where the test ran on headrace only: there Kafka is known to pass.
Row = collections.namedtuple("Row", "test kafka headrace")
Reason = collections.namedtuple("Reason", "pattern text")


def read_reasons(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Reason(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def _matches(reason, test):
    return re.fullmatch(".*".join(map(re.escape, reason.pattern.split("*"))), test) is not None


class TwoColumns:
    """`whole`: the rows are the whole suite, so that reasons can be found to be needless."""

    def __init__(self, title, rows, reasons, whole=True):
        self.title, self.rows, self.reasons, self.whole = title, sorted(rows), reasons, whole

    def _reason(self, row):
        return next((one for one in self.reasons if _matches(one, row.test)), None)

    def unexplained(self):
        """Rows that differ for no reason. What passes on headrace only is none of them."""
        return [row for row in self.rows if row.headrace not in (PASS, row.kafka or PASS) and
                not self._reason(row)]

    def problems(self):
        """Sentences; none is what a test wants."""
        found = [f"{row.test}: {row.headrace} on headrace, {row.kafka or PASS} on Kafka, and no "
                 "reason is given" for row in self.unexplained()]
        needed = {self._reason(row) for row in self.rows if row.headrace != PASS}
        return found + [f"the reason for {one.pattern} is needed by no test"
                        for one in self.reasons if self.whole and one not in needed]

    def text(self):
        """The table for people, with its sums."""
        width = max([len(row.test) for row in self.rows] + [len(self.title)])
        lines = [f"{self.title:{width}}  Kafka  headrace"]
        for row in self.rows:
            reason = self._reason(row) if row.headrace != PASS else None
            lines.append(f"{row.test:{width}}  {row.kafka or '-':5}  {row.headrace:8}  "
                         f"{reason.text if reason else ''}".rstrip())
        return "\n".join([*lines, self._sums()])

    def _sums(self):
        headrace = collections.Counter(row.headrace for row in self.rows)
        sums = f"{len(self.rows)} tests; headrace passes {headrace[PASS]}"
        if any(row.kafka for row in self.rows):
            kafka = [row for row in self.rows if row.kafka == PASS]
            both = [row for row in kafka if row.headrace == PASS]
            sums += f"; Kafka passes {len(kafka)}, and headrace {len(both)} of these"
        return sums
