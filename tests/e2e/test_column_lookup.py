# SPDX-License-Identifier: Apache-2.0
"""codec columns: topics that are named by another table, through a snapshot and kill -9."""
import random

import pytest

from harness.program import command, ini
from harness.waiting import count, wait_until


@pytest.fixture
def sections(db, kafka):
    """Orders go to a topic of each shop. By name, shops would be read last."""
    db.sql("create table shops (shop_id int primary key, name text); "
           "create table orders (id int primary key, shop_id int, body bytea, headers bytea[], "
           "part int, at timestamptz)")
    return {
        "orders": {"source": "pgoutput", "codec": "columns", "sink": "kafka", "checkpoint": "sink",
                   "delivery": "exactly-once"},
        "orders.source": {"conninfo": db.conninfo(), "slot": f"orders_{db.name}",
                          "slot_create": "yes", "publication": "orders",
                          "publication_create": "yes", "tables": "public.shops, public.orders",
                          "snapshot": "initial", "snapshot_workers": "1"},
        "orders.codec": {"lookup": "shop = public.shops: shop_id -> name",
                         "topic": f"{db.name}.{{shop}}", "key": "id", "value": "body",
                         "headers_column": "headers", "partition": "part", "timestamp": "at"},
        "orders.sink": {"brokers": kafka.brokers, "topic": "{topic}", "topic_create": "yes",
                        "topic_partitions": "2", "transactional_id": f"orders-{db.name}"}}


INSERT = "insert into orders values (%s, %s, %s, array[['n', 'v'], ['n', null]]::bytea[], %s, %s)"
AT = "2020-09-13 12:26:40.654+00"


def test_snapshot_stream_and_kills(db, kafka, headrace, sections):
    db.sql("insert into shops select n, 'shop' || n from generate_series(1, 3) n")
    for number in range(60):
        db.sql(INSERT, [number, 1 + number % 3, b"\xff\x00%d" % number, number % 2, AT])
    program = headrace(sections)
    # What is written while a snapshot reads may come twice, and so does what was not done at a kill.
    program.wait_log("streaming database")
    last = 60
    for turn in range(count(4, 40)):  # each turn a shop of its own, which the next process knows
        db.sql("insert into shops values (%s, %s)", [10 + turn, f"shop{10 + turn}"])
        for number in range(last, last + 50):
            shop = 10 + random.randint(0, turn)
            db.sql(INSERT, [number, shop, b"\xff\x00%d" % number, number % 2, AT])
        last += 50
        program.live(random.uniform(0, 0.5))
        program.kill9()
        program.start()
    shops = [name for name, in db.sql("select name from shops")]

    def arrived():
        found = {shop: kafka.consume(f"{db.name}.{shop}") for shop in shops}
        return found if sum(map(len, found.values())) >= last else None
    found = wait_until(arrived, 60, "all orders", give_up=program.must_run)
    for number, shop in enumerate(shops):
        expected = db.sql("select id from orders join shops using (shop_id) where name = %s "
                          "order by part, id", [shop])
        assert [int(record.key) for record in found[shop]] == [id for id, in expected], shop
    record = found["shop1"][0]
    assert (record.key, record.value, record.partition, record.headers) == \
        (b"0", b"\xff\x000", 0, [("n", b"v"), ("n", None)])
    assert record.timestamp == 1600000000654


def test_an_unknown_key_is_said(db, kafka, headrace, sections):
    program = headrace(sections)
    db.wait_streaming(f"orders_{db.name}", program)
    db.sql(INSERT, [1, 7, b"x", 0, AT])
    program.wait_log("row of public.orders: `lookup` has never seen the row that \"shop\" is of: "
                     "its table has to be in the publication")
    assert program.wait() != 0


def test_check(folder, sections):
    sections["orders.codec"]["lookup"] = "shop = shops"
    (folder / "a.ini").write_text(ini(sections))
    done = command("check", "-c", folder / "a.ini")
    assert done.returncode == 78
    assert '"shops" is to be like public.topics: topic_id -> name' in done.stderr
