# SPDX-License-Identifier: Apache-2.0
"""What is logged: a status line for each pipeline at its interval, as text or as JSON."""
import json
import os
import re
import signal
import time

from harness.postgres_sink import rows, to_postgres
from harness.program import to_stdout
from harness.waiting import wait_until

STATUS = re.compile(r"^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) info (?P<pipeline>\w+): "
                    r"status: connected source=(?P<source>yes|no|-) sink=(?P<sink>yes|no|-), "
                    r"lag (?P<bytes>\d+) bytes (?P<seconds>\d+\.\d{3}) s, "
                    r"(?P<durable>\d+) events durable, (?P<rate>\d+\.\d)/s, "
                    r"errors (?P<errors>\d+), retries (?P<retries>\d+), rejected (?P<rejected>\d+)$",
                    re.MULTILINE)


def statuses(program, pipeline):
    found = (match.groupdict() for match in STATUS.finditer(program.log.text()))
    return [status for status in found if status["pipeline"] == pipeline]


def wait_status(program, what, predicate):
    """Waits for a status line of pipeline `one` that is as wanted, and returns it."""
    return wait_until(lambda: next(filter(predicate, statuses(program, "one")[-1:]), None),
                      what=lambda: f"{what}:\n{program.log.text()[-2000:]}")


def start(db, headrace, process, names=("one",)):
    db.sql("create table a (id int primary key, v text)")
    sections = {"headrace": {"status_log_interval": "200ms", **process}}
    for name in names:
        sections.update(to_stdout(db, name, "public.a"))
    program = headrace(sections)
    for name in names:
        db.wait_streaming(f"{name}_{db.name}", program)
    return program


def test_line_for_each_pipeline(db, headrace):
    program = start(db, headrace, {}, ["one", "two"])
    db.sql("insert into a select n, 'x' from generate_series(1, 100) n")
    for name in ("one", "two"):
        last = wait_until(lambda name=name: [status for status in statuses(program, name)
                                             if int(status["durable"]) == 100], what="100 durable")
        assert last[0]["source"] == "yes" and last[0]["errors"] == "0"
    wait_until(lambda: len(statuses(program, "one")) >= 6, what="several lines")
    assert program.stop() == 0
    rates = [float(status["rate"]) for status in statuses(program, "one")]
    assert max(rates) > 0 and rates[-1] == 0, "the rate is that since the line before"
    times = [to_seconds(status["time"]) for status in statuses(program, "one")]
    gaps = [after - before for before, after in zip(times, times[1:])]
    assert min(gaps) >= 0.19, gaps
    ends = re.findall(r"info (\w+): at the end: (.*)$", program.log.text(), re.MULTILINE)
    assert sorted(ends) == [(name, "100 events durable, errors 0, retries 0, rejected 0")
                            for name in ("one", "two")]


def to_seconds(text):
    whole, thousandths = text[:-1].split(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + int(thousandths) / 1000


def test_lag_is_what_has_not_arrived(db, headrace):
    """Nobody reads what the sink writes: the lag grows. Then somebody does: it falls."""
    db.sql("create table a (id int primary key, v text)")
    program = headrace({"headrace": {"status_log_interval": "200ms"},
                        **to_stdout(db, "one", "public.a")}, start=False)
    reader, writer = os.pipe()
    program.start(stdout=writer)
    os.close(writer)
    db.wait_streaming(f"one_{db.name}", program)
    db.sql("insert into a select n, repeat('x', 1000) from generate_series(1, 20000) n")
    wait_status(program, "a large lag", lambda status: int(status["bytes"]) > 1_000_000)
    with open(reader, "rb") as pipe:
        for _ in range(20000):
            assert pipe.readline()
        wait_status(program, "all of it", lambda status: int(status["durable"]) == 20000 and
                    int(status["bytes"]) == 0)
        assert program.stop() == 0


def test_server_that_is_gone_is_not_connected(db, headrace, proxy):
    db.sql("create table a (id int primary key)")
    door = proxy(db.port)
    program = headrace({"headrace": {"status_log_interval": "200ms"},
                        **to_stdout(db, "one", "public.a", conninfo=db.conninfo(door.port))})
    wait_status(program, "connected", lambda status: status["source"] == "yes")
    door.refuse()
    last = wait_status(program, "two retries", lambda status: status["source"] == "no" and
                       int(status["retries"]) >= 2)
    assert int(last["errors"]) >= 1
    door.accept()
    wait_status(program, "connected again", lambda status: status["source"] == "yes")


def test_json_lines(db, headrace):
    program = start(db, headrace, {"log_format": "json"})
    db.sql("insert into a values (1, 'x')")
    program.wait_log('"message":"status: .* 1 events durable')
    assert program.stop() == 0
    lines = [json.loads(line) for line in program.log.text().splitlines()]
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    assert {line["level"] for line in lines} == {"info"}
    assert {line.get("instance") for line in lines} >= {None, "one", "one.source"}


def test_status_at_the_end_only(db, headrace):
    program = start(db, headrace, {"status_log_interval": "0"})
    db.sql("insert into a values (1, 'x')")
    wait_until(program.lines, what="the row")
    program.live(1.2)
    assert statuses(program, "one") == []
    program.send(signal.SIGTERM)
    assert program.wait() == 0
    assert statuses(program, "one") == []
    assert "one: at the end: 1 events durable" in program.log.text()


def test_a_source_that_counts_records(db, kafka, headrace, topic):
    """How far it is behind is said in records, until they are durable."""
    db.sql("create table t (id bigint)")
    kafka.produce(topic, rows("t", range(50)))
    program = headrace(to_postgres(kafka, topic, db.conninfo(),
                                   process={"status_log_interval": "200ms"}), start=False)
    with db.connect() as holder:
        holder.execute("begin")
        holder.execute("lock table t")
        program.start()
        program.wait_log(r"status: .*, lag 50 records \d+\.\d{3} s, 0 events durable")
        holder.execute("rollback")
    program.wait_log(r"status: .*, lag 0 records 0\.000 s, 50 events durable")
    assert program.stop() == 0
