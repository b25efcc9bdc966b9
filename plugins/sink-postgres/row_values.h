/* SPDX-License-Identifier: Apache-2.0
 *
 * The values of a row, column by column of its shape, those of extras too. */
#ifndef HEADRACE_SINK_POSTGRES_ROW_VALUES_H
#define HEADRACE_SINK_POSTGRES_ROW_VALUES_H

#include "convert.h"
#include "rows.h"

/* Rows of one shape that have the same columns; a piece of memory of the plan. */
struct group {
  struct row_shape *shape;
  const struct row *first;
  const struct row **rows;
  size_t count;
};

/* `of_key`: where the row is to be found, instead of what it is to be. */
struct headrace_value row_value(struct plan *plan, const struct row *row, uint32_t column,
                                bool of_key);

struct conversion row_conversion(enum nul_policy nul, const struct row *row, uint32_t column);

#endif
