# SPDX-License-Identifier: Apache-2.0
"""Who may do what in a group, and when: requests by hand, in orders that clients seldom use, have
the same answers from Kafka and from headrace, in the old and the new encodings."""
import concurrent.futures
import itertools
import socket
import struct
import time

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.protocol.consumer import group as messages

from harness.waiting import count, wait_until

MEMBER_ID_REQUIRED, REBALANCE_IN_PROGRESS = 79, 27
PARKED = "parked"
# Versions that belong together, by that of JoinGroup: before and with static members, the newest.
VERSIONS = {2: {"SyncGroup": 1, "Heartbeat": 1, "LeaveGroup": 1, "OffsetCommit": 2},
            5: {"SyncGroup": 3, "Heartbeat": 3, "LeaveGroup": 3, "OffsetCommit": 7},
            9: {"SyncGroup": 5, "Heartbeat": 4, "LeaveGroup": 5, "OffsetCommit": 9}}


class Member:
    """One member on a connection of its own."""

    def __init__(self, place, **settings):
        self.server, self.version, self.group, self.topic = place
        self.settings = {"session_timeout_ms": 6000, "rebalance_timeout_ms": 3000,
                         "group_instance_id": None, "protocol_type": "consumer",
                         "protocols": ["range"], "reason": None, **settings}
        self.instance = self.settings["group_instance_id"]
        self.metadata, self.id, self.generation = b"m", "", -1
        self.socket = socket.create_connection((self.server.host, self.server.port))
        self.asked = []

    def ask(self, name, **fields):
        version = self.version if name == "JoinGroup" else VERSIONS[self.version][name]
        request = getattr(messages, name + "Request")[version](group_id=self.group, **fields)
        request.with_header(1, "by-hand")
        self.socket.sendall(request.encode(header=True, framed=True))
        self.asked.append((name, version))

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, "the connection was closed"
            data += piece
        return data

    def answer(self, timeout=20):
        """None: not so soon."""
        name, version = self.asked[0]
        self.socket.settimeout(timeout)
        try:
            frame = self._exactly(struct.unpack(">i", self._exactly(4))[0])
        except TimeoutError:
            return None
        self.asked.pop(0)
        return getattr(messages, name + "Response").decode(frame, version=version, header=True)

    def who(self, generation=None, member_id=None):
        return {"generation_id": self.generation if generation is None else generation,
                "member_id": self.id if member_id is None else member_id,
                "group_instance_id": self.instance}

    # ---- joining

    def ask_join(self, member_id=None):
        protocols = [(name, self.metadata) for name in self.settings["protocols"]]
        self.ask("JoinGroup", **{**self.settings, "protocols": protocols,
                                 "member_id": self.id if member_id is None else member_id})

    def joined(self, timeout=20):
        found = self.answer(timeout)
        if found is None:
            return PARKED
        if found.error_code in (0, MEMBER_ID_REQUIRED) and found.member_id:
            self.id = found.member_id
        if not found.error_code:
            self.generation = found.generation_id
        return (found.error_code, found.generation_id, found.protocol_name, len(found.members),
                bool(found.leader) and found.leader == found.member_id,
                getattr(found, "skip_assignment", None))

    def begin_join(self):
        """Until it is in the group, or waits for the others."""
        self.ask_join()
        if self.version > 2 and not self.instance and self.joined()[0] == MEMBER_ID_REQUIRED:
            self.ask_join()

    def join(self, member_id=None):
        self.ask_join(member_id)
        found = self.joined()
        if found[0] != MEMBER_ID_REQUIRED:
            return found
        self.ask_join()
        return self.joined()

    def ask_sync(self, *assignments, generation=None, member_id=None, protocol=None):
        self.ask("SyncGroup", **self.who(generation, member_id),
                 protocol_type=self.settings["protocol_type"],
                 protocol_name=protocol or self.settings["protocols"][0],
                 assignments=list(assignments))

    def synced(self, timeout=20):
        found = self.answer(timeout)
        return PARKED if found is None else (found.error_code, bytes(found.assignment or b""))

    def sync(self, *assignments, **who):
        self.ask_sync(*assignments, **who)
        return self.synced()

    # ---- being in it

    def beat(self, **who):
        self.ask("Heartbeat", **self.who(**who))
        return self.answer().error_code

    def hears_of_a_rebalance(self):
        return wait_until(lambda: self.beat() == REBALANCE_IN_PROGRESS, what="the rebalance")

    def leave(self, member_id=None, instance=None):
        one = (self.id if member_id is None else member_id, instance or self.instance)
        self.ask("LeaveGroup", member_id=one[0],
                 members=[one + ((None,) if self.version == 9 else ())])
        found = self.answer()
        return found.error_code, [each.error_code for each in found.members or []]

    def commit(self, generation=None, member_id=None):
        who = self.who(generation, member_id)
        self.ask("OffsetCommit", generation_id_or_member_epoch=who.pop("generation_id"), **who,
                 topics=[(self.topic, [(0, 1, -1, "m")])])
        return self.answer().topics[0].partitions[0].error_code


# ---- scenarios: lists of answers


def pair(place, **settings):
    """Two of a group, the first of which leads; and what they were answered until then."""
    one, other = Member(place, **settings), Member(place, **settings)
    said = [one.join(), one.sync((one.id, b"a"))]
    other.begin_join()
    one.hears_of_a_rebalance()
    one.ask_join()
    said += [one.joined(), other.joined()]
    other.ask_sync()
    said.append(other.synced(0.2))
    one.ask_sync((one.id, b"aa"), (other.id, b"bb"))
    return one, other, [*said, one.synced(), other.synced(), one.beat(), other.beat()]


def two_share(place):
    return pair(place)[2]


def the_leader_joins_again(place):
    one, other, _ = pair(place)
    one.ask_join()
    said = [one.joined(0.2), other.beat()]
    other.ask_join()
    return said + [one.joined(), other.joined()]


def a_follower_joins_again(place):
    """The same as before is only told what it is; another subscription is a rebalance."""
    one, other, _ = pair(place)
    said = [other.join(), one.beat(), other.sync()]
    other.metadata = b"other"
    other.ask_join()
    said += [other.joined(0.2), one.beat()]
    one.ask_join()
    return said + [one.joined(), other.joined()]


def who_does_not_come_is_out(place):
    one, other, _ = pair(place)
    begin = time.monotonic()
    one.ask_join()
    said = [one.joined(0.2), one.joined()]
    return said + [time.monotonic() - begin > 2, other.beat(), other.commit()]


def a_leader_that_assigns_nothing_is_out(place):
    one, other, _ = pair(place)
    one.ask_join()
    one.joined(0.1)
    other.ask_join()
    said = [one.joined(), other.joined()]
    other.ask_sync()
    return said + [other.synced(), one.beat(), other.beat()]


def strangers_and_old_generations(place):
    one, other, _ = pair(place)
    said = [one.beat(generation=99), one.beat(member_id="nobody"), one.sync(generation=99),
            one.sync(member_id="nobody"), one.commit(), one.commit(99),
            one.commit(member_id="nobody"), one.commit(-1, "")]
    if one.version == 9:
        said.append(one.sync(protocol="another"))
    one.ask_join()
    said += [one.joined(0.2), other.commit(), other.sync(), other.beat()]  # while it prepares
    other.ask_join()
    said += [one.joined(), other.joined()]
    return said + [other.commit(), other.beat(), one.beat()]  # while it waits for the leader


def leaving(place):
    one, other, _ = pair(place)
    said = [other.leave("nobody"), other.leave(), one.beat(), other.beat(), one.join(),
            one.sync((one.id, b"x")), one.leave(), one.beat()]
    return said + [one.commit(-1, "")]  # of an empty group anybody may


def who_may_not_join(place):
    pair(place)
    server, version, group, topic = place
    nowhere = (server, version, f"{group}-none", topic)
    settings = [{"protocol_type": "connect"}, {"protocols": ["another"]}, {"protocols": []}]
    return [Member(place).join("unknown"), Member(nowhere).join("unknown"),
            *[Member(place, **each).join() for each in settings],
            *[Member(nowhere, **each).join() for each in (
                {"protocols": []}, {"protocol_type": ""}, {"session_timeout_ms": -5})],
            Member((server, version, "", topic)).join()]


def a_protocol_that_all_have(place):
    one, other = Member(place, protocols=["x", "y", "z"]), Member(place, protocols=["z", "y"])
    said = [one.join(), one.sync((one.id, b"a"))]
    other.begin_join()
    one.hears_of_a_rebalance()
    one.ask_join()
    return said + [one.joined(), other.joined()]


def a_member_with_a_name(place):
    if place[1] == 2:
        return []
    one = Member(place, group_instance_id="i")
    said = [one.join(), one.sync((one.id, b"a"))]
    again, other = Member(place, group_instance_id="i"), Member(place, group_instance_id="j")
    again.metadata = b"new"
    said += [again.join(), again.sync((again.id, b"z")), one.beat(), one.commit(), one.sync(),
             again.beat(), one.leave()]
    other.begin_join()
    again.hears_of_a_rebalance()
    again.ask_join()
    said += [again.joined(), other.joined()]
    return said + [other.leave("", "i"), again.beat()]  # an operator may remove it by its name


def a_member_that_has_only_an_id(place):
    one, other = Member(place), Member(place)
    one.ask_join()
    said = [one.joined(), one.leave()]
    one.ask_join()
    said.append(one.joined())
    other.ask_join()
    other.joined()
    return said + [other.beat(generation=1), other.commit(1), other.sync(generation=1)]


def a_member_that_is_silent_is_out(place):
    one, other, _ = pair(place)
    one.hears_of_a_rebalance()
    return [one.join(), other.beat()]


SCENARIOS = [two_share, the_leader_joins_again, a_follower_joins_again, who_does_not_come_is_out,
             a_leader_that_assigns_nothing_is_out, strangers_and_old_generations, leaving,
             who_may_not_join, a_protocol_that_all_have, a_member_with_a_name,
             a_member_that_has_only_an_id, a_member_that_is_silent_is_out]


def prepare(server, topic):
    admin = KafkaAdminClient(bootstrap_servers=server.brokers)
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}},
                        wait_for_metadata=True)

    def coordinator():
        """Kafka makes one when it is asked for."""
        try:
            admin.list_group_offsets(topic)
        except KafkaError:
            return False
        return Member((server, 2, f"{topic}-first", topic)).join()[0] == 0
    wait_until(coordinator, what="the coordinator")
    admin.close()


def test_the_same_rules(broker_factory, kafka, topic):
    broker = broker_factory({"group_initial_rebalance_delay": "0"})
    versions = count([5, 9], [2, 5, 9])
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        list(pool.map(lambda server: prepare(server, topic), [kafka, broker]))
        running = {(scenario.__name__, version): [
            pool.submit(scenario, (server, version, f"{scenario.__name__}-{version}", topic))
            for server in (kafka, broker)]
            for scenario, version in itertools.product(SCENARIOS, versions)}
    for case, (theirs, ours) in running.items():
        assert ours.result() == theirs.result(), case
