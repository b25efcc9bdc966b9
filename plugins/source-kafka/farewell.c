/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOSE_MS 5000 /* for each of the steps */
#define POLL_MS  50

/* librdkafka before 2.3 aborts the process when a consumer is destroyed that has joined a group by
 * its cooperative assignor and was never assigned anything, not even nothing (issue 4312). */
static bool would_abort(const struct source *source)
{
  if (rd_kafka_version() >= 0x02030000 || source->assigned_once ||
      strcmp(source->host->string(source->host, "assignor"), "cooperative-sticky"))
    return false;
  char *member = rd_kafka_memberid(source->kafka);
  bool joined = member && *member;
  rd_kafka_mem_free(source->kafka, member);
  return joined;
}

static void wait_for_assignment(struct source *source)
{
  const struct headrace_host *host = source->host;
  int64_t deadline = host->now_us(host) + CLOSE_MS * 1000;
  while (would_abort(source) && !source->client.fatal && host->now_us(host) < deadline) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(source->kafka, POLL_MS);
    if (message)
      rd_kafka_message_destroy(message);
  }
}

static void leave(struct source *source)
{
  const struct headrace_host *host = source->host;
  int64_t deadline = host->now_us(host) + CLOSE_MS * 1000;
  rd_kafka_queue_t *farewell = rd_kafka_queue_new(source->kafka);
  rd_kafka_error_t *error = rd_kafka_consumer_close_queue(source->kafka, farewell);
  while (!error && !rd_kafka_consumer_closed(source->kafka) && host->now_us(host) < deadline)
    rd_kafka_queue_poll_callback(farewell, POLL_MS);
  if (!error && !rd_kafka_consumer_closed(source->kafka))
    host->log(host, HEADRACE_WARNING,
              "the group did not take leave within %d ms; it will notice by itself", CLOSE_MS);
  rd_kafka_error_destroy(error);
  rd_kafka_queue_destroy(farewell);
}

void farewell_say(struct source *source)
{
  wait_for_assignment(source);
  source->abandoned = would_abort(source); /* who has left does not know his name any more */
  source->closing = true;
  rebalance_cancel(source);
  leave(source);
}

/* Threads that were left alone run its code until the process has ended. */
static void keep_loaded(uintptr_t function)
{
  Dl_info found;
  if (dladdr((void *)function, &found))
    dlopen(found.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

static void *destroy(void *kafka)
{
  rd_kafka_destroy_flags(kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  return NULL;
}

/* librdkafka may wait for ever for a thread of its own, once a topic was deleted and made anew
 * (issues 3954, 4362). */
static void destroy_in_time(rd_kafka_t *kafka, const struct headrace_host *host)
{
  pthread_t thread;
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += CLOSE_MS / 1000;
  if (pthread_create(&thread, NULL, destroy, kafka) != 0)
    abort();
  if (!pthread_timedjoin_np(thread, NULL, &end))
    return;
  pthread_detach(thread);
  keep_loaded((uintptr_t)rd_kafka_destroy_flags);
  keep_loaded((uintptr_t)destroy);
  host->log(
      host, HEADRACE_WARNING,
      "librdkafka did not end within %d ms; what is left of it sleeps until this process ends",
      CLOSE_MS);
}

/* What would abort, or does not end, is left alone, without a voice: some threads that sleep until
 * the process ends. */
void farewell_destroy(struct source *source)
{
  rd_kafka_set_log_level(source->kafka, -1);
  if (!source->abandoned)
    destroy_in_time(source->kafka, source->host);
}
