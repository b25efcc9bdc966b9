# SPDX-License-Identifier: Apache-2.0
"""A child process with its log in a file."""
import os
import re
import signal
import subprocess

from .waiting import NotInTime, wait_until

_all_logs = []  # every log of the session, with how much of it older tests have seen


class Log:
    """A file that a process writes, read as it grows."""

    def __init__(self, path, name):
        self.path, self.name, self.seen = path, name, 0
        _all_logs.append(self)

    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0

    def text(self, start=0):
        if not self.path.exists():
            return ""
        with open(self.path, "rb") as file:
            file.seek(start)
            return file.read().decode("utf-8", "replace")

    def wait(self, pattern, timeout=30, start=0, give_up=None):
        """Waits for a match of the regular expression at or after byte `start`."""
        expression = re.compile(pattern, re.MULTILINE)
        return wait_until(lambda: expression.search(self.text(start)), timeout,
                          lambda: f"/{pattern}/ in {self.name}:\n{self.text(start)[-4000:]}",
                          give_up=give_up)


def mark_logs():
    """A test begins: what is in the logs so far is not its own."""
    for log in _all_logs:
        log.seen = log.size()


def logs_of_this_test():
    """(log, text written since mark_logs) for each log that grew."""
    return [(log, log.text(log.seen)) for log in _all_logs if log.size() > log.seen]


class Process:
    """Runs one command at a time; its output is appended to `log`, across restarts too."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.child = None
        self.log = Log(folder / f"{name}.log", name)

    def spawn(self, command, stdout=None, **options):
        """Starts it; stdout goes to the log unless a file is given."""
        assert not self.running(), f"{self.name} runs already"
        with open(self.log.path, "ab") as log:
            self.child = subprocess.Popen([str(word) for word in command],
                                          stdin=subprocess.DEVNULL, stdout=stdout or log,
                                          stderr=log, start_new_session=True, **options)

    def running(self):
        return self.child is not None and self.child.poll() is None

    @property
    def pid(self):
        return self.child.pid

    @property
    def returncode(self):
        """None while it runs; negative: died of that signal."""
        return self.child.poll()

    def send(self, number):
        if self.running():
            os.kill(self.child.pid, number)

    def wait(self, timeout=30):
        """Waits for the end and returns the exit code."""
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise NotInTime(f"{self.name} did not end within {timeout} s:\n"
                            f"{self.log.text()[-4000:]}") from None

    def live(self, seconds):
        """Lets it work for so long; it must not end by itself meanwhile."""
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        self.must_run()

    def terminate(self, timeout=30):
        """SIGTERM, and the exit code."""
        self.send(signal.SIGTERM)
        return self.wait(timeout)

    def kill9(self):
        """SIGKILL to it and whatever it started."""
        if self.child is not None and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def freeze(self):
        """SIGSTOP: it is there, and says nothing any more."""
        self.send(signal.SIGSTOP)

    def thaw(self):
        self.send(signal.SIGCONT)

    def must_run(self):
        """Raises once the process has ended: for wait_until(give_up=...)."""
        if not self.running():
            raise NotInTime(f"{self.name} ended with {self.returncode}:\n{self.log.text()[-4000:]}")

    # ---- what it costs

    def rss_kib(self):
        """Resident memory now."""
        return self._status("VmRSS")

    def peak_rss_kib(self):
        return self._status("VmHWM")

    def _status(self, field):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
