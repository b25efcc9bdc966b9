# SPDX-License-Identifier: Apache-2.0
"""sink-file and source-file: a stream that is recorded, and replayed without its database."""
import json
import os
import random

import every_type
from harness import places
from harness.program import to_stdout
from harness.waiting import count, wait_until


def record(db, path, checkpoint="sink", **sink):
    return {"rec": {"source": "pgoutput", "sink": "file", "checkpoint": checkpoint},
            "rec.source": {"conninfo": db.conninfo(), "slot": f"rec_{db.name}", "slot_create": "yes",
                           "publication": f"rec_{db.name}", "publication_create": "yes",
                           "tables": "public.*"},
            "rec.sink": {"path": path, **sink}}


def replay(path, checkpoint="none", name="rep", **source):
    return {name: {"source": "file", "codec": "json", "sink": "stdout", "checkpoint": checkpoint},
            f"{name}.source": {"path": path, **source},
            f"{name}.codec": {"format": "debezium", "skipped_operations": "none"}}


def lines_of(*paths):
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


def rows_of(*paths):
    return [line["new"]["id"] for line in lines_of(*paths) if line.get("change") == "insert"]


# When it was written; and of snapshots, which two slots take at two times.
CLOCKS = ("ts_ms", "ts_us", "ts_ns")
OF_SNAPSHOT = (*CLOCKS, "lsn", "txId", "sequence", "snapshot")


def comparable(lines):
    """Sorted: tables of a snapshot come in any order."""
    for value in (line["value"] for line in lines if line["value"]):
        of_snapshot = value["source"]["snapshot"] != "false"
        for name in OF_SNAPSHOT if of_snapshot else ():
            value["source"].pop(name, None)
        for name in CLOCKS:
            value.pop(name, None)
    return sorted(json.dumps(line, sort_keys=True) for line in lines)


def test_replay_gives_what_the_stream_gave(db, headrace, folder):
    """Every type, each operation, snapshot rows: the file loses nothing that a codec sees."""
    db.psql(every_type.SCHEMA)
    db.psql(every_type.ROWS)
    db.sql("create table last (id int primary key)")
    path = folder / "changes.jsonl"
    sections = record(db, path)
    more = {"snapshot": "initial", "messages": "yes"}
    sections["rec.source"].update(more)
    live = headrace(to_stdout(db, "live", "public.*", codec={"skipped_operations": "none"}, **more))
    recorder = headrace(sections)
    for program, slot in ((live, "live"), (recorder, "rec")):
        program.wait_log("the snapshot is done")
        db.wait_streaming(f"{slot}_{db.name}", program)
    db.psql(every_type.CHANGES)
    db.sql("insert into last values (1); truncate last; "
           "select pg_logical_emit_message(true, 'note', 'text'); insert into last values (2)")
    for slot in ("live", "rec"):
        db.wait_confirmed(f"{slot}_{db.name}")
    assert recorder.stop() == 0
    expected = live.lines()
    assert {"c", "u", "d", "r", "t", "m"} <= {line["value"]["op"] for line in expected
                                              if line["value"]}
    player = headrace(replay(path, name="live"))
    assert player.wait() == 0
    assert comparable(player.lines()) == comparable(expected)


def tear_last(folder):
    """As if it had been killed within a write: lines without the position behind them. The first
    line of a file is a position."""
    last = sorted(folder.glob("rows.*.jsonl"))[-1]
    whole = '{"change":"insert","of":1,"new":{"id":0}}\n' if last.stat().st_size else ""
    with open(last, "a", encoding="utf-8") as torn:
        torn.write(whole + '{"')


def test_killed_at_any_time_each_row_is_there_once(db, headrace, folder):
    db.sql("create table t (id serial primary key)")
    path = folder / "rows.jsonl"
    program = headrace(record(db, path, rotate_bytes="10KiB"))
    slot = f"rec_{db.name}"
    db.wait_streaming(slot, program)
    program.kill9()
    tear_last(folder)
    program.start()
    for _ in range(count(8, 60)):
        db.wait_streaming(slot, program)
        db.sql("insert into t select from generate_series(1, 50); "
               "insert into t select from generate_series(1, 5)")
        if random.random() < 0.5:
            db.wait_confirmed(slot)
        program.kill9()
        tear_last(folder)
        program.start()
    db.wait_streaming(slot, program)
    db.wait_confirmed(slot)
    files = sorted(folder.glob("rows.*.jsonl"))
    assert len(files) > 2
    assert rows_of(*files) == list(range(1, db.value("select count(*) from t") + 1))


def test_followed_while_it_is_written(db, headrace, folder):
    """Through rotations, and a restart of the reader that repeats nothing."""
    db.sql("create table t (id serial primary key)")
    path = folder / "rows.jsonl"
    reader = headrace(replay(path, checkpoint="file", follow="yes"))
    writer = headrace(record(db, path, rotate_bytes="10KiB", checkpoint="file"))
    slot = f"rec_{db.name}"
    db.wait_streaming(slot, writer)
    for _ in range(3):
        db.sql("insert into t select from generate_series(1, 500)")
        wait_until(lambda: len(reader.lines()) == db.value("select count(*) from t"),
                   what="all rows", give_up=reader.must_run)
        assert reader.stop() == 0
        reader.start()
    keys = [line["key"]["id"] for line in reader.lines()]
    assert keys == list(range(1, 1501))


def test_old_files_go(db, headrace, folder):
    db.sql("create table t (id serial primary key)")
    program = headrace(record(db, folder / "rows.jsonl", rotate_bytes="10KiB", keep="2"))
    slot = f"rec_{db.name}"
    for _ in range(4):
        db.wait_streaming(slot, program)
        db.sql("insert into t select from generate_series(1, 200)")
        db.wait_confirmed(slot)
    files = sorted(folder.glob("rows.*.jsonl"))
    assert 1 < len(files) <= 3 and files[0].name != "rows.0000000001.jsonl"
    ids = rows_of(*files)
    assert ids == list(range(ids[0], 801))


def test_a_broken_line_stops_and_says_where(headrace, folder):
    path = folder / "lines.jsonl"
    good = '{"record":"t","key":"1","value":"secret"}\n'
    path.write_text(good + '{"record":"t","partition":"secret"}\n')
    sections = replay(path)
    del sections["rep"]["codec"], sections["rep.codec"]
    program = headrace(sections)
    assert program.wait() != 0
    assert [line["value"] for line in program.lines()] == ["secret"]
    text = program.log.text()
    assert f"{path}, line at byte {len(good)}: a whole number is wanted; mend or remove" in text
    assert "secret" not in text


def test_a_line_without_its_end_waits_for_it(headrace, folder):
    path = folder / "lines.jsonl"
    line = '{"record":"t","key":"1","value":{"a":1}}\n'
    path.write_text(line + line[:20])
    sections = replay(path, follow="yes")
    del sections["rep"]["codec"], sections["rep.codec"]
    program = headrace(sections)
    wait_until(program.lines, what="the first line", give_up=program.must_run)
    with open(path, "a", encoding="utf-8") as more:
        more.write(line[20:])
    wait_until(lambda: len(program.lines()) == 2, what="the second", give_up=program.must_run)
    assert program.lines()[0] == program.lines()[1]


def test_a_missing_file_and_another_writer(db, headrace, folder):
    path = folder / "none.jsonl"
    program = headrace(replay(path))
    assert program.wait() != 0
    program.log.wait("there is no file .*none.jsonl")
    db.sql("create table t (id int primary key)")
    first = headrace(record(db, path))
    db.wait_streaming(f"rec_{db.name}", first)
    sections = record(db, path)
    sections["rec.source"]["slot"] += "2"
    second = headrace(sections)
    second.log.wait("another process writes .*none.jsonl")
    first.must_run()


def test_that_the_conf_files_fit_each_other(db, headrace, folder):
    """conf/record.ini, then conf/replay.ini."""
    variables = {"DATABASE_URL": f"postgresql://{db.user}@{db.host}:{db.port}/{db.name}",
                 "STATE_DIR": str(folder)}
    db.sql("create table users (id int primary key, name text)")
    recorder = headrace((places.TREE / "conf" / "record.ini").read_text(), variables)
    db.wait_streaming("record", recorder)
    db.sql("insert into users values (1, 'Ada'); update users set name = 'Grace'; "
           "delete from users")
    db.wait_confirmed("record")
    assert recorder.stop() == 0
    player = headrace((places.TREE / "conf" / "replay.ini").read_text(), variables)
    assert player.wait() == 0
    assert [line["value"] and line["value"]["op"] for line in player.lines()] == \
        ["c", "u", "d", None]
    assert os.path.exists(folder / "changes.0000000001.jsonl")
