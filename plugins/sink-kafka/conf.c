/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys, and librdkafka's configuration made of them. */
#include "sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct headrace_key sink_kafka_keys[] = {
    KAFKA_CONNECTION_KEYS,
    {"topic", HEADRACE_STRING, "{prefix}.{schema}.{table}", 0, NULL, NULL,
     "the topic of a record: a template of {prefix} {schema} {table} {topic}"},
    {"prefix", HEADRACE_STRING, NULL, 0, NULL, NULL, "what {prefix} is; the pipeline's name if not set"},
    {"topics", HEADRACE_MAP, NULL, 0, NULL, NULL, "exceptions from the template: schema.table = topic"},
    {"dead_letter", HEADRACE_STRING, "{prefix}.dead-letter", 0, NULL, NULL,
     "the topic of rejected records if errors = dead-letter, a template like topic"},
    {"acks", HEADRACE_ENUM, "all", 0, "0|1|all", NULL, "how many replicas must have a record"},
    {"idempotence", HEADRACE_BOOL, "yes", 0, NULL, NULL,
     "retries make no duplicates and keep the order; needs acks = all"},
    {"compression", HEADRACE_ENUM, "none", 0, "none|gzip|snappy|lz4|zstd", NULL, "of batches of records"},
    {"partitioner", HEADRACE_ENUM, "murmur2", 0,
     "murmur2|Hash|ReferenceHash|CRC32Balancer|Murmur2Balancer|RoundRobin|LeastBytes", NULL,
     "how a key chooses its partition; murmur2 is what Java does"},
    {"partition", HEADRACE_ENUM, "record", 0, "record|source|key", NULL,
     "the record's own if it has one; the source's if there are as many; or as the key says"},
    {"transactional_id", HEADRACE_STRING, NULL, 0, NULL, NULL,
     "checkpoint = sink: name of this producer, for ever; headrace-PIPELINE if not set"},
    {"transaction_interval", HEADRACE_DURATION, "100ms", 0, NULL, NULL,
     "checkpoint = sink: how long a transaction collects before it is committed"},
    {"checkpoint_topic", HEADRACE_STRING, NULL, 0, NULL, NULL,
     "checkpoint = sink: this pipeline's own topic of positions; TRANSACTIONAL_ID-checkpoint if not set"},
    {"linger", HEADRACE_DURATION, "1ms", 0, NULL, NULL, "how long a record may wait for others to travel with"},
    {"topic_create", HEADRACE_BOOL, "no", 0, NULL, NULL,
     "create a missing topic before its first record; no: leave it to the broker"},
    {"topic_partitions", HEADRACE_INT, "-1", 0, NULL, NULL, "of a created topic; -1: the broker's default"},
    {"topic_replication", HEADRACE_INT, "-1", 0, NULL, NULL, "of a created topic; -1: the broker's default"},
    {"topic_config", HEADRACE_MAP, NULL, 0, NULL, NULL, "of a created topic: cleanup.policy = compact, ..."},
    {NULL, 0, NULL, 0, NULL, NULL, NULL}};
/* clang-format on */

static const struct kafka_property defaults[] = {
    {"message.timeout.ms", "0"}, /* never: while Kafka is away records wait */
    {"delivery.report.only.error", "false"},
    {"statistics.interval.ms", "2000"}, /* tells whether a broker is up */
    {"log.connection.close", "false"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "2000"},
    {"queue.buffering.max.messages", "100000"},
    {"queue.buffering.max.kbytes", "2097151"}, /* the host's memory holds them, and limits them */
    /* A round of records (sink_produce) makes one request for each partition: as large as
     * brokers take by default (max.message.bytes, 1,048,588). */
    {"batch.num.messages", "10000"},
    {"batch.size", "1000000"},
    {NULL, NULL}};

static const char use_acks[] = "use the key acks";
static const char use_idempotence[] = "use the key idempotence";
static const char use_compression[] = "use the key compression";
static const char use_partitioner[] = "use the key partitioner";
static const char use_brokers[] = "use the key brokers";
static const char use_linger[] = "use the key linger";
static const char never_dropped[] = "records wait for Kafka for ever, they are never dropped";
static const char own_reports[] = "each record's delivery must be reported, and nothing else";

static const struct kafka_property reserved[] = {
    {"bootstrap.servers", use_brokers},
    {"metadata.broker.list", use_brokers},
    {"acks", use_acks},
    {"request.required.acks", use_acks},
    {"enable.idempotence", use_idempotence},
    {"compression.type", use_compression},
    {"compression.codec", use_compression},
    {"partitioner", use_partitioner},
    {"linger.ms", use_linger},
    {"queue.buffering.max.ms", use_linger},
    {"message.timeout.ms", never_dropped},
    {"delivery.timeout.ms", never_dropped},
    {"delivery.report.only.error", own_reports},
    {"dr_cb", own_reports},
    {"dr_msg_cb", own_reports},
    {"enabled_events", own_reports},
    {"statistics.interval.ms", "the status line is made of it"},
    {"log.queue", "librdkafka's log goes to headrace's"},
    {"transactional.id", "use the key transactional_id, and checkpoint = sink"},
    {"queuing.strategy", "the order of a key would be lost"},
    {NULL, NULL}};

static const char *const in_flight[] = {"max.in.flight.requests.per.connection", "max.in.flight",
                                        NULL};

/* Without idempotence a retried request may come after the one that followed it. */
static bool set_idempotence(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  bool all = !strcmp(host->string(host, "acks"), "all");
  if (host->integer(host, "idempotence")) {
    if (all)
      return kafka_conf_set(host, conf, "idempotence", "enable.idempotence", "true");
    host->log(host, HEADRACE_ERROR,
              "acks = %s needs idempotence = no: a producer is idempotent only with acks = all",
              host->string(host, "acks"));
    return false;
  }
  for (const char *const *name = in_flight; *name; name++)
    if (kafka_conf_given(host, *name) && strcmp(kafka_conf_given(host, *name), "1")) {
      host->log(host, HEADRACE_ERROR,
                "rdkafka.%s: must be 1 with idempotence = no, or retries change the order", *name);
      return false;
    }
  return kafka_conf_set(host, conf, "idempotence", in_flight[0], "1");
}

/* librdkafka puts records without a key on a partition of its own choice, unless told not to. */
static bool set_stickiness(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  static const char property[] = "sticky.partitioning.linger.ms";
  if (partitioner_is_builtin(host))
    return true;
  if (!kafka_conf_given(host, property))
    return kafka_conf_set(host, conf, "partitioner", property, "0");
  host->log(host, HEADRACE_ERROR, "rdkafka.%s: has no effect with partitioner = %s", property,
            host->string(host, "partitioner"));
  return false;
}

static bool set_keys(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  bool good = set_idempotence(host, conf);
  good = set_stickiness(host, conf) && good;
  good = kafka_conf_set(host, conf, "acks", "acks", host->string(host, "acks")) && good;
  good = kafka_conf_set(host, conf, "compression", "compression.type",
                        host->string(host, "compression")) &&
         good;
  char linger[32];
  snprintf(linger, sizeof linger, "%lld", (long long)host->integer(host, "linger"));
  return kafka_conf_set(host, conf, "linger", "linger.ms", linger) && good;
}

static bool check_creation(const struct headrace_host *host)
{
  static const char *const numbers[] = {"topic_partitions", "topic_replication"};
  bool good = true;
  for (size_t i = 0; i < 2; i++) {
    int64_t number = host->integer(host, numbers[i]);
    if (number == -1 || (number > 0 && number <= INT32_MAX / 2))
      continue;
    host->log(host, HEADRACE_ERROR, "%s: must be at least 1, or -1", numbers[i]);
    good = false;
  }
  return good;
}

/* How many partitions the source's topic has is known by the parts that the checkpoint keeps. */
static bool check_placing(const struct headrace_host *host)
{
  if (host->integer(host, "partition") != PLACING_SOURCE || host->keeps_checkpoint)
    return true;
  host->log(host, HEADRACE_ERROR,
            "partition = source needs checkpoint = sink; without it leave partition as it is, and "
            "make the topics with as many partitions as the source's");
  return false;
}

rd_kafka_conf_t *sink_conf_new(const struct headrace_host *host)
{
  static const struct kafka_conf_spec spec = {defaults, reserved};
  rd_kafka_conf_t *conf = kafka_conf_new(host, &spec);
  rd_kafka_conf_t *scratch = conf ? conf : rd_kafka_conf_new(); /* to say all faults at once */
  bool good = set_keys(host, scratch);
  good = topics_check(host) && good;
  good = check_creation(host) && good;
  good = check_placing(host) && good;
  good = transaction_check(host) && good;
  good = good && transaction_configure(host, scratch);
  if (good && conf)
    return conf;
  rd_kafka_conf_destroy(scratch);
  return NULL;
}
