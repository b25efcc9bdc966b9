# SPDX-License-Identifier: Apache-2.0
"""A table read while the stream goes on: all of it, and nothing older behind something newer."""
import pytest

from on_demand import (READ_ON_DEMAND, Churn, ask, jobs, reads, replay, say, table, wait_over)
from pgoutput import changes, pipeline, run_until_confirmed, slot_of, started


@pytest.fixture
def things(any_db):
    any_db.sql("""create sequence versions;
        create table t (id int primary key, version bigint not null, note text);
        insert into t select g, nextval('versions'), 'note ' || g from generate_series(0, 4999) g""")
    return any_db


def test_a_message_starts_it(things, headrace):
    sections = pipeline(things, tables="t")
    program = started(headrace, sections)
    things.sql("update t set version = nextval('versions') where id = 7")
    say(things, "public.t")
    assert wait_over(things, program) == [("done", 5000, None, 1)]
    stream = run_until_confirmed(things, program, sections)
    assert replay(stream) == table(things, "t")
    assert len(stream) == 5001
    assert {read["flags"] for read in reads(program)} == {READ_ON_DEMAND}
    assert stream[0]["columns"] == stream[-1]["columns"], "both ways it looks the same"
    assert stream[0]["key"] == stream[-1]["key"] == ["id"]
