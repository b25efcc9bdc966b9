# SPDX-License-Identifier: Apache-2.0
"""sink-postgres, foreign_keys: parents and children come in topics and partitions of their own, so
in any order."""
import pytest

from harness.postgres_sink import event, to_postgres, wait_rows
from harness.waiting import count, wait_until

CHILDREN = 300


@pytest.fixture
def family(db, kafka, topic):
    """(database, topic of parents, topic of children); three partitions each."""
    db.sql("create table parent (id int primary key)")
    db.sql("create table child (id int primary key, parent int not null references parent)")
    topics = f"{topic}-parent", f"{topic}-child"
    for name in topics:
        kafka.create_topic(name, 3)
    return db, *topics


@pytest.fixture
def pipeline(family, kafka, headrace):
    db, *topics = family

    def make(**keys):
        source = {"group": f"g-{topics[0]}", "member": "m"}
        return headrace(to_postgres(kafka, ", ".join(topics), db.conninfo(), errors="dead-letter",
                                    source=source, **{"insert_mode": "upsert", **keys}))
    return make


def parents(numbers, op="c"):
    return [event("parent", op, **{"before" if op == "d" else "after": {"id": n}}) for n in numbers]


def children(numbers, op="c", parent=lambda n: n // 10):
    side = "before" if op == "d" else "after"
    return [event("child", op, **{side: {"id": n, "parent": parent(n)}}) for n in numbers]


def no_letters(db):
    return db.value("select to_regclass('headrace.dead_letter')") is None


@pytest.mark.parametrize("keys", [{}, {"workers": 3}, {"workers": 3, "foreign_keys": "defer"}])
def test_children_wait_for_their_parents(family, kafka, pipeline, keys):
    """Also for those that come many transactions later, with other tables' rows among them."""
    db, parent, child = family
    db.sql("create table other (id int primary key)")
    if "foreign_keys" in keys:
        db.sql("alter table child alter constraint child_parent_fkey deferrable")
    kafka.produce(child, children(range(CHILDREN)))
    program = pipeline(foreign_key_wait="60s", batch_rows=50, **keys)
    program.wait_log("waits for a row that it refers to.*child_parent_fkey")
    kafka.produce(child, children(range(CHILDREN), op="u", parent=lambda n: 0))
    kafka.produce(child, [event("other", after={"id": n}) for n in range(CHILDREN)])
    kafka.produce(parent, parents(range(CHILDREN // 10)))
    wait_until(lambda: db.value("select count(*) from child where parent = 0") == CHILDREN,
               give_up=program.must_run)
    wait_rows(db, CHILDREN, program, table="other")
    assert program.stop() == 0
    assert no_letters(db) and db.value("select count(*) from parent") == CHILDREN // 10


def test_killed_while_some_wait(family, kafka, pipeline):
    """Other writers are ahead then. What comes twice would be refused by the keys."""
    db, parent, child = family
    db.sql("create table other (id int primary key)")
    events = [event("other", after={"id": n}) for n in range(CHILDREN)]
    for n, one in enumerate(children(range(CHILDREN))):
        events.insert(2 * n, one)
    kafka.produce(child, events)
    program = pipeline(foreign_key_wait="60s", batch_rows=50, workers=3, insert_mode="insert")
    for _ in range(count(2, 10)):
        start = program.log.size()
        program.wait_log("waits for a row that it refers to", start=start)
        program.kill9()
        program.start()
    kafka.produce(parent, parents(range(CHILDREN // 10)))
    wait_rows(db, CHILDREN, program, table="child")
    wait_rows(db, CHILDREN, program, table="other")
    assert program.stop() == 0
    assert no_letters(db)


def test_killed_when_the_first_writer_is_ahead(family, kafka, pipeline):
    """What waited is committed, with what came after it; another writer hangs with that."""
    db, parent, child = family
    db.sql("create table other (id int primary key)")
    kafka.produce(child, children(range(100)))
    with db.connect() as holder:
        holder.execute("begin")
        holder.execute("insert into other values (49)")
        program = pipeline(foreign_key_wait="60s", workers=3, insert_mode="insert")
        program.wait_log("waits for a row that it refers to")
        kafka.produce(child, [event("other", after={"id": n}) for n in range(50)] +
                      children(range(100, 200)))
        kafka.produce(parent, parents(range(20)))
        blocked = ("select pid from pg_stat_activity where wait_event_type = 'Lock' "
                   "and datname = current_database()")
        wait_until(lambda: db.value(blocked) and db.value("select count(*) from child") == 200,
                   give_up=program.must_run)
        pid = db.value(blocked)
        program.freeze()
        db.sql(f"select pg_terminate_backend({pid}, 10000)")
        program.kill9()
        holder.execute("rollback")
    program.start()
    wait_rows(db, 50, program, table="other")
    assert program.stop() == 0
    assert no_letters(db) and db.value("select count(*) from child") == 200


def test_parents_wait_until_their_children_are_gone(family, kafka, pipeline):
    db, parent, child = family
    kafka.produce(parent, parents(range(30)))
    kafka.produce(child, children(range(CHILDREN)))
    program = pipeline(foreign_key_wait="60s")
    wait_rows(db, CHILDREN, program, table="child")
    kafka.produce(parent, parents(range(1, 30), op="d"))
    program.wait_log("waits for a row.*parent")
    kafka.produce(child, children(range(10, CHILDREN), op="d"))
    wait_until(lambda: db.value("select count(*) from parent") == 1, give_up=program.must_run)
    assert program.stop() == 0
    assert no_letters(db) and db.value("select count(*) from child") == 10


@pytest.mark.parametrize("keys", [{}, {"workers": 3}, {"foreign_keys": "defer"},
                                  {"foreign_keys": "defer", "workers": 3},
                                  {"foreign_keys": "ignore", "workers": 3}])
def test_all_that_is_there_at_once(family, kafka, pipeline, keys):
    """What is read together is in no order either."""
    db, parent, child = family
    rounds = count(3, 30)
    if keys.get("foreign_keys") == "defer":
        db.sql("alter table child alter constraint child_parent_fkey deferrable")
    for turn in range(rounds):
        kafka.produce(child, children(range(turn * 100, turn * 100 + 100)))
        kafka.produce(parent, parents(range(turn * 10, turn * 10 + 10)))
    program = pipeline(batch_ms="2s", **keys)
    wait_rows(db, rounds * 100, program, table="child")
    wait_rows(db, rounds * 10, program, table="parent")
    assert program.stop() == 0
    assert no_letters(db)
    assert ("row by row" in program.log.text()) == ("foreign_keys" not in keys)


def test_a_child_without_a_parent_is_put_aside_in_the_end(family, kafka, pipeline):
    db, parent, child = family
    kafka.produce(parent, parents(range(10)))
    kafka.produce(child, children(range(101)))
    program = pipeline(foreign_key_wait="1s")
    wait_until(lambda: not no_letters(db) and db.sql(
        "select sqlstate from headrace.dead_letter") == [("23503",)], give_up=program.must_run)
    wait_rows(db, 100, program, table="child")
    assert program.stop() == 0


def test_what_is_not_checked(family, kafka, pipeline):
    db, _, child = family
    kafka.produce(child, children(range(CHILDREN)))
    program = pipeline(foreign_keys="ignore")
    wait_rows(db, CHILDREN, program, table="child")
    assert program.stop() == 0


def test_a_role_that_may_not_ignore_them(family, kafka, pipeline):
    db, _, child = family
    role = f"writer_{db.name}"
    db.sql(f"create role {role} login")
    db.sql(f"grant create on database {db.name} to {role}; grant all on parent, child to {role}")
    kafka.produce(child, children(range(10)))
    program = pipeline(foreign_keys="ignore", user=role)
    try:
        assert program.wait() != 0
        program.wait_log("foreign_keys = ignore needs a superuser, or GRANT SET ON PARAMETER")
    finally:
        db.sql(f"drop owned by {role}; drop role {role}")


def test_constraints_that_cannot_be_deferred(family, kafka, pipeline):
    db, _, child = family
    kafka.produce(child, children(range(10)))
    program = pipeline(foreign_keys="defer")
    assert program.wait() != 0
    program.wait_log("foreign key child_parent_fkey of child, which cannot be deferred: ALTER TABLE")
    assert no_letters(db)
