/* SPDX-License-Identifier: Apache-2.0
 *
 * librdkafka's broker threads stop fetching while `queued.max.messages.kbytes` or
 * `queued.min.messages` wait in the queue, and look again after up to a second, unless they have a
 * request to send: at 50 MB/s that is an idle time of seven eighths. So whenever a quarter of
 * either has been taken out, a thread of our own asks the leaders for the partitions' ends. */
#include "source.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CALL_MS         500 /* how long close() may have to wait */
#define TIME_AFTER_LAST (-1)

static void ask_leaders(rd_kafka_t *kafka)
{
  rd_kafka_topic_partition_list_t *list = NULL;
  if (rd_kafka_assignment(kafka, &list) || !list)
    return;
  for (int i = 0; i < list->cnt; i++)
    list->elems[i].offset = TIME_AFTER_LAST;
  if (list->cnt)
    rd_kafka_offsets_for_times(kafka, list, CALL_MS);
  rd_kafka_topic_partition_list_destroy(list);
}

static void *serve(void *context)
{
  struct refill *refill = context;
  uint64_t count;
  while (read(refill->fd, &count, sizeof count) == sizeof count && !atomic_load(&refill->ended))
    ask_leaders(refill->kafka);
  return NULL;
}

static size_t quarter(const rd_kafka_conf_t *conf, const char *property)
{
  char text[32];
  size_t size = sizeof text;
  return rd_kafka_conf_get(conf, property, text, &size) == RD_KAFKA_CONF_OK
             ? strtoul(text, NULL, 10) / 4
             : 0;
}

void refill_start(struct refill *refill, rd_kafka_t *kafka)
{
  const rd_kafka_conf_t *conf = rd_kafka_conf(kafka);
  refill->kafka = kafka;
  refill->quarter_bytes = quarter(conf, "queued.max.messages.kbytes") * 1024;
  refill->quarter_messages = quarter(conf, "queued.min.messages");
  refill->fd = eventfd(0, EFD_CLOEXEC);
  if (refill->fd < 0 || pthread_create(&refill->thread, NULL, serve, refill) != 0)
    abort();
}

static void wake(const struct refill *refill)
{
  static const uint64_t one = 1;
  ssize_t written = write(refill->fd, &one, sizeof one);
  (void)written; /* of an eventfd: all of it */
}

void refill_taken(struct refill *refill, const rd_kafka_message_t *message)
{
  refill->bytes += message->len + message->key_len;
  if (++refill->messages < refill->quarter_messages && refill->bytes < refill->quarter_bytes)
    return;
  refill->messages = refill->bytes = 0;
  wake(refill);
}

void refill_end(struct refill *refill)
{
  if (!refill->kafka)
    return;
  atomic_store(&refill->ended, true);
  wake(refill);
  pthread_join(refill->thread, NULL);
  close(refill->fd);
}
