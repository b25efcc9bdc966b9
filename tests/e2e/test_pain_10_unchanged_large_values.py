# SPDX-License-Identifier: Apache-2.0
"""A large value that an update did not touch is neither null nor empty."""
import pytest

from pgoutput import ABSENT, pipeline, streamed

LARGE = "repeat(md5('x'), 200)"


IDENTITIES = {"default": ("replica identity default", ABSENT),
              "full": ("replica identity full", "large"),
              "index": ("replica identity using index t_other_key", ABSENT)}


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("type_, value", [
    ("text", LARGE), ("bytea", f"{LARGE}::bytea"), ("json", f"to_json({LARGE})"),
    ("int[]", "array_fill(7, array[3000])"), ("numeric", "repeat('9', 20000)::numeric"),
    ("jsonb", f"jsonb_build_array({LARGE})"), ("hstore", f"hstore('k', {LARGE})"),
    ("text[]", f"array[{LARGE}]"), ("uuid[]", "array_fill(gen_random_uuid(), array[3000])")])
def test_unchanged_large_value(db, headrace, type_, value, identity):
    db.sql("create extension if not exists hstore")
    db.sql(f"create table t (id int primary key, other int not null unique, large {type_}, n int);"
           f"alter table t alter large set storage external;"
           f"alter table t {IDENTITIES[identity][0]};")
    found = streamed(db, headrace, pipeline(db, tables="t"), [
        f"insert into t values (1, 1, {value}, 0)", "update t set n = 1",
        "update t set id = 2, other = 2", "update t set large = null"])
    large = found[0]["new"]["large"]
    expected = large if identity == "full" else ABSENT
    assert len(large) > 4000
    assert found[1]["new"] == {"id": "1", "other": "1", "large": expected, "n": "1"}
    assert found[2]["new"]["large"] == expected
    assert found[3]["new"]["large"] is None
    if identity == "full":
        assert found[1]["old"] == {**found[1]["new"], "n": "0"} and found[1]["flags"] == 0
