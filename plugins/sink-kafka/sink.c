/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- open and close ------------------------------------------------------ */

static void listen_to(rd_kafka_queue_t *queue, int fd)
{
  static const uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
}

static size_t effective_batch_bytes(const rd_kafka_conf_t *conf)
{
  char text[32];
  size_t size = sizeof text;
  if (rd_kafka_conf_get(conf, "batch.size", text, &size) != RD_KAFKA_CONF_OK)
    return 0;
  return (size_t)strtoull(text, NULL, 10);
}

static void release(struct sink *sink)
{
  topics_free(sink);
  transaction_free(sink);
  headers_free(&sink->headers);
  if (sink->answers)
    rd_kafka_queue_destroy(sink->answers);
  if (sink->reports)
    rd_kafka_queue_destroy(sink->reports);
  if (sink->kafka)
    rd_kafka_destroy(sink->kafka);
  if (sink->event_fd >= 0)
    close(sink->event_fd);
  free(sink);
}

static struct sink *sink_new(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  struct sink *sink = sink_alloc(sizeof *sink);
  sink->host = host;
  sink->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sink->topic_template = host->string(host, "topic");
  sink->dead_letter = host->string(host, "dead_letter");
  sink->prefix = host->string(host, "prefix") ? host->string(host, "prefix") : host->pipeline;
  sink->create_topics = host->integer(host, "topic_create");
  sink->placing = (enum placing)host->integer(host, "partition");
  sink->letters_end = &sink->letters;
  sink->batch_bytes = effective_batch_bytes(conf);
  kafka_client_attach(&sink->client, host, conf);
  rd_kafka_conf_set_dr_msg_cb(conf, sink_on_delivery);
  return sink;
}

static enum headrace_result sink_open(const struct headrace_host *host, void **instance)
{
  rd_kafka_conf_t *conf = sink_conf_new(host);
  if (!conf)
    return HEADRACE_FATAL;
  struct sink *sink = sink_new(host, conf);
  char error[512];
  sink->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!sink->kafka) {
    host->log(host, HEADRACE_ERROR, "librdkafka does not take this configuration: %s", error);
    rd_kafka_conf_destroy(conf);
    release(sink);
    return HEADRACE_FATAL;
  }
  transaction_init(sink);
  sink->reports = rd_kafka_queue_get_main(sink->kafka);
  sink->answers = rd_kafka_queue_new(sink->kafka);
  listen_to(sink->reports, sink->event_fd);
  listen_to(sink->answers, sink->event_fd);
  *instance = sink;
  return HEADRACE_OK;
}

/* ---- working --------------------------------------------------------------- */

/* Whatever can be done without waiting. True if there was something. */
static bool serve(struct sink *sink)
{
  bool served = rd_kafka_poll(sink->kafka, 0) > 0;
  topics_serve_answers(sink);
  sink_check_fatal(sink);
  sink_produce(sink);
  transaction_step(sink);
  sink_sweep(sink);
  return served;
}

/* What the run comes to once nothing is left to report. */
static enum headrace_result verdict(const struct sink *sink)
{
  return sink->first ? HEADRACE_OK : sink->failure;
}

static enum headrace_result sink_write(void *instance, struct headrace_batch *batch)
{
  struct sink *sink = instance;
  if (sink->failure)
    return sink->first ? HEADRACE_AGAIN : sink->failure;
  sink_take(sink, batch);
  sink_produce(sink);
  sink_sweep(sink);
  return HEADRACE_OK;
}

static void wait_for_event(struct sink *sink, int timeout_ms)
{
  struct pollfd fds[2] = {{.fd = sink->event_fd, .events = POLLIN},
                          {.fd = sink->host->wake_fd, .events = POLLIN}};
  if (poll(fds, 2, timeout_ms) <= 0 || !fds[0].revents)
    return;
  uint64_t count;
  ssize_t got = read(sink->event_fd, &count, sizeof count);
  (void)got; /* it only says that there is something */
}

static enum headrace_result sink_poll(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  if (!serve(sink) && timeout_ms) {
    wait_for_event(sink, transaction_timeout(sink, timeout_ms));
    serve(sink);
  }
  return verdict(sink);
}

static enum headrace_result sink_flush(void *instance, int timeout_ms)
{
  struct sink *sink = instance;
  const struct headrace_host *host = sink->host;
  int64_t deadline = host->now_us(host) + (int64_t)timeout_ms * 1000;
  sink->transaction.flushing = true;
  do {
    serve(sink);
    int64_t left_ms = (deadline - host->now_us(host)) / 1000;
    if (!sink->first || left_ms <= 0)
      break;
    if (sink->in_flight)
      rd_kafka_flush(sink->kafka, (int)left_ms); /* sends without lingering */
    else
      wait_for_event(sink, transaction_timeout(sink, (int)left_ms)); /* or a topic is created */
  } while (sink->first);
  serve(sink);
  return sink->first ? HEADRACE_AGAIN : sink->failure;
}

static enum headrace_result sink_tick(void *instance)
{
  serve(instance);
  return HEADRACE_OK;
}

/* Whatever is still here was not asked for by a flush: it is reported as failed,
 * so that it will be read again. */
static void sink_close(void *instance)
{
  struct sink *sink = instance;
  serve(sink);
  if (sink->first) {
    sink->host->log(sink->host, HEADRACE_INFO,
                    "closing before all was delivered; the rest will be sent again");
    sink_fail(sink, HEADRACE_RETRY);
  }
  while (sink->first) {
    rd_kafka_poll(sink->kafka, 50);
    sink_sweep(sink);
  }
  transaction_abort(sink);
  release(sink);
}

static enum headrace_result sink_stored_position(void *instance, void *out, size_t *size)
{
  return transaction_recover(instance, out, size);
}

static enum headrace_result sink_stored_part(void *instance, const char *name, int64_t *next)
{
  return transaction_stored_part(instance, name, next);
}

static enum headrace_result sink_check(const struct headrace_host *host)
{
  rd_kafka_conf_t *conf = sink_conf_new(host);
  if (!conf)
    return HEADRACE_FATAL;
  rd_kafka_conf_destroy(conf);
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SINK,
    .name = "kafka",
    .version = HEADRACE_VERSION,
    .description = "produces records to Apache Kafka, idempotent and in order",
    .keys = sink_kafka_keys,
    .open = sink_open,
    .close = sink_close,
    .tick = sink_tick,
    .check = sink_check,
    .write = sink_write,
    .poll = sink_poll,
    .flush = sink_flush,
    .stored_position = sink_stored_position,
    .stored_part = sink_stored_part,
};

HEADRACE_REGISTER_PLUGIN(plugin)
