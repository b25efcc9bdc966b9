# SPDX-License-Identifier: Apache-2.0
"""What is asked of Kafka's own command line tools."""
import json
import re

import confluent_kafka

from harness.waiting import wait_until

TOOLS = "org.apache.kafka.tools."
TOPICS, CONFIGS = TOOLS + "TopicCommand", "kafka.admin.ConfigCommand"
GROUPS = TOOLS + "consumer.group.ConsumerGroupCommand"
OFFSETS, LOG_DIRS = TOOLS + "GetOffsetShell", TOOLS + "LogDirsCommand"
PRODUCER, CONSUMER = TOOLS + "ConsoleProducer", TOOLS + "consumer.ConsoleConsumer"
REASSIGN = TOOLS + "reassign.ReassignPartitionsCommand"
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
SHOWN = [f"print.{what}=true" for what in ("partition", "offset", "timestamp", "headers", "key")]
LINES = [word for option in ("print.key=true", "print.value=true")
         for word in ("--property", option)]
NOON, NOON_TEXT, FAR = 1_600_000_000_000, "2020-09-13T12:26:42.000", 4_000_000_000_000
STACK = re.compile(r"^(\tat |Caused by: |\S+ \S+ ERROR Reconfiguration failed).*\n", re.MULTILINE)


class Session:
    """The tools at one server. `topic`: the beginning of names that no other test uses."""

    def __init__(self, tools, server, answers, topic, folder):
        self.tools, self.server, self.answers, self.topic = tools, server, answers, topic
        self.folder = folder / answers.server.__class__.__name__
        self.folder.mkdir()

    def run(self, main, *arguments, text="", server=("--bootstrap-server", "ADDRESS")):
        words = [self.server.brokers if word == "ADDRESS" else word for word in (*server, *arguments)]
        done = self.tools.run(main, *words, text=text)
        return STACK.sub("", f"status {done.status}\n{done.out}\n{done.err}".strip() + "\n")

    def say(self, step, main, *arguments, until=None, only=None, cut=None, **more):
        """`until`: what the answer has once the server has seen what was done before; `only`: of the
        answer's lines, those that match; `cut`: what of them is not compared."""
        answer = self.run(main, *arguments, **more)
        if until:
            answer = wait_until(lambda: (found := self.run(main, *arguments, **more)) and
                                re.search(until, found, re.MULTILINE) and found,
                                what=f"{step}: {until}", interval=0.1)
        lines = [line for line in answer.splitlines() if line and
                 (not only or re.search(only, line))]
        self.answers.say(step, re.sub(cut, "…", "\n".join(lines)) if cut else "\n".join(lines))

    def file(self, name, value):
        path = self.folder / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return path


def topics(at):
    name, say = at.topic, at.say
    say("create", TOPICS, "--create", "--topic", name, "--partitions", 3, "--config",
        "retention.ms=900000000")
    say("list", TOPICS, "--list", until=f"^{name}$", only=f"{name}|status")
    say("create again", TOPICS, "--create", "--topic", name)
    say("create if not there", TOPICS, "--create", "--if-not-exists", "--topic", name)
    say("create: bad name", TOPICS, "--create", "--topic", "a b")
    say("create: long name", TOPICS, "--create", "--topic", "x" * 250)
    say("create: replicas", TOPICS, "--create", "--topic", f"{name}-r", "--replication-factor", 3)
    say("create: unknown config", TOPICS, "--create", "--topic", f"{name}-c", "--config", "no.such=1")
    say("create: bad config", TOPICS, "--create", "--topic", f"{name}-c", "--config", "retention.ms=x")
    say("create: bad broker", TOPICS, "--create", "--topic", f"{name}-c", "--replica-assignment", "7")
    say("create: with a dot", TOPICS, "--create", "--topic", f"{name}.dot")
    say("create: with underscore", TOPICS, "--create", "--topic", f"{name}_dot")
    say("create: assigned", TOPICS, "--create", "--topic", f"{name}-a", "--replica-assignment", "1,1")
    say("create: one", TOPICS, "--create", "--topic", f"{name}-one", "--replica-assignment", "1")
    ids = r"(?<=TopicId: )\S+"
    say("describe", TOPICS, "--describe", "--topic", name, cut=ids)
    say("describe: assigned", TOPICS, "--describe", "--topic", f"{name}-a", cut=ids,
        until="Partition: 1")
    say("describe: missing", TOPICS, "--describe", "--topic", f"{name}-missing")
    say("describe: overrides", TOPICS, "--describe", "--topics-with-overrides", "--topic", name,
        cut=ids)
    say("describe: at min isr", TOPICS, "--describe", "--at-min-isr-partitions", "--topic", name)
    for what in ("under-replicated", "unavailable", "under-min-isr"):
        say(f"describe: {what}", TOPICS, "--describe", f"--{what}-partitions", "--topic", name)
    say("alter", TOPICS, "--alter", "--topic", name, "--partitions", 4)
    say("alter: done", TOPICS, "--describe", "--topic", name, cut=ids, until="Partition: 3")
    say("alter: as many", TOPICS, "--alter", "--topic", name, "--partitions", 4)
    say("alter: fewer", TOPICS, "--alter", "--topic", name, "--partitions", 2)
    say("alter: missing", TOPICS, "--alter", "--topic", f"{name}-missing", "--partitions", 2)


def configurations(at):
    say, name = at.say, at.topic
    topic = ("--entity-type", "topics", "--entity-name", name)
    say("config", CONFIGS, "--describe", *topic)
    say("config: all", CONFIGS, "--describe", "--all", *topic)
    say("config: set", CONFIGS, "--alter", *topic, "--add-config",
        "max.message.bytes=500000,cleanup.policy=[compact,delete]")
    say("config: unset", CONFIGS, "--alter", *topic, "--delete-config", "retention.ms")
    say("config: unset default", CONFIGS, "--alter", *topic, "--delete-config", "retention.bytes")
    say("config: bad value", CONFIGS, "--alter", *topic, "--add-config", "max.message.bytes=x")
    say("config: bad word", CONFIGS, "--alter", *topic, "--add-config", "cleanup.policy=x")
    say("config: out of range", CONFIGS, "--alter", *topic, "--add-config", "max.message.bytes=-5")
    say("config: unknown", CONFIGS, "--alter", *topic, "--add-config", "no.such=1")
    say("config: done", CONFIGS, "--describe", *topic, until=r"max\.message\.bytes=500000")
    say("config: back", CONFIGS, "--alter", *topic, "--delete-config",
        "max.message.bytes,cleanup.policy")
    say("config: missing", CONFIGS, "--describe", "--entity-type", "topics", "--entity-name",
        f"{name}-missing")
    broker = ("--entity-type", "brokers", "--entity-name", "1")
    say("config of broker", CONFIGS, "--describe", *broker)
    say("config of broker: all", CONFIGS, "--describe", "--all", *broker,
        only=r"^ *(status|message\.max|log\.retention\.hours|group\.m\w+\.session|socket\.request)")
    say("config of broker: no such", CONFIGS, "--describe", "--entity-type", "brokers",
        "--entity-name", "7")
    say("config of brokers", CONFIGS, "--describe", "--entity-type", "brokers", "--entity-default")
    say("config of broker: set", CONFIGS, "--alter", *broker, "--add-config", "broker.id=3")
    broker_configurations(at, broker, ("--entity-type", "brokers", "--entity-default"))
    for kind in ("broker-loggers", "client-metrics", "groups", "users", "clients", "ips"):
        one = ("--entity-name", "1") if kind == "broker-loggers" else ()
        say(f"config of {kind}", CONFIGS, "--describe", "--entity-type", kind, *one,
            only=f"^(status|java|Error|The)|{name}")
    user = ("--entity-type", "users", "--entity-name", name)
    say("config of a user: set", CONFIGS, "--alter", *user, "--add-config",
        "SCRAM-SHA-256=[password=secret],SCRAM-SHA-512=[iterations=5000,password=secret]")
    say("config of a user: set one", CONFIGS, "--alter", *user, "--add-config",
        "SCRAM-SHA-256=[password=secret]")
    say("config of a user", CONFIGS, "--describe", *user, until="SCRAM-SHA-256")
    say("config of a user: few iterations", CONFIGS, "--alter", *user, "--add-config",
        "SCRAM-SHA-256=[iterations=100,password=secret]")
    say("config of a user: unset another", CONFIGS, "--alter", *user, "--delete-config",
        "SCRAM-SHA-512")
    say("config of a user: unset", CONFIGS, "--alter", *user, "--delete-config", "SCRAM-SHA-256")
    say("config of client-metrics: set", CONFIGS, "--alter", "--entity-type", "client-metrics",
        "--entity-name", name, "--add-config", "interval.ms=50000")
    say("client metrics", TOOLS + "ClientMetricsCommand", "--describe", "--name", name)
    say("client metrics: list", TOOLS + "ClientMetricsCommand", "--list", only=f"status|{name}")


def broker_configurations(at, broker, brokers):
    """What topics have that set nothing themselves; all of it is unset again."""
    say, set_config = at.say, ("--alter", "--add-config")
    topic = ("--entity-type", "topics", "--entity-name", at.topic)
    shown = r"^ *(status|(log\.)?retention\.ms|m[a-z.]*message[a-z.]*bytes|(log\.)?segment\.bytes)"
    say("config of brokers: set", CONFIGS, *set_config,
        "log.retention.ms=900000000,message.max.bytes=700000", *brokers)
    say("config of broker: set some", CONFIGS, *set_config,
        "log.segment.bytes=200000000,log.retention.ms=800000000", *broker)
    say("config of brokers: done", CONFIGS, "--describe", *brokers, until="900000000", only=shown)
    say("config of broker: done", CONFIGS, "--describe", *broker, until="800000000")
    say("config of broker: more", CONFIGS, "--describe", "--all", *broker, only=shown)
    say("config: of brokers", CONFIGS, "--describe", "--all", *topic, only=shown)
    for step, value in (("bad value", "log.retention.ms=x"), ("bad word", "log.cleanup.policy=x"),
                        ("not a list", "compression.type=zip"), ("unknown", "no.such.config=1"),
                        ("static", "log.retention.hours=1"),
                        ("some static", "log.retention.ms=1,node.id=2")):
        say(f"config of broker: {step}", CONFIGS, *set_config, value, *broker)
    say("config of broker: unset", CONFIGS, "--alter", "--delete-config",
        "log.segment.bytes,log.retention.ms", *broker)
    say("config of broker: unset unknown", CONFIGS, "--alter", "--delete-config", "no.such.config",
        *broker)
    say("config of brokers: unset", CONFIGS, "--alter", "--delete-config",
        "log.retention.ms,message.max.bytes", *brokers)
    say("config of broker: back", CONFIGS, "--describe", "--all", *broker, only=shown,
        until=r"message\.max\.bytes=1048588")


def records(at):
    name = at.topic
    options = [word for option in ("parse.key=true", "parse.headers=true", "null.marker=NULL",
                                   "headers.separator=;", "headers.delimiter=|")
               for word in ("--property", option)]
    for codec in CODECS:
        lines = [f"codec:{codec};empty:|key{i}\t{codec} {i}" for i in range(5)]
        lines += ["a:1;a:2|tombstone\tNULL", "NULL|NULL\tno key, no headers", "a:NULL|\t"]
        at.say(f"produce: {codec}", PRODUCER, "--topic", f"{name}-one", "--compression-codec", codec,
               "--request-required-acks", "all", *options, text="\n".join(lines) + "\n")
    shown = [word for option in SHOWN for word in ("--property", option)]
    at.say("consume", CONSUMER, "--topic", f"{name}-one", "--from-beginning", "--max-messages", 40,
           "--timeout-ms", 20000, *shown)


def offsets(at):
    name, say = f"{at.topic}-one", at.say
    for time in (-1, -2, -4, -5, "earliest", "latest", "earliest-local", "latest-tiered", 0, FAR):
        say(f"offsets at {time}", OFFSETS, "--topic", name, "--time", time)
    say("offsets of some", OFFSETS, "--topic-partitions", f"{at.topic}-a:1-2,{at.topic}:1-3")
    say("offsets of missing", OFFSETS, "--topic", f"{name}-missing")
    say("offsets without internal ones", OFFSETS, "--exclude-internal-topics", only=f"^{at.topic}(-one)?:")


def timed(at):
    """Records whose times are known, and long ago."""
    at.say("keep old records", CONFIGS, "--alter", "--entity-type", "topics", "--entity-name",
           at.topic, "--add-config", "retention.ms=-1")
    at.say("old records are kept", CONFIGS, "--describe", "--entity-type", "topics",
           "--entity-name", at.topic, until="retention.ms=-1")
    producer = confluent_kafka.Producer({"bootstrap.servers": at.server.brokers, "log_level": 0})
    for i in range(10):
        producer.produce(at.topic, f"{i}", f"{i}", partition=i % 2, timestamp=NOON + i // 2 * 1000)
    assert producer.flush(30) == 0
    for time in (-3, "max-timestamp", NOON + 1500):
        at.say(f"offsets at {time}", OFFSETS, "--topic", at.topic, "--time", time)


def groups(at):
    say, group = at.say, f"{at.topic}-group"
    of_group = ("--group", group)
    say("consume in a group", CONSUMER, "--topic", at.topic, *of_group, "--max-messages", 10,
        "--timeout-ms", 20000, "--consumer-property", "auto.offset.reset=earliest", *LINES)
    say("groups", GROUPS, "--list", only=f"status|{at.topic}")
    say("groups: state", GROUPS, "--list", "--state", "empty", only=f"status|{at.topic}")
    say("groups: type", GROUPS, "--list", "--type", "classic", only=f"status|{at.topic}")
    for what in ("offsets", "members", "state"):
        say(f"group: {what}", GROUPS, "--describe", *of_group, f"--{what}")
        say(f"group: {what} more", GROUPS, "--describe", *of_group, f"--{what}", "--verbose")
        say(f"group missing: {what}", GROUPS, "--describe", "--group", f"{group}-missing",
            f"--{what}")
    with_member(at, group)
    for step, *target in (
            ("to offset", "--to-offset", 2), ("shift", "--shift-by", 2), ("back", "--shift-by", -3),
            ("to time", "--to-datetime", NOON_TEXT), ("to earliest", "--to-earliest"),
            ("to latest", "--to-latest"), ("to current", "--to-current"),
            ("by duration", "--by-duration", "P1D"), ("out of range", "--to-offset", 99)):
        say(f"reset {step}", GROUPS, "--reset-offsets", *of_group, "--topic", f"{at.topic}:0,1",
            *target, "--execute")
    say("reset: only shown", GROUPS, "--reset-offsets", *of_group, "--topic", f"{at.topic}:0",
        "--to-offset", 3, "--dry-run")
    say("reset: exported", GROUPS, "--reset-offsets", *of_group, "--all-topics", "--to-earliest",
        "--export", "--dry-run")
    plan = at.file("plan.csv", f"{at.topic},1,4\n")
    say("reset: from a file", GROUPS, "--reset-offsets", *of_group, "--from-file", plan, "--execute")
    say("reset: unknown topic", GROUPS, "--reset-offsets", *of_group, "--topic",
        f"{at.topic}-missing", "--to-earliest", "--execute")
    say("reset: a new group", GROUPS, "--reset-offsets", "--group", f"{group}-new", "--topic",
        at.topic, "--to-earliest", "--execute")
    say("after the reset", GROUPS, "--describe", *of_group)
    say("delete offsets", GROUPS, "--delete-offsets", *of_group, "--topic", f"{at.topic}:1")
    say("delete offsets: unknown", GROUPS, "--delete-offsets", *of_group, "--topic",
        f"{at.topic}-missing")
    say("after the deletion", GROUPS, "--describe", *of_group)
    say("delete group", GROUPS, "--delete", *of_group)
    say("delete group again", GROUPS, "--delete", *of_group)
    say("all groups", TOOLS + "GroupsCommand", "--list", only=f"status|{at.topic}")
    for kind in (("--consumer",), ("--share",), ("--group-type", "classic"), ("--protocol", "any")):
        say(f"all groups: {kind[-1]}", TOOLS + "GroupsCommand", "--list", *kind,
            only=f"status|{at.topic}")


def with_member(at, group):
    """What a group that is being used answers."""
    say = at.say
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": at.server.brokers, "group.id": group, "client.id": "somebody",
        "log_level": 0})
    consumer.subscribe([at.topic])
    wait_until(lambda: consumer.poll(0.05) or len(consumer.assignment()) == 4, what="assignment")
    for what in ("offsets", "members", "state"):
        say(f"live group: {what}", GROUPS, "--describe", "--group", group, f"--{what}", "--verbose")
    say("live groups", GROUPS, "--list", "--state", only=f"status|{group}")
    say("live group: reset", GROUPS, "--reset-offsets", "--group", group, "--topic", at.topic,
        "--to-earliest", "--execute")
    say("live group: delete offsets", GROUPS, "--delete-offsets", "--group", group, "--topic",
        at.topic)
    say("live group: delete", GROUPS, "--delete", "--group", group)
    consumer.close()


def others(at):
    say, name = at.say, at.topic
    plan = at.file("delete.json", {"version": 1, "partitions": [
        {"topic": name, "partition": 0, "offset": 2}, {"topic": name, "partition": 1, "offset": -1},
        {"topic": name, "partition": 2, "offset": 9}]})
    say("delete records", TOOLS + "DeleteRecordsCommand", "--offset-json-file", plan)
    say("offsets after it", OFFSETS, "--topic", name, "--time", -2)
    say("log dirs", LOG_DIRS, "--describe", "--topic-list", name,
        cut=r'(?<="logDir":")[^"]+')
    say("log dirs of no such broker", LOG_DIRS, "--describe", "--broker-list", 9)
    elect = (TOOLS + "LeaderElectionCommand", "--election-type")
    say("elect", *elect, "preferred", "--topic", name, "--partition", 0)
    say("elect uncleanly", *elect, "unclean", "--topic", name, "--partition", 0)
    say("elect unknown", *elect, "preferred", "--topic", f"{name}-missing", "--partition", 0)
    say("elect all", *elect, "preferred", "--all-topic-partitions")
    say("reassignments", REASSIGN, "--list")
    moves = at.file("moves.json", {"version": 1, "partitions": [
        {"topic": name, "partition": 0, "replicas": [1]}]})
    wrong = at.file("wrong.json", {"version": 1, "partitions": [
        {"topic": name, "partition": 0, "replicas": [1, 2]}]})
    say("reassign", REASSIGN, "--execute", "--reassignment-json-file", moves)
    say("reassign: verify", REASSIGN, "--verify", "--reassignment-json-file", moves)
    say("reassign: cancel", REASSIGN, "--cancel", "--reassignment-json-file", moves)
    say("reassign: unknown broker", REASSIGN, "--execute", "--reassignment-json-file", wrong)
    say("cluster", TOOLS + "ClusterTool", "cluster-id", "--bootstrap-server", "ADDRESS",
        server=(), cut=r"(?<=Cluster ID: )\S+")


def refused(at):
    """What needs parts that headrace does not have is refused cleanly."""
    say = at.say
    say("versions", TOOLS + "BrokerApiVersionsCommand")
    say("features", TOOLS + "FeatureCommand", "describe")
    say("quorum", TOOLS + "MetadataQuorumCommand", "describe", "--status")
    say("acls", TOOLS + "AclCommand", "--list")
    say("transactions", TOOLS + "TransactionsCommand", "list", "--transactional-id-pattern",
        f"{at.topic}.*")  # other tests have made some in this Kafka
    say("producers", TOOLS + "TransactionsCommand", "describe-producers", "--topic",
        f"{at.topic}-a", "--partition", 0)
    say("delegation tokens", TOOLS + "DelegationTokenCommand", "--describe")
    say("share groups", TOOLS + "consumer.group.ShareGroupCommand", "--list")
    say("streams groups", TOOLS + "streams.StreamsGroupCommand", "--list")


def measured(at):
    """The tools that count: how much, not how long it took."""
    name, server = f"{at.topic}-p", at.server.brokers
    figures = r"\d+(\.\d+)? (?!records sent)|\d[\d.]+(?=th)"
    at.say("perf: topic", TOPICS, "--create", "--topic", name)
    at.say("producer perf", TOOLS + "ProducerPerformance", "--topic", name, "--num-records", 2000,
           "--record-size", 100, "--throughput", -1, "--producer-props",
           f"bootstrap.servers={server}", "acks=all", server=(), cut=figures, only="2000")
    at.say("perf: offset", OFFSETS, "--topic", name, until=":2000")
    at.say("consumer perf", TOOLS + "ConsumerPerformance", "--topic", name, "--messages", 2000,
           "--group", f"{at.topic}-perf", cut=r"\d+[-.:]\d[\d.:, -]*|(?<=, )\d+")
    at.say("latency", TOOLS + "EndToEndLatency", server, name, 50, "all", 100, server=(),
           cut=r"\d+(\.\d+)?", only="latency|Perc")
    at.say("verifiable producer", TOOLS + "VerifiableProducer", "--topic", name, "--max-messages",
           20, "--repeating-keys", 3, only='_send_success|_complete|tool_data|status',
           cut=r'(?<="avg_throughput":)[\d.]+|(?<="timestamp":)\d+')
    at.say("verifiable consumer", TOOLS + "VerifiableConsumer", "--topic", name, "--group-id",
           f"{at.topic}-verifiable", "--max-messages", 100, "--reset-policy", "earliest",
           only="status|startup|shutdown|assigned|revoked")
    features = [word for what in ("offsets-for-times", "cluster-id", "create-topics",
                                  "describe-acls", "describe-configs",
                                  "idempotent-producer") for word in
                (f"--{what}-supported", "true")]
    at.say("compatibility: topic", TOPICS, "--create", "--topic", f"{name}2")
    at.say("compatibility", TOOLS + "ClientCompatibilityTest", "--num-cluster-nodes", 1, "--topic",
           f"{name}2", "--expect-record-too-large-exception", "false", *features)


def script(at):
    for part in (topics, configurations, records, offsets, timed, groups, others, refused, measured):
        part(at)
    at.say("delete", TOPICS, "--delete", "--topic", at.topic)
    at.say("delete: missing", TOPICS, "--delete", "--topic", f"{at.topic}-missing")
