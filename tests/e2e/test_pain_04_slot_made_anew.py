# SPDX-License-Identifier: Apache-2.0
"""A slot that was dropped or made anew hides a gap: the pipeline refuses, and names both places."""
import re

from pgoutput import pipeline, run_until_confirmed, slot_of, started


def test_slot_vanished_since_the_checkpoint(users, headrace):
    sections = pipeline(users, tables="users")
    program = started(headrace, sections)
    run_until_confirmed(users, program, sections)
    program.stop()
    users.cluster.drop_slot(slot_of(sections))
    users.sql("insert into users values (1)")
    program.start()
    assert program.wait(30) != 0
    assert re.search("does not exist, but the checkpoint says that it was streamed up to [0-9A-F]+/",
                     program.log.text())


def test_slot_is_ahead_of_the_checkpoint(users, headrace):
    sections = pipeline(users, tables="users")
    program = started(headrace, sections)
    run_until_confirmed(users, program, sections)
    program.stop()
    users.cluster.drop_slot(slot_of(sections))
    users.sql("insert into users values (1)")
    users.sql(f"select pg_create_logical_replication_slot('{slot_of(sections)}', 'pgoutput')")
    program.start()
    assert program.wait(30) != 0
    assert re.search("is at [0-9A-F]+/[0-9A-F]+, ahead of the checkpoint at [0-9A-F]+/[0-9A-F]+",
                     program.log.text())
