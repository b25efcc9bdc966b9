# SPDX-License-Identifier: Apache-2.0
"""A pipeline from source-pgoutput to sink-stdout that shows all that the ABI says of a change."""
import json
import re

from harness import places
from harness.waiting import wait_until

CODEC = places.BUILD / "tests" / "unit" / "codecs" / "headrace-codec-changes.so"
ABSENT = {"absent": True}


def pipeline(db, port=None, checkpoint="file", **source):
    """Sections of the INI file; keys of the source whose value is None are left out."""
    keys = {"conninfo": db.conninfo(port), "slot": f"slot_{db.name}", "slot_create": "yes",
            "publication": "pub", "publication_create": "yes", **source}
    if not keys.get("tables"):
        keys["publication_create"] = "no"
    return {"p": {"source": "pgoutput", "codec": CODEC, "sink": "stdout",
                  "checkpoint": checkpoint},
            "p.source": {key: value for key, value in keys.items() if value is not None}}


def slot_of(sections):
    return sections["p.source"]["slot"]


def changes(program):
    """What came so far, decoded."""
    return [json.loads(value) if isinstance(value, str) else value
            for value in (line["value"] for line in program.lines())]


def started(headrace, sections):
    """A running pipeline that streams. (While a slot is made it is active, too.)"""
    program = headrace(sections)
    program.wait_log("streaming database")
    return program


def run_until_confirmed(db, program, sections, start=0):
    """Waits until all that is in the WAL now was delivered; the changes from number `start`."""
    db.wait_confirmed(slot_of(sections))
    return changes(program)[start:]


def streamed(db, headrace, sections, sql):
    """Starts the pipeline, runs the statements and gives their changes."""
    program = started(headrace, sections)
    for statement in [sql] if isinstance(sql, str) else sql:
        db.sql(statement)
    return run_until_confirmed(db, program, sections)


def refusal(headrace, sections, pattern):
    """The pipeline stops for good, and says why: the match."""
    program = headrace(sections)
    assert program.wait(30) != 0
    match = re.search(pattern, program.log.text())
    assert match, program.log.text()
    assert " error " in program.log.text()
    return match


def wait_changes(program, count, timeout=30):
    wait_until(lambda: len(changes(program)) >= count, timeout,
               lambda: f"{count} changes, there are {len(changes(program))}",
               give_up=program.must_run)
    return changes(program)


def mend(db, headrace, sections, match):
    """Runs the SQL of the message; then the pipeline works."""
    db.sql(match.group("sql"))
    found = streamed(db, headrace, sections, "insert into users values (77)")
    assert found[-1]["new"]["id"] == "77"


def ids(found):
    """The new rows' keys."""
    return [int(change["new"]["id"]) for change in found]


def checkpoint(program):
    """What the checkpoint's file holds."""
    files = [path for path in program.state.glob("**/*") if path.is_file()]
    return "".join(path.read_text() for path in files)
