# SPDX-License-Identifier: Apache-2.0
"""mode = handler: what its author can rely on."""
import json
import subprocess

import pytest

from harness import places
from harness.postgres_sink import to_postgres
from harness.program import sanitized
from harness.waiting import count, wait_until


def pipeline(kafka, topic, db, handler_mode="message", handler=None, **more):
    keys = {key: more.pop(key) for key in ("checkpoint", "errors", "source") if key in more}
    if handler:
        more["handler"] = handler
    sections = to_postgres(kafka, topic, db.conninfo(), mode="handler", handler_mode=handler_mode,
                           **keys, **more)
    del sections["apply"]["codec"], sections["apply.codec"]
    return sections


def numbers(count_, **more):
    return [(str(n % 7), json.dumps({"n": n, **more})) for n in range(count_)]


def wait_value(db, query, value, program):
    wait_until(lambda: db.value(query) == value, timeout=60,
               what=lambda: f"{query}: {db.value(query)}, {program.log.text()[-3000:]}",
               give_up=program.must_run)


@pytest.fixture
def table(db):
    db.sql("create table done (n int, topic text, part int, off bigint, at timestamptz)")
    db.sql("""create function handle(key int, value jsonb, topic text, "partition" int,
                  "offset" bigint, ts timestamptz) returns void language sql as
              'insert into done values ((value ->> ''n'')::int, topic, "partition", "offset", ts)'""")
    return db


def test_order_and_place(table, kafka, headrace, topic):
    kafka.create_topic(topic, 3)
    kafka.produce(topic, numbers(700))
    program = headrace(pipeline(kafka, topic, table, handler="handle", workers=2))
    wait_value(table, "select count(*) from done", 700, program)
    assert program.stop() == 0
    table.sql("alter table done add id int generated always as identity")
    assert table.value("select count(distinct (topic, part, off)) from done") == 700
    assert table.value("select bool_and(at > now() - interval '1 hour') from done")
    assert table.value("select count(*) from (select n, lag(n) over (partition by part order by off) "
                       "as before from done) as o where before > n") == 0


@pytest.mark.parametrize("order", ["partition", "key"])
def test_a_batch_is_of_one_partition(db, kafka, headrace, topic, order):
    """And of any number of them if only keys have an order, which workers share then."""
    db.psql("""create type msg as ("partition" int, key text, value jsonb, ord int); create table batches (parts int);
               create table done (id serial, key text, n int);
               create function f(batch msg[]) returns void language sql as $$
                 insert into batches select count(distinct m."partition") from unnest(batch) as m;
                 insert into done (key, n) select m.key, (m.value ->> 'n')::int
                   from unnest(batch) as m order by m.ord $$""")
    kafka.create_topic(topic, 3)
    kafka.produce(topic, numbers(600))
    program = headrace(pipeline(kafka, topic, db, "batch", "f", handler_order=order,
                                batch_ms="10s", workers=1 if order == "partition" else 3))
    wait_value(db, "select count(*) from done", 600, program)
    assert program.stop() == 0
    if order == "partition":
        assert db.value("select max(parts) from batches") == 1
    assert db.value("select count(*) from (select n, lag(n) over (partition by key order by id) "
                    "as before from done) as o where before > n") == 0


def test_debezium_and_composites(db, kafka, headrace, topic):
    db.sql("create table orders (id int primary key, note text)")
    db.sql("create type order_key as (id int)")
    db.sql("""create function follow(key order_key, op text, before jsonb, after orders)
              returns void language plpgsql as $$ begin
                delete from orders where id = (key).id;
                if op <> 'd' and after.id is not null then insert into orders select after.*; end if;
              end $$""")
    row = {"id": 1, "note": "a"}
    envelope = {"before": None, "after": {"id": 2, "note": None}, "op": "c"}
    kafka.produce(topic, [
        ('{"id":1}', json.dumps({"before": None, "after": row, "op": "c"})),
        ('{"id":2}', json.dumps({"schema": {}, "payload": envelope})),
        ('{"id":1}', json.dumps({"before": row, "after": {**row, "note": "b"}, "op": "u"})),
        ('{"id":3}', json.dumps({"before": None, "after": {"id": 3}, "op": "c"})),
        ('{"id":3}', json.dumps({"before": {"id": 3}, "after": None, "op": "d"})),
        ('{"id":3}', None)])
    program = headrace(pipeline(kafka, topic, db, handler="follow"))
    wait_until(lambda: db.sql("select * from orders order by 1") == [(1, "b"), (2, None)],
               what=program.log.text, give_up=program.must_run)


def test_tries_again(table, kafka, headrace, topic):
    """40001 and HR003 run the transaction again; nothing of the first attempt stays."""
    table.sql("create sequence attempts")
    table.sql("""create function flaky(value jsonb) returns void language plpgsql as $$ begin
                   insert into done (n) values ((value ->> 'n')::int);
                   if (value ->> 'n')::int = 7 and nextval('attempts') < 5 then
                     if currval('attempts') % 2 = 0 then raise sqlstate '40001'; end if;
                     raise sqlstate 'HR003'; end if;
                 end $$""")
    kafka.produce(topic, numbers(20))
    program = headrace(pipeline(kafka, topic, table, handler="flaky", errors="dead-letter"))
    wait_value(table, "select count(*) from done", 20, program)
    assert program.stop() == 0
    assert table.value("select count(distinct n) from done") == 20
    assert table.value("select last_value from attempts") == 5
    assert table.value("select to_regclass('headrace.dead_letter')") is None


STOPS = {
    "HR004": ("create function f(value jsonb) returns void language plpgsql as "
              "$$ begin raise sqlstate 'HR004'; end $$", "f", "HR004"),
    "commit": ("create function f(value jsonb) returns void language plpgsql as "
               "$$ begin commit; end $$", "f", "2D000"),
    "procedure": ("create procedure f(value jsonb) language sql as 'select 1'", "f",
                  "has to be a function"),
    "missing": ("select 1", "app.nothing", "there is no function app.nothing"),
    "overloaded": ("create function f(value text) returns int language sql as 'select 1';"
                   "create function f(value jsonb) returns int language sql as 'select 1'", "f",
                   "or several of that name"),
    "argument": ("create function f(payload jsonb) returns int language sql as 'select 1'", "f",
                 r'argument 1 \("payload"\) of the handler public.f is none of topic, partition'),
    "bug": ("create function f(value jsonb) returns void language plpgsql as "
            "$$ begin insert into no_such_table values (1); end $$", "f", "no_such_table.*42P01"),
}


@pytest.mark.parametrize("name", STOPS)
def test_stops(db, kafka, headrace, topic, name):
    definition, handler, reason = STOPS[name]
    db.psql(definition)
    kafka.produce(topic, numbers(3))
    program = headrace(pipeline(kafka, topic, db, handler=handler, errors="dead-letter"))
    assert program.wait() != 0
    program.wait_log(reason)
    assert db.value("select max(next_offset) from headrace.sink_offset") <= 0


def test_role(table, kafka, headrace, topic):
    """The handler has no right to anything but its own, headrace keeps its tables."""
    role = f"app_{table.name}"
    table.sql(f"create role {role}")
    try:
        table.sql(f"grant insert on done to {role}")
        kafka.produce(topic, numbers(10))
        program = headrace(pipeline(kafka, topic, table, handler="handle", handler_role=role,
                                    dedupe_by="json:/n", errors="dead-letter"))
        wait_value(table, "select count(*) from done", 10, program)
        kafka.produce(topic, [(key, value) for n in range(20) for key, value in
                              (("1", json.dumps({"n": 20 + n})), ("1", "no json"))])
        wait_value(table, "select max(next_offset) from headrace.sink_offset", 50, program)
        assert table.value("select count(*) from headrace.dead_letter") == 20
        assert program.stop() == 0
        table.sql("create or replace function handle(key int, value jsonb, topic text, "
                  '"partition" int, "offset" bigint, ts timestamptz) returns void language sql as '
                  "'delete from headrace.sink_offset'")
        kafka.produce(topic, numbers(11)[10:])
        program.start()
        assert program.wait() != 0
        program.wait_log("permission denied for table sink_offset")
    finally:
        table.sql(f"drop owned by {role}")
        table.sql(f"drop role {role}")


@pytest.mark.parametrize("form", ["message", "statement"])
def test_duplicates(table, kafka, headrace, topic, form):
    """Within a batch, from batch to batch, and after the window."""
    more = {"handler": "handle"} if form == "message" else {
        "handler_sql": "insert into done (n) select (value ->> 'n')::int from batch"}
    config = pipeline(kafka, topic, table, form, dedupe_by="json:/id/a~1b", **more)
    one = ("1", json.dumps({"n": 1, "id": {"a/b": "one"}}))
    kafka.produce(topic, [one, one, ("1", json.dumps({"n": 2})), ("1", json.dumps({"n": 2}))])
    program = headrace(config)
    wait_value(table, "select count(*) from done", 3, program)
    kafka.produce(topic, [one, ("1", json.dumps({"n": 3}))])
    wait_value(table, "select count(*) from done", 4, program)
    assert program.stop() == 0
    table.sql("update headrace.seen set seen_at = now() - interval '8 days'")
    kafka.produce(topic, [one, ("1", json.dumps({"n": 4}))])
    program.start()
    wait_value(table, "select max(n) from done", 4, program)
    assert program.stop() == 0
    assert table.value("select count(*) from done where n = 1") == 2


def test_batch_isolates_what_raises(db, kafka, headrace, topic):
    db.psql("""create type msg as (value jsonb, ord int); create table done (n int);
               create function f(batch msg[]) returns void language sql as
               $$ insert into done select 10 / (m.value ->> 'n')::int from unnest(batch) as m $$""")
    kafka.produce(topic, [("k", json.dumps({"n": n % 50})) for n in range(200)])
    program = headrace(pipeline(kafka, topic, db, "batch", "f", errors="dead-letter"))
    wait_value(db, "select count(*) from done", 196, program)
    assert program.stop() == 0
    assert db.sql('select "offset" from headrace.dead_letter order by 1') == [
        (0,), (50,), (100,), (150,)]


@pytest.mark.parametrize("form", ["message", "inbox"])
def test_killed(table, kafka, headrace, topic, form):
    """Once each, in a table without a key, however often the process dies."""
    total = count(20000, 200000)
    kafka.produce(topic, numbers(total))
    where = "done" if form == "message" else "headrace.inbox"
    program = headrace(pipeline(kafka, topic, table, form, "handle" if form == "message" else None,
                                batch_rows=50, source={"member": "m"}))

    def written():
        there = table.value("select to_regclass(%s)", [where])
        return table.value(f"select count(*) from {where}") if there else 0
    found = [0]
    while len(found) <= count(3, 50) and found[-1] < total:
        wait_until(lambda: written() > found[-1], what=program.log.text, give_up=program.must_run)
        program.kill9()
        found.append(written())
        program.start()
    assert found[1] < total, "it was done before it was killed"
    wait_value(table, f"select count(*) from {where}", total, program)
    assert program.stop() == 0
    column = "off" if form == "message" else '"offset"'
    assert table.value(f"select count(distinct {column}) from {where}") == total


BAD_HANDLER = r"""
#include <headrace/handler.h>
static enum headrace_result on_batch(void *self, struct headrace_tx *tx,
  const struct headrace_event *const *events, size_t count, struct headrace_opinion *opinions)
{
  const struct headrace_rows *rows;
  const char *value = events[0]->record->value.data;
  (void)self; (void)count; (void)opinions;
  if (value[0] == 'e') /* ends the transaction */
    return tx->exec(tx, "COMMIT", 0, 0, 0) ? HEADRACE_OK : HEADRACE_RETRY;
  if (value[0] == 'f')
    return tx->fail(tx, "23514", "not like that");
  tx->savepoint(tx);
  tx->exec(tx, "INSERT INTO done (n) VALUES (1/0)", 0, 0, 0);
  if (tx->sqlstate[0] != '2' || !tx->rollback(tx) ||
      !tx->copy(tx, "COPY done (n) FROM STDIN", "5\n6\n", 4) ||
      !tx->exec(tx, "SELECT count(*) FROM done", 0, 0, &rows) || tx->count(rows) != 1)
    return HEADRACE_FATAL;
  return tx->value(rows, 0, 0).data[0] == '2' ? HEADRACE_OK : HEADRACE_FATAL;
}
static const struct headrace_handler handler = {.name = "x", .on_batch = on_batch};
HEADRACE_REGISTER_HANDLER(handler)
"""


@pytest.mark.skipif(sanitized(), reason="an uninstrumented plugin in an instrumented host")
@pytest.mark.parametrize("value, reason", [("good", None), ("end", "2D000"), ("fail", "23514")])
def test_transaction_of_a_plugin(table, kafka, headrace, topic, folder, value, reason):
    (folder / "x.c").write_text(BAD_HANDLER)
    subprocess.run(["gcc", "-std=c99", "-Wall", "-Werror", "-fPIC", "-shared",
                    f"-I{places.TREE}/include", "-o", folder / "x.so", folder / "x.c"], check=True)
    kafka.produce(topic, [("k", value)])
    program = headrace(pipeline(kafka, topic, table, "plugin", folder / "x.so"))
    if reason:
        assert program.wait() != 0
        program.wait_log(reason)
    else:
        wait_value(table, "select count(*) from done", 2, program)
        assert program.stop() == 0


def test_header_stands_alone(folder):
    for words in (["gcc", "-std=c99", "-pedantic"], ["g++", "-std=c++17"]):
        path = folder / f"alone.{'c' if words[0] == 'gcc' else 'cc'}"
        path.write_text("#include <headrace/handler.h>\nint main(void) { return 0; }\n")
        subprocess.run([*words, "-Wall", "-Wextra", "-Werror", f"-I{places.TREE}/include",
                        "-fsyntax-only", path], check=True)
