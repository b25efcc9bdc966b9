# SPDX-License-Identifier: Apache-2.0
"""What a slot keeps is watched while the sink is blocked: warnings, and a limit that acts."""
import json
import os
import re

import pytest

from harness.waiting import wait_until
from pgoutput import pipeline, slot_of

LSN = "[0-9A-F]+/[0-9A-F]+"


class Blocked:
    """A pipeline whose output nobody reads, once its first row was delivered."""

    def __init__(self, cluster, headrace, **source):
        self.db = cluster.create_database()
        self.db.sql("create table t (id int primary key, filler text)")
        self.sections = pipeline(self.db, tables="t", **source)
        self.sections["headrace"] = {"shutdown_timeout": "500ms"}
        self.slot = slot_of(self.sections)
        self.program = headrace(self.sections, start=False)
        self.reader, writer = os.pipe()
        self.output = b""
        self.program.start(stdout=writer)
        os.close(writer)
        self.program.wait_log("streaming database")
        self.db.sql("insert into t values (0)")
        self.db.wait_confirmed(self.slot)
        # More than the pipe and the rings take.
        self.db.sql("insert into t select g, repeat('x', 1000) from generate_series(1, 20000) g")

    def write(self, megabytes):
        for _ in range(megabytes):
            self.db.sql("select pg_logical_emit_message(false, 'fill', repeat('x', 1 << 20))")

    def read(self):
        """What has arrived meanwhile."""
        os.set_blocking(self.reader, False)
        try:
            while piece := os.read(self.reader, 1 << 20):
                self.output += piece
        except BlockingIOError:
            pass

    def read_until(self, predicate, what):
        def reached():
            self.read()
            return predicate()
        wait_until(reached, 60, what, interval=0.001, give_up=self.program.must_run)

    def read_all(self):
        end = self.db.lsn()
        self.read_until(lambda: self.db.confirmed_lsn(self.slot) >= end, "all is delivered")


@pytest.fixture
def blocked(postgres_factory, headrace):
    """blocked(settings, version, **keys of the source)"""
    made = []

    def make(settings, version=None, **source):
        made.append(Blocked(postgres_factory(version, settings), headrace, **source))
        return made[-1]
    yield make
    for each in made:
        os.close(each.reader)


def ended(program):
    """It fails for good, at the first attempt."""
    assert program.wait(60) == 1
    log = program.log.text()
    assert "trying again" not in log
    return log


def test_warned_once_and_out_of_danger(blocked):
    sink = blocked({}, slot_lag_warning="32MiB")
    sink.write(16)
    sink.program.wait_log(rf"warning p\.source: replication slot \"{sink.slot}\" keeps 3[2-9] MiB "
                          rf"of WAL, from {LSN} to {LSN}, more than slot_lag_warning")
    sink.write(1)
    sink.read_all()

    def out_of_danger():
        sink.db.sql("checkpoint")  # a record of running transactions lets restart_lsn move
        return "and is out of danger" in sink.program.log.text()
    wait_until(out_of_danger, interval=0.3)
    assert len(re.findall("warning .*slot_lag_warning", sink.program.log.text())) == 1


def test_wal_status_is_told(blocked):
    sink = blocked({"max_wal_size": "32MB", "min_wal_size": "32MB"}, slot_lag_warning="0")
    sink.write(64)
    sink.program.wait_log(r"warning .*wal_status extended")
    sink.db.sql("alter system set max_slot_wal_keep_size = '16MB'")
    sink.db.sql("select pg_reload_conf()")
    sink.program.wait_log(r"warning .*wal_status unreserved.*about to be invalidated")
    assert sink.db.slot(sink.slot)["active"], "a warning is all"


@pytest.mark.parametrize("version", [14, 18])
def test_stop_at_the_limit(blocked, version):
    sink = blocked({}, version, slot_lag_limit="32MiB", slot_lag_action="stop")
    sink.write(16)
    log = ended(sink.program)
    assert re.search(rf"error .* keeps 3[2-9] MiB of WAL, from {LSN} to {LSN}, more than "
                     rf"slot_lag_limit\. The slot is dropped.* after {LSN} .*slot_lag_action = stop", log)
    assert sink.db.slot(sink.slot) is None
    # A supervisor may start it again: it does not go on behind the gap.
    sink.program.start()
    assert sink.program.wait() == 1
    assert "does not exist, but the checkpoint says" in sink.program.log.text()
    assert sink.db.slot(sink.slot) is None


def test_stop_before_it_is_invalidated(blocked):
    sink = blocked({"max_slot_wal_keep_size": "32MB"}, slot_lag_action="stop")
    sink.write(48)
    assert "wal_status unreserved" in ended(sink.program)
    assert sink.db.slot(sink.slot) is None


def test_a_limit_without_action_warns(blocked):
    sink = blocked({}, slot_lag_limit="32MiB")
    # The watch survives the loss of its connection.
    sink.db.sql("select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'headrace catalog'")
    sink.write(16)
    sink.program.wait_log("warning .*more than slot_lag_limit")
    assert sink.db.slot(sink.slot)["active"], "a warning is all"


def test_begins_again_with_a_snapshot(blocked):
    sink = blocked({}, slot_lag_limit="32MiB", slot_lag_action="snapshot", snapshot="when-needed")
    sink.write(16)
    sink.program.wait_log("warning .*slot_lag_limit.*The slot is dropped.*with a new snapshot")
    text = sink.program.log.text
    sink.read_until(lambda: text().count("streaming database") == 2, "the new stream")
    sink.db.sql("insert into t values (-1)")
    sink.read_all()
    found = [line["value"] for line in map(json.loads, sink.output.splitlines())]
    second = found[max(n for n, change in enumerate(found) if change["op"] != "read"
                       and change["new"]["id"] != "-1") + 1:]
    assert [change["op"] for change in second] == ["read"] * 20001 + ["insert"]
    assert {int(change["new"]["id"]) for change in second} == set(range(-1, 20001))


@pytest.mark.parametrize("snapshot", ["never", "only"])
def test_a_snapshot_that_is_not_allowed(db, headrace, snapshot):
    program = headrace(pipeline(db, tables="t", slot_lag_action="snapshot", snapshot=snapshot))
    assert program.wait() == 78
    assert "slot_lag_action = snapshot needs snapshot = when-needed" in program.log.text()
