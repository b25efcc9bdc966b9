/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define GAUGE_US INT64_C(1000000)

void *source_grow(void *old, size_t size)
{
  void *memory = realloc(old, size);
  if (!memory)
    abort();
  return memory;
}

void *source_alloc(size_t size)
{
  return memset(source_grow(NULL, size), 0, size);
}

void source_fail(struct source *source, enum headrace_result result)
{
  if (source->failure != HEADRACE_FATAL)
    source->failure = result;
}

/* ---- open and close ---------------------------------------------------------- */

static void listen_to(rd_kafka_queue_t *queue, int fd)
{
  static const uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
}

static void drop(rd_kafka_queue_t *queue)
{
  if (!queue)
    return;
  rd_kafka_queue_io_event_enable(queue, -1, NULL, 0); /* the number may be another file's soon */
  rd_kafka_queue_destroy(queue);
}

static void release(struct source *source)
{
  drop(source->records);
  drop(source->events);
  if (source->kafka)
    farewell_destroy(source);
  if (source->event_fd >= 0)
    close(source->event_fd);
  in_flight_free(&source->in_flight);
  topics_free(&source->topics);
  free(source->touched);
  free(source);
}

static struct source *source_new(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  struct source *source = source_alloc(sizeof *source);
  source->host = host;
  source->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  source->start = (enum start)host->integer(host, "start");
  if (source->start == START_TIMESTAMP)
    source_parse_time(host->string(host, "start_time"), &source->start_ms);
  source->use_committed = !host->keeps_checkpoint || host->integer(host, "take_over");
  source->revoke_timeout_us = host->integer(host, "revoke_timeout") * 1000;
  kafka_client_attach(&source->client, host, conf);
  rd_kafka_conf_set_rebalance_cb(conf, rebalance_callback);
  rd_kafka_conf_set_offset_commit_cb(conf, offsets_callback);
  return source;
}

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  rd_kafka_conf_t *conf = source_conf_new(host);
  if (!conf)
    return HEADRACE_FATAL;
  struct source *source = source_new(host, conf);
  char error[512];
  source->kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!source->kafka) {
    host->log(host, HEADRACE_ERROR, "librdkafka does not take this configuration: %s", error);
    rd_kafka_conf_destroy(conf);
    release(source);
    return HEADRACE_FATAL;
  }
  rd_kafka_poll_set_consumer(source->kafka);
  source->events = rd_kafka_queue_get_consumer(source->kafka);
  source->records = rd_kafka_queue_new(source->kafka);
  listen_to(source->events, source->event_fd);
  listen_to(source->records, source->event_fd);
  refill_start(&source->refill, source->kafka);
  *instance = source;
  return HEADRACE_OK;
}

static void source_close(void *instance)
{
  struct source *source = instance;
  source->stopping = true;
  refill_end(&source->refill);
  offsets_tell(source);
  farewell_say(source);
  release(source);
}

/* ---- reading --------------------------------------------------------------------- */

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  (void)position; /* a mark of an earlier run: where partitions go on is asked one by one */
  (void)size;
  struct source *source = instance;
  rd_kafka_topic_partition_list_t *list = source_subscription(source->host);
  rd_kafka_resp_err_t error = rd_kafka_subscribe(source->kafka, list);
  rd_kafka_topic_partition_list_destroy(list);
  if (!error)
    return HEADRACE_OK;
  source->host->log(source->host, HEADRACE_ERROR,
                    "topics: librdkafka does not take them: %s; see that each regular expression "
                    "is one",
                    rd_kafka_err2str(error));
  return HEADRACE_FATAL;
}

/* All that is not a record. */
static void serve(struct source *source)
{
  rd_kafka_message_t *message;
  while ((message = rd_kafka_consumer_poll(source->kafka, 0))) {
    if (message->err)
      source_fault(source, message);
    rd_kafka_message_destroy(message);
  }
  source_check_fatal(source);
  rebalance_advance(source);
}

void source_touch(struct source *source, struct partition *partition)
{
  if (partition->touched)
    return;
  if (source->touched_count == source->touched_capacity) {
    source->touched_capacity = source->touched_capacity ? 2 * source->touched_capacity : 16;
    source->touched =
        source_grow(source->touched, source->touched_capacity * sizeof(struct partition *));
  }
  partition->touched = true;
  source->touched[source->touched_count++] = partition;
}

/* A record of before a rebalance may still be in the queue; and none is taken twice. */
static bool wanted(const struct partition *partition, const rd_kafka_message_t *message)
{
  return partition && partition->state == PARTITION_READING && message->offset >= partition->next;
}

static void take(struct source *source, struct headrace_batch *batch,
                 const rd_kafka_message_t *message)
{
  if (message->err) {
    source_fault(source, message);
    return;
  }
  struct partition *partition = partition_of(&source->topics, message);
  if (!wanted(partition, message))
    return;
  partition->record_time_ms = record_add(source, batch, message, partition);
  partition->next = message->offset + 1;
  source_touch(source, partition);
}

static void fill(struct source *source, struct headrace_batch *batch)
{
  const struct headrace_host *host = source->host;
  rd_kafka_message_t *message;
  while (!source->failure && !host->full(host, batch) &&
         (message = rd_kafka_consume_queue(source->records, 0))) {
    take(source, batch, message);
    refill_taken(&source->refill, message);
    rd_kafka_message_destroy(message);
  }
}

/* The checkpoint is to know where a partition begins before the first record comes: another start
 * could find another beginning. */
static void announce(struct source *source)
{
  size_t at = 0;
  for (struct partition *partition; (partition = partition_next(&source->topics, &at));)
    if (partition->state == PARTITION_READING && partition->announce)
      source_touch(source, partition);
  source->announcing = false;
}

static void finish_part(struct source *source, struct headrace_batch *batch,
                        struct partition *partition)
{
  const struct headrace_host *host = source->host;
  const struct headrace_part part = {
      .name = partition->name, .from = partition->from, .to = partition->next};
  const struct flight flight = {
      .mark = source->mark, .partition = partition, .to = partition->next};
  host->add_part(host, batch, &part);
  in_flight_add(&source->in_flight, &flight);
  partition->from = partition->next;
  partition->touched = partition->announce = false;
}

/* A batch that holds anything is sent at once: what comes meanwhile makes the next. */
static void finish(struct source *source, struct headrace_batch *batch)
{
  if (!source->touched_count)
    return;
  source->mark++;
  for (size_t i = 0; i < source->touched_count; i++)
    finish_part(source, batch, source->touched[i]);
  source->touched_count = 0;
  source->host->set_position(source->host, batch, &source->mark, sizeof source->mark);
}

static void wait_for_event(const struct source *source, int timeout_ms)
{
  struct pollfd fds[2] = {{.fd = source->event_fd, .events = POLLIN},
                          {.fd = source->host->wake_fd, .events = POLLIN}};
  if (poll(fds, 2, timeout_ms) <= 0 || !fds[0].revents)
    return;
  uint64_t count;
  ssize_t got = read(source->event_fd, &count, sizeof count);
  (void)got; /* it only says that there is something */
}

/* What is to be announced goes first, by itself: a sink has it before any record that follows. */
static void fill_or_announce(struct source *source, struct headrace_batch *batch)
{
  serve(source);
  if (source->announcing)
    announce(source);
  else
    fill(source, batch);
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  fill_or_announce(source, batch);
  if (!source->touched_count && timeout_ms && !source->failure) {
    wait_for_event(source, timeout_ms);
    fill_or_announce(source, batch);
  }
  finish(source, batch);
  return source->failure;
}

static uint64_t mark_in(const void *position, size_t size)
{
  uint64_t mark = 0;
  if (size == sizeof mark)
    memcpy(&mark, position, sizeof mark);
  return mark;
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct source *source = instance;
  (void)receipts;
  (void)count;
  in_flight_retire(&source->in_flight, mark_in(position, size));
  return HEADRACE_OK;
}

/* Also while the sink is busy and nothing is read: the group must not miss us. */
static enum headrace_result source_tick(void *instance)
{
  struct source *source = instance;
  const struct headrace_host *host = source->host;
  serve(source);
  offsets_tell(source);
  if (!source->stopping)
    markers_pass(source);
  int64_t now = host->now_us(host);
  if (now - source->gauged_at_us >= GAUGE_US) {
    source->gauged_at_us = now;
    lag_gauge(source);
  }
  return source->stopping ? HEADRACE_OK : source->failure;
}

static enum headrace_result source_stop(void *instance)
{
  struct source *source = instance;
  source->stopping = true;
  return HEADRACE_OK;
}

static enum headrace_result source_check(const struct headrace_host *host)
{
  rd_kafka_conf_t *conf = source_conf_new(host);
  if (!conf)
    return HEADRACE_FATAL;
  rd_kafka_conf_destroy(conf);
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SOURCE,
    .name = "kafka",
    .version = HEADRACE_VERSION,
    .description = "reads topics of Apache Kafka as a member of a consumer group",
    .keys = source_kafka_keys,
    .open = source_open,
    .close = source_close,
    .tick = source_tick,
    .check = source_check,
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
    .stop = source_stop,
};

HEADRACE_REGISTER_PLUGIN(plugin)
