/* SPDX-License-Identifier: Apache-2.0
 *
 * source-kafka-wire: what the core calls. */
#include "broker.h"
#include "no_log.h"
#include "sasl.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* ---- open and close ------------------------------------------------------------------- */

static void log_wakes(void *context)
{
  struct broker *broker = context;
  atomic_store(&broker->log_has_news, true);
  broker->host->wake(broker->host);
}

static void log_advanced(void *context, const struct headrace_topic_id *id, int32_t index)
{
  struct broker *broker = context;
  struct wire_uuid uuid;
  memcpy(uuid.bytes, id->bytes, sizeof uuid.bytes);
  struct partition *partition = partition_of(topic_with_id(broker, &uuid), index);
  if (partition)
    fetch_wake(partition);
}

static void release(struct broker *broker)
{
  listener_close_all(broker);
  connections_free(broker);
  for (struct flight *flight; (flight = in_flight_first(&broker->in_flight));) {
    blob_release(flight->blob);
    topic_release(flight->partition->topic);
    in_flight_drop(&broker->in_flight);
  }
  in_flight_free(&broker->in_flight);
  groups_free(broker->groups);
  first_topics_free(broker->first_topics);
  topics_free(broker);
  if (broker->no_log) /* else the log is gone already */
    topics_let_go(broker);
  no_log_free(broker->no_log);
  timers_free(&broker->timers);
  fetch_sessions_free(broker->sessions);
  quotas_free(broker->quotas);
  sasl_rules_free(broker->sasl);
  batch_codec_free(broker->packer);
  batch_codec_free(broker->codec);
  free(broker->records);
  if (broker->epoll >= 0)
    close(broker->epoll);
  free(broker);
}

static struct broker *broker_new(const struct headrace_host *host)
{
  struct broker *broker = broker_alloc(sizeof *broker);
  broker->host = host;
  broker->log = host->sink_log ? host->sink_log(host) : NULL;
  if (!broker->log) {
    broker->no_log = no_log_new();
    broker->log = no_log_interface(broker->no_log);
    host->log(host, HEADRACE_INFO,
              "the sink keeps no log that can be read back: clients produce, and read nothing");
  }
  broker->codec = batch_codec_new();
  broker->epoll = epoll_create1(EPOLL_CLOEXEC);
  broker->wake = (struct watch){.fd = host->wake_fd};
  return broker;
}

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  struct broker *broker = broker_new(host);
  enum headrace_result attached = HEADRACE_OK;
  bool failed = !broker_configure(broker) || !sasl_rules_new(broker) || broker->epoll < 0 ||
                !broker_watch(broker, &broker->wake, EPOLLIN);
  if (!failed) {
    const struct headrace_log_reader reader = {broker, log_wakes, log_advanced};
    broker->sessions = fetch_sessions_new((size_t)broker->limits.fetch_sessions);
    broker->groups = groups_new(broker);
    broker->quotas = quotas_new(host);
    attached = broker->log->attach(broker->log->self, &reader);
    failed = attached != HEADRACE_OK;
    if (!failed)
      listener_open_all(broker, &failed);
    if (!failed) /* before the log looks for what is too old */
      topics_refresh(broker);
  }
  if (failed) {
    release(broker);
    return attached == HEADRACE_RETRY ? HEADRACE_RETRY : HEADRACE_FATAL;
  }
  *instance = broker;
  return HEADRACE_OK;
}

/* The sink is closed before: its catalogue went with it. */
static void source_close(void *instance)
{
  release(instance);
}

/* ---- running -------------------------------------------------------------------------------- */

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct broker *broker = instance;
  (void)position; /* a mark of an earlier run */
  (void)size;
  atomic_store(&broker->log_has_news, true);
  broker->first_topics = first_topics_make(broker);
  for (struct listener *at = broker->listeners; at; at = at->next)
    if (!broker_watch(broker, &at->watch, EPOLLIN))
      return HEADRACE_RETRY;
  return HEADRACE_OK;
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct broker *broker = instance;
  struct in_flight *in_flight = &broker->in_flight;
  broker->batch = batch;
  broker_turn(broker, timeout_ms);
  broker->batch = NULL;
  if (!broker->filled)
    return broker->failure;
  broker->host->set_position(broker->host, batch, &in_flight->mark, sizeof in_flight->mark);
  broker->filled = false;
  in_flight->mark++;
  in_flight->events = 0;
  broker->batch_memory = 0;
  return broker->failure;
}

/* Nothing can be taken to the store; all else goes on. */
static enum headrace_result source_idle(void *instance, int timeout_ms)
{
  struct broker *broker = instance;
  broker_turn(broker, timeout_ms);
  return broker->failure;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct broker *broker = instance;
  (void)position; /* they come back in order */
  (void)size;
  produce_durable(broker, receipts, count);
  fetch_look_again(broker);
  connections_flush(broker);
  return broker->failure;
}

static void source_on_reject(void *instance, uint32_t event, const char *error_class,
                             const char *reason)
{
  produce_rejected(instance, event, error_class, reason);
}

static enum headrace_result source_tick(void *instance)
{
  struct broker *broker = instance;
  broker_turn(broker, 0);
  if (!broker->stopping)
    connections_expire(broker);
  connections_relieve(broker);
  return broker->failure;
}

/* Nothing new is taken; what was taken is answered, and then its connection is closed. */
static enum headrace_result source_stop(void *instance)
{
  struct broker *broker = instance;
  broker->stopping = true;
  listener_close_all(broker);
  fetch_end_all(broker);
  produce_end_all(broker);
  for (struct connection *at = broker->connections; at; at = at->next)
    connection_mark(at);
  broker_turn(broker, 0);
  topics_let_go(broker); /* in close() there is no log any more */
  return HEADRACE_OK;
}

static enum headrace_result source_check(const struct headrace_host *host)
{
  return broker_check_conf(host) ? HEADRACE_OK : HEADRACE_FATAL;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SOURCE,
    .name = "kafka-wire",
    .version = HEADRACE_VERSION,
    .description = "serves clients of Apache Kafka as their broker, over a sink that keeps a log",
    .keys = source_kafka_wire_keys,
    .open = source_open,
    .close = source_close,
    .tick = source_tick,
    .check = source_check,
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
    .on_reject = source_on_reject,
    .stop = source_stop,
    .idle = source_idle,
};

HEADRACE_REGISTER_PLUGIN(plugin)
