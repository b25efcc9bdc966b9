/* SPDX-License-Identifier: Apache-2.0
 *
 * Columns whose values are not those of a row: which ones the keys ask for, and what type they
 * are made with. */
#ifndef HEADRACE_SINK_POSTGRES_EXTRAS_H
#define HEADRACE_SINK_POSTGRES_EXTRAS_H

#include "target.h"

struct wanted_extra {
  const char *name; /* of the column */
  enum extra_kind kind;
  char *text; /* header's name or constant; NULL */
};

struct wanted_extras {
  struct wanted_extra *items;
  uint32_t count;
};

/* What add_columns says. False: said why. */
bool extras_read(const struct headrace_host *host, struct wanted_extras *extras);
void extras_add(struct wanted_extras *extras, const char *name, enum extra_kind kind,
                const char *text);
void extras_free(struct wanted_extras *extras);

/* SQL of the type that such a column is made with. */
const char *extra_type(enum extra_kind kind);

#endif
