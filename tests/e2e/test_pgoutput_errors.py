# SPDX-License-Identifier: Apache-2.0
"""What is wrong with slot, publication or server is said in those words, with the SQL that mends it."""
import re

import pytest

from pgoutput import CODEC, mend, pipeline, refusal, run_until_confirmed, slot_of, started, streamed


# ---- the publication


def test_publication_is_missing(users, headrace):
    sections = pipeline(users, publication_create="no", tables="users")
    match = refusal(headrace, sections,
                    r'publication "pub" does not exist; create it with: (?P<sql>CREATE.*?;)')
    mend(users, headrace, sections, match)


def test_publication_lacks_a_table(users, headrace):
    users.sql("create publication pub")
    sections = pipeline(users, publication_create="no", tables="users")
    match = refusal(headrace, sections,
                    r'publication "pub" lacks tables; mend it with: (?P<sql>ALTER.*?;)')
    mend(users, headrace, sections, match)


def test_publication_lacks_an_operation(users, headrace):
    users.sql("create publication pub for table users with (publish = 'update')")
    sections = pipeline(users, publication_create="no", operations="insert, update")
    match = refusal(headrace, sections, r"does not publish insert; mend it with: (?P<sql>ALTER.*?;)")
    mend(users, headrace, sections, match)


def test_publication_of_all_tables_is_not_changed(users, headrace):
    users.sql("create publication pub for all tables")
    refusal(headrace, pipeline(users, tables="users"), "FOR ALL TABLES")


def test_publication_is_kept_in_step(users, headrace):
    users.sql("create table a (id int primary key); create table b (id int primary key)")
    sections = pipeline(users, tables="users, a", operations="insert")
    streamed(users, headrace, sections, "insert into a values (1)")
    sections["p.source"].update(tables="users, b, public.*", operations="insert, delete",
                                slot="second_" + users.name)
    users.sql("create table c (id int primary key)")
    found = streamed(users, headrace, sections, "insert into b values (1)")
    assert found[0]["table"] == "b"
    assert users.sql("select tablename from pg_publication_tables where pubname = 'pub' "
                     "order by 1") == [("a",), ("b",), ("c",), ("users",)]
    assert users.sql("select puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot"
                     " from pg_publication") == [(False, True, False, True, False, True)]
    sections["p.source"].update(tables="b", slot="third_" + users.name)
    streamed(users, headrace, sections, "delete from b")
    assert users.sql("select tablename from pg_publication_tables") == [("b",)]


@pytest.mark.parametrize("table, reason", [
    ("nowhere", "public.nowhere does not exist"), ("v", "public.v is no table"),
    ("u", "public.u is unlogged"), ("nothing.*", "schema nothing does not exist")])
def test_what_cannot_be_published(users, headrace, table, reason):
    users.sql("create view v as select 1; create unlogged table u (id int primary key)")
    refusal(headrace, pipeline(users, tables=f"users, {table}"), re.escape(reason))
    assert users.sql("select * from pg_publication") == []


def test_replica_identity_is_set(users, headrace):
    users.sql("create table keyless (a int)")
    sections = pipeline(users, tables="users, keyless", replica_identity="full")
    found = streamed(users, headrace, sections,
                     ["insert into keyless values (1)", "update keyless set a = 2"])
    assert found[1]["old"] == {"a": "1"}
    assert users.sql("select distinct relreplident from pg_class where relname in "
                     "('users', 'keyless')") == [("f",)]


def test_publication_is_dropped_while_streaming(any_postgres, any_db, headrace):
    any_db.sql("create table users (id int primary key)")
    sections = pipeline(any_db, tables="users")
    program = started(headrace, sections)
    any_db.sql("drop publication pub")
    any_db.sql("insert into users values (1)")
    assert program.wait(30) != 0
    assert re.search('publication "pub" (was dropped|did not exist)', program.log.text())


# ---- the slot


def test_slot_is_missing(users, headrace):
    sections = pipeline(users, tables="users", slot_create=None)
    match = refusal(headrace, sections, r'replication slot "\w+" does not exist; create it with: '
                                        r"(?P<sql>SELECT.*?;)")
    mend(users, headrace, sections, match)


@pytest.mark.parametrize("sql, reason", [
    ("select pg_create_physical_replication_slot('{}')", "is a physical slot"),
    ("select pg_create_logical_replication_slot('{}', 'test_decoding')",
     "uses another output plugin")])
def test_slot_of_another_kind(users, headrace, sql, reason):
    sections = pipeline(users, tables="users")
    users.sql(sql.format(slot_of(sections)))
    refusal(headrace, sections, reason)
    users.cluster.drop_slot(slot_of(sections))


def test_slot_of_another_database(users, headrace, postgres):
    other = postgres.create_database()
    sections = pipeline(users, tables="users")
    other.sql(f"select pg_create_logical_replication_slot('{slot_of(sections)}', 'pgoutput')")
    refusal(headrace, sections, "belongs to another database")
    other.drop()


def test_failover_needs_17(users, headrace):
    refusal(headrace, pipeline(users, tables="users", slot_failover="yes"),
            "slot_failover = yes needs PostgreSQL 17")


@pytest.mark.parametrize("major", [17, 18])
def test_failover_slot(postgres_factory, headrace, major):
    db = postgres_factory(major).create_database()
    db.sql("create table users (id int primary key)")
    sections = pipeline(db, tables="users", slot_failover="yes")
    streamed(db, headrace, sections, "insert into users values (1)")
    assert db.slot(slot_of(sections))["failover"] is True
    sections["p.source"].update(slot="plain", slot_create="no")
    db.sql("select pg_create_logical_replication_slot('plain', 'pgoutput')")
    streamed(db, headrace, sections, "insert into users values (2)")
    assert db.slot("plain")["failover"] is True, "a slot that exists is made one"


# ---- the server


def test_server_is_another_cluster(users, headrace, postgres_factory):
    sections = pipeline(users, tables="users")
    program = started(headrace, sections)
    run_until_confirmed(users, program, sections)
    program.stop()
    other = postgres_factory().create_database()
    other.sql("create table users (id int primary key, name text)")
    sections["p.source"]["conninfo"] = other.conninfo()
    program.write_config(sections)
    program.start()
    assert program.wait(30) != 0
    assert "it is another cluster" in program.log.text()
    assert other.sql("select * from pg_publication") == [], "nothing was changed there"


def test_wal_level(postgres_factory, headrace):
    db = postgres_factory(settings={"wal_level": "replica"}).create_database()
    refusal(headrace, pipeline(db, tables="t"), "wal_level is replica.*ALTER SYSTEM SET wal_level")


def test_role_without_rights(users, headrace):
    role = f"plain_{users.name}"
    users.sql(f"create role {role} login")
    sections = pipeline(users, tables="users", user=role)
    refusal(headrace, sections, "ALTER ROLE")
    users.sql(f"alter role {role} replication")
    refusal(headrace, sections, r"as the owner of its tables run: CREATE PUBLICATION")
    users.sql(f"drop role {role}")


def test_password_is_wrong_and_never_shown(postgres_factory, headrace):
    hba = "local all all trust\nhost all postgres all trust\nhost all all all scram-sha-256\n"
    db = postgres_factory(hba=hba).create_database()
    db.sql("create role r login replication superuser password 'right'")
    db.sql("create table users (id int primary key)")
    sections = pipeline(db, tables="users", user="r", password="secret-and-wrong")
    match = refusal(headrace, sections, r"password authentication failed.*28P01")
    assert "secret-and-wrong" not in match.string
    sections["p.source"]["password"] = "right"
    assert len(streamed(db, headrace, sections, "insert into users values (1)")) == 1


@pytest.mark.parametrize("conninfo", ["host=/nowhere", "host=127.0.0.1 port=1"])
def test_server_is_away(headrace, conninfo):
    program = headrace({"p": {"source": "pgoutput", "codec": CODEC, "sink": "stdout"},
                        "p.source": {"conninfo": conninfo, "slot": "s", "publication": "p"}})
    program.wait_log("cannot connect.*(\n.*)*cannot connect")
    program.stop()
