# SPDX-License-Identifier: Apache-2.0
"""What a stream does while its registry is away, or says no, whatever the codec."""
import re


def away_at_start_and_in_mid_stream(users, kafka, registry, stream, proxy, rows):
    """Behind a door that is shut, open, shut and open again."""
    db, door = users, proxy(registry.port)
    door.refuse()
    program = stream(f"http://127.0.0.1:{door.port}/apis/ccompat/v7", {"registry_wait": "2s"})
    db.sql("insert into users values (1, 'Ada')")
    program.log.wait("schema registry http://127.0.0.1:.* does not answer: .*waiting for it")
    assert f"{db.name}.public.users" not in kafka.topics()
    door.accept()
    assert rows(db, kafka, registry, 1, program) == [{"id": 1, "name": "Ada"}]
    door.refuse()
    db.sql("insert into users values (2, 'Bob')")  # known: nothing to ask
    assert len(rows(db, kafka, registry, 2, program)) == 2
    db.sql("alter table users add column city text; insert into users values (3, 'Eve', 'Rome')")
    program.log.wait("does not answer(.|\n)*does not answer")
    door.accept()
    found = rows(db, kafka, registry, 3, program)
    assert found[2] == {"id": 3, "name": "Eve", "city": "Rome"}
    assert [row["id"] for row in found] == [1, 2, 3]


def incompatible_is_refused(users, kafka, registry, stream, rows):
    """Refused with the subject, the registry's words and what to do; `errors` decides."""
    db = users
    db.sql("create table other (id int primary key)")
    subject = f"{db.name}.public.users-value"
    program = stream(registry.url, pipeline={"errors": "skip"})
    db.sql("insert into users values (1, 'Ada')")
    rows(db, kafka, registry, 1, program)
    registry.set_compatibility(subject, "FULL")
    db.sql("alter table users alter id type text; insert into users values ('2', 'Bob'); "
           "insert into other values (1)")
    program.log.wait(rf"event rejected \(incompatible-schema\): table public.users: subject "
                     rf"\"{re.escape(subject)}\": the schema registry answers with HTTP status "
                     r"409: .*PUT /config/SUBJECT")
    assert rows(db, kafka, registry, 1, program, "other") == [{"id": 1}]
    assert len(rows(db, kafka, registry, 1, program)) == 1
    return subject
