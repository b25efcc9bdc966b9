/* SPDX-License-Identifier: Apache-2.0
 *
 * What the probe plugins and test_pipeline.c share: a block of memory in the
 * test, whose address the INI file gives to each probe (key `control`). The test
 * writes the scenario there, the probes write what they saw. */
#ifndef HEADRACE_TEST_PROBE_H
#define HEADRACE_TEST_PROBE_H

#include <headrace/plugin.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROBE_NUMBERS 65536 /* events are numbered from 1 */
#define PROBE_STARTS  16
#define PROBE_PARTS   8
#define PROBE_RECEIPT 1000000u /* the sink's receipt of event N is this + N */

enum probe_finish { PROBE_AT_ONCE, PROBE_LATER, PROBE_HOLD };

/* A result that a callback gives once, when it comes to this number. */
struct probe_fault {
  uint64_t number; /* 0: never; callbacks without numbers: not 0 */
  enum headrace_result result;
};

struct probe {
  pthread_mutex_t lock;
  pthread_cond_t changed;

  /* The scenario. */
  uint64_t gate;        /* the source gives no number above it; the test may raise it */
  uint64_t end_at;      /* END after this number; 0: never */
  unsigned per_batch;   /* numbers in a batch */
  unsigned empty_every; /* each such number is a position without an event */
  size_t payload;       /* bytes beside the number, in each event */
  bool binary_positions;
  unsigned part_count;    /* number N is of part N % part_count; 0: no parts */
  uint64_t refuse_number; /* by the codec */
  enum probe_finish finish;
  unsigned partial_every; /* all batches but those that end at such a number are partial; 0: none */
  unsigned codec_wants, sink_wants; /* of the source */
  bool release;                     /* HOLD: let go, last taken first */
  unsigned again_every;             /* each such write() answers AGAIN */
  uint64_t reject_number;
  struct probe_fault open_fault, start_fault, read_fault, durable_fault;           /* source */
  struct probe_fault codec_open_fault, encode_fault, filter_fault;                 /* stages */
  struct probe_fault delivered_fault, command_fault;                               /* source */
  struct probe_fault sink_open_fault, write_fault, failed_fault, sink_close_fault; /* sink */
  char checkpoint_path[256]; /* on_durable looks whether its position is there */

  /* What was seen. */
  char trace[4096]; /* "sink.open source.open …", only the steps of a life */
  unsigned overlaps;
  unsigned ticks[8];     /* by stage: see probe_stage */
  int64_t longest_ms[8]; /* between two ticks */
  unsigned reads, writes, polls, flushes;
  uint64_t last_read, last_durable;
  unsigned durables;
  uint64_t last_told; /* by on_delivered */
  unsigned told;
  unsigned untold;      /* on_durable before the on_delivered of the same position */
  unsigned wanted;      /* what the source was told in open */
  unsigned bad_partial; /* batches that came to the sink as what they are not */
  unsigned unordered;   /* positions that went backwards */
  unsigned early;       /* on_durable before the checkpoint file had it */
  unsigned start_count; /* and where they started: 0 for none */
  uint64_t started_from[PROBE_STARTS];
  unsigned rejected, bad_rejections;
  uint64_t receipts, bad_receipts;
  char reject_class[32], reject_reason[64];
  unsigned dead_letters, skipped;
  unsigned char delivered[PROBE_NUMBERS]; /* times that each number became durable */
  uint64_t delivered_count;
  char stored[1024]; /* the sink's own checkpoint; lives as long as the test */
  size_t stored_size;
  int64_t stored_parts[PROBE_PARTS]; /* likewise; 0: none */
  unsigned stored_questions;         /* the first is answered with AGAIN */
  unsigned bad_parts;                /* batches that do not go on where the one before ended */
  unsigned refused;                  /* events that came to the sink marked */
  unsigned once;                     /* sinks that were opened for a run of a command */
};

enum probe_stage { PROBE_SOURCE, PROBE_FILTER, PROBE_CODEC, PROBE_SINK };

/* The beginning of each probe's instance. */
struct probe_instance {
  const struct headrace_host *host;
  struct probe *probe;
  enum probe_stage stage;
  atomic_int inside;
  unsigned long calls; /* not atomic: ThreadSanitizer sees who is not ordered after whom */
  int64_t last_tick;
};

#define PROBE_CONTROL_KEY                                                                          \
  {                                                                                                \
    .name = "control", .type = HEADRACE_INT, .flags = HEADRACE_REQUIRED,                           \
    .help = "address of the test's struct probe"                                                   \
  }

static inline int64_t probe_now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void probe_trace(struct probe *probe, enum probe_stage stage, const char *step)
{
  static const char *const names[] = {"source", "filter", "codec", "sink"};
  pthread_mutex_lock(&probe->lock);
  size_t used = strlen(probe->trace);
  snprintf(probe->trace + used, sizeof probe->trace - used, "%s%s.%s", used ? " " : "",
           names[stage], step);
  pthread_cond_broadcast(&probe->changed);
  pthread_mutex_unlock(&probe->lock);
}

/* How many of the numbers 1 … last are of the part. */
static inline int64_t probe_part_size(const struct probe *probe, unsigned part, uint64_t last)
{
  uint64_t size = last / probe->part_count;
  return (int64_t)(size + (part && last % probe->part_count >= part));
}

/* The first thing in every callback but open; the last is probe_leave. */
static inline struct probe *probe_enter(void *instance)
{
  struct probe_instance *self = instance;
  if (atomic_exchange(&self->inside, 1)) {
    pthread_mutex_lock(&self->probe->lock);
    self->probe->overlaps++;
    pthread_mutex_unlock(&self->probe->lock);
  }
  self->calls++;
  return self->probe;
}

static inline enum headrace_result probe_leave(void *instance, enum headrace_result result)
{
  struct probe_instance *self = instance;
  atomic_store(&self->inside, 0);
  pthread_mutex_lock(&self->probe->lock);
  pthread_cond_broadcast(&self->probe->changed);
  pthread_mutex_unlock(&self->probe->lock);
  return result;
}

/* The fault's result, once, if it is due at `number`; else OK. */
static inline enum headrace_result probe_fault(struct probe *probe, struct probe_fault *fault,
                                               uint64_t number)
{
  pthread_mutex_lock(&probe->lock);
  bool due = fault->number && number >= fault->number;
  enum headrace_result result = due ? fault->result : HEADRACE_OK;
  if (due)
    fault->number = 0;
  pthread_mutex_unlock(&probe->lock);
  return result;
}

/* The same, but only at that number: for what does not come in order. */
static inline enum headrace_result probe_fault_exactly(struct probe *probe,
                                                       struct probe_fault *fault, uint64_t number)
{
  pthread_mutex_lock(&probe->lock);
  bool due = fault->number == number;
  pthread_mutex_unlock(&probe->lock);
  return due ? probe_fault(probe, fault, number) : HEADRACE_OK;
}

static inline struct probe *probe_of(const struct headrace_host *host)
{
  return (struct probe *)(uintptr_t)host->integer(host, "control");
}

/* An instance of `size` bytes that begins with a struct probe_instance; NULL if open is to fail. */
static inline void *probe_open(const struct headrace_host *host, enum probe_stage stage,
                               size_t size, struct probe_fault *fault, enum headrace_result *result)
{
  struct probe *probe = probe_of(host);
  probe_trace(probe, stage, "open");
  *result = fault ? probe_fault(probe, fault, UINT64_MAX) : HEADRACE_OK;
  if (*result != HEADRACE_OK) {
    host->log(host, HEADRACE_ERROR, "told to fail in open");
    return NULL;
  }
  struct probe_instance *self = calloc(1, size);
  self->host = host;
  self->probe = probe;
  self->stage = stage;
  return self;
}

static inline enum headrace_result probe_tick(void *instance)
{
  struct probe_instance *self = instance;
  struct probe *probe = probe_enter(self);
  int64_t now = probe_now_ms();
  pthread_mutex_lock(&probe->lock);
  probe->ticks[self->stage]++;
  if (self->last_tick && now - self->last_tick > probe->longest_ms[self->stage])
    probe->longest_ms[self->stage] = now - self->last_tick;
  pthread_mutex_unlock(&probe->lock);
  self->last_tick = now;
  return probe_leave(self, HEADRACE_OK);
}

static inline void probe_count(struct probe *probe, unsigned *counter)
{
  pthread_mutex_lock(&probe->lock);
  (*counter)++;
  pthread_mutex_unlock(&probe->lock);
}

static inline uint64_t probe_number(const struct headrace_event *event)
{
  const struct headrace_value *value =
      event->record ? &event->record->key : &event->change->new_values[0];
  uint64_t number = 0;
  for (uint32_t i = 0; i < value->size; i++)
    number = number * 10 + (uint64_t)(value->data[i] - '0');
  return number;
}

#endif
