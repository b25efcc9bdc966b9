# SPDX-License-Identifier: Apache-2.0
"""A load whose every change is known afterwards, and the check that a topic holds it.

Each change of table `accounts` takes the next number of a sequence as its version, and is
written to table `journal` in the same transaction. The journal is not published: whatever
was killed meanwhile, it says what was committed, and in which order for each key.
"""
import collections
import json
import threading

import psycopg

SCHEMA = """
create table accounts (id int primary key, version bigint not null, note text);
alter table accounts replica identity full;
create table journal (place bigserial primary key, id int, op text, version bigint,
                      transaction bigint default txid_current());
create sequence versions;

-- `changes` random changes of keys first..last in one transaction.
create function churn(first int, last int, changes int) returns void language plpgsql as $$
declare
  key int;
  old bigint;
  new bigint;
  what text;
begin
  for i in 1..changes loop
    key := first + floor(random() * (last - first + 1));
    select version into old from accounts where id = key;
    new := nextval('versions');
    if old is null then
      what := 'c';
      insert into accounts values (key, new, repeat('n', (random() * 100)::int));
    elsif random() < 0.2 then
      what := 'd';
      new := old;
      delete from accounts where id = key;
    else
      what := 'u';
      update accounts set version = new where id = key;
    end if;
    insert into journal (id, op, version) values (key, what, new);
  end loop;
end $$;
"""
WRITERS, KEYS_OF_EACH = 2, 40


class Load:
    """Writers in threads, from start() to stop(); they outlive restarts of the server."""

    def __init__(self, db, pause=0.002):
        self.db, self.pause = db, pause
        self._stop = threading.Event()
        self._threads = []
        db.sql(SCHEMA)

    def start(self):
        self._stop.clear()
        self._threads = [threading.Thread(target=self._write, args=[n], daemon=True)
                         for n in range(WRITERS)]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _write(self, number):
        first = 1 + number * KEYS_OF_EACH
        turn = 0
        while not self._stop.is_set():
            try:
                with self.db.connect() as connection:
                    while not self._stop.wait(self.pause):
                        turn += 1
                        self._transaction(connection, first, turn)
            except psycopg.Error:
                self._stop.wait(0.05)  # the server is down: that is the test's doing

    @staticmethod
    def _transaction(connection, first, turn):
        changes = 300 if turn % 20 == 0 else 1 + turn % 7
        call = "select churn(%s, %s, %s)", (first, first + KEYS_OF_EACH - 1, changes)
        if turn % 9:
            connection.execute(*call)
        else:
            with connection.transaction(force_rollback=True):
                connection.execute(*call)

    # ---- what was committed

    def histories(self):
        """{key: [(op, version), ...]} in the order of each key's changes."""
        found = collections.defaultdict(list)
        for key, op, version in self.db.sql("select id, op, version from journal order by place"):
            found[key].append((op, version))
        return dict(found)

    def transactions(self, changes):
        """The set of transactions that made these (key, op, version)."""
        by_change = {tuple(row[:3]): row[3] for row in self.db.sql(
            "select id, op, version, transaction from journal")}
        return {by_change[change] for change in changes}

    def committed(self):
        return self.db.value("select count(*) from journal")


def change_of(record):
    """(key, op, version) of a record in the Debezium format that is not a tombstone."""
    value = json.loads(record.value)
    row = value["before"] if value["op"] == "d" else value["after"]
    return json.loads(record.key)["id"], value["op"], row["version"]


def check_topic(records, histories):
    """Asserts that the topic holds every key's history, in order; returns what came again.

    At least once means: after a crash a stretch may come again, so the place in a key's
    history may step back, but it never skips what has not been sent.
    """
    places, partitions, seen, again = {}, {}, set(), []
    index = {(key, *change): n for key, history in histories.items()
             for n, change in enumerate(history)}
    for change, record in ((change_of(record), record) for record in records if record.value):
        key, where = change[0], f"{record.partition}/{record.offset}"
        assert change in index, f"{change} at {where} never happened"
        assert partitions.setdefault(key, record.partition) == record.partition, \
            f"key {key} is in two partitions"
        place, expected = index[change], places.get(key, -1) + 1
        assert place <= expected, f"key {key}: {change} at {where} is change {place} of it, " \
                                  f"but change {expected} was not there yet"
        if change in seen:
            again.append(change)
        seen.add(change)
        places[key] = place
    ends = {key: len(history) - 1 for key, history in histories.items()}
    assert places == ends, {key: (places.get(key), ends[key]) for key in ends
                            if places.get(key) != ends[key]}
    return again


def check_last_values(records, db):
    """Asserts that a consumer who keeps the last record of each key has the table."""
    kept = {}
    for record in records:
        if record.value is None:
            continue
        key, op, version = change_of(record)
        if op == "d":
            kept.pop(key, None)
        else:
            kept[key] = version
    assert kept == dict(db.sql("select id, version from accounts"))


def pipeline(db, kafka, prefix, name="load", **keys):
    """Sections of a pipeline from table accounts to topic PREFIX.public.accounts.

    No Kafka: the caller gives the brokers. `keys` are added: source__slot="x" to the source's section, checkpoint="none" to the
    pipeline's.
    """
    sections = {
        name: {"source": "pgoutput", "codec": "json", "sink": "kafka"},
        f"{name}.source": {"conninfo": db.conninfo(), "slot": f"{name}_{db.name}",
                           "slot_create": "yes", "publication": f"{name}_{db.name}",
                           "publication_create": "yes",
                           "tables": "public.accounts"},
        f"{name}.codec": {"format": "debezium"},
        f"{name}.sink": {"brokers": kafka.brokers if kafka else "", "prefix": prefix, "topic_create": "yes",
                         "topic_partitions": 3},
    }
    for key, value in keys.items():
        stage, _, own = key.rpartition("__")
        sections[f"{name}.{stage}" if stage else name][own] = value
    return sections


def check_everything(db, broker, program, load, sections):
    """The end of a kill -9 test: `load` has stopped, `program` runs.

    Waits until all has arrived, stops the program cleanly, and asserts that the topic holds
    the table and its history, and that a start after the clean stop repeats nothing. Returns
    the changes that came again before that.
    """
    slot, topic = sections["load.source"]["slot"], topic_of(sections)
    db.wait_confirmed(slot, timeout=90)
    assert program.stop() == 0
    records = broker.consume(topic)
    again = check_topic(records, load.histories())
    check_last_values(records, db)
    print(f"{load.committed()} changes, {len(again)} came again")
    ends = broker.end_offsets(topic)
    program.start()
    db.wait_streaming(slot, program)
    db.sql("insert into accounts values (0, 0)")
    db.wait_confirmed(slot)
    assert program.stop() == 0
    assert [change_of(record) for record in broker.consume(topic, start=ends)] == [(0, "c", 0)]
    return again


def topic_of(sections):
    return sections["load.sink"]["prefix"] + ".public.accounts"
