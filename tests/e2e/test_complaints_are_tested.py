# SPDX-License-Identifier: Apache-2.0
"""docs/complaints.md: each of the 33 complaints has its tests, and each file of tests its place."""
import re

from harness import places

TESTS = places.TREE / "tests" / "e2e"
PATTERNS = ("test_postgres_sink_*.py", "test_kafka_to_postgres_*.py", "test_handler_*.py")


def page():
    return (places.TREE / "docs" / "complaints.md").read_text(encoding="utf-8")


def lines():
    return re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", page(), re.MULTILINE)


def test_every_complaint_has_its_tests():
    assert [int(number) for number, _ in lines()] == list(range(1, 34))
    for number, cell in lines():
        named = re.findall(r"`(test_\w+\.py)(?:::(test_\w+))?`", cell)
        assert named and not re.sub(r"`[^`]+`", "", cell).strip(), number
        for name, function in named:
            text = (TESTS / name).read_text(encoding="utf-8")
            assert re.search(rf"^def {function or 'test_'}", text, re.MULTILINE), (number, name)
            assert not function or f"def {function}(" in text, (number, name, function)


def test_every_file_has_its_place():
    found = {path.name for pattern in PATTERNS for path in TESTS.glob(pattern)}
    named = set(re.findall(r"\btest_\w+\.py", page()))
    assert found - named == set()
    assert {name for name in named if not (TESTS / name).exists()} == set()
