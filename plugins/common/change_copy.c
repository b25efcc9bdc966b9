/* SPDX-License-Identifier: Apache-2.0 */
#include "change_copy.h"

#include "must_alloc.h"

struct headrace_column *columns_copy(const struct headrace_relation *relation, uint32_t more,
                                     uint16_t **key)
{
  struct headrace_column *columns =
      must_alloc((size_t)relation->column_count + more, sizeof *columns);
  if (relation->column_count)
    memcpy(columns, relation->columns, relation->column_count * sizeof *columns);
  *key = must_alloc(relation->key_count, sizeof **key);
  if (relation->key_count)
    memcpy(*key, relation->key, relation->key_count * sizeof **key);
  return columns;
}
