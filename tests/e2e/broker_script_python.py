# SPDX-License-Identifier: Apache-2.0
"""What Python's clients do and are told: create, produce with each codec, consume in a group, seek
by time, commit, list, describe, alter, delete. Each of them has its own versions of the requests."""
import asyncio
import re

import aiokafka
import aiokafka.admin
import confluent_kafka
import kafka as kafka_python
import kafka.admin
from confluent_kafka import admin as confluent_admin

from harness.waiting import wait_until

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
NOON = 1_600_000_000_000  # long ago: compared, where the time of now is not
RECORDS = [(b"k1", b"value", [("a", b"1"), ("a", b""), ("b", b"\0")]), (b"k2", None, []),
           (None, b"no key", []), (b"", b"", [("empty", b"")])]
LONG = "9223372036854775807"  # a retention that keeps what is old


def outcome(call):
    """What came of it: a value, or the error's name, with the addresses in it cut off."""
    try:
        return call()
    except confluent_kafka.KafkaException as error:
        return f"{error.args[0].name()}: {error.args[0].str()}"
    except Exception as error:  # the clients have a class for each code
        return f"{type(error).__name__}: {re.sub(r'[<{].*', '', str(error), flags=re.DOTALL)}"


def shown(record):
    headers = record.headers() if callable(record.headers) else list(record.headers or ())
    key, value = (each() if callable(each) else each for each in (record.key, record.value))
    return key, value, [(name, bytes(text)) for name, text in headers or []]


# ---- confluent-kafka: librdkafka 2


def confluent_script(server, answers, topic):
    say = answers.say
    admin = confluent_admin.AdminClient({"bootstrap.servers": server.brokers, "log_level": 0})

    def done(futures):
        return {str(name): outcome(lambda each=each: each.result(30))
                for name, each in futures.items()}

    def create(name, count, **config):
        return done(admin.create_topics([confluent_admin.NewTopic(name, count, 1, config=config)]))
    say("create", create(topic, 2, **{"retention.ms": LONG}))
    say("create again", create(topic, 2))
    wait_until(lambda: topic in admin.list_topics(timeout=10).topics, what="the topic")
    _confluent_records(server, answers, topic)
    group, place = f"{topic}-group", confluent_kafka.TopicPartition(topic, 0)
    say("list groups", [each.group_id for each in admin.list_consumer_groups().result(20).valid
                        if each.group_id == group])
    found = admin.describe_consumer_groups([group])[group].result(20)
    say("describe group", [found.state, found.is_simple_consumer_group, len(found.members)])
    offsets = admin.list_consumer_group_offsets(
        [confluent_kafka.ConsumerGroupTopicPartitions(group)])[group].result(20)
    say("offsets of group", [str(each) for each in sorted(
        offsets.topic_partitions, key=lambda each: each.partition)])
    altered = admin.alter_consumer_group_offsets([confluent_kafka.ConsumerGroupTopicPartitions(
        group, [confluent_kafka.TopicPartition(topic, 0, 3)])])[group].result(20)
    say("alter offsets", [str(each) for each in altered.topic_partitions])
    say("delete group", done(admin.delete_consumer_groups([group])))
    say("delete group again", done(admin.delete_consumer_groups([group])))
    specs = {"earliest": confluent_admin.OffsetSpec.earliest(),
             "latest": confluent_admin.OffsetSpec.latest(),
             "largest": confluent_admin.OffsetSpec.max_timestamp(),
             "at a time": confluent_admin.OffsetSpec.for_timestamp(NOON + 2)}
    for name, spec in specs.items():
        result = admin.list_offsets({place: spec})[place].result(20)
        say(f"offset: {name}", [result.offset, result.timestamp, result.leader_epoch])
    resource = confluent_admin.ConfigResource("topic", topic)
    say("describe configs", {entry.name: (entry.value, entry.source, entry.is_read_only)
                             for entry in admin.describe_configs([resource])[resource].result(
                                 20).values()})
    described = admin.describe_topics(confluent_kafka.TopicCollection([topic]))[topic].result(20)
    say("describe", [(each.id, each.leader.id, [node.id for node in each.isr])
                     for each in described.partitions])
    say("add partitions", done(admin.create_partitions([confluent_admin.NewPartitions(topic, 3)])))
    deleted = confluent_kafka.TopicPartition(topic, 0, 2)
    say("delete records", admin.delete_records([deleted])[deleted].result(20).low_watermark)
    say("elect", str(outcome(lambda: admin.elect_leaders(
        confluent_kafka.ElectionType.PREFERRED, [place]).result(20))))
    say("delete", done(admin.delete_topics([topic])))
    say("delete missing", done(admin.delete_topics([f"{topic}-missing"])))


def _confluent_records(server, answers, topic):
    say = answers.say
    for codec in CODECS:
        producer = confluent_kafka.Producer({
            "bootstrap.servers": server.brokers, "compression.type": codec, "log_level": 0,
            "enable.idempotence": codec == "gzip", "linger.ms": 50})
        reports = []
        for i, (key, value, headers) in enumerate(RECORDS):
            producer.produce(topic, value, key, 0, headers=headers, timestamp=NOON + i,
                             callback=lambda error, message: reports.append(
                                 (str(error), message.partition(), message.offset())))
        assert producer.flush(30) == 0
        say(f"produce: {codec}", reports)
    group = {"bootstrap.servers": server.brokers, "group.id": f"{topic}-group", "log_level": 0,
             "auto.offset.reset": "earliest", "enable.auto.commit": False, "fetch.wait.max.ms": 20}
    consumer = confluent_kafka.Consumer(group)
    consumer.subscribe([topic])
    messages = consumer.consume(len(RECORDS) * len(CODECS), 30)
    say("consume", [(message.offset(), message.timestamp(), message.leader_epoch(),
                     *shown(message)) for message in messages])
    say("commit", [str(each) for each in consumer.commit(asynchronous=False)])
    parts = [confluent_kafka.TopicPartition(topic, number) for number in (0, 1)]
    say("committed", [str(each) for each in consumer.committed(parts, 20)])
    say("watermarks", consumer.get_watermark_offsets(parts[0], 20))
    times = [confluent_kafka.TopicPartition(topic, number, time) for number, time in
             ((0, NOON + 2), (1, NOON))]
    say("offsets for times", [str(each) for each in consumer.offsets_for_times(times, 20)])
    consumer.seek(consumer.offsets_for_times(times[:1], 20)[0])
    say("after seeking", shown(consumer.poll(20)))
    consumer.close()


# ---- kafka-python: flexible versions up to Kafka 4's


def kafka_python_script(server, answers, topic):
    say = answers.say
    admin = kafka.admin.KafkaAdminClient(bootstrap_servers=server.brokers)
    new = kafka.admin.NewTopic(topic, 2, 1, topic_configs={"retention.ms": LONG})
    say("create", str(outcome(lambda: len(admin.create_topics([new])["topics"]))))
    say("create again", str(outcome(lambda: admin.create_topics([new]))))
    wait_until(lambda: topic in admin.list_topics(), what="the topic")
    _kafka_python_records(server, answers, topic)
    group, part = f"{topic}-group", kafka_python.TopicPartition(topic, 0)
    say("list groups", [each["group_id"] for each in admin.list_groups()
                        if each["group_id"] == group])
    described = admin.describe_groups([group])[group]
    say("describe group", {name: described[name] for name in
                           ("group_state", "protocol_type", "members")})
    say("offsets of group", sorted(str(each) for each in admin.list_group_offsets(
        [group])[group].items()))
    # As kafkajs commits "the earliest".
    say("alter offsets", str(admin.alter_group_offsets(
        group, {part: kafka_python.OffsetAndMetadata(-2, "reset", -1)})))
    say("altered offsets", sorted(str(each) for each in admin.list_group_offsets(
        [group])[group].items()))
    say("delete group", str(admin.delete_groups([group])))
    resource = kafka.admin.ConfigResource(kafka.admin.ConfigResourceType.TOPIC, topic)
    configs = admin.describe_configs([resource], config_filter="all")["topic"][topic]
    say("describe configs", {name: (each["value"], each["config_source"]) for name, each in
                             configs.items()})
    change = kafka.admin.ConfigResource(kafka.admin.ConfigResourceType.TOPIC, topic,
                                        configs={"max.message.bytes": "2000"})
    say("alter configs", str(admin.alter_configs([change])))
    say("alter configs, old", str(admin.alter_configs([change], incremental=False)))
    say("describe", sorted((each["partition_index"], each["leader_id"], each["replica_nodes"])
                           for one in admin.describe_topics([topic])
                           for each in one["partitions"]))
    pages = admin.describe_topic_partitions([topic], response_partition_limit=1)
    say("describe in pages", [len(one["partitions"]) for one in pages["topics"]])
    say("add partitions", str(outcome(lambda: bool(admin.create_partitions({topic: 3})))))
    say("delete records", str(admin.delete_records({part: 2})[part]["low_watermark"]))
    say("log dirs", [sorted(found) for found in admin.describe_log_dirs([part])])
    say("reassignments", str(admin.list_partition_reassignments()))
    say("producers", sorted(each[1:] for each in admin.describe_producers([part])[
        part].active_producers))
    say("delete", str(outcome(lambda: bool(admin.delete_topics([topic])))))
    say("delete missing", str(outcome(lambda: admin.delete_topics([f"{topic}-missing"]))))
    admin.close()


def _kafka_python_records(server, answers, topic):
    say = answers.say
    for codec in CODECS:
        producer = kafka_python.KafkaProducer(
            bootstrap_servers=server.brokers, acks="all", linger_ms=20,
            compression_type=None if codec == "none" else codec)
        sent = [producer.send(topic, value, key, headers, partition=0, timestamp_ms=NOON + i)
                for i, (key, value, headers) in enumerate(RECORDS)]
        say(f"produce: {codec}", [(each.partition, each.offset) for each in
                                  (future.get(30) for future in sent)])
        producer.close()
    consumer = kafka_python.KafkaConsumer(topic, bootstrap_servers=server.brokers,
                                          group_id=f"{topic}-group", auto_offset_reset="earliest",
                                          enable_auto_commit=False, consumer_timeout_ms=20_000)
    read = [next(consumer) for _ in range(len(RECORDS) * len(CODECS))]
    say("consume", [(one.offset, one.timestamp, one.leader_epoch, *shown(one)) for one in read])
    consumer.commit()
    parts = [kafka_python.TopicPartition(topic, number) for number in (0, 1)]
    say("committed", [consumer.committed(part) for part in parts])
    say("beginning", sorted(consumer.beginning_offsets(parts).items()))
    say("end", sorted(consumer.end_offsets(parts).items()))
    found = consumer.offsets_for_times({parts[0]: NOON + 2, parts[1]: NOON})
    say("offsets for times", sorted(found.items()))
    consumer.seek(parts[0], found[parts[0]].offset)
    say("after seeking", shown(next(consumer)))
    consumer.close()


# ---- aiokafka: the old, inflexible versions


async def _aiokafka(server, answers, topic):
    say = answers.say
    admin = aiokafka.admin.AIOKafkaAdminClient(bootstrap_servers=server.brokers)
    await admin.start()
    new = aiokafka.admin.NewTopic(topic, 2, 1, topic_configs={"retention.ms": LONG})
    for step in ("create", "create again"):
        answer = await admin.create_topics([new])
        say(step, [each[1:] for each in answer.topic_errors])
    wait_until(lambda: topic in confluent_admin.AdminClient(
        {"bootstrap.servers": server.brokers}).list_topics(timeout=10).topics, what="the topic")
    await _aiokafka_records(server, answers, topic)
    group = f"{topic}-group"
    say("list groups", sorted(name for name in await admin.list_consumer_groups()
                              if name[0] == group))
    for answer in await admin.describe_consumer_groups([group]):
        say("describe group", [each[:4] for each in answer.groups])
    say("offsets of group", sorted(str(each) for each in (
        await admin.list_consumer_group_offsets(group)).items()))
    resource = aiokafka.admin.config_resource.ConfigResource(
        aiokafka.admin.config_resource.ConfigResourceType.TOPIC, topic)
    for answer in await admin.describe_configs([resource]):
        say("describe configs", sorted(entry[:3] for each in answer.resources
                                     for entry in each[4]))
    changed = aiokafka.admin.config_resource.ConfigResource(
        aiokafka.admin.config_resource.ConfigResourceType.TOPIC, topic,
        configs={"max.message.bytes": "2000"})
    say("alter configs", [each.resources for each in await admin.alter_configs([changed])])
    say("describe", [(each["error_code"], sorted(part["partition"] for part in each["partitions"]))
                     for each in await admin.describe_topics([topic])])
    answer = await admin.create_partitions({topic: aiokafka.admin.NewPartitions(3)})
    say("add partitions", answer.topic_errors)
    say("delete", (await admin.delete_topics([topic])).topic_error_codes)
    say("delete missing", (await admin.delete_topics([f"{topic}-missing"])).topic_error_codes)
    await admin.close()


async def _aiokafka_records(server, answers, topic):
    say = answers.say
    for codec in CODECS:
        producer = aiokafka.AIOKafkaProducer(
            bootstrap_servers=server.brokers, enable_idempotence=codec != "none",
            compression_type=None if codec == "none" else codec)
        await producer.start()
        sent = [await producer.send(topic, value, key, 0, NOON + i, headers)
                for i, (key, value, headers) in enumerate(RECORDS)]
        say(f"produce: {codec}", [(each.partition, each.offset) for each in
                                  await asyncio.gather(*sent)])
        await producer.stop()
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=server.brokers,
                                         group_id=f"{topic}-group", auto_offset_reset="earliest",
                                         enable_auto_commit=False)
    await consumer.start()
    read = [await asyncio.wait_for(consumer.getone(), 30)
            for _ in range(len(RECORDS) * len(CODECS))]
    say("consume", [(one.offset, one.timestamp, *shown(one)) for one in read])
    await consumer.commit()
    parts = sorted(consumer.assignment())
    say("committed", [await consumer.committed(part) for part in parts])
    say("beginning", sorted((await consumer.beginning_offsets(parts)).items()))
    say("end", sorted((await consumer.end_offsets(parts)).items()))
    found = await consumer.offsets_for_times({parts[0]: NOON + 2, parts[1]: NOON})
    say("offsets for times", sorted(found.items()))
    consumer.seek(parts[0], found[parts[0]].offset)
    say("after seeking", shown(await asyncio.wait_for(consumer.getone(), 30)))
    await consumer.stop()


def aiokafka_script(server, answers, topic):
    asyncio.run(_aiokafka(server, answers, topic))
