# SPDX-License-Identifier: Apache-2.0
"""The table that compares foreign suites says what differs, and what of its reasons is stale."""
from harness.two_columns import FAIL, PASS, SKIP, Row, TwoColumns, read_reasons

ROWS = [Row("a[x]", PASS, PASS), Row("b[1]", PASS, FAIL), Row("b[2]", PASS, SKIP),
        Row("c", FAIL, FAIL), Row("d", FAIL, PASS)]


def problems(folder, lines, rows=None, **options):
    path = folder / "reasons.tsv"
    path.write_text("# comment\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return TwoColumns("suite", rows or ROWS, read_reasons(path), **options).problems()


def test_a_difference_needs_a_reason(tmp_path):
    assert problems(tmp_path, ["b[*]\twhy"]) == []
    assert problems(tmp_path, ["b[1]\twhy"]) == \
        ["b[2]: skip on headrace, pass on Kafka, and no reason is given"]
    assert len(problems(tmp_path, [])) == 2


def test_a_reason_needs_a_difference(tmp_path):
    stale = ["the reason for a* is needed by no test"]
    assert problems(tmp_path, ["a*\twhy", "b*\twhy"]) == stale
    assert problems(tmp_path, ["a*\twhy", "b*\twhy"], whole=False) == []
    assert problems(tmp_path, ["c\twhy", "b*\twhy"]) == []
    assert len(problems(tmp_path, ["d\twhy", "b*\twhy"])) == 1


def test_without_kafka_all_must_pass(tmp_path):
    assert problems(tmp_path, [], [Row("a", None, PASS)]) == []
    assert len(problems(tmp_path, [], [Row("a", None, SKIP)])) == 1


def test_the_table():
    assert TwoColumns("suite", ROWS[:2], []).text().splitlines() == [
        "suite  Kafka  headrace",
        "a[x]   pass   pass",
        "b[1]   pass   fail",
        "2 tests; headrace passes 1; Kafka passes 2, and headrace 1 of these"]
