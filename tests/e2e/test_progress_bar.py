# SPDX-License-Identifier: Apache-2.0
"""A snapshot's bar on a terminal, below log lines that stay whole."""
import os
import pty
import re
import subprocess
import threading

from harness import places
from harness.program import environment, ini, to_stdout
from harness.waiting import wait_until

BAR = re.compile(r"one \[#*[# ]{1,24}\] \d+ %, \d+ of \d+ rows, \d+/s, [^\n]* left")
CLEAR = "\r\x1b[K"


class Terminal:
    """Both ends of a pseudo-terminal, and what was written to it."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.text = ""
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        try:
            while data := os.read(self.master, 65536):
                self.text += data.decode()
        except OSError:  # EIO: nobody has the other end any more
            pass

    def close(self):
        self.reader.join()
        os.close(self.master)


def test_bar_and_log(db, folder):
    """Nobody reads what the sink writes: the snapshot stands still and has to show how far it is."""
    db.sql("create table a (id int primary key, v text)")
    db.sql("insert into a select n, repeat('x', 200) from generate_series(1, 50000) n")
    db.sql(f"create publication one_{db.name} for table a")
    path = folder / "one.ini"
    path.write_text(ini({"headrace": {"state_dir": folder, "status_log_interval": "300ms"},
                         **to_stdout(db, "one", "public.a", snapshot="only")}), encoding="utf-8")
    terminal = Terminal()
    with subprocess.Popen([places.BINARY, "run", "-c", path], stdout=subprocess.PIPE,
                          stderr=terminal.slave, env=environment()) as program:
        os.close(terminal.slave)
        wait_until(lambda: BAR.search(terminal.text), 20, lambda: f"a bar: {terminal.text!r}")
        wait_until(lambda: re.search(r"rejected 0, snapshot \d+ %", terminal.text), 20,
                   "the status line tells it, too")
        assert program.stdout.read().count(b"\n") == 50000
        assert program.wait(30) == 0
    terminal.close()
    lines = terminal.text.replace("\r\n", "\n").split("\n")
    assert lines.pop() == ""
    for line in lines:  # what is left of it on the screen
        assert re.match(r"\d{4}-\d\d-\d\dT[0-9:.]+Z (info|warning) ", line.split(CLEAR)[-1]), line
    assert "one: ended" in lines[-1]
