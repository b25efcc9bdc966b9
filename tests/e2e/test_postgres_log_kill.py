# SPDX-License-Identifier: Apache-2.0
"""kill -9 of who appends to a log, and of PostgreSQL: no record that was acknowledged is lost,
offsets have no gaps and are never used again, the high watermark never goes back. The program is
tests/unit/sink_postgres_log_driver.c."""
import subprocess
import threading

import pytest

from harness import places
from harness.program import environment
from harness.waiting import count, wait_until


class Driver:
    """Runs of the program, and all that it has said."""

    def __init__(self, db):
        self.db = db
        self.acknowledged = {}  # (partition, offset): value
        self.ends = {}  # partition: the largest high watermark that was seen
        self.backward = []
        self.runs = 0
        self.program = self.reader = None

    def start(self):
        self.runs += 1
        self.program = subprocess.Popen(
            [places.BUILD / "tests" / "unit" / "sink_postgres_log_driver", self.db.conninfo(),
             str(self.runs)], text=True, env=environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self._read, args=(self.program.stdout,))
        self.reader.start()

    def _read(self, lines):
        for line in lines:
            if not line.endswith("\n"):
                return  # it was killed in the middle
            kind, partition, offset, *value = line.split()
            place = int(partition), int(offset)
            if kind == "a":
                assert self.acknowledged.setdefault(place, value[0]) == value[0], place
            elif place[1] < self.ends.get(place[0], 0):
                self.backward.append(place)
            else:
                self.ends[place[0]] = place[1]

    def wait_more(self, number):
        before = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) >= before + number, give_up=self.must_run,
                   what="records are acknowledged")

    def must_run(self):
        assert self.program.poll() is None, "the program has ended"

    def kill9(self):
        self.program.kill()
        self.wait()

    def wait(self):
        self.program.wait(60)
        self.reader.join()

    def finish(self):
        self.program.stdin.close()
        self.wait()
        assert self.program.returncode == 0

    def check(self):
        rows = self.db.sql("select partition_id, partition_offset, convert_from(value, 'UTF8')"
                           " from kafka.messages")
        there = {(partition, offset): value for partition, offset, value in rows}
        assert {place: value for place, value in self.acknowledged.items()
                if there.get(place) != value} == {}
        assert len(set(there.values())) == len(rows)  # none came twice
        for partition, offset in self.db.sql(
                "select partition_id, next_offset from kafka.partitions"):
            assert sorted(o for p, o in there if p == partition) == list(range(offset))
        assert self.db.value("select array_agg(global_offset order by global_offset)"
                             " from kafka.messages") == list(range(len(rows)))
        assert self.backward == []


@pytest.fixture
def driver():
    made = []

    def make(db):
        made.append(Driver(db))
        made[0].start()
        return made[0]
    yield make
    if made and made[0].program and made[0].program.poll() is None:
        made[0].kill9()


def test_writer_killed(db, driver):
    running = driver(db)
    for turn in range(count(6, 200)):
        running.wait_more(100 + 137 * (turn % 5))
        running.kill9()
        running.start()
    running.wait_more(1)
    running.finish()
    running.check()


def test_postgres_killed(postgres_factory, driver):
    cluster = postgres_factory()
    db = cluster.create_database()
    running = driver(db)
    for turn in range(count(3, 200)):
        running.wait_more(100 + 137 * (turn % 5))
        cluster.kill9()
        cluster.start()
    running.wait_more(1)
    running.finish()
    running.check()
    assert running.runs == 1


def test_connections_cut(db, proxy, driver):
    """Also between COMMIT and its answer."""
    way = proxy(db.port)

    class Through:
        def __getattr__(self, name):
            return getattr(db, name)

        @staticmethod
        def conninfo():
            return db.conninfo(way.port)
    running = driver(Through())
    for turn in range(count(20, 400)):
        running.wait_more(1 + 37 * (turn % 5))
        way.cut()
    running.wait_more(1)
    running.finish()
    running.check()
