# SPDX-License-Identifier: Apache-2.0
"""Topics that are there from the start, and topics that PostgreSQL hides.

A session that makes its list of a table's partitions while another one is attached may not learn
of that one for long, and refuses its rows. Another session knows it. Real races of that kind are
rare, so the server is made to refuse."""
import pytest

from harness.waiting import wait_until

# Sequences are not rolled back.
REFUSE = """
create sequence kafka.refusals;
create sequence kafka.sessions;
alter function kafka.advance rename to advance_well;
create function kafka.advance(bigint, bigint, bigint, integer[], integer[], bigint[], bigint[])
returns void language plpgsql as $$ begin
  if nextval('kafka.refusals') <= {times} then
    perform setval('kafka.sessions', pg_backend_pid());
    raise 'no partition of relation "messages" found for row' using errcode = '23514';
  end if;
  if (select last_value from kafka.sessions) = pg_backend_pid() then
    raise 'this is the same session';
  end if;
  perform kafka.advance_well($1, $2, $3, $4, $5, $6, $7);
end $$
"""


def test_topics_that_are_there_from_the_start(broker_factory):
    broker = broker_factory({"topics": "first, second", "default_partitions": 2,
                             "auto_create_topics": "no"})
    wait_until(lambda: broker.topics() == {"first": 2, "second": 2}, what=broker.topics)
    broker.produce("second", [(b"k", b"v")])
    assert broker.stop() == 0
    broker.start()
    assert broker.topics() == {"first": 2, "second": 2}
    assert len(broker.consume("second")) == 1
    assert " error " not in broker.log.text()


@pytest.mark.parametrize("times", [1, 2])
def test_another_session_is_asked(broker, topic, times):
    broker.create_topic(topic)
    broker.db.sql(REFUSE.format(times=times))
    broker.produce(topic, [(b"k", b"v")])
    assert [(record.offset, record.value) for record in broker.consume(topic)] == [(0, b"v")]
    assert "cannot append" not in broker.log.text()


def test_a_partition_that_is_not_there(broker, topic):
    """Then it is believed, and the pipeline stops: waiting would not help."""
    broker.create_topic(topic)
    broker.db.sql("alter table kafka.messages detach partition kafka.messages_1")
    with pytest.raises(AssertionError):
        broker.produce(topic, [(b"k", b"v")], timeout=2)
    wait_until(lambda: not broker.running(), what="its end")
    assert 'no partition of relation "messages" found for row' in broker.log.text()
