# SPDX-License-Identifier: Apache-2.0
"""A publication of headrace's does not make the server refuse the application's own updates."""
import pytest

from pgoutput import mend, pipeline, refusal


@pytest.mark.parametrize("ddl", [
    "create table bad (a int)", "create table bad (a int primary key deferrable)",
    "create table bad (a int primary key); alter table bad replica identity nothing",
    "create table root (a int) partition by list (a);"
    "create table bad partition of root for values in (1)"])
def test_table_without_identity_is_not_published(users, headrace, ddl):
    """Otherwise the server would refuse the application's own updates."""
    users.sql(ddl)
    table = "root" if "root" in ddl else "bad"
    sections = pipeline(users, tables=f"users, {table}")
    match = refusal(headrace, sections,
                    r'table "public"."bad" has no primary key .*with: (?P<sql>ALTER.*?;)')
    users.sql(f"insert into {table} values (1); update {table} set a = 1")
    mend(users, headrace, sections, match)
    users.sql(f"update {table} set a = 1")
