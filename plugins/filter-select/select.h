/* SPDX-License-Identifier: Apache-2.0
 *
 * filter select: which tables, operations and columns pass, and under which names. */
#ifndef HEADRACE_SELECT_H
#define HEADRACE_SELECT_H

#include "name_pattern.h"
#include "relation_cache.h"
#include "transaction_tally.h"

struct rules {
  struct name_patterns tables, exclude_tables; /* none of `tables`: all */
  struct name_patterns columns, exclude_columns, rename;
  unsigned dropped; /* operations, by bit */
  bool skip_unchanged;
};

/* What becomes of one relation. */
struct plan {
  bool dropped;
  char *fault;                             /* why it cannot be done; NULL: it can */
  const struct headrace_relation *derived; /* NULL: as it came */
  uint16_t *from;                          /* of each column of it, the source's */
};

/* False: a fault was said. rules_free() in any case. */
bool rules_read(const struct headrace_host *host, struct rules *rules);
void rules_free(struct rules *rules);

struct plan *plan_make(const struct headrace_host *host, const struct rules *rules,
                       const struct headrace_relation *relation);
void plan_free(const struct headrace_host *host, struct plan *plan);

#endif
