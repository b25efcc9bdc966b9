# SPDX-License-Identifier: Apache-2.0
""""publication does not exist", because the slot decodes with the catalog of its time."""
from pgoutput import pipeline, refusal, slot_of


def test_publication_is_younger_than_the_slot(users, headrace):
    sections = pipeline(users, publication_create="no")
    users.sql(f"select pg_create_logical_replication_slot('{slot_of(sections)}', 'pgoutput')")
    users.sql("insert into users values (1)")
    users.sql("create publication pub for table users")
    refusal(headrace, sections, r'publication "pub" did not exist when a change was made.*'
                                r"pg_drop_replication_slot\('\w+'\)")
