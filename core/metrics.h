/* SPDX-License-Identifier: Apache-2.0
 *
 * Named counters and gauges of one pipeline. Any thread may write, any may read. */
#ifndef HEADRACE_METRICS_H
#define HEADRACE_METRICS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metric {
  char *_Atomic name; /* NULL: free */
  _Atomic int64_t value;
};

#define METRICS_SLOTS 4096 /* a power of two */
#define METRICS_MAX   3072 /* names: a source may have one for each of its partitions */

struct metrics {
  pthread_mutex_t lock; /* for adding a name */
  size_t count;
  struct metric slots[METRICS_SLOTS]; /* by hash; names stay where they are */
};

void metrics_init(struct metrics *metrics);
void metrics_free(struct metrics *metrics);
void metrics_add(struct metrics *metrics, const char *name, uint64_t add);
void metrics_set(struct metrics *metrics, const char *name, int64_t value);

/* 0 if nobody has written it. */
int64_t metrics_get(const struct metrics *metrics, const char *name);
bool metrics_has(const struct metrics *metrics, const char *name);

#endif
