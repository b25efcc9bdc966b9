/* SPDX-License-Identifier: Apache-2.0
 *
 * For filters: events are read-only, so what a filter changes is a copy in the batch's memory. */
#ifndef HEADRACE_CHANGE_COPY_H
#define HEADRACE_CHANGE_COPY_H

#include <headrace/plugin.h>
#include <string.h>

/* Adds a change that is as `change` but of `relation` (which may be the same); its values are the
 * caller's to set, if the columns are others. */
static inline struct headrace_change *change_copy(const struct headrace_host *host,
                                                  struct headrace_batch *out,
                                                  const struct headrace_change *change,
                                                  const struct headrace_relation *relation)
{
  struct headrace_change *copy = host->add_change(host, out, relation);
  *copy = *change;
  copy->relation = relation;
  return copy;
}

/* `relation`'s columns in memory that the caller may write to and frees, together with the array
 * of the key's indexes in *key: to be changed and given to relation_new(). `more`: room behind
 * them. */
struct headrace_column *columns_copy(const struct headrace_relation *relation, uint32_t more,
                                     uint16_t **key);

#endif
