/* SPDX-License-Identifier: Apache-2.0 */
#include "transaction.h"

#include "sink.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_MS      500   /* how long a call of librdkafka may block: tick() is promised */
#define RECOVER_MS   60000 /* brokers finish what the producer before left open */
#define ABORT_MS     3000
#define QUIET_US     5000    /* nothing came for so long: do not wait for the interval */
#define PRESSURE     50      /* percent: the rest is for a next transaction that is to stay whole */
#define POSITIONS_US 1000000 /* positions without events are stored so often */

/* ---- configuration ------------------------------------------------------- */

static char *transactional_id(const struct headrace_host *host)
{
  const char *given = host->string(host, "transactional_id");
  size_t size = strlen(host->pipeline) + sizeof "headrace-";
  char *id = sink_alloc(given ? strlen(given) + 1 : size);
  if (given)
    strcpy(id, given);
  else
    snprintf(id, size, "headrace-%s", host->pipeline);
  return id;
}

static char *checkpoint_topic(const struct headrace_host *host, const char *id)
{
  const char *given = host->string(host, "checkpoint_topic");
  size_t size = strlen(given ? given : id) + sizeof "-checkpoint";
  char *topic = sink_alloc(size);
  snprintf(topic, size, given ? "%s" : "%s-checkpoint", given ? given : id);
  return topic;
}

bool transaction_check(const struct headrace_host *host)
{
  if (!host->keeps_checkpoint)
    return true;
  if (host->integer(host, "idempotence") && !strcmp(host->string(host, "acks"), "all"))
    return true;
  host->log(host, HEADRACE_ERROR,
            "checkpoint = sink stores the position in Kafka's transactions, which need acks = all "
            "and idempotence = yes");
  return false;
}

bool transaction_configure(const struct headrace_host *host, rd_kafka_conf_t *conf)
{
  if (!host->keeps_checkpoint)
    return true;
  char timeout[32];
  size_t size = sizeof timeout;
  if (rd_kafka_conf_get(conf, "transaction.timeout.ms", timeout, &size) != RD_KAFKA_CONF_OK)
    return false;
  char *id = transactional_id(host);
  /* A record that waits longer than its transaction lives is of no use. */
  bool good = kafka_conf_set(host, conf, "transactional_id", "transactional.id", id) &&
              kafka_conf_set(host, conf, "transactional_id", "message.timeout.ms", timeout);
  free(id);
  return good;
}

static int64_t transaction_timeout_us(rd_kafka_t *kafka)
{
  char text[32] = "60000";
  size_t size = sizeof text;
  rd_kafka_conf_get(rd_kafka_conf(kafka), "transaction.timeout.ms", text, &size);
  return strtoll(text, NULL, 10) * 1000;
}

void transaction_init(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  const struct headrace_host *host = sink->host;
  if (!host->keeps_checkpoint)
    return;
  transaction->on = true;
  transaction->id = transactional_id(host);
  transaction->topic = checkpoint_topic(host, transaction->id);
  transaction->interval_us = host->integer(host, "transaction_interval") * 1000;
}

void transaction_free(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  if (transaction->positions)
    rd_kafka_topic_destroy(transaction->positions);
  stored_parts_free(&transaction->parts);
  free(transaction->topic);
  free(transaction->id);
}

/* ---- errors --------------------------------------------------------------- */

/* Says what an operation of the transaction came to, and gives the error up. */
static enum headrace_result refused(struct sink *sink, const char *what, rd_kafka_error_t *error)
{
  const struct headrace_host *host = sink->host;
  bool fatal = rd_kafka_error_is_fatal(error);
  rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  bool fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
                code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
  enum headrace_result result = HEADRACE_RETRY;
  if (fenced && fatal) {
    host->log(host, HEADRACE_ERROR,
              "%s: another process took over the transactional id %s, or this one stood still for "
              "longer than rdkafka.transaction.timeout.ms; nothing of the open transaction is "
              "visible. See which process is to run, and start only that one",
              what, sink->transaction.id);
    result = HEADRACE_FATAL;
  } else if (code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) {
    host->log(host, HEADRACE_ERROR,
              "%s: this user may not use the transactional id %s: allow WRITE and DESCRIBE on it",
              what, sink->transaction.id);
    result = HEADRACE_FATAL;
  } else {
    host->log(host, HEADRACE_ERROR, "%s: %s; the transaction is given up and read again", what,
              rd_kafka_error_string(error));
  }
  rd_kafka_error_destroy(error);
  return result;
}

static bool told_to_stop(const struct headrace_host *host)
{
  struct pollfd fd = {.fd = host->wake_fd, .events = POLLIN};
  return poll(&fd, 1, 0) > 0;
}

/* ---- start ------------------------------------------------------------------ */

/* Waits for the transactions of the producer before, which the brokers end now. */
static enum headrace_result fence(struct sink *sink)
{
  const struct headrace_host *host = sink->host;
  int64_t deadline = host->now_us(host) + RECOVER_MS * INT64_C(1000);
  for (;;) {
    rd_kafka_error_t *error = rd_kafka_init_transactions(sink->kafka, CALL_MS);
    rd_kafka_poll(sink->kafka, 0); /* a connection that fails is said */
    if (!error)
      return HEADRACE_OK;
    bool stop = told_to_stop(host);
    if (!rd_kafka_error_is_retriable(error) || stop || host->now_us(host) >= deadline)
      return refused(sink, "cannot begin with transactions", error);
    rd_kafka_error_destroy(error);
  }
}

enum headrace_result transaction_recover(struct sink *sink, void *out, size_t *size)
{
  struct transaction *transaction = &sink->transaction;
  transaction->most_us = transaction_timeout_us(sink->kafka) / 2;
  enum headrace_result result = fence(sink);
  if (result == HEADRACE_OK)
    result = checkpoint_topic_read(sink, out, size);
  if (result != HEADRACE_OK)
    return result;
  transaction->positions = rd_kafka_topic_new(sink->kafka, transaction->topic, NULL);
  if (transaction->positions)
    return HEADRACE_OK;
  sink->host->log(sink->host, HEADRACE_ERROR, "checkpoint_topic: \"%s\" is no name of a topic",
                  transaction->topic);
  return HEADRACE_FATAL;
}

enum headrace_result transaction_stored_part(struct sink *sink, const char *name, int64_t *next)
{
  struct stored_parts *parts = &sink->transaction.parts;
  struct sink_part *part = stored_parts_get(parts, name, strlen(name));
  parts->in_use = part->asked = true;
  if (part->changed)
    return HEADRACE_AGAIN; /* its transaction is not committed yet */
  *next = part->stored;
  topic_mirrors(sink, part);
  return HEADRACE_OK;
}

/* ---- filling ------------------------------------------------------------------ */

static bool begin(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  rd_kafka_error_t *error = rd_kafka_begin_transaction(sink->kafka);
  if (error) {
    sink_fail(sink, refused(sink, "cannot begin a transaction", error));
    return false;
  }
  transaction->open = true;
  transaction->has_events = false;
  transaction->batches = 0;
  transaction->began_us = sink->host->now_us(sink->host);
  return true;
}

bool transaction_admits(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  return !transaction->on || (!transaction->closing && (transaction->open || begin(sink)));
}

/* How much of the host's memory the transaction holds, in percent: what else the sink has taken
 * only waits for the next one, and batches are of one size when there are many. */
static size_t memory_held(const struct sink *sink)
{
  int pressure = sink->host->pressure(sink->host);
  return sink->taken ? (size_t)pressure * sink->transaction.batches / sink->taken : 0;
}

/* The source's transactions are to be visible as a whole, so far as there is memory and time. */
static bool is_due(const struct sink *sink)
{
  const struct transaction *transaction = &sink->transaction;
  const struct headrace_host *host = sink->host;
  if (!transaction->last)
    return false;
  int64_t now = host->now_us(host), age = now - transaction->began_us;
  if (transaction->flushing && !sink->current)
    return true;
  if (host->partial(host, transaction->last->batch))
    return age >= transaction->most_us || (host->starved(host) && !sink->current);
  if (!transaction->has_events)
    return age >= POSITIONS_US;
  return age >= transaction->interval_us || memory_held(sink) >= PRESSURE ||
         (!sink->current && now - transaction->produced_us >= QUIET_US);
}

static bool take_parts(struct sink *sink, const struct headrace_batch *batch)
{
  size_t count;
  const struct headrace_host *host = sink->host;
  const struct headrace_part *ranges = host->parts(host, batch, &count), *refused;
  struct stored_parts *parts = &sink->transaction.parts;
  if (stored_parts_take(parts, ranges, count, &refused))
    return true;
  host->log(host, HEADRACE_ERROR,
            "%s: the source goes on at %" PRId64 ", but topic %s says %" PRId64
            ": see that no other process reads for this pipeline, and that take_over is not set",
            refused->name, refused->from, sink->transaction.topic,
            stored_parts_get(parts, refused->name, strlen(refused->name))->next);
  sink_fail(sink, HEADRACE_FATAL);
  return false;
}

void transaction_took(struct sink *sink, struct pending *pending)
{
  struct transaction *transaction = &sink->transaction;
  if (!transaction->on || !take_parts(sink, pending->batch))
    return;
  transaction->last = pending;
  transaction->batches++;
  transaction->has_events = transaction->has_events || pending->count;
  transaction->produced_us = sink->host->now_us(sink->host);
  transaction->closing = is_due(sink);
}

/* ---- ending --------------------------------------------------------------------- */

static rd_kafka_resp_err_t send_parts(struct sink *sink)
{
  struct stored_parts *parts = &sink->transaction.parts;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  while (!error && parts->sent < parts->changed_count) {
    error = checkpoint_topic_produce_part(sink, parts->changed[parts->sent]);
    if (!error)
      parts->sent++;
  }
  return error;
}

/* False: not now. */
static bool send_position(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  rd_kafka_resp_err_t error =
      transaction->parts.in_use ? send_parts(sink) : checkpoint_topic_produce_position(sink);
  transaction->position_sent = !error;
  if (!error || error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
    return !error;
  sink->host->log(sink->host, HEADRACE_ERROR, "cannot store the position in topic %s: %s",
                  transaction->topic, rd_kafka_err2str(error));
  sink_fail(sink, HEADRACE_RETRY);
  return false;
}

static void committed(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  struct pending *last = transaction->last;
  bool more = true;
  transaction->open = transaction->closing = transaction->position_sent = false;
  transaction->last = NULL;
  stored_parts_committed(&transaction->parts);
  while (more) {
    more = sink->first != last;
    sink_report(sink, sink->first);
  }
}

static void commit(struct sink *sink)
{
  rd_kafka_error_t *error = rd_kafka_commit_transaction(sink->kafka, CALL_MS);
  if (!error)
    committed(sink);
  else if (rd_kafka_error_is_retriable(error))
    rd_kafka_error_destroy(error); /* the same call again, at the next step */
  else
    sink_fail(sink, refused(sink, "cannot commit a transaction", error));
}

void transaction_step(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  if (!transaction->on || !transaction->open || sink->failure)
    return;
  transaction->closing = transaction->closing || is_due(sink);
  bool half = sink->current && sink->current->produced;
  if (!transaction->closing || half || sink->letters)
    return;
  if (!transaction->position_sent && !send_position(sink))
    return;
  if (!sink->in_flight)
    commit(sink);
}

int transaction_timeout(const struct sink *sink, int timeout_ms)
{
  const struct transaction *transaction = &sink->transaction;
  if (!transaction->open || !transaction->last)
    return timeout_ms;
  int wait = transaction->closing ? 1 : transaction->has_events ? QUIET_US / 1000 + 1 : CALL_MS;
  return timeout_ms < wait ? timeout_ms : wait;
}

/* Best effort: whoever begins next with this id ends it too. */
void transaction_abort(struct sink *sink)
{
  struct transaction *transaction = &sink->transaction;
  if (!transaction->open)
    return;
  rd_kafka_error_t *error = rd_kafka_abort_transaction(sink->kafka, ABORT_MS);
  if (error)
    rd_kafka_error_destroy(error);
  transaction->open = false;
}
