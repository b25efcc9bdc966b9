/* SPDX-License-Identifier: Apache-2.0
 *
 * `topics`: those that are there from the start. One that cannot be made now is tried again for as
 * long as it takes; one that never can be ends the pipeline. */
#include "broker.h"

#include <stdlib.h>

#define AGAIN_MS      INT64_C(500)
#define MOST_AGAIN_MS INT64_C(60000) /* after faults, which the log says each time */
#define SAID_MS       INT64_C(60000) /* it is said again */

struct first_topic {
  struct first_topics *all;
  const char *name; /* the configuration's */
  bool made;
};

struct first_topics {
  struct broker *broker;
  struct timer timer;
  struct first_topic *topics;
  size_t count, pending, missing;
  int64_t said_ms; /* 0: there was nothing to say */
  int64_t again_ms;
  bool faulty; /* not only away */
};

static void say_missing(struct first_topic *topic, const char *reason)
{
  struct first_topics *all = topic->all;
  const struct headrace_host *host = all->broker->host;
  int64_t now = broker_clock_ms();
  if (all->said_ms && now - all->said_ms < SAID_MS)
    return;
  all->said_ms = now;
  host->log(host, HEADRACE_WARNING,
            "topics: '%s' cannot be made: %s; trying again until it is there", topic->name,
            reason ? reason : "see above");
}

static void give_up(struct first_topic *topic, const char *reason)
{
  struct broker *broker = topic->all->broker;
  broker->host->log(broker->host, HEADRACE_ERROR,
                    "topics: '%s' cannot be made: %s; correct or remove it", topic->name,
                    reason ? reason : "the sink refuses it");
  broker->failure = HEADRACE_FATAL;
}

static void all_answered(struct first_topics *all)
{
  const struct headrace_host *host = all->broker->host;
  all->again_ms = !all->faulty                        ? AGAIN_MS
                  : all->again_ms > MOST_AGAIN_MS / 2 ? MOST_AGAIN_MS
                                                      : 2 * all->again_ms;
  if (all->missing)
    timer_set(&all->broker->timers, &all->timer, broker_clock_ms() + all->again_ms);
  else if (all->said_ms)
    host->log(host, HEADRACE_INFO, "topics: all are there");
}

static void made(void *context, enum headrace_log_error error, const char *reason)
{
  struct first_topic *topic = context;
  struct first_topics *all = topic->all;
  topic->made = error == HEADRACE_LOG_OK || error == HEADRACE_LOG_EXISTS;
  if (error == HEADRACE_LOG_INVALID) {
    give_up(topic, reason);
  } else if (!topic->made) {
    all->missing++;
    all->faulty |= error == HEADRACE_LOG_FAULT;
    say_missing(topic, reason);
  }
  if (!--all->pending)
    all_answered(all);
}

static void make_missing(struct first_topics *all)
{
  const struct headrace_log *log = all->broker->log;
  all->missing = 0;
  all->faulty = false;
  all->pending = 1;
  for (size_t i = 0; i < all->count; i++) {
    if (all->topics[i].made)
      continue;
    const struct headrace_log_new_topic topic = {
        .name = all->topics[i].name, .partition_count = all->broker->default_partitions};
    all->pending++;
    log->create_topic(log->self, &topic, made, &all->topics[i]);
  }
  if (!--all->pending)
    all_answered(all);
}

static void again(struct timer *timer)
{
  make_missing((struct first_topics *)((char *)timer - offsetof(struct first_topics, timer)));
}

struct first_topics *first_topics_make(struct broker *broker)
{
  struct first_topics *all = broker_alloc(sizeof *all);
  const struct headrace_pair *names;
  all->broker = broker;
  all->timer.expired = again;
  all->again_ms = AGAIN_MS;
  all->count = broker->host->list(broker->host, "topics", &names);
  all->topics = broker_alloc((all->count + 1) * sizeof *all->topics);
  for (size_t i = 0; i < all->count; i++)
    all->topics[i] = (struct first_topic){.all = all, .name = names[i].name};
  make_missing(all);
  return all;
}

void first_topics_free(struct first_topics *all)
{
  if (!all)
    return;
  timer_clear(&all->broker->timers, &all->timer);
  free(all->topics);
  free(all);
}
