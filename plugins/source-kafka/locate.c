/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CALL_MS  2000 /* how long close() may have to wait */
#define PAUSE_MS 200
#define SAY_US   10000000 /* a start, a new leader take less */

/* Kafka's protocol: ListOffsets takes these for times. */
#define TIME_OF_FIRST   (-2)
#define TIME_AFTER_LAST (-1)

static rd_kafka_topic_partition_list_t *question(const rd_kafka_topic_partition_list_t *partitions,
                                                 int64_t offset)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(partitions);
  for (int i = 0; i < list->cnt; i++)
    list->elems[i].offset = offset;
  return list;
}

static bool all_good(const rd_kafka_topic_partition_list_t *list)
{
  for (int i = 0; i < list->cnt; i++)
    if (list->elems[i].err)
      return false;
  return true;
}

/* The offset is question and answer: an attempt that failed must not spoil it. */
static bool ask_times(rd_kafka_t *kafka, rd_kafka_topic_partition_list_t *list)
{
  if (!list)
    return true;
  rd_kafka_topic_partition_list_t *answer = rd_kafka_topic_partition_list_copy(list);
  bool good = !rd_kafka_offsets_for_times(kafka, answer, CALL_MS) && all_good(answer);
  for (int i = 0; good && i < list->cnt; i++)
    rd_kafka_topic_partition_list_find(list, answer->elems[i].topic, answer->elems[i].partition)
        ->offset = answer->elems[i].offset;
  rd_kafka_topic_partition_list_destroy(answer);
  return good;
}

static bool ask_committed(rd_kafka_t *kafka, rd_kafka_topic_partition_list_t *list)
{
  return !list || (!rd_kafka_committed(kafka, list, CALL_MS) && all_good(list));
}

static bool cancelled(const struct locate *locate, int timeout_ms)
{
  struct pollfd fd = {.fd = locate->cancel_fd, .events = POLLIN};
  return poll(&fd, 1, timeout_ms) > 0;
}

static void say_waiting(const struct locate *locate)
{
  locate->host->log(locate->host, HEADRACE_WARNING,
                    "the brokers do not say where all of %d partitions begin and end, %s/%d among "
                    "them; trying on, nothing is read before. If a topic has fewer partitions now, "
                    "the group gives them out anew when its members have left",
                    locate->low->cnt, locate->low->elems[0].topic,
                    (int)locate->low->elems[0].partition);
}

static void *ask(void *context)
{
  struct locate *locate = context;
  bool (*const asks[])(rd_kafka_t *, rd_kafka_topic_partition_list_t *) = {ask_committed, ask_times,
                                                                           ask_times, ask_times};
  rd_kafka_topic_partition_list_t *const lists[] = {locate->committed, locate->begin, locate->low,
                                                    locate->high};
  int64_t say_at = locate->host->now_us(locate->host) + SAY_US;
  for (size_t i = 0; i < 4; i++)
    while (!asks[i](locate->kafka, lists[i])) {
      if (cancelled(locate, PAUSE_MS))
        return NULL;
      if (locate->host->now_us(locate->host) < say_at)
        continue;
      say_waiting(locate);
      say_at = INT64_MAX;
    }
  atomic_store(&locate->done, true);
  locate->host->wake(locate->host);
  return NULL;
}

void locate_start(struct locate *locate, const struct source *source,
                  const rd_kafka_topic_partition_list_t *partitions)
{
  *locate = (struct locate){.host = source->host, .kafka = source->kafka};
  locate->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (source->use_committed)
    locate->committed = question(partitions, RD_KAFKA_OFFSET_INVALID);
  if (source->start == START_TIMESTAMP)
    locate->begin = question(partitions, source->start_ms);
  locate->low = question(partitions, TIME_OF_FIRST);
  locate->high = question(partitions, TIME_AFTER_LAST);
  if (pthread_create(&locate->thread, NULL, ask, locate) != 0)
    abort();
  locate->running = true;
}

static void drop(rd_kafka_topic_partition_list_t *list)
{
  if (list)
    rd_kafka_topic_partition_list_destroy(list);
}

void locate_end(struct locate *locate)
{
  if (!locate->running)
    return;
  static const uint64_t one = 1;
  ssize_t written = write(locate->cancel_fd, &one, sizeof one);
  (void)written; /* an eventfd that is full is readable too */
  pthread_join(locate->thread, NULL);
  close(locate->cancel_fd);
  drop(locate->committed);
  drop(locate->begin);
  drop(locate->low);
  drop(locate->high);
  *locate = (struct locate){.running = false};
}
