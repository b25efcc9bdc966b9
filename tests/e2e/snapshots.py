# SPDX-License-Identifier: Apache-2.0
"""Snapshots before the stream, as their tests start them and look at what came."""
from pgoutput import pipeline

from harness.waiting import wait_until


def jobs(db):
    """State, generation, start and end of each snapshot, the oldest first."""
    if not db.value("select to_regclass('headrace.snapshot_participant') is not null"):
        return []
    return db.sql("select state, generation, start_lsn::text, end_lsn::text "
                  "from headrace.snapshot_job order by id")


def chunks(db, state=None):
    """How many there are, in that state."""
    if not jobs(db):
        return 0
    return db.value("select count(*) from headrace.snapshot_chunk "
                    "where %s::text is null or state = %s", [state, state])


def initial(db, checkpoint="file", **source):
    """Sections of a pipeline that begins with a snapshot."""
    return pipeline(db, checkpoint=checkpoint, snapshot=source.pop("snapshot", "initial"), **source)


def wait_chunks_done(db, program, count):
    wait_until(lambda: chunks(db, "done") >= count, 60,
               lambda: f"{count} chunks done, there are {chunks(db, 'done')}",
               give_up=program.must_run)


def duplicates(found):
    """How many rows were read more than once, of rows with a column id."""
    read = [change["new"]["id"] for change in found if change["op"] == "read"]
    return len(read) - len(set(read))


def kill9(program):
    """What it was writing when it died was not delivered: a torn line is taken out."""
    program.kill9()
    text = program.output.path.read_bytes()
    with open(program.output.path, "r+b") as output:
        output.truncate(text.rfind(b"\n") + 1)
