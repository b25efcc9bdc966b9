# SPDX-License-Identifier: Apache-2.0
"""Private PostgreSQL clusters."""
import functools
import hashlib
import itertools
import os
import pathlib
import shutil
import signal
import subprocess

import psycopg

from . import maven, places
from .process import Process
from .waiting import wait_until

DEBIAN_BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
# Exact versions, as Maven has them; 15 is Debian's own.
OTHER_MAJORS = {14: "14.20.0", 16: "16.11.0", 17: "17.7.0", 18: "18.1.0"}

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "wal_level": "logical",
    "max_replication_slots": 50,
    "max_wal_senders": 50,
    "max_connections": 200,
    "max_prepared_transactions": 20,
    "max_wal_size": "4GB",
    "shared_buffers": "128MB",
    "checkpoint_timeout": "30min",
    "log_min_messages": "warning",
}


# For a cluster that no test kills: only a crash of the machine would show the difference.
VOLATILE = {"fsync": "off"}

INITDB = ["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]


def _server_user():
    """The server refuses root: prefix of a command that runs as the user postgres."""
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


def _binaries(major, scratch):
    if major in (None, 15):
        return DEBIAN_BINARIES
    cached = maven.postgres_binaries(OTHER_MAJORS[major])
    if os.getuid() != 0:
        return cached / "bin"
    copy = scratch / f"postgresql-{major}"  # root's cache is closed to the user postgres
    if not copy.exists():
        shutil.copytree(cached, copy, symlinks=True)
    return copy / "bin"


def _copy(source, target):
    subprocess.run(["cp", "-a", source, target], check=True)


def _initdb(binaries, folder):
    """Makes `folder`, in one that is the server user's."""
    subprocess.run([*_server_user(), binaries / "initdb", "-D", folder, *INITDB], check=True,
                   stdout=subprocess.DEVNULL, cwd="/")


def _for_server_user(folder):
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


@functools.cache
def _empty_cluster(binaries, scratch):
    """What initdb makes, which takes a second, to be copied."""
    version = subprocess.run([binaries / "postgres", "--version"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    options = hashlib.sha256(" ".join([version, *INITDB]).encode()).hexdigest()[:12]

    def make(folder):
        work = scratch / f"initdb-{options}"  # the cache is closed to the user postgres
        work.mkdir()
        _for_server_user(work)
        _initdb(binaries, work / "data")
        _copy(work / "data", folder / "data")
        shutil.rmtree(work)
    return places.into_cache(f"postgresql-data-{options}", make) / "data"


class Postgres:
    """One cluster. Trust authentication on 127.0.0.1 and on the socket in `folder`.

    `memory`: a folder for the data of a cluster that no test kills, see places.memory_folder.
    `unique`: its system identifier is no other's.
    """

    _numbers = itertools.count(1)

    def __init__(self, scratch, major=None, settings=None, hba=None, memory=None,
                 unique=False):
        number = next(self._numbers)
        self.folder = scratch / f"postgres-{number}"
        self.folder.mkdir(mode=0o755)
        self.data = memory / self.folder.name / "data" if memory else self.folder / "data"
        self.unique = unique
        self.host, self.port, self.user = "127.0.0.1", places.free_port(), "postgres"
        self.scratch, self.major = scratch, major or 15
        self.binaries = _binaries(major, scratch)
        self.process = Process(f"postgres-{number}", self.folder)
        self.log = self.process.log
        self._connections = {}
        self._databases = itertools.count(1)
        self._create(settings or {}, hba)

    def _create(self, settings, hba):
        self.data.parent.mkdir(exist_ok=True)
        for folder in {self.folder, self.data.parent}:
            _for_server_user(folder)
        if self.unique:
            _initdb(self.binaries, self.data)
        else:
            _copy(_empty_cluster(self.binaries, self.scratch), self.data)
        self._configure({**SETTINGS, **settings})
        if hba:
            (self.data / "pg_hba.conf").write_text(hba, encoding="utf-8")

    def _configure(self, settings):
        """Adds settings to the file, where the last one of a name holds."""
        values = {"port": self.port, "unix_socket_directories": self.folder, **settings}
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            for name, value in values.items():
                file.write(f"{name} = '{value}'\n")

    # ---- life

    def start(self):
        command = _server_user() + [self.binaries / "postgres", "-D", self.data]
        self.process.spawn(command, cwd="/")
        self.wait_ready()
        return self

    def wait_ready(self, timeout=60):
        def answers():
            try:
                with psycopg.connect(self.conninfo("postgres"), connect_timeout=2):
                    return True
            except psycopg.OperationalError:
                return False
        wait_until(answers, timeout, f"{self.process.name} answers",
                   give_up=self.process.must_run)

    def postmaster_pid(self):
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def stop(self, how=signal.SIGINT):
        """Fast shutdown (SIGINT), or smart (SIGTERM), or immediate (SIGQUIT)."""
        self._forget_connections()
        if self.process.running():
            os.kill(self.postmaster_pid(), how)
            self.process.wait(60)

    def kill9(self):
        """The postmaster and every backend, at once."""
        self._forget_connections()
        if self.process.running():
            pid = self.postmaster_pid()
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for victim in [pid, *map(int, children)]:
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
            gone = [pathlib.Path(f"/proc/{victim}") for victim in map(int, children)]
            wait_until(lambda: not any(path.exists() for path in gone), what="backends gone")

    def restart(self):
        self.stop()
        return self.start()

    # ---- talking to it

    def conninfo(self, database="postgres", port=None, **more):
        words = {"host": self.host, "port": port or self.port, "user": self.user,
                 "dbname": database, **more}
        return " ".join(f"{name}={value}" for name, value in words.items())

    def connect(self, database="postgres", **options):
        """A new psycopg connection that the caller closes; autocommit unless said otherwise."""
        return psycopg.connect(self.conninfo(database), **{"autocommit": True, **options})

    def sql(self, query, parameters=None, database="postgres"):
        """Runs it in a kept connection and returns the rows (None if there are none to have).

        Several statements with ; between are fine as long as there are no parameters.
        """
        connection = self._connections.get(database)
        if connection is None or connection.closed or connection.broken:
            connection = self._connections[database] = self.connect(database)
        cursor = connection.execute(query, parameters)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else None

    def value(self, query, parameters=None, database="postgres"):
        """The first column of the first row."""
        rows = self.sql(query, parameters, database)
        return rows[0][0] if rows else None

    def psql(self, script, database="postgres", *arguments):
        """Runs the script with psql, returns its unaligned output; for what needs its text."""
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *arguments, "-d",
                   self.conninfo(database)]
        done = subprocess.run(command, input=script, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _forget_connections(self):
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    # ---- databases, slots

    def create_database(self, name=None):
        name = name or f"db{next(self._databases)}"
        self.sql(f'create database "{name}"')
        return Database(self, name)

    def drop_database(self, name):
        connection = self._connections.pop(name, None)
        if connection:
            connection.close()
        self.sql("select pg_terminate_backend(active_pid) from pg_replication_slots "
                 "where database = %s and active_pid is not null", [name])
        for (slot,) in self.sql("select slot_name from pg_replication_slots where database = %s",
                                [name]):
            self.drop_slot(slot)
        self.sql(f'drop database if exists "{name}" with (force)')

    def slot(self, name):
        """The slot's row in pg_replication_slots as a dict, or None."""
        rows = self.sql("select to_jsonb(s) from pg_replication_slots s where slot_name = %s",
                        [name])
        return rows[0][0] if rows else None

    def drop_slot(self, name):
        """Drops it, after its walsender has noticed that its client is gone."""
        def dropped():
            try:
                self.sql("select pg_drop_replication_slot(%s)", [name])
            except psycopg.errors.ObjectInUse:
                return False
            except psycopg.errors.UndefinedObject:
                pass
            return True
        wait_until(dropped, 30, f"slot {name} dropped")

    def close(self):
        self.stop(signal.SIGQUIT)


class Standby(Postgres):
    """A streaming standby of `primary`, with a physical slot there.

    It begins as a cold copy, because not every major here brings pg_basebackup: the primary is
    stopped for a moment. From 17 on it keeps copies of failover slots. `synchronized`: the
    primary sends nothing to a failover slot's reader that this standby lacks.
    """

    def __init__(self, primary, synchronized=True, settings=None):
        self.primary, self.synchronized = primary, synchronized
        self.slot_name = f"standby_{primary.port}"
        super().__init__(primary.scratch, primary.major, settings)

    def _create(self, settings, hba):
        primary = self.primary
        primary.stop()
        shutil.copytree(primary.data, self.data, symlinks=True)
        for slot in (self.data / "pg_replslot").iterdir():
            shutil.rmtree(slot)
        (self.data / "standby.signal").touch()
        self._configure({"primary_conninfo": primary.conninfo("postgres"),
                         "primary_slot_name": self.slot_name, "hot_standby_feedback": "on",
                         **settings})
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "postgres:postgres", self.folder], check=True)
        primary.start()
        primary.sql("select pg_create_physical_replication_slot(%s, true)", [self.slot_name])
        if self.synchronized and self.major >= 17:
            primary.sql(f"alter system set synchronized_standby_slots = '{self.slot_name}'")
            primary.sql("select pg_reload_conf()")

    def wait_synced(self, slot, timeout=60):
        """Waits until it has a copy of the failover slot that outlives a promotion, and lets the
        server keep that up. Before there is load: the copy is only good once the slot needs
        nothing that the standby has no longer, and the server looks every 30 s.
        """
        def synced():
            self.primary.sql("checkpoint")
            self.sql("select pg_sync_replication_slots()")
            row = self.slot(slot)
            return row and row["synced"] and not row["temporary"]
        wait_until(synced, timeout, lambda: f"slot {slot} on the standby; it is {self.slot(slot)}",
                   interval=0.1)
        self.sql("alter system set sync_replication_slots = on")
        self.sql("select pg_reload_conf()")

    def promote(self):
        assert self.value("select pg_promote(true, 60)")


class Database:
    """One database of a cluster, with the cluster's methods bound to it."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.host, self.port, self.user = cluster.host, cluster.port, cluster.user

    def conninfo(self, port=None, **more):
        return self.cluster.conninfo(self.name, port, **more)

    def connect(self, **options):
        return self.cluster.connect(self.name, **options)

    def sql(self, query, parameters=None):
        return self.cluster.sql(query, parameters, self.name)

    def value(self, query, parameters=None):
        return self.cluster.value(query, parameters, self.name)

    def psql(self, script, *arguments):
        return self.cluster.psql(script, self.name, *arguments)

    def slot(self, name):
        return self.cluster.slot(name)

    def lsn(self):
        """Where the WAL ends now, as a number."""
        return self.value("select (pg_current_wal_flush_lsn() - '0/0')::int8")

    def confirmed_lsn(self, slot):
        """Up to where the slot's reader has acknowledged, as a number."""
        return self.value("select (confirmed_flush_lsn - '0/0')::int8 from pg_replication_slots "
                          "where slot_name = %s", [slot])

    def wait_confirmed(self, slot, lsn=None, timeout=30):
        """Waits until the slot's reader has acknowledged everything up to now (or `lsn`)."""
        target = self.lsn() if lsn is None else lsn
        wait_until(lambda: (self.confirmed_lsn(slot) or 0) >= target, timeout,
                   lambda: f"slot {slot} at {target:X}, it is {self.slot(slot)}")

    def streams(self, slot):
        """Whether the slot is read. While it is being made it is active too, but has no position:
        what commits then is not in it."""
        row = self.slot(slot)
        return row and row["active"] and row["confirmed_flush_lsn"]

    def wait_streaming(self, slot, program, timeout=30):
        """Waits until a walsender streams from the slot; `program` must stay alive."""
        wait_until(lambda: self.streams(slot), timeout, f"slot {slot} is active",
                   give_up=program.must_run)

    def drop(self):
        self.cluster.drop_database(self.name)

    def on(self, cluster):
        """The same database on a standby."""
        return Database(cluster, self.name)
