/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys, and librdkafka's configuration made of them. */
#include "kafka_topic.h"
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* clang-format off */
const struct headrace_key source_kafka_keys[] = {
    KAFKA_CONNECTION_KEYS,
    {"group", HEADRACE_STRING, NULL, 0, NULL, "CDC_KAFKA_GROUP_ID",
     "the consumer group; headrace-PIPELINE if not set"},
    {"topics", HEADRACE_LIST, NULL, HEADRACE_REQUIRED, NULL, NULL,
     "names of topics, and regular expressions that begin with ^"},
    {"topics_exclude", HEADRACE_LIST, NULL, 0, NULL, NULL,
     "regular expressions of topics that those of `topics` do not mean"},
    {"member", HEADRACE_STRING, NULL, 0, NULL, NULL,
     "this process's own name in the group (group.instance.id): a restart keeps its partitions"},
    {"assignor", HEADRACE_ENUM, "cooperative-sticky", 0, "cooperative-sticky|range|roundrobin", NULL,
     "how the group shares partitions; all its members must say the same"},
    {"start", HEADRACE_ENUM, "earliest", 0, "earliest|latest|timestamp", NULL,
     "where a partition begins of which nothing is known"},
    {"start_time", HEADRACE_STRING, NULL, 0, NULL, NULL,
     "start = timestamp: 2026-01-31T04:05:06Z, or milliseconds since 1970"},
    {"take_over", HEADRACE_BOOL, "no", 0, NULL, NULL,
     "checkpoint = sink: begin at the group's own offsets where the sink knows nothing"},
    {"isolation", HEADRACE_ENUM, "read_committed", 0, "read_committed|read_uncommitted", NULL,
     "whether records of transactions are read before they are committed"},
    {"topic_recreated", HEADRACE_ENUM, "stop", 0, "stop|restart", NULL,
     "what to do about a partition that ends before the checkpoint"},
    {"records_lost", HEADRACE_ENUM, "stop", 0, "stop|continue", NULL,
     "what to do about a partition that begins after the checkpoint"},
    {"commit_interval", HEADRACE_DURATION, "1s", 0, NULL, NULL,
     "how often the group hears what is durable"},
    {"revoke_timeout", HEADRACE_DURATION, "30s", 0, NULL, NULL,
     "how long a partition that is taken back may wait until what was read of it is durable"},
    {NULL, 0, NULL, 0, NULL, NULL, NULL}};
/* clang-format on */

static const struct kafka_property defaults[] = {
    {"enable.auto.commit", "true"}, /* of what is stored, and only the durable is */
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"}, /* `start`, topic_recreated and records_lost decide */
    {"session.timeout.ms", "15000"},
    {"heartbeat.interval.ms", "3000"},
    {"topic.metadata.refresh.interval.ms", "10000"}, /* new topics and partitions */
    {"statistics.interval.ms", "2000"},              /* tells whether a broker is up */
    {"log.connection.close", "false"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "2000"},
    {"fetch.error.backoff.ms", "100"},
    {"queued.max.messages.kbytes", "16384"}, /* beside the host's memory for batches */
    {NULL, NULL}};

static const char use_brokers[] = "use the key brokers";
static const char own_offsets[] = "offsets are committed when records are durable, and then only";
static const char own_events[] = "this source serves librdkafka itself";

static const struct kafka_property reserved[] = {
    {"bootstrap.servers", use_brokers},
    {"metadata.broker.list", use_brokers},
    {"group.id", "use the key group"},
    {"group.instance.id", "use the key member"},
    {"partition.assignment.strategy", "use the key assignor"},
    {"isolation.level", "use the key isolation"},
    {"topic.blacklist", "use the key topics_exclude"},
    {"enable.auto.commit", own_offsets},
    {"auto.commit.enable", own_offsets},
    {"enable.auto.offset.store", own_offsets},
    {"auto.commit.interval.ms", "use the key commit_interval"},
    {"offset.store.method", own_offsets},
    {"auto.offset.reset", "use the keys start, topic_recreated and records_lost"},
    {"rebalance_cb", own_events},
    {"enabled_events", own_events},
    {"log.queue", "librdkafka's log goes to headrace's"},
    {"statistics.interval.ms", "the status line is made of it"},
    {NULL, NULL}};

/* ---- what the keys say --------------------------------------------------- */

static bool parse_iso(const char *text, int64_t *ms)
{
  struct tm time = {0};
  const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &time);
  if (!rest)
    rest = strptime(text, "%Y-%m-%d %H:%M:%S", &time);
  if (!rest || (strcmp(rest, "Z") && strcmp(rest, "+00:00") && strcmp(rest, "+00")))
    return false;
  *ms = (int64_t)timegm(&time) * 1000;
  return *ms >= 0;
}

bool source_parse_time(const char *text, int64_t *ms)
{
  char *end;
  long long number = strtoll(text, &end, 10);
  if (end == text || *end || number < 0)
    return parse_iso(text, ms);
  *ms = number;
  return true;
}

rd_kafka_topic_partition_list_t *source_subscription(const struct headrace_host *host)
{
  const struct headrace_pair *topics;
  size_t count = host->list(host, "topics", &topics);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
  for (size_t i = 0; i < count; i++)
    rd_kafka_topic_partition_list_add(list, topics[i].name, RD_KAFKA_PARTITION_UA);
  return list;
}

static bool check_topics(const struct headrace_host *host)
{
  const struct headrace_pair *topics;
  size_t count = host->list(host, "topics", &topics);
  bool good = count > 0;
  if (!count)
    host->log(host, HEADRACE_ERROR, "topics: at least one is needed");
  for (size_t i = 0; i < count; i++) {
    if (*topics[i].name == '^' || kafka_topic_legal(topics[i].name))
      continue;
    host->log(host, HEADRACE_ERROR,
              "topics: \"%s\" is no legal name of a topic; a regular expression begins with ^",
              topics[i].name);
    good = false;
  }
  return good;
}

static bool check_start(const struct headrace_host *host)
{
  const char *time = host->string(host, "start_time");
  bool wanted = host->integer(host, "start") == START_TIMESTAMP;
  int64_t ms;
  if (wanted != (time != NULL)) {
    host->log(host, HEADRACE_ERROR,
              wanted ? "start = timestamp needs start_time"
                     : "start_time: has no effect without start = timestamp");
    return false;
  }
  if (!wanted || source_parse_time(time, &ms))
    return true;
  host->log(host, HEADRACE_ERROR,
            "start_time: \"%s\" is neither 2026-01-31T04:05:06Z nor milliseconds since 1970", time);
  return false;
}

/* ---- librdkafka's configuration -------------------------------------------- */

static bool set_number(const struct headrace_host *host, rd_kafka_conf_t *conf, const char *key,
                       const char *property)
{
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)host->integer(host, key));
  return kafka_conf_set(host, conf, key, property, text);
}

static bool set_group(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  char name[256];
  const char *group = host->string(host, "group"), *member = host->string(host, "member");
  snprintf(name, sizeof name, "headrace-%s", host->pipeline);
  bool good = kafka_conf_set(host, conf, "group", "group.id", group ? group : name);
  if (member)
    good = kafka_conf_set(host, conf, "member", "group.instance.id", member) && good;
  return kafka_conf_set(host, conf, "assignor", "partition.assignment.strategy",
                        host->string(host, "assignor")) &&
         good;
}

static bool set_excluded(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, "topics_exclude", &items), size = 1;
  for (size_t i = 0; i < count; i++)
    size += strlen(items[i].name) + 1;
  char *joined = source_alloc(size), *end = joined;
  for (size_t i = 0; i < count; i++)
    end += sprintf(end, "%s%s", i ? "," : "", items[i].name);
  bool good = !count || kafka_conf_set(host, conf, "topics_exclude", "topic.blacklist", joined);
  free(joined);
  return good;
}

/* Whoever waits longer than the group does has lost his partitions before he gives them back. */
static bool check_patience(const struct headrace_host *host, const rd_kafka_conf_t *conf)
{
  char text[32] = "";
  size_t size = sizeof text;
  if (rd_kafka_conf_get(conf, "max.poll.interval.ms", text, &size) != RD_KAFKA_CONF_OK ||
      host->integer(host, "revoke_timeout") < strtoll(text, NULL, 10))
    return true;
  host->log(host, HEADRACE_ERROR,
            "revoke_timeout: must be less than rdkafka.max.poll.interval.ms, which is %s", text);
  return false;
}

static bool set_keys(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  bool good = set_group(host, conf);
  good = set_excluded(host, conf) && good;
  good =
      kafka_conf_set(host, conf, "isolation", "isolation.level", host->string(host, "isolation")) &&
      good;
  good = set_number(host, conf, "commit_interval", "auto.commit.interval.ms") && good;
  return check_patience(host, conf) && good;
}

rd_kafka_conf_t *source_conf_new(const struct headrace_host *host)
{
  static const struct kafka_conf_spec spec = {defaults, reserved};
  rd_kafka_conf_t *conf = kafka_conf_new(host, &spec);
  rd_kafka_conf_t *scratch = conf ? conf : rd_kafka_conf_new(); /* to say all faults at once */
  bool good = set_keys(host, scratch);
  good = check_topics(host) && good;
  good = check_start(host) && good;
  if (good && conf)
    return conf;
  rd_kafka_conf_destroy(scratch);
  return NULL;
}
