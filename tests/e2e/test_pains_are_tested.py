# SPDX-License-Identifier: Apache-2.0
"""docs/pains.md: each of the 25 pains has its tests, and each of those files its line."""
import re

from harness import places

TESTS = places.TREE / "tests" / "e2e"


def test_every_pain_has_its_file():
    page = (places.TREE / "docs" / "pains.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| (\d+) \|.*\| `(test_pain_(\d\d)_\w+\.py)` \|$", page, re.MULTILINE)
    assert [int(number) for number, _, _ in lines] == list(range(1, 26))
    assert all(int(number) == int(in_name) for number, _, in_name in lines)
    names = [name for _, name, _ in lines]
    assert names == sorted(path.name for path in TESTS.glob("test_pain_*.py"))
    for name in names:
        assert re.search(r"^def test_", (TESTS / name).read_text(encoding="utf-8"), re.MULTILINE)
