# SPDX-License-Identifier: Apache-2.0
"""Where things are: the tree, the build, the cache, scratch folders, free ports."""
import os
import pathlib
import random
import shutil
import socket
import tempfile

from .waiting import is_long

TREE = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("HEADRACE_BUILD") or TREE / "build" / "release").resolve()
BINARY = BUILD / "core" / "headrace"
PLUGINS = BUILD / "plugins"
CACHE = pathlib.Path(os.environ.get("HEADRACE_CACHE") or "~/.cache/headrace").expanduser()
KEPT_LOGS = pathlib.Path(os.environ.get("HEADRACE_KEPT_LOGS") or TREE / "build" / "e2e-logs")

# Below the range that the kernel hands out for outgoing connections, so that nobody takes
# a port while its server is down between kill -9 and restart.
FIRST_PORT, LAST_PORT = 10_000, 32_000
_given_ports = set()

MEMORY = pathlib.Path("/dev/shm")
ENOUGH_MEMORY = 6 << 30


def free_port():
    """A port that nobody listens on and that this process has not given before."""
    for _ in range(1000):
        port = random.randrange(FIRST_PORT, LAST_PORT)
        if port in _given_ports:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given_ports.add(port)
        return port
    raise RuntimeError("no free port found")


def scratch_folder():
    """A new folder that other users (the one PostgreSQL runs as) may enter."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="headrace-e2e-"))
    folder.chmod(0o755)
    return folder


def memory_folder():
    """A new folder whose files are only in memory, or None where there is too little of it.

    On disk a quarter of the suite's time is the making and dropping of databases: each has 300
    files, and ext4 looks at all inodes that were freed lately before it takes one. What a killed
    run has left there is removed: memory is dearer than disk.
    """
    for left in MEMORY.glob("headrace-e2e-*"):
        if not pathlib.Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    if is_long() or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH_MEMORY:
        return None
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"headrace-e2e-{os.getpid()}-", dir=MEMORY))
    folder.chmod(0o755)
    return folder


def into_cache(name, make):
    """CACHE/name; if it is not there, make(folder) fills it, atomically for parallel runs."""
    folder = CACHE / name
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=f".{name}-", dir=CACHE))
    try:
        make(work)
        work.chmod(0o755)
        os.rename(work, folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder
