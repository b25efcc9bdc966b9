# SPDX-License-Identifier: Apache-2.0
"""The program under test."""
import json
import os
import re
import signal
import subprocess

from . import places
from .process import Log, Process
from .waiting import wait_until

SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")
SANITIZER_OPTIONS = {
    # intercept_tls_get_addr: up to GCC 13 a plugin's thread-local block that begins 16 bytes into
    # a page is taken for one of glibc before 2.25, with an address and a length in front of it, and
    # LeakSanitizer dies of reading there (github.com/google/sanitizers/issues/1322).
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99:intercept_tls_get_addr=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
    "TSAN_OPTIONS": "halt_on_error=0:exitcode=99",
}


def sanitized():
    """True if the program was built with sanitizers: its memory and time say nothing then."""
    cache = places.BUILD / "CMakeCache.txt"
    return cache.exists() and re.search(r"^HEADRACE_SANITIZE:\w+=.", cache.read_text(),
                                        re.MULTILINE) is not None


def ini(sections):
    """{section: {key: value}} as the text of an INI file."""
    lines = []
    for section, keys in sections.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in keys.items()), ""]
    return "\n".join(lines)


def environment(more=None):
    """The environment of a run, without variables that would override the configuration."""
    kept = {name: value for name, value in os.environ.items()
            if not re.match(r"(PG|KAFKA|CDC_|HEADRACE_)", name)}
    return {**kept, **SANITIZER_OPTIONS, "HEADRACE_PLUGIN_DIR": str(places.PLUGINS),
            **(more or {})}


def command(*arguments, env=None, timeout=60, input=None):
    """Runs `headrace ARGUMENTS` to its end and returns the CompletedProcess, text mode."""
    return subprocess.run([places.BINARY, *map(str, arguments)], text=True, capture_output=True,
                          env=environment(env), timeout=timeout, input=input, check=False)


class Headrace(Process):
    """`headrace run` with a configuration, which may be started again after its end.

    The state folder is `folder`/state, so that a restart finds its checkpoints.
    """

    def __init__(self, folder, name, config, env=None, arguments=()):
        super().__init__(name, folder)
        self.config = folder / f"{name}.ini"
        self.write_config(config)
        self.arguments = list(arguments)
        self.output = Log(folder / f"{name}.stdout", f"{name}.stdout")
        self.state = folder / f"{name}.state"
        self.state.mkdir()
        self.env = environment({"HEADRACE_STATE_DIR": str(self.state), **(env or {})})

    def write_config(self, config):
        """Text, or {section: {key: value}}."""
        text = config if isinstance(config, str) else ini(config)
        self.config.write_text(text, encoding="utf-8")

    def start(self, stdout=None):
        """Starts it (again); what it writes is appended to log and output.

        `stdout`: a file or descriptor that gets its standard output instead.
        """
        self._drop_torn_line()
        with open(self.output.path, "ab") as output:
            self.spawn([places.BINARY, "run", "-c", self.config, *self.arguments],
                       stdout=stdout or output, env=self.env)
        return self

    def _drop_torn_line(self):
        """What kill -9 cut off in the middle must not run into what the next process writes."""
        if self.output.path.is_file():  # some tests put a pipe there
            written = self.output.path.read_bytes()
            os.truncate(self.output.path, written.rfind(b"\n") + 1)

    def stop(self, timeout=60):
        """SIGTERM, once it is so far that this means a clean stop; returns the exit code."""
        wait_until(lambda: not self.running() or self._waits_for_sigterm(), what="signal mask")
        return self.terminate(timeout)

    def _waits_for_sigterm(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            mask = next(line.split()[1] for line in status if line.startswith("SigBlk:"))
        return int(mask, 16) >> (signal.SIGTERM - 1) & 1

    def wait_log(self, pattern, timeout=30, start=0):
        """Waits for a match in the log; gives up if the process ends without one."""
        def give_up():
            if not self.running() and not re.search(pattern, self.log.text(start), re.MULTILINE):
                self.must_run()
        return self.log.wait(pattern, timeout, start, give_up)

    def lines(self):
        """What sink-stdout has written: decoded JSON, a line an element, complete lines only."""
        *lines, _ = self.output.text().split("\n")  # splitlines() would know too many ends
        return [json.loads(line) for line in lines]

    def finish(self):
        """End of the test: stopped, not crashed, and no sanitizer has complained."""
        if self.running():
            self.thaw()
            try:
                self.stop()
            finally:
                self.kill9()
        report = SANITIZER_REPORT.search(self.log.text())
        assert not report, f"{self.name}: {self.log.text()[report.start():][:4000]}"
        code = self.returncode
        crashed = code is not None and code < 0 and code != -signal.SIGKILL
        assert not crashed, f"{self.name} died of {signal.Signals(-code).name}"


def to_stdout(db, name, tables, codec=None, sink=None, **source):
    """Sections of a pipeline from some tables to standard output, in the Debezium format."""
    return {
        name: {"source": "pgoutput", "codec": "json", "sink": "stdout", "checkpoint": "none"},
        f"{name}.source": {"conninfo": db.conninfo(), "slot": f"{name}_{db.name}",
                           "slot_create": "yes", "publication": f"{name}_{db.name}",
                           "publication_create": "yes", "tables": tables, **source},
        f"{name}.codec": {"format": "debezium", **(codec or {})},
        f"{name}.sink": sink or {},
    }


def filtered(sections, name, filters):
    """The sections with filters {NAME: keys} in the pipeline, in this order."""
    sections[name]["filters"] = ", ".join(filters)
    return {**sections, **{f"{name}.filter.{key}": keys for key, keys in filters.items()}}
