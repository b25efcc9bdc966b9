/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys, and what the table cannot say of them. */
#include "broker.h"
#include "sasl.h"

#include <stdlib.h>

#define STALLED_MS 1000

const struct headrace_key source_kafka_wire_keys[] = {
    {"listen", HEADRACE_LIST, "127.0.0.1:9092", 0, NULL, NULL,
     "addresses, host:port or [host]:port; :port listens on all"},
    {"advertise", HEADRACE_STRING, NULL, 0, NULL, NULL,
     "host:port that clients are sent to; default: the address that each has reached us by"},
    {"node_id", HEADRACE_INT, "1", 0, NULL, NULL, "the broker's number"},
    {"auto_create_topics", HEADRACE_BOOL, "yes", 0, NULL, NULL,
     "make topics that a client asks for"},
    {"topics", HEADRACE_LIST, NULL, 0, NULL, NULL, "topics that are there from the start"},
    {"default_partitions", HEADRACE_INT, "1", 0, NULL, NULL,
     "partitions of a topic for which nobody says how many"},
    {"sasl", HEADRACE_LIST, NULL, 0, NULL, NULL,
     "how clients have to log in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; default: they need not"},
    {"users_file", HEADRACE_STRING, NULL, 0, NULL, NULL,
     "users and their passwords, in a file that only its owner may read"},
    {"max_connections", HEADRACE_INT, "1000", 0, NULL, NULL, "more are closed at once"},
    {"idle_timeout", HEADRACE_DURATION, "10m", 0, NULL, NULL,
     "connections on which nothing comes for so long are closed; 0: never"},
    {"log_connections", HEADRACE_BOOL, "no", 0, NULL, NULL,
     "a line for each connection and its end"},
    {"max_request_bytes", HEADRACE_SIZE, "100MiB", 0, NULL, NULL, "the largest request"},
    {"max_batch_bytes", HEADRACE_SIZE, "64MiB", 0, NULL, NULL,
     "the largest record batch when it is decompressed; a record counts with 256 bytes more"},
    {"fetch_max_bytes", HEADRACE_SIZE, "16MiB", 0, NULL, NULL,
     "the most records in one answer, whatever a client allows"},
    {"max_unsent_bytes", HEADRACE_SIZE, "128MiB", 0, NULL, NULL,
     "answers that clients do not take, of one or of all; beyond that one is disconnected"},
    {"tail_bytes", HEADRACE_SIZE, "32MiB", 0, NULL, NULL,
     "memory for the latest records, from which readers that keep up are served"},
    {"fetch_sessions", HEADRACE_INT, "1000", 0, NULL, NULL,
     "clients whose partitions are remembered (KIP-227); 0: none"},
    {"producer_byte_rate", HEADRACE_MAP, NULL, 0, NULL, NULL,
     "client.id = bytes a second that it may send; * for each that is not named"},
    {"consumer_byte_rate", HEADRACE_MAP, NULL, 0, NULL, NULL, "the same of what it may fetch"},
    {"group_initial_rebalance_delay", HEADRACE_DURATION, "3s", 0, NULL, NULL,
     "how long the first members of a group are waited for"},
    {"group_min_session_timeout", HEADRACE_DURATION, "6s", 0, NULL, NULL,
     "the least session.timeout.ms of a member"},
    {"group_max_session_timeout", HEADRACE_DURATION, "30m", 0, NULL, NULL, "and the most"},
    {NULL, HEADRACE_STRING, NULL, 0, NULL, NULL, NULL}};

/* The part before the last colon and the number behind it. False: not so. */
static bool split(const char *text, size_t *host_size, long *port)
{
  const char *colon = strrchr(text, ':');
  char *end;
  if (!colon || (text[0] == '[' && colon > text && colon[-1] != ']') ||
      (text[0] != '[' && strchr(text, ':') != colon))
    return false;
  *host_size = (size_t)(colon - text);
  *port = strtol(colon + 1, &end, 10);
  return colon[1] && !*end && *port > 0 && *port <= UINT16_MAX;
}

static bool check_addresses(const struct headrace_host *host)
{
  const struct headrace_pair *addresses;
  size_t host_size, count = host->list(host, "listen", &addresses);
  long port;
  bool good = true;
  for (size_t i = 0; i < count; i++)
    if (!split(addresses[i].name, &host_size, &port)) {
      host->log(host, HEADRACE_ERROR, "listen: '%s' is not host:port", addresses[i].name);
      good = false;
    }
  if (!count)
    host->log(host, HEADRACE_ERROR, "listen: at least one address is needed");
  const char *advertise = host->string(host, "advertise");
  if (advertise && (!split(advertise, &host_size, &port) || !host_size)) {
    host->log(host, HEADRACE_ERROR, "advertise: '%s' is not host:port", advertise);
    good = false;
  }
  return good && count;
}

static bool check_topics(const struct headrace_host *host)
{
  const struct headrace_pair *names;
  size_t count = host->list(host, "topics", &names);
  bool good = true;
  for (size_t i = 0; i < count; i++) {
    struct wire_arena arena = {0};
    const char *fault = topic_name_fault(&arena, wire_text(names[i].name));
    if (fault)
      host->log(host, HEADRACE_ERROR, "topics: %s", fault);
    good = good && !fault;
    wire_arena_free(&arena);
  }
  return good;
}

static bool check_range(const struct headrace_host *host, const char *key, int64_t least,
                        int64_t most)
{
  int64_t value = host->integer(host, key);
  if (value >= least && value <= most)
    return true;
  host->log(host, HEADRACE_ERROR, "%s must be from %lld to %lld", key, (long long)least,
            (long long)most);
  return false;
}

bool broker_check_conf(const struct headrace_host *host)
{
  static const struct {
    const char *key;
    int64_t least, most;
  } ranges[] = {
      {"node_id", 0, INT32_MAX},
      {"default_partitions", 1, 10000},
      {"max_connections", 1, 1000000},
      {"idle_timeout", 0, INT64_MAX / 1000},
      {"max_request_bytes", 1024, INT32_MAX - 4096},
      {"max_batch_bytes", 1024, INT32_MAX - 4096},
      {"fetch_max_bytes", 1024, INT32_MAX - 4096},
      {"max_unsent_bytes", 1024, INT64_MAX},
      {"tail_bytes", 0, INT64_MAX},
      {"fetch_sessions", 0, 1000000},
      {"group_initial_rebalance_delay", 0, INT32_MAX},
      {"group_min_session_timeout", 1, INT32_MAX},
      {"group_max_session_timeout", 1, INT32_MAX},
  };
  bool good = check_addresses(host);
  good &= check_topics(host);
  good &= quotas_check(host);
  good &= sasl_check(host);
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    good &= check_range(host, ranges[i].key, ranges[i].least, ranges[i].most);
  if (good && host->integer(host, "max_unsent_bytes") < host->integer(host, "fetch_max_bytes")) {
    host->log(host, HEADRACE_ERROR, "max_unsent_bytes must not be less than fetch_max_bytes");
    return false;
  }
  return good;
}

static void advertise(struct broker *broker, const char *text)
{
  size_t size;
  long port;
  if (!text || !split(text, &size, &port))
    return;
  bool bracketed = text[0] == '[';
  broker->advertised_host = (struct wire_slice){text + bracketed, (uint32_t)(size - 2 * bracketed)};
  broker->advertised_port = (int)port;
}

bool broker_configure(struct broker *broker)
{
  const struct headrace_host *host = broker->host;
  if (!broker_check_conf(host))
    return false;
  broker->limits = (struct limits){
      .connections = host->integer(host, "max_connections"),
      .request_bytes = host->integer(host, "max_request_bytes"),
      .batch_bytes_plain = host->integer(host, "max_batch_bytes"),
      .fetch_bytes = host->integer(host, "fetch_max_bytes"),
      .output_bytes = host->integer(host, "max_unsent_bytes"),
      .tail_bytes = host->integer(host, "tail_bytes"),
      .fetch_sessions = host->integer(host, "fetch_sessions"),
      .idle_ms = host->integer(host, "idle_timeout"),
      .stalled_ms = STALLED_MS,
      .session_least_ms = host->integer(host, "group_min_session_timeout"),
      .session_most_ms = host->integer(host, "group_max_session_timeout"),
  };
  broker->node_id = (int32_t)host->integer(host, "node_id");
  broker->default_partitions = (int32_t)host->integer(host, "default_partitions");
  broker->initial_rebalance_ms = host->integer(host, "group_initial_rebalance_delay");
  broker->auto_create = host->integer(host, "auto_create_topics");
  broker->log_connections = host->integer(host, "log_connections");
  broker->tail_budget.limit = (size_t)broker->limits.tail_bytes;
  broker->spares.limit = (size_t)broker->limits.fetch_bytes;
  advertise(broker, host->string(host, "advertise"));
  return true;
}
