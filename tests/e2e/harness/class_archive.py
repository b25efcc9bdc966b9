# SPDX-License-Identifier: Apache-2.0
"""Java servers start in half the time from an archive of the classes that they loaded once."""
import functools
import os
import subprocess

from . import places


@functools.cache
def _java_version():
    """An archive is only good for the very JVM that wrote it."""
    done = subprocess.run(["java", "-XshowSettings:properties", "-version"], check=True, text=True,
                          capture_output=True)
    return next(line.split("=")[1].strip() for line in done.stderr.splitlines()
                if "java.vm.version" in line)


class ClassArchive:
    """Of the server that is called `name`; versions are part of it, for the class path must be
    the same. While there is none, the first server that close() finds running leaves one."""

    def __init__(self, name):
        self.path = places.CACHE / f"classes-{name}-{_java_version()}.jsa"
        self.there = self.path.exists()

    def options(self):
        return [f"-XX:SharedArchiveFile={self.path}" if self.there
                else "-XX:+RecordDynamicDumpInfo"]

    def close(self, process):
        """Ends the server, of which nothing is needed any more."""
        if process.running() and not self.there and not self.path.exists():
            self._write(process.pid)
        process.kill9()

    def _write(self, pid):
        """If it fails, on a machine that is too busy, the next one tries."""
        new = self.path.with_suffix(f".{os.getpid()}")
        done = subprocess.run(["jcmd", str(pid), "VM.cds", "dynamic_dump", new], check=False,
                              capture_output=True)
        if done.returncode == 0 and new.exists():
            new.replace(self.path)
        new.unlink(missing_ok=True)
